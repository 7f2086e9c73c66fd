//! A sink, ready to be sent to: its configuration with secrets read and addresses checked.

use serde_json::Value;

use crate::alert::{Alert, Severity};
use crate::config::{Format, Kind, SinkConfig, check};
use crate::error::Error;
use crate::failure::Failure;
use crate::filter::Filter;
use crate::http::Http;
use crate::jsonl::Jsonl;
use crate::limits;
use crate::secret::Secret;
use crate::slack::{self, Slack};
use crate::syslog::Syslog;
use crate::teams::Teams;
use crate::webhook::{self, Webhook};
use crate::{asff, ocsf, timesketch};

/// An alert in the form that a destination reads.
#[derive(Clone, Debug, Default)]
pub struct Rendering {
    format: Format,
    place: asff::Place,
}

impl Rendering {
    /// In a format, everything else by the alert itself.
    pub fn new(format: Format) -> Rendering {
        Rendering {
            format,
            place: asff::Place::default(),
        }
    }

    /// As a sink's configuration says.
    pub fn of(config: &SinkConfig) -> Rendering {
        Rendering {
            format: config.format.unwrap_or_default(),
            place: asff::Place {
                account: config.account.clone(),
                region: config.region.clone(),
            },
        }
    }

    /// One alert.
    pub fn document(&self, alert: &Value) -> Value {
        match self.format {
            Format::Keyline => alert.clone(),
            Format::Ocsf => ocsf::finding(alert),
            Format::Asff => asff::finding(alert, &self.place),
            Format::Timesketch => timesketch::event(alert),
        }
    }
}

/// Where alerts go, and which.
pub struct Sink {
    name: String,
    kind: Kind,
    filter: Filter,
    target: Target,
}

enum Target {
    Jsonl(Jsonl),
    Webhook(Box<Webhook>),
    Slack(Box<Slack>),
    Teams(Box<Teams>),
    Syslog(Box<Syslog>),
}

impl Sink {
    /// All sinks of a configuration. Nothing is connected to yet, but secrets are read.
    pub fn all(configs: &[SinkConfig]) -> Result<Vec<Sink>, Error> {
        check(configs)?;
        configs.iter().map(Sink::new).collect()
    }

    fn new(config: &SinkConfig) -> Result<Sink, Error> {
        let named = |error: Error| {
            Error::new(
                error.kind(),
                format!("the sink `{}`: {error}", config.name()),
            )
        };
        Ok(Sink {
            name: config.name().to_owned(),
            kind: config.kind,
            filter: Filter {
                least: config.severity.unwrap_or(Severity::Informational),
                only: config.only.iter().cloned().collect(),
                except: config.except.iter().cloned().collect(),
            },
            target: target(config).map_err(named)?,
        })
    }

    /// What the sink is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where alerts go.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The destination, as far as it is no secret.
    pub fn destination(&self) -> String {
        match &self.target {
            Target::Jsonl(file) => file.path.display().to_string(),
            Target::Webhook(webhook) => webhook.http.shown().to_owned(),
            Target::Slack(slack) => slack.http.shown().to_owned(),
            Target::Teams(teams) => teams.http.shown().to_owned(),
            Target::Syslog(syslog) => syslog.shown(),
        }
    }

    /// Sends one document at once, whatever the filter says: how a sink is tried. `now` is in
    /// seconds since 1970.
    pub fn try_out(&self, alert: &Value, now: i64) -> Result<(), Failure> {
        self.send(&[alert], now)
    }

    pub(crate) fn takes(&self, alert: &Value) -> bool {
        self.filter.takes(Alert::queued(alert))
    }

    /// How many alerts one sending may hold.
    pub(crate) fn batch_max(&self) -> usize {
        match &self.target {
            Target::Jsonl(_) => limits::FILE_BATCH_MAX,
            Target::Webhook(_) | Target::Teams(_) => 1,
            Target::Slack(_) => slack::BATCH_MAX,
            Target::Syslog(_) => limits::SYSLOG_BATCH_MAX,
        }
    }

    /// Sends at most [`Self::batch_max`] alerts: all or none of them arrived, as far as can be told.
    pub(crate) fn send(&self, alerts: &[&Value], now: i64) -> Result<(), Failure> {
        match &self.target {
            Target::Jsonl(file) => file.send(alerts),
            Target::Webhook(webhook) => {
                alerts.iter().try_for_each(|alert| webhook.send(alert, now))
            }
            Target::Slack(slack) => slack.send(alerts),
            Target::Teams(teams) => alerts.iter().try_for_each(|alert| teams.send(alert)),
            Target::Syslog(syslog) => syslog.send(alerts),
        }
    }
}

fn target(config: &SinkConfig) -> Result<Target, Error> {
    let rendering = Rendering::of(config);
    match config.kind {
        Kind::Jsonl => Ok(Target::Jsonl(Jsonl {
            path: config.path.clone().unwrap_or_default(),
            rendering,
        })),
        Kind::Webhook => {
            let secret = Secret::find(
                "secret",
                config.secret_env.as_deref(),
                config.secret_file.as_deref(),
            )?;
            Ok(Target::Webhook(Box::new(Webhook {
                http: http(config)?,
                rendering,
                signing: secret.as_ref().map(webhook::signing_key).transpose()?,
                authorization: Secret::find(
                    "authorization",
                    config.authorization_env.as_deref(),
                    config.authorization_file.as_deref(),
                )?,
            })))
        }
        Kind::Slack => Ok(Target::Slack(Box::new(Slack {
            http: http(config)?,
        }))),
        Kind::Teams => Ok(Target::Teams(Box::new(Teams {
            http: http(config)?,
        }))),
        Kind::Syslog => Ok(Target::Syslog(Box::new(Syslog::new(
            config.address.as_deref().unwrap_or_default(),
            config.facility.as_deref(),
            config.ca_file.as_deref(),
            rendering,
        )?))),
    }
}

fn http(config: &SinkConfig) -> Result<Http, Error> {
    let hidden = Secret::find("url", config.url_env.as_deref(), config.url_file.as_deref())?;
    let url = hidden.or_else(|| config.url.as_deref().map(Secret::plain));
    let url = url.ok_or_else(|| config.wrong("expected an address"))?;
    Http::new(url, config.ca_file.as_deref())
}
