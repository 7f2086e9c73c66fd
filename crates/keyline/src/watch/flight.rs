//! Hunts over a part of the lake, in a round or beside the rounds.
//!
//! In: rules with the ticks that each is to be evaluated at, and what is known of credentials. Out: what was found. One
//! hunt flies at a time, on a thread of its own; what comes in meanwhile is none of its business.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use keyline_detect::hunt::{HuntOptions, HuntReport, replayed};
use keyline_detect::replay::Span;
use keyline_detect::rule::Rule;
use keyline_detect::watch::Range;
use keyline_engine::EngineOptions;
use keyline_lake::LogOptions;
use keyline_lake::delta::{Added, Lake};
use keyline_lake::lineage::Lineage;
use keyline_lineage::{Forest, Production};

use super::Subject;
use crate::cli::Context;
use crate::cli::hunt::RULE_TIME_DEFAULT;
use crate::data::{self, EngineReferences};
use crate::units::wall_clock_micros;

/// What hunts are made with.
#[derive(Clone)]
pub struct Hunter {
    pub lake: Lake,
    pub context: Context,
    pub subject: Subject,
    pub references: Arc<EngineReferences>,
}

/// What is hunted.
pub struct Hunt {
    pub rules: Vec<(Rule, Span)>,
    /// How the lake is read, and which stretch of it.
    pub options: LogOptions,
}

impl Hunter {
    /// Evaluates the rules over one reading, of the lake or of what was added to it alone. Blocks.
    pub fn hunt(
        &self,
        hunt: &Hunt,
        added: Option<&Added>,
        (forest, production): (&Arc<Forest>, &Production),
        threads: usize,
    ) -> Result<HuntReport> {
        let options = LogOptions {
            now: Some(wall_clock_micros()),
            threads,
            ..hunt.options.clone()
        };
        let logs = match added {
            Some(added) => self.lake.logs_of(added, options)?,
            None => self.lake.logs(options)?,
        };
        let lineage = Lineage::known(&logs, production.clone(), forest.clone());
        let watchlists = data::watchlists(&self.subject.references, &self.context);
        let estate = &self.context.config.estate;
        let catalog = data::catalog(&logs, &lineage, &watchlists, estate)?;
        let options = HuntOptions {
            since: None,
            until: None,
            as_of: None,
            engine: EngineOptions {
                memory_bytes: data::engine_memory_bytes(&self.subject.data, &self.context)?,
                partitions: threads,
                ..EngineOptions::for_this_machine()
            },
            threads,
            rule_time: Some(RULE_TIME_DEFAULT),
            progress: None,
        };
        let rules: Vec<(&Rule, Option<Span>)> = hunt
            .rules
            .iter()
            .map(|(rule, span)| (rule, Some(*span)))
            .collect();
        let references = self.references.clone();
        Ok(replayed(
            &rules, &logs, &lineage, &catalog, references, &options,
        )?)
    }
}

/// A hunt beside the rounds.
pub struct Flight {
    rules: Vec<(usize, Range)>,
    begun: Instant,
    thread: JoinHandle<(Result<HuntReport>, Duration)>,
}

/// What was hunted, what was found, and how long that took.
pub struct Landed {
    pub rules: Vec<(usize, Range)>,
    pub report: HuntReport,
    pub took: Duration,
}

impl Flight {
    /// Begins it. The rules are the numbers by which whoever waits knows them.
    pub fn begin(
        rules: Vec<(usize, Range)>,
        hunting: impl FnOnce() -> Result<HuntReport> + Send + 'static,
    ) -> Result<Flight> {
        let begun = Instant::now();
        let fly = move || {
            let found = hunting();
            (found, begun.elapsed())
        };
        let thread = thread::Builder::new().name("keyline-hunt".to_owned());
        Ok(Flight {
            rules,
            begun,
            thread: thread.spawn(fly)?,
        })
    }

    pub fn rules(&self) -> &[(usize, Range)] {
        &self.rules
    }

    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    pub fn land(self) -> Result<Landed> {
        let (found, took) = self
            .thread
            .join()
            .map_err(|_| anyhow!("a hunt broke off after {:?}", self.begun.elapsed()))?;
        Ok(Landed {
            rules: self.rules,
            report: found?,
            took,
        })
    }
}
