//! What a watch has to evaluate when events come in, and what of its alerts that changes.
//!
//! In: how a rule is timed, which times were touched by new events, how far it was evaluated. Out: ranges of ticks,
//! which is all that can differ from what was found before; and, when they were evaluated, which alerts stand and which
//! are superseded. A range is widened to the episodes that it touches, so that what is found in it are whole episodes:
//! a watch that was fed in pieces, in any order, ends with the alerts of one hunt over everything.
//! Pure; all times are ticks of 100 ns since 1970. What lies behind a change of lineage is in `watch_lineage.rs`.

use std::collections::BTreeSet;

use keyline_kql::checked::{CheckedQuery, Op, Rel};

use crate::alert::{Alert, short_hash};
use crate::check::CheckedRule;
use crate::problem::Position;
use crate::relations::{self, GATHERED_TABLES};
use crate::rule::{Places, Rule, Trigger};
use crate::schedule::{Schedule, tick_range};

/// From and until, both included.
pub type Range = (i64, i64);

/// What a watch knows of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Frequency and period; nothing for a rule that is evaluated once over everything.
    pub ticks: Option<(i64, i64)>,
    /// Each row comes of one event alone, or of some that are put together by what tells alerts apart, so that nothing is
    /// gained by waiting for the tick: further events add rows, or to rows.
    pub at_once: bool,
    /// After an alert it rests, so that each of its evaluations hangs on all before.
    pub rests: bool,
    /// It reads what is known of credentials.
    pub of_lineage: bool,
    /// It may fire where there is nothing.
    pub of_nothing: bool,
}

/// What time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The first and the last event.
    pub events: Range,
    /// Ticks up to this are due; without it all up to the one after the last event.
    pub now: Option<i64>,
}

/// The ticks of a rule that were evaluated, all between them too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evaluated {
    pub from: i64,
    pub until: i64,
}

impl Timing {
    /// Nothing for a rule that cannot run.
    pub fn of(rule: &Rule, checked: &CheckedRule) -> Option<Timing> {
        let query = checked.query.as_ref()?;
        let ticks = match &checked.derived.schedule {
            Schedule::Ticks {
                frequency, period, ..
            } => Some((*frequency, *period)),
            Schedule::Once => None,
        };
        let events = |name: &String| GATHERED_TABLES.contains(&name.as_str());
        let data = |name: &String| relations::DATA_TABLES.contains(&name.as_str());
        Some(Timing {
            ticks,
            at_once: rule.trigger == Trigger::ANY_ROW && is_of_one_event(rule, query),
            rests: rule.suppression.is_some(),
            of_lineage: query.tables.iter().any(|name| data(name) && !events(name)),
            of_nothing: rule.trigger.fires(0),
        })
    }

    /// The first tick that there is and the last one that is due.
    fn bounds(&self, frequency: i64, clock: &Clock) -> Range {
        let (first, last) = tick_range(frequency, clock.events);
        let due = match clock.now {
            Some(now) if !self.at_once => last.min(now.div_euclid(frequency) * frequency),
            _ => last,
        };
        (first, due)
    }

    /// The ticks that were evaluated once all of them are that are due.
    pub fn evaluated(&self, clock: &Clock) -> Option<Evaluated> {
        let (frequency, _) = self.ticks?;
        let (from, until) = self.bounds(frequency, clock);
        (from <= until).then_some(Evaluated { from, until })
    }

    /// The ranges of ticks in which something can have changed, in order and apart from each other. `touched` are
    /// the times of new events, and of old ones of whose credentials something else is known now.
    pub fn ranges(
        &self,
        touched: &[Range],
        before: Option<Evaluated>,
        clock: &Clock,
    ) -> Vec<Range> {
        let Some((frequency, period)) = self.ticks else {
            return Vec::new();
        };
        let (first, due) = self.bounds(frequency, clock);
        let Some(before) = before else {
            return self.merged(vec![(first, due)]);
        };
        let mut ranges: Vec<Range> = touched
            .iter()
            .map(|(from, until)| {
                let (from, until) = (*from, until.saturating_add(period));
                let from = tick_range(frequency, (from, from)).0;
                (from.max(first), until.min(due))
            })
            .collect();
        ranges.push((before.until.saturating_add(frequency), due));
        if self.of_nothing {
            ranges.push((first, before.from.min(due)));
        }
        let ranges = self.merged(ranges);
        match self.rests && !ranges.is_empty() {
            true => self.merged(vec![(first, due)]),
            false => ranges,
        }
    }

