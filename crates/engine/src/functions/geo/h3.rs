//! H3: cells of hexagons over the Earth, by the crate `h3o`. A cell is the text of its number in hex.

use std::collections::HashSet;

use h3o::{CellIndex, LatLng, Resolution};
use serde_json::{Value, json};

use super::buffer::buffered;
use super::shape::{Polygons, point, point_json};
use super::sphere::Point;
use crate::functions::call::long;
use crate::functions::json as text;
use crate::functions::prelude::*;

/// What a point is given unless another resolution is asked for.
const RESOLUTION: i64 = 6;
/// So many levels a child may be below its ancestor, as the language has it.
const DESCENT_MAX: u8 = 5;
const RINGS_MAX: i64 = 142;
/// So many cells a polygon may be given, as the language has it.
const CELLS_MAX: usize = 61_680;
/// Points of a border at which its cells are asked for: a border that needs more has too many cells.
const SAMPLES_MAX: usize = 8 * CELLS_MAX;

fn resolution(value: i64) -> Option<Resolution> {
    Resolution::try_from(u8::try_from(value).ok()?).ok()
}

fn cell(token: &str) -> Option<CellIndex> {
    token.parse().ok()
}

fn at((longitude, latitude): Point) -> Option<LatLng> {
    LatLng::new(latitude, longitude).ok()
}

fn place(at: LatLng) -> Point {
    (at.lng(), at.lat())
}

fn tokens(cells: impl IntoIterator<Item = CellIndex>) -> Value {
    Value::Array(
        cells
            .into_iter()
            .map(|cell| cell.to_string().into())
            .collect(),
    )
}

pub const OF_POINT: Function = Function {
    name: "geo_point_to_h3cell",
    family: Family::Geo,
    signature: "geo_point_to_h3cell(longitude: real, latitude: real[, resolution: int]): string",
    doc: "The H3 cell around a point, of resolution 6 unless another, from 0 to 15, is given; empty for what is no point.",
    examples: &[
        (
            "geo_point_to_h3cell(-74.04450446039874, 40.689250859314974, 6)",
            "862a1072fffffff",
        ),
        ("geo_point_to_h3cell(1, 1, 16)", ""),
    ],
    lower: Lower::By(|call_| {
        let args = vec![
            call_.arg(0, Type::Real)?,
            call_.arg(1, Type::Real)?,
            call_.arg_or(2, Type::Long, long(RESOLUTION))?,
        ];
        Ok(call("kql_geo_point_to_h3cell", args))
    }),
    kernels: &[Kernel::new(
        "kql_geo_point_to_h3cell",
        Type::String,
        |rows| {
            each!(rows, [real longitude, real latitude, long level] -> TextOut, {
                let here = at(point(longitude, latitude)?)?;
                Some(here.to_cell(resolution(level)?).to_string())
            })
        },
    )],
};

pub const LEVEL: Function = Function {
    name: "geo_h3cell_level",
    family: Family::Geo,
    signature: "geo_h3cell_level(cell: string): int",
    doc: "The resolution of an H3 cell; null for what is none.",
    examples: &[("geo_h3cell_level('862a1072fffffff')", "6")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_h3cell_level",
        Type::Int,
        |rows| each!(rows, [text token] -> IntOut, Some(i32::from(u8::from(cell(token)?.resolution())))),
    )],
};

pub const CENTER: Function = Function {
    name: "geo_h3cell_to_central_point",
    family: Family::Geo,
    signature: "geo_h3cell_to_central_point(cell: string): dynamic",
    doc: "The point in the middle of an H3 cell.",
    examples: &[(
        "round(toreal(geo_h3cell_to_central_point('862a1072fffffff').coordinates[0]), 6)",
        "-74.016008",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_h3cell_to_central_point",
        Type::Dynamic,
        |rows| each!(rows, [text token] -> JsonOut, Some(point_json(place(cell(token)?.into())))),
    )],
};

