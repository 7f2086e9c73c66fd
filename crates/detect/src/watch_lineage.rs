//! Which old events say something else of their credentials than before.
//!
//! In: the forest before and after more events came in. Out: the times at which a rule that reads lineage can see a
//! difference: the life of each credential that has another parent, root, kind or issue than before, and, where
//! something was done to it or it was first used from somewhere, the time from then on. What only adds up (calls,
//! agents, last use) makes no difference: a rule that is evaluated at a tick has no business with it.
//! Pure; times are microseconds since 1970.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use keyline_lineage::{Credential, Forest, Node};

/// What was known of each credential, as far as rules can tell.
#[derive(Debug, Default)]
pub struct Marks(HashMap<u64, Mark>);

#[derive(Debug, PartialEq)]
struct Mark {
    shape: u64,
    /// When something was done to it or with it for the first time, and a hash of what.
    changes: Vec<(i64, u64)>,
    from: i64,
    until: i64,
}

impl Marks {
    pub fn of(forest: &Forest) -> Marks {
        Marks(forest.nodes().map(|node| mark(forest, node)).collect())
    }

    /// The times that were touched since.
    pub fn touched(&self, after: &Marks) -> Vec<(i64, i64)> {
        let Marks(before) = self;
        let Marks(after) = after;
        let gone = before.iter().filter(|(id, _)| !after.contains_key(id));
        let mut touched: Vec<(i64, i64)> = gone.map(|(_, mark)| (mark.from, mark.until)).collect();
        for (id, now) in after {
            match before.get(id) {
                None => touched.push((now.from, now.until)),
                Some(was) if was.shape != now.shape => {
                    touched.push((was.from.min(now.from), was.until.max(now.until)));
                }
                Some(was) if was.changes != now.changes => {
                    let differ = |one: &Mark, other: &Mark| {
                        let new = one.changes.iter().filter(|it| !other.changes.contains(it));
                        new.map(|(at, _)| *at).min()
                    };
                    let from = [differ(now, was), differ(was, now)].into_iter().flatten();
                    // Their order tells nothing to a rule.
                    if let Some(from) = from.min() {
                        touched.push((from, now.until.max(was.until).max(from)));
                    }
                }
                Some(_) => {}
            }
        }
        touched
    }
}

fn mark(forest: &Forest, node: Node) -> (u64, Mark) {
    let credential = forest.alone(node);
    let known = forest.known_from(node);
    let done = credential.changes.iter();
    let done = done.map(|change| (change.at, hash(&format!("{change:?}"))));
    let sources = credential.sources.iter();
    let sources = sources.map(|source| (source.first_used, hash(&source.address)));
    let used = credential.first_used.map(|at| (at, hash("")));
    let changes: Vec<(i64, u64)> = done.chain(sources).chain(used).collect();
    let times = [known, credential.issued_at, credential.last_used];
    let times = times.into_iter().flatten();
    let times: Vec<i64> = times.chain(changes.iter().map(|change| change.0)).collect();
    let id = hash(&credential.id);
    let parent = forest.parent(node).map(|parent| forest.id(parent));
    let shape = hash(&format!("{known:?} {parent:?} {:?}", shape_of(credential)));
    let mark = Mark {
        shape,
        changes,
        from: times.iter().copied().min().unwrap_or(0),
        until: times.iter().copied().max().unwrap_or(0),
    };
    (id, mark)
}

/// The credential without what adds up.
fn shape_of(credential: Credential) -> Credential {
    Credential {
        children: Vec::new(),
        first_used: None,
        last_used: None,
        event_count: 0,
        error_count: 0,
        last_success: None,
        uses: Vec::new(),
        sources: Vec::new(),
        more_sources: false,
        user_agents: Vec::new(),
        more_user_agents: false,
        used_in_accounts: Vec::new(),
        changes: Vec::new(),
        forwarded_count: 0,
        forwarded_in_session_count: 0,
        forwarded_maybe_count: 0,
        ..credential
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
