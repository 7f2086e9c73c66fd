//! `datetime_list_timezones`: the time zones there are.

use serde_json::Value;

use crate::functions::call::text;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "datetime_list_timezones",
    family: Family::Time,
    signature: "datetime_list_timezones(): dynamic",
    doc: "An array of the names of all time zones.",
    examples: &[(
        "set_has_element(datetime_list_timezones(), 'Europe/Berlin')",
        "true",
    )],
    lower: Lower::By(|_| {
        let names = jiff::tz::db().available();
        let mut names: Vec<Value> = names.map(|name| Value::from(name.as_str())).collect();
        names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        Ok(text(json::print_array(&names)))
    }),
    kernels: &[],
};
