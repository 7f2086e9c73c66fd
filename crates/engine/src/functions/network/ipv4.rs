//! IPv4 addresses and networks.

use std::cmp::Ordering;

use arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::functions::json;
use crate::functions::operators::elements;
use crate::functions::rows::{LongOut, Rows};
use crate::functions::search::{is_word_at, is_word_before};

use super::intervals::Intervals;

const BITS: u32 = 32;

/// An address and the length of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    pub address: u32,
    pub prefix: u32,
}

impl Net {
    /// `a.b.c.d` or `a.b.c.d/prefix`.
    pub fn parse(text: &str) -> Option<Net> {
        let text = text.trim();
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => {
                let is_short =
                    prefix.len() <= 2 && prefix.bytes().all(|byte| byte.is_ascii_digit());
                (
                    address,
                    prefix
                        .parse()
                        .ok()
                        .filter(|prefix| is_short && *prefix <= BITS)?,
                )
            }
            None => (text, BITS),
        };
        Some(Net {
            address: strict(address)?,
            prefix,
        })
    }

    /// Also the number of an address.
    pub fn parse_or_number(text: &str) -> Option<Net> {
        match text.parse::<u32>() {
            Ok(address) => Some(Net {
                address,
                prefix: BITS,
            }),
            Err(_) => Net::parse(text),
        }
    }

    pub fn text(self) -> String {
        text(self.first())
    }

    /// The lowest address of the network.
    pub fn first(self) -> u32 {
        self.address & mask(self.prefix)
    }

    fn last(self) -> u32 {
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

fn mask(prefix: u32) -> u32 {
    u32::MAX.checked_shl(BITS - prefix).unwrap_or(0)
}

/// The networks of an array of texts; what is no network is passed over.
pub fn ranges(list: &str) -> Intervals {
    let nets = elements(list)
        .into_iter()
        .filter_map(|item| Net::parse(&json::text_of_value(&item)));
    Intervals::new(
        nets.map(|net| (net.first().into(), net.last().into()))
            .collect(),
    )
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

pub fn text(address: u32) -> String {
    std::net::Ipv4Addr::from(address).to_string()
}

/// Four numbers from 0 to 255 with points between, nothing else.
pub fn strict(text: &str) -> Option<u32> {
    let mut address = 0_u32;
    let mut count = 0;
    for octet in text.split('.') {
        let is_number =
            (1..=3).contains(&octet.len()) && octet.bytes().all(|byte| byte.is_ascii_digit());
        let octet: u8 = octet.parse().ok().filter(|_| is_number)?;
        address = address << 8 | u32::from(octet);
        count += 1;
        if count > 4 {
            return None;
        }
    }
    (count == 4).then_some(address)
}

/// The addresses in a text that have neither letter nor digit beside them.
pub fn addresses(text: &str) -> impl Iterator<Item = (&str, u32)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + bytes[from..].iter().position(u8::is_ascii_digit)?;
            let length = bytes[start..]
                .iter()
                .position(|byte| !byte.is_ascii_digit() && *byte != b'.')
                .unwrap_or(bytes.len() - start);
            from = start + length;
            let found = text[start..from].trim_end_matches('.');
            let stands_alone =
                !is_word_before(text, start) && !is_word_at(text, start + found.len());
            if let Some(address) = strict(found).filter(|_| stands_alone) {
                return Some((found, address));
            }
        }
    })
}

/// One to three numbers with a point behind each, or a whole address.
pub fn is_prefix(prefix: &str) -> bool {
    if strict(prefix).is_some() {
        return true;
    }
    let Some(numbers) = prefix.strip_suffix('.') else {
        return false;
    };
    let numbers: Vec<&str> = numbers.split('.').collect();
    numbers.len() <= 3
        && numbers.iter().all(|number| {
            number.len() <= 3
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && number.parse::<u8>().is_ok()
        })
}

pub fn starts(address: &str, prefix: &str) -> bool {
    if prefix.ends_with('.') {
        address.starts_with(prefix)
    } else {
        address == prefix
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        assert_eq!(
            Net::parse("192.0.2.1/24").map(Net::first),
            strict("192.0.2.0")
        );
        assert_eq!(Net::parse("192.0.2.1/0").map(Net::first), Some(0));
        for text in [
            "",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.1/33",
            "192.0.2.1/",
            "::1",
            "1.2.3.4.5",
            "+1.2.3.4",
        ] {
            assert_eq!(Net::parse(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_in_texts() {
        let found = |text: &str| {
            addresses(text)
                .map(|(found, _)| found.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found("05:04 192.0.2.1 GET 198.51.100.256 (203.0.113.9)."),
            ["192.0.2.1", "203.0.113.9"]
        );
        assert_eq!(
            found("x192.0.2.1 192.0.2.1x 1.2.3.4.5"),
            Vec::<String>::new()
        );
    }
}
