#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn the_empty_root_is_the_hash_of_nothing() {
    assert_eq!(EMPTY_ROOT, Hash(Sha256::digest(b"").into()));
}

#[test]
fn the_published_leaf_hash_of_the_empty_entry() {
    let expected = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(leaf_hash(b"").to_string(), expected);
    assert_eq!(format!("{:?}", leaf_hash(b"")), expected);
}

#[test]
fn a_node_is_never_the_leaf_with_the_same_bytes() {
    let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
    let joined = [left.as_bytes().as_slice(), right.as_bytes().as_slice()].concat();
    assert_ne!(node_hash(&left, &right), leaf_hash(&joined));
    assert_ne!(node_hash(&left, &right), node_hash(&right, &left));
}

#[test]
fn base64_of_other_lengths_is_refused() {
    let hash = leaf_hash(b"entry");
    assert_eq!(Hash::from_base64(&hash.to_base64()), Ok(hash));
    for length in [0, 31, 33, 64] {
        let text = encoding::encode_base64(&vec![0; length]);
        assert_eq!(Hash::from_base64(&text), Err(HashDecodeError), "{length} bytes");
    }
}

#[test]
fn base64_with_trailing_bits_is_refused() {
    let canonical = Hash::from_bytes([0; 32]).to_base64();
    let hostile = canonical.replace("A=", "B=");
    assert_ne!(canonical, hostile);
    assert_eq!(Hash::from_base64(&hostile), Err(HashDecodeError));
}
