//! What is shown: logs that were searched by the rules, the forest of their credentials, and an engine for
//! questions.
//!
//! In: which logs, rules and references. Out: everything that answers are made of, ready in memory, made once. It is
//! the same hunt that `keyline hunt` runs. Deliberately not here: how answers look (`wire.rs`).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use keyline_contain::Plan;
use keyline_detect::alert::Alert;
use keyline_detect::hunt::Progress;
use keyline_detect::incident::Incident;
use keyline_engine::{Engine, EngineOptions};
use keyline_lineage::picture::axis::Axis;
use keyline_lineage::picture::words::{role_name, what};
use keyline_lineage::picture::{self};
use keyline_lineage::{Forest, Node, liveness};
use keyline_trail::time::{format_time, parse_time};

use super::lanes::add_calls;
use super::rows::Rows;
use super::wire::{Health, IncidentRow, Phase, RuleCounts, Rules};
use crate::alerts_file::within_life;
use crate::cli::contain::{PlanArgs, draw_up};
use crate::cli::hunt::{HuntArgs, Hunted, search};
use crate::cli::{Context, DataArgs, ReferenceArgs, RuleArgs};
use crate::data::{self, EngineReferences, TICKS_PER_MICROSECOND};
use crate::{coverage, units};

/// The parts of an incident's activity.
const ACTIVITY_PARTS: usize = 24;
/// Credentials of a tree that are looked at for its row; a larger tree is an organisation's role.
const TREE_NODES_MAX: usize = 20_000;

/// What is to be looked into.
pub struct Subject {
    pub data: DataArgs,
    pub rules: RuleArgs,
    pub references: ReferenceArgs,
}

pub struct Investigation {
    pub context: Context,
    data: DataArgs,
    pub references: ReferenceArgs,
    pub hunted: Hunted,
    pub forest: Arc<Forest>,
    /// Microseconds since 1970.
    pub as_of: i64,
    pub engine: Engine,
    /// The alerts at the credentials that they are about.
    pub marks: Vec<picture::Alert>,
    /// How many those are for each.
    pub alerts: HashMap<Node, u64>,
    /// When the rules had run, by the wall clock.
    pub hunted_at: i64,
    /// The rules as they are listed: checked once.
    pub rules: OnceLock<Rules>,
}

impl Investigation {
    /// Reads and searches; `watch` is told what is being done, and how far it is.
    pub fn make(
        subject: Subject,
        mut context: Context,
        watch: impl Fn(String, Option<f64>) + Send + Sync + 'static,
    ) -> Result<Investigation> {
        if let Some(path) = &subject.data.accounts {
            context.config.estate.add_accounts(path)?;
        }
        let Subject {
            data,
            rules,
            references,
        } = subject;
        let hunt = HuntArgs::with(data.clone(), rules, references.clone());
        let hunted = search(&hunt, &context, move |progress| match progress {
            Progress::Reading => watch("reading the logs".to_owned(), None),
            Progress::Rule { done, total, name } => watch(
                format!("rule {}", crate::output::escape(name)),
                Some(*done as f64 / (*total).max(1) as f64),
            ),
        })?;
        Investigation::of(hunted, data, references, context)
    }

    /// Of a hunt that is over.
    pub fn of(
        hunted: Hunted,
        data: DataArgs,
        references: ReferenceArgs,
        context: Context,
    ) -> Result<Investigation> {
        let hunted_at = units::wall_clock_micros();
        let forest = hunted.lineage.forest()?;
        let as_of = data
            .as_of
            .map(|ticks| ticks.div_euclid(TICKS_PER_MICROSECOND))
            .or(forest.last_event())
            .or(hunted.report.coverage.last_event)
            .unwrap_or_else(units::wall_clock_micros);
        let watchlists = data::watchlists(&references, &context);
        let estate = &context.config.estate;
        let catalog = data::catalog(&hunted.logs, &hunted.lineage, &watchlists, estate)?;
        let options = EngineOptions {
            memory_bytes: data::engine_memory_bytes(&data, &context)?,
            partitions: data::threads(&data),
            ..EngineOptions::for_this_machine()
        };
        let sources = Arc::new(EngineReferences(data::references(&references, &context)?));
        let engine = Engine::new(&options, catalog, sources)?.keeping();
        let marks = marks(&hunted.report.alerts, &forest);
        let alerts = counts(&marks);
        Ok(Investigation {
            context,
            data,
            references,
            hunted,
            forest,
            as_of,
            engine,
            marks,
            alerts,
            hunted_at,
            rules: OnceLock::new(),
        })
    }

