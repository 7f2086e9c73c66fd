//! What was read from accounts, as files that can be handed on: a report for people, the facts, their hashes.
//!
//! In: an inventory. Out: the files of a bundle, the same bytes for the same facts, readable without any
//! network and without this program: `sha256sum -c SHA256SUMS` says whether they are as they were made.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::inventory::{Account, Inventory, Role, User};
use crate::markdown::plain;
use crate::trust::{lets_in, trusted};

/// The schema of a bundle's list of files.
pub const SCHEMA: &str = "keyline.inspection/1";
/// The file in a bundle that plans are made with.
pub const INVENTORY: &str = "inventory.json";

/// AWS's own policies with which a principal can give itself everything.
const ALL_POWERS: &[&str] = &["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"];

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: &'static str,
    pub content: String,
}

/// The files of a bundle: the facts, the report, what they hash to.
pub fn bundle(inventory: &Inventory) -> Vec<File> {
    let facts = serde_json::to_string_pretty(&json!(inventory)).unwrap_or_default() + "\n";
    let mut files = vec![
        File {
            name: INVENTORY,
            content: facts,
        },
        File {
            name: "report.md",
            content: report(inventory),
        },
    ];
    let hashed: Vec<Value> = files
        .iter()
        .map(|file| {
            json!({"file": file.name, "bytes": file.content.len(), "sha256": hash(&file.content)})
        })
        .collect();
    let listed = json!({"schema": SCHEMA, "taken_at": inventory.taken_at, "files": hashed});
    files.push(File {
        name: "manifest.json",
        content: serde_json::to_string_pretty(&listed).unwrap_or_default() + "\n",
    });
    let sums: Vec<String> = files
        .iter()
        .map(|file| format!("{}  {}\n", hash(&file.content), file.name))
        .collect();
    files.push(File {
        name: "SHA256SUMS",
        content: sums.concat(),
    });
    files
}

/// What stands in accounts, as a page.
pub fn report(inventory: &Inventory) -> String {
    let mut out = String::new();
    for account in &inventory.accounts {
        let taken = inventory.taken_at.as_deref().unwrap_or("an unknown time");
        of_account(account, taken, &mut out).expect("writing to text cannot fail");
    }
    out
}

fn of_account(account: &Account, taken: &str, out: &mut String) -> std::fmt::Result {
    match &account.only {
        Some(arn) => writeln!(out, "# {}\n", plain(arn))?,
        None => writeln!(out, "# Account {}\n", plain(&account.account))?,
    }
    writeln!(
        out,
        "As read {taken}: {}, {}, {}. Nothing was changed.\n",
        counted(account.users.len(), "user"),
        counted(account.roles.len(), "role"),
        counted(account.permission_sets.len(), "permission set")
    )?;
    if !account.unread.is_empty() {
        writeln!(out, "## Not read\n\nIt may be there or not.\n")?;
        for unread in &account.unread {
            writeln!(out, "- {}: {}", plain(&unread.what), plain(&unread.why))?;
        }
        writeln!(out)?;
    }
    let remarks = remarks(account);
    if !remarks.is_empty() {
        writeln!(out, "## Worth a look first\n")?;
        for remark in remarks {
            writeln!(out, "- {remark}")?;
        }
        writeln!(out)?;
    }
    if !account.users.is_empty() {
        writeln!(out, "## Users\n")?;
    }
    for user in &account.users {
        of_user(user, account, out)?;
    }
    if !account.roles.is_empty() {
        writeln!(out, "## Roles\n")?;
    }
    for role in &account.roles {
        of_role(role, out)?;
    }
    if !account.permission_sets.is_empty() {
        writeln!(out, "## Permission sets\n")?;
        writeln!(
            out,
            "| name | sessions last | policies | inline policy |\n|---|---|---|---|"
        )?;
    }
    for set in &account.permission_sets {
        let inline = set.inline_policy.as_ref().map(Value::to_string);
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            plain(&set.name),
            plain(set.session_duration.as_deref().unwrap_or("?")),
            listed(set.attached_policies.as_deref()),
            inline.map_or_else(|| "none".to_owned(), |policy| plain(&policy))
        )?;
    }
    Ok(())
}

fn of_user(user: &User, account: &Account, out: &mut String) -> std::fmt::Result {
    writeln!(out, "### {}\n", plain(&user.user_name))?;
    writeln!(
        out,
        "{} {}, made {}. Password: {}. MFA: {}.\n",
        plain(&user.arn),
        plain(&user.user_id),
        date(user.create_date.as_deref()),
        match (user.has_password, &user.password_created) {
            (Some(true), made) => format!(
                "made {}, last used {}",
                date(made.as_deref()),
                date(user.password_last_used.as_deref())
            ),
            (Some(false), _) => "none".to_owned(),
            (None, _) => "not looked up".to_owned(),
        },
        listed(user.mfa_devices.as_deref())
    )?;
    let keys = user.access_keys.iter().flatten();
    let keys = keys.map(|key| {
        let used = date(key.last_used.as_deref());
        (
            "access key",
            &key.access_key_id,
            &key.status,
            &key.create_date,
            used,
        )
    });
    let unknown = || "?".to_owned();
    let others = [
        ("SSH key", &user.ssh_keys),
        ("signing certificate", &user.signing_certificates),
        ("service credential", &user.service_credentials),
    ];
    let others = others.iter().flat_map(|(kind, held)| {
        let held = held.iter().flatten();
        held.map(move |it| (*kind, &it.id, &it.status, &it.create_date, unknown()))
    });
    let held: Vec<_> = keys.chain(others).collect();
    if !held.is_empty() {
        writeln!(
            out,
            "| kind | id | status | made | last used |\n|---|---|---|---|---|"
        )?;
        for (kind, id, status, made, used) in held {
            writeln!(
                out,
                "| {kind} | {} | {} | {} | {used} |",
                plain(id),
                plain(status),
                date(made.as_deref()),
            )?;
        }
        writeln!(out)?;
    }
    let inline = user.inline_policies.as_ref();
    let inline = inline.map(|held| held.iter().map(|it| it.policy_name.clone()).collect());
    let inline: Option<Vec<String>> = inline;
    writeln!(
        out,
        "Policies: {}. Inline: {}. Groups: {}. Boundary: {}.\n",
        listed(user.attached_policies.as_deref()),
        listed(inline.as_deref()),
        listed(user.groups.as_deref()),
        plain(user.permissions_boundary.as_deref().unwrap_or("none")),
    )?;
    let roles = account.roles.iter().filter(|role| {
        let policy = role.assume_role_policy_document.as_ref();
        policy.is_some_and(|policy| lets_in(policy, &user.arn, &account.account))
    });
    let roles: Vec<String> = roles.map(|role| role.role_name.clone()).collect();
    writeln!(
        out,
        "Roles whose trust lets it in, its own policies permitting: {}.\n",
        listed(Some(&roles))
    )
}

