//! Plans carried out by the command, against an emulator of AWS on the loopback address: approved, run, verified,
//! undone; killed between any two calls and run again; read from accounts before.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::emulator::{Moto, between, moto};
use crate::support::{Folder, Output};

const STORY: &str = "by-the-same-token";

/// A story whose users, keys and roles the emulator has, and the plan for it.
struct Scene {
    folder: Folder,
    moto: Moto,
    plan: Value,
    /// Access keys of the emulator by account, for looking.
    account: String,
    hand: String,
    user: String,
}

impl Scene {
    /// `None` without an emulator.
    fn new() -> Option<Scene> {
        let moto = moto()?;
        let folder = Folder::new();
        folder
            .line(&format!("simulate {STORY} --seed 1 --out story"))
            .expect(0);
        let truth = std::fs::read_to_string(folder.path().join("story/truth.json")).unwrap();
        let truth: Value = serde_json::from_str(&truth).unwrap();
        let stolen = truth["access_key_id"].as_str().unwrap();
        let told = plan(&folder, "story/AWSLogs", stolen);
        let mut scene = Scene {
            folder,
            moto,
            plan: told,
            account: String::new(),
            hand: String::new(),
            user: String::new(),
        };
        let keys = scene.furnish();
        let key = keys
            .iter()
            .find(|(told, _)| told == stolen)
            .unwrap()
            .1
            .clone();
        let logs = retell(scene.folder.path(), &keys);
        scene.plan = plan(&scene.folder, &logs, &key);
        Some(scene)
    }

    /// Makes in the emulator what the plan changes. Out come the keys as told and as the emulator names them.
    fn furnish(&mut self) -> Vec<(String, String)> {
        let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
        let mut keys: Vec<(String, String)> = Vec::new();
        let mut made: Vec<String> = Vec::new();
        for step in self.plan["steps"].as_array().unwrap().clone() {
            let Some(account) = step["account"]
                .as_str()
                .filter(|_| step["by_hand"] == false)
            else {
                continue;
            };
            let hand = self.moto.enter(account);
            let named = |name: &str| step["params"][name].as_str().map(str::to_owned);
            if let Some(role) = named("role_name").filter(|role| !made.contains(role)) {
                let params = [
                    ("RoleName", role.as_str()),
                    ("AssumeRolePolicyDocument", trust),
                ];
                self.moto.iam_as(&hand, "CreateRole", &params);
                made.push(role);
            }
            let Some(user) = named("user_name") else {
                continue;
            };
            if !made.contains(&user) {
                self.moto
                    .iam_as(&hand, "CreateUser", &[("UserName", &user)]);
                made.push(user.clone());
                (self.account, self.hand, self.user) =
                    (account.to_owned(), hand.clone(), user.clone());
            }
            let Some(told) = named("access_key_id") else {
                continue;
            };
            if keys.iter().all(|(known, _)| *known != told) {
                let answer = self
                    .moto
                    .iam_as(&hand, "CreateAccessKey", &[("UserName", &user)]);
                keys.push((told, between(&answer, "<AccessKeyId>", "<").to_owned()));
            }
        }
        keys
    }

    fn id(&self) -> &str {
        self.plan["plan_id"].as_str().unwrap()
    }

    fn hash(&self) -> &str {
        self.plan["hash"].as_str().unwrap()
    }

    fn journal(&self) -> PathBuf {
        let name = format!("keyline-plans/{}.journal", self.id());
        self.folder.path().join(name)
    }

    fn run_words(&self) -> Vec<String> {
        let words = format!(
            "contain run {} --approve {} --looks 0 --source-identity mara {}",
            self.id(),
            self.hash(),
            self.entry()
        );
        words.split_whitespace().map(str::to_owned).collect()
    }

    fn entry(&self) -> String {
        format!(
            "--assume-role arn:aws:iam::{{account}}:role/responder --endpoint-url {}",
            self.moto.endpoint
        )
    }

    fn run(&self) -> Output {
        let words = self.run_words();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.folder.run(&words, b"")
    }

