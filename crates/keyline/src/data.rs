//! From flags and configuration to what commands work with: opened logs, allowed references, the
//! catalogue of tables.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use arrow_array::{ArrayRef, RecordBatch, StringViewArray};
use arrow_schema::{Field, Schema};
use indicatif::ProgressBar;
use keyline_engine::catalog::Catalog;
use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use keyline_lake::lineage::{Lineage, LineageTable};
use keyline_lake::{
    CacheOptions, LogOptions, Logs, Network, RawRecord, References, SessionTokens, TABLE, TABLE_AWS,
};
use keyline_lineage::Production;
use keyline_trail::{AWS_COLUMNS, COLUMNS};

use crate::cli::{Context, DataArgs, ReferenceArgs};
use crate::config::Estate;
use crate::estate_tables;
use crate::units::{TICKS_PER_SECOND, TimeBound, parse_size, parse_time_bound, wall_clock_ticks};

/// Memory that a run takes when neither flag nor configuration says otherwise.
pub const DEFAULT_MEMORY_BYTES: u64 = 512 << 20;
/// The least memory that a run takes: below it, every sort and join writes a scratch file for each handful
/// of rows, and a run over a small folder does not end in minutes.
pub const MEMORY_BYTES_MIN: u64 = 32 << 20;
/// How long a fetched reference is good for when the configuration does not say.
const DEFAULT_CACHE_AGE: Duration = Duration::from_secs(24 * 3600);
pub const TICKS_PER_MICROSECOND: i64 = 10;

pub fn memory_bytes(args: &DataArgs, context: &Context) -> Result<u64> {
    match (args.memory, &context.config.memory) {
        (Some(bytes), _) => Ok(bytes),
        (None, Some(text)) => parse_memory(text)
            .map_err(anyhow::Error::msg)
            .context("`memory` in the configuration"),
        (None, None) => Ok(DEFAULT_MEMORY_BYTES),
    }
}

/// A size of memory that a run can work with.
pub fn parse_memory(text: &str) -> Result<u64, String> {
    match parse_size(text)? {
        bytes if bytes >= MEMORY_BYTES_MIN => Ok(bytes),
        _ => Err(format!(
            "`{text}` is too little: a run takes {} MiB at least",
            MEMORY_BYTES_MIN >> 20
        )),
    }
}

/// Reading and evaluating share the memory of a run.
pub fn engine_memory_bytes(args: &DataArgs, context: &Context) -> Result<usize> {
    Ok((memory_bytes(args, context)? / 2) as usize)
}

pub fn threads(args: &DataArgs) -> usize {
    args.threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
        .max(1)
}

/// What to say where there is nothing to read.
pub const NO_LOGS: &str =
    "no logs are named: give a file, a folder, `-` for standard input, or a lake with `--lake`";

/// The lake that is read where no logs are named.
const LAKE_VARIABLE: &str = "KEYLINE_LAKE";

/// Which lake is read: the one of the flag; where nothing is named, that of `KEYLINE_LAKE`, or the one that lies
/// where a lake lies by default.
pub fn lake_of(paths: &[PathBuf], args: &DataArgs) -> Option<String> {
    if args.lake.is_some() || !paths.is_empty() || !args.data.is_empty() {
        return args.lake.clone();
    }
    let named = std::env::var(LAKE_VARIABLE).ok();
    named
        .filter(|location| !location.is_empty())
        .or_else(lake::by_default)
}

/// The lake that is written to when no flag names one.
#[cfg(feature = "lake")]
pub fn lake_to_write(flag: &Option<String>) -> String {
    let named = || std::env::var(LAKE_VARIABLE).ok();
    flag.clone()
        .or_else(|| named().filter(|location| !location.is_empty()))
        .unwrap_or_else(|| keyline_lake::delta::DEFAULT_LOCATION.to_owned())
}

/// What is read, in words.
pub fn named_logs(args: &DataArgs) -> String {
    let paths = args.data.iter().map(|path| path.display().to_string());
    let paths: Vec<String> = paths.collect();
    match lake_of(&[], args) {
        Some(location) => format!("the lake {location}"),
        None => paths.join(", "),
    }
}

/// Whether there is anything to read.
pub fn names_logs(paths: &[PathBuf], args: &DataArgs) -> bool {
    !paths.is_empty() || !args.data.is_empty() || lake_of(paths, args).is_some()
}

#[cfg(feature = "lake")]
mod lake {
    use keyline_lake::delta::{DEFAULT_LOCATION, Lake};
    use keyline_lake::{LogOptions, Logs};

    pub fn by_default() -> Option<String> {
        Lake::is_at(DEFAULT_LOCATION).then(|| DEFAULT_LOCATION.to_owned())
    }

    pub fn open(location: &str, options: LogOptions) -> anyhow::Result<Logs> {
        Ok(Lake::open(location)?.logs(options)?)
    }
}

#[cfg(not(feature = "lake"))]
mod lake {
    use keyline_lake::{LogOptions, Logs};

    pub fn by_default() -> Option<String> {
        None
    }

