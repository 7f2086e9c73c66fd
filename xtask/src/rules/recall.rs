//! Recall: does every story have its rules fire, on the story's own events?
//!
//! In: every story, told with several seeds. Out: a table by story. An analytics counts as found where
//! one of its rules raised an alert that names an event of the thief or a key in the thief's hands.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context;
use keyline_simulate::stories::{self, Truth};

use super::month::{Month, concerns};
use super::{Alert, Program, SEVERITIES};

/// Why a story is not told in the month.
const LEFT_OUT: &str = "left out of the month: it is another ending of the story above, of the same instance in the \
                        same hours";

/// The lowest severity for which people get up, and by which noise is measured too.
const LOUD: &str = "Medium";

/// By rule, the rank of the highest severity.
type Found = BTreeMap<String, usize>;

/// `month`: a month with the stories in it, and its alerts.
pub fn section(
    program: &Program,
    work: &Path,
    seeds: u64,
    month: Option<(&Month, &[Alert])>,
) -> anyhow::Result<String> {
    let mut rows = String::new();
    let mut alone = Tally::default();
    let mut among = Tally::default();
    for story in stories::ALL {
        let mut must: BTreeSet<&str> = BTreeSet::new();
        // The highest severity of each rule in the seed in which that was lowest.
        let mut lowest = Found::new();
        for seed in 1..=seeds {
            let told = (story.tell)(seed);
            must.extend(&told.truth.rules);
            let alerts = alone_alerts(program, work, &told)?;
            let found = found(&alerts, &told.truth);
            alone.judge(program, story.name, &told.truth, &found);
            for (rule, rank) in found {
                let worst = lowest.entry(rule).or_insert(rank);
                *worst = (*worst).max(rank);
            }
        }
        let in_month = month.and_then(|(month, alerts)| {
            let truth = month.truths.get(story.name)?;
            let found = found(alerts, truth);
            among.judge(program, story.name, truth, &found);
            Some(listed(program, &found))
        });
        let list: Vec<&str> = must.iter().copied().collect();
        writeln!(
            rows,
            "| `{}` | {} | {} | {} |",
            story.name,
            list.join(" "),
            listed(program, &lowest),
            in_month.unwrap_or_else(|| LEFT_OUT.to_owned()),
        )?;
        eprintln!("{}: told", story.name);
    }
    let in_month = match month {
        None => String::new(),
        Some((month, _)) => format!(
            " Told all in one month of {} days and {} events in {} accounts ({} of them of habits, {} of stories): {}.",
            month.config.days,
            month.events,
            month.accounts(),
            month.habit_events,
            month.story_events,
            among.sentence(),
        ),
    };
    Ok(format!(
        "\n## Recall by story\n\nEvery story of `keyline simulate`, told alone with {seeds} seeds: {}.{in_month} A finding \
         counts when an alert of one of the rules for that number (`analytics` of the rule) names an event of the thief \
         or a key in the thief's hands. The severity is the highest that the rule gave, in the seed in which that was \
         lowest. A story alone has no history: rules that compare with one say Low there.\n\n\
         | story | must find | alone | in the month |\n|---|---|---|---|\n{rows}",
        alone.sentence()
    ))
}

/// How many findings were asked for and made.
#[derive(Default)]
struct Tally {
    wanted: usize,
    met: usize,
    missed: BTreeSet<String>,
    /// Made by alerts below [`LOUD`] alone.
    quiet: BTreeSet<String>,
}

impl Tally {
    fn judge(&mut self, program: &Program, story: &str, truth: &Truth, found: &Found) {
        for number in &truth.rules {
            let answers = |rule: &String| {
                let rule = program.rule(rule);
                rule.is_some_and(|rule| rule.analytics.iter().any(|one| one == number))
            };
            self.wanted += 1;
            let answers = found.iter().filter(|(rule, _)| answers(rule));
            let Some(highest) = answers.map(|(_, rank)| *rank).min() else {
                eprintln!("missed: {story}: {number}");
                self.missed.insert(format!("{number} of `{story}`"));
                continue;
            };
            self.met += 1;
            if highest > rank(LOUD) {
                self.quiet.insert(format!("{number} of `{story}`"));
            }
        }
    }

    fn sentence(&self) -> String {
        let list = |set: &BTreeSet<String>, none: &str, some: &str| match set.is_empty() {
            true => none.to_owned(),
            false => {
                let names: Vec<&str> = set.iter().map(String::as_str).collect();
                format!("{some}: {}", names.join(", "))
            }
        };
        format!(
            "{} of {} findings that the stories' truth asks for were made; {}; {}",
            self.met,
            self.wanted,
            list(&self.missed, "none is missed", "missed"),
            list(
                &self.quiet,
                "each by an alert of Medium or above",
                "below Medium, which nobody is woken for"
            ),
        )
    }
}

/// What the rules raise over a story and the days around it that it brings along.
fn alone_alerts(
    program: &Program,
    work: &Path,
    told: &stories::Told,
) -> anyhow::Result<Vec<Alert>> {
    let folder = work.join("story");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for file in told.simulation.files() {
        let path = folder.join(file.path.trim_end_matches(".gz"));
        fs::create_dir_all(path.parent().context("the path has folders")?)?;
        fs::write(&path, &file.text)?;
    }
    program.hunt(&folder)
}

fn found(alerts: &[Alert], truth: &Truth) -> Found {
    let mut best = Found::new();
    for alert in alerts.iter().filter(|alert| concerns(alert, truth)) {
        let rank = rank(&alert.severity);
        let best = best.entry(alert.rule_id.clone()).or_insert(rank);
        *best = (*best).min(rank);
    }
    best
}

fn listed(program: &Program, found: &Found) -> String {
    let mut by: Vec<(usize, String)> = found
        .iter()
        .map(|(rule, rank)| {
            let text = format!("{} ({})", program.name(rule), SEVERITIES[*rank]);
            (*rank, text)
        })
        .collect();
    by.sort();
    let by: Vec<String> = by.into_iter().map(|(_, text)| text).collect();
    by.join(", ")
}

fn rank(severity: &str) -> usize {
    let at = SEVERITIES.iter().position(|known| *known == severity);
    at.unwrap_or(SEVERITIES.len() - 1)
}
