//! The lake by its commands: filled, asked, cut off at any instant, and read by other programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::python;
use crate::support::{Folder, three_events};

/// How often commands are killed, unless `KEYLINE_KILLS` says otherwise.
const KILLS: u64 = 20;
/// So often it is looked, a thousandth of a second apart at least, before what stands still is killed all the same.
const QUIET: u32 = 5000;

#[test]
fn logs_are_taken_in_and_every_command_reads_them() {
    let folder = Folder::new();
    folder
        .line("simulate by-the-same-token --out logs")
        .expect(0);
    let first = folder.line("ingest logs --lake lake").expect(0);
    assert!(first.stdout.contains("events added"), "{}", first.stdout);
    folder
        .line("ingest logs --lake lake")
        .expect(0)
        .says(&["coverage: 0 files"]);
    // Where nothing is named, the lake that lies where lakes lie.
    std::fs::rename(
        folder.path().join("lake"),
        folder.path().join("keyline-lake"),
    )
    .unwrap();
    let both = |line: &str| {
        let lake = folder.line(line).expect(0).stdout;
        let logs = folder.line(&format!("{line} --data logs")).expect(0).stdout;
        (lake, logs)
    };
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/exfiltration");
    let hunt = format!(
        "hunt -o jsonl --no-builtin-rules --rules {}",
        rules.display()
    );
    let (lake, logs) = both(&hunt);
    assert_eq!(lake, logs);
    let credentials = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        value["credentials"].clone()
    };
    let (lake, logs) = both("lineage -o json");
    assert_eq!(credentials(&lake), credentials(&logs));
    // Alerts are kept once, and rules can ask for them.
    let alerts = lake_lines(&folder, &format!("{hunt} --save"));
    assert!(alerts > 0);
    folder
        .line(&format!("{hunt} --save"))
        .expect(0)
        .says(&["0 alerts saved"]);
    for table in ["SecurityAlert", "KeylineAlert"] {
        let rows = folder
            .line(&format!("query {table}|count -o csv"))
            .expect(0);
        assert_eq!(rows.stdout, format!("Count\n{alerts}\n"));
    }
    let info = folder.line("lake info -o json").expect(0).json();
    assert_eq!(info["schema"], "keyline.lake-info/1");
    assert_eq!(info["ledger"]["batches"], info["ledger"]["committed"]);
    let count = "query CloudTrail|count -o csv";
    let before = folder.line(count).expect(0).stdout;
    folder.line("lake compact").expect(0);
    assert_eq!(folder.line(count).expect(0).stdout, before);
    folder.line("lake verify").expect(0);
    folder
        .line("lake retain --days 0 --as-of 2030-01-01")
        .expect(0);
    assert_eq!(folder.line(count).expect(0).stdout, "Count\n0\n");
    folder
        .line("lake vacuum --hours 1")
        .expect(1)
        .says(&["`--force`"]);
}

fn lake_lines(folder: &Folder, line: &str) -> usize {
    folder.line(line).expect(0).stdout.lines().count()
}

#[test]
fn what_is_missing_is_said() {
    let folder = Folder::new();
    folder.write("a.json", three_events());
    folder
        .line("lake info --lake nowhere")
        .expect(1)
        .says(&["there is no lake at", "keyline ingest"]);
    folder
        .line("hunt a.json --lake lake")
        .expect(1)
        .says(&["cannot be read together"]);
    folder
        .line("hunt")
        .expect(2)
        .says(&["no logs are named", "--lake"]);
    folder.line("ingest a.json --lake lake").expect(0);
    folder
        .run(
            &["ingest", "-", "--lake", "lake"],
            three_events().as_bytes(),
        )
        .expect(0)
        .says(&["3 duplicates"]);
}

