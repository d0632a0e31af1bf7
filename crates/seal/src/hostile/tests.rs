//! What fuzzing has found, and what it begins with, in every run of the tests.

use super::{attachment, certificate, message};

/// Calls `hostile` with every file of a folder of `fuzz/corpus`.
fn each(target: &str, hostile: impl Fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert!(!files.is_empty());
    for file in files {
        hostile(&std::fs::read(file.unwrap().path()).unwrap());
    }
}

#[test]
fn a_changed_message_says_what_was_signed_or_nothing() {
    each("openpgp_message", message);
}

#[test]
fn a_changed_file_is_the_one_that_was_signed_or_none() {
    each("openpgp_attachment", attachment);
}

#[test]
fn a_changed_certificate_is_one_that_can_be_written_or_none() {
    each("openpgp_certificate", certificate);
}
