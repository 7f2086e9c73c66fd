//! Lines and polygons: reading GeoJSON, judging it, and what follows from its edges.

use serde_json::{Value, json};

use super::sphere::{self, Point, Vector, angle, cross, dot, vector};
use crate::functions::json as text;

/// A point of the Earth, or nothing.
pub fn point(longitude: f64, latitude: f64) -> Option<Point> {
    let fits = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
    fits.then_some((longitude, latitude))
}

/// A `LineString` or `MultiLineString`.
pub struct Lines(pub Vec<Vec<Point>>);

/// A `Polygon` or `MultiPolygon`: rings, the outer one first, each closed.
pub struct Polygons(pub Vec<Vec<Vec<Point>>>);

fn points(value: &Value) -> Option<Vec<Point>> {
    let read = |pair: &Value| {
        let [longitude, latitude, ..] = pair.as_array()?.as_slice() else {
            return None;
        };
        point(longitude.as_f64()?, latitude.as_f64()?)
    };
    value.as_array()?.iter().map(read).collect()
}

/// At least so many points, no two neighbours the same.
fn proper(points: &[Point], least: usize) -> bool {
    points.len() >= least && points.windows(2).all(|pair| pair[0] != pair[1])
}

fn ring(value: &Value) -> Option<Vec<Point>> {
    let ring = points(value)?;
    (proper(&ring, 4) && ring.first() == ring.last()).then_some(ring)
}

fn polygon(value: &Value) -> Option<Vec<Vec<Point>>> {
    let rings: Vec<Vec<Point>> = value.as_array()?.iter().map(ring).collect::<Option<_>>()?;
    (!rings.is_empty()).then_some(rings)
}

impl Lines {
    pub fn parse(json: &str) -> Option<Lines> {
        Lines::read(&text::parse(json)?)
    }

    pub fn read(value: &Value) -> Option<Lines> {
        let coordinates = value.get("coordinates")?;
        let lines: Vec<Vec<Point>> = match value.get("type")?.as_str()? {
            "LineString" => vec![points(coordinates)?],
            "MultiLineString" => coordinates
                .as_array()?
                .iter()
                .map(points)
                .collect::<Option<_>>()?,
            _ => return None,
        };
        let fits = !lines.is_empty() && lines.iter().all(|line| proper(line, 2));
        fits.then_some(Lines(lines))
    }

    pub fn edges(&self) -> Vec<(Vector, Vector)> {
        self.0.iter().flat_map(|line| edges(line)).collect()
    }

    pub fn json(&self) -> Value {
        match self.0.as_slice() {
            [line] => json!({"type": "LineString", "coordinates": coordinates(line)}),
            lines => {
                let lines: Vec<Value> = lines.iter().map(|line| coordinates(line)).collect();
                json!({"type": "MultiLineString", "coordinates": lines})
            }
        }
    }

    pub fn print(&self) -> String {
        text::print(&self.json())
    }

    /// Metres.
    pub fn length(&self) -> f64 {
        let edges = self.edges().into_iter();
        edges.map(|(a, b)| angle(a, b)).sum::<f64>() * sphere::RADIUS
    }
}

impl Polygons {
    pub fn parse(json: &str) -> Option<Polygons> {
        Polygons::read(&text::parse(json)?)
    }

    pub fn read(value: &Value) -> Option<Polygons> {
        let coordinates = value.get("coordinates")?;
        let polygons: Vec<Vec<Vec<Point>>> = match value.get("type")?.as_str()? {
            "Polygon" => vec![polygon(coordinates)?],
            "MultiPolygon" => coordinates
                .as_array()?
                .iter()
                .map(polygon)
                .collect::<Option<_>>()?,
            _ => return None,
        };
        (!polygons.is_empty()).then_some(Polygons(polygons))
    }

    pub fn edges(&self) -> Vec<(Vector, Vector)> {
        self.0
            .iter()
            .flatten()
            .flat_map(|ring| edges(ring))
            .collect()
    }

    pub fn json(&self) -> Value {
        let rings = |polygon: &Vec<Vec<Point>>| -> Value {
            Value::Array(polygon.iter().map(|ring| coordinates(ring)).collect())
        };
        match self.0.as_slice() {
            [polygon] => json!({"type": "Polygon", "coordinates": rings(polygon)}),
            polygons => {
                let polygons: Vec<Value> = polygons.iter().map(rings).collect();
                json!({"type": "MultiPolygon", "coordinates": polygons})
            }
        }
    }

    pub fn print(&self) -> String {
        text::print(&self.json())
    }

    pub fn holds(&self, at: Vector) -> bool {
        self.0.iter().any(|polygon| {
            let mut rings = polygon.iter().map(|ring| turns(ring, at));
            let shell = rings.next().unwrap_or(false);
            shell && !rings.any(|hole| hole)
        })
    }

    /// Whether some of the polygons meet each other, so that they cannot be taken one by one.
    pub fn overlap(&self) -> bool {
        let alone: Vec<Polygons> = self
            .0
            .iter()
            .map(|one| Polygons(vec![one.clone()]))
            .collect();
        alone.iter().enumerate().any(|(at, one)| {
            alone[at + 1..].iter().any(|other| {
                let (own, others) = (one.edges(), other.edges());
                meet(&own, &others) || holds_one(one, &others) || holds_one(other, &own)
            })
        })
    }

    /// Square metres.
    pub fn area(&self) -> f64 {
        let of = |polygon: &Vec<Vec<Point>>| {
            let mut rings = polygon.iter().map(|ring| ring_area(ring).abs());
            rings.next().unwrap_or(0.0) - rings.sum::<f64>()
        };
        self.0.iter().map(of).sum::<f64>() * sphere::RADIUS * sphere::RADIUS
    }

