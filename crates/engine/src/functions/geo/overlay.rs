//! What two shapes have in common and what they cover together: overlays on the sphere.
//!
//! Both borders are cut where they meet; each piece is then on the border of the result or not,
//! which the other shape says of its middle; the pieces left are joined to rings or lines. Points
//! closer than [`SAME`] are one. Overlays of planar crates would bend the edges, which are great
//! circles here.

use serde_json::{Value, json};

use super::shape::{Lines, Polygons, coordinates, pair, ring_area};
use super::sphere::{self, Point, Vector, add, angle, cross, dot, scale, unit, vector};
use crate::functions::json as text;

/// Pairs of edges that one overlay looks at: seconds of work. With more there is no result.
const PAIRS_MAX: usize = 100_000_000;

/// Radians, some tenth of a millimetre on the Earth.
const SAME: f64 = 2e-11;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    Union,
    Intersection,
}

/// A piece of a border between two points of the table, and the number of the edge it is of.
#[derive(Clone, Copy, Debug)]
struct Piece {
    from: usize,
    to: usize,
    edge: usize,
}

/// The points of an overlay, each once.
struct Points {
    vectors: Vec<Vector>,
    /// As they were given, so that what is not cut keeps its numbers.
    given: Vec<Point>,
    /// The places of the points, by their first coordinate.
    sorted: Vec<(f64, usize)>,
}

impl Points {
    fn new() -> Points {
        Points {
            vectors: Vec::new(),
            given: Vec::new(),
            sorted: Vec::new(),
        }
    }

    fn place(&mut self, at: Vector, given: Option<Point>) -> usize {
        let start = self.sorted.partition_point(|(x, _)| *x < at[0] - SAME);
        let near = self.sorted[start..]
            .iter()
            .take_while(|(x, _)| *x <= at[0] + SAME);
        let mut near = near.filter(|(_, place)| angle(self.vectors[*place], at) <= SAME);
        if let Some((_, place)) = near.next() {
            return *place;
        }
        let place = self.vectors.len();
        let here = self.sorted.partition_point(|(x, _)| *x < at[0]);
        self.sorted.insert(here, (at[0], place));
        self.vectors.push(at);
        self.given.push(given.unwrap_or_else(|| sphere::point(at)));
        place
    }

    fn middle(&self, piece: &Piece) -> Vector {
        unit(add(self.vectors[piece.from], self.vectors[piece.to]))
    }
}

/// What all the polygons cover, as polygons that do not overlap.
///
/// The two with the fewest corners are joined first, as S2 does it, so that rings begin where the
/// language lets them begin.
pub fn union(polygons: Vec<Polygons>) -> Option<Polygons> {
    let mut pairs: usize = 0;
    let alone = |shape: Polygons| shape.0.into_iter().map(|polygon| Polygons(vec![polygon]));
    let mut left: Vec<(usize, Polygons)> = polygons
        .into_iter()
        .flat_map(alone)
        .map(|shape| {
            (
                shape.0.iter().flatten().map(|ring| ring.len() - 1).sum(),
                shape,
            )
        })
        .collect();
    left.sort_by_key(|(corners, _)| *corners);
    while left.len() > 1 {
        let (one, other) = (left.remove(0), left.remove(0));
        let corners = one.0 + other.0;
        let place = left.partition_point(|(count, _)| *count <= corners);
        pairs = pairs.saturating_add(one.0.saturating_mul(other.0));
        if pairs > PAIRS_MAX {
            return None;
        }
        left.insert(place, (corners, overlay(&one.1, &other.1, Keep::Union)?));
    }
    left.pop().map(|(_, shape)| shape)
}

/// What both cover: areas, or where they only touch, lines and points.
pub fn intersection(one: &Polygons, other: &Polygons) -> Option<String> {
    let areas = overlay(one, other, Keep::Intersection)?;
    if !areas.0.is_empty() {
        return Some(areas.print());
    }
    let mut points = Points::new();
    let (a, b) = cut(&mut points, &polygon_edges(one), &polygon_edges(other))?;
    let pieces = shared(&a, &b);
    Some(touching(&points, &pieces, &a, &b))
}