    pub fn open(_: &str, _: LogOptions) -> anyhow::Result<Logs> {
        anyhow::bail!(super::NO_LAKE)
    }
}

/// What a build says that cannot open a lake.
#[cfg(not(feature = "lake"))]
pub const NO_LAKE: &str = "this build knows no lake; one that does is built with \
    `cargo build --release -p keyline --features lake` (releases have it)";

/// Finds and opens the logs; nothing is read yet.
pub fn open_logs(
    paths: &[PathBuf],
    args: &DataArgs,
    raw_record: RawRecord,
    context: &Context,
) -> Result<(Logs, ProgressBar)> {
    let mut paths = paths.to_vec();
    paths.extend(args.data.iter().cloned());
    let location = lake_of(&paths, args);
    if paths.is_empty() && location.is_none() {
        bail!(NO_LOGS);
    }
    if location.is_some() && !paths.is_empty() {
        bail!(
            "logs and a lake cannot be read together: `keyline ingest` takes the logs into the lake"
        );
    }
    let now = wall_clock_ticks();
    let bound = |bound: Option<TimeBound>| {
        bound.map(|bound| bound.resolve(args.as_of.unwrap_or(now)) / TICKS_PER_MICROSECOND)
    };
    let (since, until) = (bound(args.since), bound(args.until));
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        bail!("`--since` is later than `--until`, so that nothing lies between them");
    }
    let bar = context.printer.bar(
        0,
        "{msg} {wide_bar} {pos}/{len} files, {elapsed}, {eta} left",
    );
    bar.set_message("reading");
    let shown = bar.clone();
    let options = LogOptions {
        threads: threads(args),
        memory_bytes: memory_bytes(args, context)? / 2,
        session_tokens: if args.keep_session_tokens {
            SessionTokens::Keep
        } else {
            SessionTokens::Hash
        },
        raw_record,
        since,
        until,
        now: Some(now / TICKS_PER_MICROSECOND),
        scratch_folder: None,
        progress: Some(Arc::new(move |progress: keyline_lake::Progress| {
            shown.set_length(progress.files_total);
            shown.set_position(progress.files);
        })),
    };
    let logs = match location {
        Some(location) => lake::open(&location, options)?,
        None => Logs::open(&paths, options)?,
    };
    Ok((logs, bar))
}

/// What `externaldata` may open.
pub fn references(args: &ReferenceArgs, context: &Context) -> Result<References> {
    let config = &context.config;
    let mut map: Vec<(String, PathBuf)> = args.references.clone();
    map.extend(
        config
            .references
            .iter()
            .map(|(url, path)| (url.clone(), path.clone())),
    );
    for (url, path) in &map {
        if !path.is_file() {
            bail!(
                "the reference for `{url}`, `{}`, is not a file",
                path.display()
            );
        }
    }
    let mut allowed = args.allow_url.clone();
    allowed.extend(config.fetch.allow_urls.iter().cloned());
    let network = if args.offline || config.fetch.offline {
        Network::Offline
    } else {
        Network::Online
    };
    Ok(References::new(map, &allowed, network, cache(context)?)?)
}

/// Fetched references are kept below the user's cache folder.
fn cache(context: &Context) -> Result<Option<CacheOptions>> {
    let age_max = match &context.config.fetch.cache_age {
        None => DEFAULT_CACHE_AGE,
        Some(text) => match parse_time_bound(text).map_err(anyhow::Error::msg)? {
            TimeBound::Back(ticks) => Duration::from_secs((ticks / TICKS_PER_SECOND) as u64),
            TimeBound::At(_) => bail!("`cache_age` in the configuration is no span such as `24h`"),
        },
    };
    let home = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    Ok(home.map(|home| CacheOptions {
        folder: home.join("keyline").join("references"),
        age_max,
    }))
}

/// The watchlists of flags and configuration, by alias.
pub fn watchlists(args: &ReferenceArgs, context: &Context) -> Vec<(String, PathBuf)> {
    let mut all = args.watchlist.clone();
    all.extend(
        context
            .config
            .watchlists
            .iter()
            .map(|(alias, path)| (alias.clone(), path.clone())),
    );
    all
}

/// The engine asks for references as bytes or a reason.
pub struct EngineReferences(pub References);

impl keyline_engine::References for EngineReferences {
    fn fetch(&self, uri: &str) -> Result<Vec<u8>, String> {
        self.0
            .open(uri)
            .map(|reference| reference.bytes)
            .map_err(|error| error.to_string())
    }
}

/// The tables that Sentinel has and the data at hand has not, all empty.
pub fn empty_catalog() -> Result<Catalog> {
    let mut catalog = Catalog::new();
    for table in keyline_lake::known_tables() {
        let columns = kql_columns(table.columns.iter().map(|c| (c.name, c.kql_type)));
        catalog.add(table.name, columns, table.provider());
    }
    for (name, specs) in [(TABLE, COLUMNS), (TABLE_AWS, &COLUMNS[..AWS_COLUMNS])] {
        let columns = kql_columns(specs.iter().map(|spec| (spec.name, spec.kql.name())));
        let fields: Vec<Field> = specs
            .iter()
            .map(|spec| Field::new(spec.name, spec.kql.arrow(), true))
            .collect();
        catalog.add_empty(name, columns, Arc::new(Schema::new(fields)));
    }
    add_lineage(&mut catalog, keyline_lake::lineage::empty_tables()?);
    Ok(catalog)
}