    /// "Now" for questions, in ticks.
    pub fn now_ticks(&self) -> i64 {
        self.as_of.saturating_mul(TICKS_PER_MICROSECOND)
    }

    pub fn rows(&self) -> Rows<'_> {
        self.rows_at(self.as_of)
    }

    pub fn rows_at(&self, as_of: i64) -> Rows<'_> {
        Rows {
            forest: &self.forest,
            as_of,
            alerts: &self.alerts,
        }
    }

    pub fn account_name(&self, id: &str) -> Option<String> {
        let accounts = &self.context.config.estate.accounts;
        let known = accounts.iter().find(|account| account.id == id)?;
        (!known.name.is_empty()).then(|| known.name.clone())
    }

    pub fn coverage_lines(&self) -> Vec<(String, String)> {
        coverage::lines(&self.hunted.report.coverage, &self.context.config.estate)
    }

    /// The flags by which a command reads what is shown here; where that takes many, a word for it.
    pub fn flags(&self) -> String {
        let plain = |text: &str| {
            let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_./:".contains(letter);
            match !text.is_empty() && text.chars().all(fits) {
                true => text.to_owned(),
                false => format!("'{}'", text.replace('\'', "'\\''")),
            }
        };
        if let Some(location) = data::lake_of(&[], &self.data) {
            return format!("--lake {}", plain(&location));
        }
        match &self.data.data[..] {
            // A story's logs are gone when it ends.
            [path] if !path.starts_with(std::env::temp_dir()) => {
                format!("--data {}", plain(&path.display().to_string()))
            }
            _ => "--data LOGS".to_owned(),
        }
    }

    /// A credential by its id, one of its aliases, or a key id.
    pub fn find(&self, text: &str) -> Option<Node> {
        self.forest
            .by_id(text)
            .or_else(|| self.forest.by_access_key(text))
    }

    /// What a tree consists of, the root first.
    pub fn tree(&self, root: Node) -> Vec<Node> {
        let below = self.forest.descendants(root);
        std::iter::once(root).chain(below).collect()
    }

    pub fn alerts_about(&self, nodes: &BTreeSet<Node>) -> Vec<&Alert> {
        let about = |alert: &&Alert| {
            let mut ids = alert.credentials.iter();
            ids.any(|id| {
                self.forest
                    .by_id(id)
                    .is_some_and(|node| nodes.contains(&node))
            })
        };
        self.hunted.report.alerts.iter().filter(about).collect()
    }

    pub fn alerts_of(&self, incident: &Incident) -> Vec<&Alert> {
        let ids: BTreeSet<&String> = incident.alerts.iter().collect();
        let all = self.hunted.report.alerts.iter();
        all.filter(|alert| ids.contains(&alert.alert_id)).collect()
    }

    pub fn incident_row(&self, incident: &Incident) -> IncidentRow {
        let root = incident.root_credential.as_deref();
        let root = root.and_then(|id| self.forest.by_id(id));
        let mut row = IncidentRow {
            incident_id: incident.incident_id.clone(),
            severity: incident.severity.name().to_owned(),
            title: incident.title.clone(),
            root_credential: incident.root_credential.clone(),
            root_name: incident.root_name.clone(),
            root_what: None,
            account_id: None,
            account_name: None,
            alerts: incident.alerts.len(),
            rules: 0,
            tactics: Vec::new(),
            tree_credentials: incident.tree_credentials,
            live_credentials: incident.live_credentials,
            live_until: None,
            first_event: incident.first_event.clone(),
            last_event: incident.last_event.clone(),
            activity: Vec::new(),
            standing: None,
        };
        let alerts = self.alerts_of(incident);
        let rules: BTreeSet<&str> = alerts.iter().map(|alert| alert.rule_id.as_str()).collect();
        row.rules = rules.len();
        let tactics: BTreeSet<&String> = alerts.iter().flat_map(|alert| &alert.tactics).collect();
        row.tactics = tactics.into_iter().cloned().collect();
        if let Some(root) = root {
            self.add_tree(root, &mut row);
        }
        row
    }

    fn add_tree(&self, root: Node, row: &mut IncidentRow) {
        let top = self.forest.alone(root);
        row.root_what = Some(match role_name(&top).is_empty() {
            true => what(&top, None),
            false => format!("{} {}", what(&top, None), top.session_name)
                .trim_end()
                .to_owned(),
        });
        row.account_id = (!top.account_id.is_empty()).then(|| top.account_id.clone());
        row.account_name = self.account_name(&top.account_id);
        let nodes = self.tree(root).into_iter().take(TREE_NODES_MAX);
        let tree: Vec<_> = nodes.map(|node| self.forest.alone(node)).collect();
        let used = |at: fn(&keyline_lineage::Credential) -> Option<i64>| {
            tree.iter().filter_map(at).collect::<Vec<_>>()
        };
        let first = used(|one| one.first_used).into_iter().min();
        let last = used(|one| one.last_used).into_iter().max();
        if let (Some(first), Some(last)) = (first, last) {
            let axis = Axis::new(first, last, 0.0, ACTIVITY_PARTS as f64);
            let mut parts = vec![0.0; ACTIVITY_PARTS];
            for credential in &tree {
                add_calls(credential, &axis, &mut parts);
            }
            row.activity = parts;
            // The tree goes on after the alerts about it.
            row.last_event = row.last_event.clone().max(format_time(last));
        }
        let alive = tree.iter().filter(|one| one.kind.is_usable());
        let alive = alive.map(|one| liveness(one, self.as_of));
        let ends: Option<Vec<i64>> = alive
            .filter(|live| live.state.is_alive())
            .map(|live| live.until)
            .collect();
        row.live_until = ends
            .and_then(|ends| ends.into_iter().max())
            .map(format_time);
    }

    /// A plan for a target, in which nothing is known but these logs.
    pub fn plan(&self, target: String, stolen_since: Option<i64>, narrow: bool) -> Result<Plan> {
        let args = PlanArgs::of(self.data.clone(), target, stolen_since, narrow);
        let Hunted { logs, lineage, .. } = &self.hunted;
        draw_up(&args, &self.data, logs, lineage, &self.context)
    }

    /// What changes of the server's health when this is ready.
    pub fn health(&self) -> Summary {
        let report = &self.hunted.report;
        let failed = report.failed_rules.len();
        let idle = report.rules_with_nothing_to_look_at.len();
        let total = self.hunted.loaded.rules.len() + self.hunted.loaded.broken.len();
        Summary {
            as_of: format_time(self.as_of),
            first_event: report.coverage.first_event.map(format_time),
            last_event: report.coverage.last_event.map(format_time),
            coverage: self.coverage_lines(),
            events: report.coverage.events,
            bad_records: report.coverage.bad_records,
            rules: RuleCounts {
                total,
                ran: total.saturating_sub(failed + idle),
                failed,
                idle,
            },
            alerts: report.alerts.len(),
            incidents: report.incidents.len(),
            live_credentials: report
                .incidents
                .iter()
                .map(|one| one.live_credentials)
                .sum(),
        }
    }
}

