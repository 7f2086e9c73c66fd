//! JSON templates with holes, filled for one event.
//!
//! In: text such as `{"bucketName":"$bucket"}` and the event it is for. Out: the text with every
//! `$name` replaced. Within one event a name always gives the same value, so a bucket is the same in
//! the request and among the resources. An unknown name is a mistake in the catalogue and panics:
//! the test below fills every template. Deliberately not here: the templates (`catalogue_*`).

use crate::organisation::{Organisation, Stream};
use crate::random::{derive, derive_text, scale};
use crate::{address, clock, ids};

/// The event that a template is filled for.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub organisation: &'a Organisation,
    pub stream: &'a Stream,
    pub time: i64,
    /// Drawn for the event: everything made up in it follows from this number.
    pub seed: u64,
    /// The session's or user's name of whoever acts.
    pub actor: &'a str,
}

const WORDS: [&str; 12] = [
    "assets", "exports", "backups", "events", "invoices", "models", "sessions", "uploads", "logs",
    "catalog", "audit", "archive",
];
const SERVICES: [&str; 8] = [
    "checkout", "catalog", "search", "billing", "ingest", "reports", "gateway", "orders",
];
const EXTENSIONS: [&str; 5] = ["json.gz", "parquet", "jpg", "csv", "bin"];
const INSTANCE_TYPES: [&str; 5] = [
    "t3.medium",
    "m6i.large",
    "c7g.xlarge",
    "m7i.2xlarge",
    "r6g.large",
];

pub fn fill(template: &str, scene: &Scene<'_>, out: &mut String) {
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest
            .find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
            .unwrap_or(rest.len());
        hole(&rest[..end], scene, out);
        rest = &rest[end..];
    }
    out.push_str(rest);
}

fn hole(name: &str, scene: &Scene<'_>, out: &mut String) {
    let account = &scene.organisation.accounts[scene.stream.account];
    let drawn = derive_text(scene.seed, name);
    // Lasting things are few and belong to the stream; a draw picks one of them.
    let lasting = |count: u64| {
        let which = scale(drawn, count);
        derive(
            derive_text(account.number, scene.stream.region),
            derive_text(which, name),
        )
    };
    match name {
        "account" => out.push_str(&account.id),
        "region" => out.push_str(scene.stream.region),
        "regiona" => {
            out.push_str(scene.stream.region);
            out.push('a');
        }
        // A dollar sign of the text's own, as in Lambda's `$LATEST`.
        "" => out.push('$'),
        "organisation" => out.push_str(&scene.organisation.id),
        "actor" => out.push_str(scene.actor),
        "time" => clock::iso(scene.time, out),
        "earlier" => clock::iso(scene.time - 300, out),
        "epoch" => clock::digits(scene.time * 1_000, 1, out),
        "date" => clock::folder(scene.time, out),
        "bucket" => {
            out.push_str("examplecorp-");
            out.push_str(account.name);
            out.push('-');
            out.push_str(WORDS[scale(drawn, WORDS.len() as u64) as usize]);
            out.push('-');
            out.push_str(scene.stream.region);
        }
        "object" => {
            out.push_str(WORDS[scale(derive(drawn, 1), 12) as usize]);
            out.push('/');
            clock::folder(scene.time, out);
            out.push('/');
            ids::hex(drawn, 24, out);
            out.push('.');
            out.push_str(EXTENSIONS[scale(derive(drawn, 2), 5) as usize]);
        }
        "prefix" => out.push_str(WORDS[scale(drawn, 12) as usize]),
        "service" => out.push_str(SERVICES[scale(drawn, 8) as usize]),
        "kmskey" => ids::uuid(lasting(6), out),
        "material" => ids::hex(lasting(6), 64, out),
        "instancetype" => out.push_str(INSTANCE_TYPES[scale(drawn, 5) as usize]),
        "instance" => prefixed("i-0", lasting(24), 16, out),
        "newinstance" => prefixed("i-0", drawn, 16, out),
        "volume" => prefixed("vol-0", lasting(40), 16, out),
        "snapshot" => prefixed("snap-0", drawn, 16, out),
        "subnet" => prefixed("subnet-0", lasting(6), 16, out),
        "vpc" => prefixed("vpc-0", lasting(2), 16, out),
        "sg" => prefixed("sg-0", lasting(12), 16, out),
        "ami" => prefixed("ami-0", lasting(5), 16, out),
        "eni" => prefixed("eni-0", drawn, 16, out),
        "reservation" => prefixed("r-0", drawn, 16, out),
        "role" => {
            out.push_str(SERVICES[scale(drawn, 8) as usize]);
            out.push_str("-instance-role");
        }
        "roleid" => ids::principal("AROA", lasting(20), out),
        "userid" => ids::principal("AIDA", lasting(20), out),
        "policyid" => ids::principal("ANPA", lasting(20), out),
        "akia" => ids::access_key("AKIA", account.number, lasting(8), out),
        "table" | "queue" | "topic" | "repo" | "cluster" | "stack" | "db" | "asg" | "param"
        | "secret" | "alarm" | "function" => {
            out.push_str(SERVICES[scale(drawn, 8) as usize]);
            out.push('-');
            out.push_str(name);
        }
        "private" => out.push_str(&address::private(lasting(24))),
        "uuid" | "uuid2" | "uuid3" => ids::uuid(drawn, out),
        "hex8" => ids::hex(drawn, 8, out),
        "hex32" => ids::hex(drawn, 32, out),
        "hex64" => ids::hex(drawn, 64, out),
        "idtwo" => {
            ids::base64(drawn, 75, out);
            out.push('=');
        }
        "base64" => ids::base64(drawn, 240, out),
        "requestid" => ids::alphanumeric(drawn, 16, out),
        "size" => clock::digits(64 + (drawn >> 40) as i64, 1, out),
        "small" => clock::digits(1 + scale(drawn, 900) as i64, 1, out),
        "one" => clock::digits(scale(drawn, 10) as i64, 1, out),
        other => panic!("the catalogue names `${other}`, which the templates do not know"),
    }
}

fn prefixed(prefix: &str, number: u64, digits: usize, out: &mut String) {
    out.push_str(prefix);
    ids::hex(number, digits, out);
}
