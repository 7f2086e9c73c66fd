//! CloudTrail's digests of what is taken in: whether the logs are what was delivered.
//!
//! In: the folders and buckets among the sources, and public keys. Out: what was found, in the coverage: findings as
//! problems, times of which no digest speaks as gaps. Queues name single objects and CloudTrail's memory has no files,
//! so that there is nothing to check of them.

use std::path::Path;

use anyhow::{Context as _, Result};
use jiff::Timestamp;
use keyline_lake::{Coverage, Gap, ProblemKind};
use keyline_source::{Checked, Folders, Hole, Named, PublicKeys, Wanted, verify_digests};

use super::Intake;

/// Where public keys come from.
#[derive(Debug, Clone)]
pub enum Keys {
    /// The JSON of `aws cloudtrail list-public-keys`.
    File(PublicKeys),
    /// CloudTrail is asked for those of a region, for buckets; folders are checked without.
    Ask,
}

impl Keys {
    /// Reads a file of keys.
    pub fn read(path: &Path) -> Result<Keys> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        let keys = PublicKeys::parse(&text);
        keys.map(Keys::File)
            .map_err(|why| anyhow::anyhow!("`{}` holds no public keys: {why}", path.display()))
    }
}

/// What checking the digests has come to.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    pub digests: u64,
    pub logs: u64,
    /// Everything that is wrong, a line each, as far as it is listed.
    pub lines: Vec<String>,
    pub coverage: Coverage,
}

impl Intake {
    /// Checks the digests of folders and buckets. Blocks, for it reads all logs that they name.
    pub fn verify_digests(&self, keys: &Keys) -> Result<Verified> {
        let mut verified = Verified::default();
        let paths = self
            .wishes
            .sources
            .iter()
            .filter_map(|source| match source {
                Named::Path(path) if path.is_dir() => Some(path.clone()),
                _ => None,
            });
        let folders = Folders(paths.collect());
        if !folders.0.is_empty() {
            let mut of_region = |_: &str| match keys {
                Keys::File(keys) => keys.clone(),
                Keys::Ask => PublicKeys::default(),
            };
            let checked = verify_digests(&folders, self.wanted(), &mut of_region)?;
            verified.add(checked);
        }
        #[cfg(feature = "aws")]
        for source in &self.wishes.sources {
            if let Named::Bucket(at) = source {
                let (checked, notes) = self.remote.verify_digests(at, self.wanted(), keys)?;
                verified.lines.extend(notes);
                verified.add(checked);
            }
        }
        Ok(verified)
    }

    fn wanted(&self) -> &Wanted {
        &self.wishes.wanted
    }
}

impl Verified {
    /// Whether everything that was checked is as it should be.
    pub fn is_sound(&self) -> bool {
        self.coverage.problems.is_empty() && self.coverage.gaps.is_empty()
    }

    fn add(&mut self, checked: Checked) {
        self.digests += checked.digests;
        self.logs += checked.logs;
        for (kind, (count, first)) in checked.counts {
            let problems = &mut self.coverage.problems;
            problems.add_many(ProblemKind::Other(kind), count, || first);
        }
        let findings = checked.findings.into_iter();
        self.lines
            .extend(findings.map(|finding| format!("{}: {}", finding.kind, finding.what)));
        self.coverage
            .gaps
            .extend(checked.holes.iter().filter_map(gap));
    }
}

fn gap(hole: &Hole) -> Option<Gap> {
    let instant = |text: &str| Some(text.parse::<Timestamp>().ok()?.as_microsecond());
    Some(Gap {
        account: hole.account.clone(),
        region: hole.region.clone(),
        from: instant(&hole.from)?,
        to: instant(&hole.to)?,
        why: "no digest speaks of this time".to_owned(),
    })
}
