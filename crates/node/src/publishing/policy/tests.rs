#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;

use protocol::directory::Period;
use protocol::verifier::witness_key;

use super::*;
use crate::config::Quorum;
use crate::testing::Network;

fn settings(quorum: Quorum) -> config::Witness {
    config::Witness {
        policy: None,
        quorum,
        needed_at_start: 0,
        start_wait_seconds: 0,
        lag_alarm_seconds: 60,
    }
}

fn party(code: &str) -> PartyCode {
    code.parse().unwrap()
}

const NOW: UnixMillis = UnixMillis(1_790_000_000_000);

#[test]
fn the_other_parties_are_the_witnesses_and_more_than_half_of_them_a_quorum() {
    let directory = Network::of(&["XA", "XB", "XC"]).directory(7);
    let made = in_use(&settings(Quorum::Majority), &directory, party("XA"), NOW).unwrap();
    let names: Vec<&str> = made
        .witnesses
        .iter()
        .map(|witness| witness.name.as_str())
        .collect();
    assert_eq!(names, ["XB", "XC"]);
    assert_eq!(made.witnesses[1].path, Some(WitnessPath::Peer(party("XC"))));
    assert!(
        made.text.ends_with("group Parties 2 XB XC\nquorum Parties\n"),
        "{}",
        made.text
    );
    assert!(made.policy.asks_for_witnesses());
    let one = in_use(&settings(Quorum::Of(1)), &directory, party("XA"), NOW).unwrap();
    assert!(one.text.contains("group Parties 1 XB XC\n"), "{}", one.text);
    let none = in_use(&settings(Quorum::None), &directory, party("XA"), NOW).unwrap();
    assert!(!none.policy.asks_for_witnesses());
    // They are asked all the same.
    assert_eq!(none.witnesses, made.witnesses);
}

#[test]
fn alone_nobody_is_asked_for() {
    let directory = Network::of(&["XA"]).directory(1);
    let made = in_use(&settings(Quorum::Majority), &directory, party("XA"), NOW).unwrap();
    assert!(made.witnesses.is_empty() && !made.policy.asks_for_witnesses());
}

/// While a Party changes its witness key both are good, and it has one voice.
#[test]
fn a_party_with_two_keys_has_one_voice() {
    let mut directory = Network::of(&["XA", "XB", "XC"]).directory(7);
    let keys = &mut directory.parties.get_mut(&party("XB")).unwrap().witness_keys;
    let key = witness_key("node.xb.example/witness", &[0x77; 32]).unwrap();
    keys.push(Period {
        value: key,
        valid_from: UnixMillis(1_780_000_000_000),
        valid_until: None,
    });
    let made = in_use(&settings(Quorum::Majority), &directory, party("XA"), NOW).unwrap();
    assert!(made.text.contains("group XB any XB-1 XB-2\n"), "{}", made.text);
    assert!(made.text.contains("group Parties 2 XB XC\n"), "{}", made.text);
    // A key whose time is over is none.
    let before = UnixMillis(1_779_000_000_000);
    let earlier = in_use(&settings(Quorum::Majority), &directory, party("XA"), before).unwrap();
    assert!(!earlier.text.contains("XB-2"), "{}", earlier.text);
}

#[test]
fn a_file_takes_the_place_of_the_directory() {
    let network = Network::of(&["XA", "XB"]);
    let directory = network.directory(7);
    let file = network.members[0].folder.join("witness.policy");
    let outside = witness_key("witness.example.org/w1", &[0x78; 32]).unwrap();
    let peer = &network.members[1].record.witness_keys[0].value;
    let text = format!(
        "witness outside {outside} https://witness.example.org/w1\nwitness neighbour {peer}\n\
         group both all outside neighbour\nquorum both\n"
    );
    fs::write(&file, &text).unwrap();
    let settings = config::Witness {
        policy: Some(file.clone()),
        ..settings(Quorum::Majority)
    };
    let made = in_use(&settings, &directory, party("XA"), NOW).unwrap();
    assert_eq!(made.text, text);
    let paths: Vec<_> = made
        .witnesses
        .iter()
        .map(|witness| witness.path.clone().unwrap())
        .collect();
    let url = WitnessPath::Http("https://witness.example.org/w1".to_owned());
    assert_eq!(paths, [url, WitnessPath::Peer(party("XB"))]);
    fs::write(&file, "quorum nobody\n").unwrap();
    let said = in_use(&settings, &directory, party("XA"), NOW)
        .unwrap_err()
        .to_string();
    assert!(said.contains("witness.policy: line 1"), "{said}");
}
