//! A month of the organisation: its ordinary days, all its habits, and every story told in them.
//!
//! In: a number of ordinary events. Out: the month's logs, what the rules raise over them, and whose each
//! event is: a habit's, a story's thief's, a story's other people's, or ordinary traffic's. Recall and noise are
//! read off the same run, as they would be in a month of real logs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use keyline_simulate::stories::{self, Truth};
use keyline_simulate::{Config, Habits, Simulation};
use serde_json::Value;

use super::{Alert, Program, text};
use crate::data;

/// Stories that cannot happen in the same month as another: to the same instance at the same time.
const TWINS: [&str; 1] = ["instance-credential-use-inside"];
const ORDINARY: &str = "ordinary traffic";

pub struct Month {
    pub config: Config,
    /// All events, and those of habits and of stories among them.
    pub events: u64,
    pub habit_events: usize,
    pub story_events: usize,
    pub truths: BTreeMap<&'static str, Truth>,
    simulation: Simulation,
    logs: PathBuf,
    owners: HashMap<String, String>,
}

/// Whose an alert is.
#[derive(Debug, PartialEq, Eq)]
pub enum Owner {
    /// The stories whose thief it shows.
    Thieves(Vec<&'static str>),
    /// A habit, the rightful people of a story, or ordinary traffic.
    Nobody(String),
}

impl Month {
    /// Writes the month, unless an earlier run left it there.
    pub fn new(work: &Path, events: u64) -> anyhow::Result<Month> {
        let config = data::benchmark(events);
        let mut truths = BTreeMap::new();
        let mut told = Vec::new();
        let mut owners = HashMap::new();
        for story in stories::ALL {
            if TWINS.contains(&story.name) {
                continue;
            }
            let one = (story.tell)(config.seed);
            for event in one.simulation.story() {
                owners.insert(id(&event.json)?, format!("story {}", story.name));
            }
            told.extend_from_slice(one.simulation.story());
            truths.insert(story.name, one.truth);
        }
        let story_events = told.len();
        let simulation = Simulation::new(config.clone())
            .with_habits(Habits::With)
            .with_story(told);
        for number in 0..simulation.file_slots() {
            for (habit, event) in simulation.habits(number) {
                owners.insert(id(&event.json)?, habit.to_owned());
            }
        }
        let folder = work.join(format!("month-{events}"));
        if !folder.join("summary.json").exists() {
            data::write(&simulation, &config, 2, &folder)?;
        }
        let summary: Value =
            serde_json::from_str(&fs::read_to_string(folder.join("summary.json"))?)?;
        Ok(Month {
            events: summary["events"].as_u64().unwrap_or(events),
            habit_events: owners.len() - story_events,
            story_events,
            config,
            truths,
            simulation,
            logs: folder.join("AWSLogs"),
            owners,
        })
    }

    pub fn hunt(&self, program: &Program) -> anyhow::Result<Vec<Alert>> {
        program.hunt(&self.logs)
    }

    pub fn owner(&self, alert: &Alert) -> Owner {
        let thieves = self
            .truths
            .iter()
            .filter(|(_, truth)| concerns(alert, truth));
        let thieves: Vec<&'static str> = thieves.map(|(name, _)| *name).collect();
        if !thieves.is_empty() {
            return Owner::Thieves(thieves);
        }
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for id in &alert.event_ids {
            let owner = self.owners.get(id).map_or(ORDINARY, String::as_str);
            *votes.entry(owner).or_default() += 1;
        }
        let most = votes.into_iter().max_by_key(|(_, votes)| *votes);
        Owner::Nobody(most.map_or(ORDINARY, |(owner, _)| owner).to_owned())
    }

    /// What the organisation knows of itself: its own networks, and nothing else.
    pub fn configuration(&self) -> String {
        "[estate]\negress_networks = [\"192.0.2.0/24\"]\n".to_owned()
    }

    /// The accounts that the month's trail covers.
    pub fn accounts(&self) -> usize {
        self.simulation.organisation().accounts.len()
    }
}

/// Whether an alert is about the thief of a story and not about the days around it.
pub fn concerns(alert: &Alert, truth: &Truth) -> bool {
    let thiefs: BTreeSet<&String> = truth.event_ids.iter().collect();
    let keys = truth
        .credentials
        .iter()
        .filter(|credential| credential.attackers)
        .flat_map(|credential| &credential.access_key_ids);
    alert.event_ids.iter().any(|id| thiefs.contains(id))
        || keys
            .chain([&truth.access_key_id])
            .any(|key| alert.access_key_ids.contains(key))
}

fn id(record: &str) -> anyhow::Result<String> {
    let record: Value = serde_json::from_str(record)?;
    Ok(text(&record["eventID"]))
}
