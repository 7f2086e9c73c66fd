//! Functions of several shapes: what they cover together, and what they have in common.

use super::overlay;
use super::shape::{Lines, Polygons};
use crate::functions::json;
use crate::functions::prelude::*;

pub const UNION: Function = Function {
    name: "geo_union_polygons_array",
    family: Family::Geo,
    signature: "geo_union_polygons_array(polygons: dynamic): dynamic",
    doc: "What the polygons of an array cover together, as one polygon or several.",
    examples: &[(
        "geo_union_polygons_array(pack_array(geo_geohash_to_polygon('u0'), geo_geohash_to_polygon('u1'))).type",
        "Polygon",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_union_polygons_array",
        Type::Dynamic,
        |rows| {
            each!(rows, [json polygons] -> JsonOut, {
                let polygons: Vec<Polygons> = json::parse_array(polygons)?
                    .iter()
                    .map(Polygons::read)
                    .collect::<Option<_>>()?;
                Some(overlay::union(polygons)?.print())
            })
        },
    )],
};

pub const UNION_LINES: Function = Function {
    name: "geo_union_lines_array",
    family: Family::Geo,
    signature: "geo_union_lines_array(lines: dynamic): dynamic",
    doc: "The lines of an array as one line or several; what several have comes once.",
    examples: &[(
        "geo_union_lines_array(pack_array(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [1, 1]]}), dynamic({'type': 'LineString', 'coordinates': [[1, 1], [2, 1]]}))).coordinates",
        "[[0,0],[1,1],[2,1]]",
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_union_lines_array",
        Type::Dynamic,
        |rows| {
            each!(rows, [json lines] -> JsonOut, {
                let lines: Vec<Lines> = json::parse_array(lines)?
                    .iter()
                    .map(Lines::read)
                    .collect::<Option<_>>()?;
                (!lines.is_empty()).then_some(overlay::union_lines(&lines)?.print())
            })
        },
    )],
};

pub const INTERSECTION: Function = Function {
    name: "geo_intersection_2polygons",
    family: Family::Geo,
    signature: "geo_intersection_2polygons(polygon1: dynamic, polygon2: dynamic): dynamic",
    doc: "What two polygons both cover: a polygon or several, a line or a point where they only touch, or an empty collection.",
    examples: &[(
        "geo_intersection_2polygons(dynamic({'type': 'Polygon', 'coordinates': [[[2, 45], [0, 45], [1, 44], [2, 45]]]}), dynamic({'type': 'Polygon', 'coordinates': [[[3, 44], [2, 45], [2, 43], [3, 44]]]}))",
        r#"{"type":"Point","coordinates":[2,45]}"#,
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_intersection_2polygons",
        Type::Dynamic,
        |rows| {
            each!(rows, [json one, json other] -> JsonOut, {
                overlay::intersection(&Polygons::parse(one)?, &Polygons::parse(other)?)
            })
        },
    )],
};

pub const INTERSECTION_LINES: Function = Function {
    name: "geo_intersection_2lines",
    family: Family::Geo,
    signature: "geo_intersection_2lines(line1: dynamic, line2: dynamic): dynamic",
    doc: "What two lines have in common: points, lines, both in a collection, or an empty collection.",
    examples: &[(
        "geo_intersection_2lines(dynamic({'type': 'LineString', 'coordinates': [[1, 1], [2, 2]]}), dynamic({'type': 'LineString', 'coordinates': [[3, 3], [4, 4]]}))",
        r#"{"type":"GeometryCollection","geometries":[]}"#,
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_intersection_2lines",
        Type::Dynamic,
        |rows| {
            each!(rows, [json one, json other] -> JsonOut, {
                overlay::common(&Lines::parse(one)?, &Lines::parse(other)?)
            })
        },
    )],
};

pub const INTERSECTION_LINE: Function = Function {
    name: "geo_intersection_line_with_polygon",
    family: Family::Geo,
    signature: "geo_intersection_line_with_polygon(line: dynamic, polygon: dynamic): dynamic",
    doc: "What of a line lies in a polygon: lines, points where it only touches, or an empty collection.",
    examples: &[(
        "geo_intersection_line_with_polygon(dynamic({'type': 'LineString', 'coordinates': [[0, 0], [1, 1]]}), dynamic({'type': 'Polygon', 'coordinates': [[[9, 9], [8, 9], [8, 8], [9, 9]]]}))",
        r#"{"type":"GeometryCollection","geometries":[]}"#,
    )],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new(
        "kql_geo_intersection_line_with_polygon",
        Type::Dynamic,
        |rows| {
            each!(rows, [json line, json polygon] -> JsonOut, {
                overlay::within(&Lines::parse(line)?, &Polygons::parse(polygon)?)
            })
        },
    )],
};
