//! S2: cells of squares over the Earth, by the crate `s2`. A cell is the token of its number: hex
//! without the zeros at the end.

use ::s2::cell::Cell;
use ::s2::cellid::CellID;
use ::s2::latlng::LatLng;
use ::s2::point::Point as S2Point;
use serde_json::Value;

use super::buffer::{buffered, buffered_line};
use super::shape::{self, Lines, Polygons, point, point_json};
use super::sphere::{self, Point, Vector, angle};
use crate::functions::call::long;
use crate::functions::json;
use crate::functions::prelude::*;

const LEVEL: i64 = 11;
const LEVEL_MAX: i64 = 30;
/// So many cells a shape may be given, as the language has it.
const CELLS_MAX: usize = 65_536;

fn level(value: i64) -> Option<u64> {
    u64::try_from(value).ok().filter(|_| value <= LEVEL_MAX)
}

fn cell(token: &str) -> Option<CellID> {
    let fits = (1..=16).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_hexdigit());
    let cell = CellID::from_token(fits.then_some(token)?);
    cell.is_valid().then_some(cell)
}

fn vector(at: &S2Point) -> Vector {
    sphere::unit([at.0.x, at.0.y, at.0.z])
}

fn place(at: &S2Point) -> Point {
    sphere::point(vector(at))
}

/// The corners, against the clock.
fn corners(cell: CellID) -> Vec<Point> {
    let cell = Cell::from(cell);
    let mut ring: Vec<Point> = (0..4).map(|corner| place(&cell.vertex(corner))).collect();
    ring.push(ring[0]);
    ring
}

pub const OF_POINT: Function = Function {
    name: "geo_point_to_s2cell",
    family: Family::Geo,
    signature: "geo_point_to_s2cell(longitude: real, latitude: real[, level: int]): string",
    doc: "The S2 cell around a point, of level 11 unless another, from 0 to 30, is given; empty for what is no point.",
    examples: &[
        ("geo_point_to_s2cell(-80.195829, 25.802215, 8)", "88d9b"),
        ("geo_point_to_s2cell(1, 1, 35)", ""),
    ],
    lower: Lower::By(|call_| {
        let args = vec![
            call_.arg(0, Type::Real)?,
            call_.arg(1, Type::Real)?,
            call_.arg_or(2, Type::Long, long(LEVEL))?,
        ];
        Ok(call("kql_geo_point_to_s2cell", args))
    }),
    kernels: &[Kernel::new(
        "kql_geo_point_to_s2cell",
        Type::String,
        |rows| {
            each!(rows, [real longitude, real latitude, long wanted] -> TextOut, {
                let (longitude, latitude) = point(longitude, latitude)?;
                let leaf = CellID::from(LatLng::from_degrees(latitude, longitude));
                Some(leaf.parent(level(wanted)?).to_token())
            })
        },
    )],
};

pub const CENTER: Function = Function {
    name: "geo_s2cell_to_central_point",
    family: Family::Geo,
    signature: "geo_s2cell_to_central_point(cell: string): dynamic",
    doc: "The point in the middle of an S2 cell.",
    examples: &[(
        "round(toreal(geo_s2cell_to_central_point('1234567').coordinates[0]), 6)",
        "9.868307",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_s2cell_to_central_point",
        Type::Dynamic,
        |rows| {
            each!(rows, [text token] -> JsonOut, {
                Some(point_json(place(&Cell::from(cell(token)?).center())))
            })
        },
    )],
};

pub const POLYGON: Function = Function {
    name: "geo_s2cell_to_polygon",
    family: Family::Geo,
    signature: "geo_s2cell_to_polygon(cell: string): dynamic",
    doc: "An S2 cell as a polygon.",
    examples: &[(
        "array_length(geo_s2cell_to_polygon('89c259').coordinates[0])",
        "5",
    )],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_s2cell_to_polygon",
        Type::Dynamic,
        |rows| {
            each!(rows, [text token] -> JsonOut, {
                Some(Polygons(vec![vec![corners(cell(token)?)]]).print())
            })
        },
    )],
};

pub const NEIGHBORS: Function = Function {
    name: "geo_s2cell_neighbors",
    family: Family::Geo,
    signature: "geo_s2cell_neighbors(cell: string): dynamic",
    doc: "An array of the S2 cells around a cell.",
    examples: &[("array_length(geo_s2cell_neighbors('89c259'))", "8")],
    lower: Lower::Convert(&[Type::String]),
    kernels: &[Kernel::new(
        "kql_geo_s2cell_neighbors",
        Type::Dynamic,
        |rows| each!(rows, [text token] -> JsonOut, Some(tokens(&around(cell(token)?)))),
    )],
};

