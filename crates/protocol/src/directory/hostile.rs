#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The readers of what the secretariat and the Parties sign, for [`crate::hostile`].

use super::codec::{decode_directory, decode_join, encode_directory, encode_join};
use super::key_set::KeySet;
use crate::hostile::one_form;

/// The bytes as the content of a directory, a join request and a key set: each has one form.
pub(crate) fn directory_payloads(bytes: &[u8]) {
    one_form(bytes, decode_directory, |(directory, key_sets)| {
        encode_directory(directory, key_sets)
    });
    one_form(bytes, decode_join, |(party, record, at)| {
        encode_join(*party, record, *at)
    });
    one_form(bytes, KeySet::decode, KeySet::encode);
}
