//! The way through a bucket in the S3 layout: which folders are listed, and which part of them.
//!
//! In: a folder and what is wanted. Out: how it is listed, and what becomes of each folder and object in it. Accounts,
//! services and regions are folders that are entered or not; below a region the keys sort as time does, so that a
//! stretch of days is one listing that begins behind a key and ends before another. Nothing is asked for here.

use crate::files::{FileKind, PassedOver};
use crate::judge::{Verdict, judge};
use crate::layout::{self, Wanted, What};

/// A folder that is to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) prefix: String,
    pub(crate) level: Level,
}

/// Where in the layout a folder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// What the user named without a slash at the end: an object or a folder.
    Named,
    /// Outside the layout.
    Any,
    /// `AWSLogs/`, or the organisation below it.
    Accounts,
    /// `AWSLogs/111122223333/`.
    Services,
    /// `AWSLogs/111122223333/CloudTrail/`.
    Regions,
    /// `AWSLogs/111122223333/CloudTrail/us-east-1/`, or a part of it.
    Days,
}

/// How a folder is listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Request {
    /// Whether folders in it are told, rather than all that is below them.
    pub(crate) by_folder: bool,
    /// Keys up to this one are left out.
    pub(crate) after: Option<String>,
    /// The listing ends at this key.
    pub(crate) before: Option<String>,
}

/// What becomes of a folder that was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Met {
    Enter(Folder),
    PassOver(PassedOver),
    /// It is not what was asked for.
    Unasked,
}

impl Folder {
    /// What the user named.
    pub(crate) fn named(prefix: &str) -> Folder {
        let level = match prefix.is_empty() || prefix.ends_with('/') {
            true => level_of(prefix),
            false => Level::Named,
        };
        Folder {
            prefix: prefix.to_owned(),
            level,
        }
    }

    /// How this folder is listed.
    pub(crate) fn request(&self, wanted: &Wanted) -> Request {
        if self.level != Level::Days {
            return Request {
                by_folder: true,
                ..Request::default()
            };
        }
        let base = region_of(&self.prefix);
        let key = |day: layout::Day| format!("{base}{}", day.folders());
        let after = wanted.span.first.map(key);
        let before = wanted.span.last.map(|last| key(last.plus(1)));
        Request {
            by_folder: false,
            after: after.filter(|after| *after > self.prefix),
            before,
        }
    }

    /// What becomes of a folder in this one.
    pub(crate) fn met(&self, prefix: &str, wanted: &Wanted) -> Met {
        let name = prefix.strip_suffix('/').unwrap_or(prefix);
        let name = name.rsplit('/').next().unwrap_or(name);
        let enter = |level: Level| {
            Met::Enter(Folder {
                prefix: prefix.to_owned(),
                level,
            })
        };
        match self.level {
            Level::Named if prefix.strip_suffix('/') != Some(&self.prefix) => Met::Unasked,
            Level::Named => enter(level_of(prefix)),
            Level::Any if name.starts_with('.') => Met::PassOver(PassedOver::Hidden),
            Level::Any => enter(level_of(prefix)),
            Level::Accounts if name.starts_with("o-") => enter(Level::Accounts),
            Level::Accounts if !layout::is_account(name) => Met::PassOver(PassedOver::OtherService),
            Level::Accounts if !wanted.wants_account(name) => {
                Met::PassOver(PassedOver::OtherAccount)
            }
            Level::Accounts => enter(Level::Services),
            Level::Services if name == "CloudTrail-Digest" => match wanted.what {
                What::Logs => Met::PassOver(PassedOver::Digest),
                What::Digests => enter(Level::Regions),
            },
            Level::Services if wanted.what == What::Digests => Met::Unasked,
            Level::Services if is_cloudtrail(name) => enter(Level::Regions),
            Level::Services => Met::PassOver(PassedOver::OtherService),
            Level::Regions if layout::is_region(name) && !wanted.wants_region(name) => {
                Met::PassOver(PassedOver::OtherRegion)
            }
            Level::Regions | Level::Days => enter(Level::Days),
        }
    }

    /// What becomes of an object in this folder; nothing where it is no file, or not what was asked for.
    pub(crate) fn object(&self, key: &str, wanted: &Wanted) -> Option<Result<(), PassedOver>> {
        // Consoles make such objects so that an empty folder is seen.
        if key.ends_with('/') || (self.level == Level::Named && key != self.prefix) {
            return None;
        }
        Some(take(key, wanted))
    }
}

/// Whether an object is to be read, by its key alone.
pub fn take(key: &str, wanted: &Wanted) -> Result<(), PassedOver> {
    let name = key.rsplit('/').next().unwrap_or(key);
    if name.starts_with('.') {
        return Err(PassedOver::Hidden);
    }
    match judge(key, wanted).1 {
        Verdict::Take(FileKind::Logs) => Ok(()),
        Verdict::PassOver(why) => Err(why),
        _ => Err(PassedOver::Unknown),
    }
}

