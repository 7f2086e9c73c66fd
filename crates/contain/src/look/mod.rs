//! What AWS shows: states of what calls change, and what stands in accounts. Nothing here changes anything.
//!
//! In: the configuration of an account, and the parameters of a call or a name. Out: states in the form of
//! [`wanted`](crate::aws::wanted), and facts for inventories. The tidy test looks for verbs that change
//! something in these files and finds none.

pub(crate) mod state;
pub(crate) mod inspect;

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use serde_json::{Map, Value};

pub use self::inspect::Whom;
use crate::aws::{CallError, document};

/// The code of an answer that AWS did not give, or not in its own words.
pub(crate) const NO_ANSWER: &str = "NoAnswer";

/// Asks for one thing, with the parameters of the call that the setters are named like.
macro_rules! ask {
    ($client:ident, $operation:ident, $params:ident, [$($name:ident),*]) => {
        $client
            .$operation()
            $(.$name($params.text(stringify!($name))?))*
            .send()
            .await
            .map_err($crate::look::failed)?
    };
}

/// The things on all pages of a list.
macro_rules! all {
    ($client:ident, $operation:ident, $params:ident, [$($name:ident),*]) => {
        all!($client.$operation()$(.$name($params.text(stringify!($name))?))*)
    };
    ($request:expr) => {
        $request
            .into_paginator()
            .items()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err($crate::look::failed)?
    };
}

pub(crate) use {all, ask};

/// S3 puts the bucket's name before the host's; an emulator has one host only.
pub(crate) fn s3_client(config: &aws_config::SdkConfig) -> aws_sdk_s3::Client {
    let builder = aws_sdk_s3::config::Builder::from(config);
    let by_path = config.endpoint_url().is_some();
    aws_sdk_s3::Client::from_conf(builder.force_path_style(by_path).build())
}

/// Parameters of a call, by name.
#[derive(Clone, Copy)]
pub(crate) struct Params<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Params<'a> {
    pub(crate) fn text(self, name: &str) -> Result<&'a str, CallError> {
        self.0
            .get(name)
            .and_then(Value::as_str)
            .ok_or_else(|| CallError::of("Unsupported", &format!("the call lacks `{name}`")))
    }

    pub(crate) fn number(self, name: &str) -> Result<i32, CallError> {
        let number = self.0.get(name).and_then(Value::as_i64);
        number
            .and_then(|number| i32::try_from(number).ok())
            .ok_or_else(|| CallError::of("Unsupported", &format!("the call lacks `{name}`")))
    }
}

pub(crate) fn missing() -> CallError {
    CallError::of("NoSuchEntity", "")
}

/// An answer that is no answer, by AWS's code where there is one.
pub(crate) fn failed<E, R>(error: SdkError<E, R>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    if let Some(code) = error.code() {
        return CallError::of(code, error.message().unwrap_or_default());
    }
    let mut why = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        why.push_str(": ");
        why.push_str(&cause.to_string());
        source = cause.source();
    }
    if why.contains("provid") && why.contains("credentials") {
        why.push_str(
            "; give credentials by a profile (AWS_PROFILE) or the environment (AWS_ACCESS_KEY_ID and so on)",
        );
    }
    CallError::of(NO_ANSWER, &why)
}

/// IAM gives policies percent-encoded.
pub(crate) fn decoded(text: &str) -> Value {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let coded = (bytes[place] == b'%')
            .then(|| text.get(place + 1..place + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match coded {
            Some(byte) => {
                out.push(byte);
                place += 3;
            }
            None => {
                out.push(bytes[place]);
                place += 1;
            }
        }
    }
    document(&Value::String(String::from_utf8_lossy(&out).into_owned()))
}
