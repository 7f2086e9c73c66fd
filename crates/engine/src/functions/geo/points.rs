//! Functions of points: distances, directions, circles.

use std::f64::consts::{PI, TAU};

use super::shape::point;
use super::sphere::{self, Point, angle, vector};
use crate::functions::prelude::*;

pub const DISTANCE: Function = Function {
    name: "geo_distance_2points",
    family: Family::Geo,
    signature: "geo_distance_2points(longitude1: real, latitude1: real, longitude2: real, latitude2: real): real",
    doc: "The metres between two points; null if one is none.",
    examples: &[("round(geo_distance_2points(0, 0, 0, 1), 3)", "111195.101")],
    lower: Lower::By(|call_| {
        super::at_most(&call_, 4)?;
        let args = (0..4)
            .map(|at| call_.arg(at, Type::Real))
            .collect::<std::result::Result<_, _>>();
        Ok(call("kql_geo_distance_2points", args?))
    }),
    kernels: &[Kernel::new(
        "kql_geo_distance_2points",
        Type::Real,
        |rows| {
            each!(rows, [real x1, real y1, real x2, real y2] -> RealOut, {
                Some(sphere::distance(point(x1, y1)?, point(x2, y2)?))
            })
        },
    )],
};

pub const AZIMUTH: Function = Function {
    name: "geo_azimuth",
    family: Family::Geo,
    signature: "geo_azimuth(longitude1: real, latitude1: real, longitude2: real, latitude2: real): real",
    doc: "The angle, clockwise in radians from 0 to 2π, between north and the way from the first point to the second; null of a point with itself or its antipode.",
    examples: &[
        ("round(geo_azimuth(0, 0, 1, 0), 6)", "1.570796"),
        ("round(geo_azimuth(0, 0, -1, 0), 6)", "4.712389"),
    ],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new("kql_geo_azimuth", Type::Real, |rows| {
        each!(rows, [real x1, real y1, real x2, real y2] -> RealOut, {
            direction(point(x1, y1)?, point(x2, y2)?)
        })
    })],
};

pub const ANGLE: Function = Function {
    name: "geo_angle",
    family: Family::Geo,
    signature: "geo_angle(longitude1: real, latitude1: real, longitude2: real, latitude2: real, longitude3: real, latitude3: real): real",
    doc: "The angle at the second point, clockwise in radians from 0 to 2π, from the way to the first to that to the third; null where one of these ways is none or may lead anywhere.",
    examples: &[
        ("round(geo_angle(0, 1, 0, 0, 1, 0), 6)", "1.570796"),
        ("round(geo_angle(1, 0, 0, 0, 0, 1), 6)", "4.712389"),
    ],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new("kql_geo_angle", Type::Real, |rows| {
        each!(rows, [real x1, real y1, real x2, real y2, real x3, real y3] -> RealOut, {
            let (a, b, c) = (point(x1, y1)?, point(x2, y2)?, point(x3, y3)?);
            Some((direction(b, c)? - direction(b, a)?).rem_euclid(TAU))
        })
    })],
};

/// Points that are less apart, in radians, are one point: some tenths of a micrometre.
const SAME_POINT: f64 = 1e-13;

/// Where the way to another point leads, clockwise from north; none to the point itself, or to its
/// antipode, to which all ways lead.
fn direction(a: Point, b: Point) -> Option<f64> {
    let apart = angle(vector(a), vector(b));
    if !(SAME_POINT..=PI - SAME_POINT).contains(&apart) {
        return None;
    }
    let ((x1, y1), (x2, y2)) = (a, b);
    let (from, to, turn) = (y1.to_radians(), y2.to_radians(), (x2 - x1).to_radians());
    let east = turn.sin() * to.cos();
    let north = from.cos() * to.sin() - from.sin() * to.cos() * turn.cos();
    Some(east.atan2(north).rem_euclid(TAU))
}

pub const IN_CIRCLE: Function = Function {
    name: "geo_point_in_circle",
    family: Family::Geo,
    signature: "geo_point_in_circle(longitude: real, latitude: real, center_longitude: real, center_latitude: real, radius: real): bool",
    doc: "Whether a point lies within so many metres of another.",
    examples: &[("geo_point_in_circle(0, 0, 0, 1, 112000)", "true")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new("kql_geo_point_in_circle", Type::Bool, |rows| {
        each!(rows, [real x1, real y1, real x2, real y2, real radius] -> BoolOut, {
            if radius.is_nan() || radius < 0.0 {
                return None;
            }
            Some(sphere::distance(point(x1, y1)?, point(x2, y2)?) <= radius)
        })
    })],
};
