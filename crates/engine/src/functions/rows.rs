//! The arguments of a call over one batch, and the columns that a function writes.
//!
//! In: DataFusion's columnar values. Out: one array. A constant argument is held once, whatever the
//! number of rows; `each!` is the loop over the rows that nearly every function consists of.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, PrimitiveArray, PrimitiveBuilder,
    StringViewArray, StringViewBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Decimal128Type, Float64Type, Int32Type, Int64Type,
};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

use super::kernel::DECIMAL;
use super::limits::REPEATED_TEXTS;

/// The arguments of one call over one batch.
pub struct Rows<'a> {
    pub args: &'a [ColumnarValue],
    pub len: usize,
}

impl Rows<'_> {
    pub fn count(&self) -> usize {
        self.args.len()
    }

    /// Whether argument `index` is one value for all rows.
    pub fn is_constant(&self, index: usize) -> bool {
        matches!(self.args[index], ColumnarValue::Scalar(_))
    }

    fn column(&self, index: usize, wanted: &DataType) -> Result<(ArrayRef, bool)> {
        let (array, constant) = match &self.args[index] {
            ColumnarValue::Array(array) => (Arc::clone(array), false),
            ColumnarValue::Scalar(value) => (value.to_array_of_size(1)?, true),
        };
        if array.data_type() == wanted {
            return Ok((array, constant));
        }
        Ok((cast(&array, wanted)?, constant))
    }

    /// A string argument: null reads as the empty string.
    pub fn text(&self, index: usize) -> Result<Texts> {
        Ok(Texts(self.json(index)?))
    }

    /// A dynamic or guid argument.
    pub fn json(&self, index: usize) -> Result<Jsons> {
        let (array, constant) = self.column(index, &DataType::Utf8View)?;
        Ok(Jsons {
            array: array.as_string_view().clone(),
            constant,
        })
    }

    fn numbers<T: ArrowPrimitiveType>(&self, index: usize, ty: &DataType) -> Result<Numbers<T>> {
        let (array, constant) = self.column(index, ty)?;
        Ok(Numbers {
            array: array.as_primitive::<T>().clone(),
            constant,
        })
    }

    /// A long, datetime or timespan argument.
    pub fn long(&self, index: usize) -> Result<Numbers<Int64Type>> {
        self.numbers(index, &DataType::Int64)
    }

    pub fn int(&self, index: usize) -> Result<Numbers<Int32Type>> {
        self.numbers(index, &DataType::Int32)
    }

    pub fn real(&self, index: usize) -> Result<Numbers<Float64Type>> {
        self.numbers(index, &DataType::Float64)
    }

    pub fn decimal(&self, index: usize) -> Result<Numbers<Decimal128Type>> {
        self.numbers(index, &DECIMAL)
    }

    pub fn bool(&self, index: usize) -> Result<Bools> {
        let (array, constant) = self.column(index, &DataType::Boolean)?;
        Ok(Bools {
            array: array.as_boolean().clone(),
            constant,
        })
    }
}

pub struct Texts(Jsons);

impl Texts {
    pub fn get(&self, row: usize) -> Option<&str> {
        Some(self.0.get(row).unwrap_or_default())
    }

    pub fn at(&self, row: usize) -> &str {
        self.0.get(row).unwrap_or_default()
    }

    /// The text itself if it is short, else where it lies; none of null.
    fn view(&self, row: usize) -> Option<u128> {
        let row = if self.0.constant { 0 } else { row };
        (!self.0.array.is_null(row)).then(|| self.0.array.views()[row])
    }
}

pub struct Jsons {
    array: StringViewArray,
    constant: bool,
}

impl Jsons {
    pub fn get(&self, row: usize) -> Option<&str> {
        let row = if self.constant { 0 } else { row };
        if self.array.is_null(row) {
            return None;
        }
        Some(self.array.value(row))
    }
}

pub struct Numbers<T: ArrowPrimitiveType> {
    array: PrimitiveArray<T>,
    constant: bool,
}

impl<T: ArrowPrimitiveType> Numbers<T> {
    pub fn get(&self, row: usize) -> Option<T::Native> {
        let row = if self.constant { 0 } else { row };
        if self.array.is_null(row) {
            return None;
        }
        Some(self.array.value(row))
    }
}

pub struct Bools {
    array: BooleanArray,
    constant: bool,
}

impl Bools {
    pub fn get(&self, row: usize) -> Option<bool> {
        let row = if self.constant { 0 } else { row };
        if self.array.is_null(row) {
            return None;
        }
        Some(self.array.value(row))
    }
}

/// A string column being written: no value is the empty string.
pub struct TextOut(StringViewBuilder);

impl TextOut {
    pub fn new(len: usize) -> TextOut {
        TextOut(StringViewBuilder::with_capacity(len))
    }

    pub fn push<S: AsRef<str>>(&mut self, value: Option<S>) {
        match value {
            Some(value) => self.0.append_value(value.as_ref()),
            None => self.0.append_value(""),
        }
    }

