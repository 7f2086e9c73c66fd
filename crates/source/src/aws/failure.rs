//! What failed, by what is to be done about it, and the patience with what may pass.
//!
//! In: an error of the SDK. Out: whether the thing is gone, whether somebody has to change something, or whether it
//! may go better later; in words.

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::limits;

/// Why something was not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It is not there any more, or is another one now; asking again does not help.
    Gone(String),
    /// It was refused, and will be until somebody changes something.
    Refused(String),
    /// Nobody was there, or too much was asked at a time.
    Passing(String),
}

impl Failure {
    /// What to say about it.
    pub fn why(&self) -> &str {
        match self {
            Failure::Gone(why) | Failure::Refused(why) | Failure::Passing(why) => why,
        }
    }

    /// Sorts an error of the SDK.
    pub(crate) fn of<E>(error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let why = words(error, status);
        match error {
            SdkError::ServiceError(_) => match (error.code(), status) {
                (Some("NoSuchKey"), _) => Failure::Gone("it is not there any more".to_owned()),
                (Some("PreconditionFailed"), _) | (_, Some(412)) => {
                    Failure::Gone("it was overwritten since it was seen".to_owned())
                }
                (Some("InvalidObjectState"), _) => {
                    Failure::Refused("it is archived and has to be restored first".to_owned())
                }
                (Some(code), _) if is_throttling(code) => Failure::Passing(why),
                (_, Some(408 | 425 | 429 | 500..)) | (_, None) => Failure::Passing(why),
                _ => Failure::Refused(why),
            },
            // What the SDK itself would try again, such as a connection that was closed, may pass.
            SdkError::DispatchFailure(failed)
                if !(failed.is_io() || failed.is_timeout() || failed.as_other().is_some()) =>
            {
                Failure::Refused(why)
            }
            SdkError::ConstructionFailure(_) => Failure::Refused(why),
            _ => Failure::Passing(why),
        }
    }
}

/// Tries again what may pass, after pauses that grow.
pub(crate) async fn patiently<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut round = 0;
    loop {
        let outcome = attempt().await;
        round += 1;
        match outcome {
            Err(Failure::Passing(_)) if round < limits::ROUNDS_MAX => {
                tokio::time::sleep(pause(round)).await;
            }
            outcome => return outcome,
        }
    }
}

/// A random part of the pause before the next round, so that not everybody comes back at once.
fn pause(round: u32) -> Duration {
    let longest = limits::ROUND_PAUSE
        .saturating_mul(1 << round.min(16))
        .min(limits::ROUND_PAUSE_MAX);
    // The standard library seeds these anew for each.
    let random = RandomState::new().build_hasher().finish();
    longest.mul_f64((random >> 11) as f64 / (1_u64 << 53) as f64)
}

fn is_throttling(code: &str) -> bool {
    const CODES: [&str; 12] = [
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "ServiceUnavailable",
        "InternalError",
        "RequestTimeout",
    ];
    CODES.contains(&code)
}

fn words<E>(error: &SdkError<E, HttpResponse>, status: Option<u16>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if let SdkError::ServiceError(_) = error {
        let message = error.message().unwrap_or_default();
        return match (error.code(), status) {
            (Some(code), _) if message.is_empty() => code.to_owned(),
            (Some(code), _) => format!("{code}: {message}"),
            // An answer to HEAD has no body.
            (None, Some(403)) => "access is denied".to_owned(),
            (None, Some(404)) => "it is not there".to_owned(),
            (None, Some(status)) => format!("the answer was {status}"),
            (None, None) => "an answer without a reason".to_owned(),
        };
    }
    let mut parts: Vec<String> = Vec::new();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        // Causes repeat what is above them.
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        cause = error.source();
    }
    let mut why = parts.join(": ");
    if why.contains("credentials") {
        why.push_str(
            "; give credentials by a profile (`--profile`, AWS_PROFILE) or the environment \
             (AWS_ACCESS_KEY_ID and so on)",
        );
    }
    why
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        for round in 1..100 {
            let longest = limits::ROUND_PAUSE.saturating_mul(1 << round.min(16));
            assert!(pause(round) <= longest.min(limits::ROUND_PAUSE_MAX));
        }
    }
}
