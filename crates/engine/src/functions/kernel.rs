//! A kernel: one computation over arrays, registered with DataFusion by its name.
//!
//! In: columnar values of the types that the lowering put there. Out: a column. Stateless, so that a
//! plan can name it and run anywhere.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use keyline_kql::types::Type;

use super::rows::Rows;

/// Decimals have 10 digits after the point, so that `parse_version` fits before it.
pub const DECIMAL: DataType = DataType::Decimal128(38, 10);
pub const DECIMAL_ONE: i128 = 10_000_000_000;

/// How a value of a KQL type is stored.
pub fn physical_type(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int => DataType::Int32,
        Type::Long | Type::DateTime | Type::TimeSpan => DataType::Int64,
        Type::Real => DataType::Float64,
        Type::Decimal => DECIMAL,
        Type::String | Type::Guid | Type::Dynamic => DataType::Utf8View,
    }
}

pub type Run = fn(&Rows<'_>) -> Result<ArrayRef>;

pub struct Kernel {
    /// By which plans find it: `kql_…`.
    pub name: &'static str,
    pub returns: Type,
    pub run: Run,
    /// Every call gives another value, so that none may be computed ahead or shared.
    pub by_chance: bool,
}

impl Kernel {
    pub const fn new(name: &'static str, returns: Type, run: Run) -> Kernel {
        Kernel {
            name,
            returns,
            run,
            by_chance: false,
        }
    }

    pub const fn by_chance(name: &'static str, returns: Type, run: Run) -> Kernel {
        Kernel {
            name,
            returns,
            run,
            by_chance: true,
        }
    }
}

/// The expression that calls a kernel by name.
pub fn call(name: &str, args: Vec<Expr>) -> Expr {
    UDFS.get(name)
        .unwrap_or_else(|| panic!("kernel `{name}` is not registered"))
        .call(args)
}

/// Every kernel as a DataFusion function, by name.
pub static UDFS: LazyLock<HashMap<&'static str, Arc<ScalarUDF>>> = LazyLock::new(|| {
    let mut udfs = HashMap::new();
    for kernel in super::registry::kernels() {
        let udf = Arc::new(ScalarUDF::new_from_impl(KernelUdf::new(kernel)));
        let twice = udfs.insert(kernel.name, udf);
        assert!(
            twice.is_none(),
            "kernel `{}` is registered twice",
            kernel.name
        );
    }
    udfs
});

struct KernelUdf {
    kernel: &'static Kernel,
    signature: Signature,
}

impl KernelUdf {
    fn new(kernel: &'static Kernel) -> KernelUdf {
        KernelUdf {
            kernel,
            signature: Signature::variadic_any(match kernel.by_chance {
                true => Volatility::Volatile,
                false => Volatility::Immutable,
            }),
        }
    }
}

impl fmt::Debug for KernelUdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kernel.name)
    }
}

impl PartialEq for KernelUdf {
    fn eq(&self, other: &KernelUdf) -> bool {
        self.kernel.name == other.kernel.name
    }
}

impl Eq for KernelUdf {}

impl Hash for KernelUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kernel.name.hash(state);
    }
}

impl ScalarUDFImpl for KernelUdf {
    fn name(&self) -> &str {
        self.kernel.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(physical_type(self.kernel.returns))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let scalar = |arg: &ColumnarValue| matches!(arg, ColumnarValue::Scalar(_));
        let constant = !self.kernel.by_chance && args.args.iter().all(scalar);
        let len = if constant { 1 } else { args.number_rows };
        let array = (self.kernel.run)(&Rows {
            args: &args.args,
            len,
        })?;
        if constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                &array, 0,
            )?));
        }
        Ok(ColumnarValue::Array(array))
    }
}
