//! `beta_cdf`, `beta_inv`, `beta_pdf`: the beta distribution.

use crate::functions::prelude::*;

use super::special::log_gamma;

pub const CDF: Function = Function {
    name: "beta_cdf",
    family: Family::Math,
    signature: "beta_cdf(x: real, alpha: real, beta: real): real",
    doc: "The cumulative distribution function of the standard beta distribution; NaN outside its \
          domain.",
    examples: &[("beta_cdf(0.5, 1, 1)", "0.5")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new("kql_beta_cdf", Type::Real, |rows| {
        each!(rows, [real x, real alpha, real beta] -> RealOut, {
            let fits = (0.0..=1.0).contains(&x) && alpha > 0.0 && beta > 0.0;
            Some(if fits { cdf(x, alpha, beta) } else { f64::NAN })
        })
    })],
};

pub const INV: Function = Function {
    name: "beta_inv",
    family: Family::Math,
    signature: "beta_inv(probability: real, alpha: real, beta: real): real",
    doc: "The inverse of `beta_cdf`; null for what is no probability, NaN for parameters that are not \
          positive.",
    examples: &[("beta_inv(1.5, 10, 20)", "")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new("kql_beta_inv", Type::Real, |rows| {
        each!(rows, [real probability, real alpha, real beta] -> RealOut, {
            if !(0.0..=1.0).contains(&probability) {
                return None;
            }
            let fits = alpha > 0.0 && beta > 0.0;
            Some(if fits { inverse(probability, alpha, beta) } else { f64::NAN })
        })
    })],
};

pub const PDF: Function = Function {
    name: "beta_pdf",
    family: Family::Math,
    signature: "beta_pdf(x: real, alpha: real, beta: real): real",
    doc: "The density of the standard beta distribution; NaN outside its domain.",
    examples: &[("beta_pdf(0.5, 1, 1)", "1.0")],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new("kql_beta_pdf", Type::Real, |rows| {
        each!(rows, [real x, real alpha, real beta] -> RealOut, {
            let fits = (0.0..=1.0).contains(&x) && alpha > 0.0 && beta > 0.0;
            let density = || {
                let log = (alpha - 1.0) * x.ln() + (beta - 1.0) * (1.0 - x).ln();
                (log - log_beta(alpha, beta)).exp()
            };
            Some(if fits { density() } else { f64::NAN })
        })
    })],
};

fn log_beta(alpha: f64, beta: f64) -> f64 {
    log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta)
}

/// The regularised incomplete beta function, by its continued fraction on the side where that
/// converges fast.
pub(super) fn cdf(x: f64, alpha: f64, beta: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (alpha * x.ln() + beta * (1.0 - x).ln() - log_beta(alpha, beta)).exp();
    if x < (alpha + 1.0) / (alpha + beta + 2.0) {
        front * fraction(x, alpha, beta) / alpha
    } else {
        1.0 - front * fraction(1.0 - x, beta, alpha) / beta
    }
}

/// Lentz's method.
fn fraction(x: f64, alpha: f64, beta: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (alpha + beta) * x / (alpha + 1.0));
    let mut result = d;
    for step in 1..=300 {
        let m = f64::from(step);
        let even = m * (beta - m) * x / ((alpha + 2.0 * m - 1.0) * (alpha + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        result *= d * c;
        let odd =
            -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2.0 * m) * (alpha + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        result *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    result
}

/// By bisection: the function grows, and 100 halvings exhaust a real.
fn inverse(probability: f64, alpha: f64, beta: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if cdf(middle, alpha, beta) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
