//! Functions of lines: their length, the points on them, and points near them.

use datafusion::logical_expr::lit;

use super::shape::{self, Lines, densify, nearest, point, point_json};
use super::sphere::{self, angle, vector};
use crate::functions::prelude::*;

/// Metres by which a densified line may be off, unless another number is given; and the bounds of
/// what may be given.
pub(super) const TOLERANCE: f64 = 10.0;
pub(super) const TOLERANCE_MIN: f64 = 0.1;
pub(super) const TOLERANCE_MAX: f64 = 10_000.0;

pub const LENGTH: Function = Function {
    name: "geo_line_length",
    family: Family::Geo,
    signature: "geo_line_length(line: dynamic): real",
    doc: "The metres of a line or of several; null for what is no line.",
    examples: &[(
        "round(geo_line_length(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [0, 1]]})), 3)",
        "111195.101",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_line_length",
        Type::Real,
        |rows| each!(rows, [json line] -> RealOut, Some(Lines::parse(line)?.length())),
    )],
};

pub const CENTROID: Function = Function {
    name: "geo_line_centroid",
    family: Family::Geo,
    signature: "geo_line_centroid(line: dynamic): dynamic",
    doc: "The point in the middle of the mass of a line.",
    examples: &[(
        "geo_line_centroid(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [0, 2]]})).type",
        "Point",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_line_centroid",
        Type::Dynamic,
        |rows| {
            each!(rows, [json line] -> JsonOut, {
                let mut sum = [0.0; 3];
                for (a, b) in Lines::parse(line)?.edges() {
                    let both = sphere::add(a, b);
                    let apart = sphere::length(sphere::add(a, sphere::scale(b, -1.0)));
                    let weight = apart / sphere::length(both);
                    sum = sphere::add(sum, sphere::scale(both, weight));
                }
                (sphere::length(sum) > 0.0).then(|| point_json(sphere::point(sphere::unit(sum))))
            })
        },
    )],
};

pub const INTERPOLATE: Function = Function {
    name: "geo_line_interpolate_point",
    family: Family::Geo,
    signature: "geo_line_interpolate_point(line: dynamic, fraction: real): dynamic",
    doc: "The point at a fraction, from 0 to 1, of the length of a line.",
    examples: &[(
        "geo_line_interpolate_point(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [0, 2]]}), 0).coordinates",
        "[0,0]",
    )],
    lower: Lower::Convert(&[Type::Dynamic, Type::Real]),
    kernels: &[Kernel::new(
        "kql_geo_line_interpolate_point",
        Type::Dynamic,
        |rows| {
            each!(rows, [json line, real fraction] -> JsonOut, {
                let line = single(line)?;
                if !(0.0..=1.0).contains(&fraction) {
                    return None;
                }
                let edges = line.edges();
                let whole: f64 = edges.iter().map(|(a, b)| angle(*a, *b)).sum();
                let mut left = fraction * whole;
                for (a, b) in &edges {
                    let long = angle(*a, *b);
                    if left <= long {
                        let found = sphere::interpolate(*a, *b, left / long);
                        return Some(point_json(sphere::point(found)));
                    }
                    left -= long;
                }
                line.0[0].last().map(|last| point_json(*last))
            })
        },
    )],
};

pub const LOCATE: Function = Function {
    name: "geo_line_locate_point",
    family: Family::Geo,
    signature: "geo_line_locate_point(line: dynamic, longitude: real, latitude: real): real",
    doc: "The fraction, from 0 to 1, of the length of a line at which it comes nearest to a point.",
    examples: &[(
        "geo_line_locate_point(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [0, 2]]}), 0, 3)",
        "1.0",
    )],
    lower: Lower::By(|call_| {
        super::at_most(&call_, 3)?;
        let args = vec![
            call_.arg(0, Type::Dynamic)?,
            call_.arg(1, Type::Real)?,
            call_.arg(2, Type::Real)?,
        ];
        Ok(call("kql_geo_line_locate_point", args))
    }),
    kernels: &[Kernel::new(
        "kql_geo_line_locate_point",
        Type::Real,
        |rows| {
            each!(rows, [json line, real longitude, real latitude] -> RealOut, {
                let edges = single(line)?.edges();
                let at = vector(point(longitude, latitude)?);
                let mut passed = 0.0;
                let mut best = (f64::INFINITY, 0.0);
                for (a, b) in edges {
                    let foot = sphere::nearest(at, a, b);
                    let away = angle(at, foot);
                    if away < best.0 {
                        best = (away, passed + angle(a, foot));
                    }
                    passed += angle(a, b);
                }
                Some(best.1 / passed)
            })
        },
    )],
};

