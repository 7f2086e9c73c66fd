//! All within a distance of a shape, and shapes with fewer corners.

use datafusion::logical_expr::lit;

use super::lines::{TOLERANCE, TOLERANCE_MAX, TOLERANCE_MIN};
use super::overlay::union;
use super::shape::{Lines, Polygons, point};
use super::sphere::{self, Point, Vector, add, angle, cross, scale, unit, vector};
use crate::functions::json;
use crate::functions::prelude::*;

/// The least tolerance as a part of the radius.
const FINEST: f64 = 1e-6;
/// A circle of so many corners is off by less than the least tolerance.
const CORNERS_MAX: f64 = 4_096.0;

/// Corners around all edges of a shape, before they are joined. With more there is no buffer.
const BUFFER_CORNERS_MAX: usize = 500_000;

pub const POINT: Function = Function {
    name: "geo_point_buffer",
    family: Family::Geo,
    signature: "geo_point_buffer(longitude: real, latitude: real, radius: real[, tolerance: real]): dynamic",
    doc: "All within so many metres of a point, as a polygon that is off by at most the tolerance: 10 metres unless another is given.",
    examples: &[
        ("geo_point_buffer(10, 10, 1000).type", "Polygon"),
        ("isnull(geo_point_buffer(10, 10, -1))", "true"),
    ],
    lower: Lower::By(|call_| {
        let mut args = Vec::new();
        for at in 0..3 {
            args.push(call_.arg(at, Type::Real)?);
        }
        args.push(call_.arg_or(3, Type::Real, lit(TOLERANCE))?);
        Ok(call("kql_geo_point_buffer", args))
    }),
    kernels: &[Kernel::new("kql_geo_point_buffer", Type::Dynamic, |rows| {
        each!(rows, [real longitude, real latitude, real radius, real tolerance] -> JsonOut, {
            let pen = Pen::new(radius, tolerance)?;
            let ring = pen.circle(vector(point(longitude, latitude)?));
            Some(Polygons(vec![vec![ring]]).print())
        })
    })],
};

pub const LINE: Function = Function {
    name: "geo_line_buffer",
    family: Family::Geo,
    signature: "geo_line_buffer(line: dynamic, radius: real[, tolerance: real]): dynamic",
    doc: "All within so many metres of a line, as a polygon that is off by at most the tolerance: 10 metres unless another is given.",
    examples: &[(
        "geo_line_buffer(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [1, 1]]}), 1000).type",
        "Polygon",
    )],
    lower: Lower::By(|call_| buffer_args(&call_, "kql_geo_line_buffer")),
    kernels: &[Kernel::new("kql_geo_line_buffer", Type::Dynamic, |rows| {
        each!(rows, [json line, real radius, real tolerance] -> JsonOut, {
            let pen = Pen::new(radius, tolerance)?;
            Some(union(pen.along(&Lines::parse(line)?.edges())?)?.print())
        })
    })],
};

pub const POLYGON: Function = Function {
    name: "geo_polygon_buffer",
    family: Family::Geo,
    signature: "geo_polygon_buffer(polygon: dynamic, radius: real[, tolerance: real]): dynamic",
    doc: "All within so many metres of a polygon, as a polygon that is off by at most the tolerance: 10 metres unless another is given.",
    examples: &[(
        "geo_polygon_buffer(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 0]]]}), 1000).type",
        "Polygon",
    )],
    lower: Lower::By(|call_| buffer_args(&call_, "kql_geo_polygon_buffer")),
    kernels: &[Kernel::new(
        "kql_geo_polygon_buffer",
        Type::Dynamic,
        |rows| {
            each!(rows, [json polygon, real radius, real tolerance] -> JsonOut, {
                let pen = Pen::new(radius, tolerance)?;
                Some(pen.around(Polygons::parse(polygon)?)?.print())
            })
        },
    )],
};

