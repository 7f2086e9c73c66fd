//! `geo_from_wkt`: Well-Known Text as GeoJSON.

use serde_json::{Value, json};

use crate::functions::json as text;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "geo_from_wkt",
    family: Family::Geo,
    signature: "geo_from_wkt(wkt: string): dynamic",
    doc: "The GeoJSON of a shape in Well-Known Text; null for what is none.",
    examples: &[
        (
            "geo_from_wkt('POINT (1 2)')",
            "{\"type\":\"Point\",\"coordinates\":[1.0,2.0]}",
        ),
        ("geo_from_wkt('LINESTRING')", ""),
    ],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new("kql_geo_from_wkt", Type::Dynamic, |rows| {
        each!(rows, [text wkt] -> JsonOut, {
            let mut reader = Reader(wkt.trim());
            let shape = reader.shape(0)?;
            reader.0.trim().is_empty().then(|| text::print(&shape))
        })
    })],
};

/// How deep collections may stand in each other.
const DEPTH_MAX: usize = 16;

/// What is left of the text.
struct Reader<'t>(&'t str);

impl Reader<'_> {
    fn shape(&mut self, depth: usize) -> Option<Value> {
        let kind = self.word().to_ascii_uppercase();
        let (name, lists) = match kind.as_str() {
            "POINT" => {
                self.mark('(')?;
                let point = self.point()?;
                self.mark(')')?;
                return Some(json!({"type": "Point", "coordinates": point}));
            }
            "LINESTRING" => ("LineString", 1),
            "POLYGON" => ("Polygon", 2),
            "MULTIPOINT" => ("MultiPoint", 1),
            "MULTILINESTRING" => ("MultiLineString", 2),
            "MULTIPOLYGON" => ("MultiPolygon", 3),
            "GEOMETRYCOLLECTION" if depth < DEPTH_MAX => {
                self.mark('(')?;
                let mut shapes = vec![self.shape(depth + 1)?];
                while self.mark(',').is_some() {
                    shapes.push(self.shape(depth + 1)?);
                }
                self.mark(')')?;
                return Some(json!({"type": "GeometryCollection", "geometries": shapes}));
            }
            _ => return None,
        };
        let coordinates = self.list(lists, kind == "MULTIPOINT")?;
        Some(json!({"type": name, "coordinates": coordinates}))
    }

    /// Lists of lists of points, so many deep.
    fn list(&mut self, depth: usize, wrapped: bool) -> Option<Value> {
        self.mark('(')?;
        let mut items = Vec::new();
        loop {
            items.push(match depth {
                1 if wrapped && self.mark('(').is_some() => {
                    let point = self.point()?;
                    self.mark(')')?;
                    point
                }
                1 => self.point()?,
                depth => self.list(depth - 1, wrapped)?,
            });
            if self.mark(',').is_none() {
                break;
            }
        }
        self.mark(')')?;
        Some(Value::Array(items))
    }

    fn point(&mut self) -> Option<Value> {
        let (longitude, latitude) = (self.number()?, self.number()?);
        // A third and a fourth number are of no use on a sphere.
        while self.number().is_some() {}
        Some(json!([longitude, latitude]))
    }

    fn number(&mut self) -> Option<f64> {
        let rest = self.0.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)));
        let (digits, rest) = rest.split_at(end.unwrap_or(rest.len()));
        let number: f64 = digits.parse().ok()?;
        self.0 = rest;
        number.is_finite().then_some(number)
    }

    fn word(&mut self) -> String {
        let rest = self.0.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic());
        let (word, rest) = rest.split_at(end.unwrap_or(rest.len()));
        self.0 = rest;
        word.to_owned()
    }

    fn mark(&mut self, mark: char) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(mark)?;
        Some(())
    }
}
