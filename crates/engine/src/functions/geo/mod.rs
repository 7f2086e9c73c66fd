//! Functions of places on the Earth, which is a sphere to them; lines between points are great
//! circles. Shapes are GeoJSON.

mod buffer;
mod geohash;
mod h3;
mod joined;
mod lines;
mod overlay;
mod points;
mod polygons;
mod s2;
pub(crate) mod shape;
pub(crate) mod sphere;
mod wkt;

use super::Error;
use super::call::{Call, Function};

pub const FUNCTIONS: &[&Function] = &[
    &points::DISTANCE,
    &points::AZIMUTH,
    &points::ANGLE,
    &points::IN_CIRCLE,
    &lines::LENGTH,
    &lines::CENTROID,
    &lines::INTERPOLATE,
    &lines::LOCATE,
    &lines::DENSIFY,
    &lines::DISTANCE,
    &lines::CLOSEST,
    &lines::INTERSECT,
    &polygons::HOLDS,
    &polygons::DISTANCE,
    &polygons::CLOSEST,
    &polygons::AREA,
    &polygons::CENTROID,
    &polygons::PERIMETER,
    &polygons::DENSIFY,
    &polygons::INTERSECT_LINE,
    &polygons::INTERSECT,
    &geohash::OF_POINT,
    &geohash::CENTER,
    &geohash::POLYGON,
    &geohash::NEIGHBORS,
    &wkt::FUNCTION,
    &joined::UNION,
    &joined::UNION_LINES,
    &joined::INTERSECTION,
    &joined::INTERSECTION_LINES,
    &joined::INTERSECTION_LINE,
    &buffer::POINT,
    &buffer::LINE,
    &buffer::POLYGON,
    &buffer::SIMPLIFY_LINE,
    &buffer::SIMPLIFY_POLYGON,
    &buffer::SIMPLIFY_POLYGONS,
    &h3::OF_POINT,
    &h3::LEVEL,
    &h3::CENTER,
    &h3::POLYGON,
    &h3::PARENT,
    &h3::CHILDREN,
    &h3::NEIGHBORS,
    &h3::RINGS,
    &h3::OF_POLYGON,
    &s2::OF_POINT,
    &s2::CENTER,
    &s2::POLYGON,
    &s2::NEIGHBORS,
    &s2::OF_POLYGON,
    &s2::OF_LINE,
];

/// Refuses arguments beyond so many: they ask for a spheroid, or for what a map shows.
fn at_most(call: &Call<'_>, count: usize) -> Result<(), Error> {
    match call.count() > count {
        true => Err(Error::unsupported(format!(
            "`{}` with more than {count} arguments is not supported",
            call.name()
        ))),
        false => Ok(()),
    }
}
