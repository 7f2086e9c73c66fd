//! Geometry on a sphere: points as unit vectors, edges as the shorter arcs of great circles.

/// Metres; the mean radius of the Earth, as S2 has it.
pub const RADIUS: f64 = 6_371_010.0;

pub type Vector = [f64; 3];

/// Longitude and latitude in degrees.
pub type Point = (f64, f64);

pub fn vector((longitude, latitude): Point) -> Vector {
    let (longitude, latitude) = (longitude.to_radians(), latitude.to_radians());
    [
        latitude.cos() * longitude.cos(),
        latitude.cos() * longitude.sin(),
        latitude.sin(),
    ]
}

pub fn point(v: Vector) -> Point {
    (
        v[1].atan2(v[0]).to_degrees(),
        v[2].atan2(v[0].hypot(v[1])).to_degrees(),
    )
}

pub fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: Vector, b: Vector) -> Vector {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

pub fn add(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

pub fn scale(a: Vector, by: f64) -> Vector {
    a.map(|part| part * by)
}

pub fn length(a: Vector) -> f64 {
    dot(a, a).sqrt()
}

pub fn unit(a: Vector) -> Vector {
    match length(a) {
        0.0 => a,
        length => scale(a, 1.0 / length),
    }
}

/// The angle between two vectors, exact for small and for large ones.
pub fn angle(a: Vector, b: Vector) -> f64 {
    length(cross(a, b)).atan2(dot(a, b))
}

/// Metres between two points.
pub fn distance(a: Point, b: Point) -> f64 {
    angle(vector(a), vector(b)) * RADIUS
}

/// The point at a fraction of the way.
pub fn interpolate(a: Vector, b: Vector, fraction: f64) -> Vector {
    let whole = angle(a, b);
    if whole == 0.0 {
        return a;
    }
    let left = scale(a, ((1.0 - fraction) * whole).sin() / whole.sin());
    unit(add(left, scale(b, (fraction * whole).sin() / whole.sin())))
}

/// The point of an edge that is nearest to another.
pub fn nearest(at: Vector, a: Vector, b: Vector) -> Vector {
    let normal = cross(a, b);
    if length(normal) == 0.0 {
        return a;
    }
    let normal = unit(normal);
    let foot = add(at, scale(normal, -dot(at, normal)));
    let foot = unit(foot);
    let within = dot(cross(normal, a), foot) >= 0.0 && dot(cross(foot, b), normal) >= 0.0;
    match within && length(foot) > 0.0 {
        true => foot,
        false if dot(at, a) >= dot(at, b) => a,
        false => b,
    }
}

/// Whether two edges have a point in common.
pub fn cross_each_other(a: Vector, b: Vector, c: Vector, d: Vector) -> bool {
    let (ab, cd) = (cross(a, b), cross(c, d));
    let (c_side, d_side) = (dot(ab, c), dot(ab, d));
    let (a_side, b_side) = (dot(cd, a), dot(cd, b));
    if c_side * d_side < 0.0 && a_side * b_side < 0.0 {
        // Two great circles meet at opposite points: the edges must be on the same side.
        let meet = cross(ab, cd);
        let middle = add(add(a, b), add(c, d));
        let same = |p: Vector, q: Vector| dot(cross(p, meet), cross(meet, q)) >= 0.0;
        let meet = if dot(meet, middle) < 0.0 {
            scale(meet, -1.0)
        } else {
            meet
        };
        return same(a, b)
            && same(c, d)
            && dot(meet, add(a, b)) > 0.0
            && dot(meet, add(c, d)) > 0.0;
    }
    let on = |at: Vector, a: Vector, b: Vector| angle(at, nearest(at, a, b)) < 1e-15;
    on(c, a, b) || on(d, a, b) || on(a, c, d) || on(b, c, d)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_cross() {
        let v = |longitude: f64, latitude: f64| vector((longitude, latitude));
        assert!(cross_each_other(
            v(0.0, -1.0),
            v(0.0, 1.0),
            v(-1.0, 0.0),
            v(1.0, 0.0)
        ));
        assert!(!cross_each_other(
            v(0.0, 1.0),
            v(0.0, 2.0),
            v(-1.0, 0.0),
            v(1.0, 0.0)
        ));
        assert!(cross_each_other(
            v(0.0, 0.0),
            v(0.0, 2.0),
            v(-1.0, 0.0),
            v(0.0, 0.0)
        ));
        assert!(!cross_each_other(
            v(0.0, -1.0),
            v(0.0, 1.0),
            v(179.0, 0.0),
            v(-179.0, 0.0)
        ));
    }
}
