//! The folder or bucket that a lake lies in.
//!
//! In: `./keyline-lake`, `/srv/lake` or `s3://bucket/prefix`. Out: small files read and written by their name
//! below it, and a place for each table. A file appears whole or not at all; one that must not be there yet is
//! made by one writer only, however many try (a hard link on a local folder, a conditional put on S3). On a local
//! folder nothing is told written before it is on disk, and nobody else may read it. What the files mean is
//! not known here.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::future::Future;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use deltalake::logstore::{LogStore, LogStoreFactory, ObjectStoreRef, StorageConfig};
use deltalake::logstore::{default_logstore, logstore_factories};
use deltalake::{DeltaResult, DeltaTable, DeltaTableBuilder};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use tokio::runtime::{Handle, Runtime};

use super::cache::Cache;
use super::delta_error;
use crate::error::{Error, ErrorKind};
use crate::parquet_read::url_of;

/// What the names of files begin with that are being written.
const PARTIAL: &str = ".partial-";

/// Whether a file is what a writer left behind that was killed before it could give it its name.
pub(super) fn is_partial(name: &str) -> bool {
    name.starts_with(PARTIAL)
}

/// Where a lake lies. A clone is another handle on the same.
#[derive(Clone)]
pub(crate) struct Store {
    /// The whole file system, or the bucket: delta-rs wants it so.
    objects: Arc<dyn ObjectStore>,
    base: Key,
    /// With a slash at the end.
    url: String,
    place: Place,
    /// Tables as they were opened the last time: only what was committed since has to be read of their logs.
    opened: Arc<Mutex<HashMap<String, DeltaTable>>>,
}

#[derive(Clone)]
enum Place {
    Folder(PathBuf),
    /// Tables are read from copies, which are fetched once: a file of a table never changes.
    Bucket(Arc<Cache>),
}

/// A file below the lake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Relative to the lake.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// Milliseconds since 1970.
    pub(crate) modified: i64,
}

impl Store {
    pub(crate) fn at(location: &str) -> Result<Store, Error> {
        match location.strip_prefix("s3://") {
            Some(rest) => Store::bucket(location, rest),
            None => Store::folder(Path::new(
                location.strip_prefix("file://").unwrap_or(location),
            )),
        }
    }

    fn folder(path: &Path) -> Result<Store, Error> {
        let path = std::path::absolute(path).map_err(|error| cannot("find", path, &error))?;
        // Links are followed now, so that every table is found under one name.
        let path = match (fs::canonicalize(&path), path.parent(), path.file_name()) {
            (Ok(real), _, _) => real,
            // It is about to be made.
            (Err(_), Some(parent), Some(name)) => {
                fs::canonicalize(parent).map_or_else(|_| path.clone(), |parent| parent.join(name))
            }
            _ => path,
        };
        let base = Key::from_absolute_path(&path)
            .map_err(|error| Error::new(ErrorKind::Io, format!("`{}`: {error}", path.display())))?;
        Ok(Store {
            opened: Arc::default(),
            objects: Arc::new(PrivateFiles(LocalFileSystem::new())),
            base,
            url: format!("{}/", url_of(&path)),
            place: Place::Folder(path),
        })
    }

    fn bucket(location: &str, rest: &str) -> Result<Store, Error> {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        if bucket.is_empty() {
            return Err(Error::new(
                ErrorKind::Io,
                format!("expected `s3://BUCKET/PREFIX`, found `{location}`"),
            ));
        }
        let objects = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .build()
            .map_err(|error| object_error(location, &error))?;
        // It is made by whoever comes first; a second one is the same.
        if let Ok(scheme) = "s3://".parse() {
            logstore_factories().insert(scheme, Arc::new(ConditionalPuts));
        }
        Ok(Store {
            opened: Arc::default(),
            objects: Arc::new(objects),
            base: Key::from(prefix),
            url: match prefix {
                "" => format!("s3://{bucket}/"),
                prefix => format!("s3://{bucket}/{prefix}/"),
            },
            place: Place::Bucket(Arc::new(Cache::for_lake(location)?)),
        })
    }