#[test]
fn commands_that_are_killed_lose_nothing_and_double_nothing() {
    let kills: u64 = std::env::var("KEYLINE_KILLS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(KILLS);
    let folder = Folder::new();
    folder
        .line("simulate by-the-same-token role-chain-over-accounts --out logs")
        .expect(0);
    let mut files = Vec::new();
    collect(&folder.path().join("logs"), &mut files);
    // Each file again under another name, so that copies have to be recognised across kills.
    for (number, file) in files.clone().iter().enumerate() {
        let copy = folder.path().join(format!("copies/{number}.json.gz"));
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(file, &copy).unwrap();
        files.push(copy);
    }
    folder.line("ingest logs --lake undisturbed").expect(0);
    let lake = folder.path().join("lake");
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut killed = 0;
    let chunk = files.len().div_ceil(12);
    for (round, files) in files.chunks(chunk).enumerate() {
        let mut ingest = vec!["ingest".to_owned(), "--lake".to_owned(), "lake".to_owned()];
        ingest.extend(files.iter().map(|file| file.display().to_string()));
        let compact = ["lake", "compact", "--lake", "lake"]
            .map(str::to_owned)
            .to_vec();
        for command in [ingest, compact] {
            if round == 0 && command[0] == "lake" {
                continue;
            }
            for _ in 0..kills.div_ceil(20) {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                killed += u64::from(cut_off(&folder, &command, &[], &lake, (random >> 33) % 9));
            }
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            folder.run(&words, b"").expect(0);
        }
    }
    assert!(killed * 4 > kills, "killed {killed} times only");
    eprintln!("killed {killed} times");
    folder.line("lake verify --lake lake").expect(0);
    let rows = |lake: &str| {
        let query = "CloudTrail | sort by AwsEventId asc, EventName asc";
        folder
            .run(&["query", query, "-o", "csv", "--lake", lake], b"")
            .expect(0)
            .stdout
    };
    assert_eq!(rows("lake"), rows("undisturbed"));
}

/// Starts a command and kills it as soon as so many things were made, renamed or removed in the lake, or
/// nothing is for a while; whether it was still alive.
pub fn cut_off(
    folder: &Folder,
    command: &[String],
    environment: &[(&str, String)],
    lake: &Path,
    changes: u64,
) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_keyline"))
        .args(command)
        .envs(environment.iter().cloned())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut seen = Vec::new();
    collect(lake, &mut seen);
    let (mut met, mut quiet) = (0, 0);
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        let mut now = Vec::new();
        collect(lake, &mut now);
        quiet += 1;
        if now != seen {
            (met, quiet) = (met + 1, 0);
            seen = now;
        }
        if met > changes || quiet > QUIET {
            // On Unix this is SIGKILL.
            child.kill().unwrap();
            child.wait().unwrap();
            return true;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

pub fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}

/// The same in a bucket, of an emulator of S3.
#[cfg(feature = "aws")]
#[test]
fn a_lake_lies_in_a_bucket_as_well() {
    let Some(moto) = crate::emulator::moto() else {
        return;
    };
    moto.rest("PUT", "/a-bucket", "s3", "");
    let folder = Folder::new();
    folder
        .line("simulate by-the-same-token --out logs")
        .expect(0);
    let run = |line: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_keyline"))
            .args(line.split_whitespace())
            .args(["--lake", "s3://a-bucket/some/lake"])
            .current_dir(folder.path())
            .env("XDG_CACHE_HOME", folder.path().join("cache"))
            .env("AWS_ENDPOINT_URL", &moto.endpoint)
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "made-up")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    };
    let first = run("ingest logs");
    assert!(first.starts_with("s3://a-bucket/some/lake: "), "{first}");
    assert!(run("ingest logs").contains(": 0 events added"));
    let count = folder.line("query CloudTrail|count -o csv --data logs");
    let count = count.expect(0).stdout;
    assert_eq!(run("query CloudTrail|count -o csv"), count);
    // Nothing is known but what the bucket holds.
    std::fs::remove_dir_all(folder.path().join("cache")).unwrap();
    run("lake compact");
    assert_eq!(run("query CloudTrail|count -o csv"), count);
    run("lake verify");
    run("lake vacuum --hours 0 --force");
    std::fs::remove_dir_all(folder.path().join("cache")).unwrap();
    assert_eq!(run("query CloudTrail|count -o csv"), count);
}