/// The parts of a line that a polygon covers.
pub fn within(lines: &Lines, polygons: &Polygons) -> Option<String> {
    let mut points = Points::new();
    let (a, b) = cut(&mut points, &line_edges(lines), &polygon_edges(polygons))?;
    let on_border = |piece: &Piece| b.iter().any(|other| same_way(piece, other).is_some());
    let pieces: Vec<Piece> = a
        .iter()
        .filter(|piece| on_border(piece) || polygons.holds(points.middle(piece)))
        .copied()
        .collect();
    Some(touching(&points, &pieces, &a, &b))
}

/// What two lines have in common: parts of them, or points.
pub fn common(one: &Lines, other: &Lines) -> Option<String> {
    let mut points = Points::new();
    let (a, b) = cut(&mut points, &line_edges(one), &line_edges(other))?;
    Some(touching(&points, &shared(&a, &b), &a, &b))
}

/// All the lines as one: parts that several have come once.
pub fn union_lines(lines: &[Lines]) -> Option<Lines> {
    let edges: Vec<(Point, Point)> = lines.iter().flat_map(line_edges).collect();
    let mut points = Points::new();
    let (pieces, _) = cut(&mut points, &edges, &edges)?;
    let mut once: Vec<Piece> = Vec::new();
    for piece in pieces {
        if !once.iter().any(|known| same_way(known, &piece).is_some()) {
            once.push(piece);
        }
    }
    Some(Lines(paths(&points, once)))
}

/// The pieces that are kept as lines, and the points where the borders meet apart from them.
fn touching(points: &Points, pieces: &[Piece], a: &[Piece], b: &[Piece]) -> String {
    let lines = paths(points, pieces.to_vec());
    let ends = |pieces: &[Piece]| {
        let mut ends: Vec<usize> = pieces.iter().flat_map(|p| [p.from, p.to]).collect();
        ends.sort_unstable();
        ends.dedup();
        ends
    };
    let (in_a, in_b, in_lines) = (ends(a), ends(b), ends(pieces));
    let alone: Vec<Point> = in_a
        .into_iter()
        .filter(|end| in_b.binary_search(end).is_ok() && in_lines.binary_search(end).is_err())
        .map(|end| points.given[end])
        .collect();
    let points = match alone.as_slice() {
        [] => None,
        [one] => Some(json!({"type": "Point", "coordinates": pair(*one)})),
        many => Some(json!({"type": "MultiPoint", "coordinates": coordinates(many)})),
    };
    let lines = (!lines.is_empty()).then(|| Lines(lines).json());
    let parts: Vec<Value> = lines.into_iter().chain(points).collect();
    text::print(&match parts.len() {
        1 => parts.into_iter().next().unwrap_or_default(),
        _ => json!({"type": "GeometryCollection", "geometries": parts}),
    })
}

fn overlay(one: &Polygons, other: &Polygons, keep: Keep) -> Option<Polygons> {
    let mut points = Points::new();
    let (a, b) = cut(&mut points, &polygon_edges(one), &polygon_edges(other))?;
    let inside = |piece: &Piece, of: &Polygons| of.holds(points.middle(piece));
    let wanted = keep == Keep::Intersection;
    let meeting =
        |piece: &Piece, others: &[Piece]| others.iter().find_map(|other| same_way(piece, other));
    let mut kept: Vec<Piece> = a
        .iter()
        .filter(|piece| match meeting(piece, &b) {
            Some(same) => same,
            None => inside(piece, other) == wanted,
        })
        .copied()
        .collect();
    let own = |piece: &&Piece| meeting(piece, &a).is_none() && inside(piece, one) == wanted;
    kept.extend(b.iter().filter(own));
    Some(nest(rings(&points, kept)))
}

/// Whether two pieces lie on each other, and if so whether they run the same way.
fn same_way(one: &Piece, other: &Piece) -> Option<bool> {
    match (one.from, one.to) {
        ends if ends == (other.from, other.to) => Some(true),
        ends if ends == (other.to, other.from) => Some(false),
        _ => None,
    }
}

