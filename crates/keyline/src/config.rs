//! `keyline.toml`: where rules and references come from, and the estate that is watched.
//!
//! What a flag says wins over the file. Unknown keys are refused with their place, since a misspelt
//! key that is silently passed over is a rule that silently does not run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use keyline_sinks::SinkConfig;
use serde::{Deserialize, Serialize};

use crate::allow::AllowEntry;

/// The file that is read when `--config` names none.
pub const DEFAULT_FILE: &str = "keyline.toml";
/// The allow-list, beside the configuration: a file of its own, as other people keep it.
pub const ALLOW_FILE: &str = "keyline-allow.toml";
/// Where alerts wait when the configuration does not say.
pub const DEFAULT_OUTBOX: &str = "keyline-outbox";

#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub rules: RulesConfig,
    pub fetch: FetchConfig,
    /// `URL = "PATH"`: what `externaldata` reads for that URL.
    pub references: BTreeMap<String, PathBuf>,
    /// `ALIAS = "FILE.csv"`: what `_GetWatchlist` reads.
    pub watchlists: BTreeMap<String, PathBuf>,
    /// The memory that one run may take, for example `512MiB`.
    pub memory: Option<String>,
    /// The folder in which alerts wait for their sinks; `keyline-outbox` if it is left away.
    pub outbox: Option<PathBuf>,
    pub serve: ServeConfig,
    pub estate: Estate,
    /// Where alerts are sent.
    pub sinks: Vec<SinkConfig>,
}

/// What holds for `keyline serve`, whoever starts it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct ServeConfig {
    /// Who approves a containment plan does not run it.
    pub two_persons: bool,
    /// The file of hashed tokens by which people are known.
    pub tokens: Option<PathBuf>,
    /// The file of what was done, by whom and from where.
    pub audit: Option<PathBuf>,
    /// What browsers know the server by.
    pub public_url: Option<String>,
    pub oidc: OidcConfig,
}

/// How people sign in at their organisation.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct OidcConfig {
    /// The provider, as it calls itself. None: nobody signs in so.
    pub issuer: Option<String>,
    pub client_id: Option<String>,
    /// The file of the client's secret; none for a client without one.
    pub client_secret_file: Option<PathBuf>,
    /// The file that says who has which role.
    pub roles: Option<PathBuf>,
    /// What is asked for besides `openid`, `email` and `profile`.
    pub scopes: Vec<String>,
    /// The claim that lists a person's groups; `groups` if it is left away.
    pub groups_claim: Option<String>,
    /// The claim by which people are called, where nobody chooses theirs.
    pub name_claim: Option<String>,
    /// Authorities (PEM) that are trusted instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// How long a sign-in holds; 8 if it is left away.
    pub session_hours: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    pub folders: Vec<PathBuf>,
    pub disabled: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct FetchConfig {
    /// The URL prefixes that may be fetched. Empty: none.
    pub allow_urls: Vec<String>,
    pub offline: bool,
    /// How long a fetched reference is served from the cache, for example `24h`.
    pub cache_age: Option<String>,
}

/// The accounts and networks that belong to the user.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Estate {
    /// `o-…`
    pub organization: Option<String>,
    pub accounts: Vec<Account>,
    /// Accounts outside the organisation that may assume roles in it.
    pub trusted_accounts: Vec<String>,
    /// The CIDR blocks from which the user's own people and machines call AWS.
    pub egress_networks: Vec<String>,
    /// `vpce-…`
    pub vpc_endpoints: Vec<String>,
    /// Role ARNs that many sessions pass through by design.
    pub hub_roles: Vec<String>,
    /// ARNs that containment must never touch.
    pub break_glass: Vec<String>,
    /// ARNs of production assets (`*` at the end matches any rest).
    pub production_assets: Vec<String>,
    /// Who may do what looks like an attack; `keyline-allow.toml` adds to it.
    pub allow: Vec<AllowEntry>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Account {
    pub id: String,
    pub name: String,
    /// Any name; as an id (`ou-ab12-…`), or as ids from the root down (`r-ab12/ou-ab12-…`), it says which policies of
    /// units bind the account.
    pub ou: String,
    /// `aws`, `aws-cn`, `aws-us-gov`, `aws-eusc`, `aws-iso…`; empty is `aws`.
    pub partition: String,
    pub owner: String,
    pub production: bool,
}