pub const SIMPLIFY_LINE: Function = Function {
    name: "geo_line_simplify",
    family: Family::Geo,
    signature: "geo_line_simplify(line: dynamic[, tolerance: real]): dynamic",
    doc: "A line without the points that lie within so many metres of it: 10 unless given, from 0.1 to 10,000.",
    examples: &[(
        "array_length(geo_line_simplify(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [0, 0.00001], [0, 1]]})).coordinates)",
        "2",
    )],
    lower: Lower::By(|call_| simplify_args(&call_, "kql_geo_line_simplify")),
    kernels: &[Kernel::new(
        "kql_geo_line_simplify",
        Type::Dynamic,
        |rows| {
            each!(rows, [json line, real tolerance] -> JsonOut, {
                let tolerance = fitting(tolerance)?;
                let mut lines = Lines::parse(line)?.0;
                for line in &mut lines {
                    *line = simple_line(line, tolerance);
                }
                Some(Lines(lines).print())
            })
        },
    )],
};

pub const SIMPLIFY_POLYGON: Function = Function {
    name: "geo_polygon_simplify",
    family: Family::Geo,
    signature: "geo_polygon_simplify(polygon: dynamic[, tolerance: real]): dynamic",
    doc: "A polygon without the corners that lie within so many metres of its border: 10 unless given, from 0.1 to 10,000. Null if nothing is left.",
    examples: &[(
        "array_length(geo_polygon_simplify(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [0.5, 0], [1, 0], [1, 1], [0, 0]]]})).coordinates[0])",
        "4",
    )],
    lower: Lower::By(|call_| simplify_args(&call_, "kql_geo_polygon_simplify")),
    kernels: &[Kernel::new(
        "kql_geo_polygon_simplify",
        Type::Dynamic,
        |rows| {
            each!(rows, [json polygon, real tolerance] -> JsonOut, {
                let tolerance = fitting(tolerance)?;
                let polygons = Polygons::parse(polygon)?;
                let polygons = match polygons.overlap() {
                    true => union(vec![polygons])?,
                    false => polygons,
                };
                let simple = simple_polygons(&polygons, tolerance, &|_| false);
                (!simple.0.is_empty()).then(|| simple.print())
            })
        },
    )],
};

pub const SIMPLIFY_POLYGONS: Function = Function {
    name: "geo_simplify_polygons_array",
    family: Family::Geo,
    signature: "geo_simplify_polygons_array(polygons: dynamic[, tolerance: real]): dynamic",
    doc: "An array of polygons without the corners that lie within so many metres of their borders, which stay the same for neighbours: 10 unless given, from 0.1 to 10,000.",
    examples: &[(
        "array_length(geo_simplify_polygons_array(pack_array(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [0.5, 0], [1, 0], [1, 1], [0, 0]]]}))))",
        "1",
    )],
    lower: Lower::By(|call_| simplify_args(&call_, "kql_geo_simplify_polygons_array")),
    kernels: &[Kernel::new(
        "kql_geo_simplify_polygons_array",
        Type::Dynamic,
        |rows| {
            each!(rows, [json polygons, real tolerance] -> JsonOut, {
                let tolerance = fitting(tolerance)?;
                let polygons: Vec<Polygons> = json::parse_array(polygons)?
                    .iter()
                    .map(Polygons::read)
                    .collect::<Option<_>>()?;
                let fixed = corners_of_several(&polygons);
                let simple: Vec<_> = polygons
                    .iter()
                    .map(|one| simple_polygons(one, tolerance, &|at| fixed.binary_search_by(|b| order(b, &at)).is_ok()))
                    .filter(|one| !one.0.is_empty())
                    .map(|one| one.json())
                    .collect();
                Some(json::print_array(&simple))
            })
        },
    )],
};

/// The polygons, or where a radius above 0 is given, all within so many metres of them.
pub fn buffered(polygons: Polygons, radius: f64) -> Option<Polygons> {
    match radius {
        0.0 => Some(polygons),
        _ => Pen::new(radius, TOLERANCE)?.around(polygons),
    }
}