#[test]
fn other_programs_read_the_tables() {
    let Some(python) = python() else {
        eprintln!("left out: `deltalake` and `duckdb` are not there and cannot be installed");
        return;
    };
    let folder = Folder::new();
    folder
        .line("simulate by-the-same-token --out logs")
        .expect(0);
    folder.write("logs/broken.jsonl", "not json\n");
    folder.line("ingest logs --lake lake").expect(0);
    // What was done about a credential, as a run and a server write it down.
    let deed = r#""at":"2026-03-01T00:00:00Z","#;
    folder.write(
        "keyline-plans/0123456789ab.journal",
        format!("{{{deed}\"plan\":\"0123456789abcdef\",\"event\":\"done\",\"step\":\"s1\"}}\n"),
    );
    folder.write(
        "keyline-audit.jsonl",
        format!("{{{deed}\"who\":\"mara\",\"what\":\"plan-run\",\"on\":\"0123456789ab\"}}\n"),
    );
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/exfiltration");
    let watch = format!(
        "serve --lake lake --no-ui --once --no-builtin-rules --rules {}",
        rules.display()
    );
    for _ in 0..2 {
        folder.line(&watch).expect(0);
    }
    let asked = "ContainmentAudit | sort by Source asc | project Source, Who, Event, PlanId, Step";
    let asked = folder.run(&["query", asked, "--lake", "lake", "-o", "csv"], b"");
    assert_eq!(
        asked.expect(0).stdout,
        "Source,Who,Event,PlanId,Step\njournal,,done,0123456789ab,s1\nserver,mara,plan-run,0123456789ab,\n"
    );
    let tables = folder
        .line("lake tables --lake lake -o json")
        .expect(0)
        .json();
    folder.line("lake compact --lake lake").expect(0);
    let script = "\
import json, sys, deltalake, duckdb
for name in sys.argv[2:]:
    table = deltalake.DeltaTable(sys.argv[1] + '/' + name)
    files = table.file_uris()
    duck = duckdb.sql('select count(*) from read_parquet($1)', params=[files]).fetchall()[0][0]
    dataset = table.to_pyarrow_dataset()
    over = duckdb.sql('select count(*) from dataset').fetchall()[0][0]
    print(json.dumps([name, table.to_pyarrow_table().num_rows, duck, over]))
";
    let lake = folder.path().join("lake");
    let names: Vec<String> = tables["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| table["name"].as_str().unwrap().to_owned())
        .collect();
    for expected in [
        "CloudTrail",
        "ContainmentAudit",
        "Credential",
        "CredentialAlias",
        "CredentialEdge",
        "CredentialUse",
        "DeadLetter",
        "Health",
        "KeylineAlert",
        "KeylineIncident",
        "SecurityAlert",
        "SecurityIncident",
    ] {
        assert!(names.iter().any(|name| name == expected), "{names:?}");
    }
    let output = Command::new(python)
        .args(["-c", script])
        .arg(&lake)
        .args(&names)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let expected: Vec<String> = tables["tables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| {
            let rows = &table["rows"];
            format!("[{}, {rows}, {rows}, {rows}]", table["name"])
        })
        .collect();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text.trim_end(), expected.join("\n"), "{errors}");
}

/// A Python that has both packages; they are installed into the build's folder for temporary files.
fn python() -> Option<PathBuf> {
    let packages = ["deltalake", "duckdb", "pyarrow"];
    let programs = python::installed("delta-peers", &packages, |programs| {
        let mut import = Command::new(programs.join("python"));
        import.args(["-c", "import deltalake, duckdb, pyarrow.dataset"]);
        import
    })?;
    Some(programs.join("python"))
}
