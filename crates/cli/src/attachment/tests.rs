#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::place::{Existing, Unnamed, safe_name, sha256_of};
use super::upload::described;
use crate::exit::Exit;
use crate::table;

/// What a sender calls a file is never a path, and never hidden.
#[test]
fn a_senders_name_is_only_a_name() {
    for (name, safe) in [
        ("log.csv", "log.csv"),
        ("../../etc/passwd", "attachment-1"),
        ("/etc/passwd", "attachment-1"),
        ("a\\b", "attachment-1"),
        ("..", "attachment-1"),
        ("", "attachment-1"),
        ("line\nfeed", "attachment-1"),
        ("\u{1b}[2Jx", "attachment-1"),
        ("\u{202e}fdp.exe", "attachment-1"),
        (".bashrc", "_bashrc"),
        ("-rf", "_rf"),
        ("~", "_"),
    ] {
        assert_eq!(safe_name(name, "attachment-1"), safe, "{name:?}");
    }
}

/// The SHA-256 of "abc" (FIPS 180-2, appendix B.1).
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn a_file_gets_its_name_only_when_it_is_the_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let target = folder.path().join("log.csv");
    let begin = |bytes: &[u8], existing| {
        let mut file = Unnamed::begin(target.clone(), existing).unwrap();
        file.write(bytes).unwrap();
        file
    };
    for (bytes, size) in [(&b"abd"[..], 3), (b"ab", 3), (b"abc", 4)] {
        let failure = begin(bytes, Existing::Kept).publish(size, ABC).unwrap_err();
        assert_eq!((failure.exit, failure.code.as_str()), (Exit::Failed, "invalid"));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    begin(b"abc", Existing::Kept).publish(3, ABC).unwrap();
    assert_eq!(sha256_of(&target).unwrap().as_deref(), Some(ABC));

    std::fs::write(&target, "mine").unwrap();
    let failure = begin(b"abc", Existing::Kept).publish(3, ABC).unwrap_err();
    assert!(failure.what.contains("is there already"), "{failure}");
    assert_eq!(std::fs::read(&target).unwrap(), b"mine");
    begin(b"abc", Existing::Replaced).publish(3, ABC).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"abc");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// What a form says of a file stays; what is measured goes beside it.
#[test]
fn a_form_keeps_what_it_says_of_a_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let paths = ["a.csv", "b.csv"].map(|name| folder.path().join(name));
    for path in &paths {
        std::fs::write(path, "abc").unwrap();
    }
    let form = json!({ "attachments": [{ "name": "b.csv", "description": "the second" }] });
    let Value::Object(mut form) = form else {
        unreachable!()
    };
    described(&mut form, &paths).unwrap();
    let list = &form["attachments"];
    assert_eq!(list[0]["description"], "the second");
    assert_eq!(
        (&list[0]["size_bytes"], &list[1]["name"]),
        (&json!(3), &json!("a.csv"))
    );
    assert_eq!(list.as_array().unwrap().len(), 2);
    let failure = described(&mut form, &[folder.path().to_owned()]).unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
}

#[test]
fn sizes_have_three_digits() {
    for (bytes, text) in [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.00 KiB"),
        (1_048_575, "1.00 MiB"),
        (3_200_000, "3.05 MiB"),
        (10_737_418_240, "10.0 GiB"),
        (200 * 1_048_576, "200 MiB"),
    ] {
        assert_eq!(table::size(bytes), text);
    }
}
