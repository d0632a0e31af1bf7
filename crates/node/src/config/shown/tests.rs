#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use super::*;
use crate::config::Config;

fn is_good(text: &str) -> bool {
    Config::parse(text, "node.toml", Path::new(".")).is_ok()
}

/// The file with only the keys that `keep` says.
fn file_of(keep: impl Fn(&Shown) -> bool) -> String {
    let mut text = String::new();
    for (section, _) in KEYS {
        let keys: Vec<&Shown> = all()
            .iter()
            .filter(|shown| shown.section == *section && keep(shown))
            .collect();
        if !keys.is_empty() {
            text.push_str(&format!("[{section}]\n"));
        }
        for shown in keys {
            text.push_str(&format!("{} = {}\n", shown.key, shown.value));
        }
    }
    text
}

#[test]
fn every_key_is_shown_once_with_a_comment() {
    let keys: Vec<_> = KEYS
        .iter()
        .flat_map(|(section, keys)| keys.iter().map(move |key| (*section, *key)))
        .collect();
    assert_eq!(all().len(), keys.len());
    for (section, key) in keys {
        let shown = find(section, key).unwrap_or_else(|| panic!("{section}.{key}"));
        assert!(shown.comment.len() > 10, "{section}.{key}: {:?}", shown.comment);
        assert!(!shown.comment.contains(&format!("{key} = ")), "{shown:?}");
    }
}

#[test]
fn what_is_shown_as_off_can_be_used_as_it_stands() {
    assert!(is_good(&file_of(|_| true)), "{}", file_of(|_| true));
}

#[test]
fn exactly_the_required_keys_are_required() {
    let is_required = |shown: &Shown| shown.otherwise == Otherwise::Required;
    assert!(is_good(&file_of(is_required)));
    for needed in all().iter().filter(|shown| is_required(shown)) {
        let without = file_of(|shown| is_required(shown) && shown.key != needed.key);
        assert!(!is_good(&without), "{}.{}", needed.section, needed.key);
    }
    assert_eq!(
        all().iter().filter(|shown| is_required(shown)).count(),
        REQUIRED.len()
    );
}

/// What the file shows is what holds without it: else `config show` and the schema would not tell the truth.
#[test]
fn the_defaults_that_are_shown_are_the_defaults() {
    let parse = |text: &str| Config::parse(text, "node.toml", Path::new(".")).unwrap();
    let bare = parse(&file_of(|shown| shown.otherwise == Otherwise::Required));
    let whole = parse(TEXT);
    assert_eq!(format!("{bare:#?}"), format!("{whole:#?}"));
}
