//! The gamma and error functions.

use std::f64::consts::PI;

/// Lanczos's coefficients for g = 7, n = 9.
const LANCZOS: [f64; 9] = [
    0.999_999_999_999_809_9,
    676.520_368_121_885_1,
    -1_259.139_216_722_402_8,
    771.323_428_777_653_1,
    -176.615_029_162_140_6,
    12.507_343_278_686_905,
    -0.138_571_095_265_720_12,
    9.984_369_578_019_572e-6,
    1.505_632_735_149_311_6e-7,
];

pub fn gamma(x: f64) -> f64 {
    if x.fract() == 0.0 && (1.0..=23.0).contains(&x) {
        return (1..x as u64).map(|factor| factor as f64).product();
    }
    if x < 0.5 {
        return PI / ((PI * x).sin() * gamma(1.0 - x));
    }
    let (sum, base) = lanczos(x);
    (2.0 * PI).sqrt() * base.powf(x - 0.5) * (-base).exp() * sum
}

/// The natural logarithm of the absolute value of the gamma function.
pub fn log_gamma(x: f64) -> f64 {
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    if x < 0.5 {
        return (PI / (PI * x).sin().abs()).ln() - log_gamma(1.0 - x);
    }
    let (sum, base) = lanczos(x);
    0.5 * (2.0 * PI).ln() + (x - 0.5) * base.ln() - base + sum.ln()
}

fn lanczos(x: f64) -> (f64, f64) {
    let x = x - 1.0;
    let mut sum = LANCZOS[0];
    for (index, coefficient) in LANCZOS.iter().enumerate().skip(1) {
        sum += coefficient / (x + index as f64);
    }
    (sum, x + 7.5)
}

/// The Taylor series near zero, the complement elsewhere.
pub fn erf(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.abs() > 2.5 {
        return 1.0_f64.copysign(x) - erfc(x.abs()).copysign(x);
    }
    let mut term = x;
    let mut sum = x;
    for n in 1..100 {
        let n = f64::from(n);
        term *= -x * x / n;
        let addend = term / (2.0 * n + 1.0);
        sum += addend;
        if addend.abs() < sum.abs() * f64::EPSILON / 2.0 {
            break;
        }
    }
    sum * 2.0 / PI.sqrt()
}

/// A continued fraction where the series would lose digits.
pub fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x < 2.5 {
        return if x < -2.5 {
            2.0 - erfc(-x)
        } else {
            1.0 - erf(x)
        };
    }
    let mut fraction = 0.0;
    for n in (1..=80).rev() {
        fraction = f64::from(n) / 2.0 / (x + fraction);
    }
    (-x * x).exp() / ((x + fraction) * PI.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        let close = |left: f64, right: f64| {
            assert!(
                (left - right).abs() <= 1e-12 * right.abs(),
                "{left} {right}"
            )
        };
        close(gamma(5.0), 24.0);
        close(gamma(0.5), PI.sqrt());
        close(log_gamma(5.0), 24_f64.ln());
        close(erfc(3.0), 2.209_049_699_858_544e-5);
        close(erfc(1.0), 0.157_299_207_050_285_13);
        close(erf(-2.0), -0.995_322_265_018_952_7);
    }
}
