//! The signs of the timeline as SVG: bars, columns of use, marks. Rows and legend draw the same.
//!
//! In: places in pixels. Out: elements behind what is there already. Each sign differs from the others
//! by its shape or pattern; colour is never needed to tell them apart.

use std::fmt::Write;

use crate::picture::layout::{BAR_HALF, BAR_MIDDLE, Bar, Holds, Known, Mark, MarkKind, UseColumn};
use crate::picture::text::short_number;

/// One stretch of validity around a middle line.
pub fn write_bar(out: &mut String, bar: &Bar, middle: f64) {
    let (x, y) = (px(bar.left), px(middle - BAR_HALF));
    let (width, height) = (px(bar.right - bar.left), BAR_HALF * 2.0);
    let known = match bar.known {
        Known::Surely => "bar surely",
        Known::AtMost => "bar at-most",
    };
    put(
        out,
        format_args!(
            "<rect class=\"{known}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        ),
    );
    if bar.holds == Holds::Outliving {
        put(
            out,
            format_args!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"url(#kl-outlives)\"/>"
            ),
        );
    }
}

/// All columns of a lane in two paths: those of calls that succeeded, and of those that failed.
pub fn write_uses(out: &mut String, columns: &[UseColumn], middle: f64) {
    let full = BAR_HALF * 2.0;
    let bottom = middle + BAR_HALF;
    let (mut good, mut bad) = (String::new(), String::new());
    for column in columns {
        let width = column.right - column.left;
        let failed = full * column.failed;
        let succeeded = full * column.height - failed;
        if succeeded > 0.0 {
            rectangle(&mut good, column.left, bottom - succeeded, width, succeeded);
        }
        if failed > 0.0 {
            rectangle(
                &mut bad,
                column.left,
                bottom - succeeded - failed,
                width,
                failed,
            );
        }
    }
    if !good.is_empty() {
        put(out, format_args!("<path class=\"use\" d=\"{good}\"/>"));
    }
    if !bad.is_empty() {
        put(
            out,
            format_args!("<path class=\"failed\" fill=\"url(#kl-failed)\" d=\"{bad}\"/>"),
        );
    }
}

fn rectangle(path: &mut String, x: f64, y: f64, width: f64, height: f64) {
    let (x, y, width, height) = (px(x), px(y), px(width), px(height));
    put(path, format_args!("M{x} {y}h{width}v{height}h-{width}z"));
}

/// Alerts stand above the bar, what it mints below, what happens to it on it.
pub fn write_mark(out: &mut String, mark: &Mark, top: f64) {
    let middle = top + BAR_MIDDLE;
    let x = px(mark.x);
    let number_y = match mark.kind {
        MarkKind::Alert => {
            put(
                out,
                format_args!(
                    "<path class=\"alert\" d=\"M{x} {}l5 5.5l-5 5.5l-5 -5.5z\"/>",
                    px(top)
                ),
            );
            top + 9.0
        }
        MarkKind::Mints => {
            put(
                out,
                format_args!(
                    "<path class=\"mark\" d=\"M{x} {}l4.5 7h-9z\"/>",
                    px(middle + 5.0)
                ),
            );
            middle + 12.0
        }
        MarkKind::Off => {
            let cross = format!("M{} {}l8 8m0 -8l-8 8", px(mark.x - 4.0), px(middle - 4.0));
            put(
                out,
                format_args!(
                    "<path class=\"halo\" d=\"{cross}\"/><path class=\"cross\" d=\"{cross}\"/>"
                ),
            );
            middle - 4.0
        }
        MarkKind::On => {
            put(
                out,
                format_args!(
                    "<circle class=\"again\" cx=\"{x}\" cy=\"{}\" r=\"4\"/>",
                    px(middle)
                ),
            );
            middle - 4.0
        }
        MarkKind::UsedAfterRevocation => {
            put(
                out,
                format_args!(
                    "<circle class=\"alert\" cx=\"{x}\" cy=\"{}\" r=\"7\"/><path class=\"bang\" d=\"M{x} {}v4.5m0 3.2v.1\"/>",
                    px(middle),
                    px(middle - 4.0)
                ),
            );
            middle - 4.0
        }
    };
    if mark.number > 1 {
        put(
            out,
            format_args!(
                "<text class=\"number\" x=\"{}\" y=\"{}\">{}</text>",
                px(mark.x + 6.5),
                px(number_y),
                short_number(mark.number as u64)
            ),
        );
    }
}

/// A coordinate to a tenth of a pixel.
pub fn px(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Writing to a `String` cannot fail.
pub fn put(out: &mut String, text: std::fmt::Arguments) {
    let _ = out.write_fmt(text);
}