pub const POLYGON: Function = Function {
    name: "geo_h3cell_to_polygon",
    family: Family::Geo,
    signature: "geo_h3cell_to_polygon(cell: string): dynamic",
    doc: "An H3 cell as a polygon.",
    examples: &[(
        "array_length(geo_h3cell_to_polygon('862a1072fffffff').coordinates[0])",
        "7",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_h3cell_to_polygon",
        Type::Dynamic,
        |rows| {
            each!(rows, [text token] -> JsonOut, {
                let mut ring: Vec<Point> = cell(token)?.boundary().iter().map(|at| place(*at)).collect();
                ring.push(*ring.first()?);
                Some(Polygons(vec![vec![ring]]).print())
            })
        },
    )],
};

pub const PARENT: Function = Function {
    name: "geo_h3cell_parent",
    family: Family::Geo,
    signature: "geo_h3cell_parent(cell: string[, resolution: int]): string",
    doc: "The cell around an H3 cell: one level up, or of the given resolution; empty if there is none.",
    examples: &[("geo_h3cell_parent('862a1072fffffff')", "852a1073fffffff")],
    lower: Lower::By(|call_| {
        let args = vec![
            call_.arg(0, Type::String)?,
            call_.arg_or(1, Type::Long, long(-1))?,
        ];
        Ok(call("kql_geo_h3cell_parent", args))
    }),
    kernels: &[Kernel::new("kql_geo_h3cell_parent", Type::String, |rows| {
        each!(rows, [text token, long level] -> TextOut, {
            let cell = cell(token)?;
            let level = match level {
                -1 => cell.resolution().pred()?,
                level => resolution(level)?,
            };
            Some(cell.parent(level)?.to_string())
        })
    })],
};

pub const CHILDREN: Function = Function {
    name: "geo_h3cell_children",
    family: Family::Geo,
    signature: "geo_h3cell_children(cell: string[, resolution: int]): dynamic",
    doc: "An array of the cells within an H3 cell: one level down, or of the given resolution, at most five levels down.",
    examples: &[("array_length(geo_h3cell_children('862a1072fffffff'))", "7")],
    lower: Lower::By(|call_| {
        let args = vec![
            call_.arg(0, Type::String)?,
            call_.arg_or(1, Type::Long, long(-1))?,
        ];
        Ok(call("kql_geo_h3cell_children", args))
    }),
    kernels: &[Kernel::new(
        "kql_geo_h3cell_children",
        Type::Dynamic,
        |rows| {
            each!(rows, [text token, long level] -> JsonOut, {
                let cell = cell(token)?;
                let level = match level {
                    -1 => cell.resolution().succ()?,
                    level => resolution(level)?,
                };
                let down = u8::from(level).checked_sub(u8::from(cell.resolution()))?;
                (down <= DESCENT_MAX).then(|| text::print(&tokens(cell.children(level))))
            })
        },
    )],
};

pub const NEIGHBORS: Function = Function {
    name: "geo_h3cell_neighbors",
    family: Family::Geo,
    signature: "geo_h3cell_neighbors(cell: string): dynamic",
    doc: "An array of the cells around an H3 cell.",
    examples: &[("array_length(geo_h3cell_neighbors('862a1072fffffff'))", "6")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_h3cell_neighbors",
        Type::Dynamic,
        |rows| {
            each!(rows, [text token] -> JsonOut, {
                let cell = cell(token)?;
                let around: Vec<CellIndex> = cell.grid_disk(1);
                Some(text::print(&tokens(around.into_iter().filter(|other| *other != cell))))
            })
        },
    )],
};

pub const RINGS: Function = Function {
    name: "geo_h3cell_rings",
    family: Family::Geo,
    signature: "geo_h3cell_rings(cell: string, distance: int): dynamic",
    doc: "The rings of cells around an H3 cell, up to a distance of at most 142: an array of arrays, the cell itself first.",
    examples: &[(
        "array_length(geo_h3cell_rings('861f8894fffffff', 2)[2])",
        "12",
    )],
    lower: Lower::Convert(&[Type::String, Type::Long]),
    kernels: &[Kernel::new("kql_geo_h3cell_rings", Type::Dynamic, |rows| {
        each!(rows, [text token, long distance] -> JsonOut, {
            let cell = cell(token)?;
            let distance = u32::try_from(distance).ok().filter(|_| distance <= RINGS_MAX)?;
            let mut rings = vec![Vec::new(); distance as usize + 1];
            let around: Vec<(CellIndex, u32)> = cell.grid_disk_distances(distance);
            for (cell, away) in around {
                rings[away as usize].push(cell);
            }
            Some(text::print(&json!(rings.into_iter().map(tokens).collect::<Vec<_>>())))
        })
    })],
};

