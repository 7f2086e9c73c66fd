//! `parse_csv`: the fields of a record.

use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_csv",
    family: Family::Parsing,
    signature: "parse_csv(text: string): dynamic",
    doc: "An array of the fields of the first record of a comma-separated text.",
    examples: &[("parse_csv('aa,\"b,b\",c')", "[\"aa\",\"b,b\",\"c\"]")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_parse_csv", Type::Dynamic, |rows| {
        each!(rows, [text text] -> JsonOut, {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let mut record = csv::StringRecord::new();
            reader.read_record(&mut record).ok()?;
            let fields: Vec<String> = record.iter().map(json::quoted).collect();
            Some(format!("[{}]", fields.join(",")))
        })
    })],
};
