//! `geo_polygon_lookup` and `geo_line_lookup`: which shapes of a table a point lies in or near.

use keyline_kql::types::Value;

use crate::functions::geo::shape::{Lines, Polygons, nearest, point};
use crate::functions::geo::sphere::{RADIUS, Vector, angle, vector};
use crate::rows;

/// The shapes of a table, with the number of their row; what is no such shape is left out.
pub(crate) struct Shapes {
    shapes: Vec<(usize, Shape)>,
    /// Metres.
    radius: f64,
}

enum Shape {
    Polygons(Polygons, Vec<(Vector, Vector)>),
    Lines(Vec<(Vector, Vector)>),
}

impl Shapes {
    pub(crate) fn of<'v>(
        plugin: &str,
        texts: impl Iterator<Item = &'v Value>,
        radius: f64,
    ) -> Shapes {
        let read = |text: &Value| -> Option<Shape> {
            let text = rows::text(text)?;
            match plugin {
                "geo_line_lookup" => Some(Shape::Lines(Lines::parse(&text)?.edges())),
                _ => {
                    let polygons = Polygons::parse(&text)?;
                    let edges = polygons.edges();
                    Some(Shape::Polygons(polygons, edges))
                }
            }
        };
        let shapes = texts.enumerate();
        let shapes = shapes.filter_map(|(row, text)| Some((row, read(text)?)));
        Shapes {
            shapes: shapes.collect(),
            radius,
        }
    }

    /// The rows whose shape holds a point or comes as near as the radius.
    pub(crate) fn near(&self, longitude: &Value, latitude: &Value) -> Vec<usize> {
        let (Value::Real(longitude), Value::Real(latitude)) = (longitude, latitude) else {
            return Vec::new();
        };
        let Some(at) = point(*longitude, *latitude).map(vector) else {
            return Vec::new();
        };
        let within = |edges: &[(Vector, Vector)]| {
            let found = nearest(edges, at);
            found.is_some_and(|found| angle(found, at) * RADIUS <= self.radius)
        };
        let fits = self.shapes.iter().filter(|(_, shape)| match shape {
            Shape::Polygons(polygons, edges) => {
                polygons.holds(at) || self.radius > 0.0 && within(edges)
            }
            Shape::Lines(edges) => within(edges),
        });
        fits.map(|(row, _)| *row).collect()
    }
}
