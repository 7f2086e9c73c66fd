//! What really happened, to compare findings with: one JSON document beside the logs.
//!
//! In: values that the telling of a story knows. Out: [`Truth`], whose JSON is `keyline.truth/1`:
//! the thief's events, and every credential that matters with its parent, its end and its state.
//! Deliberately not here: how anybody could find it out.

use crate::clock;

/// What really happened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Truth {
    pub story: &'static str,
    /// The account, the key, the holder (a user's name or a session's) and the role of the
    /// credential that the story is about; the role is empty where it is a user's.
    pub account: String,
    pub region: String,
    /// Where the thief sits; empty where there is none.
    pub thief_address: String,
    /// Where the rightful holder's calls come from.
    pub rightful_address: String,
    pub access_key_id: String,
    pub holder: String,
    pub role: String,
    pub first_event: i64,
    pub last_event: i64,
    /// The instant at which the states of the credentials are true.
    pub as_of: i64,
    pub credentials: Vec<Expected>,
    /// What a set of rules must find in the story, by the numbers of the analytics.
    pub rules: Vec<&'static str>,
    /// The events of the attack, in order of time.
    pub event_ids: Vec<String>,
}

/// The truth about one credential.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// What the story calls it; no two of one story have the same.
    pub name: String,
    /// As the lineage names its kinds.
    pub kind: &'static str,
    /// Every access key id under which it acts, sorted.
    pub access_key_ids: Vec<String>,
    /// The key id that its minting names.
    pub minted_key_id: Option<String>,
    pub account: String,
    /// The full principal id: `AROA…:session`, `AIDA…`, `account:name`, an account.
    pub principal_id: String,
    pub issued_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub expiry: Expiry,
    pub parent: Option<Parentage>,
    /// The names of all that could be the parent, where more than one could.
    pub candidates: Vec<String>,
    /// How it stands at the story's end; the stage fills in what follows from its expiry.
    pub state: Option<State>,
    /// A call with it succeeded although it should not have.
    pub used_after_revocation: bool,
    /// Whether it is the thief's, or in the thief's hands.
    pub attackers: bool,
    /// How many calls were signed with it. One call in two trails is one.
    pub calls: u64,
}

/// By whom a credential was minted, and how surely a reader of the logs can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parentage {
    /// The name of the credential that minted it.
    pub name: String,
    pub certainty: Certainty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    Exact,
    Inferred,
    Ambiguous,
}

impl Certainty {
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Exact => "exact",
            Certainty::Inferred => "inferred",
            Certainty::Ambiguous => "ambiguous",
        }
    }
}

/// How well the end of a credential can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expiry {
    /// Its minting says it.
    Exact,
    /// No later than `expires_at`, by the rules of its kind.
    Bounded,
    #[default]
    None,
}

impl Expiry {
    pub fn name(self) -> &'static str {
        match self {
            Expiry::Exact => "exact",
            Expiry::Bounded => "bounded",
            Expiry::None => "none",
        }
    }
}

/// How a credential stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Works,
    Expired,
    Revoked,
    Inactive,
    Deleted,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Works => "works",
            State::Expired => "expired",
            State::Revoked => "revoked",
            State::Inactive => "inactive",
            State::Deleted => "deleted",
        }
    }
}

impl Truth {
    /// The truth as one JSON document, to be written beside the logs.
    pub fn json(&self) -> String {
        let mut out = String::from("{\n  \"schema\": \"keyline.truth/1\"");
        for (name, value) in [
            ("story", self.story),
            ("account", &self.account),
            ("region", &self.region),
            ("thief_address", &self.thief_address),
            ("rightful_address", &self.rightful_address),
            ("access_key_id", &self.access_key_id),
            ("holder", &self.holder),
            ("role", &self.role),
        ] {
            out.push_str(&format!(",\n  \"{name}\": \"{value}\""));
        }
        for (name, time) in [
            ("first_event", self.first_event),
            ("last_event", self.last_event),
            ("as_of", self.as_of),
        ] {
            out.push_str(&format!(",\n  \"{name}\": {}", instant(Some(time))));
        }
        let credentials = self.credentials.iter().map(Expected::json);
        out.push_str(&list("credentials", credentials));
        out.push_str(&list("rules", self.rules.iter().map(|rule| text(rule))));
        out.push_str(&list("event_ids", self.event_ids.iter().map(|id| text(id))));
        out.push_str("\n}\n");
        out
    }

    /// The credential that the story calls by this name.
    pub fn credential(&self, name: &str) -> Option<&Expected> {
        self.credentials.iter().find(|told| told.name == name)
    }
}

impl Expected {
    fn json(&self) -> String {
        let keys: Vec<String> = self.access_key_ids.iter().map(|id| text(id)).collect();
        let candidates: Vec<String> = self.candidates.iter().map(|name| text(name)).collect();
        let parent = self.parent.as_ref().map_or("null".to_owned(), |parent| {
            let certainty = parent.certainty.name();
            format!(
                "{{\"name\": {}, \"certainty\": \"{certainty}\"}}",
                text(&parent.name)
            )
        });
        let minted = self.minted_key_id.as_ref();
        format!(
            "{{\"name\": {}, \"kind\": \"{}\", \"access_key_ids\": [{}], \"minted_key_id\": {}, \
             \"account\": \"{}\", \"principal_id\": \"{}\", \"issued_at\": {}, \"expires_at\": {}, \
             \"expiry\": \"{}\", \"parent\": {parent}, \"candidates\": [{}], \"state\": \"{}\", \
             \"used_after_revocation\": {}, \"attackers\": {}, \"calls\": {}}}",
            text(&self.name),
            self.kind,
            keys.join(", "),
            minted.map_or("null".to_owned(), |id| text(id)),
            self.account,
            self.principal_id,
            instant(self.issued_at),
            instant(self.expires_at),
            self.expiry.name(),
            candidates.join(", "),
            self.state.unwrap_or(State::Works).name(),
            self.used_after_revocation,
            self.attackers,
            self.calls,
        )
    }
}

fn list(name: &str, items: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = items.map(|item| format!("\n    {item}")).collect();
    if lines.is_empty() {
        format!(",\n  \"{name}\": []")
    } else {
        format!(",\n  \"{name}\": [{}\n  ]", lines.join(","))
    }
}

fn text(value: &str) -> String {
    debug_assert!(
        !value.contains(['"', '\\']),
        "the stories' own names need no escapes"
    );
    format!("\"{value}\"")
}

fn instant(time: Option<i64>) -> String {
    let Some(time) = time else {
        return "null".to_owned();
    };
    let mut out = String::from("\"");
    clock::iso(time, &mut out);
    out.push('"');
    out
}