pub fn buffered_line(lines: &Lines, radius: f64) -> Option<Polygons> {
    union(Pen::new(radius, TOLERANCE)?.along(&lines.edges())?)
}

fn buffer_args(call_: &Call<'_>, kernel: &'static str) -> std::result::Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg(1, Type::Real)?,
        call_.arg_or(2, Type::Real, lit(TOLERANCE))?,
    ];
    Ok(call(kernel, args))
}

fn simplify_args(call_: &Call<'_>, kernel: &'static str) -> std::result::Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg_or(1, Type::Real, lit(TOLERANCE))?,
    ];
    Ok(call(kernel, args))
}

/// What circles are drawn with: radians, and how many corners they have.
struct Pen {
    radius: f64,
    corners: usize,
}

impl Pen {
    /// None for what is no radius or too fine a tolerance.
    fn new(radius: f64, tolerance: f64) -> Option<Pen> {
        let fits = radius > 0.0 && radius < sphere::RADIUS * std::f64::consts::FRAC_PI_2;
        if !fits || tolerance.is_nan() || tolerance < FINEST * radius {
            return None;
        }
        let least = (radius - tolerance.min(radius)) / sphere::RADIUS;
        let radius = radius / sphere::RADIUS;
        let half = (least.tan() / radius.tan()).acos();
        let corners = (std::f64::consts::PI / half).ceil().clamp(4.0, CORNERS_MAX);
        Some(Pen {
            radius,
            corners: corners as usize,
        })
    }

    fn at(&self, center: Vector, right: Vector, ahead: Vector, turn: f64) -> Point {
        let aside = add(scale(right, turn.cos()), scale(ahead, turn.sin()));
        sphere::point(unit(add(
            scale(center, self.radius.cos()),
            scale(aside, self.radius.sin()),
        )))
    }

    /// Against the clock.
    fn circle(&self, center: Vector) -> Vec<Point> {
        let axis = if center[2].abs() < 0.9 {
            [0.0, 0.0, 1.0]
        } else {
            [1.0, 0.0, 0.0]
        };
        let right = unit(cross(axis, center));
        let ahead = cross(center, right);
        let step = std::f64::consts::TAU / self.corners as f64;
        let mut ring: Vec<Point> = (0..self.corners)
            .map(|at| self.at(center, right, ahead, at as f64 * step))
            .collect();
        ring.push(ring[0]);
        ring
    }

    /// Around each edge: half a circle at both ends.
    fn along(&self, edges: &[(Vector, Vector)]) -> Option<Vec<Polygons>> {
        if edges.len().saturating_mul(self.corners) > BUFFER_CORNERS_MAX {
            return None;
        }
        let half = self.corners.div_ceil(2);
        let step = std::f64::consts::PI / half as f64;
        let around = |(a, b): &(Vector, Vector)| {
            let normal = unit(cross(*a, *b));
            let right = scale(normal, -1.0);
            let mut ring = Vec::new();
            for (center, right) in [(*b, right), (*a, normal)] {
                let ahead = cross(center, right);
                ring.extend((0..=half).map(|at| self.at(center, right, ahead, at as f64 * step)));
            }
            ring.push(ring[0]);
            Polygons(vec![vec![ring]])
        };
        let edges = edges.iter().filter(|(a, b)| angle(*a, *b) > 0.0);
        Some(edges.map(around).collect())
    }

    fn around(&self, polygons: Polygons) -> Option<Polygons> {
        let mut all = self.along(&polygons.edges())?;
        all.push(polygons);
        union(all)
    }
}

/// A tolerance in radians.
fn fitting(metres: f64) -> Option<f64> {
    let fits = (TOLERANCE_MIN..=TOLERANCE_MAX).contains(&metres);
    fits.then_some(metres / sphere::RADIUS)
}