pub const OF_POLYGON: Function = Function {
    name: "geo_polygon_to_s2cells",
    family: Family::Geo,
    signature: "geo_polygon_to_s2cells(polygon: dynamic[, level: int, radius: real]): dynamic",
    doc: "An array of the S2 cells that cover a polygon, or all within so many metres of it; of level 11 unless another is given. Null if they would be more than 65,536.",
    examples: &[(
        "array_length(geo_polygon_to_s2cells(dynamic({'type': 'Polygon', 'coordinates': [[[0, 0], [0, 50], [100, 50], [0, 0]]]}), 5))",
        "286",
    )],
    lower: Lower::By(|call_| covering_args(&call_, "kql_geo_polygon_to_s2cells")),
    kernels: &[Kernel::new(
        "kql_geo_polygon_to_s2cells",
        Type::Dynamic,
        |rows| {
            each!(rows, [json polygon, long wanted, real radius] -> JsonOut, {
                let polygons = buffered(Polygons::parse(polygon)?, radius)?;
                Some(tokens(&cover(&polygons.edges(), Some(&polygons), level(wanted)?)?))
            })
        },
    )],
};

pub const OF_LINE: Function = Function {
    name: "geo_line_to_s2cells",
    family: Family::Geo,
    signature: "geo_line_to_s2cells(line: dynamic[, level: int, radius: real]): dynamic",
    doc: "An array of the S2 cells that cover a line, or all within so many metres of it; of level 11 unless another is given. Null if they would be more than 65,536.",
    examples: &[(
        "array_length(geo_line_to_s2cells(dynamic({'type': 'LineString', 'coordinates': [[1, 1], [1.001, 1.001]]}), 5))",
        "1",
    )],
    lower: Lower::By(|call_| covering_args(&call_, "kql_geo_line_to_s2cells")),
    kernels: &[Kernel::new(
        "kql_geo_line_to_s2cells",
        Type::Dynamic,
        |rows| {
            each!(rows, [json line, long wanted, real radius] -> JsonOut, {
                let lines = Lines::parse(line)?;
                let level = level(wanted)?;
                let cells = match radius {
                    0.0 => cover(&lines.edges(), None, level)?,
                    _ => {
                        let polygons = buffered_line(&lines, radius)?;
                        cover(&polygons.edges(), Some(&polygons), level)?
                    }
                };
                Some(tokens(&cells))
            })
        },
    )],
};

fn covering_args(call_: &Call<'_>, kernel: &'static str) -> std::result::Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg_or(1, Type::Long, long(LEVEL))?,
        call_.arg_or(2, Type::Real, datafusion::logical_expr::lit(0.0))?,
    ];
    Ok(call(kernel, args))
}

fn tokens(cells: &[CellID]) -> String {
    let tokens: Vec<Value> = cells.iter().map(|cell| cell.to_token().into()).collect();
    json::print_array(&tokens)
}

/// The neighbours in the order in which Kusto has them. At a corner of the cube, two are one.
fn around(cell: CellID) -> Vec<CellID> {
    let all = cell.all_neighbors(cell.level());
    let mut cells: Vec<CellID> = Vec::new();
    for at in [7, 0, 1, 2, 3, 5, 4, 6] {
        cells.extend(all.get(at).filter(|cell| !cells.contains(cell)).copied());
    }
    cells
}

type Edge = (Vector, Vector);

/// The cells of a level that have a point of the edges, or of the polygons inside them.
fn cover(edges: &[Edge], inside: Option<&Polygons>, level: u64) -> Option<Vec<CellID>> {
    let mut found = Vec::new();
    for face in 0..6 {
        descend(CellID::from_face(face), edges, inside, level, &mut found)?;
    }
    Some(found)
}

fn descend(
    cell: CellID,
    edges: &[Edge],
    inside: Option<&Polygons>,
    level: u64,
    found: &mut Vec<CellID>,
) -> Option<()> {
    let ring = corners(cell);
    let center = vector(&Cell::from(cell).center());
    let corner = |at: &Point| sphere::vector(*at);
    let reach = ring
        .iter()
        .map(|at| angle(center, corner(at)))
        .fold(0.0, f64::max);
    let near: Vec<Edge> = edges
        .iter()
        .filter(|(a, b)| angle(center, sphere::nearest(center, *a, *b)) <= reach)
        .copied()
        .collect();
    let own = Polygons(vec![vec![ring]]);
    let met = !near.is_empty()
        && (shape::meet(&near, &own.edges()) || near.iter().any(|(a, _)| own.holds(*a)));
    if !met {
        // No border runs through the cell: all of it is inside, or nothing.
        if inside.is_some_and(|polygons| polygons.holds(center)) {
            let count = 4_usize.checked_pow(u32::try_from(level - cell.level()).ok()?)?;
            if found.len() + count > CELLS_MAX {
                return None;
            }
            found.extend(cell.child_iter_at_level(level));
        }
        return Some(());
    }
    if cell.level() == level {
        found.push(cell);
        return (found.len() <= CELLS_MAX).then_some(());
    }
    for child in cell.children() {
        descend(child, &near, inside, level, found)?;
    }
    Some(())
}
