//! `datetime_local_to_utc`: the instant of a wall-clock time.

use super::zone;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "datetime_local_to_utc",
    family: Family::Time,
    signature: "datetime_local_to_utc(date: datetime, zone: string): datetime",
    doc: "The instant of a wall-clock time in a time zone (IANA name). Null for an unknown zone.",
    examples: &[(
        "datetime_local_to_utc(datetime(2020-02-02 20:02:20), 'Europe/Paris')",
        "2020-02-02T19:02:20.0000000Z",
    )],
    lower: Lower::Convert(&[Type::DateTime, Type::String]),
    kernels: &[Kernel::new(
        "kql_datetime_local_to_utc",
        Type::DateTime,
        |rows| {
            let mut zones = Memo::empty();
            each!(rows, [long date, text zone] -> LongOut, zone::to_utc(zones.get(zone, zone::find).as_ref()?, date))
        },
    )],
};
