#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A bundle with a byte or a field changed, by somebody who has no key, and by the very node that made it:
//! none goes undetected, but for what nobody vouches for but that node.

use std::os::unix::fs::FileExt as _;

use super::*;
use crate::bundle::sample::{sign, sum_up};

/// Every byte of the zip file: no byte of it can be another one.
#[test]
fn every_changed_byte_of_a_zip_file_is_found() {
    let story = Story::redacted();
    let bag = Bag::new(&story);
    let bytes = zip(TOP, &story.files(Told::Redacted));
    assert_eq!(bag.check_zip(&bytes).verdict(), Verdict::Valid);
    let path = bag.zip_file();
    // Changed in place: to write the file anew each time would mostly be waiting for the disk.
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    for (position, byte) in (0_u64..).zip(&bytes) {
        file.write_all_at(&[byte ^ (1 << (position % 8))], position)
            .unwrap();
        let checked = check_bundle(&path, &Sources::default());
        assert_eq!(checked.verdict(), Verdict::Invalid, "byte {position}: {checked}");
        file.write_all_at(&[*byte], position).unwrap();
    }
    assert_eq!(check_bundle(&path, &Sources::default()).verdict(), Verdict::Valid);
}

#[test]
fn bytes_put_into_a_zip_file_or_taken_out_of_it_are_found() {
    let story = Story::redacted();
    let bag = Bag::new(&story);
    let bytes = zip(TOP, &story.files(Told::Redacted));
    for position in (0..=bytes.len()).step_by(61).chain([bytes.len()]) {
        let (before, after) = bytes.split_at(position);
        let changed = [
            [before, b"\0", after].concat(),
            before.to_vec(),
            [before, after.get(1..).unwrap_or_default()].concat(),
        ];
        for bytes in changed.iter().filter(|changed| **changed != bytes) {
            assert_eq!(
                bag.check_zip(bytes).verdict(),
                Verdict::Invalid,
                "byte {position}"
            );
        }
    }
}

/// Every file, a byte here and there: by whoever does not make the sums anew.
#[test]
fn changed_removed_and_added_files_are_found() {
    let story = Story::redacted();
    let (files, bag) = (story.files(Told::Redacted), Bag::new(&story));
    for (name, bytes) in &files {
        for position in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = files.clone();
            changed.get_mut(name).unwrap()[position] ^= 0x01;
            let checked = bag.check_folder(&changed);
            assert_eq!(
                checked.verdict(),
                Verdict::Invalid,
                "{name} byte {position}: {checked}"
            );
        }
        let mut removed = files.clone();
        removed.remove(name);
        let checked = bag.check_folder(&removed);
        assert_eq!(checked.verdict(), Verdict::Invalid, "{name} removed: {checked}");
    }
    for name in [
        "notes.txt",
        "data/notes.txt",
        "data/ledger/1/99.leaf",
        "fetch.txt",
    ] {
        let mut added = files.clone();
        added.insert(name.to_owned(), b"x".to_vec());
        assert_eq!(bag.check_folder(&added).verdict(), Verdict::Invalid, "{name}");
    }
    let bag = Bag::new(&story);
    bag.check_folder(&files);
    fs::create_dir(bag.folder.path().join("bag/data/empty")).unwrap();
    let path = bag.folder.path().join("bag");
    assert_eq!(
        check_bundle(&path, &Sources::default()).verdict(),
        Verdict::Invalid
    );
}

