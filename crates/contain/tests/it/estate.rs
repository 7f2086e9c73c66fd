//! A fake AWS that lives: what is written can be read at once and is in force some seconds later, and whoever
//! holds a credential uses it as long as the policies in force let it.
//!
//! It models what no emulator does: keys that are switched off, the time of issue of tokens, expiry, policies
//! in the principal, attached to it, as its boundary and of the organisation, the delay until a change holds,
//! quotas and throttling. It takes a plan's calls as AWS would and knows nothing of plans. Time passes only
//! when a call is made or somebody waits; at each full second, or as often as a test says, the thief has its
//! turn.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use keyline_contain::Call;
use keyline_contain::aws::{Ask, Asked, At, Aws, CallError, document};
use keyline_contain::run::Clock;
use serde_json::{Map, Value, json};

use crate::world::NOW;

pub const SECOND: i64 = 1_000_000;
/// How long one call takes, or several that are made at once.
const CALL: i64 = 300_000;
const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";

/// A thing with its history: each value counts from when it is in force.
#[derive(Clone, Debug)]
pub struct Kept<T>(Vec<(i64, T)>);

impl<T: Clone> Kept<T> {
    fn new(value: T) -> Kept<T> {
        Kept(vec![(i64::MIN, value)])
    }

    /// What whoever reads it sees.
    fn written(&self) -> &T {
        &self.0.last().unwrap().1
    }

    /// What AWS decides by: the youngest value whose delay is over.
    fn in_force(&self, now: i64) -> &T {
        let mut known = self.0.iter().rev();
        &known.find(|(from, _)| *from <= now).unwrap().1
    }
}

/// A user or a role.
pub struct Principal {
    inline: Kept<BTreeMap<String, Value>>,
    attached: Kept<BTreeSet<String>>,
    boundary: Kept<Option<String>>,
    /// Characters that its inline policies may have together.
    room: usize,
    /// Managed policies that it may have.
    attachments: usize,
}

/// What somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub name: String,
    /// `account/user/alice` or `account/role/Admin`.
    pub of: String,
    pub issued: i64,
    /// `None`: a key, which carries no time of issue and has no end.
    pub expires: Option<i64>,
}

pub struct Estate {
    pub now: i64,
    pub principals: BTreeMap<String, Principal>,
    pub keys: BTreeMap<String, (String, Kept<bool>)>,
    organisation: Kept<BTreeMap<String, Value>>,
    /// What the delays follow from, which differ from call to call.
    pub luck: u64,
    /// Answers that are `Throttling`, before any other comes.
    pub throttled: usize,
    pub thief: Option<fn(&mut Estate)>,
    /// How often the thief has its turn, and when the first time.
    pub turn: i64,
    pub first_turn: i64,
    /// What the thief holds.
    pub loot: Vec<Held>,
    /// What happened, a line each.
    pub story: Vec<(i64, String)>,
    pub reads: usize,
}

impl Default for Estate {
    fn default() -> Estate {
        Estate {
            now: NOW,
            principals: BTreeMap::new(),
            keys: BTreeMap::new(),
            organisation: Kept::new(BTreeMap::new()),
            luck: 0,
            throttled: 0,
            thief: None,
            turn: SECOND,
            first_turn: NOW,
            loot: Vec::new(),
            story: Vec::new(),
            reads: 0,
        }
    }
}

impl Estate {
    pub fn principal(&mut self, path: &str) -> &mut Principal {
        let fresh = || Principal {
            inline: Kept::new(BTreeMap::new()),
            attached: Kept::new(BTreeSet::new()),
            boundary: Kept::new(None),
            room: if path.contains("/user/") {
                2_048
            } else {
                10_240
            },
            attachments: 10,
        };
        self.principals.entry(path.to_owned()).or_insert_with(fresh)
    }

    pub fn key(&mut self, id: &str, of: &str) {
        self.principal(of);
        self.keys
            .insert(id.to_owned(), (of.to_owned(), Kept::new(true)));
    }

