//! Whether the logs of a bucket or a folder are what CloudTrail has delivered.
//!
//! In: a place that holds digests and logs in CloudTrail's layout, and public keys. Out: how many were checked, and
//! what was found: logs that are missing, changed, or named by no digest; chains that are broken (`digest.rs`). Digests
//! are read a chain at a time, a trail's of one account and region, so that memory follows the longest of them.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::digest::{
    BAD_DIGEST, CHANGED_LOG, Digest, Finding, Hole, MISSING_LOG, NamedLog, PublicKeys, UNNAMED_LOG,
    check_chain, hash_of,
};
use crate::error::Error;
use crate::files::discover_wanted;
use crate::layout::{self, Wanted, What, delivery_time};
use crate::limits;

/// A digest as it lies there.
#[derive(Debug, Clone, Default)]
pub struct DigestFile {
    pub content: Vec<u8>,
    /// Where it is at hand.
    pub signature: Option<String>,
}

/// Where digests and logs lie.
pub trait Vault {
    /// The places of digests, or of logs, that are wanted.
    fn list(&self, wanted: &Wanted) -> Result<Vec<String>, Error>;
    /// The digests at places.
    fn digests(&self, places: &[String]) -> Vec<Result<DigestFile, String>>;
    /// The hashes of logs; nothing for one that is not there.
    fn hashes(&self, places: &[String]) -> Vec<Result<Option<String>, String>>;
}

/// Where a log lies that a digest names: beside it, from `AWSLogs` on, wherever that was copied to. What would lead
/// out of there leads nowhere.
fn place_of(digest: &str, object: &str) -> String {
    let root = digest.rfind("AWSLogs/").map_or("", |at| &digest[..at]);
    let below = object.rfind("AWSLogs/").map_or(object, |at| &object[at..]);
    match below.split('/').any(|part| part == "..") {
        true => String::new(),
        false => format!("{root}{below}"),
    }
}

/// What was checked, and found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub digests: u64,
    pub logs: u64,
    /// How often each kind of finding was met, and the first of it.
    pub counts: BTreeMap<&'static str, (u64, String)>,
    /// The first of all of them.
    pub findings: Vec<Finding>,
    pub holes: Vec<Hole>,
}

/// Checks all digests that are wanted, and the logs that they name.
pub fn verify_digests(
    vault: &dyn Vault,
    wanted: &Wanted,
    keys: &mut dyn FnMut(&str) -> PublicKeys,
) -> Result<Checked, Error> {
    let asked = |what: What| Wanted {
        what,
        ..wanted.clone()
    };
    let mut checked = Checked::default();
    let mut chains: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for place in vault.list(&asked(What::Digests))? {
        chains.entry(chain_of(&place)).or_default().push(place);
    }
    // Of the logs that digests name only a hash is kept: there may be millions.
    let mut named: HashSet<u64> = HashSet::new();
    let mut spans: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
    for places in chains.values() {
        let region = layout::parse(&places[0]).map_or_else(String::new, |key| key.region);
        let mut digests = read(vault, places, &mut checked);
        digests.sort_by(|a, b| a.end.cmp(&b.end));
        let mut findings = Vec::new();
        check_chain(
            &digests,
            &region,
            &keys(&region),
            &mut findings,
            &mut checked.holes,
        );
        findings
            .into_iter()
            .for_each(|it| checked.find(it.kind, it.what));
        check_logs(vault, &digests, &mut named, &mut checked);
        if let (Some(first), Some(last)) = (digests.first(), digests.last()) {
            let whose = (first.account.clone(), region);
            let span = spans
                .entry(whose)
                .or_insert_with(|| (first.start.clone(), last.end.clone()));
            span.0 = span.0.clone().min(first.start.clone());
            span.1 = span.1.clone().max(last.end.clone());
        }
    }
    for place in vault.list(&asked(What::Logs))? {
        let Some(key) = layout::parse(&place) else {
            continue;
        };
        let name = place.rsplit('/').next().unwrap_or_default();
        let time = delivery_time(name);
        if let Some((first, last)) = spans.get(&(key.account, key.region))
            && is_within(time, first, last)
            && !named.contains(&hashed(&place))
        {
            checked.find(UNNAMED_LOG, place);
        }
    }
    Ok(checked)
}

impl Checked {
    fn find(&mut self, kind: &'static str, what: String) {
        self.counts
            .entry(kind)
            .or_insert_with(|| (0, what.clone()))
            .0 += 1;
        if self.findings.len() < limits::FINDINGS_LISTED_MAX {
            self.findings.push(Finding { kind, what });
        }
    }

