//! One operator a file: each turns its input relations into the relation that it yields.

mod distinct;
mod evaluate;
mod externaldata;
mod filter;
mod getschema;
mod graph;
mod islands;
mod join;
mod literals;
mod make_series;
mod mv_apply;
mod mv_expand;
mod parse;
mod parse_kv;
mod partial;
mod partition;
mod project;
mod range;
mod scan;
mod sketches;
mod sort;
mod summarize;
mod table;
mod ticks;
mod top_nested;
mod totals;
mod union;

pub(crate) use literals::one_row;
pub(crate) use table::EVENT_ORDER;