    /// Fills a principal up, so that nothing more goes in.
    pub fn fill(&mut self, path: &str, attachments: usize) {
        let principal = self.principal(path);
        (principal.room, principal.attachments) = (0, attachments);
    }

    /// Somebody has put a policy there beforehand that allows everything.
    pub fn plant(&mut self, path: &str, policy: &str) {
        let mut inline = self.principal(path).inline.written().clone();
        let allows = json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
        inline.insert(policy.to_owned(), allows);
        self.principal(path).inline = Kept::new(inline);
    }

    pub fn boundary(&self, path: &str) -> Option<String> {
        self.principals[path].boundary.written().clone()
    }

    pub fn is_active(&self, key: &str) -> bool {
        *self.keys[key].1.written()
    }

    /// Whether a key is on, as AWS decides.
    pub fn works(&self, key: &str) -> bool {
        *self.keys[key].1.in_force(self.now)
    }

    pub fn policies(&self, path: &str) -> Vec<String> {
        let policies = self.principals[path].inline.written();
        policies.keys().cloned().collect()
    }

    /// When what is written now holds: three to five seconds later, as measured at AWS.
    fn in_force_from(&mut self) -> i64 {
        self.luck = self
            .luck
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let tenths = i64::try_from((self.luck >> 33) % 21).unwrap();
        self.now + 3 * SECOND + tenths * SECOND / 10
    }

    pub fn pass(&mut self, time: i64) {
        let end = self.now + time;
        while self.now < end {
            let turns = (self.now - self.first_turn).div_euclid(self.turn) + 1;
            let next = self.first_turn + turns * self.turn;
            self.now = next.min(end);
            if let Some(thief) = self.thief.filter(|_| self.now == next) {
                thief(self);
            }
        }
    }

    /// Whether a credential can do more than ask who it is.
    pub fn may_act(&self, held: &Held) -> bool {
        if held.expires.is_some_and(|end| end <= self.now) {
            return false;
        }
        if let Some((_, active)) = self.keys.get(&held.name)
            && !active.in_force(self.now)
        {
            return false;
        }
        let principal = &self.principals[&held.of];
        let denied_all = principal.attached.in_force(self.now).contains(DENY_ALL)
            || principal.boundary.in_force(self.now).as_deref() == Some(DENY_ALL);
        let inline = principal.inline.in_force(self.now).values();
        let organisation = self.organisation.in_force(self.now).values();
        !denied_all
            && !inline
                .chain(organisation)
                .any(|policy| denies(policy, held))
    }

    /// What the thief could still use.
    pub fn usable_loot(&self) -> Vec<&Held> {
        self.loot.iter().filter(|held| self.may_act(held)).collect()
    }

    pub fn tell(&mut self, line: impl Into<String>) {
        self.story.push((self.now, line.into()));
    }

    /// A thief of one key, or with no permission: what it does with somebody's credential.
    pub fn take_away(&mut self, path: &str, policy: &str) {
        let from = self.in_force_from();
        let inline = &mut self.principal(path).inline;
        let mut policies = inline.written().clone();
        policies.remove(policy);
        inline.0.push((from, policies));
    }

    /// Takes away whatever else denies everything to a principal; says whether there was something.
    pub fn free(&mut self, path: &str) -> bool {
        let from = self.in_force_from();
        let principal = self.principal(path);
        let mut attached = principal.attached.written().clone();
        let was_attached = attached.remove(DENY_ALL);
        if was_attached {
            principal.attached.0.push((from, attached));
        }
        let bound = principal.boundary.written().as_deref() == Some(DENY_ALL);
        if bound {
            principal.boundary.0.push((from, None));
        }
        was_attached || bound
    }

    pub fn set_key(&mut self, id: &str, active: bool) {
        let from = self.in_force_from();
        self.keys.get_mut(id).unwrap().1.0.push((from, active));
    }

