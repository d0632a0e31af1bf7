#![allow(clippy::unwrap_used)]

use super::*;

/// Matrix row 9 of the faults: whatever bit is flipped, and wherever the file is cut, either the text is the
/// one that was written, or it is refused, or it is no JSON any more.
#[test]
fn no_damage_makes_another_text() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.json");
    let text = br#"{"name":"A. Officer","roles":["approver"]}"#;
    write_summed(&file, text).unwrap();
    let written = std::fs::read(&file).unwrap();
    assert_eq!(without_sum(&file, &written), Ok(text.as_slice()));
    let is_harmless = |bytes: &[u8]| match without_sum(&file, bytes) {
        Ok(read) => read == text || serde_json::from_slice::<serde_json::Value>(read).is_err(),
        Err(WrongSum) => true,
    };
    for at in 0..written.len() {
        for bit in 0..8 {
            let mut damaged = written.clone();
            damaged[at] ^= 1 << bit;
            // A flipped bit in the line's mark leaves the text with something behind it.
            assert!(is_harmless(&damaged), "bit {bit} of byte {at}");
        }
        let cut = &written[..at];
        assert!(
            is_harmless(cut) || cut == [text, b"\n".as_slice()].concat(),
            "cut at {at}"
        );
    }
}

#[test]
fn a_file_in_the_place_of_another_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.json"), folder.path().join("two.json"));
    write_summed(&one, b"{}").unwrap();
    std::fs::rename(&one, &two).unwrap();
    assert_eq!(without_sum(&two, &std::fs::read(&two).unwrap()), Err(WrongSum));
}

#[test]
fn a_file_of_an_earlier_release_is_taken_as_it_is() {
    assert_eq!(without_sum(Path::new("a"), b"{}\n"), Ok(b"{}\n".as_slice()));
    assert_eq!(without_sum(Path::new("a"), b""), Ok(b"".as_slice()));
}