    /// Those that hold a tick, in order; such whose windows touch are one.
    pub fn merged(&self, mut ranges: Vec<Range>) -> Vec<Range> {
        let (frequency, period) = self.ticks.unwrap_or((1, 0));
        for (from, until) in &mut ranges {
            *from = tick_range(frequency, (*from, *from)).0;
            *until = until.div_euclid(frequency) * frequency;
        }
        merged(ranges, period.saturating_add(frequency))
    }

    /// The range with all ticks of the episodes that it touches.
    pub fn widened(&self, range: Range, episodes: impl Iterator<Item = Range>) -> Range {
        let (_, period) = self.ticks.unwrap_or_default();
        let touched = episodes.filter(|episode| self.touches(range, *episode));
        touched.fold(range, |(from, until), (start, reach)| {
            (from.min(start.saturating_add(period)), until.max(reach))
        })
    }

    /// Whether what is found in a range can belong to an episode. Rules without ticks have one for everything.
    fn touches(&self, range: Range, (start, reach): Range) -> bool {
        let Some((_, period)) = self.ticks else {
            return true;
        };
        reach >= range.0.saturating_sub(period) && start <= range.1
    }

    /// What stands after the ticks of a range were evaluated in its widened form: of what was found the alerts that the
    /// range touches, and of those that were known before the ones that are superseded. `known` are those of the rule,
    /// by id and episode.
    pub fn settled<'a>(
        &self,
        range: Range,
        known: impl Iterator<Item = (&'a str, Range)>,
        found: Vec<Alert>,
    ) -> (Vec<Alert>, Vec<String>) {
        let ids: BTreeSet<&str> = found.iter().map(|alert| alert.alert_id.as_str()).collect();
        let gone = known
            .filter(|(id, episode)| self.touches(range, *episode) && !ids.contains(id))
            .map(|(id, _)| id.to_owned());
        let gone = gone.collect();
        let mut stand = found;
        stand.retain(|alert| self.touches(range, alert.episode));
        (stand, gone)
    }
}

/// Stands for all that a rule says, wherever its file lies.
pub fn fingerprint(rule: &Rule) -> String {
    let said = Rule {
        file: String::new(),
        position: Position::default(),
        places: Places::default(),
        ..rule.clone()
    };
    short_hash(&format!("{said:?}"))
}

/// Ranges in order, those that are not farther apart than the gap made into one; empty ones are left out.
pub fn merged(mut ranges: Vec<Range>, gap: i64) -> Vec<Range> {
    ranges.retain(|(from, until)| from <= until);
    ranges.sort_unstable();
    let mut all: Vec<Range> = Vec::new();
    for (from, until) in ranges {
        match all.last_mut() {
            Some(last) if from <= last.1.saturating_add(gap) => last.1 = last.1.max(until),
            _ => all.push((from, until)),
        }
    }
    all
}