pub const OF_POLYGON: Function = Function {
    name: "geo_polygon_to_h3cells",
    family: Family::Geo,
    signature: "geo_polygon_to_h3cells(polygon: dynamic[, resolution: int, radius: real]): dynamic",
    doc: "An array of the H3 cells whose middle lies in a polygon as drawn on a map, or within so many metres of it; of resolution 6 unless another is given. Null if they would be more than 61,680.",
    examples: &[(
        "array_length(geo_polygon_to_h3cells(dynamic({'type': 'Polygon', 'coordinates': [[[-3.659, 40.553], [-3.913, 40.409], [-3.729, 40.273], [-3.524, 40.44], [-3.659, 40.553]]]})))",
        "13",
    )],
    lower: Lower::By(|call_| {
        let args = vec![
            call_.arg(0, Type::Dynamic)?,
            call_.arg_or(1, Type::Long, long(RESOLUTION))?,
            call_.arg_or(2, Type::Real, datafusion::logical_expr::lit(0.0))?,
        ];
        Ok(call("kql_geo_polygon_to_h3cells", args))
    }),
    kernels: &[Kernel::new(
        "kql_geo_polygon_to_h3cells",
        Type::Dynamic,
        |rows| {
            each!(rows, [json polygon, long level, real radius] -> JsonOut, {
                let polygons = buffered(Polygons::parse(polygon)?, radius)?;
                Some(text::print(&tokens(cells_of(&polygons, resolution(level)?)?)))
            })
        },
    )],
};

/// The cells along the edges, and from there all that are reached without leaving the polygon.
fn cells_of(polygons: &Polygons, level: Resolution) -> Option<Vec<CellIndex>> {
    let step = level.edge_length_rads().to_degrees() / 2.0;
    let rings = || polygons.0.iter().flatten();
    let mut left: Vec<CellIndex> = Vec::new();
    let mut seen: HashSet<CellIndex> = HashSet::new();
    let mut sampled = 0;
    for ring in rings() {
        for pair in ring.windows(2) {
            let (wide, high) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
            let steps = (wide.hypot(high) / step).ceil().max(1.0);
            sampled += steps as usize;
            if sampled > SAMPLES_MAX {
                return None;
            }
            for taken in 0..steps as usize {
                let part = taken as f64 / steps;
                let here = at((pair[0].0 + wide * part, pair[0].1 + high * part))?;
                let near: Vec<CellIndex> = here.to_cell(level).grid_disk(1);
                left.extend(near.into_iter().filter(|cell| seen.insert(*cell)));
            }
        }
    }
    let mut found = Vec::new();
    while let Some(cell) = left.pop() {
        if !on_map(polygons, place(cell.into())) {
            continue;
        }
        found.push(cell);
        if found.len() > CELLS_MAX {
            return None;
        }
        let around: Vec<CellIndex> = cell.grid_disk(1);
        left.extend(around.into_iter().filter(|cell| seen.insert(*cell)));
    }
    found.sort_unstable();
    Some(found)
}

/// Whether a polygon with straight edges on a map holds a point: a ray to the east crosses an odd
/// number of edges.
fn on_map(polygons: &Polygons, (x, y): Point) -> bool {
    let crossed = |edge: &[Point]| {
        let ((ax, ay), (bx, by)) = (edge[0], edge[1]);
        (ay > y) != (by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
    };
    polygons.0.iter().any(|polygon| {
        let edges = polygon.iter().flat_map(|ring| ring.windows(2));
        edges.filter(|edge| crossed(edge)).count() % 2 == 1
    })
}
