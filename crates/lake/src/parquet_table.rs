//! A table over Parquet files of events that looks only into those that a query can want.
//!
//! In: files with the span of their times, as far as it is known, and a query's filters. Out: a stock scan of a
//! listing table over the files that are left. What prunes further, row groups by statistics and bloom filters and
//! pages by their bounds, is the business of that scan.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::execution::cache::cache_manager::FileStatisticsCache;
use datafusion::execution::cache::default_cache::DefaultCache;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use keyline_trail::{Conjunction, Prefilter};

use crate::error::Error;
use crate::limits;
use crate::parquet_read::{EventFile, remembering};
use crate::pushdown;
use crate::tables;

/// A table over files with these columns. Files that were written when there were fewer are filled up.
pub(crate) fn events(
    files: &Arc<[EventFile]>,
    schema: SchemaRef,
) -> Result<Arc<dyn TableProvider>, Error> {
    if files.iter().all(|file| file.columns.is_none()) {
        return alike(files, schema);
    }
    let mut by_columns: BTreeMap<Option<&Vec<String>>, Vec<EventFile>> = BTreeMap::new();
    for file in files.iter() {
        let those = by_columns.entry(file.columns.as_ref()).or_default();
        those.push(file.clone());
    }
    let mut all: Option<Arc<dyn TableProvider>> = None;
    for (columns, files) in by_columns {
        let there: Vec<usize> = match columns {
            None => (0..schema.fields().len()).collect(),
            Some(names) => names
                .iter()
                .filter_map(|name| schema.index_of(name).ok())
                .collect(),
        };
        let part = alike(&files.into(), Arc::new(schema.project(&there)?))?;
        let part = tables::completed(part, &schema)?;
        all = Some(match all {
            None => part,
            Some(others) => tables::union(others, part)?,
        });
    }
    Ok(all.unwrap_or_else(|| Arc::new(EmptyTable::new(schema))))
}

fn alike(files: &Arc<[EventFile]>, schema: SchemaRef) -> Result<Arc<dyn TableProvider>, Error> {
    if files.is_empty() {
        return Ok(Arc::new(EmptyTable::new(schema)));
    }
    // Every query of a run scans the same files: what their footers say is worked out once.
    let statistics: Arc<FileStatisticsCache> =
        Arc::new(DefaultCache::new(limits::FILE_STATISTICS_BYTES));
    let whole = over(files.iter(), &schema, &statistics)?;
    if files.len() == 1 || files.iter().all(|file| file.span.is_none()) {
        // There is nothing to choose.
        return Ok(whole);
    }
    Ok(Arc::new(EventTable {
        files: files.clone(),
        schema,
        whole,
        statistics,
    }))
}

fn over<'a>(
    files: impl Iterator<Item = &'a EventFile>,
    schema: &SchemaRef,
    statistics: &Arc<FileStatisticsCache>,
) -> Result<Arc<dyn TableProvider>, Error> {
    let paths: Vec<_> = files.map(|file| file.path.clone()).collect();
    remembering(&paths, schema.clone(), Some(statistics.clone()))
}

struct EventTable {
    files: Arc<[EventFile]>,
    schema: SchemaRef,
    whole: Arc<dyn TableProvider>,
    statistics: Arc<FileStatisticsCache>,
}

impl fmt::Debug for EventTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventTable({} files)", self.files.len())
    }
}

#[async_trait]
impl TableProvider for EventTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let prefilter = pushdown::prefilter(filters);
        let wanted: Vec<&EventFile> = self
            .files
            .iter()
            .filter(|file| may_hold(file, &prefilter))
            .collect();
        if wanted.len() == self.files.len() {
            return self.whole.scan(state, projection, filters, limit).await;
        }
        if wanted.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema.project(columns)?),
                None => self.schema.clone(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        let table = over(wanted.into_iter(), &self.schema, &self.statistics)?;
        table.scan(state, projection, filters, limit).await
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        self.whole.supports_filters_pushdown(filters)
    }
}

/// Whether a file may hold a row that fulfils the filter, as far as times tell.
fn may_hold(file: &EventFile, prefilter: &Prefilter) -> bool {
    let Some((first, last)) = file.span else {
        return true;
    };
    let overlaps = |it: &Conjunction| {
        it.from.is_none_or(|from| from <= last) && it.until.is_none_or(|until| first <= until)
    };
    prefilter.any_of.is_empty() || prefilter.any_of.iter().any(overlaps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_chosen_by_their_times() {
        let holds = |span: Option<(i64, i64)>, bounds: &[(Option<i64>, Option<i64>)]| {
            let any_of = bounds.iter().map(|(from, until)| Conjunction {
                from: *from,
                until: *until,
                tests: Vec::new(),
            });
            let prefilter = Prefilter {
                any_of: any_of.collect(),
            };
            let path = std::path::PathBuf::new();
            may_hold(
                &EventFile {
                    path,
                    span,
                    columns: None,
                },
                &prefilter,
            )
        };
        assert!(holds(Some((5, 9)), &[]));
        assert!(holds(Some((5, 9)), &[(Some(9), None)]));
        assert!(!holds(Some((5, 9)), &[(Some(10), None)]));
        assert!(!holds(Some((5, 9)), &[(None, Some(4))]));
        assert!(holds(Some((5, 9)), &[(None, Some(4)), (Some(7), Some(7))]));
        assert!(holds(None, &[(Some(10), None)]));
    }
}
