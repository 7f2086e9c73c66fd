//! What `keyline doctor` says of the machine: the program, the clock, the memory, the disks.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{DoctorArgs, Finding};
use crate::cli::{Context, DataArgs};
use crate::data;
use crate::sending::outbox_folder;
use crate::units::{TICKS_PER_SECOND, wall_clock_ticks};

/// No clock that is right shows less: 2026-11-01, in seconds since 1970.
const CLOCK_S_MIN: i64 = 1_793_491_200;
/// Free bytes of a disk below which something will soon not be written.
const FREE_BYTES_WARN: u64 = 2 << 30;
const FREE_BYTES_FAIL: u64 = 200 << 20;

/// The features of this build.
pub fn features() -> Vec<&'static str> {
    let features = [
        ("aws", cfg!(feature = "aws")),
        ("lake", cfg!(feature = "lake")),
    ];
    let there = features.into_iter().filter(|(_, there)| *there);
    there.map(|(name, _)| name).collect()
}

pub fn program() -> Finding {
    let version = env!("CARGO_PKG_VERSION");
    let machine = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    match features().as_slice() {
        [] => Finding::warn(
            "program",
            format!("keyline {version}, {machine}, without the features `aws` and `lake`"),
            "for a lake and for AWS: `cargo build --release -p keyline --features full` (releases have them)",
        ),
        there => Finding::ok(
            "program",
            format!(
                "keyline {version}, {machine}, features: {}",
                there.join(", ")
            ),
        ),
    }
}

pub fn clock() -> Finding {
    let now = wall_clock_ticks() / TICKS_PER_SECOND;
    let shown = Timestamp::from_second(now).unwrap_or_default();
    match now < CLOCK_S_MIN {
        false => Finding::ok("clock", format!("{shown}")),
        true => Finding::fail(
            "clock",
            format!("{shown} is before this Keyline was made"),
            "set the clock (`timedatectl set-ntp true`): what still works is counted by it",
        ),
    }
}

/// Memory, and the disks that are written to.
pub fn findings(args: &DoctorArgs, context: &Context) -> Vec<Finding> {
    let mut findings = vec![memory(context)];
    let mut places: Vec<(&str, PathBuf)> = vec![("scratch files", std::env::temp_dir())];
    if !context.config.sinks.is_empty() {
        places.push(("the outbox", outbox_folder(&context.config)));
    }
    let lake = data::lake_of(
        &[],
        &DataArgs {
            lake: args.lake.clone(),
            ..DataArgs::default()
        },
    );
    if let Some(folder) = lake.filter(|location| !location.contains("://")) {
        places.push(("the lake", PathBuf::from(folder)));
    }
    findings.extend(places.iter().map(|(what, path)| disk(what, path)));
    findings
}

fn memory(context: &Context) -> Finding {
    let wanted = match data::memory_bytes(&DataArgs::default(), context) {
        Ok(bytes) => bytes,
        Err(error) => {
            return Finding::fail("memory", format!("{error:#}"), "write for example `512MiB`");
        }
    };
    let wanted_mib = wanted >> 20;
    match memory_there() {
        None => Finding::ok("memory", format!("a run takes {wanted_mib} MiB")),
        Some(there) if wanted > there / 2 => Finding::warn(
            "memory",
            format!(
                "a run takes {wanted_mib} MiB for data of the {} MiB there are",
                there >> 20
            ),
            "name less by `memory` in the configuration: the program itself and lineage come on top",
        ),
        Some(there) => Finding::ok(
            "memory",
            format!(
                "a run takes {wanted_mib} MiB for data of the {} MiB there are",
                there >> 20
            ),
        ),
    }
}

/// The memory of this machine, or of the container around it.
fn memory_there() -> Option<u64> {
    let all = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = all.lines().find(|line| line.starts_with("MemTotal:"))?;
    let total: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    let limit = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let limit = limit.and_then(|text| text.trim().parse::<u64>().ok());
    Some(limit.unwrap_or(u64::MAX).min(total << 10))
}

fn disk(what: &str, path: &Path) -> Finding {
    // What is not there yet will be made where its folder is.
    let there = path.ancestors().find(|above| above.exists());
    let here = there.unwrap_or(Path::new("."));
    let here = if here.as_os_str().is_empty() {
        Path::new(".")
    } else {
        here
    };
    if let Err(error) = tempfile::tempfile_in(here) {
        return Finding::fail(
            "disk",
            format!("{what}: cannot write in `{}`: {error}", here.display()),
            "let the user under whom Keyline runs write there, or name another place",
        );
    }
    let Some(free) = free_bytes(here) else {
        return Finding::ok(
            "disk",
            format!("{what}: `{}` can be written", here.display()),
        );
    };
    let message = format!("{what}: {} MiB free at `{}`", free >> 20, here.display());
    match free {
        ..FREE_BYTES_FAIL => Finding::fail("disk", message, "make room: writing will fail soon"),
        FREE_BYTES_FAIL..FREE_BYTES_WARN => Finding::warn(
            "disk",
            message,
            "make room, or keep less: `keyline lake retain --days N`",
        ),
        _ => Finding::ok("disk", message),
    }
}

#[cfg(unix)]
fn free_bytes(path: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    // SAFETY: the struct holds numbers alone, for which zeros are values; the call writes into it
    // and keeps neither pointer.
    let (outcome, about) = unsafe {
        let mut about: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(path.as_ptr(), &mut about), about)
    };
    (outcome == 0).then(|| about.f_bavail.saturating_mul(about.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}