/// Whether each row of a query is made of one event and nothing else that events can change; or of several that are
/// summed up in the end, by the entities of the alert.
fn is_of_one_event(rule: &Rule, query: &CheckedQuery) -> bool {
    let mut rel: &Rel = &query.root;
    let (mut filtered, mut summed) = (false, false);
    loop {
        let looks_elsewhere = relations::exprs(rel).into_iter().any(|expr| {
            let mut inner = Vec::new();
            relations::inner_relations(expr, &mut inner);
            inner.iter().any(relations::reads_events)
        });
        if looks_elsewhere {
            return false;
        }
        rel = match &rel.op {
            Op::Table { name } => return GATHERED_TABLES.contains(&name.as_str()),
            Op::Filter { input, .. } => {
                filtered = true;
                input
            }
            Op::Project { input, .. } => input,
            // A filter above may fire on how many there are; without groups there is a row of nothing.
            Op::Summarize { input, by, .. } if !filtered && !summed && !by.is_empty() => {
                let mut mapped = rule.entity_mappings.iter().flat_map(|it| &it.fields);
                if !mapped.all(|(_, column)| by.iter().any(|by| by.name == *column)) {
                    return false;
                }
                summed = true;
                input
            }
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::episode::{Episode, Episodes, Finding, Held};
    use crate::rule::AlertSeverity;

    const FREQUENCY: i64 = 4;

    fn timing(period: i64, at_once: bool) -> Timing {
        Timing {
            ticks: Some((FREQUENCY, period)),
            at_once,
            rests: false,
            of_lineage: false,
            of_nothing: false,
        }
    }

    fn finding(identity: i64, times: &[i64]) -> Finding {
        Finding {
            identity: identity.to_string(),
            row: serde_json::Map::new(),
            entities: Vec::new(),
            custom: serde_json::Map::new(),
            title: String::new(),
            description: String::new(),
            other_titles: Default::default(),
            severity: AlertSeverity::Low,
            tactics: Vec::new(),
            access_key_ids: BTreeSet::new(),
            event_ids: times.iter().map(i64::to_string).collect(),
            told: Default::default(),
            times: None,
        }
    }

    /// A rule that finds who called at least twice within the period, at the ticks of a range.
    fn found(events: &[(i64, i64)], period: i64, (first, last): Range) -> Vec<Episode> {
        let mut episodes = Episodes::default();
        let mut tick = first;
        while tick <= last {
            let held = Held {
                tick,
                from: tick - period,
                until: tick,
            };
            let findings = (0..3).filter_map(|who| {
                let seen = |(time, caller): &&(i64, i64)| {
                    *caller == who && (held.from..=tick).contains(time)
                };
                let mut times: Vec<i64> = events.iter().filter(seen).map(|it| it.0).collect();
                times.sort_unstable();
                (times.len() > 1).then(|| finding(who, &times))
            });
            episodes.add(held, findings.collect());
            tick += FREQUENCY;
        }
        episodes.finish()
    }

    fn alert(episode: &Episode) -> Alert {
        let id = format!("{}@{}", episode.finding.identity, episode.start);
        let ids = &episode.finding.event_ids;
        serde_json::from_value(serde_json::json!({
            "alert_id": id, "rule_id": "", "rule_name": "", "severity": "Low", "tactics": [],
            "techniques": [], "title": "", "description": "", "start_time": "", "end_time": "",
            "evaluated_at": "", "entities": [], "access_key_ids": [], "credentials": [],
            "root_credential": null, "incident_id": null, "event_ids": ids, "event_count": ids.len(),
            "evidence": "row", "custom": {}, "row": {},
        }))
        .map(|alert: Alert| Alert {
            episode: (episode.start, episode.reach),
            ..alert
        })
        .unwrap()
    }

    proptest! {
        #[test]
        fn pieces_in_any_order_end_with_the_alerts_of_one_hunt(
            events in proptest::collection::vec((0i64..160, 0i64..3), 1..24),
            cuts in proptest::collection::vec(1usize..6, 1..12),
            period in 1i64..30,
            at_once in any::<bool>(),
            lags in any::<bool>(),
        ) {
            let timing = timing(period, at_once);
            let mut known: Vec<Alert> = Vec::new();
            let mut evaluated = None;
            let mut at = 0;
            let mut pieces = cuts.iter().cycle();
            while at < events.len() {
                let until = (at + pieces.next().unwrap()).min(events.len());
                let (piece, seen) = (&events[at..until], &events[..until]);
                at = until;
                let times = || seen.iter().map(|event| event.0);
                let span = (times().min().unwrap(), times().max().unwrap());
                let is_last = at == events.len();
                let clock = Clock {
                    events: span,
                    now: (lags && !is_last).then_some(span.1),
                };
                let touched: Vec<Range> = piece.iter().map(|event| (event.0, event.0)).collect();
                for range in timing.ranges(&touched, evaluated, &clock) {
                    let wide = timing.widened(range, known.iter().map(|alert| alert.episode));
                    let found = found(seen, period, wide).iter().map(alert).collect();
                    let episodes = known.iter().map(|a| (a.alert_id.as_str(), a.episode));
                    let (stand, gone) = timing.settled(range, episodes, found);
                    known.retain(|alert| {
                        !gone.contains(&alert.alert_id)
                            && stand.iter().all(|other| other.alert_id != alert.alert_id)
                    });
                    known.extend(stand);
                }
                evaluated = timing.evaluated(&clock).or(evaluated);
            }
            let all = tick_range(FREQUENCY, (
                events.iter().map(|it| it.0).min().unwrap(),
                events.iter().map(|it| it.0).max().unwrap(),
            ));
            let mut expected: Vec<Alert> = found(&events, period, all).iter().map(alert).collect();
            expected.sort_by(|a, b| a.alert_id.cmp(&b.alert_id));
            known.sort_by(|a, b| a.alert_id.cmp(&b.alert_id));
            prop_assert_eq!(known, expected);
        }
    }

    #[test]
    fn a_tick_is_evaluated_when_it_is_due() {
        let events = (10, 33);
        let clock = |now| Clock { events, now };
        let of = |at_once, now| timing(8, at_once).ranges(&[(33, 33)], None, &clock(now));
        assert_eq!(of(false, Some(33)), [(12, 32)]);
        assert_eq!(of(true, Some(33)), [(12, 36)]);
        assert_eq!(of(false, None), [(12, 36)]);
        assert_eq!(of(false, Some(9)), []);
    }
}
