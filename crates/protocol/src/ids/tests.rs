#![allow(clippy::unwrap_used, clippy::expect_used)]
//! One name, one spelling.

use super::*;

#[test]
fn a_party_is_two_capitals() {
    assert_eq!("RO".parse::<PartyCode>().unwrap().to_string(), "RO");
    for bad in ["", "R", "ro", "ROU", "R1", "Ř"] {
        assert_eq!(bad.parse::<PartyCode>(), Err(NameError::Party), "{bad}");
    }
}

#[test]
fn a_contact_point_is_a_party_and_an_office() {
    let point: ContactPoint = "RO/prosecution".parse().unwrap();
    assert_eq!((point.party().as_str(), point.office()), ("RO", "prosecution"));
    for bad in ["RO", "RO/", "RO/Police", "RO/po lice", "RO/a/b", "ro/police"] {
        assert!(bad.parse::<ContactPoint>().is_err(), "{bad}");
    }
    assert!(format!("RO/{}", "a".repeat(33)).parse::<ContactPoint>().is_err());
}

#[test]
fn a_message_id_has_one_spelling_and_is_of_version_7() {
    let id = MessageId::from_parts(1_700_000_000_000, [7; 10]);
    let text = id.to_string();
    assert_eq!(text.parse::<MessageId>().unwrap(), id);
    assert!(text.to_uppercase().parse::<MessageId>().is_err());
    assert!(text.replace('-', "").parse::<MessageId>().is_err());
    assert!(
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
            .parse::<MessageId>()
            .is_err()
    );
}

#[test]
fn an_actor_survives_the_round_trip() {
    let actor = ActorId::from_bytes([0xab; 16]);
    assert_eq!(actor.to_string().parse::<ActorId>().unwrap(), actor);
    assert!("AB".repeat(16).parse::<ActorId>().is_err());
    assert!("+b".repeat(16).parse::<ActorId>().is_err());
}

#[test]
fn a_code_is_letters_digits_and_hyphens() {
    assert_eq!("C29-2-E".parse::<Code>().unwrap().as_str(), "C29-2-E");
    for bad in ["", "two words", "über", "a_b"] {
        assert_eq!(bad.parse::<Code>(), Err(NameError::Code), "{bad}");
    }
    assert!("a".repeat(65).parse::<Code>().is_err());
}
