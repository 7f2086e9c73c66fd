//! What `externaldata` may open: the user's own mapping, then allowed files and web addresses.
//!
//! In: the text that stands in the rule. Out: the inflated bytes, or an error that says what the
//! user can do about it. A rule opens nothing by itself: without `--ref` or `--allow-url` every
//! reference is refused. An empty reference is an error, because a rule that compares with nothing
//! finds nothing and says nothing. How the bytes are cut into rows is the engine's business.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind};
use crate::fetch::{Policy, fetch};
use crate::limits;
use crate::stdin::create_private;
use crate::unpack::unpack;
use crate::url::{Location, Url, covers, real_path, real_prefix};

/// What may be opened, and how.
#[derive(Debug, Clone)]
pub struct References {
    map: Vec<(String, PathBuf)>,
    allowed: Vec<Location>,
    network: Network,
    cache: Option<CacheOptions>,
    policy: Policy,
}

/// Whether the network may be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Online,
    Offline,
}

/// Where fetched references are kept, and for how long they are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheOptions {
    pub folder: PathBuf,
    pub age_max: Duration,
}

/// An opened reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub bytes: Vec<u8>,
    pub origin: Origin,
}

/// Where the bytes of a reference came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The user's `--ref`.
    Mapped(PathBuf),
    File(PathBuf),
    Cached,
    Fetched,
}

impl References {
    /// From `--ref` (address and path, compared letter by letter), `--allow-url` (prefixes of
    /// `https:` and `file:` addresses), `--offline` and the cache's place.
    pub fn new(
        map: Vec<(String, PathBuf)>,
        allowed: &[String],
        network: Network,
        cache: Option<CacheOptions>,
    ) -> Result<References, Error> {
        let allowed = allowed
            .iter()
            .map(|text| prefix(text))
            .collect::<Result<_, _>>()?;
        Ok(References {
            map,
            allowed,
            network,
            cache,
            policy: Policy::PUBLIC,
        })
    }

    /// Nothing may be opened.
    pub fn none() -> References {
        References {
            map: Vec::new(),
            allowed: Vec::new(),
            network: Network::Offline,
            cache: None,
            policy: Policy::PUBLIC,
        }
    }

    /// Opens what a rule names.
    pub fn open(&self, address: &str) -> Result<Reference, Error> {
        let (bytes, origin) = self.packed(address)?;
        let bytes = unpack(bytes, address, limits::REFERENCE_INFLATED_BYTES_MAX)?;
        if bytes.trim_ascii().is_empty() {
            let message = match &origin {
                Origin::Mapped(path) | Origin::File(path) => {
                    format!(
                        "the reference `{address}` is empty (read from `{}`)",
                        path.display()
                    )
                }
                Origin::Cached | Origin::Fetched => format!("the reference `{address}` is empty"),
            };
            return Err(Error::new(ErrorKind::Empty, message));
        }
        Ok(Reference { bytes, origin })
    }

    fn packed(&self, address: &str) -> Result<(Vec<u8>, Origin), Error> {
        if let Some((_, path)) = self.map.iter().find(|(mapped, _)| mapped == address) {
            return Ok((read_file(path)?, Origin::Mapped(path.clone())));
        }
        match Location::parse(address)? {
            Location::File(path) => {
                // What is not allowed is not looked at either: its error must not tell a rule
                // whether the file exists.
                let refused = || self.refused(address, &Location::File(path.clone()));
                let real = real_path(&path).map_err(|_| refused())?;
                if !self.allows(&Location::File(real.clone())) {
                    return Err(refused());
                }
                Ok((read_file(&real)?, Origin::File(real)))
            }
            Location::Web(url) => self.web(address, &url),
        }
    }

    fn web(&self, address: &str, url: &Url) -> Result<(Vec<u8>, Origin), Error> {
        let location = Location::Web(url.clone());
        if !self.allows(&location) {
            return Err(self.refused(address, &location));
        }
        if let Some(bytes) = self.cached(url) {
            return Ok((bytes, Origin::Cached));
        }
        if self.network == Network::Offline {
            let message = format!(
                "`{address}` is not fetched because of `--offline`; pass its content with `--ref \
                 {address}=PATH`"
            );
            return Err(Error::new(ErrorKind::Offline, message));
        }
        let bytes = fetch(url, self.policy, |next| {
            let location = Location::Web(next.clone());
            if self.allows(&location) {
                Ok(())
            } else {
                let message = format!(
                    "`{address}` redirects to `{}`, which is not allowed; allow it with \
                     `--allow-url`, or pass the content with `--ref {address}=PATH`",
                    next.text()
                );
                Err(Error::new(ErrorKind::NotAllowed, message))
            }
        })?;
        self.keep(url, &bytes)?;
        Ok((bytes, Origin::Fetched))
    }

    fn allows(&self, location: &Location) -> bool {
        self.allowed.iter().any(|prefix| covers(prefix, location))
    }

    fn refused(&self, address: &str, location: &Location) -> Error {
        let allow = match location {
            Location::Web(_) => address.to_owned(),
            Location::File(path) => format!("file://{}", path.display()),
        };
        let message = format!(
            "the reference `{address}` is not allowed; pass its content with `--ref \
             {address}=PATH`, or allow it with `--allow-url {allow}`"
        );
        Error::new(ErrorKind::NotAllowed, message)
    }

    fn cached(&self, url: &Url) -> Option<Vec<u8>> {
        let cache = self.cache.as_ref()?;
        let path = cache.folder.join(cache_name(url));
        let written = fs::metadata(&path).ok()?.modified().ok()?;
        // A file from the future is as suspect as an old one.
        let age = SystemTime::now().duration_since(written).ok()?;
        if age > cache.age_max {
            return None;
        }
        read_file(&path).ok()
    }

    fn keep(&self, url: &Url, bytes: &[u8]) -> Result<(), Error> {
        let Some(cache) = &self.cache else {
            return Ok(());
        };
        create_private_folder(&cache.folder)?;
        let path = cache.folder.join(cache_name(url));
        // Written beside and renamed, so that nobody ever reads half a reference.
        let beside = cache
            .folder
            .join(format!("{}.{}", cache_name(url), std::process::id()));
        let failed = |error: std::io::Error| Error::io("write the cache file", &beside, &error);
        let _ = fs::remove_file(&beside);
        let mut file = create_private(&beside).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        fs::rename(&beside, &path).map_err(failed)
    }
}

fn prefix(text: &str) -> Result<Location, Error> {
    Ok(match Location::parse(text)? {
        Location::File(path) => Location::File(real_prefix(&path)),
        web => web,
    })
}

fn cache_name(url: &Url) -> String {
    format!(
        "ref-{}",
        HEXLOWER.encode(&Sha256::digest(url.text().as_bytes()))
    )
}

fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |error: std::io::Error| Error::io("open the reference", path, &error);
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limits::REFERENCE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > limits::REFERENCE_BYTES_MAX {
        let message = format!(
            "the reference `{}` has more than {} bytes, which is the limit",
            path.display(),
            limits::REFERENCE_BYTES_MAX
        );
        return Err(Error::new(ErrorKind::TooLarge, message));
    }
    Ok(bytes)
}

fn create_private_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder
        .create(folder)
        .map_err(|error| Error::io("create the folder", folder, &error))
}
