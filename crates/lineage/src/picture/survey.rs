//! What is known of each credential of a picture before its row is made, and the alarms that follow.
//!
//! In: a view. Out: for each node that was looked at a few bytes, because there may be a million that
//! get no row; and, for one that gets a row, its alarms. An alarm may need the parent, siblings or the
//! chain above, chosen or not.

use std::collections::{HashMap, HashSet};

use crate::credential::{Credential, Kind};
use crate::forest::Node;
use crate::limits::OWNERS_ABOVE;
use crate::liveness::{Liveness, State, liveness};
use crate::picture::View;
use crate::picture::words::{Alarm, Names, doubt, is_beginning, likeness};

/// What is known of a credential before its row is made.
#[derive(Clone, Copy)]
pub struct Standing {
    pub state: State,
    pub until: Option<i64>,
    pub kind: Kind,
    pub events: u64,
    pub errors: u64,
    /// The same number for credentials that are alike.
    pub alike: u32,
    pub alarming: bool,
    pub doubtful: bool,
    /// Why its parent is not known, where one must have been.
    pub orphan: Option<&'static str>,
    /// It was issued by then.
    pub exists: bool,
    pub production: bool,
}

impl Standing {
    /// Whether it counts among the credentials of the instant.
    pub fn counts(&self) -> bool {
        self.kind.is_usable() && self.exists
    }

    pub fn works(&self) -> bool {
        self.kind.is_usable() && self.state.is_alive()
    }

    /// Whether somebody asked for it: sessions of services come and go by the hundred.
    pub fn was_asked_for(&self) -> bool {
        self.kind.is_usable() && !matches!(self.kind, Kind::ServiceSession | Kind::ForwardAccess)
    }

    /// Whether a reader would miss it.
    pub fn is_telling(&self) -> bool {
        self.alarming || self.doubtful || (self.works() && self.was_asked_for())
    }

    pub fn is_off(&self) -> bool {
        is_off(self.state, self.until)
    }
}

/// Whether it was switched off, revoked or deleted, rather than ended by itself. What is not issued yet
/// has no instant.
fn is_off(state: State, until: Option<i64>) -> bool {
    match state {
        State::Inactive => until.is_some(),
        State::Revoked | State::Deleted | State::RevocationPending => true,
        State::Active | State::PossiblyActive | State::Expired => false,
    }
}

/// What makes two credentials alike: kind, role, and why no parent is known.
type Likeness = (Kind, String, Option<&'static str>);

/// Standings, by node, of all that was looked at.
pub struct Survey<'a> {
    view: &'a View<'a>,
    alerts: &'a HashMap<Node, u64>,
    pub standings: HashMap<Node, Standing>,
    alike: HashMap<Likeness, u32>,
    pub likenesses: Vec<Likeness>,
    /// States of those that are not shown and stand above others.
    states: HashMap<Node, (State, Option<i64>)>,
    above: HashMap<Node, Above>,
    /// Seconds in which a node minted a credential that was used.
    used_seconds: HashMap<Node, HashSet<i64>>,
}

impl<'a> Survey<'a> {
    pub fn new(view: &'a View<'a>, alerts: &'a HashMap<Node, u64>) -> Survey<'a> {
        Survey {
            view,
            alerts,
            standings: HashMap::new(),
            alike: HashMap::new(),
            likenesses: Vec::new(),
            states: HashMap::new(),
            above: HashMap::new(),
            used_seconds: HashMap::new(),
        }
    }

    pub fn look_at(&mut self, node: Node) -> Standing {
        if let Some(known) = self.standings.get(&node) {
            return *known;
        }
        let credential = self.view.forest.credential(node);
        let liveness = liveness(&credential, self.view.as_of);
        let orphan = match credential.parent.is_none() && !is_beginning(credential.kind) {
            true => credential.parent_unknown_because,
            false => None,
        };
        let (kind, common) = likeness(&credential);
        let likeness = (kind, common, orphan);
        let next = self.likenesses.len() as u32;
        let alike = *self.alike.entry(likeness.clone()).or_insert(next);
        if alike == next {
            self.likenesses.push(likeness);
        }
        let mut standing = Standing {
            state: liveness.state,
            until: liveness.until,
            kind: credential.kind,
            events: credential.event_count,
            errors: credential.error_count,
            alike,
            alarming: false,
            doubtful: credential.parent.is_some() && doubt(&credential).is_some(),
            orphan,
            production: credential.touches_production,
            exists: credential
                .issued_at
                .is_none_or(|issued| issued <= self.view.as_of),
        };
        // The walk up below needs the states of ancestors, which need no alarms of their own for it.
        self.standings.insert(node, standing);
        standing.alarming = !self.alarms(node, &credential, &liveness).is_empty();
        self.standings.insert(node, standing);
        standing
    }

    /// The state of a node without its alarms: enough for those below it.
    fn state_of(&mut self, node: Node) -> (State, Option<i64>) {
        if let Some(known) = self.standings.get(&node) {
            return (known.state, known.until);
        }
        let (forest, as_of) = (self.view.forest, self.view.as_of);
        *self.states.entry(node).or_insert_with(|| {
            let liveness = forest.liveness(node, as_of);
            (liveness.state, liveness.until)
        })
    }

    pub fn alarms(
        &mut self,
        node: Node,
        credential: &Credential,
        liveness: &Liveness,
    ) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        if liveness.used_after_revocation {
            alarms.push(Alarm::UsedAfterRevocation);
        }
        if liveness.issued_after_revocation {
            alarms.push(Alarm::IssuedAfterRevocation);
        }
        if credential.kind.is_usable() && liveness.state.is_alive() {
            // A key that its owner made is no session of the other: to outlive it is what it is for.
            match self.is_backup(node, credential) {
                true => alarms.push(Alarm::BackupKey),
                false => alarms.extend(self.outlived(node)),
            }
        }
        if self.was_left_aside(node, credential) {
            alarms.push(Alarm::NeverUsed);
        }
        if let Some(number) = self.alerts.get(&node).filter(|number| **number > 0) {
            alarms.push(Alarm::Alerts(*number));
        }
        alarms
    }

