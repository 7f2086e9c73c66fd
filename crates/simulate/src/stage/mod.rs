//! A stage on which stories are told and habits are acted: a cast, a clock, and verbs that write
//! the records that CloudTrail would have written.
//!
//! In: a script in Rust (`stage.get_session_token(key, …)`), line by line. Out: the records, and
//! with them the truth about every credential that appeared. A verb hands back the credential that
//! it made, so that a story reads as prose. Deliberately not here: the stories (`stories`), the
//! habits (`behaviours`), and any rule by which credentials are linked: what is true is known from
//! the telling.
//!
//! ```text
//! Stage::new → account, user, role → get_session_token, assume_role, console_login … → curtain
//! ```

pub mod cast;

mod calls;
mod console;
mod federation;
mod iam;
mod identity;
mod services;
mod sts;

pub use cast::{AWS, Account, CHINA, Cred, GOVCLOUD, Partition, Role, User};
pub use federation::Saml;
pub use sts::Ask;

use cast::{AccountCard, Card, RoleCard, UserCard};

use crate::clock::{DAY, HOUR, MINUTE};
use crate::files::{Event, Simulation};
use crate::ids;
use crate::organisation::{Config, Organisation, organisation};
use crate::random::{derive, derive_text};
use crate::record::Record;
use crate::stories::Told;
use crate::stories::truth::{Expected, State, Truth};

/// 2026-10-14, a Wednesday.
pub const WEDNESDAY: i64 = 1_791_936_000;
/// Ordinary events around a story: enough for a background, few enough to read.
const BACKGROUND_EVENTS: u64 = 240;
/// How many accounts the organisation of a story has.
const ACCOUNTS: u32 = 3;

/// The command line of AWS on a laptop.
pub const CLI: &str = "aws-cli/2.22.7 md/awscrt#0.23.4 ua/2.0 os/macos#24.1.0 md/arch#arm64 \
                       lang/python#3.12.6 md/pyimpl#CPython cfg/retry-mode#standard";
/// The command line of AWS on somebody else's machine.
pub const OTHER_CLI: &str = "aws-cli/2.15.30 md/awscrt#0.20.11 ua/2.0 os/linux#6.6.9-amd64 \
                             md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython \
                             cfg/retry-mode#standard";
pub const BOTO: &str = "Boto3/1.35.80 md/Botocore#1.35.80 ua/2.0 os/linux#6.8.0-49-generic \
                        md/arch#x86_64 lang/python#3.11.10 md/pyimpl#CPython";
pub const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                           Chrome/140.0.0.0 Safari/537.36";

/// Whose hand is on the keyboard: where from, with what, and whether it is the thief's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    pub address: String,
    pub agent: String,
    pub thief: bool,
}

impl Hand {
    pub fn rightful(address: &str, agent: &str) -> Hand {
        Hand {
            address: address.to_owned(),
            agent: agent.to_owned(),
            thief: false,
        }
    }

    pub fn thief(address: &str, agent: &str) -> Hand {
        Hand {
            thief: true,
            ..Hand::rightful(address, agent)
        }
    }
}

/// How the end of a credential is written in the answer that hands it out. All are found in real logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// One of the first two, as it comes.
    Mixed,
    /// `Oct 7, 2026, 10:00:00 AM`
    Comma,
    /// `Oct 7, 2026 10:00:00 AM`
    NoComma,
    /// `2026-10-07T10:00:00Z`
    Iso,
}

/// See the module.
#[derive(Debug)]
pub struct Stage {
    story: &'static str,
    seed: u64,
    /// What tells this stage's made-up numbers from another's.
    label: u64,
    /// The same for its cast, which stays from day to day.
    cast: u64,
    /// How many numbers were made up so far.
    drawn: u64,
    pub partition: &'static Partition,
    /// The region of calls to regional services.
    pub region: &'static str,
    /// Seconds since 1970: the time of the next record.
    pub now: i64,
    /// Seconds by which each record moves the clock on.
    pub pace: i64,
    /// The version of the format in which records are written.
    pub version: &'static str,
    /// How answers write the end of what they hand out.
    pub spelling: Spelling,
    pub hand: Hand,
    /// The VPC endpoint through which calls go, and its owner's account where it is another's; empty
    /// for none.
    endpoint: (&'static str, String),
    background: u64,
    accounts: Vec<AccountCard>,
    users: Vec<UserCard>,
    roles: Vec<RoleCard>,
    cards: Vec<Card>,
    /// Passwords by their users, the latest last.
    passwords: Vec<(User, Cred)>,
    events: Vec<Event>,
    /// Ids and times of the thief's events, and where they came from.
    attack: Vec<(i64, String)>,
    attack_address: String,
    rightful_address: String,
}

impl Stage {
    /// A stage in the accounts of a small organisation, nine o'clock on a Wednesday.
    pub fn new(seed: u64, story: &'static str) -> Stage {
        let made = organisation(&config(seed, 0, 0, 1));
        Stage::within(&made, seed, story)
    }

