//! The API under whatever its description lets one send: `schemathesis` of PyPI, against the program that was built.
//!
//! In: `docs/openapi.json` and a server over the demo's story. Out: passed where no answer was a fault of the server.
//! Without Python or a package index it says what it leaves out. The number of questions is bounded and their seed is
//! fixed, so that two runs ask the same.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::run::{root, target};
use crate::ui::Outcome;

const PACKAGE: &str = "schemathesis==4.32.5";
/// Questions of each address and kind at most.
const EXAMPLES: &str = "5";
/// Streams of events never end: a test reads them.
const ENDLESS: [&str; 2] = ["/api/stream", "/api/events"];

pub fn test(keyline: &Path) -> anyhow::Result<Outcome> {
    let left_out = |why: &str| {
        Ok(Outcome::without(&format!(
            "the API's description tried out: {why}"
        )))
    };
    if !keyline.is_file() {
        return left_out(&format!("there is no `{}`", keyline.display()));
    }
    let Some(program) = program() else {
        return left_out("schemathesis is not there and cannot be installed");
    };
    // It keeps notes where it runs.
    let scratch = target().join("tmp");
    std::fs::create_dir_all(&scratch)?;
    let described = root().join("docs/openapi.json").display().to_string();
    let server = Server::start(keyline)?;
    let mut command = Command::new(program);
    command
        .args([
            "run",
            &described,
            "--url",
            &format!("http://{}", server.address),
        ])
        .args([
            "--checks",
            "not_a_server_error",
            "--phases",
            "examples,coverage,fuzzing",
        ])
        .args([
            "--max-examples",
            EXAMPLES,
            "--seed",
            "1",
            "--no-shrink",
            "--warnings",
            "off",
            // Its threads break Python's own parser ("AST constructor recursion depth mismatch").
            "--workers",
            "1",
        ])
        .args([
            "--header",
            "x-keyline:1",
            "--request-timeout",
            "30",
            "--max-failures",
            "5",
        ])
        .current_dir(&scratch)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    for path in ENDLESS {
        command.args(["--exclude-path", path]);
    }
    let output = command.output().context("cannot run schemathesis")?;
    let passed = output.status.success();
    if !passed {
        print!("{}", String::from_utf8_lossy(&output.stdout));
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(Outcome {
        passed: u64::from(passed),
        failed: u64::from(!passed),
        left_out: None,
    })
}

/// `st`, from the path, or installed into the build's folder for temporary files.
fn program() -> Option<PathBuf> {
    let works = |program: &Path| crate::run::has_version(&mut Command::new(program));
    let on_path = PathBuf::from("schemathesis");
    if works(&on_path) {
        return Some(on_path);
    }
    let folder = target().join("tmp/schemathesis");
    let program = folder.join("bin/schemathesis");
    if works(&program) {
        return Some(program);
    }
    let done = |command: &mut Command| {
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    };
    let installed = done(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        && done(Command::new(folder.join("bin/pip")).args(["install", "--quiet", PACKAGE]));
    (installed && works(&program)).then_some(program)
}

/// The demo's story, served to the end of the test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(keyline: &Path) -> anyhow::Result<Server> {
        let mut child = Command::new(keyline)
            .args([
                "demo",
                "--serve",
                "--listen",
                "127.0.0.1:0",
                "--no-progress",
            ])
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut said = BufReader::new(child.stderr.take().context("no output of the server")?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split('/').next());
        let Some(address) = address.map(str::to_owned) else {
            let _ = child.kill();
            bail!("the server did not say where it answers: {line}");
        };
        // Whatever else it says must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let server = Server { child, address };
        while !server.is_ready()? {
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(server)
    }

    fn is_ready(&self) -> anyhow::Result<bool> {
        let mut socket = TcpStream::connect(&self.address)?;
        let address = &self.address;
        write!(
            socket,
            "GET /api/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
        )?;
        let mut text = String::new();
        socket.read_to_string(&mut text)?;
        if text.contains("\"phase\":\"failed\"") {
            bail!("the server could not read the story: {text}");
        }
        Ok(text.contains("\"phase\":\"ready\""))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