fn shared(a: &[Piece], b: &[Piece]) -> Vec<Piece> {
    let both = |piece: &&Piece| b.iter().any(|other| same_way(piece, other).is_some());
    a.iter().filter(both).copied().collect()
}

/// The edges with the inside to their left: outer rings against the clock, holes with it.
fn polygon_edges(polygons: &Polygons) -> Vec<(Point, Point)> {
    let mut edges = Vec::new();
    for polygon in &polygons.0 {
        for (place, ring) in polygon.iter().enumerate() {
            let forward = (ring_area(ring) > 0.0) == (place == 0);
            let mut ring = ring.clone();
            if !forward {
                ring.reverse();
            }
            edges.extend(ring.windows(2).map(|pair| (pair[0], pair[1])));
        }
    }
    edges
}

fn line_edges(lines: &Lines) -> Vec<(Point, Point)> {
    let pairs = lines.0.iter().flat_map(|line| line.windows(2));
    pairs.map(|pair| (pair[0], pair[1])).collect()
}

/// The edges of both sides, cut where they meet those of the other. The edges of the second are
/// counted on from those of the first.
fn cut(
    points: &mut Points,
    a: &[(Point, Point)],
    b: &[(Point, Point)],
) -> Option<(Vec<Piece>, Vec<Piece>)> {
    if a.len().saturating_mul(b.len()) > PAIRS_MAX {
        return None;
    }
    let ends = |points: &mut Points, edges: &[(Point, Point)]| -> Vec<(usize, usize)> {
        let mut place = |at: Point| points.place(vector(at), Some(at));
        edges
            .iter()
            .map(|(from, to)| (place(*from), place(*to)))
            .collect()
    };
    let (ends_a, ends_b) = (ends(points, a), ends(points, b));
    let mut cuts_a = vec![Vec::new(); a.len()];
    let mut cuts_b = vec![Vec::new(); b.len()];
    for (i, one) in ends_a.iter().enumerate() {
        let [a1, a2] = [points.vectors[one.0], points.vectors[one.1]];
        let (middle, half) = (unit(add(a1, a2)), angle(a1, a2) / 2.0);
        for (j, other) in ends_b.iter().enumerate() {
            let [b1, b2] = [points.vectors[other.0], points.vectors[other.1]];
            let reach = half + angle(b1, b2) / 2.0 + SAME;
            if dot(middle, unit(add(b1, b2))) < reach.min(std::f64::consts::PI).cos() - SAME {
                continue;
            }
            for end in [other.0, other.1] {
                if lies_on(points.vectors[end], a1, a2) {
                    cuts_a[i].push(end);
                }
            }
            for end in [one.0, one.1] {
                if lies_on(points.vectors[end], b1, b2) {
                    cuts_b[j].push(end);
                }
            }
            if let Some(at) = crossing(a1, a2, b1, b2) {
                let place = points.place(at, None);
                cuts_a[i].push(place);
                cuts_b[j].push(place);
            }
        }
    }
    Some((
        pieces(points, &ends_a, cuts_a, 0),
        pieces(points, &ends_b, cuts_b, a.len()),
    ))
}

fn pieces(
    points: &Points,
    ends: &[(usize, usize)],
    cuts: Vec<Vec<usize>>,
    first: usize,
) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (edge, ((from, to), mut cuts)) in ends.iter().zip(cuts).enumerate() {
        let start = points.vectors[*from];
        let away = |place: &usize| angle(start, points.vectors[*place]);
        cuts.retain(|cut| cut != from && cut != to);
        cuts.sort_by(|a, b| away(a).total_cmp(&away(b)));
        cuts.dedup();
        let mut last = *from;
        for next in cuts.into_iter().chain([*to]) {
            if next != last {
                let edge = first + edge;
                pieces.push(Piece {
                    from: last,
                    to: next,
                    edge,
                });
                last = next;
            }
        }
    }
    pieces
}

fn lies_on(at: Vector, a: Vector, b: Vector) -> bool {
    angle(at, sphere::nearest(at, a, b)) <= SAME
}