    /// Whether everything is as it should be.
    pub fn is_sound(&self) -> bool {
        self.counts.is_empty() && self.holes.is_empty()
    }
}

/// A trail's digests of one account and region have all but the time in common.
fn chain_of(place: &str) -> String {
    let name = place.rsplit('/').next().unwrap_or_default();
    let stem = name.rsplit_once('_').map_or(name, |it| it.0);
    let folder = place
        .find("/CloudTrail-Digest/")
        .map_or("", |at| &place[..at]);
    format!("{folder}/{stem}")
}

fn read(vault: &dyn Vault, places: &[String], checked: &mut Checked) -> Vec<Digest> {
    let mut digests = Vec::new();
    for some in places.chunks(limits::READ_AT_A_TIME) {
        for (place, outcome) in some.iter().zip(vault.digests(some)) {
            checked.digests += 1;
            let digest =
                outcome.and_then(|file| Digest::parse(place, &file.content, file.signature));
            match digest {
                Ok(digest) => digests.push(digest),
                Err(why) => checked.find(BAD_DIGEST, format!("{place}: {why}")),
            }
        }
    }
    digests
}

fn check_logs(
    vault: &dyn Vault,
    digests: &[Digest],
    named: &mut HashSet<u64>,
    checked: &mut Checked,
) {
    let place = |digest: &Digest, log: &NamedLog| place_of(&digest.place, &log.object);
    let logs: Vec<(String, &NamedLog)> = digests
        .iter()
        .flat_map(|digest| digest.logs.iter().map(move |log| (place(digest, log), log)))
        // Two trails may tell of the same.
        .filter(|(place, _)| named.insert(hashed(place)))
        .collect();
    for some in logs.chunks(limits::READ_AT_A_TIME) {
        let places: Vec<String> = some.iter().map(|it| it.0.clone()).collect();
        for ((place, log), outcome) in some.iter().zip(vault.hashes(&places)) {
            checked.logs += 1;
            match outcome {
                Ok(Some(hash)) if hash == log.hash => {}
                Ok(Some(_)) => checked.find(CHANGED_LOG, place.clone()),
                Ok(None) => checked.find(MISSING_LOG, place.clone()),
                Err(why) => checked.find(CHANGED_LOG, format!("{place}: {why}")),
            }
        }
    }
}

fn hashed(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Whether a log of this time must be named by digests that cover a span: it may be delivered up to an hour after
/// the time of its name. `20260301T0105Z`, and RFC 3339.
fn is_within(time: &str, first: &str, last: &str) -> bool {
    let minutes = |text: &str| -> Option<i64> {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
        let day = layout::Day::new(number(0, 4)? as i32, number(4, 6)?, number(6, 8)?)?;
        let of_day = i64::from(number(8, 10)?) * 60 + i64::from(number(10, 12)?);
        Some(i64::from(day.since_1970()) * 1_440 + of_day)
    };
    match (minutes(time), minutes(first), minutes(last)) {
        (Some(time), Some(first), Some(last)) => first <= time && time + 60 <= last,
        _ => false,
    }
}

/// Digests and logs below folders of this machine. Signatures, which S3 keeps beside a file, are not there; the next
/// digest of a chain repeats them.
#[derive(Debug, Clone)]
pub struct Folders(pub Vec<PathBuf>);

impl Vault for Folders {
    fn list(&self, wanted: &Wanted) -> Result<Vec<String>, Error> {
        let found = discover_wanted(&self.0, wanted)?;
        let places = found.files.into_iter();
        Ok(places
            .map(|it| it.path.to_string_lossy().into_owned())
            .collect())
    }

    fn digests(&self, places: &[String]) -> Vec<Result<DigestFile, String>> {
        let read = |place: &String| {
            let path = Path::new(place);
            let bytes = std::fs::metadata(path)
                .map_err(|error| error.to_string())?
                .len();
            if bytes > limits::DIGEST_BYTES_MAX {
                return Err(format!(
                    "it has more than {} bytes",
                    limits::DIGEST_BYTES_MAX
                ));
            }
            let content = std::fs::read(path).map_err(|error| error.to_string())?;
            Ok(DigestFile {
                content,
                signature: None,
            })
        };
        places.iter().map(read).collect()
    }

    fn hashes(&self, places: &[String]) -> Vec<Result<Option<String>, String>> {
        let hash = |place: &String| {
            let path = Path::new(place);
            // A pipe would never end.
            if !path.is_file() {
                return Ok(None);
            }
            let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
            hash_of(file).map(Some)
        };
        places.iter().map(hash).collect()
    }
}
