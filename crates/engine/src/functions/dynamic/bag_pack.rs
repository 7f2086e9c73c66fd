//! `bag_pack`: a bag of keys and values.

use crate::functions::json;
use crate::functions::prelude::*;
use crate::functions::rows::JsonOut;

pub const FUNCTION: Function = Function {
    name: "bag_pack",
    family: Family::Dynamic,
    signature: "bag_pack(key: string, value, …): dynamic",
    doc: "A bag of the keys and values in turn; of equal keys the last counts.",
    examples: &[("bag_pack('a', 1, 'b', 'x')", "{\"a\":1,\"b\":\"x\"}")],
    lower: Lower::By(lower),
    kernels: &[Kernel::new("kql_bag_pack", Type::Dynamic, |rows| {
        let args = (0..rows.count())
            .map(|index| rows.json(index))
            .collect::<Result<Vec<_>>>()?;
        let mut out = JsonOut::new(rows.len);
        for row in 0..rows.len {
            out.push(Some(bag(args
                .chunks_exact(2)
                .map(|pair| (pair[0].get(row), pair[1].get(row))))));
        }
        Ok(out.finish())
    })],
};

pub(super) fn lower(call_: Call<'_>) -> Result<Expr, Error> {
    if !call_.count().is_multiple_of(2) {
        return Err(Error::invalid(format!(
            "`{}` expects pairs of keys and values, found {} arguments",
            call_.name(),
            call_.count()
        )));
    }
    let args = (0..call_.count()).map(|index| {
        call_.arg(
            index,
            if index % 2 == 0 {
                Type::String
            } else {
                Type::Dynamic
            },
        )
    });
    Ok(call(
        call_.function.kernels[0].name,
        args.collect::<Result<Vec<_>, _>>()?,
    ))
}

pub(super) fn bag<'a>(pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> String {
    let mut members: Vec<(&str, &str)> = Vec::new();
    for (key, value) in pairs {
        let (key, value) = (key.unwrap_or_default(), value.unwrap_or("null"));
        match members.iter_mut().find(|member| member.0 == key) {
            Some(member) => member.1 = value,
            None => members.push((key, value)),
        }
    }
    let mut out = String::from("{");
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        json::write_text(key, &mut out);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    out
}
