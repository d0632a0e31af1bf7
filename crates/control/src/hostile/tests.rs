//! What fuzzing has found, and what it begins with, in every run of the tests.

use super::events;

#[test]
fn a_stream_of_events_is_the_same_however_it_is_cut() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/control");
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert!(!files.is_empty());
    for file in files {
        events(&std::fs::read(file.unwrap().path()).unwrap());
    }
}
