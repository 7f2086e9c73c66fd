//! The Fourier transform of a series, and its autocorrelation, which follows from one.
//!
//! The transform is written here and not taken from a crate, as it is short, and every crate for it
//! changes features of what DataFusion is built on.

use std::f64::consts::PI;

/// A complex number: real and imaginary part.
pub type Complex = (f64, f64);

/// Forward, or back; back is scaled, so that it undoes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Forward,
    Back,
}

pub fn transform(real: &[f64], imaginary: &[f64], way: Way) -> Vec<Complex> {
    let mut values: Vec<Complex> = real
        .iter()
        .enumerate()
        .map(|(at, real)| (*real, imaginary.get(at).copied().unwrap_or(0.0)))
        .collect();
    let count = values.len();
    if count < 2 {
        return values;
    }
    // Back is forward with the parts exchanged, before and after.
    if way == Way::Back {
        values
            .iter_mut()
            .for_each(|value| *value = (value.1, value.0));
    }
    match count.is_power_of_two() {
        true => radix_two(&mut values),
        false => values = bluestein(&values),
    }
    if way == Way::Back {
        let scale = 1.0 / count as f64;
        values
            .iter_mut()
            .for_each(|value| *value = (value.1 * scale, value.0 * scale));
    }
    values
}

fn multiply(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// The point of the unit circle at an angle.
fn turn(angle: f64) -> Complex {
    (angle.cos(), angle.sin())
}

/// Cooley and Tukey's algorithm for a power of two, in place.
fn radix_two(values: &mut [Complex]) {
    let count = values.len();
    let bits = count.trailing_zeros();
    for at in 0..count {
        let other = at.reverse_bits() >> (usize::BITS - bits);
        if at < other {
            values.swap(at, other);
        }
    }
    let mut half = 1;
    while half < count {
        let turns: Vec<Complex> = (0..half)
            .map(|at| turn(-PI * at as f64 / half as f64))
            .collect();
        for block in values.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((low, high), turn) in low.iter_mut().zip(high).zip(&turns) {
                let turned = multiply(*high, *turn);
                *high = (low.0 - turned.0, low.1 - turned.1);
                *low = (low.0 + turned.0, low.1 + turned.1);
            }
        }
        half *= 2;
    }
}

/// Bluestein's algorithm for any length: the transform as a convolution of a power of two.
fn bluestein(values: &[Complex]) -> Vec<Complex> {
    let count = values.len();
    let length = (2 * count - 1).next_power_of_two();
    // The square of the place, modulo twice the length, so that the angle stays small.
    let chirp = |at: usize| {
        let square = (at as u128 * at as u128 % (2 * count) as u128) as f64;
        turn(-PI * square / count as f64)
    };
    let conjugate = |value: Complex| (value.0, -value.1);
    let mut left = vec![(0.0, 0.0); length];
    let mut right = vec![(0.0, 0.0); length];
    for at in 0..count {
        left[at] = multiply(values[at], chirp(at));
        right[at] = conjugate(chirp(at));
        right[(length - at) % length] = right[at];
    }
    radix_two(&mut left);
    radix_two(&mut right);
    let mut product: Vec<Complex> = left
        .iter()
        .zip(&right)
        .map(|(a, b)| multiply(*a, *b))
        .collect();
    // Back, by exchanging the parts.
    product
        .iter_mut()
        .for_each(|value| *value = (value.1, value.0));
    radix_two(&mut product);
    let scale = 1.0 / length as f64;
    (0..count)
        .map(|at| multiply((product[at].1 * scale, product[at].0 * scale), chirp(at)))
        .collect()
}

/// How much a series resembles itself so many places later, for each number of places: 1 at 0, and
/// corrected for there being fewer pairs the farther they are apart.
pub fn autocorrelation(series: &[f64]) -> Vec<f64> {
    let count = series.len();
    let mean = series.iter().sum::<f64>() / count as f64;
    let mut padded: Vec<f64> = series.iter().map(|value| value - mean).collect();
    padded.resize((2 * count).next_power_of_two(), 0.0);
    let power: Vec<f64> = transform(&padded, &[], Way::Forward)
        .iter()
        .map(|value| value.0 * value.0 + value.1 * value.1)
        .collect();
    let sums = transform(&power, &[], Way::Back);
    let Some(all) = sums.first().map(|sum| sum.0).filter(|all| *all > 0.0) else {
        return vec![0.0; count];
    };
    let pairs = |lag: usize| count as f64 / (count - lag) as f64;
    (0..count)
        .map(|lag| sums[lag].0 / all * pairs(lag))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_transformed_and_back() {
        for count in 1..20 {
            let series: Vec<f64> = (0..count).map(|at| f64::from(at * at % 7)).collect();
            let there = transform(&series, &[], Way::Forward);
            let slow = (0..count).map(|k| {
                series
                    .iter()
                    .enumerate()
                    .fold((0.0, 0.0), |sum: Complex, (at, value)| {
                        let turn = turn(-2.0 * PI * f64::from(k) * at as f64 / f64::from(count));
                        (sum.0 + value * turn.0, sum.1 + value * turn.1)
                    })
            });
            for (fast, slow) in there.iter().zip(slow) {
                assert!((fast.0 - slow.0).abs() < 1e-9 && (fast.1 - slow.1).abs() < 1e-9);
            }
            let (real, imaginary): (Vec<f64>, Vec<f64>) = there.into_iter().unzip();
            let back = transform(&real, &imaginary, Way::Back);
            for (back, value) in back.iter().zip(&series) {
                assert!((back.0 - value).abs() < 1e-9 && back.1.abs() < 1e-9);
            }
        }
    }
}
