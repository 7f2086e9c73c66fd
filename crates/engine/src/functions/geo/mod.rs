//! Functions of places on the Earth, which is a sphere to them; lines between points are great
//! circles. Shapes are GeoJSON.

mod geohash;
mod lines;
mod points;
mod polygons;
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