    /// The same in another partition, in accounts of its own and with nobody else around.
    pub fn abroad(seed: u64, story: &'static str, partition: &'static Partition) -> Stage {
        let mut stage = Stage::new(seed, story);
        stage.partition = partition;
        stage.region = partition.home;
        stage.background = 0;
        for (index, account) in stage.accounts.iter_mut().enumerate() {
            account.number = ids::account_number(800 + index as u64, seed);
            account.id = format!("{:012}", account.number);
        }
        stage
    }

    /// A stage in the accounts of an organisation that is there already.
    pub fn within(organisation: &Organisation, seed: u64, story: &'static str) -> Stage {
        let accounts = organisation.accounts.iter().map(|account| AccountCard {
            number: account.number,
            id: account.id.clone(),
            recorded: true,
        });
        Stage {
            story,
            seed,
            label: derive_text(seed, story),
            cast: derive_text(seed, story),
            drawn: 0,
            partition: &AWS,
            region: AWS.home,
            now: WEDNESDAY + 9 * HOUR,
            pace: 7,
            version: "1.11",
            spelling: Spelling::Mixed,
            hand: Hand::rightful("192.0.2.14", CLI),
            endpoint: ("", String::new()),
            background: BACKGROUND_EVENTS,
            accounts: accounts.collect(),
            users: Vec::new(),
            roles: Vec::new(),
            cards: Vec::new(),
            passwords: Vec::new(),
            events: Vec::new(),
            attack: Vec::new(),
            attack_address: String::new(),
            rightful_address: String::new(),
        }
    }

    /// The same cast on another day: other events, other temporary keys.
    pub(crate) fn another_day(&mut self, day: i64) {
        self.label = derive(self.cast, day as u64);
    }

    /// From here on calls go through this VPC endpoint, or through none.
    pub fn through_endpoint(&mut self, endpoint: &'static str) {
        self.endpoint = (endpoint, String::new());
    }

    /// The same through an endpoint of another account.
    pub fn through_endpoint_of(&mut self, endpoint: &'static str, owner: &str) {
        self.endpoint = (endpoint, owner.to_owned());
    }

    /// From here on it is this hand that acts.
    pub fn by(&mut self, hand: &Hand) {
        self.hand = hand.clone();
        let seen = if hand.thief {
            &mut self.attack_address
        } else {
            &mut self.rightful_address
        };
        if seen.is_empty() {
            seen.clone_from(&hand.address);
        }
    }

    /// Time passes.
    pub fn wait(&mut self, seconds: i64) {
        self.now += seconds;
    }

    /// Until an hour and minute of the story's first day; 25 is one o'clock on the second.
    pub fn until(&mut self, hour: i64, minute: i64) {
        let then = WEDNESDAY + hour * HOUR + minute * MINUTE;
        assert!(then >= self.now, "a story does not go back in time");
        self.now = then;
    }

    /// What the story calls a credential.
    pub fn name(&mut self, cred: Cred, name: &str) {
        let old = std::mem::replace(&mut self.cards[cred.0].told.name, name.to_owned());
        for card in &mut self.cards {
            if let Some(parent) = &mut card.told.parent
                && parent.name == old
            {
                name.clone_into(&mut parent.name);
            }
            for candidate in &mut card.told.candidates {
                if *candidate == old {
                    name.clone_into(candidate);
                }
            }
        }
    }

    /// What is true of a credential beyond what the verbs know.
    pub fn truth(&mut self, cred: Cred) -> &mut Expected {
        &mut self.cards[cred.0].told
    }

    /// The credential that the story calls by this name.
    pub fn credential(&self, name: &str) -> Cred {
        let found = self.cards.iter().position(|card| card.told.name == name);
        Cred(found.expect("the story has given that name"))
    }

    /// The credential is in the wrong hands.
    pub fn stolen(&mut self, cred: Cred) {
        self.cards[cred.0].told.attackers = true;
    }

    /// How a credential ends, where it is not by its own expiry.
    pub fn ends(&mut self, cred: Cred, state: State) {
        self.cards[cred.0].told.state = Some(state);
    }

