//! The order of the steps, their names, and which waits for which.
//!
//! In: drafts in any order. Out: drafts and steps side by side, without those that say the same. The order is
//! by phase, place in the phase, and then by what they are done to, so that it follows from the steps alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::action::Draft;
use crate::owner::Owner;
use crate::plan::{Phase, Step};

/// Orders drafts and names them `s1`, `s2` and so on.
pub fn order(mut drafts: Vec<Draft>) -> (Vec<Draft>, Vec<Step>) {
    drafts.sort_by_cached_key(sort_key);
    drafts.dedup_by(|later, earlier| {
        let same = sort_key(later) == sort_key(earlier);
        if same {
            for measure in std::mem::take(&mut later.measures) {
                if !earlier.measures.contains(&measure) {
                    earlier.measures.push(measure);
                }
            }
        }
        same
    });
    let ids: Vec<String> = (1..=drafts.len())
        .map(|number| format!("s{number}"))
        .collect();
    let by_key: BTreeMap<&str, &str> = drafts
        .iter()
        .zip(&ids)
        .filter_map(|(draft, id)| draft.key.as_deref().map(|key| (key, id.as_str())))
        .collect();
    let steps = drafts
        .iter()
        .zip(&ids)
        .enumerate()
        .map(|(place, (draft, id))| {
            let mut waits_for: BTreeSet<usize> = BTreeSet::new();
            for key in &draft.after {
                waits_for.extend(by_key.get(key.as_str()).and_then(|id| number(id)));
            }
            waits_for.extend(waits(draft, &drafts[..place]));
            step(draft, id, waits_for)
        })
        .collect();
    (drafts, steps)
}

/// Before something is changed its snapshot is filed; verification waits for all that the program does, a
/// second stamp for verification and for the first.
fn waits(draft: &Draft, earlier: &[Draft]) -> Vec<usize> {
    let wanted = |known: &Draft| match draft.phase {
        Phase::Verify => !known.by_hand && !known.needs_confirmation,
        Phase::SecondStamp => {
            known.phase == Phase::Verify
                || (known.kind == draft.kind && known.params == draft.params)
        }
        Phase::Evidence => false,
        _ => known.phase == Phase::Evidence && is_about(known, draft) && !known.by_hand,
    };
    let numbered = earlier.iter().enumerate();
    numbered
        .filter(|(_, known)| wanted(known))
        .map(|(place, _)| place + 1)
        .collect()
}

/// Whether two steps are about the same: the same principal, or the same function where there is none.
fn is_about(one: &Draft, other: &Draft) -> bool {
    let function = |draft: &Draft| draft.params.get("function_name").cloned();
    one.on == other.on
        && (one.on != Owner::Outside || function(one) == function(other) && function(one).is_some())
}

fn sort_key(draft: &Draft) -> (Phase, u32, String, String, String, String, String) {
    (
        draft.phase,
        draft.rank,
        draft.account.clone(),
        format!("{}:{}", draft.service, draft.operation),
        draft.kind.to_owned(),
        serde_json::Value::Object(draft.params.clone()).to_string(),
        // Two regions may have functions of one name.
        draft.region.clone(),
    )
}

fn number(id: &str) -> Option<usize> {
    id.strip_prefix('s')?.parse().ok()
}

fn step(draft: &Draft, id: &str, waits_for: BTreeSet<usize>) -> Step {
    Step {
        id: id.to_owned(),
        phase: draft.phase,
        kind: draft.kind.to_owned(),
        account: draft.account.clone(),
        region: draft.region.clone(),
        service: draft.service.clone(),
        action: draft.operation.clone(),
        params: draft.params.clone(),
        credential: draft.credential.clone(),
        why: draft.why.clone(),
        stops: Vec::new(),
        breaks: Vec::new(),
        breaks_count: 0,
        cuts_off: Vec::new(),
        undo: draft.undo.clone(),
        then: match draft.by_hand {
            true => draft.then.clone(),
            false => Vec::new(),
        },
        requires: draft.requires.clone(),
        depends_on: waits_for
            .into_iter()
            .map(|number| format!("s{number}"))
            .collect(),
        precheck: draft.precheck.clone(),
        verify: draft.verify.clone(),
        needs_confirmation: draft.needs_confirmation,
        by_hand: draft.by_hand,
        variant: draft.variant,
    }
}
