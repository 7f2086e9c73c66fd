//! Alerts for other people's programs: OCSF, Security Hub's ASFF, Timesketch.
//!
//! What the formats are is the business of the crate `sinks`; here they are written out, so that a
//! pipe can take them where they belong.

use std::io::Write;

use anyhow::Result;
use keyline_detect::alert::Alert;
use keyline_sinks::{Format, Rendering};
use serde_json::Value;

use crate::cli::Context;
use crate::safe_json::SafeJson;

/// The findings that one call of Security Hub's `BatchImportFindings` takes.
const FINDINGS_A_CALL: usize = 100;

/// A format of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    Ocsf,
    Asff,
    Timesketch,
}

/// Writes alerts, one a line; those of Security Hub as lists that one call takes.
pub fn write(
    out: &mut dyn Write,
    export: Export,
    alerts: &[Alert],
    context: &Context,
) -> Result<()> {
    let rendering = rendering(export, context);
    let at_once = match export {
        Export::Asff => FINDINGS_A_CALL,
        Export::Ocsf | Export::Timesketch => 1,
    };
    for several in alerts.chunks(at_once) {
        let mut documents = Vec::new();
        for alert in several {
            documents.push(rendering.document(&serde_json::to_value(alert)?));
        }
        let line = match export {
            Export::Asff => Value::Array(documents),
            Export::Ocsf | Export::Timesketch => documents.swap_remove(0),
        };
        serde_json::to_writer(SafeJson(&mut *out), &line)?;
        writeln!(out)?;
    }
    Ok(())
}

/// As a sink of that format has it, which names the account into which findings are imported.
fn rendering(export: Export, context: &Context) -> Rendering {
    let format = match export {
        Export::Ocsf => Format::Ocsf,
        Export::Asff => Format::Asff,
        Export::Timesketch => Format::Timesketch,
    };
    let sinks = &context.config.sinks;
    let alike = sinks.iter().find(|sink| sink.format == Some(format));
    alike.map_or_else(|| Rendering::new(format), Rendering::of)
}
