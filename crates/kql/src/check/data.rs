//! Tables that stand in the query: `datatable` and `externaldata`.

use std::sync::Arc;

use super::Checker;
use super::build;
use super::fold;
use super::report::Checked;
use super::scope::{Binding, Row};
use crate::checked::{Op, Rel};
use crate::codes;
use crate::parse::literal::{datetime_text, datetime_ticks, timespan_text, timespan_ticks};
use crate::schema::Column;
use crate::span::Span;
use crate::syntax::{DataTable, ExprKind, ExternalData, Parameter, RowSchema};
use crate::types::{Type, Value};

/// Formats that Kusto reads and nobody here does.
const BINARY_FORMATS: [&str; 6] = [
    "avro",
    "apacheavro",
    "orc",
    "parquet",
    "sstream",
    "w3clogfile",
];

impl<'a> Checker<'a> {
    pub(super) fn datatable(&mut self, table: &'a DataTable, span: Span) -> Checked<Arc<Rel>> {
        let columns = self.declared_columns(&table.schema)?;
        if columns.is_empty() || !table.values.len().is_multiple_of(columns.len()) {
            // A place at the values: they are what somebody has to look at.
            let place = match table.values.as_slice() {
                [first, .., last] => first.span.to(last.span),
                [only] => only.span,
                [] => span,
            };
            return Err(self.error(
                codes::DATATABLE,
                place,
                format!(
                    "{} values do not fill rows of {} columns",
                    table.values.len(),
                    columns.len()
                ),
            ));
        }
        let mut values = Vec::with_capacity(table.values.len());
        for (at, expr) in table.values.iter().enumerate() {
            let ty = columns[at % columns.len()].ty;
            let literal = match &expr.kind {
                ExprKind::Literal(value) => build::literal(value.clone(), expr.span),
                _ => self.scalar(expr, &Row::none())?,
            };
            let Some(value) = fold::value(&literal) else {
                return Err(self.error(
                    codes::DATATABLE,
                    expr.span,
                    "expected a literal: a datatable holds no expressions",
                ));
            };
            match cell(value, ty) {
                Some(value) => values.push(value),
                None => {
                    return Err(self.error(
                        codes::DATATABLE,
                        expr.span,
                        format!(
                            "expected a `{ty}` for the column `{}`, found a `{}`",
                            columns[at % columns.len()].name,
                            value.ty()
                        ),
                    ));
                }
            }
        }
        let rows = values
            .chunks(columns.len())
            .map(<[Value]>::to_vec)
            .collect();
        self.unordered(Op::DataTable { rows }, columns, span)
    }

    pub(super) fn external_data(
        &mut self,
        data: &'a ExternalData,
        span: Span,
    ) -> Checked<Arc<Rel>> {
        let columns = self.declared_columns(&data.schema)?;
        let mut uris = Vec::with_capacity(data.uris.len());
        for expr in &data.uris {
            let uri = self.scalar(expr, &Row::none())?;
            match fold::string(&uri) {
                Some(uri) => uris.push(uri.to_string()),
                None => {
                    return Err(self.error(
                        codes::EXTERNAL_URI,
                        expr.span,
                        "expected a URI as a string literal",
                    ));
                }
            }
        }
        if uris.is_empty() {
            return Err(self.error(codes::EXTERNAL_URI, span, "`externaldata` names no URI"));
        }
        let mut properties = Vec::with_capacity(data.properties.len());
        for property in &data.properties {
            let value = self.property(property)?;
            let name = property.name.text.to_lowercase();
            if let ("format", Value::String(format)) = (name.as_str(), &value)
                && BINARY_FORMATS.contains(&format.to_lowercase().as_str())
            {
                return Err(self.unsupported(
                    codes::UNSUPPORTED_OPERATOR,
                    property.value.span,
                    format!("`externaldata` in the format `{format}` is not supported"),
                ));
            }
            properties.push((name, value));
        }
        // An address may carry a secret after `;` or in `h'…'`: it is data, not text to show.
        self.external_uris.extend(uris.iter().cloned());
        self.unordered(Op::ExternalData { uris, properties }, columns, span)
    }

    /// The value of a property: a literal, or a bare word as a string.
    pub(super) fn property(&mut self, property: &'a Parameter) -> Checked<Value> {
        match &property.value.kind {
            ExprKind::Name(word)
                if !matches!(self.scopes.find(&word.text), Some(Binding::Scalar(_))) =>
            {
                Ok(Value::String(word.text.clone()))
            }
            _ => self.literal_value(&property.value),
        }
    }

    /// `(a: long, b: string)`
    pub(super) fn declared_columns(&mut self, schema: &RowSchema) -> Checked<Vec<Column>> {
        let mut columns: Vec<Column> = Vec::with_capacity(schema.columns.len());
        for declared in &schema.columns {
            let ty = declared.ty.ty.ok_or(super::Reported)?;
            if columns.iter().any(|other| other.name == declared.name.text) {
                return Err(self.duplicate_column(&declared.name.text, declared.name.span));
            }
            columns.push(Column::new(declared.name.text.clone(), ty));
        }
        Ok(columns)
    }

