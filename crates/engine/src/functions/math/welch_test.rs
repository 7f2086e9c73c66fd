//! `welch_test`: whether two samples have the same mean.

use super::beta;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "welch_test",
    family: Family::Math,
    signature: "welch_test(mean1: real, variance1: real, count1: real, mean2: real, variance2: real, count2: real): real",
    doc: "The probability, by Welch's t-test, that two samples with these means, variances and numbers of values have the same mean; null for samples of fewer than two values.",
    examples: &[
        ("welch_test(1, 1, 10, 1, 1, 10)", "1.0"),
        ("welch_test(1, 1, 1, 1, 1, 10)", ""),
    ],
    lower: Lower::Convert(&[Type::Real]),
    kernels: &[Kernel::new("kql_welch_test", Type::Real, |rows| {
        each!(rows, [real mean1, real variance1, real count1, real mean2, real variance2, real count2] -> RealOut, {
            if count1 < 2.0 || count2 < 2.0 {
                return None;
            }
            let (spread1, spread2) = (variance1 / count1, variance2 / count2);
            let spread = spread1 + spread2;
            let t_square = (mean1 - mean2).powi(2) / spread;
            let freedom = spread.powi(2)
                / (spread1.powi(2) / (count1 - 1.0) + spread2.powi(2) / (count2 - 1.0));
            Some(beta::cdf(freedom / (freedom + t_square), freedom / 2.0, 0.5))
        })
    })],
};
