//! Functions of numbers.

mod beta;
pub mod special;
mod units;

mod sin;
mod cos;
mod tan;
mod cot;
mod asin;
mod acos;
mod atan;
mod exp;
mod exp2;
mod exp10;
mod sqrt;
mod degrees;
mod radians;
mod log;
mod log10;
mod log2;
mod gamma;
mod loggamma;
mod erf;
mod erfc;
mod sign;
mod atan2;
mod pow;
mod isnan;
mod isinf;
mod isfinite;
mod pi;
mod binary_and;
mod binary_or;
mod binary_xor;
mod binary_shift_left;
mod binary_shift_right;
mod binary_not;
mod bitset_count_ones;
mod abs;
mod ceiling;
mod round;
mod convert_angle;
mod convert_energy;
mod convert_force;
mod convert_length;
mod convert_mass;
mod convert_speed;
mod convert_temperature;
mod convert_volume;
mod welch_test;
mod rand;

use super::call::Function;
pub(crate) use rand::draw;

pub const FUNCTIONS: &[&Function] = &[
    &sin::FUNCTION,
    &cos::FUNCTION,
    &tan::FUNCTION,
    &cot::FUNCTION,
    &asin::FUNCTION,
    &acos::FUNCTION,
    &atan::FUNCTION,
    &exp::FUNCTION,
    &exp2::FUNCTION,
    &exp10::FUNCTION,
    &sqrt::FUNCTION,
    &degrees::FUNCTION,
    &radians::FUNCTION,
    &log::FUNCTION,
    &log10::FUNCTION,
    &log2::FUNCTION,
    &gamma::FUNCTION,
    &loggamma::FUNCTION,
    &erf::FUNCTION,
    &erfc::FUNCTION,
    &sign::FUNCTION,
    &atan2::FUNCTION,
    &pow::FUNCTION,
    &isnan::FUNCTION,
    &isinf::FUNCTION,
    &isfinite::FUNCTION,
    &pi::FUNCTION,
    &binary_and::FUNCTION,
    &binary_or::FUNCTION,
    &binary_xor::FUNCTION,
    &binary_shift_left::FUNCTION,
    &binary_shift_right::FUNCTION,
    &binary_not::FUNCTION,
    &bitset_count_ones::FUNCTION,
    &abs::FUNCTION,
    &ceiling::FUNCTION,
    &round::FUNCTION,
    &convert_angle::FUNCTION,
    &convert_energy::FUNCTION,
    &convert_force::FUNCTION,
    &convert_length::FUNCTION,
    &convert_mass::FUNCTION,
    &convert_speed::FUNCTION,
    &convert_temperature::FUNCTION,
    &convert_volume::FUNCTION,
    &beta::CDF,
    &beta::INV,
    &beta::PDF,
    &welch_test::FUNCTION,
    &rand::FUNCTION,
];