/// Whoever has no key can make all sums anew, and the signature tells all the same. The node itself can sign
/// anew: then the ledger, the directory and the other node tell, for every byte that any of them vouches for.
#[test]
fn every_byte_that_anybody_vouches_for_is_bound_though_sums_and_signature_are_made_anew() {
    let story = Story::redacted();
    let (files, bag) = (story.files(Told::Redacted), Bag::new(&story));
    let bundle = Bundle::parse(&files[names::CONTENTS]).unwrap();
    // For reading, and for people: only the node says that these are so.
    let only_the_nodes = [names::PAGE, names::VERIFY_TEXT, names::VERIFY_PROGRAM];
    let made_anew = |name: &str| [names::MANIFEST, names::TAG_MANIFEST, names::BAG_INFO].contains(&name);
    for (name, bytes) in files.iter().filter(|(name, _)| !made_anew(name)) {
        for position in (0..bytes.len()).step_by(1 + bytes.len() / 24) {
            let mut changed = files.clone();
            changed.get_mut(name).unwrap()[position] ^= 0x01;
            sum_up(&mut changed, &bundle);
            if name != names::BAG_DECLARATION {
                let checked = bag.check_folder(&changed);
                assert_eq!(
                    checked.verdict(),
                    Verdict::Invalid,
                    "{name} byte {position}: {checked}"
                );
            }
            if name == names::SIGNATURE || only_the_nodes.contains(&name.as_str()) {
                continue;
            }
            sign(&mut changed, &bundle, &story.network);
            let is_told = |name: &str| name.starts_with("data/timeline") || name == names::CONTENTS;
            let checked = bag.check_folder(&changed);
            let is_sound = checked.verdict() != Verdict::Valid;
            assert!(
                is_sound || is_told(name) || name == names::BAG_DECLARATION,
                "{name} byte {position}"
            );
        }
    }
}

/// Every field of `bundle.json`, with all sums and the node's own signature made anew.
#[test]
fn every_changed_field_is_found_but_for_what_only_the_node_says() {
    let story = Story::redacted();
    let (files, bag) = (story.files(Told::Redacted), Bag::new(&story));
    let text = String::from_utf8(files[names::CONTENTS].clone()).unwrap();
    let mut passed = Vec::new();
    let mut tried = 0;
    for (number, line) in text.lines().enumerate() {
        for other in changed_values(line) {
            tried += 1;
            let lines = text.lines().enumerate();
            let changed: Vec<&str> = lines
                .map(|(at, line)| if at == number { other.as_str() } else { line })
                .collect();
            let json = changed.join("\n") + "\n";
            let mut forged = files.clone();
            forged.insert(names::CONTENTS.to_owned(), json.clone().into_bytes());
            // Sums and signature fit where the table can be read at all; else it is refused before.
            let bundle = Bundle::parse(json.as_bytes());
            let bundle = bundle.unwrap_or_else(|_| Bundle::parse(text.as_bytes()).unwrap());
            sum_up(&mut forged, &bundle);
            let checked = bag.check_folder(&forged);
            assert_eq!(
                checked.verdict(),
                Verdict::Invalid,
                "without a key: {other}: {checked}"
            );
            sign(&mut forged, &bundle, &story.network);
            if bag.check_folder(&forged).verdict() != Verdict::Invalid {
                passed.push(other.trim().to_owned());
            }
        }
    }
    assert!(tried > 150, "{tried}");
    let only_the_node = ["\"node\":", "\"reference\":", "\"opener\":", "\"why\":"];
    let unexpected: Vec<&String> = passed
        .iter()
        .filter(|line| !only_the_node.iter().any(|name| line.starts_with(name)))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// A line of JSON with another value in it: numbers, texts, words.
fn changed_values(line: &str) -> Vec<String> {
    let (before, rest) = match line.split_once(": ") {
        Some((name, value)) => (format!("{name}: "), value),
        None => {
            let indentation = line.len() - line.trim_start().len();
            (line[..indentation].to_owned(), line.trim_start())
        }
    };
    let (value, comma) = match rest.strip_suffix(',') {
        Some(value) => (value, ","),
        None => (rest, ""),
    };
    let values: Vec<String> = match value {
        "true" => vec!["false".to_owned()],
        "false" => vec!["true".to_owned()],
        "null" => vec!["1".to_owned(), "\"x\"".to_owned()],
        "\"redacted\"" => vec!["\"erased\"".to_owned()],
        "\"XA\"" => vec!["\"XB\"".to_owned()],
        _ => match value.parse::<u64>() {
            Ok(number) => vec![(number + 1).to_string(), number.saturating_sub(1).to_string()],
            Err(_) => match value.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                Some(text) if !text.is_empty() => vec![format!("\"{text}x\""), format!("\"{}\"", &text[1..])],
                _ => Vec::new(),
            },
        },
    };
    let values = values.into_iter().filter(|other| other != value);
    values.map(|other| format!("{before}{other}{comma}")).collect()
}