/// Reads the named file, else `keyline.toml` of this folder if there is one. Paths in the file are
/// relative to its folder.
pub fn load(named: Option<&Path>) -> Result<Config> {
    let path = match named {
        Some(path) => path,
        None if Path::new(DEFAULT_FILE).is_file() => Path::new(DEFAULT_FILE),
        None => {
            let mut config = Config::default();
            config.estate.add_allow_list(Path::new(ALLOW_FILE))?;
            return Ok(config);
        }
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration `{}`", path.display()))?;
    let mut config: Config = toml::from_str(&text)
        .with_context(|| format!("the configuration `{}` is not valid", path.display()))?;
    let home = path.parent().unwrap_or(Path::new(""));
    for folder in &mut config.rules.folders {
        *folder = home.join(&*folder);
    }
    for file in config
        .references
        .values_mut()
        .chain(config.watchlists.values_mut())
    {
        *file = home.join(&*file);
    }
    let oidc = &mut config.serve.oidc;
    for file in [
        &mut config.serve.tokens,
        &mut config.serve.audit,
        &mut oidc.client_secret_file,
        &mut oidc.roles,
        &mut oidc.ca_file,
    ] {
        *file = file.take().map(|file| home.join(file));
    }
    if let Some(folder) = &mut config.outbox {
        *folder = home.join(&*folder);
    }
    for sink in &mut config.sinks {
        sink.resolve(home);
    }
    keyline_sinks::check(&config.sinks).with_context(|| format!("in `{}`", path.display()))?;
    config
        .estate
        .check()
        .with_context(|| format!("in `{}`", path.display()))?;
    config.estate.add_allow_list(&home.join(ALLOW_FILE))?;
    Ok(config)
}

impl Estate {
    /// Whether ids, networks and entries are what they should be.
    pub fn check(&self) -> Result<()> {
        let mut known = BTreeSet::new();
        for account in &self.accounts {
            check_account_id(&account.id)?;
            if !known.insert(&account.id) {
                bail!("`accounts`: `{}` stands there twice", account.id);
            }
            if !account.partition.is_empty() && !account.partition.starts_with("aws") {
                bail!(
                    "`accounts`: expected a partition such as `aws` or `aws-cn`, found `{}`",
                    account.partition
                );
            }
        }
        let organization = self.organization.as_deref();
        let organization = organization.filter(|id| !id.is_empty() && !id.starts_with("o-"));
        if let Some(id) = organization {
            bail!("`organization`: expected an id such as `o-a1b2c3d4e5`, found `{id}`");
        }
        // A misspelt one would protect nobody, and nobody would notice.
        for (key, begins, values) in [
            ("vpc_endpoints", "vpce-", &self.vpc_endpoints),
            ("hub_roles", "arn:", &self.hub_roles),
            ("production_assets", "arn:", &self.production_assets),
        ] {
            if let Some(wrong) = values.iter().find(|value| !value.starts_with(begins)) {
                bail!("`{key}`: expected `{begins}…`, found `{wrong}`");
            }
        }
        let mut glass = self.break_glass.iter();
        if let Some(wrong) = glass.find(|entry| keyline_contain::protected_by(entry).is_none()) {
            bail!(
                "`break_glass`: expected the ARN of users, roles or a role's session, found `{wrong}`, which \
                 protects nobody"
            );
        }
        for id in &self.trusted_accounts {
            check_account_id(id)?;
        }
        for entry in &self.allow {
            entry.check()?;
        }
        for network in &self.egress_networks {
            if !is_network(network) {
                bail!(
                    "`egress_networks`: expected a CIDR block such as `203.0.113.0/24`, found `{network}`"
                );
            }
        }
        Ok(())
    }

    /// Adds the entries of an allow-list, if the file is there.
    fn add_allow_list(&mut self, path: &Path) -> Result<()> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct AllowList {
            #[serde(default)]
            allow: Vec<AllowEntry>,
        }
        if !path.is_file() {
            return Ok(());
        }
        let wrong = || format!("the allow-list `{}` is not valid", path.display());
        let text = std::fs::read_to_string(path).with_context(wrong)?;
        let list: AllowList = toml::from_str(&text).with_context(wrong)?;
        for entry in list.allow {
            entry.check().with_context(wrong)?;
            self.allow.push(entry);
        }
        Ok(())
    }

    /// Adds the accounts of a file: CSV with a header (`id,name,ou,partition,owner,production`), or
    /// the JSON that `aws organizations list-accounts` prints. An account of the file replaces one
    /// of the same id.
    pub fn add_accounts(&mut self, path: &Path) -> Result<()> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the accounts file `{}`", path.display()))?;
        let added = if text.trim_start().starts_with(['{', '[']) {
            accounts_from_json(&text)
        } else {
            accounts_from_csv(&text)
        }
        .with_context(|| format!("the accounts file `{}` is not valid", path.display()))?;
        for account in added {
            check_account_id(&account.id).with_context(|| format!("in `{}`", path.display()))?;
            self.accounts.retain(|known| known.id != account.id);
            self.accounts.push(account);
        }
        Ok(())
    }
}