    /// The folder, where it is one.
    pub(crate) fn local(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(path) => Some(path),
            Place::Bucket(_) => None,
        }
    }

    /// Where it is, for messages.
    pub(crate) fn shown(&self) -> String {
        match &self.place {
            Place::Folder(path) => path.display().to_string(),
            Place::Bucket(_) => self.url.trim_end_matches('/').to_owned(),
        }
    }

    fn key(&self, name: &str) -> Key {
        let parts = name.split('/').filter(|part| !part.is_empty());
        parts.fold(self.base.clone(), |key, part| key.join(part))
    }

    /// Makes the folder, for its owner only.
    pub(crate) fn make(&self) -> Result<(), Error> {
        match &self.place {
            Place::Folder(path) => make_folder(path),
            Place::Bucket(_) => Ok(()),
        }
    }

    /// The bytes of a file, if it is there.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let key = self.key(name);
        let read = run(async {
            match self.objects.get(&key).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        });
        read.map_err(|error| object_error(name, &error))
    }

    /// Writes a file that nobody has written before; whether it was us who did.
    pub(crate) fn put_new(&self, name: &str, bytes: Vec<u8>) -> Result<bool, Error> {
        let key = self.key(name);
        let options = PutOptions::from(PutMode::Create);
        match run(self.objects.put_opts(&key, bytes.into(), options)) {
            Ok(_) => Ok(true),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(object_error(name, &error)),
        }
    }

    /// Writes a file in the place of the one that is there.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), Error> {
        run(self.objects.put(&self.key(name), bytes.into()))
            .map(drop)
            .map_err(|error| object_error(name, &error))
    }

    pub(crate) fn delete(&self, name: &str) -> Result<(), Error> {
        match run(self.objects.delete(&self.key(name))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(object_error(name, &error)),
        }
    }

    /// The files below a name, or those that come after another in the order of their names.
    pub(crate) fn list(&self, below: &str, after: Option<&str>) -> Result<Vec<Stored>, Error> {
        let prefix = self.key(below);
        let listed: Result<Vec<ObjectMeta>, _> = run(async {
            match after {
                Some(after) => self
                    .objects
                    .list_with_offset(Some(&prefix), &self.key(after)),
                None => self.objects.list(Some(&prefix)),
            }
            .try_collect()
            .await
        });
        let listed = listed.map_err(|error| object_error(below, &error))?;
        let skipped = match self.base.as_ref().len() {
            0 => 0,
            length => length + 1,
        };
        let mut all: Vec<Stored> = listed
            .into_iter()
            .map(|meta| Stored {
                name: meta.location.as_ref()[skipped..].to_owned(),
                bytes: meta.size,
                modified: meta.last_modified.timestamp_millis(),
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(all)
    }

    /// A path under which a file of a table is written before [`Store::publish`] is called for it.
    pub(crate) fn draft(&self, name: &str) -> Result<PathBuf, Error> {
        let path = match &self.place {
            Place::Folder(folder) => folder.join(name),
            Place::Bucket(cache) => cache.path(name),
        };
        if let Some(parent) = path.parent() {
            make_folder(parent)?;
        }
        Ok(path)
    }

    /// Makes a written file last, where it has to be for a table to name it.
    pub(crate) fn publish(&self, name: &str, path: &Path) -> Result<(), Error> {
        match &self.place {
            Place::Folder(_) => {
                let file = File::open(path).map_err(|error| cannot("open", path, &error))?;
                file.sync_all()
                    .map_err(|error| cannot("write", path, &error))?;
                path.parent().map_or(Ok(()), sync_folder)
            }
            Place::Bucket(_) => {
                // The copy stays, to be read.
                let bytes = fs::read(path).map_err(|error| cannot("read", path, &error))?;
                let put = run(self.objects.put(&self.key(name), bytes.into()));
                put.map(drop).map_err(|error| object_error(name, &error))
            }
        }
    }

    /// Where to read a file of a table.
    pub(crate) fn fetched(&self, name: &str, bytes: u64) -> Result<PathBuf, Error> {
        match &self.place {
            Place::Folder(folder) => Ok(folder.join(name)),
            Place::Bucket(cache) => cache.fetched(name, bytes, || {
                self.read(name)?.ok_or_else(|| {
                    let message = format!("`{}{name}` is gone", self.url);
                    Error::new(ErrorKind::Io, message)
                })
            }),
        }
    }

    /// A table as it was opened the last time by whoever has this store.
    pub(crate) fn opened(&self, name: &str) -> Option<DeltaTable> {
        let opened = self.opened.lock().expect("no holder of the lock panics");
        opened.get(name).cloned()
    }

    pub(crate) fn remember(&self, name: &str, table: &DeltaTable) {
        let mut opened = self.opened.lock().expect("no holder of the lock panics");
        opened.insert(name.to_owned(), table.clone());
    }

    /// The log of a table, not loaded.
    pub(crate) fn table(&self, name: &str) -> Result<DeltaTable, Error> {
        let url = format!("{}{name}/", self.url);
        let invalid = || Error::new(ErrorKind::Io, format!("`{url}` is no place for a table"));
        let parsed = url.parse().map_err(|_| invalid())?;
        let again = url.parse().map_err(|_| invalid())?;
        DeltaTableBuilder::from_url(parsed)
            .and_then(|builder| {
                builder
                    .with_storage_backend(self.objects.clone(), again)
                    .build()
            })
            .map_err(|error| delta_error(name, &error))
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.url)
    }
}