    pub fn finish(mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// A dynamic or guid column being written.
pub struct JsonOut(StringViewBuilder);

impl JsonOut {
    pub fn new(len: usize) -> JsonOut {
        JsonOut(StringViewBuilder::with_capacity(len))
    }

    pub fn push<S: AsRef<str>>(&mut self, value: Option<S>) {
        match value {
            Some(value) => self.0.append_value(value.as_ref()),
            None => self.0.append_null(),
        }
    }

    pub fn finish(mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

macro_rules! number_out {
    ($name:ident, $arrow:ty, $native:ty) => {
        pub struct $name(PrimitiveBuilder<$arrow>);

        impl $name {
            pub fn new(len: usize) -> $name {
                $name(PrimitiveBuilder::with_capacity(len))
            }

            pub fn push(&mut self, value: Option<$native>) {
                self.0.append_option(value);
            }

            pub fn finish(mut self) -> ArrayRef {
                Arc::new(self.0.finish())
            }
        }
    };
}

number_out!(LongOut, Int64Type, i64);
number_out!(IntOut, Int32Type, i32);
number_out!(RealOut, Float64Type, f64);

pub struct DecimalOut(PrimitiveBuilder<Decimal128Type>);

impl DecimalOut {
    pub fn new(len: usize) -> DecimalOut {
        DecimalOut(PrimitiveBuilder::with_capacity(len).with_data_type(DECIMAL))
    }

    pub fn push(&mut self, value: Option<i128>) {
        self.0.append_option(value);
    }

    pub fn finish(mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

pub struct BoolOut(BooleanBuilder);

impl BoolOut {
    pub fn new(len: usize) -> BoolOut {
        BoolOut(BooleanBuilder::with_capacity(len))
    }

    pub fn push(&mut self, value: Option<bool>) {
        self.0.append_option(value);
    }

    pub fn finish(mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// `each!(rows, [text a, long b] -> TextOut, { Some(..) })`: a value for every row, none where an
/// argument is null. The body is an `Option` and may use `?`.
macro_rules! each {
    ($rows:expr, [$($kind:ident $name:ident),* $(,)?] -> $out:ident, $body:expr) => {{
        let rows: &$crate::functions::rows::Rows<'_> = $rows;
        let mut index = 0..;
        $(let $name = rows.$kind(index.next().expect("the range has no end"))?;)*
        let mut out = $crate::functions::rows::$out::new(rows.len);
        for row in 0..rows.len {
            #[allow(clippy::redundant_closure_call)]
            let value = (|| {
                $(let $name = $name.get(row)?;)*
                $body
            })();
            out.push(value);
        }
        Ok(out.finish())
    }};
}

pub(crate) use each;

/// Something made from a text, made again only when the text changes: a regex, a path, a network.
pub struct Memo<T> {
    made: Option<(String, T)>,
}

impl<T> Memo<T> {
    pub fn empty() -> Memo<T> {
        Memo { made: None }
    }

    pub fn get(&mut self, text: &str, make: impl FnOnce(&str) -> T) -> &mut T {
        match &mut self.made {
            Some((known, _)) if known == text => {}
            Some((known, made)) => {
                known.clear();
                known.push_str(text);
                *made = make(text);
            }
            None => self.made = Some((text.to_owned(), make(text))),
        }
        &mut self.made.as_mut().expect("just made").1
    }
}

/// What is made of the texts of a column, made once for rows that hold the very same text: a join of
/// events with networks repeats each of both thousands of times. It is good for one batch.
pub struct Repeated<T> {
    slots: Vec<Option<(u128, T)>>,
}

impl<T: Copy> Repeated<T> {
    pub fn new() -> Repeated<T> {
        Repeated {
            slots: vec![None; REPEATED_TEXTS],
        }
    }

    pub fn get(&mut self, texts: &Texts, row: usize, make: impl FnOnce(&str) -> T) -> T {
        // The same view within one array is the same text.
        let Some(view) = texts.view(row) else {
            return make("");
        };
        let mixed = ((view ^ (view >> 64)) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slot = &mut self.slots[(mixed >> 32) as usize % REPEATED_TEXTS];
        match slot {
            Some((known, made)) if *known == view => *made,
            _ => slot.insert((view, make(texts.at(row)))).1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_made_once_and_what_only_looks_alike_is_made_anew() {
        let long = "a text that is no part of its view";
        let list = [
            Some("a"),
            Some(long),
            None,
            Some("a"),
            Some(long),
            Some("b"),
        ];
        let texts = Texts(Jsons {
            array: StringViewArray::from_iter(list),
            constant: false,
        });
        let mut made = Vec::new();
        let mut lengths = Repeated::new();
        for (row, text) in list.into_iter().enumerate() {
            let length = lengths.get(&texts, row, |text| {
                made.push(text.to_string());
                text.len()
            });
            assert_eq!(length, text.unwrap_or_default().len());
        }
        // Of a long text it is where it lies that is compared, so it may be made once more.
        made.dedup_by(|a, b| a == b);
        assert_eq!(made[..3], ["a", long, ""]);
        assert_eq!(made.last().map(String::as_str), Some("b"));
        assert!(made.iter().filter(|text| *text == "a").count() == 1);
    }
}
