//! The engine: checked queries in, rows out, over one catalogue and one session.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::datasource::MemTable;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, collect, execute_stream};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use keyline_kql::check::{self, CheckOptions};
use keyline_kql::checked::{CheckedQuery, Expr, Rel};
use keyline_kql::diagnostic::Severity;
use keyline_kql::parse;
use keyline_kql::schema::{Column, Schema};
use keyline_lake::Need;
use tokio::time::Instant;

use crate::catalog::Catalog;
use crate::deep::on_deep_stack;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluation::{Evaluation, Ticks};
use crate::externaldata::References;
use crate::kept;
use crate::limits::{KEPT_ROWS_MAX, WORKER_STACK_BYTES};
use crate::lower::{self, Host, Kept, When};
use crate::rows::{Table, batches_to_rows};
use crate::session::{self, EngineOptions};

#[derive(Clone)]
pub struct Engine {
    context: SessionContext,
    catalog: Arc<Catalog>,
    references: Arc<dyn References>,
    runtime: Arc<Runtime>,
    /// What single uses of tables read, by the use's address.
    uses: Arc<HashMap<usize, Arc<dyn TableProvider>>>,
    /// What a query uses several times is run once and kept.
    keeps: bool,
    /// When to give up, and how long that was when it began.
    deadline: Option<(Instant, Duration)>,
}

/// A running query.
pub struct Rows {
    pub columns: Vec<Column>,
    pub batches: SendableRecordBatchStream,
}

impl Engine {
    pub fn new(
        options: &EngineOptions,
        catalog: Catalog,
        references: Arc<dyn References>,
    ) -> Result<Engine> {
        Ok(Engine {
            context: session::session(options)?,
            catalog: Arc::new(catalog),
            references,
            runtime: Arc::new(Runtime::new(options.threads.unwrap_or(options.partitions))?),
            uses: Arc::default(),
            keeps: false,
            deadline: None,
        })
    }

    /// The same session over other tables.
    pub fn with_catalog(&self, catalog: Catalog) -> Engine {
        Engine {
            catalog: Arc::new(catalog),
            ..self.clone()
        }
    }

    /// The same, but these uses of tables, which are those of one query, read something else: the
    /// rows that the use can see, say, in place of all.
    pub fn with_uses(&self, uses: Vec<(Arc<Rel>, Arc<dyn TableProvider>)>) -> Engine {
        let by_address = |(rel, table): (Arc<Rel>, _)| (Arc::as_ptr(&rel).addr(), table);
        Engine {
            uses: Arc::new(uses.into_iter().map(by_address).collect()),
            ..self.clone()
        }
    }

    /// The same, but what a query uses several times runs once, while it is planned, and is kept in memory
    /// where it is small. Such a plan cannot travel.
    pub fn keeping(&self) -> Engine {
        Engine {
            keeps: true,
            ..self.clone()
        }
    }

    /// The same, but what is begun with it from now on ends with an error of kind `Time` when so much
    /// time has passed.
    pub fn with_time_limit(&self, limit: Duration) -> Engine {
        Engine {
            deadline: Some((Instant::now() + limit, limit)),
            ..self.clone()
        }
    }

    /// Awaits rows until the time is up.
    async fn in_time<T>(&self, rows: impl Future<Output = Result<T>>) -> Result<T> {
        match self.deadline {
            None => rows.await,
            Some((at, limit)) => match tokio::time::timeout_at(at, rows).await {
                Ok(rows) => rows,
                Err(_) => Err(took_too_long(limit)),
            },
        }
    }

    /// What a use of an event table needs of the events: these columns of the rows that fulfil all
    /// conditions of any of the lists. Conditions that cannot be told from the row are left out.
    pub fn need(&self, table: &Arc<Rel>, columns: &[&str], any_of: &[Vec<Expr>]) -> Result<Need> {
        let filters = on_deep_stack(|| lower::filters(table, any_of, self))?;
        Ok(Need::new(columns.iter().copied(), &filters))
    }

