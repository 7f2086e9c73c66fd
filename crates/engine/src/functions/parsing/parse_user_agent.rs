//! `parse_user_agent`: the program, system and device behind a user agent.

use serde_json::{Map, Value, json};

use super::user_agent::{self, Product};
use crate::functions::call::text;
use crate::functions::json;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "parse_user_agent",
    family: Family::Parsing,
    signature: "parse_user_agent(agent: string, look_for: string|dynamic): dynamic",
    doc: "A bag of what is looked for in a user agent: `browser`, `os`, `device`, one or an array of them. Known are the programs and systems that calls to AWS come from and the common browsers; anything else is `Other`, of which Kusto knows more.",
    examples: &[
        (
            "parse_user_agent('aws-cli/2.13.5 Linux/5.10', 'browser').Browser.Family",
            "aws-cli",
        ),
        (
            "parse_user_agent('Boto3/1.26 Linux/5.10', dynamic(['browser', 'os'])).OperatingSystem.MajorVersion",
            "5",
        ),
        ("parse_user_agent('x', 'device').Device.Family", "Other"),
    ],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_parse_user_agent", Type::Dynamic, |rows| {
        let mut wanted = Memo::empty();
        let mut found = Memo::empty();
        each!(rows, [text agent, json look_for] -> JsonOut, {
            let wanted = *wanted.get(look_for, Wanted::of);
            // Rows that follow each other often come from one program.
            let key = format!("{}{agent}", wanted.key());
            Some(found.get(&key, |_| json::print(&parse(agent, wanted))).clone())
        })
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let all = text(r#"["browser","os","device"]"#);
    let look_for = call_.arg_or(1, Type::Dynamic, all)?;
    Ok(call(
        "kql_parse_user_agent",
        vec![call_.arg(0, Type::String)?, look_for],
    ))
}

#[derive(Clone, Copy)]
struct Wanted {
    browser: bool,
    os: bool,
    device: bool,
}

impl Wanted {
    fn of(look_for: &str) -> Wanted {
        let words = match serde_json::from_str(look_for) {
            Ok(Value::Array(words)) => words,
            Ok(word) => vec![word],
            Err(_) => Vec::new(),
        };
        let has = |name: &str| {
            let mut texts = words.iter().filter_map(Value::as_str);
            texts.any(|word| word.eq_ignore_ascii_case(name))
        };
        Wanted {
            browser: has("browser"),
            os: has("os"),
            device: has("device"),
        }
    }

    fn key(self) -> char {
        let bits = u8::from(self.browser) + 2 * u8::from(self.os) + 4 * u8::from(self.device);
        char::from(b'0' + bits)
    }
}

fn parse(agent: &str, wanted: Wanted) -> Value {
    let mut bag = Map::new();
    if wanted.browser {
        let product = user_agent::program(agent);
        bag.insert("Browser".to_owned(), versions(product, VERSIONS));
    }
    if wanted.os {
        let product = user_agent::system(agent);
        bag.insert("OperatingSystem".to_owned(), versions(product, OS_VERSIONS));
    }
    if wanted.device {
        let device = user_agent::device(agent);
        let device = json!({"Family": device.family, "Brand": device.brand, "Model": device.model});
        bag.insert("Device".to_owned(), device);
    }
    Value::Object(bag)
}

const VERSIONS: &[&str] = &["MajorVersion", "MinorVersion", "Patch"];
const OS_VERSIONS: &[&str] = &["MajorVersion", "MinorVersion", "Patch", "PatchMinor"];

fn versions(product: Product, names: &[&str]) -> Value {
    let mut bag = Map::new();
    bag.insert("Family".to_owned(), Value::String(product.family));
    for (name, part) in names.iter().zip(product.version) {
        bag.insert((*name).to_owned(), Value::String(part));
    }
    Value::Object(bag)
}
