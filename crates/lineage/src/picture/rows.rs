//! The rows of a picture: which credentials, in which order, what is folded and what is left out.
//!
//! In: a view. Out: rows from the top, each with its place in the tree, its state and its alarms, and
//! the counts of everything that was chosen. Trees with alarms come first, then those of which
//! something was switched off, so that a limit leaves out what matters least. Deliberately not here: how a row
//! looks. There is no recursion: chains may be as long as an attacker likes.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::credential::Credential;
use crate::forest::{Forest, Node};
use crate::limits::{SIMILAR_FOLDED_MIN, SIMILAR_SHOWN};
use crate::liveness::{Liveness, State};
use crate::picture::survey::{Standing, Survey};
use crate::picture::words::{Alarm, Names, Still, doubt, plural};
use crate::picture::{Choice, Similar, View};

/// The rows of a picture and what was counted on the way.
pub struct Rows {
    pub rows: Vec<Row>,
    pub counts: Counts,
    pub left_out: LeftOut,
    pub names: Names,
}

/// Over everything that was chosen, shown or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub trees: usize,
    /// Credentials that can be used and were issued by then; services and the like are not among them.
    pub usable: usize,
    pub working: usize,
    /// Among those that work, the ones of which that is not certain.
    pub perhaps: usize,
    /// Among those that work, the ones that touch production.
    pub production: usize,
    /// Credentials with an alarm.
    pub alarming: usize,
    /// Credentials whose parent is not known.
    pub orphans: usize,
}

/// What the limit left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    pub rows: usize,
    /// Trees of which no row is shown.
    pub trees: usize,
    /// Among the rows, the credentials that work.
    pub working: usize,
}

/// One row.
pub struct Row {
    /// Steps below the root of its tree, as shown.
    pub level: usize,
    /// Bit `i`: the shown ancestor on level `i` has a later sibling. Levels over 63 are not told apart.
    pub guides: u64,
    /// No sibling follows.
    pub last: bool,
    /// The one above it in the picture is not its parent: others between are not shown.
    pub skips: bool,
    /// A row below hangs from it.
    pub has_branches: bool,
    /// The row that it hangs from.
    pub above: Option<usize>,
    pub item: Item,
}

pub enum Item {
    One(Box<One>),
    Folded(Folded),
}

/// A credential with what is to be said about it.
pub struct One {
    pub node: Node,
    pub credential: Credential,
    /// Its parent, where there is one, shown or not.
    pub parent: Option<Credential>,
    pub liveness: Liveness,
    pub alarms: Vec<Alarm>,
    pub doubt: Option<String>,
    pub still: Still,
    /// Since when something above it has been off while it goes on working.
    pub outlives_since: Option<i64>,
    /// The ancestor that is off, for a credential with an alarm about it.
    pub off_above: Option<(Credential, Liveness)>,
}

impl One {
    pub fn works(&self) -> bool {
        self.credential.kind.is_usable() && self.liveness.state.is_alive()
    }
}

/// Siblings, with all that is below them, about which there is nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// `sessions of role X`.
    pub what: String,
    pub siblings: usize,
    /// The siblings that can be used and everything usable below them.
    pub usable: usize,
    pub working: usize,
    pub all_expired: bool,
    pub events: u64,
    pub errors: u64,
}

/// Builds the rows of a view. `alerts` are counts by node.
pub fn rows(view: &View, alerts: &HashMap<Node, u64>) -> Rows {
    let chosen: Vec<Node> = match view.choice {
        Choice::All => view.forest.nodes().collect(),
        Choice::Only(nodes) => {
            let mut nodes = nodes.to_vec();
            nodes.sort_unstable();
            nodes.dedup();
            nodes
        }
    };
    let mut survey = Survey::new(view, alerts);
    for node in &chosen {
        survey.look_at(*node);
    }
    let shape = Shape::new(view.forest, &chosen);
    let sums = sums(&shape, &survey);
    let counts = count_all(&chosen, &shape, &survey);
    let mut roots = shape.roots.clone();
    roots.sort_by_cached_key(|root| sums[root].rank(&survey.standings[root]));
    let plan = Plan {
        view,
        shape: &shape,
        sums: &sums,
        survey: &survey,
    };
    let placed = plan.place(&roots);
    finish(view, &mut survey, placed, counts)
}

/// The chosen nodes as trees.
struct Shape {
    roots: Vec<Node>,
    children: HashMap<Node, Vec<Node>>,
    skips: HashSet<Node>,
    /// Parents before children.
    order: Vec<Node>,
}

