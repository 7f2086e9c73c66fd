//! Secrets, read from where the configuration says and never out of the configuration itself.
//!
//! In: the name of an environment variable, or a file. Out: the secret's text, which has no
//! `Debug` or `Display` that shows it.

use std::fmt;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, ErrorKind};
use crate::limits::SECRET_BYTES_MAX;
use crate::text::of_io;

/// A text that must not be printed.
#[derive(Clone)]
pub(crate) struct Secret(String);

impl Secret {
    /// The secret that `KEY_env` or `KEY_file` of a sink's configuration names, if either is there.
    pub(crate) fn find(
        key: &str,
        variable: Option<&str>,
        file: Option<&Path>,
    ) -> Result<Option<Secret>, Error> {
        let wrong = |message: String| Error::new(ErrorKind::Secret, message);
        let text = match (variable, file) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(wrong(format!(
                    "`{key}_env` and `{key}_file` are both there: expected one of them"
                )));
            }
            (Some(name), None) => std::env::var(name).map_err(|_| {
                wrong(format!(
                    "the environment variable `{name}`, which `{key}_env` names, is not set"
                ))
            })?,
            (None, Some(path)) => {
                let named = format!("`{}`, which `{key}_file` names", path.display());
                let cannot = |error| wrong(format!("cannot read {named}: {}", of_io(&error)));
                let mut text = String::new();
                let file = std::fs::File::open(path).map_err(cannot)?;
                file.take(SECRET_BYTES_MAX + 1)
                    .read_to_string(&mut text)
                    .map_err(cannot)?;
                text
            }
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(wrong(format!("the secret of `{key}` is empty")));
        }
        if text.len() as u64 > SECRET_BYTES_MAX || text.contains(char::is_control) {
            return Err(wrong(format!(
                "the secret of `{key}` is none: expected one line of at most {SECRET_BYTES_MAX} bytes"
            )));
        }
        Ok(Some(Secret(text.to_owned())))
    }

    /// An address that stands in the configuration because it is none.
    pub(crate) fn plain(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }
}