    fn spawn(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_keyline"))
            .args(self.run_words())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal()).unwrap_or_default();
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let lines = text[..whole].lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// How many of the user's keys are active.
    fn active_keys(&self) -> usize {
        let listed = self
            .moto
            .iam_as(&self.hand, "ListAccessKeys", &[("UserName", &self.user)]);
        listed.matches("<Status>Active<").count()
    }

    fn policies(&self) -> String {
        self.moto
            .iam_as(&self.hand, "ListUserPolicies", &[("UserName", &self.user)])
    }
}

/// Made while the key that was stolen first still works.
fn plan(folder: &Folder, logs: &str, key: &str) -> Value {
    let then = "2026-10-14T13:05:00Z";
    let words = format!("contain plan {key} --data {logs} --as-of {then} --save -o json");
    folder.line(&words).expect(0).json()
}

/// The story's logs with the keys that the emulator gave out; it takes no wishes.
fn retell(folder: &Path, keys: &[(String, String)]) -> String {
    let told = folder.join("told");
    std::fs::create_dir(&told).unwrap();
    let mut waiting = vec![folder.join("story/AWSLogs")];
    let mut number = 0;
    while let Some(place) = waiting.pop() {
        if place.is_dir() {
            let entries = std::fs::read_dir(place).unwrap();
            waiting.extend(entries.map(|entry| entry.unwrap().path()));
            continue;
        }
        let mut text =
            std::io::read_to_string(GzDecoder::new(File::open(&place).unwrap())).unwrap();
        for (old, new) in keys {
            text = text.replace(old, new);
        }
        number += 1;
        std::fs::write(told.join(format!("{number}.json")), text).unwrap();
    }
    "told".to_owned()
}

#[test]
fn a_plan_is_approved_run_verified_and_undone_by_the_command() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (folder, entry) = (&scene.folder, scene.entry());
    let id = scene.id();
    assert!(scene.active_keys() >= 2);
    for wrong in ["", "f00d", id] {
        let words = format!("contain run {id} --approve={wrong} {entry}");
        folder.line(&words).expect(1).says(&["read it again"]);
    }
    // What was not approved leaves no journal that says so.
    assert!(!Path::new(&scene.journal()).exists());
    assert_eq!(scene.active_keys(), 2);
    let done = scene.run().expect(0);
    assert!(done.stdout.contains("0 failed"), "{}", done.stdout);
    assert_eq!(scene.active_keys(), 0);
    assert!(scene.policies().contains("Keyline-deny"));
    folder
        .line(&format!("contain verify {id} {entry}"))
        .expect(0);
    let again = scene.run().expect(0);
    assert!(again.stdout.contains("\n0 done,"), "{}", again.stdout);

    // Another run has the journal: two at once would each take what the other does for what was there before.
    let held = File::open(scene.journal()).unwrap();
    held.lock().unwrap();
    scene.run().expect(1).says(&["another run has it open"]);
    drop(held);

    // A control that is gone is seen, and laid on again by nobody but a run.
    let policy = between(&scene.policies(), "<member>", "<").to_owned();
    let named = [("UserName", scene.user.as_str()), ("PolicyName", &policy)];
    scene.moto.iam_as(&scene.hand, "DeleteUserPolicy", &named);
    folder
        .line(&format!("contain verify {id} {entry}"))
        .expect(3);

    let steps = scene.plan["steps"].as_array().unwrap();
    let step = |kind: &str| {
        let step = steps.iter().find(|step| step["kind"] == kind).unwrap();
        step["id"].as_str().unwrap()
    };
    folder
        .line(&format!(
            "contain undo {id} --step {} {entry}",
            step("deny-all-on-user")
        ))
        .expect(1)
        .says(&["they would work again"]);
    let reversible = steps
        .iter()
        .find(|step| step["kind"] == "deactivate-access-key" && step["reversible"] == true);
    let key = reversible.unwrap()["id"].as_str().unwrap();
    // It is the stolen one: whoever stole it has it still.
    folder
        .line(&format!("contain undo {id} --step {key} {entry}"))
        .expect(1)
        .says(&["in the thief's hands"]);
    folder
        .line(&format!("contain undo {id} --step {key} --force {entry}"))
        .expect(0);
    assert_eq!(scene.active_keys(), 1);
    // It works, under the denial: that is seen by name.
    let seen = folder
        .line(&format!("contain verify {id} {entry}"))
        .expect(3);
    assert!(seen.stdout.contains("is active"), "{}", seen.stdout);
    folder
        .line(&format!("contain undo {id} --step {key} {entry}"))
        .expect(1)
        .says(&["was not done"]);

    // A journal with one letter changed is not gone on with.
    let text = std::fs::read_to_string(scene.journal()).unwrap();
    std::fs::write(scene.journal(), text.replacen("Inactive", "Active", 1)).unwrap();
    scene.run().expect(1).says(&["a line was altered"]);
}

