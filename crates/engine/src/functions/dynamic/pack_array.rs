//! `pack_array`: an array of values.

use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "pack_array",
    family: Family::Arrays,
    signature: "pack_array(a, b, …): dynamic",
    doc: "An array of all arguments.",
    examples: &[("pack_array(1, 'a', 2s)", "[1,\"a\",\"00:00:02\"]")],
    lower: Lower::Convert(&[Type::Dynamic]),
    kernels: &[Kernel::new("kql_pack_array", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            let items: Vec<&str> = args
                .iter()
                .map(|arg| arg.get(row).unwrap_or("null"))
                .collect();
            out.push(Some(format!("[{}]", items.join(","))));
        }
        Ok(out.finish())
    })],
};
