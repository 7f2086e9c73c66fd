//! The plan on paper: JSON as promised, Markdown, and a script that a shell understands.

use std::io::Write;
use std::process::{Command, Stdio};

use keyline_contain::action::{self, Responder};
use keyline_contain::{ErrorKind, Plan, permissions};
use keyline_trail::partition::Partition;
use serde_json::{Value, json};

use crate::guards::event;
use crate::world::*;

fn stolen_key_and_role() -> Plan {
    let stolen = key("cr-key", OURS, "alice");
    let role = from(&stolen, session("cr-role", OTHER, "Admin", "x"));
    let forest = forest(&[stolen, role]);
    Ask::of(&forest, "AKIACRKEY").plan()
}

#[test]
fn json_has_the_promised_members_and_the_hash_of_its_content() {
    let plan = stolen_key_and_role();
    let value = plan.to_json();
    assert_eq!(value["schema"], "keyline.plan/1");
    assert_eq!(value["plan_id"].as_str().unwrap(), &plan.hash[..12]);
    assert_eq!(value["target"], "AKIACRKEY");
    let promised = [
        "id",
        "account",
        "region",
        "service",
        "action",
        "params",
        "credential",
        "why",
        "stops",
        "breaks",
        "reversible",
        "undo",
        "requires",
        "depends_on",
        "precheck",
        "verify",
        "needs_confirmation",
    ];
    for step in value["steps"].as_array().unwrap() {
        for name in promised {
            assert!(step.get(name).is_some(), "{name} in {step}");
        }
    }
    let mut changed = value.clone();
    changed["steps"][1]["params"]["user_name"] = json!("bob");
    let error = Plan::from_json(&changed.to_string()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::HashMismatch);
    let mut later = value;
    later["made_at"] = json!("2030-01-01T00:00:00Z");
    assert_eq!(Plan::from_json(&later.to_string()).unwrap().hash, plan.hash);
}

#[test]
fn credentials_are_called_by_what_other_tools_call_them() {
    let stolen = key("cr-key", OURS, "alice");
    let mut token = from(&stolen, token("cr-token", OURS, "alice"));
    token.access_key_ids = vec!["ASIATOKEN".to_owned()];
    let mut role = from(&token, session("cr-role", OTHER, "Admin", "x"));
    role.minted_key_id = Some("ASIAROLE".to_owned());
    let all = [
        stolen.clone(),
        token,
        role,
        from(&stolen, federated("cr-fed", OURS, "alice", "report")),
        from(&stolen, password("cr-pass", OURS, "bob")),
    ];
    let forest = forest(&all);
    let plan = Ask::of(&forest, "cr-key").plan();
    for (id, what, ends) in [
        (
            "cr-key",
            "access key AKIACRKEY of alice in 111122223333",
            false,
        ),
        (
            "cr-token",
            "session token ASIATOKEN of alice in 111122223333",
            true,
        ),
        (
            "cr-role",
            "session x of role Admin in 444455556666 (ASIAROLE)",
            true,
        ),
        (
            "cr-fed",
            "federation token report of alice in 111122223333",
            true,
        ),
        ("cr-pass", "password of bob in 111122223333", false),
    ] {
        let named = &plan.names[id];
        assert_eq!(named.what, what);
        assert_eq!(named.until.is_some(), ends, "{what}");
    }
    let page = plan.markdown();
    assert!(
        page.contains("- session token ASIATOKEN of alice in 111122223333, until 2026-10-14T18")
    );
    // The ids of the lineage stand in names of policies and nowhere else.
    assert_eq!(
        page.replace("Keyline-deny-cr-", "")
            .replace("Keyline-revoke-cr-", "")
            .matches("cr-")
            .count(),
        1
    );
}

#[test]
fn the_cut_off_is_the_only_thing_that_is_filled_in() {
    let plan = stolen_key_and_role();
    let mut stamps = 0;
    for step in &plan.steps {
        let text = Value::Object(step.params.clone()).to_string();
        stamps += text.matches("${cut_off}").count();
        assert_eq!(text.replace("${cut_off}", "").matches("${").count(), 0);
    }
    assert_eq!(stamps, 4, "user and role, twice each");
}