#[test]
fn a_run_that_is_killed_between_any_two_calls_goes_on_and_does_nothing_twice() {
    let Some(scene) = Scene::new() else {
        return;
    };
    // Killed again and again, each time a few lines further, until a run is through.
    let mut kills = 0;
    let mut seen = 0;
    loop {
        let mut child = scene.spawn();
        let through = loop {
            if child.try_wait().unwrap().is_some() {
                break true;
            }
            if scene.lines().len() > seen {
                break false;
            }
            std::thread::park_timeout(Duration::from_millis(1));
        };
        let _ = child.kill();
        child.wait().unwrap();
        if through {
            break;
        }
        kills += 1;
        seen = scene.lines().len();
    }
    assert!(kills >= 8, "{kills}");
    let last = scene.run().expect(0);
    assert!(last.stdout.contains("\n0 done,"), "{}", last.stdout);
    let lines = scene.lines();
    for step in scene.plan["steps"].as_array().unwrap() {
        let of_step = |event: &str| {
            let lines = lines.iter();
            lines
                .filter(|line| line["step"] == step["id"] && line["event"] == event)
                .count()
        };
        assert!(of_step("done") <= 1, "{}", step["id"]);
        // A call that was begun and not ended was looked up and found to be made, or made then.
        let ended = of_step("done") + of_step("already-done");
        assert!(of_step("begin") == 0 || ended == 1, "{}", step["id"]);
    }
    assert_eq!(scene.active_keys(), 0);
    scene
        .folder
        .line(&format!("contain verify {} {}", scene.id(), scene.entry()))
        .expect(0);
}

#[test]
fn an_account_is_read_into_a_bundle_that_plans_take() {
    let Some(scene) = Scene::new() else {
        return;
    };
    let (folder, entry, account) = (&scene.folder, scene.entry(), &scene.account);
    let read = format!("contain inspect {account} --out bundle {entry}");
    folder
        .line(&read)
        .expect(0)
        .says(&["the bundle is in `bundle`"]);
    let bundle = folder.path().join("bundle");
    let report = std::fs::read_to_string(bundle.join("report.md")).unwrap();
    assert!(report.contains(&format!("# Account {account}")), "{report}");
    assert!(report.contains("has 2 active keys"), "{report}");
    let checked = Command::new("sha256sum")
        .args(["-c", "--quiet", "SHA256SUMS"])
        .current_dir(&bundle)
        .status();
    assert!(checked.is_ok_and(|status| status.success()));
    // Nothing is written over.
    folder
        .line(&read)
        .expect(1)
        .says(&["cannot write the bundle"]);
    let arn = format!("arn:aws:iam::{account}:user/{}", scene.user);
    let one = folder
        .line(&format!("contain inspect {arn} {entry}"))
        .expect(0)
        .json();
    assert_eq!(one["accounts"][0]["only"], arn.as_str());
    assert_eq!(one["accounts"][0]["users"].as_array().unwrap().len(), 1);
    folder
        .line(&format!("contain inspect nobody {entry}"))
        .expect(1)
        .says(&["neither an account's number"]);
    let target = scene.plan["target"].as_str().unwrap();
    let planned = folder
        .line(&format!(
            "contain plan {target} --data told --inventory bundle/inventory.json -o json"
        ))
        .expect(0)
        .json();
    let notes = planned["notes"].to_string();
    assert!(!notes.contains("were not looked up"), "{notes}");
}