fn of_role(role: &Role, out: &mut String) -> std::fmt::Result {
    writeln!(out, "### {}\n", plain(&role.role_name))?;
    let hours = role
        .max_session_duration
        .map(|seconds| seconds as f64 / 3_600.0);
    writeln!(
        out,
        "{} {}, made {}, last used {}{}. Sessions last {} at most.\n",
        plain(&role.arn),
        plain(&role.role_id),
        date(role.create_date.as_deref()),
        date(role.last_used.as_deref()),
        match &role.last_used_region {
            Some(region) => format!(" in {}", plain(region)),
            None => String::new(),
        },
        hours.map_or_else(|| "?".to_owned(), |hours| format!("{hours} h")),
    )?;
    let policy = role.assume_role_policy_document.as_ref();
    let trusted = policy.map(trusted).unwrap_or_default();
    if !trusted.is_empty() {
        writeln!(out, "| can assume it | | narrowed by |\n|---|---|---|")?;
        for trusted in trusted {
            let shut = if trusted.effect == "Deny" { "not " } else { "" };
            writeln!(
                out,
                "| {shut}{} | {} | {} |",
                plain(&trusted.principal),
                plain(&trusted.kind),
                plain(&trusted.conditions.join(", "))
            )?;
        }
        writeln!(out)?;
    }
    let inline = role.inline_policies.as_ref();
    let inline = inline.map(|held| held.iter().map(|it| it.policy_name.clone()).collect());
    let inline: Option<Vec<String>> = inline;
    writeln!(
        out,
        "Policies: {}. Inline: {}. Instance profiles: {}. Boundary: {}.\n",
        listed(role.attached_policies.as_deref()),
        listed(inline.as_deref()),
        listed(role.instance_profiles.as_deref()),
        plain(role.permissions_boundary.as_deref().unwrap_or("none")),
    )
}

/// What a responder would ask about, as sentences.
fn remarks(account: &Account) -> Vec<String> {
    let mut found = Vec::new();
    let mut powers = |who: String, attached: &Option<Vec<String>>| {
        let attached = attached.iter().flatten();
        let mighty = attached.filter(|arn| {
            let name = arn.rsplit('/').next().unwrap_or_default();
            ALL_POWERS.contains(&name)
        });
        mighty.for_each(|arn| found.push(format!("{who} has {}", plain(arn))));
    };
    for user in &account.users {
        powers(
            format!("user {}", plain(&user.user_name)),
            &user.attached_policies,
        );
    }
    for role in &account.roles {
        powers(
            format!("role {}", plain(&role.role_name)),
            &role.attached_policies,
        );
    }
    for user in &account.users {
        let name = plain(&user.user_name);
        let keys = user.access_keys.iter().flatten();
        let active = keys.clone().filter(|key| key.status == "Active").count();
        if active > 1 {
            found.push(format!("user {name} has {active} active keys"));
        }
        for key in keys.filter(|key| key.status == "Active" && key.last_used.is_none()) {
            let id = plain(&key.access_key_id);
            found.push(format!("key {id} of {name} is active and was never used"));
        }
        if user.has_password == Some(true) && user.mfa_devices.as_ref().is_some_and(Vec::is_empty) {
            found.push(format!("user {name} has a password and no MFA device"));
        }
    }
    for role in &account.roles {
        let name = plain(&role.role_name);
        let policy = role.assume_role_policy_document.as_ref();
        for trusted in policy.map(trusted).unwrap_or_default() {
            let own = trusted.principal.contains(&account.account);
            let foreign = trusted.kind == "AWS" && !own;
            let who = plain(&trusted.principal);
            let loose = match trusted.conditions.is_empty() {
                true => ", with no condition",
                false => "",
            };
            if trusted.effect == "Allow" && trusted.principal == "*" {
                found.push(format!("role {name} lets anybody in{loose}"));
            } else if trusted.effect == "Allow" && foreign {
                found.push(format!("role {name} lets another account in: {who}{loose}"));
            }
        }
    }
    found
}

fn listed(names: Option<&[String]>) -> String {
    match names {
        None => "not looked up".to_owned(),
        Some([]) => "none".to_owned(),
        Some(names) => {
            let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
            names.join(", ")
        }
    }
}

fn date(text: Option<&str>) -> String {
    text.map_or_else(|| "never".to_owned(), plain)
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}

fn hash(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}
