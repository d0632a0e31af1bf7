#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::key::SecretariatKey;

use super::*;

#[test]
fn the_new_file_is_toml_and_trusts_nobody() {
    let text = new(
        "XA",
        "node.xa.example",
        "192.0.2.1:4433".parse().unwrap(),
        IN_FOLDER,
    );
    let table: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(table["directory"]["trusted"].as_array().unwrap().len(), 0);
    assert_eq!(table["listen"]["address"].as_str(), Some("192.0.2.1:4433"));
}

#[test]
fn only_the_keys_to_trust_are_changed() {
    let text = new("XA", "node.xa.example", "[::]:4433".parse().unwrap(), IN_FOLDER);
    let key = SecretariatKey::from_seed(&[7; 32]).public();
    let changed = trust_text(&text, &[key], 1, "n.example").unwrap();
    let table: toml::Table = toml::from_str(&changed).unwrap();
    assert_eq!(
        table["directory"]["trusted"][0].as_str(),
        Some(key.to_string().as_str())
    );
    assert_eq!(table["directory"]["network"].as_str(), Some("n.example"));
    assert_eq!(table["directory"]["threshold"].as_integer(), Some(1));
    let back = changed.replace(&format!("[\"{key}\"]"), "[]");
    let back = back.replace("\nthreshold = 1", "\n# threshold = 1");
    assert_eq!(back.replace("network = \"n.example\"", "# network = \"\""), text);
    assert_eq!(trust_text(&changed, &[key], 1, "n.example").unwrap(), changed);
}

#[test]
fn a_file_that_is_not_understood_is_left_alone() {
    let key = SecretariatKey::from_seed(&[7; 32]).public();
    for text in [
        "",
        "[directory]\n",
        "trusted = [\n  \"x\",\n]\n",
        "trusted = []\ntrusted = []\n",
    ] {
        let failure = trust_text(text, &[key], 1, "n.example").unwrap_err();
        assert!(
            failure.mend.clone().unwrap().contains(&key.to_string()),
            "{text:?}"
        );
    }
}

#[test]
fn a_network_cannot_write_other_keys() {
    let text = new("XA", "node.xa.example", "[::]:4433".parse().unwrap(), IN_FOLDER);
    let key = SecretariatKey::from_seed(&[7; 32]).public();
    for network in ["a\"\nfile = \"/etc/passwd", "a\\", "a\"b"] {
        assert!(trust_text(&text, &[key], 1, network).is_err(), "{network:?}");
    }
}

/// `[DIRECTORY]` A file of an earlier release has no threshold, and must not go on without one.
#[test]
fn a_threshold_is_written_where_there_was_none() {
    let text = new("XA", "node.xa.example", "[::]:4433".parse().unwrap(), IN_FOLDER);
    let keys = [7, 8, 9].map(|seed| SecretariatKey::from_seed(&[seed; 32]).public());
    let old: String = text
        .lines()
        .filter(|line| !line.contains("threshold"))
        .map(|line| format!("{line}\n"))
        .collect();
    for before in [&text, &old] {
        let changed = trust_text(before, &keys, 2, "n.example").unwrap();
        let table: toml::Table = toml::from_str(&changed).unwrap();
        assert_eq!(table["directory"]["threshold"].as_integer(), Some(2));
        let again = trust_text(&changed, &keys, 3, "n.example").unwrap();
        let table: toml::Table = toml::from_str(&again).unwrap();
        assert_eq!(table["directory"]["threshold"].as_integer(), Some(3));
    }
}