fn accounts_from_csv(text: &str) -> Result<Vec<Account>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers: Vec<String> = reader
        .headers()?
        .iter()
        .map(|header| header.trim().to_ascii_lowercase())
        .collect();
    if !headers.iter().any(|header| header == "id") {
        bail!("expected a header line with a column `id`");
    }
    let mut accounts = Vec::new();
    for record in reader.records() {
        let record = record?;
        let cell = |name: &str| {
            headers
                .iter()
                .position(|header| header == name)
                .and_then(|at| record.get(at))
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        accounts.push(Account {
            id: cell("id"),
            name: cell("name"),
            ou: cell("ou"),
            partition: cell("partition"),
            owner: cell("owner"),
            production: matches!(cell("production").as_str(), "true" | "yes" | "1"),
        });
    }
    Ok(accounts)
}

fn accounts_from_json(text: &str) -> Result<Vec<Account>> {
    #[derive(Deserialize)]
    struct Listing {
        #[serde(rename = "Accounts")]
        accounts: Vec<Listed>,
    }
    #[derive(Deserialize)]
    struct Listed {
        #[serde(rename = "Id")]
        id: String,
        #[serde(rename = "Name", default)]
        name: String,
        #[serde(rename = "Arn", default)]
        arn: String,
        #[serde(rename = "Email", default)]
        email: String,
    }
    if text.trim_start().starts_with('[') {
        return Ok(serde_json::from_str(text)?);
    }
    let listing: Listing = serde_json::from_str(text)
        .context("expected `{\"Accounts\": [{\"Id\", \"Name\", …}]}` or a list of accounts")?;
    Ok(listing
        .accounts
        .into_iter()
        .map(|listed| Account {
            partition: listed.arn.split(':').nth(1).unwrap_or_default().to_owned(),
            id: listed.id,
            name: listed.name,
            owner: listed.email,
            ..Account::default()
        })
        .collect())
}

fn check_account_id(id: &str) -> Result<()> {
    if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    bail!("expected an account id of 12 digits (quoted, so that leading zeros stay), found `{id}`")
}

