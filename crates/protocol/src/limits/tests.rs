#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Limits hold at exactly their number: the number itself passes, one more does not. Those that stand here
//! are of formats whose other tests stay far below them.

use ledger::limits::MAX_TREE_SIZE;

use super::*;
use crate::bundle::zip::{Layout, ZipError};
use crate::bundle::{Bundle, BundleError, BundlePath, sums};
use crate::decode::Fault;
use crate::digest::Digest;
use crate::entry::Entry;
use crate::example::signed_receipt;
use crate::receipt::Receipt;
use crate::statement::Statement;
use crate::time::UnixMillis;
use crate::time_stamp::{TimeStamp, TimeStampError};

fn path(text: &str) -> BundlePath {
    text.parse().unwrap()
}

/// Garbage of the longest length is looked at, and found to be garbage; what is longer is not looked at.
#[test]
fn what_is_too_long_is_told_before_what_is_wrong() {
    let stamp = |bytes: usize| TimeStamp::of_kept(&vec![b'x'; bytes], &Digest::of(b"")).unwrap_err();
    assert!(matches!(
        stamp(TIME_STAMP_BYTES_MAX),
        TimeStampError::Malformed(_)
    ));
    assert_eq!(stamp(TIME_STAMP_BYTES_MAX + 1), TimeStampError::TooLong);

    let bundle = |bytes: usize| Bundle::parse(&vec![b' '; bytes]).unwrap_err();
    assert!(matches!(bundle(BUNDLE_JSON_BYTES_MAX), BundleError::Shape { .. }));
    assert_eq!(bundle(BUNDLE_JSON_BYTES_MAX + 1), BundleError::TooLong);

    let leaf = |bytes: usize| Entry::decode(&vec![0xa0; bytes]).unwrap_err().fault;
    assert_ne!(leaf(LEAF_BYTES_MAX), Fault::TooLong(LEAF_BYTES_MAX));
    assert_eq!(leaf(LEAF_BYTES_MAX + 1), Fault::TooLong(LEAF_BYTES_MAX));
}

#[test]
fn a_path_of_a_bundle_and_its_parts_are_of_at_most_so_many_characters() {
    let parse = |text: String| text.parse::<BundlePath>();
    let part = "p".repeat(BUNDLE_PATH_PART_BYTES_MAX);
    assert!(parse(part.clone()).is_ok());
    assert!(parse(format!("{part}p")).is_err());
    let longest = format!("{part}/{part}/{}", "p".repeat(53));
    assert_eq!(longest.len(), BUNDLE_PATH_BYTES_MAX);
    assert!(parse(longest.clone()).is_ok());
    assert!(parse(format!("{longest}p")).is_err());
}

#[test]
fn a_manifest_of_a_bundle_names_at_most_so_many_files() {
    let text = |files: usize| {
        let paths: Vec<BundlePath> = (0..files).map(|n| path(&format!("data/{n:05}"))).collect();
        sums::write(paths.iter().map(|path| (path, &[0xab; 64])))
    };
    let most = sums::parse(text(BUNDLE_FILES_MAX).as_bytes()).unwrap();
    assert_eq!(most.len(), BUNDLE_FILES_MAX);
    let error = sums::parse(text(BUNDLE_FILES_MAX + 1).as_bytes()).unwrap_err();
    assert_eq!((error.line, error.what), (BUNDLE_FILES_MAX + 1, "too many lines"));
}

/// A local header has 30 bytes and the name behind it, one of the central directory 46.
#[test]
fn a_zip_file_is_of_at_most_so_many_bytes_with_its_central_directory() {
    let name_bytes = "case/data/x".len() as u64;
    let one = |length_bytes| {
        let mut layout = Layout::new("case");
        layout.entry(&path("data/x"), 0, length_bytes).map(|_| layout)
    };
    let room = BUNDLE_ZIP_BYTES_MAX - 30 - name_bytes;
    assert!(one(room).is_ok());
    assert_eq!(one(room + 1).map(|_| ()), Err(ZipError::TooLarge));
    let room = room - 46 - name_bytes;
    assert!(one(room).unwrap().finish().is_ok());
    assert_eq!(one(room + 1).unwrap().finish(), Err(ZipError::TooLarge));
}

#[test]
fn a_zip_file_holds_at_most_so_many_files() {
    let mut layout = Layout::new("case");
    for number in 0..BUNDLE_FILES_MAX {
        layout.entry(&path(&format!("data/{number:05}")), 0, 0).unwrap();
    }
    assert_eq!(layout.entry(&path("data/x"), 0, 0), Err(ZipError::TooLarge));
}

/// RFC 8259 section 6: every reader takes numbers below 2^53 for what they are.
#[test]
fn times_in_a_bundle_are_below_2_to_the_53() {
    let read = |text: &str| serde_json::from_str::<UnixMillis>(text).ok();
    assert_eq!(read("9007199254740991"), Some(UnixMillis((1 << 53) - 1)));
    assert_eq!(read("9007199254740992"), None);
}

#[test]
fn a_receipt_is_of_a_leaf_that_the_largest_ledger_can_have() {
    let read = |index, size| {
        let mut receipt = signed_receipt().peek().unwrap().0;
        receipt.inclusion.index = index;
        receipt.checkpoint.size = size;
        Receipt::decode(&receipt.encode()).is_ok()
    };
    assert!(read(MAX_TREE_SIZE - 1, MAX_TREE_SIZE));
    assert!(!read(MAX_TREE_SIZE, MAX_TREE_SIZE));
    assert!(!read(0, MAX_TREE_SIZE + 1));
    assert!(!read(0, 0));
}
