//! `series_fit_poly`: the polynomial that fits a series best.

use serde_json::Value;

use super::numbers;
use super::regression::Quality;
use crate::functions::call::{long, null};
use crate::functions::json;
use crate::functions::limits::POLYNOMIAL_DEGREE_MAX;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "series_fit_poly",
    family: Family::Series,
    signature: "series_fit_poly(y: dynamic[, x: dynamic[, degree: long]])",
    doc: "The columns rsquare, coefficients (from the highest power down), variance, rvariance and poly_fit of the polynomial, of degree 2 unless another is given, through the points; x counts from 1 unless given.",
    examples: &[(
        "array_length(series_fit_poly(dynamic([1, 4, 9, 16]))[4])",
        "4",
    )],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_series_fit_poly", Type::Dynamic, |rows| {
        let (y, x, degree) = (rows.json(0)?, rows.json(1)?, rows.long(2)?);
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let value = || {
                let y = numbers::all(y.get(row)?)?;
                let x = match x.get(row) {
                    Some(x) => numbers::all(x)?,
                    None => (1..=y.len()).map(|at| at as f64).collect(),
                };
                let degree = usize::try_from(degree.get(row)?).ok()?;
                fitted(&x, &y, degree)
            };
            out.push(value());
        }
        Ok(out.finish())
    })],
};

fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    let args = vec![
        call_.arg(0, Type::Dynamic)?,
        call_.arg_or(1, Type::Dynamic, null(Type::Dynamic))?,
        call_.arg_or(2, Type::Long, long(2))?,
    ];
    Ok(call("kql_series_fit_poly", args))
}

fn fitted(x: &[f64], y: &[f64], degree: usize) -> Option<String> {
    if x.len() != y.len() || !(1..=POLYNOMIAL_DEGREE_MAX).contains(&degree) || y.len() <= degree {
        return None;
    }
    let coefficients = coefficients(x, y, degree)?;
    let at = |x: f64| coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c);
    let fit: Vec<f64> = x.iter().map(|x| at(*x)).collect();
    let quality = Quality::of(y, &fit);
    let reals =
        |numbers: &mut dyn Iterator<Item = f64>| Value::Array(numbers.map(json::real).collect());
    Some(json::print_array(&[
        json::real(quality.r_square),
        reals(&mut coefficients.iter().rev().copied()),
        json::real(quality.variance),
        json::real(quality.residual_variance),
        reals(&mut fit.iter().copied()),
    ]))
}

/// From the lowest power up. The equations are solved for x moved and scaled to about 1, as powers
/// of large numbers would swallow the small ones, and the polynomial is then moved back.
fn coefficients(x: &[f64], y: &[f64], degree: usize) -> Option<Vec<f64>> {
    let middle = x.iter().sum::<f64>() / x.len() as f64;
    let scale = x.iter().map(|x| (x - middle).abs()).fold(0.0, f64::max);
    if scale == 0.0 || !scale.is_finite() {
        return None;
    }
    let size = degree + 1;
    let mut equations = vec![vec![0.0; size + 1]; size];
    for (x, y) in x.iter().zip(y) {
        let t = (x - middle) / scale;
        let powers: Vec<f64> = (0..size).map(|power| t.powi(power as i32)).collect();
        for (row, equation) in equations.iter_mut().enumerate() {
            for (column, power) in powers.iter().enumerate() {
                equation[column] += powers[row] * power;
            }
            equation[size] += powers[row] * y;
        }
    }
    let scaled = solved(equations)?;
    // Horner's scheme over polynomials: c0 + t (c1 + t (c2 + …)) with t = (x - middle) / scale.
    let mut moved = vec![0.0; size];
    for coefficient in scaled.iter().rev() {
        let before = moved.clone();
        for power in 0..size {
            let lifted = if power > 0 { before[power - 1] } else { 0.0 };
            moved[power] = (lifted - middle * before[power]) / scale;
        }
        moved[0] += coefficient;
    }
    Some(moved)
}

/// Gauss's elimination with the greatest pivot.
fn solved(mut equations: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = equations.len();
    for step in 0..size {
        let pivot = (step..size).max_by(|a, b| {
            equations[*a][step]
                .abs()
                .total_cmp(&equations[*b][step].abs())
        })?;
        equations.swap(step, pivot);
        if equations[step][step].abs() < f64::EPSILON {
            return None;
        }
        let pivoted = equations[step].clone();
        for (row, equation) in equations.iter_mut().enumerate() {
            if row == step {
                continue;
            }
            let factor = equation[step] / pivoted[step];
            for (value, above) in equation.iter_mut().zip(&pivoted).skip(step) {
                *value -= factor * above;
            }
        }
    }
    Some(
        (0..size)
            .map(|at| equations[at][size] / equations[at][at])
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_is_found() {
        let x: Vec<f64> = (1000..1040).map(f64::from).collect();
        let y: Vec<f64> = x.iter().map(|x| 3.0 * x * x - 7.0 * x + 5.0).collect();
        let found = coefficients(&x, &y, 2).unwrap();
        for (found, wanted) in found.iter().zip([5.0, -7.0, 3.0]) {
            assert!(
                (found - wanted).abs() < 1e-3 * wanted.abs(),
                "{found} {wanted}"
            );
        }
    }
}