/// What is left for people to fill in stands in steps by hand alone: the program fills in instants, and nothing else.
pub fn check_nothing_to_fill_in(plan: &Plan) {
    for step in plan.steps.iter().filter(|step| !step.by_hand) {
        let text = Value::Object(step.params.clone()).to_string();
        assert!(!text.contains("THE-"), "{}: {text}", step.id);
        let commands = step.commands().join("\n");
        assert!(!commands.contains("THE-"), "{}: {commands}", step.id);
    }
}

/// What `sh` passes to `aws` when it runs the script: arguments between bars, one call a line.
fn run(script: &str) -> String {
    let output = run_with(script, "");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The same, where `aws` does first what `also` says; what it is called with comes out all the same.
fn run_with(script: &str, also: &str) -> std::process::Output {
    run_among("", script, also)
}

/// The same, with further programs that are functions of the shell.
fn run_among(functions: &str, script: &str, also: &str) -> std::process::Output {
    static RUNS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = RUNS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("keyline-script-{}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    // A function of that name stands before the script's own calls; nothing is started.
    let before = format!(
        "exec 3>&1\naws() {{ printf '%s|' \"$@\" >&3; echo >&3\n{also}\n}}\nsleep() {{ :; }}\n{functions}\n"
    );
    let script = script.replace("AWS_PROFILE=\"${KEYLINE_PROFILE_PREFIX:-}$account\" ", "");
    let mut shell = Command::new("sh")
        .current_dir(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = shell.stdin.take().unwrap();
    input.write_all(before.as_bytes()).unwrap();
    input.write_all(script.as_bytes()).unwrap();
    drop(input);
    let output = shell.wait_with_output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    output
}

#[test]
fn a_script_goes_on_where_a_step_fails_and_names_it_at_the_end() {
    let plan = stolen_key_and_role();
    let step = |kind: &str| {
        let step = plan.steps.iter().find(|step| step.kind == kind);
        step.unwrap().id.clone()
    };
    let (denial, snapshot) = (step("deny-all-on-user"), step("snapshot-user"));
    let last = run(&plan.script());
    let calls = |text: &str| text.lines().filter(|line| line.contains('|')).count();
    // The denial is refused, and a read of the evidence; that there is no password is no failure.
    let also = "case \"$*\" in \
         *Keyline-deny*document*) return 1 ;; \
         *list-mfa-devices*) echo 'An error occurred (AccessDenied)' >&2; return 254 ;; \
         *get-login-profile*) echo 'An error occurred (NoSuchEntity)' >&2; return 254 ;; \
         esac";
    let output = run_with(&plan.script(), also);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("AccessDenied"), "{told}");
    let failed = format!("failed, wholly or in part: {snapshot} {denial}\n");
    assert!(told.ends_with(&failed), "{told}");
    assert_eq!(
        calls(&String::from_utf8(output.stdout).unwrap()),
        calls(&last)
    );
    // Everything is read back, once.
    let (_, reads) = last.rsplit_once("put-").unwrap();
    let denial = plan.steps.iter().find(|step| step.id == denial).unwrap();
    let name = denial.params["policy_name"].as_str().unwrap();
    for read in [
        &*format!("iam|get-user-policy|--user-name|alice|--policy-name|{name}|"),
        "iam|list-access-keys|--user-name|alice|",
        "iam|get-role-policy|--role-name|Admin|",
    ] {
        assert_eq!(reads.matches(read).count(), 1, "{read}: {reads}");
    }
}

#[test]
fn each_denial_by_age_in_a_script_has_the_instant_at_which_it_is_laid_on() {
    let plan = stolen_key_and_role();
    // A clock that goes on with every look.
    let date =
        "date() { case $1 in +%s) echo . >> clock; grep -c . clock ;; *) echo \"at-$3\" ;; esac; }";
    let output = run_among(date, &plan.script(), "");
    assert!(output.status.success(), "{output:?}");
    let calls = String::from_utf8(output.stdout).unwrap();
    let instants: Vec<&str> = calls
        .lines()
        .filter_map(|line| line.split_once("TokenIssueTime\":\"")?.1.split('"').next())
        .collect();
    assert_eq!(
        instants,
        ["at-@11", "at-@12", "at-@13", "at-@14"],
        "{calls}"
    );
    // Whoever copies a step that is by hand is told to take the time as well.
    let mut by_hand = plan.clone();
    by_hand
        .steps
        .iter_mut()
        .for_each(|step| step.by_hand = true);
    assert_eq!(by_hand.script().matches("#   stamp\n").count(), 4);
}

#[test]
fn a_second_run_of_the_script_brings_the_organisations_policy_up_to_date() {
    let forest = forest(&[key("cr-key", OURS, "alice")]);
    let mut ask = Ask::of(&forest, "cr-key");
    ask.estate.organisation = Some(keyline_contain::Organisation {
        management_account: OTHER.to_owned(),
    });
    let script = ask.plan().script();
    let counted = |also: &str| {
        let output = run_with(&script, also);
        assert!(output.status.success(), "{output:?}");
        let calls = String::from_utf8(output.stdout).unwrap();
        let of = |call: &str| calls.matches(&format!("organizations|{call}|")).count();
        [
            of("create-policy"),
            of("update-policy"),
            of("attach-policy"),
        ]
    };
    assert_eq!(counted(""), [1, 0, 1]);
    let is_there = "case \"$*\" in *list-policies*) echo p-1 ;; esac";
    assert_eq!(counted(is_there), [0, 1, 0]);
    // It is there, and hangs somewhere else.
    let elsewhere = "case \"$*\" in *'list-policies '*) echo p-1 ;; esac";
    assert_eq!(counted(elsewhere), [0, 1, 1]);
}

#[test]
fn the_script_switches_off_every_other_key_and_says_where_one_stays_on() {
    let plan = stolen_key_and_role();
    let sweep = plan
        .steps
        .iter()
        .find(|step| step.kind == "deactivate-other-keys")
        .unwrap();
    let also = "case \"$*\" in \
         *list-access-keys*Active*) echo 'AKIAONE AKIATWO' ;; \
         *AKIAONE*) return 254 ;; \
         esac";
    let output = run_with(&plan.script(), also);
    let calls = String::from_utf8(output.stdout).unwrap();
    for key in ["AKIAONE", "AKIATWO"] {
        let off = format!("|--access-key-id|{key}|--status|Inactive|");
        assert!(calls.contains(&off), "{calls}");
    }
    let told = String::from_utf8(output.stderr).unwrap();
    let failed = format!("failed, wholly or in part: {}\n", sweep.id);
    assert!(told.ends_with(&failed), "{told}");
}

#[test]
fn whoever_used_a_stolen_key_stands_in_every_shape_of_the_plan() {
    let mut stolen = key("cr-key", OURS, "alice");
    stolen.sources = vec![keyline_lineage::Source {
        address: "192.0.2.10".to_owned(),
        first_used: NOW - HOUR,
        last_used: NOW,
        event_count: 7,
    }];
    stolen.user_agents = vec!["Boto3/1.34 (nightly export)".to_owned()];
    let forest = forest(&[stolen]);
    let plan = Ask::of(&forest, "cr-key").plan();
    for text in [plan.markdown(), plan.script()] {
        assert!(text.contains("used by 192.0.2.10: 7 calls"), "{text}");
        assert!(text.contains("nightly export"), "{text}");
    }
    assert!(
        plan.headline()
            .contains("rightfully uses a key that is stopped needs another: see s")
    );
}

#[test]
fn the_script_makes_the_calls_of_the_plan() {
    let plan = stolen_key_and_role();
    let calls = run(&plan.script());
    let puts: Vec<&str> = calls.lines().filter(|line| line.contains("put-")).collect();
    assert_eq!(puts.len(), 5, "{calls}");
    let name = puts[0].split('|').nth(5).unwrap();
    assert!(name.starts_with("Keyline-deny-cr-key-"), "{name}");
    // IAM is global: no region belongs to its commands.
    let deny = format!(
        r#"iam|put-user-policy|--user-name|alice|--policy-name|{name}|--policy-document|{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"*","Resource":"*"}}]}}|"#
    );
    assert_eq!(puts[0], deny);
    assert!(
        puts[1..]
            .iter()
            .all(|put| put.contains(r#""aws:TokenIssueTime":"20"#)),
        "{calls}"
    );
    assert!(calls.contains(
        "iam|update-access-key|--user-name|alice|--access-key-id|AKIACRKEY|--status|Inactive|"
    ));
    assert!(calls.contains("iam|list-mfa-devices|--user-name|alice|"));
}

#[test]
fn what_stands_in_records_reaches_aws_as_it_is_and_nothing_else() {
    let stolen = key("cr-key", OURS, "alice");
    let forest = forest(&[stolen]);
    let mut ask = Ask::of(&forest, "cr-key");
    let nasty = "p'; touch x; $(touch y) `touch z` \\ \"\n# s1: a\u{1b}[31m";
    ask.events = vec![event(
        "e-1\n\u{1b}[2J",
        "AttachUserPolicy",
        "cr-key",
        json!({"userName": "ghost", "policyArn": nasty}),
        Value::Null,
    )];
    let plan = ask.plan();
    let script = plan.script();
    assert!(
        script
            .chars()
            .all(|letter| letter == '\n' || !letter.is_control())
    );
    let calls = run(&script);
    assert!(calls.contains(&format!("--policy-arn|{nasty}|")), "{calls}");
    let page = plan.markdown();
    assert!(
        page.chars()
            .all(|letter| letter == '\n' || !letter.is_control()),
        "{page}"
    );
}

#[test]
fn no_name_in_a_record_opens_a_file_passes_for_an_option_or_misleads_a_reader() {
    let stolen = key("cr-key", OURS, "alice");
    let forest = forest(&[stolen]);
    let shown = |policy: &str| {
        let mut ask = Ask::of(&forest, "cr-key");
        let request = json!({"userName": "-x", "policyArn": policy});
        ask.events = vec![event(
            "e-1",
            "AttachUserPolicy",
            "cr-key",
            request,
            Value::Null,
        )];
        let plan = ask.plan();
        // Whoever copies a block of the page runs the commands of the step, letter by letter.
        assert_eq!(blocks(&plan.markdown()), shown_commands(&plan), "{policy}");
        (plan.script(), plan.markdown())
    };
    for ticks in [
        "report```;touch x;```.pdf",
        "``````;touch x",
        "`",
        "~~~;touch x;~~~",
        "````\n```\n`````;touch x",
    ] {
        let (script, _) = shown(ticks);
        assert!(run(&script).contains(&format!("--policy-arn|{ticks}|")));
    }
    let (script, _) = shown("arn:aws:iam::aws:policy/X");
    let calls = run(&script);
    assert!(
        calls.contains("iam|detach-user-policy|--user-name=-x|--policy-arn|"),
        "{calls}"
    );
    // `aws` would put the file's content in its place and send it.
    for file in ["file:///etc/shadow", " FILEB://x", "https://example.org/x"] {
        let (script, page) = shown(file);
        assert!(!run(&script).contains("detach-user-policy"), "{script}");
        assert!(script.contains("would open the file"), "{script}");
        assert!(page.contains("Do not run it as it stands"), "{page}");
    }
    // Letters that turn the direction of what is read around, and addresses of which readers make links.
    let (script, page) = shown("\u{202e}nimda\u{2066} <b> www.example.org &lt; [a](b)");
    for text in [&script, &page] {
        let turned =
            |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!text.contains(turned), "{text}");
    }
    let page = page
        .lines()
        .filter(|line| !line.starts_with("aws "))
        .collect::<String>();
    assert!(!page.contains("<b>") && !page.contains("[a](b)"), "{page}");
}

/// What stands in the blocks of a page, by the rule of CommonMark: a fence is closed by one that is at least as
/// long and stands alone.
fn blocks(page: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = None;
    for line in page.lines() {
        let fence = line.bytes().take_while(|byte| *byte == b'`').count();
        let rest = &line[fence..];
        match open {
            Some(length) if fence >= length && rest.trim().is_empty() => open = None,
            Some(_) => {
                let block = found.last_mut().unwrap();
                block.push_str(line);
                block.push('\n');
            }
            None if fence >= 3 && !rest.contains('`') => {
                open = Some(fence);
                found.push(String::new());
            }
            None => {}
        }
    }
    assert_eq!(open, None, "{page}");
    found
}

/// The commands of each step, of a snapshot the first alone.
fn shown_commands(plan: &Plan) -> Vec<String> {
    let of_step = plan.steps.iter().filter_map(|step| {
        let commands = step.commands();
        let shown = match step.phase {
            keyline_contain::Phase::Evidence => commands.len().min(1),
            _ => commands.len(),
        };
        (shown > 0).then(|| commands[..shown].join("\n") + "\n")
    });
    of_step.collect()
}

#[test]
fn what_a_forged_plan_would_put_into_a_shell_is_no_plan() {
    let honest = stolen_key_and_role().to_json();
    for (member, value) in [
        ("id", "s1; touch x"),
        ("service", "iam; touch x #"),
        ("action", "Get`touch x`"),
    ] {
        let mut forged = honest.clone();
        forged["steps"][0][member] = json!(value);
        check_no_plan(forged);
    }
    let mut forged = honest.clone();
    forged["steps"][0]["params"]["x; touch x"] = json!("y");
    check_no_plan(forged);
}

/// Its hash is right, and it is refused all the same.
fn check_no_plan(forged: Value) {
    let error = with_its_hash(forged).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed, "{error}");
}

/// A forged plan under the hash of its content.
pub fn with_its_hash(mut forged: Value) -> Result<Plan, keyline_contain::Error> {
    let told = Plan::from_json(&forged.to_string());
    let told = told
        .err()
        .map_or_else(String::new, |error| error.to_string());
    let mut hash = told.split(|letter: char| !letter.is_ascii_hexdigit());
    let hash = hash.rfind(|word| word.len() == 64);
    if let Some(hash) = hash {
        forged["hash"] = json!(hash);
        forged["plan_id"] = json!(hash[..12]);
    }
    Plan::from_json(&forged.to_string())
}

#[test]
fn the_page_says_first_what_stays_alive() {
    let stolen = key("cr-key", OURS, "alice");
    let linked = from(
        &stolen,
        session("cr-slr", OURS, "AWSServiceRoleForSupport", "s"),
    );
    let forest = forest(&[stolen, linked]);
    let page = Ask::of(&forest, "cr-key").plan().markdown();
    let alive = page.find("1 of 2 credentials is still alive").unwrap();
    assert!(alive < page.find("## Steps").unwrap());
    assert!(page.contains("service-linked-role"));
    // Whoever copies a command with the instant in it learns where that comes from.
    let told = "`$CUT_OFF` in a command stands for an instant 10 seconds ahead";
    let page = stolen_key_and_role().markdown();
    assert!(page.find(told).unwrap() < page.find("\"$CUT_OFF\"").unwrap());
    let expired = crate::world::forest(&[until(NOW - 1, token("cr-t", OURS, "alice"))]);
    let nothing = Ask::of(&expired, "cr-t");
    assert!(!nothing.plan().markdown().contains(told));
}

#[test]
fn permissions_name_what_is_changed_and_nothing_else() {
    let plan = stolen_key_and_role();
    let text = plan.permissions.to_string();
    assert!(text.contains("arn:aws:iam::111122223333:user/alice"));
    assert!(text.contains("arn:aws:iam::444455556666:role/*/Admin"));
    assert!(!text.contains("\"*\""), "{text}");
}

#[test]
fn the_responders_roles_are_denied_to_change_themselves() {
    let own = [format!("arn:aws:iam::{OURS}:role/keyline-contain-iam")];
    for (name, responder) in permissions::RESPONDERS {
        let policy = permissions::of_responder(responder, Partition::Aws, &own, &[]);
        let text = policy.to_string();
        let writes = ["Put", "Update", "Delete", "Attach", "Create"]
            .iter()
            .any(|verb| text.contains(&format!(":{verb}")));
        assert_eq!(writes, responder != Responder::Collect, "{name}: {text}");
        assert_eq!(
            text.contains(&own[0]),
            responder != Responder::Collect,
            "{name}"
        );
        let deletes_users =
            text.contains("iam:DeleteUser\"") || text.contains("iam:DeleteAccessKey");
        assert_eq!(
            deletes_users,
            responder == Responder::Eradicate,
            "{name}: {text}"
        );
    }
    let contain = permissions::of_responder(Responder::ContainIam, Partition::Aws, &own, &[]);
    assert!(!contain.to_string().contains("iam:Create"), "{contain}");
    let attach = contain["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .find(|statement| {
            statement["Action"]
                .to_string()
                .contains("iam:AttachUserPolicy")
        });
    assert!(
        attach.unwrap()["Condition"]
            .to_string()
            .contains("AWSDenyAll")
    );
}

/// Whether a statement's pattern holds an ARN.
fn allows(policy: &Value, permission: &str, arn: &str) -> bool {
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(several) => several
                .iter()
                .map(|it| it.as_str().unwrap().to_owned())
                .collect(),
            one => vec![one.as_str().unwrap().to_owned()],
        }
    };
    policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .any(|statement| {
            let holds = |patterns: &Value, text: &str| {
                texts(patterns).iter().any(|pattern| like(pattern, text))
            };
            statement["Effect"] == "Allow"
                && holds(&statement["Action"], permission)
                && holds(&statement["Resource"], arn)
        })
}

fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let places = text.char_indices().map(|(place, _)| place);
            rest.is_empty()
                || places
                    .chain([text.len()])
                    .any(|place| like(rest, &text[place..]))
        }),
    }
}

#[test]
fn every_call_of_a_plan_is_allowed_to_a_role_for_the_right_sort_of_thing() {
    let calls = permissions::calls();
    for known in action::TAKEN_BY_PROGRAM {
        assert!(calls.contains(&(known.0, known.1)), "{known:?}");
    }
    for row in keyline_contain::undo_map::ROWS.iter() {
        for call in row.calls.iter().chain(&row.otherwise) {
            let taken = action::is_taken_by_program(call.service, call.operation);
            let listed = calls.contains(&(call.service, call.operation));
            assert!(listed || !taken, "{} {}", call.service, call.operation);
        }
    }
    let policies: Vec<(Responder, Value)> = permissions::RESPONDERS
        .iter()
        .map(|(_, responder)| {
            let policy = permissions::of_responder(*responder, Partition::Aws, &[], &[]);
            (*responder, policy)
        })
        .collect();
    for (service, operation) in calls {
        let roles = permissions::responders_of(service, operation);
        assert!(!roles.is_empty(), "{service} {operation}");
        for (_, policy) in policies.iter().filter(|(role, _)| roles.contains(role)) {
            for permission in permissions::permissions_of_call(service, operation) {
                let arns = [
                    "arn:aws:iam::111122223333:user/u",
                    "arn:aws:lambda:eu-west-1:111122223333:function:f",
                    "arn:aws:s3:::bucket",
                ];
                let any = arns.iter().any(|arn| allows(policy, &permission, arn));
                let named = policy.to_string().contains(&format!("{permission}\""));
                assert!(any || named, "{permission}: {policy}");
            }
        }
    }
    let of = |wanted: Responder| &policies.iter().find(|(role, _)| *role == wanted).unwrap().1;
    // As the authorisation reference of each service has them.
    for (role, permission, right, wrong) in [
        (
            Responder::ContainIam,
            "iam:UpdateAccessKey",
            "arn:aws:iam::111122223333:user/p/u",
            "arn:aws:iam::111122223333:role/r",
        ),
        (
            Responder::Eradicate,
            "iam:RemoveUserFromGroup",
            "arn:aws:iam::111122223333:group/g",
            "arn:aws:iam::111122223333:user/u",
        ),
        (
            Responder::Eradicate,
            "iam:RemoveRoleFromInstanceProfile",
            "arn:aws:iam::111122223333:instance-profile/p",
            "arn:aws:iam::111122223333:role/r",
        ),
        (
            Responder::Eradicate,
            "iam:DeleteInstanceProfile",
            "arn:aws:iam::111122223333:instance-profile/p",
            "arn:aws:iam::111122223333:role/r",
        ),
        (
            Responder::Eradicate,
            "iam:DeletePolicyVersion",
            "arn:aws:iam::111122223333:policy/p",
            "arn:aws:iam::111122223333:role/r",
        ),
        (
            Responder::Eradicate,
            "iam:SetDefaultPolicyVersion",
            "arn:aws:iam::111122223333:policy/p",
            "arn:aws:iam::111122223333:user/u",
        ),
        (
            Responder::Eradicate,
            "iam:DeleteSAMLProvider",
            "arn:aws:iam::111122223333:saml-provider/s",
            "arn:aws:iam::111122223333:role/r",
        ),
        (
            Responder::Eradicate,
            "iam:UpdateSAMLProvider",
            "arn:aws:iam::111122223333:saml-provider/s",
            "arn:aws:iam::111122223333:role/r",
        ),
        (
            Responder::Eradicate,
            "lambda:DeleteFunction",
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
            "arn:aws:s3:::bucket",
        ),
        (
            Responder::Eradicate,
            "rolesanywhere:DeleteProfile",
            "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/p",
            "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/t",
        ),
        (
            Responder::Eradicate,
            "rolesanywhere:DeleteTrustAnchor",
            "arn:aws:rolesanywhere:eu-west-1:111122223333:trust-anchor/t",
            "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/p",
        ),
        (
            Responder::Eradicate,
            "s3:DeleteBucket",
            "arn:aws:s3:::bucket",
            "arn:aws:iam::111122223333:role/r",
        ),
        (
            Responder::Eradicate,
            "s3:DeleteObject",
            "arn:aws:s3:::bucket/key",
            "arn:aws:s3:::bucket",
        ),
    ] {
        assert!(allows(of(role), permission, right), "{permission} {right}");
        assert!(!allows(of(role), permission, wrong), "{permission} {wrong}");
    }
    // Lists of everything are no question about a thing.
    for list in [
        "iam:ListOpenIDConnectProviders",
        "iam:ListSAMLProviders",
        "rolesanywhere:ListProfiles",
        "rolesanywhere:ListTrustAnchors",
    ] {
        assert!(allows(of(Responder::ContainIam), list, "*"), "{list}");
    }
    // What the thief detached is attached again by whoever may attach any policy.
    let attach = ("iam:AttachUserPolicy", "arn:aws:iam::111122223333:user/u");
    assert!(allows(of(Responder::Eradicate), attach.0, attach.1));
}

#[test]
fn a_star_in_a_name_of_a_log_is_a_star_in_the_policy_of_a_plan() {
    let stolen = key("cr-key", OURS, "alice");
    let forest = forest(&[stolen]);
    let mut ask = Ask::of(&forest, "cr-key");
    let mut put = event(
        "e-1",
        "PutObject",
        "cr-key",
        json!({"bucketName": "b", "key": "*"}),
        Value::Null,
    );
    put.source = "s3.amazonaws.com".to_owned();
    ask.events = vec![put];
    let text = ask.plan().permissions.to_string();
    assert!(text.contains("arn:aws:s3:::b/${*}"), "{text}");
    assert!(!text.contains("b/*"), "{text}");
}

#[test]
fn every_action_is_listed_once_and_the_program_takes_what_it_says() {
    for known in action::ALL {
        let same = action::ALL.iter().filter(|other| other.name == known.name);
        assert_eq!(same.count(), 1, "{}", known.name);
        let by_program = known.execution == action::Execution::Program
            && known.service != "keyline"
            && known.phase != keyline_contain::Phase::Evidence;
        assert!(
            !by_program || action::is_taken_by_program(known.service, known.operation),
            "{}",
            known.name
        );
    }
}
