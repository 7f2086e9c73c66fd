//! What nearly every function file uses.

pub(crate) use std::sync::Arc;

pub(crate) use arrow::array::ArrayRef;
pub(crate) use datafusion::common::Result;
pub(crate) use datafusion::logical_expr::Expr;
pub(crate) use keyline_kql::types::Type;

pub(crate) use crate::functions::Error;
pub(crate) use crate::functions::call::{Call, Family, Function, Lower};
pub(crate) use crate::functions::kernel::{Kernel, call};
pub(crate) use crate::functions::rows::{Memo, Rows, each};