/// The point where two edges cross, their ends apart.
fn crossing(a: Vector, b: Vector, c: Vector, d: Vector) -> Option<Vector> {
    let (ab, cd) = (cross(a, b), cross(c, d));
    if dot(ab, c) * dot(ab, d) >= 0.0 || dot(cd, a) * dot(cd, b) >= 0.0 {
        return None;
    }
    let mut at = unit(cross(unit(ab), unit(cd)));
    if dot(at, add(a, b)) < 0.0 {
        at = scale(at, -1.0);
    }
    let on = lies_on(at, a, b) && lies_on(at, c, d);
    let at_end = [a, b, c, d].iter().any(|end| angle(*end, at) <= SAME);
    (on && !at_end).then_some(at)
}

/// A ring of points, first and last the same, with the numbers of its edges.
type Ring = Vec<(usize, usize)>;

/// Joins pieces to rings: at a point where several go on, the one that keeps the same inside.
fn rings(points: &Points, pieces: Vec<Piece>) -> Vec<Vec<Point>> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); points.vectors.len()];
    for (at, piece) in pieces.iter().enumerate() {
        out[piece.from].push(at);
    }
    let mut used = vec![false; pieces.len()];
    let mut rings = Vec::new();
    for start in 0..pieces.len() {
        if used[start] {
            continue;
        }
        let mut ring: Ring = Vec::new();
        let mut at = start;
        loop {
            used[at] = true;
            ring.push((pieces[at].from, pieces[at].edge));
            let next = out[pieces[at].to]
                .iter()
                .copied()
                .filter(|next| !used[*next]);
            let back = points.vectors[pieces[at].from];
            let corner = points.vectors[pieces[at].to];
            let turn = |next: &usize| turned(corner, back, points.vectors[pieces[*next].to]);
            match next.min_by(|a, b| turn(a).total_cmp(&turn(b))) {
                Some(next) if pieces[at].to != pieces[start].from => at = next,
                _ => break,
            }
        }
        if pieces[at].to == pieces[start].from && ring.len() > 2 {
            rings.push(closed(points, ring));
        }
    }
    rings
}

/// The angle at a corner, with the clock, from one direction to another.
fn turned(corner: Vector, from: Vector, to: Vector) -> f64 {
    let along = |to: Vector| unit(add(to, scale(corner, -dot(to, corner))));
    let (from, to) = (along(from), along(to));
    let angle = -dot(corner, cross(from, to)).atan2(dot(from, to));
    if angle <= 1e-12 {
        angle + std::f64::consts::TAU
    } else {
        angle
    }
}

/// Begins a ring after its edge of the greatest number; where that is in several pieces, after the
/// last of a run of them, as S2 does.
fn closed(points: &Points, ring: Ring) -> Vec<Point> {
    let (mut last, mut gap) = (0, false);
    for at in 1..ring.len() {
        match ring[at].1.cmp(&ring[last].1) {
            std::cmp::Ordering::Less => gap = true,
            std::cmp::Ordering::Equal if gap => {}
            _ => (last, gap) = (at, false),
        }
    }
    let places = ring[last + 1..].iter().chain(&ring[..=last]);
    let mut closed: Vec<Point> = places.map(|(place, _)| points.given[*place]).collect();
    closed.extend(closed.first().copied());
    closed
}

/// Rings to polygons: each hole belongs to the smallest outer ring around it.
fn nest(rings: Vec<Vec<Point>>) -> Polygons {
    let (shells, holes): (Vec<_>, Vec<_>) =
        rings.into_iter().partition(|ring| ring_area(ring) > 0.0);
    let mut polygons: Vec<Vec<Vec<Point>>> = shells.into_iter().map(|shell| vec![shell]).collect();
    let sizes: Vec<f64> = polygons
        .iter()
        .map(|polygon| ring_area(&polygon[0]))
        .collect();
    for hole in holes {
        let middle = unit(add(vector(hole[0]), vector(hole[1])));
        let around = (0..polygons.len())
            .filter(|at| Polygons(vec![vec![polygons[*at][0].clone()]]).holds(middle))
            .min_by(|a, b| sizes[*a].total_cmp(&sizes[*b]));
        if let Some(around) = around {
            polygons[around].push(hole);
        }
    }
    Polygons(polygons)
}

