//! Geohashes: cells of the map as texts, each letter five halvings of longitude and latitude.

use serde_json::Value;

use super::shape::{Polygons, point, point_json};
use crate::functions::call::long;
use crate::functions::json;
use crate::functions::prelude::*;

const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
const ACCURACY: i64 = 5;
const ACCURACY_MAX: usize = 18;

/// The borders of a cell, and how it lies among cells of its size.
#[derive(Clone, Copy, Debug)]
struct Cell {
    /// The number of the column and of the row, from the south-west.
    column: u64,
    row: u64,
    accuracy: usize,
}

impl Cell {
    fn bits(accuracy: usize) -> (u32, u32) {
        let bits = 5 * accuracy as u32;
        (bits.div_ceil(2), bits / 2)
    }

    fn around(longitude: f64, latitude: f64, accuracy: usize) -> Cell {
        let (columns, rows) = Cell::bits(accuracy);
        let place = |value: f64, bits: u32| {
            let cells = (1_u64 << bits) as f64;
            ((value * cells).floor() as u64).min((1_u64 << bits) - 1)
        };
        Cell {
            column: place((longitude + 180.0) / 360.0, columns),
            row: place((latitude + 90.0) / 180.0, rows),
            accuracy,
        }
    }

    fn parse(text: &str) -> Option<Cell> {
        let accuracy = text.len();
        if !(1..=ACCURACY_MAX).contains(&accuracy) {
            return None;
        }
        let mut cell = Cell {
            column: 0,
            row: 0,
            accuracy,
        };
        let mut of_column = true;
        for letter in text.to_ascii_lowercase().bytes() {
            let value = LETTERS.iter().position(|known| *known == letter)?;
            for bit in (0..5).rev() {
                let half = (value >> bit & 1) as u64;
                match of_column {
                    true => cell.column = cell.column << 1 | half,
                    false => cell.row = cell.row << 1 | half,
                }
                of_column = !of_column;
            }
        }
        Some(cell)
    }

    fn text(self) -> String {
        let (mut columns, mut rows) = Cell::bits(self.accuracy);
        let mut text = String::with_capacity(self.accuracy);
        let mut of_column = true;
        for _ in 0..self.accuracy {
            let mut value = 0;
            for _ in 0..5 {
                let (number, left) = match of_column {
                    true => (self.column, &mut columns),
                    false => (self.row, &mut rows),
                };
                *left -= 1;
                value = value << 1 | (number >> *left & 1) as usize;
                of_column = !of_column;
            }
            text.push(char::from(LETTERS[value]));
        }
        text
    }

    /// West, south, east, north.
    fn borders(self) -> [f64; 4] {
        let (columns, rows) = Cell::bits(self.accuracy);
        let (wide, high) = (
            360.0 / (1_u64 << columns) as f64,
            180.0 / (1_u64 << rows) as f64,
        );
        let (west, south) = (
            self.column as f64 * wide - 180.0,
            self.row as f64 * high - 90.0,
        );
        [west, south, west + wide, south + high]
    }

    /// The cell so many columns and rows away; columns go around the world, rows end at the poles.
    fn beside(self, columns: i64, rows: i64) -> Option<Cell> {
        let bits = Cell::bits(self.accuracy);
        let row = i64::try_from(self.row).ok()? + rows;
        let column = i64::try_from(self.column).ok()? + columns;
        if row < 0 || row >= 1 << bits.1 {
            return None;
        }
        Some(Cell {
            column: column.rem_euclid(1 << bits.0) as u64,
            row: row as u64,
            ..self
        })
    }
}

pub const OF_POINT: Function = Function {
    name: "geo_point_to_geohash",
    family: Family::Geo,
    signature: "geo_point_to_geohash(longitude: real, latitude: real[, accuracy: long]): string",
    doc: "The geohash of a point, of 5 letters unless another number, from 1 to 18, is given; empty for what is no point.",
    examples: &[
        ("geo_point_to_geohash(-122.303404, 47.570482)", "c23n8"),
        ("geo_point_to_geohash(0, 0, 19)", ""),
    ],
    lower: Lower::By(|call_| {
        let args = vec![
            call_.arg(0, Type::Real)?,
            call_.arg(1, Type::Real)?,
            call_.arg_or(2, Type::Long, long(ACCURACY))?,
        ];
        Ok(call("kql_geo_point_to_geohash", args))
    }),
    kernels: &[Kernel::new(
        "kql_geo_point_to_geohash",
        Type::String,
        |rows| {
            each!(rows, [real longitude, real latitude, long accuracy] -> TextOut, {
                let (longitude, latitude) = point(longitude, latitude)?;
                let accuracy = usize::try_from(accuracy).ok()?;
                let fits = (1..=ACCURACY_MAX).contains(&accuracy);
                fits.then(|| Cell::around(longitude, latitude, accuracy).text())
            })
        },
    )],
};

pub const CENTER: Function = Function {
    name: "geo_geohash_to_central_point",
    family: Family::Geo,
    signature: "geo_geohash_to_central_point(geohash: string): dynamic",
    doc: "The point in the middle of the cell of a geohash.",
    examples: &[(
        "geo_geohash_to_central_point('sunny').coordinates",
        "[42.47314453125,23.70849609375]",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_geohash_to_central_point",
        Type::Dynamic,
        |rows| {
            each!(rows, [text geohash] -> JsonOut, {
                let [west, south, east, north] = Cell::parse(geohash)?.borders();
                Some(point_json((f64::midpoint(west, east), f64::midpoint(south, north))))
            })
        },
    )],
};

pub const POLYGON: Function = Function {
    name: "geo_geohash_to_polygon",
    family: Family::Geo,
    signature: "geo_geohash_to_polygon(geohash: string): dynamic",
    doc: "The cell of a geohash as a polygon.",
    examples: &[(
        "array_length(geo_geohash_to_polygon('sunny').coordinates[0])",
        "5",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_geohash_to_polygon",
        Type::Dynamic,
        |rows| {
            each!(rows, [text geohash] -> JsonOut, {
                let [west, south, east, north] = Cell::parse(geohash)?.borders();
                let first = (west, south);
                let ring = vec![first, (east, south), (east, north), (west, north), first];
                Some(Polygons(vec![vec![ring]]).print())
            })
        },
    )],
};

pub const NEIGHBORS: Function = Function {
    name: "geo_geohash_neighbors",
    family: Family::Geo,
    signature: "geo_geohash_neighbors(geohash: string): dynamic",
    doc: "An array of the geohashes of the cells around that of a geohash.",
    examples: &[("array_length(geo_geohash_neighbors('sunny'))", "8")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_geohash_neighbors",
        Type::Dynamic,
        |rows| {
            each!(rows, [text geohash] -> JsonOut, {
                let cell = Cell::parse(geohash)?;
                // The order in which Kusto has them.
                let around =
                    [(-1, -1), (-1, 1), (1, -1), (0, 1), (-1, 0), (1, 1), (1, 0), (0, -1)];
                let cells = around.iter().filter_map(|(x, y)| cell.beside(*x, *y));
                Some(json::print_array(&cells.map(|c| Value::from(c.text())).collect::<Vec<_>>()))
            })
        },
    )],
};
