//! What fuzzing has found, and what it begins with, in every run of the tests.

use super::{index_values, peer, statements};

/// Calls `hostile` with every file of a folder of `fuzz/`, or of the golden files.
fn each(folder: &str, hostile: impl Fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert!(!files.is_empty());
    for file in files {
        let path = file.unwrap().path();
        // The golden files of the core are read by its tests alone.
        #[allow(clippy::disallowed_methods)]
        hostile(&std::fs::read(&path).unwrap());
    }
}

#[test]
fn no_statement_has_two_forms() {
    each("golden", statements);
    each("../../fuzz/corpus/statements", statements);
}

#[test]
fn no_value_of_the_index_has_two_forms() {
    each("golden", index_values);
}

#[test]
fn a_peer_that_lies_changes_nothing_that_it_should_not() {
    each("../../fuzz/corpus/peer", peer);
}