impl Shape {
    fn new(forest: &Forest, chosen: &[Node]) -> Shape {
        let known: HashSet<Node> = chosen.iter().copied().collect();
        let mut shape = Shape {
            roots: Vec::new(),
            children: HashMap::new(),
            skips: HashSet::new(),
            order: Vec::with_capacity(chosen.len()),
        };
        // Where the way up from one that is not shown ends, so that no way is walked twice.
        let mut ends: HashMap<Node, Option<Node>> = HashMap::new();
        for node in chosen {
            let direct = forest.parent(*node);
            let mut way = Vec::new();
            let mut above = direct;
            while let Some(ancestor) = above.filter(|above| !known.contains(above)) {
                if let Some(end) = ends.get(&ancestor) {
                    above = *end;
                    break;
                }
                way.push(ancestor);
                above = forest.parent(ancestor);
            }
            ends.extend(way.into_iter().map(|ancestor| (ancestor, above)));
            match above {
                Some(parent) => shape.children.entry(parent).or_default().push(*node),
                None => shape.roots.push(*node),
            }
            if direct.is_some() && direct != above {
                shape.skips.insert(*node);
            }
        }
        let mut waiting: Vec<Node> = shape.roots.iter().rev().copied().collect();
        while let Some(node) = waiting.pop() {
            shape.order.push(node);
            waiting.extend(shape.below(node).iter().rev());
        }
        shape
    }

    fn below(&self, node: Node) -> &[Node] {
        self.children.get(&node).map_or(&[], Vec::as_slice)
    }
}

/// What a node and everything shown below it amount to.
#[derive(Clone, Copy, Default)]
struct Sum {
    nodes: usize,
    usable: usize,
    working: usize,
    expired: usize,
    alarming: usize,
    telling: usize,
    off: usize,
    asked_for: usize,
    /// Usable credentials on the longest way down.
    height: usize,
    events: u64,
    errors: u64,
}

impl Sum {
    /// The smaller, the further up: alarms first, then what was switched off or revoked, then what
    /// people and programs minted before what services mint for themselves, long chains before short
    /// ones, what works before what has ended. Those without a known parent stand together by the reason.
    fn rank(&self, root: &Standing) -> impl Ord + use<> {
        (
            self.alarming == 0,
            self.off == 0,
            self.asked_for == 0,
            root.orphan.is_some(),
            root.orphan,
            Reverse(self.height),
            self.working == 0,
        )
    }

    fn add(&mut self, other: Sum) {
        self.nodes += other.nodes;
        self.usable += other.usable;
        self.working += other.working;
        self.expired += other.expired;
        self.alarming += other.alarming;
        self.telling += other.telling;
        self.off += other.off;
        self.asked_for += other.asked_for;
        self.height = self.height.max(other.height);
        self.events = self.events.saturating_add(other.events);
        self.errors = self.errors.saturating_add(other.errors);
    }
}

fn sums(shape: &Shape, survey: &Survey) -> HashMap<Node, Sum> {
    let mut sums: HashMap<Node, Sum> = HashMap::with_capacity(shape.order.len());
    for node in shape.order.iter().rev() {
        let standing = &survey.standings[node];
        let usable = standing.counts();
        let mut sum = Sum {
            nodes: 1,
            usable: usize::from(usable),
            working: usize::from(standing.works()),
            expired: usize::from(usable && standing.state == State::Expired),
            alarming: usize::from(standing.alarming),
            telling: usize::from(standing.is_telling()),
            off: usize::from(standing.is_off()),
            asked_for: usize::from(standing.was_asked_for()),
            height: 0,
            events: standing.events,
            errors: standing.errors,
        };
        for child in shape.below(*node) {
            sum.add(sums[child]);
        }
        sum.height += usize::from(usable);
        sums.insert(*node, sum);
    }
    sums
}

fn count_all(chosen: &[Node], shape: &Shape, survey: &Survey) -> Counts {
    let mut counts = Counts {
        trees: shape.roots.len(),
        ..Counts::default()
    };
    for node in chosen {
        let standing = &survey.standings[node];
        counts.usable += usize::from(standing.counts());
        counts.working += usize::from(standing.works());
        counts.perhaps += usize::from(standing.works() && standing.state != State::Active);
        counts.production += usize::from(standing.works() && standing.production);
        counts.alarming += usize::from(standing.alarming);
        counts.orphans += usize::from(standing.orphan.is_some());
    }
    counts
}

/// A row before it is filled.
struct Place {
    level: usize,
    guides: u64,
    last: bool,
    above: Option<usize>,
    what: Spot,
}

#[derive(Clone)]
enum Spot {
    Node(Node, /* it skips others */ bool),
    Folded(Folded),
}

struct Placed {
    places: Vec<Place>,
    left_out: LeftOut,
}

/// Everything that decides where rows stand.
struct Plan<'a> {
    view: &'a View<'a>,
    shape: &'a Shape,
    sums: &'a HashMap<Node, Sum>,
    survey: &'a Survey<'a>,
}

