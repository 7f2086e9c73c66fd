//! `series_fft`: the Fourier transform of a series.

use super::numbers;
use super::series_decompose::arrays;
use super::spectrum::{Way, transform};
use crate::functions::call::text;
use crate::functions::prelude::*;

pub const FUNCTION: Function = Function {
    name: "series_fft",
    family: Family::Series,
    signature: "series_fft(series: dynamic[, imaginary: dynamic])",
    doc: "The columns real and imag of the discrete Fourier transform of a series, whose imaginary part is 0 unless given.",
    examples: &[("series_fft(dynamic([1, 0, 0, 0]))", "[1.0,1.0,1.0,1.0]")],
    lower: Lower::By(|call_| {
        let args = vec![
            call_.arg(0, Type::Dynamic)?,
            call_.arg_or(1, Type::Dynamic, text("[]"))?,
        ];
        Ok(call("kql_series_fft", args))
    }),
    kernels: &[Kernel::new("kql_series_fft", Type::Dynamic, |rows| {
        each!(rows, [json real, json imaginary] -> JsonOut, {
            let (real, imaginary) = (numbers::all(real)?, numbers::all(imaginary)?);
            let values = transform(&real, &imaginary, Way::Forward);
            let real = values.iter().map(|value| value.0).collect();
            let imaginary = values.iter().map(|value| value.1).collect();
            Some(arrays([real, imaginary]))
        })
    })],
};
