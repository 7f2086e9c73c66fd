//! The list of all functions, in the order of the reference, and the finding of one by name.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::call::Function;
use super::kernel::Kernel;
use super::{
    convert, dynamic, encoding, geo, math, network, operators, parsing, search, series, sketches,
    text, time,
};

/// Every function, family by family.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [
        operators::FUNCTIONS,
        convert::FUNCTIONS,
        text::FUNCTIONS,
        search::FUNCTIONS,
        parsing::FUNCTIONS,
        dynamic::FUNCTIONS,
        time::FUNCTIONS,
        math::FUNCTIONS,
        network::FUNCTIONS,
        encoding::FUNCTIONS,
        series::FUNCTIONS,
        sketches::FUNCTIONS,
        geo::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

pub fn find(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name).copied()
}

/// Every kernel: those of the functions, and those that lowering itself uses.
pub fn kernels() -> impl Iterator<Item = &'static Kernel> {
    functions()
        .flat_map(|function| function.kernels)
        .chain(dynamic::KERNELS)
        .chain(dynamic::LIST_KERNELS)
        .chain(time::KERNELS)
        .chain(encoding::KERNELS)
        .chain(sketches::KERNELS)
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> = LazyLock::new(|| {
    let mut by_name = HashMap::new();
    for function in functions() {
        let twice = by_name.insert(function.name, function);
        assert!(
            twice.is_none(),
            "function `{}` is listed twice",
            function.name
        );
    }
    by_name
});
