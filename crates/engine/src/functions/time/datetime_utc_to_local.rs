//! `datetime_utc_to_local`: a datetime in a time zone.

use super::zone;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "datetime_utc_to_local",
    family: Family::Time,
    signature: "datetime_utc_to_local(date: datetime, zone: string): datetime",
    doc: "The wall-clock time in a time zone (IANA name) at an instant. Null for an unknown zone.",
    examples: &[(
        "datetime_utc_to_local(datetime(2022-03-27 01:00), 'Europe/Brussels')",
        "2022-03-27T03:00:00.0000000Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::String]),
    kernels: &[Kernel::new(
        "kql_datetime_utc_to_local",
        Type::DateTime,
        |rows| {
            let mut zones = Memo::empty();
            each!(rows, [long date, text zone] -> LongOut, zone::to_local(zones.get(zone, zone::find).as_ref()?, date))
        },
    )],
};