    /// What the chain above a node says about it. Answers are kept, so that a chain of a million hops
    /// is walked once.
    pub fn above(&mut self, node: Node) -> Above {
        let forest = self.view.forest;
        let mut way = Vec::new();
        let mut next = Some(node);
        while let Some(at) = next.filter(|at| !self.above.contains_key(at)) {
            way.push(at);
            next = forest.parent(at);
        }
        for at in way.into_iter().rev() {
            let above = match forest.parent(at) {
                None => Above::default(),
                Some(parent) => {
                    let beyond = self.above[&parent];
                    let (state, until) = self.state_of(parent);
                    beyond.seen_through(parent, state, until)
                }
            };
            self.above.insert(at, above);
        }
        self.above[&node]
    }

    fn outlived(&mut self, node: Node) -> Option<Alarm> {
        let outlived = self.above(node).outlived?;
        if self.view.forest.parent(node) == Some(outlived) {
            return Some(Alarm::ParentIsOff);
        }
        let ancestor = self.view.forest.alone(outlived);
        let name = Names::new([&ancestor].into_iter()).mention(&ancestor);
        Some(Alarm::AncestorIsOff { name })
    }

    /// A second way in that its owner made with a first: another key, or a password for a user who had none.
    /// Who changes a password, or uploads an SSH key to work with, makes no second way in.
    fn is_backup(&self, node: Node, credential: &Credential) -> bool {
        let second = match credential.kind {
            Kind::AccessKey | Kind::ServiceCredential => true,
            Kind::Password => credential.issuing_api == "iam:CreateLoginProfile",
            _ => false,
        };
        second
            && !credential.user_name.is_empty()
            && self.ancestors(node).take(OWNERS_ABOVE).any(|above| {
                let above = self.view.forest.alone(above);
                above.kind.is_usable()
                    && above.user_name == credential.user_name
                    && above.account_id == credential.account_id
            })
    }

    fn ancestors(&self, node: Node) -> impl Iterator<Item = Node> {
        let forest = self.view.forest;
        std::iter::successors(forest.parent(node), |above| forest.parent(*above))
    }

    /// Minted in the same second as a sibling that was used, and never used itself. Services mint more
    /// than they use; nobody who asks for credentials does.
    fn was_left_aside(&mut self, node: Node, credential: &Credential) -> bool {
        let Some(issued) = credential.issued_at else {
            return false;
        };
        let by_service = credential.kind == Kind::ServiceSession;
        if by_service || credential.event_count > 0 || credential.minted_key_id.is_none() {
            return false;
        }
        let forest = self.view.forest;
        let Some(parent) = forest.parent(node) else {
            return false;
        };
        let seconds = self.used_seconds.entry(parent).or_insert_with(|| {
            let children = forest.children(parent).iter();
            children
                .map(|child| forest.credential(*child))
                .filter(|child| child.event_count > 0 && child.minted_key_id.is_some())
                .filter_map(|child| child.issued_at)
                .map(second)
                .collect()
        });
        seconds.contains(&second(issued))
    }
}

/// What the chain above a credential says about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Above {
    /// The nearest ancestor that is off, unless one that works stands between: then that one is the
    /// surprise.
    pub outlived: Option<Node>,
    /// Since when the one that was switched off first has been off.
    pub off_since: Option<i64>,
}

impl Above {
    /// The same from one step further down.
    fn seen_through(self, parent: Node, state: State, until: Option<i64>) -> Above {
        if is_off(state, until) {
            return Above {
                outlived: Some(parent),
                off_since: match (self.off_since, until) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                },
            };
        }
        Above {
            outlived: self.outlived.filter(|_| !state.is_alive()),
            ..self
        }
    }
}

fn second(at: i64) -> i64 {
    at.div_euclid(1_000_000)
}
