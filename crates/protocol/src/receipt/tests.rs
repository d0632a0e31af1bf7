#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A receipt proves that our header is in the peer's ledger, and nothing less will do.

use super::*;
use crate::example::*;

#[test]
fn a_receipt_proves_that_the_leaf_is_in_the_ledger() {
    let receipt = signed_receipt();
    let verified = receipt.verify(&signed_header(), xb(), &directory()).unwrap();
    assert_eq!(verified.receipt().inclusion.index, 2);
    assert_eq!(verified.signed(), &receipt);
}