    pub fn centroid(&self) -> Option<Point> {
        let mut sum = [0.0; 3];
        for polygon in &self.0 {
            for (place, ring) in polygon.iter().enumerate() {
                let part = ring_centroid(ring);
                let sign = if place == 0 { 1.0 } else { -1.0 };
                sum = sphere::add(sum, sphere::scale(part, sign));
            }
        }
        (sphere::length(sum) > 0.0).then(|| sphere::point(sphere::unit(sum)))
    }
}

/// Whether any edge of one list crosses one of the other.
pub fn meet(a: &[(Vector, Vector)], b: &[(Vector, Vector)]) -> bool {
    a.iter().any(|(p, q)| {
        b.iter()
            .any(|(r, s)| sphere::cross_each_other(*p, *q, *r, *s))
    })
}

/// Whether a polygon holds the first point of some edges.
pub fn holds_one(polygon: &Polygons, edges: &[(Vector, Vector)]) -> bool {
    edges
        .first()
        .is_some_and(|(first, _)| polygon.holds(*first))
}

fn edges(points: &[Point]) -> Vec<(Vector, Vector)> {
    let vectors: Vec<Vector> = points.iter().map(|p| vector(*p)).collect();
    vectors.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

pub fn coordinates(points: &[Point]) -> Value {
    Value::Array(points.iter().map(|at| pair(*at)).collect())
}

/// Whole degrees are written without a point, as the language does it in shapes.
pub fn pair((longitude, latitude): Point) -> Value {
    let degrees = |value: f64| match value.fract() == 0.0 {
        true => json!(value as i64),
        false => json!(value),
    };
    json!([degrees(longitude), degrees(latitude)])
}

pub fn point_json(point: Point) -> String {
    text::print(&json!({"type": "Point", "coordinates": pair(point)}))
}

/// Whether a ring goes around a point: the directions to its vertices turn once.
fn turns(ring: &[Point], at: Vector) -> bool {
    let turned: f64 = edges(ring)
        .into_iter()
        .map(|(a, b)| dot(at, cross(a, b)).atan2(dot(a, b) - dot(a, at) * dot(b, at)))
        .sum();
    turned.abs() > std::f64::consts::PI
}

/// Triangles from the first vertex.
fn triangles(ring: &[Point]) -> Vec<[Vector; 3]> {
    let vectors: Vec<Vector> = ring[..ring.len() - 1].iter().map(|p| vector(*p)).collect();
    let pairs = vectors.windows(2).skip(1);
    pairs.map(|pair| [vectors[0], pair[0], pair[1]]).collect()
}

/// On the unit sphere, positive if the ring runs against the clock.
pub fn ring_area(ring: &[Point]) -> f64 {
    let of = |[a, b, c]: [Vector; 3]| {
        let volume = dot(a, cross(b, c));
        2.0 * volume.atan2(1.0 + dot(a, b) + dot(b, c) + dot(c, a))
    };
    triangles(ring).into_iter().map(of).sum()
}

/// The integral of the position over the ring's inside.
fn ring_centroid(ring: &[Point]) -> Vector {
    let over_sine = |angle: f64| {
        if angle == 0.0 {
            1.0
        } else {
            angle / angle.sin()
        }
    };
    let of = |[a, b, c]: [Vector; 3]| {
        let r = [angle(b, c), angle(c, a), angle(a, b)].map(over_sine);
        let [x, y, z] = [0, 1, 2].map(|at| [a[at], b[at], c[at]]);
        [
            dot(cross(y, z), r),
            dot(cross(z, x), r),
            dot(cross(x, y), r),
        ]
        .map(|part| part / 2.0)
    };
    let sum = triangles(ring)
        .into_iter()
        .map(of)
        .fold([0.0; 3], sphere::add);
    match ring_area(ring) < 0.0 {
        true => sphere::scale(sum, -1.0),
        false => sum,
    }
}

/// The point of some edges that is nearest to another.
pub fn nearest(edges: &[(Vector, Vector)], at: Vector) -> Option<Vector> {
    let nearest = edges.iter().map(|(a, b)| sphere::nearest(at, *a, *b));
    nearest.min_by(|a, b| angle(*a, at).total_cmp(&angle(*b, at)))
}

/// Puts points between the vertices of a line drawn on a map, until great circles between them stay
/// within so many metres of it. The error is estimated as S2 does.
pub fn densify(points: &[Point], tolerance: f64) -> Vec<Point> {
    let mut dense = points[..1].to_vec();
    for pair in points.windows(2) {
        split(pair[0], pair[1], tolerance, &mut dense, 0);
    }
    dense
}

/// Where the error is looked at, and what part of the tolerance it may take.
const LOOKED_AT: f64 = 0.312_156_910_822_483_1;
const ALLOWED: f64 = 0.838_299_925_698_885_1;

/// Halvings of one edge: the last pieces of an edge around the world are less than a metre.
const HALVINGS_MAX: usize = 16;

fn split(a: Point, b: Point, tolerance: f64, dense: &mut Vec<Point>, halved: usize) {
    let between = |part: f64| (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part);
    let error = |part: f64| {
        let arc = sphere::interpolate(vector(a), vector(b), part);
        angle(arc, vector(between(part))) * sphere::RADIUS
    };
    let off = error(LOOKED_AT).max(error(1.0 - LOOKED_AT));
    if off <= ALLOWED * tolerance || halved >= HALVINGS_MAX {
        dense.push(b);
        return;
    }
    split(a, between(0.5), tolerance, dense, halved + 1);
    split(between(0.5), b, tolerance, dense, halved + 1);
}
