//! `parse_xml`: an XML document as a bag.

use super::xml;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_xml",
    family: Family::Parsing,
    signature: "parse_xml(xml: string): dynamic",
    doc: "The elements of a document as bags: attributes with `@` before their names, text as `#text`, elements of the same name as an array. Null if it is no XML.",
    examples: &[
        ("parse_xml('<a b=\"1\"><c>x</c></a>').a.c", "x"),
        ("parse_xml('<a b=\"1\">x</a>').a['#text']", "x"),
        ("parse_xml('<a>x<b>y</b></a>').a['#text']", "x"),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_parse_xml",
        Type::Dynamic,
        |rows| each!(rows, [text xml] -> JsonOut, Some(json::print(&xml::parse(xml)?))),
    )],
};
