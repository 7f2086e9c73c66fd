//! What a change to a security group opens: protocols, ports and networks.
//!
//! Sentinel has columns for `requestParameters.ipPermissions`; this reads them from the request's JSON. Where
//! a request names several, the distinct values stand in their order, joined by commas.

use memchr::memmem;
use sonic_rs::{JsonContainerTrait, JsonValueTrait};

use crate::json::{Kind, Window};
use crate::record::Slots;
use crate::schema::Column;

/// The member that a request has when it changes permissions.
pub(crate) const NAME: &[u8] = b"\"ipPermissions\"";

#[derive(Default)]
pub(crate) struct Permissions {
    pub protocols: String,
    pub from_ports: String,
    pub to_ports: String,
    pub networks: String,
}

/// The permissions in a record's request; `None` where it has none.
///
/// `finder` looks for [`NAME`]: making one costs more than looking.
pub(crate) fn permissions(
    finder: &memmem::Finder<'_>,
    window: &Window<'_>,
    slots: &Slots,
) -> Option<Permissions> {
    let value = slots.get(Column::RequestParameters)?;
    let text = &window.text[value.start..value.end];
    if value.kind != Kind::Object || finder.find(text).is_none() {
        return None;
    }
    let request: sonic_rs::Value = sonic_rs::from_slice(text).ok()?;
    let mut found = Permissions::default();
    for item in request
        .get("ipPermissions")?
        .get("items")?
        .as_array()?
        .iter()
    {
        add(&mut found.protocols, item.get("ipProtocol"));
        add(&mut found.from_ports, item.get("fromPort"));
        add(&mut found.to_ports, item.get("toPort"));
        for (ranges, network) in [("ipRanges", "cidrIp"), ("ipv6Ranges", "cidrIpv6")] {
            let items = item
                .get(ranges)
                .and_then(|ranges| ranges.get("items"))
                .and_then(|items| items.as_array());
            for range in items.into_iter().flatten() {
                add(&mut found.networks, range.get(network));
            }
        }
    }
    Some(found)
}

fn add(list: &mut String, value: Option<&sonic_rs::Value>) {
    let value = match value {
        Some(value) if value.is_null() => return,
        Some(value) => value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
        None => return,
    };
    if list.split(',').any(|known| known == value) {
        return;
    }
    if !list.is_empty() {
        list.push(',');
    }
    list.push_str(&value);
}
