//! Functions that make lists, which a stock unnest then turns into rows: the elements of a dynamic
//! value, the steps of a range, the ticks of a replay.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow_schema::{DataType, Field};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

pub use crate::sessions::sessions;

/// Every function of this file, to be registered by name.
pub fn all_udfs() -> Vec<Arc<ScalarUDF>> {
    vec![steps(), elements(), item_indexes(), first_tick()]
}

/// `kql_steps(from, to, step, max)`: from, from + step, … up to `to`, at most `max` of them.
pub fn steps() -> Arc<ScalarUDF> {
    udf("kql_steps", 4, Output::List(DataType::Int64), |args| {
        let columns = args
            .iter()
            .map(|a| a.as_primitive::<Int64Type>())
            .collect::<Vec<_>>();
        let mut lists = ListBuilder::new(Int64Builder::new());
        for row in 0..columns[0].len() {
            if columns.iter().any(|column| column.is_null(row)) {
                lists.append_null();
                continue;
            }
            let [from, to, step, max] = [0, 1, 2, 3].map(|at| columns[at].value(row));
            if step == 0 {
                return exec_err!("the step of a `range` must not be 0");
            }
            let mut at = from;
            let mut count = 0_i64;
            while (step > 0 && at <= to) || (step < 0 && at >= to) {
                if count == max {
                    return exec_err!("a `range` makes more than {max} values");
                }
                lists.values().append_value(at);
                count += 1;
                let Some(next) = at.checked_add(step) else {
                    break;
                };
                at = next;
            }
            lists.append(true);
        }
        Ok(Arc::new(lists.finish()))
    })
}

/// `kql_elements(json, max, pairs)`: the elements of an array, or the pairs of a bag as one-pair bags
/// (or, with `pairs`, as `["key", value]`), each as JSON text. Anything else, null too, is one element.
pub fn elements() -> Arc<ScalarUDF> {
    udf(
        "kql_elements",
        3,
        Output::List(DataType::Utf8View),
        |args| {
            let texts = args[0].as_string_view();
            let max = args[1].as_primitive::<Int64Type>();
            let pairs: &BooleanArray = args[2].as_boolean();
            let mut lists = ListBuilder::new(StringViewBuilder::new());
            for row in 0..texts.len() {
                if texts.is_null(row) {
                    lists.values().append_null();
                    lists.append(true);
                    continue;
                }
                let max = usize::try_from(max.value(row)).unwrap_or(0);
                let text = texts.value(row).trim();
                let out = lists.values();
                match text.as_bytes().first() {
                    Some(b'[') => split(text).take(max).for_each(|item| append(out, item)),
                    Some(b'{') => {
                        for pair in split(text).take(max) {
                            if pairs.value(row) {
                                out.append_value(pair_as_array(pair));
                            } else {
                                out.append_value(format!("{{{pair}}}"));
                            }
                        }
                    }
                    _ => append(out, text),
                }
                lists.append(true);
            }
            Ok(Arc::new(lists.finish()))
        },
    )
}

/// `kql_item_indexes(list)`: 0, 1, … for the elements of a list.
pub fn item_indexes() -> Arc<ScalarUDF> {
    udf(
        "kql_item_indexes",
        1,
        Output::List(DataType::Int64),
        |args| {
            let list = args[0].as_list::<i32>();
            let mut lists = ListBuilder::new(Int64Builder::new());
            for row in 0..list.len() {
                let count = if list.is_null(row) {
                    0
                } else {
                    i64::from(list.value_length(row))
                };
                (0..count).for_each(|at| lists.values().append_value(at));
                lists.append(true);
            }
            Ok(Arc::new(lists.finish()))
        },
    )
}

/// `kql_first_tick(at, first, frequency)`: the first of first, first + frequency, … at or after `at`.
pub fn first_tick() -> Arc<ScalarUDF> {
    udf(
        "kql_first_tick",
        3,
        Output::Scalar(DataType::Int64),
        |args| {
            let columns = args
                .iter()
                .map(|a| a.as_primitive::<Int64Type>())
                .collect::<Vec<_>>();
            let ticks = (0..columns[0].len()).map(|row| {
                if columns.iter().any(|column| column.is_null(row)) {
                    return None;
                }
                let [at, first, frequency] = [0, 1, 2].map(|place| columns[place].value(row));
                let behind = at.saturating_sub(first).max(0);
                let steps = behind / frequency.max(1) + i64::from(behind % frequency.max(1) != 0);
                steps.checked_mul(frequency)?.checked_add(first)
            });
            Ok(Arc::new(Int64Array::from_iter(ticks)))
        },
    )
}

fn append(out: &mut StringViewBuilder, item: &str) {
    if item == "null" {
        out.append_null()
    } else {
        out.append_value(item)
    }
}

/// `"key":value` as `["key",value]`.
fn pair_as_array(pair: &str) -> String {
    let end = string_end(pair.as_bytes(), 0);
    let value = pair[end..].trim_start().strip_prefix(':').unwrap_or("null");
    format!("[{},{}]", &pair[..end], value.trim_start())
}

/// The parts of a JSON array or object between its top-level commas.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut at = 1;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let start = at;
        let mut depth = 0_usize;
        while at < bytes.len() {
            match bytes[at] {
                b'"' => {
                    at = string_end(bytes, at);
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' if depth > 0 => depth -= 1,
                b']' | b'}' => {
                    let part = text[start..at].trim();
                    at = bytes.len();
                    return (!part.is_empty()).then_some(part);
                }
                b',' if depth == 0 => {
                    at += 1;
                    return Some(text[start..at - 1].trim());
                }
                _ => {}
            }
            at += 1;
        }
        None
    })
}

/// Where the string that begins at `at` ends, quote included.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

pub(crate) type Kernel = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// What a function of lists yields.
#[derive(Debug)]
pub(crate) enum Output {
    /// Lists of such items.
    List(DataType),
    Scalar(DataType),
}

pub(crate) fn udf(
    name: &'static str,
    arity: usize,
    output: Output,
    kernel: Kernel,
) -> Arc<ScalarUDF> {
    let signature = Signature::any(arity, Volatility::Immutable);
    Arc::new(ScalarUDF::new_from_impl(ListFunction {
        name,
        output,
        kernel,
        signature,
    }))
}

#[derive(Debug)]
struct ListFunction {
    name: &'static str,
    output: Output,
    kernel: Kernel,
    signature: Signature,
}

impl PartialEq for ListFunction {
    fn eq(&self, other: &ListFunction) -> bool {
        self.name == other.name
    }
}

impl Eq for ListFunction {}

impl std::hash::Hash for ListFunction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for ListFunction {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match &self.output {
            Output::List(item) => {
                DataType::List(Arc::new(Field::new_list_field(item.clone(), true)))
            }
            Output::Scalar(data_type) => data_type.clone(),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array((self.kernel)(&arrays)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_top_level_commas_only() {
        let parts = |text| split(text).collect::<Vec<_>>();
        assert_eq!(
            parts(r#"[1,"a,\"]",[2,3],{"k":[4]}]"#),
            ["1", r#""a,\"]""#, "[2,3]", r#"{"k":[4]}"#]
        );
        assert_eq!(parts("[]"), Vec::<&str>::new());
        assert_eq!(
            parts(r#"{"a":1,"b":{"c":2}}"#),
            [r#""a":1"#, r#""b":{"c":2}"#]
        );
        assert_eq!(parts("[ 1 , 2 ]"), ["1", "2"]);
        assert_eq!(parts("[1,"), ["1"]);
        assert_eq!(pair_as_array(r#""a": 1"#), r#"["a",1]"#);
    }
}
