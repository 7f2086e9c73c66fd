//! The schema of many values, for the aggregate `buildschema`.

use serde_json::{Map, Value};

use crate::functions::json;
use crate::functions::kernel::Kernel;
use crate::functions::rows::each;
use keyline_kql::types::Type;

/// Of an array of values.
pub const OF_LIST: Kernel = Kernel::new("kql_schema_of_list", Type::Dynamic, |rows| {
    each!(rows, [json list] -> JsonOut, {
        let mut schema = Schema::default();
        for value in json::parse_array(list)? {
            schema.add(&value);
        }
        json::dynamic(&schema.print())
    })
});

/// What values there are at one place.
#[derive(Default)]
struct Schema {
    /// The types of plain values, in the order in which they were met.
    plain: Vec<&'static str>,
    members: Vec<(String, Schema)>,
    elements: Option<Box<Schema>>,
}

impl Schema {
    /// Recursion is bounded by the depth that parsing lets through.
    fn add(&mut self, value: &Value) {
        let plain = match value {
            Value::Null => return,
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => "double",
            Value::Number(_) => "long",
            Value::String(_) => "string",
            Value::Array(items) => {
                let elements = self.elements.get_or_insert_default();
                items.iter().for_each(|item| elements.add(item));
                return;
            }
            Value::Object(members) => {
                for (key, member) in members {
                    let known = self.members.iter().position(|(name, _)| name == key);
                    let at = known.unwrap_or_else(|| {
                        self.members.push((key.clone(), Schema::default()));
                        self.members.len() - 1
                    });
                    self.members[at].1.add(member);
                }
                return;
            }
        };
        if !self.plain.contains(&plain) {
            self.plain.push(plain);
        }
    }

    /// One type alone stands for itself, several are an array.
    fn print(&self) -> Value {
        let mut kinds: Vec<Value> = self.plain.iter().map(|name| Value::from(*name)).collect();
        let mut bag = Map::new();
        for (key, member) in &self.members {
            bag.insert(key.clone(), member.print());
        }
        if let Some(elements) = &self.elements {
            bag.insert("indexer".to_owned(), elements.print());
        }
        if !bag.is_empty() {
            kinds.push(Value::Object(bag));
        }
        match kinds.len() {
            0 => Value::Null,
            1 => kinds.remove(0),
            _ => Value::Array(kinds),
        }
    }
}
