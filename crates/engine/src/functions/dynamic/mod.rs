//! Functions of dynamic values: arrays, bags and sets.

pub mod path;

mod build_schema;
mod sets;
mod shift;
mod sort;

mod array_length;
mod array_concat;
mod array_iff;
mod array_index_of;
mod array_reverse;
mod array_rotate_left;
mod array_rotate_right;
mod array_shift_left;
mod array_shift_right;
mod array_slice;
mod array_sort_asc;
mod array_sort_desc;
mod array_split;
mod strcat_array;
mod set_union;
mod set_intersect;
mod set_difference;
mod set_equals;
mod jaccard_index;
mod set_has_element;
mod zip;
mod pack_all;
mod pack_array;
mod bag_pack;
mod bag_keys;
mod bag_merge;
mod bag_has_key;
mod bag_remove_keys;
mod bag_set_key;
mod bag_zip;
mod treepath;
mod gettype;
mod repeat;
mod range;
mod has_any_index;

use super::call::Function;
use super::kernel::Kernel;

pub const FUNCTIONS: &[&Function] = &[
    &array_length::FUNCTION,
    &array_concat::FUNCTION,
    &array_iff::FUNCTION,
    &array_index_of::FUNCTION,
    &array_reverse::FUNCTION,
    &array_rotate_left::FUNCTION,
    &array_rotate_right::FUNCTION,
    &array_shift_left::FUNCTION,
    &array_shift_right::FUNCTION,
    &array_slice::FUNCTION,
    &array_sort_asc::FUNCTION,
    &array_sort_desc::FUNCTION,
    &array_split::FUNCTION,
    &strcat_array::FUNCTION,
    &set_union::FUNCTION,
    &set_intersect::FUNCTION,
    &set_difference::FUNCTION,
    &set_equals::FUNCTION,
    &jaccard_index::FUNCTION,
    &set_has_element::FUNCTION,
    &zip::FUNCTION,
    &pack_all::FUNCTION,
    &pack_array::FUNCTION,
    &bag_pack::FUNCTION,
    &bag_keys::FUNCTION,
    &bag_merge::FUNCTION,
    &bag_has_key::FUNCTION,
    &bag_remove_keys::FUNCTION,
    &bag_set_key::FUNCTION,
    &bag_zip::FUNCTION,
    &treepath::FUNCTION,
    &gettype::FUNCTION,
    &repeat::FUNCTION,
    &range::FUNCTION,
    &has_any_index::FUNCTION,
];

pub const KERNELS: &[Kernel] = path::KERNELS;

/// What aggregates do with a list.
pub const LIST_KERNELS: &[Kernel] = &[build_schema::OF_LIST];