/// Waits for something that delta-rs or a store does, whatever thread asks.
pub(crate) fn run<T: Send>(work: impl Future<Output = T> + Send) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("lake")
            .enable_all()
            .build()
            .expect("a process that has no room for two threads cannot do anything")
    });
    if Handle::try_current().is_err() {
        return runtime.block_on(work);
    }
    // A thread of another runtime must not wait itself.
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| runtime.block_on(work));
        match waiting.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// The log of a table in a bucket: S3 knows a put that fails when the object is there.
struct ConditionalPuts;

impl LogStoreFactory for ConditionalPuts {
    fn with_options(
        &self,
        prefixed_store: ObjectStoreRef,
        root_store: ObjectStoreRef,
        location: &url::Url,
        options: &StorageConfig,
    ) -> DeltaResult<Arc<dyn LogStore>> {
        Ok(default_logstore(
            prefixed_store,
            root_store,
            location,
            options,
        ))
    }
}

/// Files of this user alone, which are on disk once they are said to be written.
#[derive(Debug)]
struct PrivateFiles(LocalFileSystem);

impl fmt::Display for PrivateFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[async_trait]
impl ObjectStore for PrivateFiles {
    async fn put_opts(
        &self,
        location: &Key,
        payload: PutPayload,
        options: PutOptions,
    ) -> object_store::Result<PutResult> {
        let path = self.0.path_to_filesystem(location)?;
        put_durably(&path, &payload, &options.mode).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => object_store::Error::AlreadyExists {
                path: location.to_string(),
                source: error.into(),
            },
            _ => object_store::Error::Generic {
                store: "folder",
                source: error.into(),
            },
        })?;
        Ok(PutResult {
            e_tag: None,
            version: None,
        })
    }

    async fn put_multipart_opts(
        &self,
        location: &Key,
        options: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(location, options).await
    }

    async fn get_opts(
        &self,
        location: &Key,
        options: GetOptions,
    ) -> object_store::Result<GetResult> {
        self.0.get_opts(location, options).await
    }

    async fn get_ranges(
        &self,
        location: &Key,
        ranges: &[Range<u64>],
    ) -> object_store::Result<Vec<Bytes>> {
        self.0.get_ranges(location, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, object_store::Result<Key>>,
    ) -> BoxStream<'static, object_store::Result<Key>> {
        self.0.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Key>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.0.list(prefix).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Key>) -> object_store::Result<ListResult> {
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &Key,
        to: &Key,
        options: CopyOptions,
    ) -> object_store::Result<()> {
        self.0.copy_opts(from, to, options).await
    }
}

/// Writes beside the file first, then gives it its name.
fn put_durably(path: &Path, payload: &PutPayload, mode: &PutMode) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    make_private(folder)?;
    let mut partial = tempfile::Builder::new()
        .prefix(PARTIAL)
        .tempfile_in(folder)?;
    for bytes in payload {
        partial.write_all(bytes)?;
    }
    partial.as_file().sync_all()?;
    match mode {
        PutMode::Create => partial.persist_noclobber(path)?,
        PutMode::Overwrite => partial.persist(path)?,
        PutMode::Update(_) => return Err(io::ErrorKind::Unsupported.into()),
    };
    File::open(folder)?.sync_all()
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    make_private(folder).map_err(|error| cannot("make", folder, &error))
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| cannot("write", folder, &error))
}

pub(crate) fn cannot(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("cannot {what} `{}`: {error}", path.display()),
    )
}

fn object_error(name: &str, error: &object_store::Error) -> Error {
    Error::new(ErrorKind::Io, format!("`{name}` of the lake: {error}"))
}