    /// The story is over: its files, and the truth. `chief` is the credential that it is about.
    pub fn curtain(mut self, chief: Cred, rules: &'static [&'static str]) -> Told {
        let first = self.events.iter().map(|event| event.time).min();
        let last = self.events.iter().map(|event| event.time).max();
        let (first, last) = (first.unwrap_or(self.now), last.unwrap_or(self.now));
        // The logs end with the story, so that the end of the data is the instant of the truth.
        let end = last + MINUTE;
        let days = ((end - first + DAY - 1) / DAY).max(1);
        let background = self.background * days as u64;
        let config = config(self.seed, background, end - days * DAY, days as u32);
        for card in &mut self.cards {
            let over = card.told.expires_at.is_some_and(|expires| expires <= last);
            let state = if over { State::Expired } else { State::Works };
            card.told.state.get_or_insert(state);
            card.told.access_key_ids.sort();
            card.told.access_key_ids.dedup();
        }
        self.attack.sort();
        let between = match (self.attack.first(), self.attack.last()) {
            (Some(from), Some(until)) => (from.0, until.0),
            _ => (first, last),
        };
        let told = &self.cards[chief.0].told;
        let truth = Truth {
            story: self.story,
            account: told.account.clone(),
            region: self.region.to_owned(),
            thief_address: self.attack_address.clone(),
            rightful_address: self.rightful_address.clone(),
            access_key_id: told.access_key_ids.first().cloned().unwrap_or_default(),
            holder: self.holder(chief),
            role: self.role_of(chief),
            first_event: between.0,
            last_event: between.1,
            as_of: last,
            credentials: self.cards.iter().map(|card| card.told.clone()).collect(),
            rules: rules.to_vec(),
            event_ids: self.attack.into_iter().map(|event| event.1).collect(),
        };
        Told {
            simulation: Simulation::new(config).with_story(self.events),
            truth,
        }
    }

    /// The records alone, for habits that need no truth.
    pub fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// A record in the making: what every record of this stage has.
    fn record(&mut self, account: Account, service: &str, name: &str) -> Record {
        let number = self.fresh_number();
        let global = matches!(service, "iam" | "organizations" | "signin" | "cloudfront");
        let region = if global {
            self.partition.home
        } else {
            self.region
        };
        let mut request_id = String::with_capacity(36);
        ids::uuid(derive(number, 2), &mut request_id);
        let endpoint = match service {
            "iam" | "organizations" => format!("{service}.{}", self.partition.suffix),
            "signin" => format!("{region}.signin.{}", &self.partition.console[8..]),
            _ => format!("{service}.{region}.{}", self.partition.suffix),
        };
        Record {
            version: self.version,
            time: self.now,
            source: format!("{service}.amazonaws.com"),
            name: name.to_owned(),
            region: region.to_owned(),
            address: self.hand.address.clone(),
            agent: self.hand.agent.clone(),
            request_id,
            event_number: number,
            event_type: "AwsApiCall",
            management: true,
            recipient: self.id_of(account),
            vpc_endpoint: self.endpoint.0.to_owned(),
            vpc_endpoint_owner: self.endpoint.1.clone(),
            tls_host: endpoint,
            ..Record::default()
        }
    }

    /// Writes a record into its account's trail and moves the clock on. Returns the event's id.
    fn write(&mut self, account: Account, record: &Record) -> String {
        let id = record.event_id();
        if self.accounts[account.0].recorded {
            let mut json = String::with_capacity(2_048);
            record.write(&mut json);
            if self.hand.thief {
                self.attack.push((record.time, id.clone()));
            }
            self.events.push(Event {
                time: record.time,
                account: record.recipient.clone(),
                region: record.region.clone(),
                json,
            });
        }
        self.now += self.pace;
        id
    }

    fn fresh_number(&mut self) -> u64 {
        self.drawn += 1;
        derive(self.label, self.drawn)
    }

    fn fresh_uuid(&mut self) -> String {
        let mut out = String::with_capacity(36);
        ids::uuid(self.fresh_number(), &mut out);
        out
    }

    fn holder(&self, cred: Cred) -> String {
        match &self.cards[cred.0].who {
            cast::Who::User(user) | cast::Who::UserSession { user, .. } => {
                self.users[user.0].name.clone()
            }
            cast::Who::Federated { name, .. } => name.clone(),
            cast::Who::RoleSession(session) => session.name.clone(),
            cast::Who::Root(account) => self.id_of(*account),
            cast::Who::Unsigned => String::new(),
        }
    }

    fn role_of(&self, cred: Cred) -> String {
        match &self.cards[cred.0].who {
            cast::Who::RoleSession(session) => self.roles[session.role.0].name.clone(),
            _ => String::new(),
        }
    }
}

fn config(seed: u64, events: u64, start: i64, days: u32) -> Config {
    Config {
        seed,
        events,
        start,
        days,
        accounts: ACCOUNTS,
    }
}

/// JSON text as the content of a JSON string.
fn quoted(json: &str) -> String {
    json.replace('\\', "\\\\").replace('"', "\\\"")
}
