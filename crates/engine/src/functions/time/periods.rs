//! What `startof…` and `endof…` share.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::functions::civil::{self, Date, TICK_DAY, TICKS_MAX};
use crate::functions::rows::{LongOut, Rows};

#[derive(Clone, Copy)]
pub enum Period {
    Day,
    Week,
    Month,
    Year,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    Start,
    End,
}

/// Over the arguments (date[, offset]).
pub fn run(rows: &Rows<'_>, period: Period, edge: Edge) -> Result<ArrayRef> {
    let date = rows.long(0)?;
    let offset = if rows.count() > 1 {
        Some(rows.long(1)?)
    } else {
        None
    };
    let mut out = LongOut::new(rows.len);
    for row in 0..rows.len {
        let offset = match &offset {
            Some(offset) => offset.get(row),
            None => Some(0),
        };
        out.push(
            date.get(row)
                .zip(offset)
                .and_then(|(date, offset)| match edge {
                    Edge::Start => start(period, date, offset),
                    Edge::End => end(period, date, offset),
                }),
        );
    }
    Ok(out.finish())
}

fn start(period: Period, ticks: i64, offset: i64) -> Option<i64> {
    let date = civil::date(ticks);
    match period {
        Period::Day => moved(civil::start_of_day(ticks), offset, TICK_DAY),
        Period::Week => moved(civil::start_of_week(ticks), offset, 7 * TICK_DAY),
        Period::Month => civil::add_months(civil::midnight(Date { day: 1, ..date })?, offset),
        Period::Year => {
            let year = date.year.checked_add(offset)?;
            civil::midnight(Date {
                year,
                month: 1,
                day: 1,
            })
        }
    }
}

/// The tick before the next period; the last one ends with time.
fn end(period: Period, ticks: i64, offset: i64) -> Option<i64> {
    start(period, ticks, offset)?;
    match start(period, ticks, offset.checked_add(1)?) {
        Some(next) => Some(next - 1),
        None => Some(TICKS_MAX),
    }
}

fn moved(start: i64, count: i64, unit: i64) -> Option<i64> {
    civil::in_range(i128::from(start) + i128::from(count) * i128::from(unit))
}
