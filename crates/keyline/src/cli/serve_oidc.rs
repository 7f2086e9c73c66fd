//! The flags and keys by which people sign in at their organisation.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use keyline_oidc::Settings;

use super::serve::ListenArgs;
use crate::config::ServeConfig;
use crate::server::{Oidc, People};

/// Bytes of a secret; providers give out a hundred at most.
const SECRET_BYTES_MAX: u64 = 4 << 10;
/// Bytes of a file of authorities: all public ones together have some 250,000.
const AUTHORITIES_BYTES_MAX: u64 = 4 << 20;
/// How long a sign-in holds, in hours, and how long it may.
const HOURS: u32 = 8;
const HOURS_MAX: u32 = 24;
/// The claim that lists groups, at most providers.
const GROUPS: &str = "groups";

#[derive(Args, Clone)]
pub struct OidcArgs {
    /// Let people sign in at this OpenID Connect provider; needs `--oidc-client-id`, `--oidc-roles` and `--public-url`
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<String>,
    /// The client that the provider knows this server by
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
    /// That client's secret, in the first line of FILE; none for a public client
    #[arg(long, value_name = "FILE")]
    oidc_client_secret_file: Option<PathBuf>,
    /// Who has which role: people by `email` or `sub`, and groups; nobody else is let in
    #[arg(long, value_name = "FILE")]
    oidc_roles: Option<PathBuf>,
}

/// How people sign in, if they do.
pub fn oidc(at: &ListenArgs, config: &ServeConfig) -> Result<Option<Oidc>> {
    let (args, file) = (&at.oidc, &config.oidc);
    let issuer = args.oidc_issuer.as_ref().or(file.issuer.as_ref());
    let client_id = args.oidc_client_id.as_ref().or(file.client_id.as_ref());
    let roles = args.oidc_roles.as_ref().or(file.roles.as_ref());
    let secret = args.oidc_client_secret_file.as_ref();
    let secret = secret.or(file.client_secret_file.as_ref());
    let Some(issuer) = issuer else {
        // Half of it would be a server that others think they can sign in to.
        if client_id.is_some() || roles.is_some() || secret.is_some() {
            bail!("nobody can sign in without a provider: name it with `--oidc-issuer`");
        }
        return Ok(None);
    };
    let Some(client_id) = client_id else {
        bail!("the provider must know this server: name its client with `--oidc-client-id`");
    };
    let Some(roles) = roles else {
        bail!("nobody has a role yet: `--oidc-roles FILE` says who has which");
    };
    let Some(public) = at.public_url.as_ref().or(config.public_url.as_ref()) else {
        bail!(
            "the provider must know where to send people back to: name what browsers know this server by with \
             `--public-url`"
        );
    };
    let hours = file.session_hours.unwrap_or(HOURS);
    if !(1..=HOURS_MAX).contains(&hours) {
        bail!("`session_hours` is 1 to {HOURS_MAX}, and not {hours}");
    }
    let settings = Settings {
        issuer: issuer.clone(),
        client_id: client_id.clone(),
        secret: secret.map(|path| read_secret(path)).transpose()?,
        redirect: String::new(),
        scopes: file.scopes.clone(),
        groups_claim: file.groups_claim.clone().unwrap_or(GROUPS.to_owned()),
        name_claim: file.name_claim.clone(),
        authorities: match &file.ca_file {
            Some(path) => Some(read(path, AUTHORITIES_BYTES_MAX)?),
            None => None,
        },
    };
    let lasts = Duration::from_secs(u64::from(hours) * 3_600);
    Oidc::new(settings, People::read(roles)?, public, lasts).map(Some)
}

/// The first line of a file.
fn read_secret(path: &Path) -> Result<String> {
    let text = String::from_utf8(read(path, SECRET_BYTES_MAX)?).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() || line.contains(char::is_control) {
        bail!(
            "there is no secret in the first line of `{}`",
            path.display()
        );
    }
    Ok(line.to_owned())
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    let naming = || format!("cannot read `{}`", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(naming)?;
    let read = file.take(bytes_max + 1).read_to_end(&mut bytes);
    read.with_context(naming)?;
    if bytes.len() as u64 > bytes_max {
        bail!("`{}` has more than {bytes_max} bytes", path.display());
    }
    Ok(bytes)
}