/// A line without the points that are near the straight ways between those that stay.
fn simple_line(line: &[Point], tolerance: f64) -> Vec<Point> {
    let vectors: Vec<Vector> = line.iter().map(|at| vector(*at)).collect();
    let mut stays = vec![false; line.len()];
    let mut left = vec![(0, line.len() - 1)];
    stays[0] = true;
    stays[line.len() - 1] = true;
    while let Some((from, to)) = left.pop() {
        let off = |at: usize| {
            angle(
                vectors[at],
                sphere::nearest(vectors[at], vectors[from], vectors[to]),
            )
        };
        let farthest = (from + 1..to).max_by(|a, b| off(*a).total_cmp(&off(*b)));
        if let Some(farthest) = farthest.filter(|at| off(*at) > tolerance) {
            stays[farthest] = true;
            left.extend([(from, farthest), (farthest, to)]);
        }
    }
    let kept = line.iter().zip(stays).filter(|(_, stays)| *stays);
    kept.map(|(at, _)| *at).collect()
}

/// Rings of fewer than three corners are gone; a polygon goes with its outer ring.
fn simple_polygons(polygons: &Polygons, tolerance: f64, fixed: &dyn Fn(Point) -> bool) -> Polygons {
    let simple = |polygon: &Vec<Vec<Point>>| {
        let rings: Vec<_> = polygon
            .iter()
            .map(|ring| simple_ring(ring, tolerance, fixed))
            .collect();
        rings.first()?.as_ref()?;
        Some(rings.into_iter().flatten().collect())
    };
    Polygons(polygons.0.iter().filter_map(simple).collect())
}

/// Cut at the corners that must stay, else at the first and at the one farthest from it.
fn simple_ring(
    ring: &[Point],
    tolerance: f64,
    fixed: &dyn Fn(Point) -> bool,
) -> Option<Vec<Point>> {
    let mut anchors: Vec<usize> = (0..ring.len() - 1).filter(|at| fixed(ring[*at])).collect();
    if anchors.len() < 2 {
        let first = anchors.first().copied().unwrap_or(0);
        let away = |at: &usize| angle(vector(ring[first]), vector(ring[*at]));
        let farthest = (0..ring.len() - 1).max_by(|a, b| away(a).total_cmp(&away(b)))?;
        anchors = vec![first.min(farthest), first.max(farthest)];
    }
    let corners = &ring[..ring.len() - 1];
    let mut simple: Vec<Point> = Vec::new();
    for (at, from) in anchors.iter().enumerate() {
        let to = anchors[(at + 1) % anchors.len()];
        let count = (to + corners.len() - from - 1) % corners.len() + 2;
        let part: Vec<Point> = corners
            .iter()
            .cycle()
            .skip(*from)
            .take(count)
            .copied()
            .collect();
        let mut part = simple_line(&part, tolerance);
        part.pop();
        simple.extend(part);
    }
    if simple.len() < 3 {
        return None;
    }
    if let Some(first) = simple.iter().position(|at| *at == ring[0]) {
        simple.rotate_left(first);
    }
    simple.push(simple[0]);
    Some(simple)
}

fn order(a: &Point, b: &Point) -> std::cmp::Ordering {
    a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// The corners, in order, at which borders of several polygons come together or part: those whose
/// neighbours are not the same in all rings.
fn corners_of_several(polygons: &[Polygons]) -> Vec<Point> {
    let mut beside: Vec<(Point, [Point; 2])> = Vec::new();
    for ring in polygons.iter().flat_map(|one| one.0.iter().flatten()) {
        let corners = &ring[..ring.len() - 1];
        for at in 0..corners.len() {
            let (before, after) = (
                corners[(at + corners.len() - 1) % corners.len()],
                ring[at + 1],
            );
            let pair = if order(&before, &after).is_le() {
                [before, after]
            } else {
                [after, before]
            };
            beside.push((corners[at], pair));
        }
    }
    beside.sort_by(|a, b| order(&a.0, &b.0));
    let mut fixed: Vec<Point> = beside
        .windows(2)
        .filter(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
        .map(|pair| pair[0].0)
        .collect();
    fixed.dedup();
    fixed
}