fn add_lineage(catalog: &mut Catalog, tables: Vec<LineageTable>) {
    for table in tables {
        let columns = kql_columns(table.columns.iter().map(|c| (c.name, c.kql_type)));
        catalog.add(table.name, columns, table.provider);
    }
}

/// What `[estate]` says is production, and in which units accounts lie.
pub fn production(estate: &Estate) -> Production {
    let accounts = estate.accounts.iter();
    let in_units = accounts.clone().filter(|account| !account.ou.is_empty());
    Production {
        accounts: accounts
            .filter(|account| account.production)
            .map(|account| account.id.clone())
            .collect(),
        assets: estate.production_assets.clone(),
        units: in_units
            .map(|account| (account.id.clone(), account.ou.clone()))
            .collect(),
    }
}

/// The tables that need no logs: the empty ones, the estate's, the watchlists.
pub fn without_logs(watchlists: &[(String, PathBuf)], estate: &Estate) -> Result<Catalog> {
    let mut catalog = empty_catalog()?;
    estate_tables::add(&mut catalog, estate)?;
    for (alias, path) in watchlists {
        add_watchlist(&mut catalog, alias, path)?;
    }
    Ok(catalog)
}

/// What rules and queries are checked against when there are no logs: every table, all empty.
pub fn for_checks(args: &ReferenceArgs, context: &Context) -> Result<Catalog> {
    without_logs(&watchlists(args, context), &context.config.estate)
}

/// All tables: those of the logs and those that need none.
pub fn catalog(
    logs: &Logs,
    lineage: &Lineage,
    watchlists: &[(String, PathBuf)],
    estate: &Estate,
) -> Result<Catalog> {
    let mut catalog = without_logs(watchlists, estate)?;
    let columns = |schema: &Schema| {
        let kept = COLUMNS
            .iter()
            .filter(|spec| schema.field_with_name(spec.name).is_ok());
        kql_columns(kept.map(|spec| (spec.name, spec.kql.name())))
    };
    #[cfg(feature = "lake")]
    for table in logs.stored_tables() {
        let columns = table
            .columns
            .iter()
            .map(|(name, kql)| (name.as_str(), *kql));
        catalog.add(&table.name, kql_columns(columns), table.provider.clone());
    }
    let (all, sentinel) = (logs.table()?, logs.sentinel_table()?);
    let of_lineage = lineage.tables(&all)?;
    // What was kept of it, and is as new as the events, need not be made again.
    #[cfg(feature = "lake")]
    let of_lineage = {
        let mut left = of_lineage;
        for kept in logs.kept_lineage(&production(estate)) {
            left.retain(|table| table.name != kept.name);
        }
        left
    };
    add_lineage(&mut catalog, of_lineage);
    catalog.add(TABLE, columns(&all.schema()), all);
    catalog.add(TABLE_AWS, columns(&sentinel.schema()), sentinel);
    Ok(catalog)
}

fn kql_columns<'a>(columns: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Column> {
    columns
        .map(|(name, kql)| {
            let ty = Type::from_name(kql).expect("every type of the log schema is one of KQL");
            Column::new(name, ty)
        })
        .collect()
}

/// A watchlist is a CSV file with a header; all its columns are text, and each row is found by its
/// first column as `SearchKey`, as in Sentinel when no other key was chosen.
fn add_watchlist(catalog: &mut Catalog, alias: &str, path: &Path) -> Result<()> {
    let naming = || format!("the watchlist `{alias}`, `{}`", path.display());
    let mut reader = csv::Reader::from_path(path).with_context(naming)?;
    let headers: Vec<String> = reader
        .headers()
        .with_context(naming)?
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    let mut cells: Vec<Vec<String>> = vec![Vec::new(); headers.len()];
    for record in reader.records() {
        let record = record.with_context(naming)?;
        for (column, cell) in cells.iter_mut().zip(record.iter()) {
            column.push(cell.to_owned());
        }
    }
    let mut arrays: Vec<(String, ArrayRef)> = Vec::new();
    if let Some(first) = cells.first()
        && !headers.iter().any(|name| name == "SearchKey")
    {
        let keys = StringViewArray::from_iter_values(first);
        arrays.push(("SearchKey".to_owned(), Arc::new(keys)));
    }
    for (name, column) in headers.into_iter().zip(cells) {
        arrays.push((name, Arc::new(StringViewArray::from_iter_values(column))));
    }
    let batch = RecordBatch::try_from_iter(arrays).with_context(naming)?;
    catalog.add_watchlist_batch(alias, batch)?;
    Ok(())
}
