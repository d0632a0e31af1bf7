#![allow(clippy::unwrap_used)]

use super::*;
use crate::limits::INDEX_VALUE_BYTES_MAX;

/// A value may be as long as sled writes it safely, its hash with it, and no longer.
#[test]
fn a_value_as_long_as_may_be_is_read_and_no_longer_one() {
    let longest = INDEX_VALUE_BYTES_MAX - 16;
    let whole = sealed(b"key", &vec![7; longest]);
    assert_eq!(unsealed(b"key", &whole), Some(vec![7; longest].as_slice()));
    assert_eq!(unsealed(b"key", &[whole.as_slice(), &[7]].concat()), None);
}