impl Plan<'_> {
    fn place(&self, roots: &[Node]) -> Placed {
        let mut places: Vec<Place> = Vec::new();
        let mut left_out = LeftOut::default();
        // What waits: the next at the end.
        let mut waiting: Vec<Place> = self.siblings(roots, 0, 0, None);
        while let Some(next) = waiting.pop() {
            if places.len() >= self.view.rows_max {
                left_out.rows += 1;
                left_out.trees += usize::from(next.level == 0);
                match &next.what {
                    Spot::Node(node, _) => {
                        left_out.working += self.sums[node].working;
                        left_out.rows += self.sums[node].nodes - 1;
                    }
                    Spot::Folded(folded) => left_out.working += folded.working,
                }
                continue;
            }
            let number = places.len();
            if let Spot::Node(node, _) = next.what {
                let guide = u64::from(!next.last) << next.level.min(63);
                waiting.extend(self.siblings(
                    self.shape.below(node),
                    next.level + 1,
                    next.guides | guide,
                    Some(number),
                ));
            }
            places.push(next);
        }
        Placed { places, left_out }
    }

    /// The rows of siblings, the last one first.
    fn siblings(
        &self,
        nodes: &[Node],
        level: usize,
        guides: u64,
        above: Option<usize>,
    ) -> Vec<Place> {
        let mut spots: Vec<Spot> = Vec::new();
        let mut alike: HashMap<u32, usize> = HashMap::new();
        // What a session of a service went on to mint is worth a look, even when all of it has ended.
        let folds = |node: &Node| {
            let sum = &self.sums[node];
            let plain = sum.telling == 0 && (sum.nodes == 1 || sum.asked_for == 0);
            self.view.similar == Similar::Fold && plain
        };
        for node in nodes.iter().filter(|node| folds(node)) {
            *alike.entry(self.survey.standings[node].alike).or_default() += 1;
        }
        // For each likeness: how many were shown, and where the row of the others stands.
        let mut shown: HashMap<u32, (usize, Option<usize>)> = HashMap::new();
        for node in nodes {
            let kind = self.survey.standings[node].alike;
            let many = alike.get(&kind).copied().unwrap_or_default();
            if !folds(node) || many < SIMILAR_SHOWN + SIMILAR_FOLDED_MIN {
                spots.push(Spot::Node(*node, self.shape.skips.contains(node)));
                continue;
            }
            let (count, row) = shown.entry(kind).or_default();
            if *count < SIMILAR_SHOWN {
                *count += 1;
                spots.push(Spot::Node(*node, self.shape.skips.contains(node)));
                continue;
            }
            let at = *row.get_or_insert_with(|| {
                let (kind, common, _) = &self.survey.likenesses[kind as usize];
                spots.push(Spot::Folded(Folded {
                    what: plural(*kind, common),
                    siblings: 0,
                    usable: 0,
                    working: 0,
                    all_expired: true,
                    events: 0,
                    errors: 0,
                }));
                spots.len() - 1
            });
            if let Spot::Folded(folded) = &mut spots[at] {
                let sum = &self.sums[node];
                folded.siblings += 1;
                folded.usable += sum.usable;
                folded.working += sum.working;
                folded.all_expired &= sum.expired == sum.usable;
                folded.events = folded.events.saturating_add(sum.events);
                folded.errors = folded.errors.saturating_add(sum.errors);
            }
        }
        let number = spots.len();
        let places = spots.into_iter().enumerate().map(|(at, what)| Place {
            level,
            guides,
            last: at + 1 == number,
            above,
            what,
        });
        places.rev().collect()
    }
}

fn finish(view: &View, survey: &mut Survey, placed: Placed, counts: Counts) -> Rows {
    let levels: Vec<usize> = placed.places.iter().map(|place| place.level).collect();
    let mut rows = Vec::with_capacity(placed.places.len());
    for (at, place) in placed.places.into_iter().enumerate() {
        let (item, skips) = match place.what {
            Spot::Folded(folded) => (Item::Folded(folded), false),
            Spot::Node(node, skips) => (Item::One(Box::new(one(view, survey, node))), skips),
        };
        rows.push(Row {
            level: place.level,
            guides: place.guides,
            last: place.last,
            skips,
            has_branches: levels.get(at + 1).is_some_and(|next| *next > place.level),
            above: place.above,
            item,
        });
    }
    let shown = rows.iter().filter_map(|row| match &row.item {
        Item::One(one) => Some(&one.credential),
        Item::Folded(_) => None,
    });
    let names = Names::new(shown);
    Rows {
        rows,
        counts,
        left_out: placed.left_out,
        names,
    }
}

fn one(view: &View, survey: &mut Survey, node: Node) -> One {
    let credential = view.forest.credential(node);
    let liveness = view.forest.liveness(node, view.as_of);
    let alarms = survey.alarms(node, &credential, &liveness);
    let above = survey.above(node);
    let works = credential.kind.is_usable() && liveness.state.is_alive();
    let outlives = works
        && alarms
            .iter()
            .any(|alarm| matches!(alarm, Alarm::ParentIsOff | Alarm::AncestorIsOff { .. }));
    One {
        node,
        parent: view
            .forest
            .parent(node)
            .map(|parent| view.forest.alone(parent)),
        doubt: doubt(&credential),
        still: if outlives {
            Still::Works
        } else {
            Still::Unremarkable
        },
        outlives_since: above.off_since,
        off_above: above.outlived.filter(|_| outlives).map(|ancestor| {
            let state = view.forest.liveness(ancestor, view.as_of);
            (view.forest.alone(ancestor), state)
        }),
        alarms,
        liveness,
        credential,
    }
}
