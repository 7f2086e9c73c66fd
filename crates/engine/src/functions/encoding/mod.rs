//! Functions that write values in other alphabets, and hashes.

mod deflate;
mod guid;
mod hex;
mod percent;
pub mod xxhash;

mod base64_encode_tostring;
mod base64_decode_tostring;
mod base64_decode_toarray;
mod base64_encode_fromarray;
mod base64_encode_fromguid;
mod base64_decode_toguid;
mod url_encode;
mod url_encode_component;
mod url_decode;
mod hash_sha256;
mod hash_sha1;
mod hash_md5;
mod hash;
mod hash_xxhash64;
mod hash_combine;
mod hash_many;
mod gzip_compress_to_base64_string;
mod gzip_decompress_from_base64_string;
mod zlib_compress_to_base64_string;
mod zlib_decompress_from_base64_string;
mod punycode;
mod new_guid;

use super::call::Function;
use super::kernel::Kernel;

pub const FUNCTIONS: &[&Function] = &[
    &base64_encode_tostring::FUNCTION,
    &base64_decode_tostring::FUNCTION,
    &base64_decode_toarray::FUNCTION,
    &base64_encode_fromarray::FUNCTION,
    &base64_encode_fromguid::FUNCTION,
    &base64_decode_toguid::FUNCTION,
    &url_encode::FUNCTION,
    &url_encode_component::FUNCTION,
    &url_decode::FUNCTION,
    &hash_sha256::FUNCTION,
    &hash_sha1::FUNCTION,
    &hash_md5::FUNCTION,
    &hash::FUNCTION,
    &hash_xxhash64::FUNCTION,
    &hash_combine::FUNCTION,
    &hash_many::FUNCTION,
    &gzip_compress_to_base64_string::FUNCTION,
    &gzip_decompress_from_base64_string::FUNCTION,
    &zlib_compress_to_base64_string::FUNCTION,
    &zlib_decompress_from_base64_string::FUNCTION,
    &punycode::FROM_STRING,
    &punycode::TO_STRING,
    &punycode::DOMAIN_FROM_STRING,
    &punycode::DOMAIN_TO_STRING,
    &new_guid::FUNCTION,
];

pub const KERNELS: &[Kernel] = xxhash::KERNELS;