    /// What a use of a table reads, less the rows in which a text is none of these: a text made of the
    /// use's text columns. The rows are kept where they are few.
    pub fn restricted(
        &self,
        table: &Arc<Rel>,
        text: &Expr,
        values: Vec<String>,
    ) -> Result<Arc<dyn TableProvider>> {
        let plan = on_deep_stack(|| lower::restricted(table, text, values, self))?;
        let physical = self.physical(&plan)?;
        let schema = physical.schema();
        match self.collect_at_most(physical, KEPT_ROWS_MAX) {
            Ok(batches) => Ok(Arc::new(MemTable::try_new(schema, vec![batches])?)),
            Err(error) if error.kind() == ErrorKind::Limit => {
                Ok(Arc::new(ViewTable::new(plan, None)))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a table is known by its columns only.
    pub fn has_no_rows(&self, table: &str) -> bool {
        self.catalog.has_no_rows(table)
    }

    /// What queries are checked against.
    pub fn schema(&self) -> &dyn Schema {
        self.catalog.as_ref()
    }

    pub fn session(&self) -> &SessionContext {
        &self.context
    }

    /// Parses and checks a query; what is wrong with it is in the error.
    pub fn check(&self, text: &str) -> Result<CheckedQuery> {
        let (query, mut diagnostics) = parse::parse(text);
        if diagnostics.iter().any(|d| d.severity != Severity::Warning) {
            return Err(Error::query(diagnostics));
        }
        let (checked, found) = check::check(&query, self.schema(), &CheckOptions::default());
        diagnostics.extend(found);
        checked.ok_or_else(|| Error::query(diagnostics))
    }

    /// Query text in, the whole result out.
    pub fn query_text(&self, text: &str, evaluation: &Evaluation) -> Result<Table> {
        let (query, mut diagnostics) = parse::parse(text);
        if diagnostics.iter().any(|d| d.severity != Severity::Warning) {
            return Err(Error::query(diagnostics));
        }
        let (checked, found) = self.check_at(&query, evaluation)?;
        diagnostics.extend(found);
        let query = checked.ok_or_else(|| Error::query(diagnostics))?;
        let plan = self.physical(&self.plan(&query, evaluation)?)?;
        let rows = batches_to_rows(&self.collect(plan)?, &query.root.columns)?;
        Ok(Table {
            columns: query.root.columns.clone(),
            rows,
        })
    }

    /// The logical plan, not optimised. Stages that cannot be part of a plan have run.
    pub fn plan(&self, query: &CheckedQuery, evaluation: &Evaluation) -> Result<LogicalPlan> {
        on_deep_stack(|| lower::lower(query, When::Once(*evaluation), self))
    }

    /// One plan for the evaluations at many ticks, whose result has the tick in front
    /// ([`lower::TICK`]). An error of kind `NotVectorisable` says to evaluate tick by tick.
    pub fn plan_ticks(&self, query: &CheckedQuery, ticks: &Ticks) -> Result<LogicalPlan> {
        on_deep_stack(|| lower::lower(query, When::Ticks(*ticks), self))
    }

    /// The optimised physical plan of a logical one.
    pub fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        if let Some((at, limit)) = self.deadline
            && Instant::now() >= at
        {
            return Err(took_too_long(limit));
        }
        let state = self.context.state();
        let planned = on_deep_stack(|| {
            self.runtime
                .get()
                .block_on(async { state.create_physical_plan(plan).await })
        });
        Ok(planned?)
    }

    /// All batches of a physical plan, which may be run many times.
    pub fn collect(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Vec<RecordBatch>> {
        let task = self.context.task_ctx();
        let fresh = datafusion::physical_plan::execution_plan::reset_plan_states(plan)?;
        self.block_on(self.in_time(async { Ok(collect(fresh, task).await?) }))
    }

    /// The same, but an error of kind `Limit` as soon as there are more rows than that.
    pub fn collect_at_most(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        rows_max: usize,
    ) -> Result<Vec<RecordBatch>> {
        let task = self.context.task_ctx();
        let fresh = datafusion::physical_plan::execution_plan::reset_plan_states(plan)?;
        self.block_on(self.in_time(async {
            let mut stream = execute_stream(fresh, task)?;
            let (mut batches, mut rows) = (Vec::new(), 0);
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                rows += batch.num_rows();
                if rows > rows_max {
                    let message = format!("the query gives more than {rows_max} rows");
                    return Err(Error::new(ErrorKind::Limit, message));
                }
                batches.push(batch);
            }
            Ok(batches)
        }))
    }

    /// Starts a query.
    pub fn run(&self, query: &CheckedQuery, evaluation: &Evaluation) -> Result<Rows> {
        let plan = self.physical(&self.plan(query, evaluation)?)?;
        let task = self.context.task_ctx();
        let batches = self.block_on(async move { execute_stream(plan, task) })?;
        Ok(Rows {
            columns: query.root.columns.clone(),
            batches,
        })
    }

    /// Runs a future to its end, from inside or outside another runtime.
    pub fn block_on<F: Future + Send>(&self, future: F) -> F::Output
    where
        F::Output: Send,
    {
        if tokio::runtime::Handle::try_current().is_ok() {
            std::thread::scope(|scope| {
                let worker = scope.spawn(|| self.runtime.get().block_on(future));
                match worker.join() {
                    Ok(output) => output,
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            })
        } else {
            self.runtime.get().block_on(future)
        }
    }
}

fn took_too_long(limit: Duration) -> Error {
    let message = format!("took longer than {} s", limit.as_secs_f64());
    Error::new(ErrorKind::Time, message)
}

impl Host for Engine {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn references(&self) -> &dyn References {
        self.references.as_ref()
    }

    fn use_of(&self, rel: &Arc<Rel>) -> Option<Arc<dyn TableProvider>> {
        self.uses.get(&Arc::as_ptr(rel).addr()).cloned()
    }

    fn run(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>> {
        let physical = self.physical(&plan)?;
        self.collect(physical)
    }

    fn keep(&self, plan: LogicalPlan) -> Result<Kept> {
        if !self.keeps {
            return Ok(Kept::Not);
        }
        let physical = self.physical(&plan)?;
        let task = self.context.task_ctx();
        let pool = &self.context.runtime_env().memory_pool;
        self.block_on(self.in_time(kept::keep(physical, task, pool)))
    }
}

/// The threads on which plans run. Dropping a runtime inside another one panics, so it is left to
/// end in the background.
struct Runtime(Option<tokio::runtime::Runtime>);

impl Runtime {
    fn new(threads: usize) -> Result<Runtime> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("keyline-engine")
            .thread_stack_size(WORKER_STACK_BYTES)
            .enable_time()
            .build()
            .map(|runtime| Runtime(Some(runtime)))
            .map_err(|e| Error::new(ErrorKind::Execution, format!("no threads to run on: {e}")))
    }

    fn get(&self) -> &tokio::runtime::Runtime {
        self.0
            .as_ref()
            .expect("the runtime is taken only when the engine is dropped")
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
