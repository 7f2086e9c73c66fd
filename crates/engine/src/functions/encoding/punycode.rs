//! `punycode_…`: Unicode in the letters that host names may have, by RFC 3492.

use idna::punycode;

use crate::functions::prelude::*;

pub const FROM_STRING: Function = Function {
    name: "punycode_from_string",
    family: Family::Encoding,
    signature: "punycode_from_string(text: string): string",
    doc: "A text in Punycode, without the prefix `xn--`.",
    examples: &[("punycode_from_string('bücher')", "bcher-kva")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_punycode_from_string",
        Type::String,
        |rows| each!(rows, [text text] -> TextOut, punycode::encode_str(text)),
    )],
};

pub const TO_STRING: Function = Function {
    name: "punycode_to_string",
    family: Family::Encoding,
    signature: "punycode_to_string(text: string): string",
    doc: "The text that Punycode, without the prefix `xn--`, stands for; empty if it is none.",
    examples: &[("punycode_to_string('bcher-kva')", "bücher")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_punycode_to_string",
        Type::String,
        |rows| each!(rows, [text text] -> TextOut, punycode::decode_to_string(text)),
    )],
};

pub const DOMAIN_FROM_STRING: Function = Function {
    name: "punycode_domain_from_string",
    family: Family::Encoding,
    signature: "punycode_domain_from_string(domain: string): string",
    doc: "A domain with every label that starts with `xn--` decoded; empty if one cannot be.",
    examples: &[(
        "punycode_domain_from_string('www.xn--bcher-kva.example')",
        "www.bücher.example",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_punycode_domain_from_string",
        Type::String,
        |rows| {
            each!(rows, [text domain] -> TextOut, labels(domain, |label| {
                match label.strip_prefix(PREFIX) {
                    Some(encoded) => punycode::decode_to_string(encoded),
                    None => Some(label.to_owned()),
                }
            }))
        },
    )],
};

pub const DOMAIN_TO_STRING: Function = Function {
    name: "punycode_domain_to_string",
    family: Family::Encoding,
    signature: "punycode_domain_to_string(domain: string): string",
    doc: "A domain with every label that is not ASCII in Punycode, after `xn--`.",
    examples: &[(
        "punycode_domain_to_string('www.bücher.example')",
        "www.xn--bcher-kva.example",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_punycode_domain_to_string",
        Type::String,
        |rows| {
            each!(rows, [text domain] -> TextOut, labels(domain, |label| {
                match label.is_ascii() {
                    true => Some(label.to_owned()),
                    false => Some(format!("{PREFIX}{}", punycode::encode_str(label)?)),
                }
            }))
        },
    )],
};

/// What marks a label in Punycode.
const PREFIX: &str = "xn--";

/// The full stops that IDNA knows.
const DOTS: [char; 4] = ['.', '。', '．', '｡'];

fn labels(domain: &str, each: impl Fn(&str) -> Option<String>) -> Option<String> {
    let labels: Option<Vec<String>> = domain.split(DOTS).map(each).collect();
    Some(labels?.join("."))
}
