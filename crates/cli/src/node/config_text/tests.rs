#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::key::SecretariatKey;

use super::*;

#[test]
fn the_new_file_is_toml_and_trusts_nobody() {
    let text = new("XA", "node.xa.example", "192.0.2.1:4433".parse().unwrap());
    let table: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(table["directory"]["trusted"].as_array().unwrap().len(), 0);
    assert_eq!(table["listen"]["address"].as_str(), Some("192.0.2.1:4433"));
}

#[test]
fn only_the_keys_to_trust_are_changed() {
    let text = new("XA", "node.xa.example", "[::]:4433".parse().unwrap());
    let key = SecretariatKey::from_seed(&[7; 32]).public();
    let changed = trust_text(&text, &[key], "n.example").unwrap();
    let table: toml::Table = toml::from_str(&changed).unwrap();
    assert_eq!(
        table["directory"]["trusted"][0].as_str(),
        Some(key.to_string().as_str())
    );
    assert_eq!(table["directory"]["network"].as_str(), Some("n.example"));
    let back = changed.replace(&format!("[\"{key}\"]"), "[]");
    assert_eq!(back.replace("network = \"n.example\"", "# network = \"\""), text);
    assert_eq!(trust_text(&changed, &[key], "n.example").unwrap(), changed);
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
        let failure = trust_text(text, &[key], "n.example").unwrap_err();
        assert!(
            failure.mend.clone().unwrap().contains(&key.to_string()),
            "{text:?}"
        );
    }
}

#[test]
fn a_network_cannot_write_other_keys() {
    let text = new("XA", "node.xa.example", "[::]:4433".parse().unwrap());
    let key = SecretariatKey::from_seed(&[7; 32]).public();
    for network in ["a\"\nfile = \"/etc/passwd", "a\\", "a\"b"] {
        assert!(trust_text(&text, &[key], network).is_err(), "{network:?}");
    }
}