    fn path(place: &At<'_>, call: &Call) -> Option<String> {
        let text = |name: &str| call.params.get(name)?.as_str();
        match (text("user_name"), text("role_name")) {
            (Some(user), _) => Some(format!("{}/user/{user}", place.account)),
            (_, Some(role)) => Some(format!("{}/role/{role}", place.account)),
            _ => None,
        }
    }

    fn state(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        self.reads += 1;
        let missing = || CallError::of("NoSuchEntity", "");
        let text = |name: &str| call.params[name].as_str().unwrap();
        if call.action == "ListAccessKeys" {
            let path = Estate::path(place, call);
            let of_user = self
                .keys
                .iter()
                .filter(|(_, (of, _))| Some(of) == path.as_ref());
            let keys = of_user.map(|(id, (_, active))| {
                let status = if *active.written() {
                    "Active"
                } else {
                    "Inactive"
                };
                json!({"access_key_id": id, "status": status})
            });
            return Ok(json!({"access_keys": keys.collect::<Vec<_>>()}));
        }
        if call.action == "AttachPolicy" {
            let policies = self.organisation.written();
            let found = policies.get(text("name")).ok_or_else(missing)?;
            return Ok(json!({"content": found}));
        }
        if call.action == "UpdateAccessKey" {
            let (_, active) = self.keys.get(text("access_key_id")).ok_or_else(missing)?;
            let status = if *active.written() {
                "Active"
            } else {
                "Inactive"
            };
            return Ok(json!({"status": status}));
        }
        let path = Estate::path(place, call).ok_or_else(missing)?;
        let principal = self.principals.get(&path).ok_or_else(missing)?;
        match call.action.as_str() {
            "AttachUserPolicy" | "AttachRolePolicy" => {
                let attached = principal.attached.written().contains(text("policy_arn"));
                attached
                    .then(|| json!({"attached": true}))
                    .ok_or_else(missing)
            }
            "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => {
                let boundary = principal.boundary.written().as_ref();
                let boundary = boundary.ok_or_else(missing)?;
                Ok(json!({"permissions_boundary": boundary}))
            }
            _ => {
                let policies = principal.inline.written();
                let found = policies.get(text("policy_name")).ok_or_else(missing)?;
                Ok(json!({"policy_document": found}))
            }
        }
    }

    fn call(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        if self.throttled > 0 {
            self.throttled -= 1;
            return Err(CallError::of("Throttling", "Rate exceeded"));
        }
        let from = self.in_force_from();
        let full = || CallError::of("LimitExceeded", "");
        let text = |name: &str| call.params[name].as_str().unwrap().to_owned();
        if call.action == "AttachPolicy" {
            let mut policies = self.organisation.written().clone();
            policies.insert(text("name"), document(&call.params["content"]));
            self.organisation.0.push((from, policies));
            return Ok(Value::Null);
        }
        if call.action == "UpdateAccessKey" {
            let known = self.keys.get_mut(&text("access_key_id"));
            let known = known.ok_or_else(|| CallError::of("NoSuchEntity", ""))?;
            known.1.0.push((from, text("status") == "Active"));
            return Ok(Value::Null);
        }
        let path = Estate::path(place, call).unwrap();
        let missing = || CallError::of("NoSuchEntity", "");
        let principal = self.principals.get_mut(&path).ok_or_else(missing)?;
        match call.action.as_str() {
            "PutUserPolicy" | "PutRolePolicy" => {
                let mut policies = principal.inline.written().clone();
                policies.insert(
                    text("policy_name"),
                    document(&call.params["policy_document"]),
                );
                let size: usize = policies
                    .values()
                    .map(|policy| policy.to_string().len())
                    .sum();
                if size > principal.room {
                    return Err(full());
                }
                principal.inline.0.push((from, policies));
            }
            "DeleteUserPolicy" | "DeleteRolePolicy" => {
                let mut policies = principal.inline.written().clone();
                policies.remove(&text("policy_name")).ok_or_else(missing)?;
                principal.inline.0.push((from, policies));
            }
            "AttachUserPolicy" | "AttachRolePolicy" => {
                let mut attached = principal.attached.written().clone();
                attached.insert(text("policy_arn"));
                if attached.len() > principal.attachments {
                    return Err(full());
                }
                principal.attached.0.push((from, attached));
            }
            "DetachUserPolicy" | "DetachRolePolicy" => {
                let mut attached = principal.attached.written().clone();
                attached.remove(&text("policy_arn"));
                principal.attached.0.push((from, attached));
            }
            "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => {
                let boundary = Some(text("permissions_boundary"));
                principal.boundary.0.push((from, boundary));
            }
            "DeleteUserPermissionsBoundary" | "DeleteRolePermissionsBoundary" => {
                principal.boundary.0.push((from, None));
            }
            other => panic!("a call that this AWS does not know: {other}"),
        }
        Ok(Value::Null)
    }
}

