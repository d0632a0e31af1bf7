#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use super::{scrub, texts, without_text};

#[test]
fn what_could_name_somebody_is_taken_out_of_a_text() {
    let words = vec!["Canary Ministry".to_owned(), "canary".to_owned()];
    for (text, expected) in [
        (
            "listening address=198.51.100.7:4433",
            "listening address=(address)",
        ),
        ("peer [2001:db8::1]:4433 is away", "peer [(address)]:4433 is away"),
        ("/srv/node/data/head is damaged: no", "(path) is damaged: no"),
        ("XA/police wrote to a@b.example.", "(path) wrote to (path)."),
        ("node.xa.example:4433, keys.seed", "(host), (host)"),
        ("the Canary Ministry, a canary!", "the (name), a (name)!"),
        (
            "seed 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
            "seed (key)",
        ),
        (
            "version 0.1.0 took 3.5 s, 70000 entries",
            "version 0.1.0 took 3.5 s, 70000 entries",
        ),
        (
            "ohrid_commits_total{kind=\"all\"} 12.0",
            "ohrid_commits_total{kind=\"all\"} 12.0",
        ),
    ] {
        assert_eq!(scrub(text, &words), expected);
    }
}

#[test]
fn of_a_configuration_its_structure_and_numbers_stay() {
    let config = json!({
        "node": { "party": "XA", "name": "node.xa.example" },
        "witness": { "quorum": "majority", "start_wait_seconds": 5 },
        "directory": { "trusted": ["ed25519:canary"], "threshold": 1 },
        "retention": { "days": { "note": 30 } },
    });
    let expected = json!({
        "node": { "party": "(left out)", "name": "(left out)" },
        "witness": { "quorum": "majority", "start_wait_seconds": 5 },
        "directory": { "trusted": ["(left out)"], "threshold": 1 },
        "retention": { "days": { "note": 30 } },
    });
    assert_eq!(without_text("", config.clone()), expected);
    let mut found = Vec::new();
    texts("", &config, &mut found);
    found.sort();
    assert_eq!(found, ["XA", "ed25519:canary", "node.xa.example"]);
}