/// What is known when an investigation is made.
pub struct Summary {
    as_of: String,
    first_event: Option<String>,
    last_event: Option<String>,
    coverage: Vec<(String, String)>,
    events: u64,
    bad_records: u64,
    rules: RuleCounts,
    alerts: usize,
    incidents: usize,
    live_credentials: usize,
}

impl Summary {
    pub fn write(self, health: &mut Health) {
        health.phase = Phase::Ready;
        health.detail = None;
        health.progress = None;
        health.as_of = Some(self.as_of);
        health.first_event = self.first_event;
        health.last_event = self.last_event;
        health.coverage = self.coverage;
        health.events = self.events;
        health.bad_records = self.bad_records;
        health.rules = self.rules;
        health.alerts = self.alerts;
        health.incidents = self.incidents;
        health.live_credentials = self.live_credentials;
    }
}

/// Alerts at the credentials that they are about.
fn marks(alerts: &[Alert], forest: &Forest) -> Vec<picture::Alert> {
    let mut marks = Vec::new();
    for alert in alerts {
        let Some(at) = parse_time(alert.start_time.as_bytes()) else {
            continue;
        };
        let nodes = alert.credentials.iter().filter_map(|id| forest.by_id(id));
        marks.extend(nodes.map(|node| picture::Alert {
            node,
            at: within_life(forest, node, at),
            title: alert.title.clone(),
            severity: alert.severity.name().to_owned(),
        }));
    }
    marks
}

/// How many alerts there are about each credential.
pub fn counts(alerts: &[picture::Alert]) -> HashMap<Node, u64> {
    let mut counts = HashMap::new();
    for alert in alerts {
        *counts.entry(alert.node).or_default() += 1;
    }
    counts
}
