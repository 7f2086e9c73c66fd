//! Functions of polygons: what they hold, how large they are, and points near them.

use datafusion::logical_expr::lit;

use super::lines::{TOLERANCE, TOLERANCE_MAX, TOLERANCE_MIN};
use super::overlay;
use super::shape::{self, Lines, Polygons, densify, nearest, point, point_json};
use super::sphere::{self, angle, vector};
use crate::functions::prelude::*;
use crate::functions::rows::{JsonOut, RealOut};

pub const HOLDS: Function = Function {
    name: "geo_point_in_polygon",
    family: Family::Geo,
    signature: "geo_point_in_polygon(longitude: real, latitude: real, polygon: dynamic): bool",
    doc: "Whether a polygon, or one of several, holds a point; the edges are great circles.",
    examples: &[(
        "geo_point_in_polygon(1, 1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [4, 0], [0, 4], [0, 0]]]}))",
        "true",
    )],
    lower: Lower::Convert(&[Type::Real, Type::Real, Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_point_in_polygon",
        Type::Bool,
        |rows| {
            let mut known: Memo<Option<Polygons>> = Memo::empty();
            let (longitudes, latitudes, shapes) = (rows.real(0)?, rows.real(1)?, rows.json(2)?);
            let mut out = crate::functions::rows::BoolOut::new(rows.len);
            for row in 0..rows.len {
                let mut held = || {
                    let at = vector(point(longitudes.get(row)?, latitudes.get(row)?)?);
                    let polygons = known.get(shapes.get(row)?, Polygons::parse).as_ref()?;
                    Some(polygons.holds(at))
                };
                out.push(held());
            }
            Ok(out.finish())
        },
    )],
};

pub const DISTANCE: Function = Function {
    name: "geo_distance_point_to_polygon",
    family: Family::Geo,
    signature: "geo_distance_point_to_polygon(longitude: real, latitude: real, polygon: dynamic): real",
    doc: "The metres between a point and the nearest point of a polygon; 0 inside.",
    examples: &[(
        "geo_distance_point_to_polygon(1, 1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [4, 0], [0, 4], [0, 0]]]}))",
        "0.0",
    )],
    lower: Lower::Convert(&[Type::Real, Type::Real, Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_distance_point_to_polygon",
        Type::Real,
        |rows| {
            each!(rows, [real longitude, real latitude, json polygon] -> RealOut, {
                let at = vector(point(longitude, latitude)?);
                let polygons = Polygons::parse(polygon)?;
                if polygons.holds(at) {
                    return Some(0.0);
                }
                Some(angle(at, nearest(&polygons.edges(), at)?) * sphere::RADIUS)
            })
        },
    )],
};

pub const CLOSEST: Function = Function {
    name: "geo_closest_point_on_polygon",
    family: Family::Geo,
    signature: "geo_closest_point_on_polygon(longitude: real, latitude: real, polygon: dynamic): dynamic",
    doc: "The point of a polygon that is nearest to a point; inside, that point itself.",
    examples: &[(
        "geo_closest_point_on_polygon(1, 1, dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [4, 0], [0, 4], [0, 0]]]})).coordinates",
        "[1,1]",
    )],
    lower: Lower::Convert(&[Type::Real, Type::Real, Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_closest_point_on_polygon",
        Type::Dynamic,
        |rows| {
            each!(rows, [real longitude, real latitude, json polygon] -> JsonOut, {
                let own = point(longitude, latitude)?;
                let polygons = Polygons::parse(polygon)?;
                if polygons.holds(vector(own)) {
                    return Some(point_json(own));
                }
                let found = nearest(&polygons.edges(), vector(own))?;
                Some(point_json(sphere::point(found)))
            })
        },
    )],
};

pub const AREA: Function = Function {
    name: "geo_polygon_area",
    family: Family::Geo,
    signature: "geo_polygon_area(polygon: dynamic): real",
    doc: "The square metres of a polygon, or of several together.",
    examples: &[(
        "round(geo_polygon_area(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]})) / 1000000)",
        "12364.0",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_geo_polygon_area", Type::Real, |rows| {
        let shapes = rows.json(0)?;
        let mut out = RealOut::new(rows.len);
        for row in 0..rows.len {
            let polygons = shapes.get(row).and_then(apart);
            out.push(polygons.map(|polygons| polygons.area()));
        }
        Ok(out.finish())
    })],
};

pub const CENTROID: Function = Function {
    name: "geo_polygon_centroid",
    family: Family::Geo,
    signature: "geo_polygon_centroid(polygon: dynamic): dynamic",
    doc: "The point in the middle of the mass of a polygon, or of several together.",
    examples: &[(
        "geo_polygon_centroid(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [1, 0], [1, 1], [0, 0]]]})).type",
        "Point",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_polygon_centroid",
        Type::Dynamic,
        |rows| {
            let shapes = rows.json(0)?;
            let mut out = JsonOut::new(rows.len);
            for row in 0..rows.len {
                let polygons = shapes.get(row).and_then(apart);
                out.push(
                    polygons
                        .and_then(|polygons| polygons.centroid())
                        .map(point_json),
                );
            }
            Ok(out.finish())
        },
    )],
};