fn is_cloudtrail(service: &str) -> bool {
    service == "CloudTrail" || service.starts_with("CloudTrail-")
}

/// The level of a folder by its path alone.
fn level_of(prefix: &str) -> Level {
    match below_root(prefix).as_deref() {
        None => Level::Any,
        Some([]) => Level::Accounts,
        Some([_]) => Level::Services,
        Some([_, service]) if is_cloudtrail(service) => Level::Regions,
        Some([_, service, ..]) if is_cloudtrail(service) => Level::Days,
        Some(_) => Level::Any,
    }
}

/// Account, service, region and so on, as far as a path names them.
fn below_root(prefix: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty()).collect();
    let root = parts.iter().rposition(|part| *part == "AWSLogs")?;
    let below = &parts[root + 1..];
    let below = match below {
        [organisation, rest @ ..] if organisation.starts_with("o-") => rest,
        all => all,
    };
    match below.first() {
        Some(account) if !layout::is_account(account) => None,
        _ => Some(below.to_vec()),
    }
}

/// The region's folder that a path lies in.
fn region_of(prefix: &str) -> &str {
    let days = below_root(prefix).map_or(0, |below| below.len().saturating_sub(3));
    let mut end = prefix.len();
    for _ in 0..days {
        end = prefix[..end.saturating_sub(1)]
            .rfind('/')
            .map_or(0, |at| at + 1);
    }
    &prefix[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Day, Span};

    fn wanted() -> Wanted {
        Wanted {
            span: Span {
                first: Day::new(2026, 2, 28),
                last: Day::new(2026, 12, 31),
            },
            accounts: vec!["111122223333".to_owned()],
            regions: vec!["us-east-1".to_owned()],
            ..Wanted::default()
        }
    }

    #[track_caller]
    fn check(prefix: &str, met: &[(&str, &str)]) {
        let folder = Folder::named(prefix);
        for (name, expected) in met {
            let found = match folder.met(&format!("{prefix}{name}"), &wanted()) {
                Met::Enter(entered) => format!("{:?}", entered.level),
                Met::PassOver(why) => why.name().to_owned(),
                Met::Unasked => "unasked".to_owned(),
            };
            assert_eq!(found, *expected, "{prefix} {name}");
        }
    }

    #[test]
    fn folders() {
        check(
            "",
            &[
                ("AWSLogs/", "Accounts"),
                ("x/", "Any"),
                (".x/", "passed-over-hidden"),
            ],
        );
        check(
            "trail",
            &[("/", "Any"), ("s/", "unasked"), ("/AWSLogs/", "unasked")],
        );
        for root in ["AWSLogs/", "some/where/AWSLogs/o-abc123/"] {
            check(
                root,
                &[
                    ("o-abc123/", "Accounts"),
                    ("111122223333/", "Services"),
                    ("444455556666/", "passed-over-other-account"),
                    ("elsewhere/", "passed-over-other-service"),
                ],
            );
            let account = format!("{root}111122223333/");
            check(
                &account,
                &[
                    ("CloudTrail/", "Regions"),
                    ("CloudTrail-Insight/", "Regions"),
                    ("CloudTrail-Digest/", "passed-over-digest"),
                    ("Config/", "passed-over-other-service"),
                ],
            );
            check(
                &format!("{account}CloudTrail/"),
                &[
                    ("us-east-1/", "Days"),
                    ("eu-west-1/", "passed-over-other-region"),
                ],
            );
        }
    }

    #[test]
    fn days_are_a_stretch_of_keys() {
        let base = "a/AWSLogs/o-abc123/111122223333/CloudTrail/us-east-1/";
        let request = |below: &str| Folder::named(&format!("{base}{below}")).request(&wanted());
        let key = |rest: &str| Some(format!("{base}{rest}"));
        for below in ["", "2026/", "2026/02/"] {
            assert_eq!(request(below).after, key("2026/02/28/"), "{below}");
            assert_eq!(request(below).before, key("2027/01/01/"), "{below}");
        }
        // It begins behind the key already.
        assert_eq!(request("2026/03/").after, None);
        let open = Folder::named(base).request(&Wanted::default());
        assert_eq!(open, Request::default());
        assert!(Folder::named("a/").request(&wanted()).by_folder);
    }

    #[test]
    fn objects() {
        let named = Folder::named("a/b.json");
        assert_eq!(named.object("a/b.json", &wanted()), Some(Ok(())));
        assert_eq!(named.object("a/b.json2", &wanted()), None);
        let any = Folder::named("a/");
        assert_eq!(any.object("a/", &wanted()), None);
        let unknown = Some(Err(PassedOver::Unknown));
        assert_eq!(any.object("a/notes.txt", &wanted()), unknown);
        assert_eq!(any.object("a/b.parquet", &wanted()), unknown);
    }
}
