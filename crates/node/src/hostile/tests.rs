//! What fuzzing has found, and what it begins with, in every run of the tests.

use super::{configuration, private_files, stream};

/// Calls `hostile` with every file of a folder.
fn each(folder: &str, hostile: impl Fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert!(!files.is_empty());
    for file in files
        .into_iter()
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
    {
        hostile(&std::fs::read(file).unwrap());
    }
}

#[test]
fn a_configuration_is_understood_or_its_fault_named() {
    each("config", configuration);
    each("fuzz/corpus/node_config", configuration);
}

#[test]
fn no_small_file_of_a_node_is_read_as_what_was_not_written() {
    each("fuzz/corpus/node_files", |bytes| {
        private_files(bytes);
    });
}

/// The corpus is worth something only if what it begins with is taken for what it is.
#[test]
fn what_the_fuzzer_begins_with_is_understood() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/node_files");
    for name in [
        "attachment-name",
        "digits",
        "directory-fork",
        "floor",
        "fork-name",
        "officers",
        "pin",
        "redaction",
        "review",
        "seed",
        "url",
    ] {
        let taken = private_files(&std::fs::read(corpus.join(name)).unwrap());
        assert_ne!(taken, 0, "{name}");
    }
}

/// Each frame that is known, in pieces of all lengths: read as it is, or refused as it is at once.
#[test]
fn a_frame_is_the_same_however_its_stream_is_cut() {
    let frames = std::cell::Cell::new(0);
    each("fuzz/corpus/wire", |bytes| {
        frames.set(frames.get() + stream(bytes));
        for cut in 0..32 {
            let cut_elsewhere = [bytes, &[cut; 8]].concat();
            stream(&cut_elsewhere);
        }
        for end in 0..bytes.len() {
            stream(&bytes[..end]);
        }
    });
    assert!(frames.get() > 20, "{frames:?}");
}