pub const PERIMETER: Function = Function {
    name: "geo_polygon_perimeter",
    family: Family::Geo,
    signature: "geo_polygon_perimeter(polygon: dynamic): real",
    doc: "The metres around a polygon, or around several together, holes included.",
    examples: &[(
        "round(geo_polygon_perimeter(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [90, 0], [0, 90], [0, 0]]]})) / 1000)",
        "30023.0",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_polygon_perimeter",
        Type::Real,
        |rows| {
            let shapes = rows.json(0)?;
            let mut out = RealOut::new(rows.len);
            for row in 0..rows.len {
                let polygons = shapes.get(row).and_then(apart);
                out.push(polygons.map(|polygons| {
                    let edges = polygons.edges().into_iter();
                    edges.map(|(a, b)| angle(a, b)).sum::<f64>() * sphere::RADIUS
                }));
            }
            Ok(out.finish())
        },
    )],
};

pub const DENSIFY: Function = Function {
    name: "geo_polygon_densify",
    family: Family::Geo,
    signature: "geo_polygon_densify(polygon: dynamic[, tolerance: real]): dynamic",
    doc: "A polygon as drawn on a map, with points put in so that great circles between them stay within so many metres of it: 10 unless given, from 0.1 to 10,000.",
    examples: &[(
        "array_length(geo_polygon_densify(dynamic({'type': 'Polygon', 'coordinates': [[[10, 10], [11, 10], [11, 11], [10, 11], [10, 10]]]})).coordinates[0])",
        "11",
    )],
    lower: Lower::By(|call_| {
        super::at_most(&call_, 2)?;
        let args = vec![
            call_.arg(0, Type::Dynamic)?,
            call_.arg_or(1, Type::Real, lit(TOLERANCE))?,
        ];
        Ok(call("kql_geo_polygon_densify", args))
    }),
    kernels: &[Kernel::new(
        "kql_geo_polygon_densify",
        Type::Dynamic,
        |rows| {
            each!(rows, [json polygon, real tolerance] -> JsonOut, {
                if !(TOLERANCE_MIN..=TOLERANCE_MAX).contains(&tolerance) {
                    return None;
                }
                let polygons = Polygons::parse(polygon)?.0;
                let dense = polygons
                    .iter()
                    .map(|polygon| polygon.iter().map(|ring| densify(ring, tolerance)).collect())
                    .collect();
                Some(Polygons(dense).print())
            })
        },
    )],
};

pub const INTERSECT_LINE: Function = Function {
    name: "geo_intersects_line_with_polygon",
    family: Family::Geo,
    signature: "geo_intersects_line_with_polygon(line: dynamic, polygon: dynamic): bool",
    doc: "Whether a line and a polygon have a point in common.",
    examples: &[(
        "geo_intersects_line_with_polygon(dynamic({'type': 'LineString', 'coordinates': [[1, 1], [9, 9]]}), dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [4, 0], [0, 4], [0, 0]]]}))",
        "true",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_intersects_line_with_polygon",
        Type::Bool,
        |rows| {
            each!(rows, [json line, json polygon] -> BoolOut, {
                let line = Lines::parse(line)?;
                let polygons = Polygons::parse(polygon)?;
                let starts = line.0.iter().filter_map(|line| line.first());
                let inside = starts.into_iter().any(|start| polygons.holds(vector(*start)));
                Some(inside || shape::meet(&line.edges(), &polygons.edges()))
            })
        },
    )],
};

pub const INTERSECT: Function = Function {
    name: "geo_intersects_2polygons",
    family: Family::Geo,
    signature: "geo_intersects_2polygons(polygon1: dynamic, polygon2: dynamic): bool",
    doc: "Whether two polygons have a point in common.",
    examples: &[(
        "geo_intersects_2polygons(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [4, 0], [0, 4], [0, 0]]]}), dynamic({'type': 'Polygon', 'coordinates': [[[1, 1], [9, 1], [1, 9], [1, 1]]]}))",
        "true",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_intersects_2polygons",
        Type::Bool,
        |rows| {
            each!(rows, [json one, json other] -> BoolOut, {
                let (one, other) = (Polygons::parse(one)?, Polygons::parse(other)?);
                let holds = |a: &Polygons, b: &Polygons| {
                    b.0.iter().filter_map(|p| p.first()?.first()).any(|p| a.holds(vector(*p)))
                };
                let meet = shape::meet(&one.edges(), &other.edges());
                Some(meet || holds(&one, &other) || holds(&other, &one))
            })
        },
    )],
};

/// Polygons that do not overlap, or what such as do cover together.
fn apart(polygons: &str) -> Option<Polygons> {
    let polygons = Polygons::parse(polygons)?;
    Some(match polygons.overlap() {
        true => overlay::union(vec![polygons])?,
        false => polygons,
    })
}
