//! A rule about physical plans: operators that make many rows of few give way after every so many batches.
//!
//! DataFusion lets the leaves of a plan give way to whoever wants to end it. A join may make millions of batches of one
//! that it has read, and asks no leaf meanwhile: neither a time limit nor a reader who has gone would stop it. Here
//! whatever may multiply rows gives way as a leaf does. It changes no row and no order.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;

/// DataFusion's operators that may yield more rows than they take.
const MULTIPLYING: [&str; 6] = [
    "CrossJoinExec",
    "HashJoinExec",
    "NestedLoopJoinExec",
    "PiecewiseMergeJoinExec",
    "SortMergeJoinExec",
    "UnnestExec",
];

#[derive(Debug)]
pub struct Yielding;

impl PhysicalOptimizerRule for Yielding {
    fn name(&self) -> &str {
        "kql_yielding"
    }

    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _config: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|plan| match MULTIPLYING.contains(&plan.name()) {
            true => Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan)))),
            false => Ok(Transformed::no(plan)),
        })
        .data()
    }

    fn schema_check(&self) -> bool {
        true
    }
}