    pub(super) fn duplicate_column(&mut self, name: &str, span: Span) -> super::Reported {
        self.error(
            codes::DUPLICATE_COLUMN,
            span,
            format!("there is already a column `{name}`"),
        )
    }
}

/// A literal as a cell of that type. What cannot be read becomes null, as Kusto has it; `None` where
/// it makes no sense at all.
fn cell(value: &Value, ty: Type) -> Option<Value> {
    if value.ty() == ty {
        return Some(value.clone());
    }
    if let Some(value) = fold::converted(value, ty) {
        return Some(value);
    }
    let null = fold::null(ty);
    Some(match (value, ty) {
        (Value::Dynamic(json), Type::String) => Value::String(text_of_json(json)),
        (Value::Dynamic(json), _) => cell(&Value::String(text_of_json(json)), ty)?,
        (_, Type::Dynamic) => Value::Dynamic(json(value)?),
        (Value::Long(number), Type::Int) => i32::try_from(*number).map_or(null, Value::Int),
        (Value::Long(number), Type::Bool) => Value::Bool(*number != 0),
        (Value::Int(number), Type::Bool) => Value::Bool(*number != 0),
        (Value::Long(number), Type::Real) => Value::Real(*number as f64),
        (Value::Bool(flag), Type::Long) => Value::Long(i64::from(*flag)),
        (Value::Bool(flag), Type::Int) => Value::Int(i32::from(*flag)),
        (Value::Real(number), Type::Long) => Value::Long(*number as i64),
        (Value::Real(number), Type::Int) => Value::Int(*number as i32),
        (Value::Real(number), Type::Decimal) => Value::Decimal(number.to_string()),
        (Value::Decimal(text), Type::Real) => text.parse().map_or(null, Value::Real),
        (Value::Long(ticks), Type::TimeSpan) => Value::TimeSpan(*ticks),
        (Value::Long(_) | Value::Int(_), Type::DateTime) => null,
        (Value::Int(number), Type::String) => Value::String(number.to_string()),
        (Value::Long(number), Type::String) => Value::String(number.to_string()),
        (Value::Real(number), Type::String) => Value::String(number.to_string()),
        (Value::Decimal(text) | Value::Guid(text), Type::String) => Value::String(text.clone()),
        (Value::Bool(flag), Type::String) => {
            Value::String(if *flag { "True" } else { "False" }.to_string())
        }
        (Value::String(text), _) => {
            let text = text.trim();
            match ty {
                Type::Int => text.parse().map_or(null, Value::Int),
                Type::Long => text.parse().map_or(null, Value::Long),
                Type::Real => text.parse().map_or(null, Value::Real),
                Type::Decimal if text.parse::<f64>().is_ok() => Value::Decimal(text.to_string()),
                Type::Bool => match text.to_lowercase().as_str() {
                    "true" | "1" => Value::Bool(true),
                    "false" | "0" => Value::Bool(false),
                    _ => null,
                },
                Type::DateTime => datetime_ticks(text).map_or(null, Value::DateTime),
                Type::TimeSpan => timespan_ticks(text).map_or(null, Value::TimeSpan),
                Type::Guid if text.len() == 36 => Value::Guid(text.to_lowercase()),
                _ => null,
            }
        }
        _ => return None,
    })
}

/// A JSON scalar as text: a string without its quotes.
fn text_of_json(json: &str) -> String {
    let inner = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.contains('\\') => inner.to_string(),
        _ => json.to_string(),
    }
}

/// The texts in a JSON array, in order; what is no text is passed over.
pub(super) fn texts(json: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut chars = json.chars();
    let mut depth = 0_usize;
    while let Some(c) = chars.next() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            '"' => {
                let text = text_up_to_quote(&mut chars);
                if depth <= 1 {
                    texts.push(text);
                }
            }
            _ => {}
        }
    }
    texts
}

/// The rest of a JSON string, up to its closing quote.
fn text_up_to_quote(chars: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok();
                    text.extend(code.and_then(char::from_u32));
                }
                Some(c) => text.push(c),
                None => break,
            },
            c => text.push(c),
        }
    }
    text
}

/// A literal as JSON text.
pub(super) fn json(value: &Value) -> Option<String> {
    Some(match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Long(number) => number.to_string(),
        Value::Real(number) if number.is_finite() => build::real_json(*number),
        Value::Decimal(text) | Value::Guid(text) => quoted(text),
        Value::String(text) => quoted(text),
        Value::Dynamic(json) => json.clone(),
        Value::DateTime(ticks) => quoted(&datetime_text(*ticks)),
        Value::TimeSpan(ticks) => quoted(&timespan_text(*ticks)),
        _ => return None,
    })
}

fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            c if (c as u32) < 0x20 => json.push_str(&format!("\\u{:04x}", c as u32)),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}
