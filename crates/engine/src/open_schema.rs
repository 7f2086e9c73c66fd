//! Queries whose columns the data tells: checking, asking the data, checking on.
//!
//! What the checker wants to know (see `kql::check::stage`) is a query of its own over what stands
//! before the operator; its rows stream by, and only names are kept.

use arrow_array::Array;
use arrow_array::StringViewArray;
use arrow_array::cast::AsArray;
use futures::StreamExt;
use keyline_kql::check::CheckOptions;
use keyline_kql::check::stage::{Answers, Stage, Wanted, check_staged};
use keyline_kql::checked::CheckedQuery;
use keyline_kql::diagnostic::Diagnostic;
use keyline_kql::schema::Column;
use keyline_kql::syntax::Query;
use keyline_kql::types::Type;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluation::Evaluation;
use crate::limits::OPEN_STAGES_MAX;
use crate::stages::schema::Names;

impl Engine {
    /// Checks a query at an instant. Where its columns depend on the data, the data is asked.
    pub fn check_at(
        &self,
        query: &Query,
        evaluation: &Evaluation,
    ) -> Result<(Option<CheckedQuery>, Vec<Diagnostic>)> {
        let options = CheckOptions::default();
        let mut answers = Answers::default();
        loop {
            match check_staged(query, self.schema(), &options, &answers) {
                Stage::Done(checked, diagnostics) => return Ok((checked, diagnostics)),
                Stage::Wants(_) if answers.columns.len() >= OPEN_STAGES_MAX => {
                    let message = format!(
                        "more than {OPEN_STAGES_MAX} operators whose columns only the data tells"
                    );
                    return Err(Error::new(ErrorKind::Limit, message));
                }
                Stage::Wants(wanted) => {
                    let columns = self.answer(*wanted, evaluation)?;
                    answers.columns.push(columns);
                }
            }
        }
    }

    fn answer(&self, wanted: Wanted<CheckedQuery>, evaluation: &Evaluation) -> Result<Vec<Column>> {
        let (input, members) = match wanted {
            Wanted::Members { input } => (input, true),
            Wanted::Values { input } => (input, false),
        };
        let mut rows = self.run(&input, evaluation)?;
        self.block_on(async {
            let mut names = Names::default();
            while let Some(batch) = rows.batches.next().await {
                let batch = batch?;
                let texts: &StringViewArray = batch.column(0).as_string_view();
                for row in 0..texts.len() {
                    if texts.is_null(row) {
                        continue;
                    }
                    match members {
                        true => names.add_members(texts.value(row))?,
                        false => names.add(texts.value(row).to_owned(), Some(Type::String))?,
                    }
                }
            }
            Ok(names.columns())
        })
    }
}
