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

use super::{Alert, Program, SEVERITIES};

pub fn section(program: &Program, work: &Path, seeds: u64) -> anyhow::Result<String> {
    let mut rows = String::new();
    let (mut wanted, mut met, mut missed) = (0, 0, Vec::new());
    for story in stories::ALL {
        // By rule, the highest severity of the seed in which that was lowest.
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        let mut must: BTreeSet<&str> = BTreeSet::new();
        let mut not_found: BTreeSet<&str> = BTreeSet::new();
        for seed in 1..=seeds {
            let told = (story.tell)(seed);
            let folder = work.join("story");
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            for file in told.simulation.files() {
                let path = folder.join(file.path.trim_end_matches(".gz"));
                fs::create_dir_all(path.parent().context("the path has folders")?)?;
                fs::write(&path, &file.text)?;
            }
            let alerts = program.hunt(&folder)?;
            let of_story: Vec<&Alert> = alerts
                .iter()
                .filter(|alert| concerns(alert, &told.truth))
                .collect();
            must.extend(&told.truth.rules);
            let mut best: BTreeMap<&str, usize> = BTreeMap::new();
            for alert in &of_story {
                let rank = rank(&alert.severity);
                let best = best.entry(&alert.rule_id).or_insert(rank);
                *best = (*best).min(rank);
            }
            for number in &told.truth.rules {
                let is_met = best.keys().any(|rule| {
                    program
                        .rule(rule)
                        .is_some_and(|rule| rule.analytics.iter().any(|one| one == number))
                });
                wanted += 1;
                if is_met {
                    met += 1;
                } else {
                    not_found.insert(number);
                }
            }
            for (rule, rank) in best {
                let worst = found.entry(rule.to_owned()).or_insert(rank);
                *worst = (*worst).max(rank);
            }
        }
        if !not_found.is_empty() {
            missed.push(story.name);
        }
        let list: Vec<&str> = must.iter().copied().collect();
        let mut by: Vec<(usize, String)> = found
            .into_iter()
            .map(|(rule, rank)| {
                let text = format!("{} ({})", program.name(&rule), SEVERITIES[rank]);
                (rank, text)
            })
            .collect();
        by.sort();
        let by: Vec<String> = by.into_iter().map(|(_, text)| text).collect();
        let lost: Vec<&str> = not_found.iter().copied().collect();
        writeln!(
            rows,
            "| `{}` | {} | {} | {} |",
            story.name,
            list.join(" "),
            by.join(", "),
            lost.join(" ")
        )?;
        eprintln!(
            "{}: {}",
            story.name,
            if lost.is_empty() { "found" } else { "MISSED" }
        );
    }
    let missed = match missed.is_empty() {
        true => "no story is missed".to_owned(),
        false => format!("missed: {}", missed.join(", ")),
    };
    Ok(format!(
        "\n## Recall by story\n\nEvery story of `keyline simulate`, told with {seeds} seeds: {met} of {wanted} findings \
         that the stories' truth asks for were made; {missed}. A finding counts when an alert of one of the \
         rules for that number names an event of the thief or a key in the thief's hands. The severity is the highest \
         that the rule gave, in the seed in which that was lowest.\n\n\
         | story | must find | found by | missed |\n|---|---|---|---|\n{rows}"
    ))
}

/// Whether an alert is about the story and not about the ordinary days around it.
fn concerns(alert: &Alert, truth: &Truth) -> bool {
    let is_thiefs = |id: &String| truth.event_ids.contains(id);
    let keys = truth
        .credentials
        .iter()
        .filter(|credential| credential.attackers)
        .flat_map(|credential| &credential.access_key_ids);
    alert.event_ids.iter().any(is_thiefs)
        || keys
            .chain([&truth.access_key_id])
            .any(|key| alert.access_key_ids.contains(key))
}

fn rank(severity: &str) -> usize {
    let at = SEVERITIES.iter().position(|known| *known == severity);
    at.unwrap_or(SEVERITIES.len() - 1)
}