/// Joins pieces to lines, which end where more or fewer than two pieces meet.
fn paths(points: &Points, pieces: Vec<Piece>) -> Vec<Vec<Point>> {
    let mut at_point: Vec<Vec<usize>> = vec![Vec::new(); points.vectors.len()];
    for (at, piece) in pieces.iter().enumerate() {
        at_point[piece.from].push(at);
        at_point[piece.to].push(at);
    }
    let mut used = vec![false; pieces.len()];
    let walk = |start: usize, from: usize, used: &mut Vec<bool>| {
        let mut path = vec![points.given[from]];
        let (mut at, mut here) = (start, from);
        loop {
            used[at] = true;
            let piece = pieces[at];
            here = if piece.from == here {
                piece.to
            } else {
                piece.from
            };
            path.push(points.given[here]);
            let next = at_point[here].iter().copied().find(|next| !used[*next]);
            match next {
                Some(next) if at_point[here].len() == 2 => at = next,
                _ => return path,
            }
        }
    };
    let mut paths = Vec::new();
    for start in 0..pieces.len() {
        let piece = pieces[start];
        for end in [piece.from, piece.to] {
            if !used[start] && at_point[end].len() != 2 {
                paths.push(walk(start, end, &mut used));
            }
        }
    }
    for start in 0..pieces.len() {
        if !used[start] {
            paths.push(walk(start, pieces[start].from, &mut used));
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: f64, south: f64, size: f64) -> Polygons {
        let (east, north) = (west + size, south + size);
        let ring = vec![
            (west, south),
            (east, south),
            (east, north),
            (west, north),
            (west, south),
        ];
        Polygons(vec![vec![ring]])
    }

    #[track_caller]
    fn check(shape: Option<Polygons>, polygons: usize, area: f64) {
        let shape = shape.unwrap();
        assert_eq!(shape.0.len(), polygons, "{}", shape.print());
        let off = (shape.area() / area - 1.0).abs();
        assert!(
            off < 1e-9,
            "{} instead of {area}: {}",
            shape.area(),
            shape.print()
        );
    }

    #[test]
    fn unions() {
        let (one, beside, apart) = (
            square(0.0, 0.0, 1.0),
            square(1.0, 0.0, 1.0),
            square(5.0, 0.0, 1.0),
        );
        check(
            union(vec![square(0.0, 0.0, 1.0), square(0.0, 0.0, 1.0)]),
            1,
            one.area(),
        );
        check(
            union(vec![square(0.0, 0.0, 1.0), beside]),
            1,
            2.0 * one.area(),
        );
        check(
            union(vec![square(0.0, 0.0, 1.0), apart]),
            2,
            2.0 * one.area(),
        );
        check(
            union(vec![square(0.0, 0.0, 3.0), square(1.0, 1.0, 1.0)]),
            1,
            square(0.0, 0.0, 3.0).area(),
        );
    }

    #[test]
    fn a_ring_of_squares_has_a_hole() {
        let places = [
            (0.0, 0.0),
            (1.0, 0.0),
            (2.0, 0.0),
            (2.0, 1.0),
            (2.0, 2.0),
            (1.0, 2.0),
            (0.0, 2.0),
            (0.0, 1.0),
        ];
        let all = places.iter().map(|(x, y)| square(*x, *y, 1.0)).collect();
        let shape = union(all).unwrap();
        assert_eq!(
            (shape.0.len(), shape.0[0].len()),
            (1, 2),
            "{}",
            shape.print()
        );
    }

    #[test]
    fn an_intersection_is_as_large_as_what_both_have() {
        let (one, other) = (square(0.0, 0.0, 2.0), square(1.0, 1.0, 2.0));
        let both = overlay(&one, &other, Keep::Intersection).unwrap().area();
        let all = union(vec![square(0.0, 0.0, 2.0), square(1.0, 1.0, 2.0)])
            .unwrap()
            .area();
        assert!(((all + both) / (one.area() + other.area()) - 1.0).abs() < 1e-9);
    }
}
