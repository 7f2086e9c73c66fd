//! IPv6 addresses and networks; IPv4 ones are taken as `::ffff:a.b.c.d`.

use std::cmp::Ordering;
use std::net::Ipv6Addr;

use arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::functions::json;
use crate::functions::operators::elements;
use crate::functions::rows::{LongOut, Rows};

use super::intervals::Intervals;
use super::ipv4;

const BITS: u32 = 128;

/// An address and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    pub address: u128,
    pub prefix: u32,
}

impl Net {
    /// An IPv6 or IPv4 address with or without a prefix; that of one written with points counts the
    /// bits of IPv4.
    pub fn parse(text: &str) -> Option<Net> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(u32::from(prefix.parse::<u8>().ok()?))),
            None => (text, None),
        };
        let prefix = match prefix {
            None => BITS,
            Some(prefix) if address.contains('.') => prefix + 96,
            Some(prefix) => prefix,
        };
        if prefix > BITS {
            return None;
        }
        let number = match ipv4::strict(address) {
            Some(number) => u128::from(number),
            None => u128::from(address.parse::<Ipv6Addr>().ok()?),
        };
        // However an address with points is written, it is one of IPv4.
        let is_ipv4 = address.contains('.') && number >> 32 == 0;
        let address = if is_ipv4 {
            0xFFFF_0000_0000 | number
        } else {
            number
        };
        Some(Net { address, prefix })
    }

    /// The lowest address of the network.
    pub fn first(self) -> u128 {
        self.address & mask(self.prefix)
    }

    fn last(self) -> u128 {
        self.address | !mask(self.prefix)
    }

    /// Under a prefix from outside: the shorter of both counts. None for a prefix that cannot be.
    pub fn within(self, prefix: i64) -> Option<Net> {
        let prefix = u32::try_from(prefix)
            .ok()
            .filter(|prefix| *prefix <= BITS)?;
        Some(self.cut_to(prefix))
    }

    pub fn cut_to(self, prefix: u32) -> Net {
        Net {
            prefix: self.prefix.min(prefix),
            ..self
        }
    }
}

fn mask(prefix: u32) -> u128 {
    u128::MAX.checked_shl(BITS - prefix).unwrap_or(0)
}

/// The networks of an array of texts; what is no network is passed over.
pub fn ranges(list: &str) -> Intervals {
    let nets = elements(list)
        .into_iter()
        .filter_map(|item| Net::parse(&json::text_of_value(&item)));
    Intervals::new(nets.map(|net| (net.first(), net.last())).collect())
}

/// Over the arguments (a, b[, prefix]).
pub fn compare_each(rows: &Rows<'_>, found: impl Fn(Ordering) -> i64) -> Result<ArrayRef> {
    let (left, right) = (rows.text(0)?, rows.text(1)?);
    let prefix = if rows.count() > 2 {
        Some(rows.long(2)?)
    } else {
        None
    };
    let mut out = LongOut::new(rows.len);
    for row in 0..rows.len {
        let prefix = prefix
            .as_ref()
            .map_or(Some(BITS.into()), |prefix| prefix.get(row));
        let order = prefix.and_then(|prefix| compare(left.at(row), right.at(row), prefix));
        out.push(order.map(&found));
    }
    Ok(out.finish())
}

fn compare(left: &str, right: &str, prefix: i64) -> Option<Ordering> {
    let left = Net::parse(left)?.within(prefix)?;
    let right = Net::parse(right)?.within(prefix)?;
    let prefix = left.prefix.min(right.prefix);
    Some(
        left.cut_to(prefix)
            .first()
            .cmp(&right.cut_to(prefix).first()),
    )
}

/// All eight groups with all their digits.
pub fn text(address: u128) -> String {
    let groups = Ipv6Addr::from(address).segments();
    groups.map(|group| format!("{group:04x}")).join(":")
}
