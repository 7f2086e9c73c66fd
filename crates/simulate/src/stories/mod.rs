//! Attacks, told as events among ordinary days, with the truth beside them.
//!
//! In: a story's name and a seed. Out: a [`Simulation`](crate::Simulation) that holds ordinary
//! traffic and the attack, and a [`Truth`] to compare findings with. One story a file. Deliberately
//! not here: expectations of a particular rule.

pub mod instance_credential_theft;

use crate::Simulation;

/// A story that can be told.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// The name by which the command line knows it.
    pub name: &'static str,
    pub title: &'static str,
    pub tell: fn(seed: u64) -> Told,
}

/// A story with its days.
#[derive(Debug)]
pub struct Told {
    pub simulation: Simulation,
    pub truth: Truth,
}

/// What really happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    pub story: &'static str,
    pub account: String,
    pub region: String,
    /// Where the thief sits.
    pub thief_address: String,
    /// Where the rightful holder's calls come from.
    pub rightful_address: String,
    pub access_key_id: String,
    /// The session's name: an instance's id, a user's name.
    pub holder: String,
    pub role: String,
    pub first_event: i64,
    pub last_event: i64,
    /// The events of the attack, in order of time.
    pub event_ids: Vec<String>,
}

/// Every story, in the order in which to list them.
pub const ALL: &[Story] = &[
    Story {
        name: "instance-credential-theft",
        title: "the credentials of an EC2 instance are used from outside AWS",
        tell: instance_credential_theft::from_outside,
    },
    Story {
        name: "instance-credential-use-inside",
        title: "the credentials of an EC2 instance are used from another address of EC2",
        tell: instance_credential_theft::from_inside,
    },
];

pub fn find(name: &str) -> Option<&'static Story> {
    ALL.iter().find(|story| story.name == name)
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
        ] {
            out.push_str(&format!(",\n  \"{name}\": \""));
            crate::clock::iso(time, &mut out);
            out.push('"');
        }
        out.push_str(",\n  \"event_ids\": [");
        for (position, id) in self.event_ids.iter().enumerate() {
            out.push_str(if position > 0 {
                ",\n    \""
            } else {
                "\n    \""
            });
            out.push_str(id);
            out.push('"');
        }
        out.push_str("\n  ]\n}\n");
        out
    }
}
