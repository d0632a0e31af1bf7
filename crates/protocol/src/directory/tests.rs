#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A directory is believed when enough of the secretariat's keys have signed it, and only forwards.

use super::*;
use crate::example::{self, *};
use crate::key::EnvelopeKey;

#[test]
fn a_signed_directory_opens() {
    let signed = SignedDirectory::sign(&example::directory(), &secretariat()).unwrap();
    assert_eq!(signed.open(&trust(), NOW, None).unwrap(), example::directory());
}
