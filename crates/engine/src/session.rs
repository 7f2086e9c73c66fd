//! The DataFusion session in which every query of an engine runs: memory limit, spilling, batch
//! size, threads, and the registry of KQL functions by name.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::optimizer::Optimizer;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::error::Result;
use crate::limits::{BATCH_ROWS, MEMORY_BYTES_DEFAULT};
use crate::pushdown::MicrosecondComparisons;
use crate::yielding::Yielding;
use crate::{aggregates, extract, functions, lists};

/// The optimiser's rules about subqueries, which no plan of ours has: each looks through every expression to find none.
const ABOUT_SUBQUERIES: [&str; 4] = [
    "decorrelate_lateral_join",
    "decorrelate_predicate_subquery",
    "rewrite_set_comparison",
    "scalar_subquery_to_join",
];

#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Bytes that operators may hold before they spill.
    pub memory_bytes: usize,
    /// Where they spill to; the system's temporary folder when absent.
    pub spill_dir: Option<PathBuf>,
    /// Rows a batch.
    pub batch_rows: usize,
    /// Partitions of a plan.
    pub partitions: usize,
    /// Threads that plans run on, all of them together; as many as a plan's partitions when absent. A table may have more
    /// partitions than a plan.
    pub threads: Option<usize>,
}

impl EngineOptions {
    /// All the processors there are, and the default memory.
    pub fn for_this_machine() -> EngineOptions {
        EngineOptions {
            memory_bytes: MEMORY_BYTES_DEFAULT,
            spill_dir: None,
            batch_rows: BATCH_ROWS,
            partitions: std::thread::available_parallelism().map_or(1, usize::from),
            threads: None,
        }
    }
}

pub fn session(options: &EngineOptions) -> Result<SessionContext> {
    let disk = match &options.spill_dir {
        Some(dir) => {
            DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![dir.clone()]))
        }
        None => DiskManagerBuilder::default(),
    };
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(options.memory_bytes)))
        .with_disk_manager_builder(disk)
        .build_arc()?;
    let mut config = SessionConfig::new()
        .with_batch_size(options.batch_rows)
        .with_target_partitions(options.partitions.max(1))
        .with_information_schema(false);
    config.options_mut().sql_parser.enable_ident_normalization = false;
    config.options_mut().execution.parquet.pushdown_filters = true;
    // Aggregates of ours have no form for rows that nobody has grouped; from here on, rows are always grouped.
    config
        .options_mut()
        .execution
        .skip_partial_aggregation_probe_ratio_threshold = 1.0;
    // Each pass over a rule's plan costs as much as running it over a day's logs, and what a second one still finds in
    // our plans saves less.
    config.options_mut().optimizer.max_passes = 1;
    let mut rules = Vec::new();
    for rule in Optimizer::new().rules {
        match rule.name() {
            name if ABOUT_SUBQUERIES.contains(&name) => {}
            // Comparisons of times are seen where they have been pushed to, and tables are asked once more whether they
            // can use them as they are now.
            "push_down_filter" => {
                rules.extend([rule.clone(), Arc::new(MicrosecondComparisons), rule]);
            }
            _ => rules.push(rule),
        }
    }
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_optimizer_rules(rules)
        .with_physical_optimizer_rule(Arc::new(Yielding))
        .build();
    let context = SessionContext::new_with_state(state);
    register(&context);
    Ok(context)
}

/// Makes every KQL function known by name, as any session that is to run our plans must.
pub fn register(context: &SessionContext) {
    for function in functions::all_udfs() {
        context.register_udf(function.as_ref().clone());
    }
    for function in lists::all_udfs().into_iter().chain(extract::all_udfs()) {
        context.register_udf(function.as_ref().clone());
    }
    context.register_udwf(lists::sessions().as_ref().clone());
    for function in aggregates::all_udafs() {
        context.register_udaf(function.as_ref().clone());
    }
}