fn is_network(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else {
        return text.parse::<std::net::IpAddr>().is_ok();
    };
    match (address.parse::<std::net::IpAddr>(), bits.parse::<u8>()) {
        (Ok(std::net::IpAddr::V4(_)), Ok(bits)) => bits <= 32,
        (Ok(std::net::IpAddr::V6(_)), Ok(bits)) => bits <= 128,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that `keyline config --example` prints.
    const EXAMPLE: &str = include_str!("../../../deploy/keyline.toml");

    #[test]
    fn the_example_is_a_configuration_and_shows_every_key() {
        // Every key stands behind `#`, as if nobody had decided anything yet; prose behind `##`.
        let keys: String = EXAMPLE
            .lines()
            .filter(|line| !line.starts_with("##"))
            .map(|line| format!("{}\n", line.strip_prefix('#').unwrap_or(line)))
            .collect();
        let mut config: Config = toml::from_str(&keys).unwrap();
        config.estate.check().unwrap();
        keyline_sinks::check(&config.sinks).unwrap();
        let nothing: Config = toml::from_str(EXAMPLE).unwrap();
        assert_eq!(nothing, Config::default());
        // One sink that has every key, since an example has but those of its type.
        let every: serde_json::Value = serde_json::json!({
            "name": "n", "type": "jsonl", "format": "asff", "severity": "low", "only": ["r"],
            "except": ["r"], "path": "p", "url": "u", "url_env": "u", "url_file": "u",
            "secret_env": "s", "secret_file": "s", "authorization_env": "a",
            "authorization_file": "a", "address": "a", "facility": "f", "account": "a",
            "region": "r", "ca_file": "c"
        });
        config
            .sinks
            .push(serde_json::from_value(every.clone()).unwrap());
        let shown = serde_json::to_value(&config).unwrap();
        assert_eq!(shown["sinks"].as_array().unwrap().last(), Some(&every));
        let mut missing = Vec::new();
        look_for_keys(&shown, &mut missing);
        assert!(missing.is_empty(), "the example shows no {missing:?}");
    }

    /// The keys of a configuration that the example does not mention. What maps hold is the user's.
    fn look_for_keys(value: &serde_json::Value, missing: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    let forms = [
                        format!("#{key} ="),
                        format!("`{key}`"),
                        format!("[{key}]"),
                        format!(".{key}]"),
                    ];
                    let is_there = forms.iter().any(|form| EXAMPLE.contains(form));
                    if !is_there {
                        missing.push(key.clone());
                    }
                    if key != "references" && key != "watchlists" {
                        look_for_keys(value, missing);
                    }
                }
            }
            serde_json::Value::Array(items) => {
                items.iter().for_each(|item| look_for_keys(item, missing));
            }
            _ => {}
        }
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let error =
            toml::from_str::<Config>("[estate]\ntrusted_acounts = []\n").expect_err("misspelt");
        assert!(error.to_string().contains("trusted_acounts"), "{error}");
    }

    #[test]
    fn what_would_protect_nobody_is_refused() {
        for (text, expected) in [
            (
                "break_glass = ['role/emergency']",
                "`break_glass`: expected the ARN of users, roles or a role's session, found `role/emergency`, \
                 which protects nobody",
            ),
            (
                "break_glass = ['arn:aws:sts::111122223333:federated-user/ops']",
                "`break_glass`: expected the ARN of users, roles or a role's session, found \
                 `arn:aws:sts::111122223333:federated-user/ops`, which protects nobody",
            ),
            (
                "vpc_endpoints = ['vpc-1']",
                "`vpc_endpoints`: expected `vpce-…`, found `vpc-1`",
            ),
            (
                "organization = 'xyz'",
                "`organization`: expected an id such as `o-a1b2c3d4e5`, found `xyz`",
            ),
            (
                "accounts = [{id = '111122223333'}, {id = '111122223333'}]",
                "`accounts`: `111122223333` stands there twice",
            ),
            (
                "accounts = [{id = '111122223333', partition = 'mars'}]",
                "`accounts`: expected a partition such as `aws` or `aws-cn`, found `mars`",
            ),
        ] {
            let estate: Estate = toml::from_str(text).expect("keys are right");
            let error = estate.check().expect_err(text);
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn accounts_come_from_csv_and_from_the_cli_listing() {
        let csv = "id,name,production\n111122223333,payments,true\n";
        let json = r#"{"Accounts": [{"Id": "111122223333", "Name": "payments",
            "Arn": "arn:aws-cn:organizations::999988887777:account/o-x/111122223333"}]}"#;
        assert_eq!(accounts_from_csv(csv).unwrap()[0].name, "payments");
        assert!(accounts_from_csv(csv).unwrap()[0].production);
        assert_eq!(accounts_from_json(json).unwrap()[0].partition, "aws-cn");
        assert!(accounts_from_csv("name\nx\n").is_err());
    }

    #[test]
    fn estates_with_impossible_values_are_refused() {
        let wrong_id = Estate {
            trusted_accounts: vec!["12".into()],
            ..Estate::default()
        };
        assert!(wrong_id.check().is_err());
        let wrong_network = Estate {
            egress_networks: vec!["10.0.0.0/99".into()],
            ..Estate::default()
        };
        assert!(wrong_network.check().is_err());
        let right = Estate {
            egress_networks: vec!["203.0.113.0/24".into(), "2001:db8::/32".into()],
            ..Estate::default()
        };
        assert!(right.check().is_ok());
    }
}
