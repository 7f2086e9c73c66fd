//! What CloudTrail remembers by itself: the management events of ninety days, asked for by `LookupEvents`.
//!
//! In: a region and a stretch of time. Out: a file with the records, one a line, as they would stand in a log. AWS
//! answers two questions a second for an account and region, fifty events each, so that this is for those who have no
//! trail. It asks for the stretches one after the other.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use aws_config::Region;
use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::primitives::DateTime;

use super::Aws;
use super::failure::{Failure, patiently};
use crate::limits;
use crate::stdin::create_private;

/// A stretch of time of a region, in seconds since 1970, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub region: String,
    pub from: i64,
    pub to: i64,
}

/// How a stretch is called in a ledger.
const SCHEME: &str = "cloudtrail:";

impl Stretch {
    /// `cloudtrail:REGION/FROM/TO`, with seconds since 1970.
    pub fn name(&self) -> String {
        format!("{SCHEME}{}/{}/{}", self.region, self.from, self.to)
    }

    /// The stretch of a name.
    pub fn parse(name: &str) -> Option<Stretch> {
        let mut parts = name.strip_prefix(SCHEME)?.split('/');
        let stretch = Stretch {
            region: parts.next()?.to_owned(),
            from: parts.next()?.parse().ok()?,
            to: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(stretch)
    }

    /// The stretches of a region that make up a time: whole ones, that are the same whoever asks, and at the end what
    /// is left.
    pub fn over(region: &str, since: i64, until: i64) -> Vec<Stretch> {
        let length = limits::STRETCH.as_secs() as i64;
        let mut all = Vec::new();
        let mut from = since.div_euclid(length) * length;
        while from <= until && all.len() < limits::STRETCHES_MAX {
            all.push(Stretch {
                region: region.to_owned(),
                from,
                to: (from + length - 1).min(until),
            });
            from += length;
        }
        all
    }

    /// Whether it is a whole one.
    pub fn is_whole(&self) -> bool {
        let length = limits::STRETCH.as_secs() as i64;
        self.from.rem_euclid(length) == 0 && self.to == self.from + length - 1
    }
}

impl Aws {
    /// Writes the events of a stretch into a new file.
    pub fn look_up(&self, stretch: &Stretch, path: &Path) -> Result<PathBuf, Failure> {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config)
            .region(Region::new(stretch.region.clone()));
        let client = Client::from_conf(config.build());
        self.runtime.block_on(async {
            let here = |error: std::io::Error| {
                Failure::Refused(format!("its events cannot be written: {error}"))
            };
            let file = create_private(path).map_err(here)?;
            let mut file = BufWriter::new(file);
            let mut token: Option<String> = None;
            loop {
                // Asking faster only makes it refuse.
                let pause = tokio::time::sleep(limits::LOOKUP_PAUSE);
                let answer = patiently(|| async {
                    client
                        .lookup_events()
                        .start_time(DateTime::from_secs(stretch.from))
                        .end_time(DateTime::from_secs(stretch.to))
                        .set_next_token(token.clone())
                        .send()
                        .await
                        .map_err(|error| Failure::of(&error))
                })
                .await?;
                for record in answer
                    .events()
                    .iter()
                    .filter_map(|it| it.cloud_trail_event())
                {
                    // A record is one line, whoever wrote it.
                    let line = record.replace(['\n', '\r'], " ");
                    writeln!(file, "{line}").map_err(here)?;
                }
                token = answer.next_token().map(str::to_owned);
                if token.is_none() {
                    break;
                }
                pause.await;
            }
            file.flush().map_err(here)?;
            Ok(path.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_the_same_whoever_asks() {
        let hours = limits::STRETCH.as_secs() as i64;
        let names = |since: i64, until: i64| {
            let all = Stretch::over("us-east-1", since, until);
            let whole = all.iter().filter(|it| it.is_whole()).count();
            (all.iter().map(Stretch::name).collect::<Vec<_>>(), whole)
        };
        let (first, whole) = names(5 * hours + 17, 7 * hours + 1);
        assert_eq!(first.len(), 3);
        assert_eq!(whole, 2);
        let (later, _) = names(5 * hours + 999, 9 * hours);
        assert_eq!(later[..2], first[..2]);
        for name in first {
            assert_eq!(Stretch::parse(&name).unwrap().name(), name);
        }
        assert_eq!(Stretch::parse("cloudtrail:us-east-1/1/2/3"), None);
        assert_eq!(Stretch::parse("us-east-1/1/2"), None);
    }
}
