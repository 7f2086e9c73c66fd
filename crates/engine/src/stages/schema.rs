//! What the data tells about columns: the members of bags and their types, the values of a column.

use std::collections::BTreeMap;

use keyline_kql::schema::Column;
use keyline_kql::types::Type;
use serde_json::Value as Json;

use crate::error::{Error, ErrorKind, Result};
use crate::functions::json;
use crate::limits::STAGE_COLUMNS_MAX;

/// Names that were met, with the type of what stands under them, by name.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, Option<Type>>);

impl Names {
    /// Adds the members of a bag.
    pub(crate) fn add_members(&mut self, bag: &str) -> Result<()> {
        for (name, value) in json::parse_bag(bag).unwrap_or_default() {
            self.add(name, type_of(&value))?;
        }
        Ok(())
    }

    /// Adds a name; `None` is the type of a null, which is any.
    pub(crate) fn add(&mut self, name: String, ty: Option<Type>) -> Result<()> {
        let known = self.0.entry(name).or_insert(ty);
        *known = match (*known, ty) {
            (Some(known), Some(ty)) if known != ty => Some(Type::Dynamic),
            (known, ty) => known.or(ty),
        };
        if self.0.len() > STAGE_COLUMNS_MAX {
            let message = format!("the data asks for more than {STAGE_COLUMNS_MAX} columns");
            return Err(Error::new(ErrorKind::Limit, message));
        }
        Ok(())
    }

    pub(crate) fn columns(self) -> Vec<Column> {
        let columns = self.0.into_iter();
        columns
            .map(|(name, ty)| Column::new(name, ty.unwrap_or(Type::Dynamic)))
            .collect()
    }
}

fn type_of(value: &Json) -> Option<Type> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(_) => Type::Bool,
        Json::Number(number) if number.is_f64() => Type::Real,
        Json::Number(_) => Type::Long,
        Json::String(_) => Type::String,
        Json::Array(_) | Json::Object(_) => Type::Dynamic,
    })
}
