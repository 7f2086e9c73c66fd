//! What is known without logs, as tables: the estate of the configuration and known tools.
//!
//! In: `[estate]` and the list of tools that Keyline brings. Out: tables that are always there, empty by
//! default, so that rules can ask for them. Which alerts an allow-list holds back is in `allow.rs`.

use std::sync::Arc;

use anyhow::Result;
use arrow_array::{
    ArrayRef, BooleanArray, RecordBatch, StringViewArray, TimestampMicrosecondArray,
};
use keyline_engine::catalog::Catalog;

use crate::config::{Account, Estate};

/// Tools whose calls betray them.
const KNOWN_TOOLS: &str = include_str!("known_tools.csv");

pub fn add(catalog: &mut Catalog, estate: &Estate) -> Result<()> {
    add_estate(catalog, estate)?;
    add_accounts(catalog, estate)?;
    for (table, column, values) in [
        ("EstateNetwork", "Network", &estate.egress_networks),
        ("EstateVpcEndpoint", "VpcEndpointId", &estate.vpc_endpoints),
        (
            "EstateTrustedAccount",
            "AccountId",
            &estate.trusted_accounts,
        ),
        ("EstateHubRole", "RoleArn", &estate.hub_roles),
    ] {
        let cells = texts(values.iter().map(String::as_str));
        catalog.add_batch(table, RecordBatch::try_from_iter([(column, cells)])?)?;
    }
    add_allow_list(catalog, estate)?;
    add_known_tools(catalog)
}

/// `Estate`: one row that holds all lists, as JSON arrays. A rule that is evaluated at many instants
/// joins one row cheaply, a list of unknown length not.
fn add_estate(catalog: &mut Catalog, estate: &Estate) -> Result<()> {
    let accounts: Vec<&String> = estate.accounts.iter().map(|account| &account.id).collect();
    let arrays = [
        ("Networks", serde_json::to_string(&estate.egress_networks)?),
        ("Accounts", serde_json::to_string(&accounts)?),
        (
            "TrustedAccounts",
            serde_json::to_string(&estate.trusted_accounts)?,
        ),
        (
            "VpcEndpoints",
            serde_json::to_string(&estate.vpc_endpoints)?,
        ),
        ("HubRoles", serde_json::to_string(&estate.hub_roles)?),
    ];
    let arrays = arrays.map(|(name, json)| (name, texts([json.as_str()].into_iter())));
    catalog.add_batch("Estate", RecordBatch::try_from_iter(arrays)?)?;
    Ok(())
}

/// `EstateAccount`: who the accounts are, so that queries can join their names.
fn add_accounts(catalog: &mut Catalog, estate: &Estate) -> Result<()> {
    let text = |of: fn(&Account) -> &str| texts(estate.accounts.iter().map(of));
    let production: ArrayRef = Arc::new(BooleanArray::from_iter(
        estate.accounts.iter().map(|a| Some(a.production)),
    ));
    let arrays = [
        ("AccountId", text(|a| &a.id)),
        ("Name", text(|a| &a.name)),
        ("OrganizationalUnit", text(|a| &a.ou)),
        ("Partition", text(partition)),
        ("Owner", text(|a| &a.owner)),
        ("IsProduction", production),
    ];
    catalog.add_batch("EstateAccount", RecordBatch::try_from_iter(arrays)?)?;
    Ok(())
}

fn partition(account: &Account) -> &str {
    match account.partition.is_empty() {
        true => "aws",
        false => &account.partition,
    }
}

/// `EstateAllowList`: one row for each pattern of each entry.
fn add_allow_list(catalog: &mut Catalog, estate: &Estate) -> Result<()> {
    let mut rows: Vec<[&str; 4]> = Vec::new();
    let mut expires = Vec::new();
    for entry in &estate.allow {
        for (kind, patterns) in [
            ("principal", &entry.principals),
            ("role", &entry.roles),
            ("network", &entry.networks),
            ("tool", &entry.tools),
        ] {
            for pattern in patterns {
                rows.push([kind, pattern, &entry.owner, &entry.reason]);
                expires.push(entry.expiry().map(|end| end.as_microsecond()));
            }
        }
    }
    let column = |at: usize| texts(rows.iter().map(|row| row[at]));
    let expires: ArrayRef = Arc::new(TimestampMicrosecondArray::from(expires).with_timezone("UTC"));
    let arrays = [
        ("Kind", column(0)),
        ("Pattern", column(1)),
        ("Owner", column(2)),
        ("Reason", column(3)),
        ("ExpiresAt", expires),
    ];
    catalog.add_batch("EstateAllowList", RecordBatch::try_from_iter(arrays)?)?;
    Ok(())
}

fn add_known_tools(catalog: &mut Catalog) -> Result<()> {
    let mut reader = csv::Reader::from_reader(KNOWN_TOOLS.as_bytes());
    let headers = reader.headers()?.clone();
    let records = reader.records().collect::<Result<Vec<_>, _>>()?;
    let arrays = headers.iter().enumerate().map(|(at, name)| {
        let cells = records
            .iter()
            .map(|record| record.get(at).unwrap_or_default());
        (name, texts(cells))
    });
    catalog.add_batch("KnownTool", RecordBatch::try_from_iter(arrays)?)?;
    Ok(())
}

fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringViewArray::from_iter_values(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_there_without_an_estate() {
        let mut catalog = Catalog::new();
        add(&mut catalog, &Estate::default()).unwrap();
        for table in [
            "Estate",
            "EstateAccount",
            "EstateAllowList",
            "EstateHubRole",
            "EstateNetwork",
            "EstateTrustedAccount",
            "EstateVpcEndpoint",
            "KnownTool",
        ] {
            assert!(catalog.get(table).is_some(), "{table}");
        }
    }
}