/// Whether one of a policy's statements denies everything to a credential.
fn denies(policy: &Value, held: &Held) -> bool {
    let statements = policy["Statement"].as_array().unwrap();
    let mut denials = statements.iter().filter(|it| it["Effect"] == "Deny");
    denials.any(|statement| {
        let conditions = statement["Condition"].as_object().into_iter().flatten();
        conditions.into_iter().all(|(operator, keys)| {
            let keys = keys.as_object().unwrap().iter();
            keys.into_iter()
                .all(|(key, wanted)| match (operator.as_str(), key.as_str()) {
                    ("DateLessThan", "aws:TokenIssueTime") => {
                        let text = wanted.as_str().unwrap().as_bytes();
                        let before = keyline_trail::time::parse_time(text).unwrap();
                        held.expires.is_some() && held.issued < before
                    }
                    ("ArnLike", "aws:PrincipalArn") => {
                        let (account, rest) = held.of.split_once('/').unwrap();
                        let arn = json!(format!("arn:aws:iam::{account}:{rest}"));
                        wanted.as_array().unwrap().contains(&arn)
                    }
                    other => panic!("a condition that this AWS does not know: {other:?}"),
                })
        })
    })
}

/// The estate in the responder's hands, and its clock.
#[derive(Clone)]
pub struct Shared(pub Rc<RefCell<Estate>>);

impl Shared {
    pub fn new(estate: Estate) -> Shared {
        Shared(Rc::new(RefCell::new(estate)))
    }
}

impl Aws for Shared {
    fn identity(&mut self, place: &At<'_>) -> Result<String, CallError> {
        let account = place.account;
        Ok(format!("arn:aws:sts::{account}:assumed-role/Responder/me"))
    }

    fn state(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        let mut estate = self.0.borrow_mut();
        estate.pass(CALL);
        estate.state(place, call)
    }

    fn call(&mut self, place: &At<'_>, call: &Call) -> Result<Value, CallError> {
        let mut estate = self.0.borrow_mut();
        estate.pass(CALL);
        estate.call(place, call)
    }

    fn snapshot(&mut self, _: &At<'_>, params: &Map<String, Value>) -> Result<Value, CallError> {
        self.0.borrow_mut().pass(CALL);
        Ok(Value::Object(params.clone()))
    }

    fn together(&mut self, asked: &[Asked<'_>]) -> Vec<Result<Value, CallError>> {
        let mut estate = self.0.borrow_mut();
        if !asked.is_empty() {
            estate.pass(CALL);
        }
        let one = |asked: &Asked<'_>| match asked.ask {
            Ask::State(call) => estate.state(&asked.place, call),
            Ask::Call(call) => estate.call(&asked.place, call),
            Ask::Snapshot(params) => Ok(Value::Object(params.clone())),
        };
        asked.iter().map(one).collect()
    }
}

impl Clock for Shared {
    fn now(&mut self) -> i64 {
        self.0.borrow().now
    }

    fn wait_s(&mut self, seconds: u64) {
        self.0.borrow_mut().pass(seconds as i64 * SECOND);
    }
}