pub const DENSIFY: Function = Function {
    name: "geo_line_densify",
    family: Family::Geo,
    signature: "geo_line_densify(line: dynamic[, tolerance: real]): dynamic",
    doc: "A line as drawn on a map, with points put in so that great circles between them stay within so many metres of it: 10 unless given, from 0.1 to 10,000.",
    examples: &[(
        "array_length(geo_line_densify(dynamic({'type': 'LineString', 'coordinates': [[50, 50], [51, 51]]})).coordinates)",
        "9",
    )],
    lower: Lower::By(|call_| {
        super::at_most(&call_, 2)?;
        let args = vec![
            call_.arg(0, Type::Dynamic)?,
            call_.arg_or(1, Type::Real, lit(TOLERANCE))?,
        ];
        Ok(call("kql_geo_line_densify", args))
    }),
    kernels: &[Kernel::new("kql_geo_line_densify", Type::Dynamic, |rows| {
        each!(rows, [json line, real tolerance] -> JsonOut, {
            if !(TOLERANCE_MIN..=TOLERANCE_MAX).contains(&tolerance) {
                return None;
            }
            let lines = Lines::parse(line)?.0;
            let dense = lines.iter().map(|line| densify(line, tolerance)).collect();
            Some(Lines(dense).print())
        })
    })],
};

pub const DISTANCE: Function = Function {
    name: "geo_distance_point_to_line",
    family: Family::Geo,
    signature: "geo_distance_point_to_line(longitude: real, latitude: real, line: dynamic): real",
    doc: "The metres between a point and the nearest point of a line.",
    examples: &[(
        "round(geo_distance_point_to_line(0, 1, dynamic({'type': 'LineString', 'coordinates': [[-1, 0], [1, 0]]})), 3)",
        "111195.101",
    )],
    lower: Lower::Convert(&[Type::Real, Type::Real, Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_distance_point_to_line",
        Type::Real,
        |rows| {
            each!(rows, [real longitude, real latitude, json line] -> RealOut, {
                let at = vector(point(longitude, latitude)?);
                let found = nearest(&Lines::parse(line)?.edges(), at)?;
                Some(angle(at, found) * sphere::RADIUS)
            })
        },
    )],
};

pub const CLOSEST: Function = Function {
    name: "geo_closest_point_on_line",
    family: Family::Geo,
    signature: "geo_closest_point_on_line(longitude: real, latitude: real, line: dynamic): dynamic",
    doc: "The point of a line that is nearest to a point.",
    examples: &[(
        "geo_closest_point_on_line(0, 1, dynamic({'type': 'LineString', 'coordinates': [[-1, 0], [1, 0]]})).coordinates",
        "[0,0]",
    )],
    lower: Lower::Convert(&[Type::Real, Type::Real, Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_closest_point_on_line",
        Type::Dynamic,
        |rows| {
            each!(rows, [real longitude, real latitude, json line] -> JsonOut, {
                let at = vector(point(longitude, latitude)?);
                let found = nearest(&Lines::parse(line)?.edges(), at)?;
                Some(point_json(sphere::point(found)))
            })
        },
    )],
};

pub const INTERSECT: Function = Function {
    name: "geo_intersects_2lines",
    family: Family::Geo,
    signature: "geo_intersects_2lines(line1: dynamic, line2: dynamic): bool",
    doc: "Whether two lines have a point in common.",
    examples: &[(
        "geo_intersects_2lines(dynamic({'type': 'LineString', 'coordinates': [[-1, 0], [1, 0]]}), dynamic({'type': 'LineString', 'coordinates': [[0, -1], [0, 1]]}))",
        "true",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_intersects_2lines",
        Type::Bool,
        |rows| {
            each!(rows, [json one, json other] -> BoolOut, {
                let (one, other) = (Lines::parse(one)?, Lines::parse(other)?);
                Some(shape::meet(&one.edges(), &other.edges()))
            })
        },
    )],
};

/// A line that is one.
fn single(line: &str) -> Option<Lines> {
    Lines::parse(line).filter(|lines| lines.0.len() == 1)
}
