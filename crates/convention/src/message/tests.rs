#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};

use super::{CaseReference, Kind, Message, MessageError, MessageId};
use crate::examples::{answer_context, assert_allowed, form, id, open_case, request, tampered};
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::number::CaseNumber;
use crate::rule::Rule;
use crate::story::Story;

/// The acknowledgement of the examples, byte for byte. A change here is a change of the format.
const GOLDEN: &str = include_str!("tests/acknowledgement.json");

fn acknowledgement() -> Message {
    let case = open_case();
    assert_allowed(&form(Kind::Acknowledgement), &answer_context(2, &case, None)).0
}

#[test]
fn the_bytes_of_a_message_are_golden() {
    let bytes = acknowledgement().to_json();
    assert_eq!(String::from_utf8(bytes).unwrap(), GOLDEN.trim_end());
    let read = Message::read(GOLDEN.trim_end().as_bytes()).unwrap();
    assert_eq!(read.message, acknowledgement());
    assert_eq!((read.nonconformities.len(), read.additional.len()), (0, 0));
}

#[test]
fn every_example_is_read_as_it_was_written() {
    for kind in Kind::ALL {
        let story = Story::before(*kind).and(&form(*kind));
        let message = story.messages.last().unwrap();
        assert_eq!(message.kind(), *kind);
        let read = Message::read(&message.to_json()).unwrap();
        assert_eq!(read.message, *message);
        assert_eq!(read.nonconformities, [], "{kind}");
        let views = story.view().messages;
        assert_eq!(views.last().unwrap().nonconformities, [], "{kind}");
        assert_eq!(read.message.to_json(), message.to_json());
    }
}

/// Fields of later versions are kept, and are no fault.
#[test]
fn additional_fields_are_tolerated_and_kept() {
    let bytes = tampered(&request(), |document| {
        document["urgency"] = json!("high");
        document["body"]["data"]["selectors"][0]["asn"] = json!(64496);
    });
    let read = Message::read(&bytes).unwrap();
    assert_eq!(read.nonconformities, []);
    assert_eq!(read.message, request());
    assert_eq!(read.additional["urgency"], json!("high"));
    assert_eq!(read.additional["body.data.selectors[0].asn"], json!(64496));
}

/// Nothing is lost: fields of a wrong type or without language are noted, and the rest is read.
#[test]
fn what_is_wrong_is_noted_and_the_rest_is_read() {
    let bytes = tampered(&acknowledgement(), |document| {
        document["body"]["next_steps"] = json!("no language");
        document["body"]["expected"] = json!("2026-03-16T12:00:00+05:00[Europe/Lisbon]");
        document["body"]["reference"] = json!("esc\u{1b}ape");
        document.as_object_mut().unwrap().remove("author");
    });
    let read = Message::read(&bytes).unwrap();
    let rules: Vec<Rule> = read.nonconformities.iter().map(|fault| fault.rule).collect();
    assert!(
        rules.contains(&Rule::Language) && rules.contains(&Rule::TimeBoth) && rules.contains(&Rule::Limits)
    );
    let super::Body::Acknowledgement(body) = read.message.body() else {
        panic!("another kind")
    };
    assert_eq!(body.next_steps.as_str(), "no language");
    assert_eq!(body.reference.as_str(), "esc\u{fffd}ape");
    assert_eq!(
        body.expected.as_ref().unwrap().instant().to_string(),
        "2026-03-16T07:00:00Z"
    );
    assert!(read.message.author().name.is_empty());
    // It can be written and read again.
    assert!(Message::read(&read.message.to_json()).is_ok());
}

#[test]
fn what_cannot_be_understood_at_all_is_refused() {
    let refused = |change: fn(&mut Value)| Message::read(&tampered(&acknowledgement(), change)).unwrap_err();
    assert!(matches!(
        refused(|d| d["version"] = json!(2)),
        MessageError::UnknownVersion(2)
    ));
    assert!(matches!(
        refused(|d| d["kind"] = json!("telegram")),
        MessageError::UnknownKind(_)
    ));
    type Change = fn(&mut Value);
    let shapes: [(Change, &str); 12] = [
        (|d| d["version"] = json!("1"), "version"),
        (|d| d["kind"] = json!(1), "kind"),
        (|d| d["id"] = json!("7"), "id"),
        (|d| d["id"] = json!("019D3A5E-7C00-7000-8000-000000000001"), "id"),
        (
            |d| d["case"] = json!("d9428888-122b-11e1-b85c-61cd3cbb3210"),
            "case",
        ),
        (|d| d["in_reply_to"] = json!(3), "in_reply_to"),
        (|d| d["from"] = json!("XB"), "from"),
        (|d| d["to"] = json!([]), "to"),
        (|d| d["to"] = json!(vec!["XA/police"; 17]), "to"),
        (|d| d["sent_at"] = json!("yesterday"), "sent_at"),
        (|d| d["body"] = json!("x"), "body"),
        (|d| *d = json!([]), "version"),
    ];
    for (change, field) in shapes {
        let error = refused(change);
        assert!(
            matches!(error, MessageError::Shape(named) if named == field),
            "{field}: {error}"
        );
    }
}

#[test]
fn hostile_bytes_are_refused_quickly() {
    let whole = acknowledgement().to_json();
    for end in 0..whole.len() {
        assert!(Message::read(&whole[..end]).is_err(), "cut at {end}");
    }
    let deep = [b"[".repeat(200_000), b"]".repeat(200_000)].concat();
    assert!(matches!(Message::read(&deep), Err(MessageError::NotJson(_))));
    let nested = tampered(&request(), |d| {
        d["body"]["x"] = (0..100).fold(json!(1), |inner, _| json!([inner]))
    });
    assert!(Message::read(&nested).is_ok());
    let huge = vec![b' '; DOCUMENT_BYTES_MAX + 1];
    assert!(matches!(Message::read(&huge), Err(MessageError::TooLong(_))));
    let long = tampered(&acknowledgement(), |d| {
        d["body"]["reference"] = json!("x".repeat(900_000))
    });
    assert_eq!(
        Message::read(&long).unwrap().nonconformities[0].rule,
        Rule::Limits
    );
    let twice = String::from_utf8(whole)
        .unwrap()
        .replacen("\"version\":1", "\"version\":1,\"version\":1", 1);
    assert!(matches!(
        Message::read(twice.as_bytes()),
        Err(MessageError::NotJson(_))
    ));
    let zones = tampered(&request(), |d| {
        let range = json!({ "from": "2026-03-09T07:41:00[Europe/Bukarest]" });
        d["body"]["data"]["selectors"] = json!(vec![json!({ "type": "ip", "range": range }); 9_000]);
    });
    assert!(Message::read(&zones).unwrap().nonconformities.len() <= 2 * crate::limits::FAULTS_MAX);
    assert!(matches!(
        Message::read(&[0xff, 0xfe]),
        Err(MessageError::NotJson(_))
    ));
}

/// No change of a single byte makes the reader panic, and none of what it takes is mistaken for the original.
#[test]
fn flipped_bytes_are_refused_or_read() {
    let whole = acknowledgement().to_json();
    for index in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[index] ^= 0x01;
        if let Ok(read) = Message::read(&flipped) {
            let is_noticed = read.message != acknowledgement()
                || !read.nonconformities.is_empty()
                || !read.additional.is_empty();
            assert!(is_noticed, "byte {index}");
        }
    }
}

#[test]
fn ids_are_uuids_of_version_7_in_one_spelling() {
    assert_eq!(MessageId::from_bytes(*id(1).as_bytes()).unwrap(), id(1));
    assert_eq!(CaseReference::from(id(1)).opening(), id(1));
    for wrong in [
        "",
        "{019d3a5e-7c00-7000-8000-000000000001}",
        "019d3a5e7c00700080000000000000ff",
    ] {
        assert!(wrong.parse::<MessageId>().is_err(), "{wrong}");
    }
    assert!(MessageId::from_bytes([0; 16]).is_err());
}

#[test]
fn kinds_are_known_by_their_names() {
    for kind in Kind::ALL {
        assert_eq!(kind.as_str().parse::<Kind>().unwrap(), *kind);
        assert!(kind.opens_case() || kind.belongs_to_case());
        assert_eq!(kind.cases().is_empty(), !kind.belongs_to_case());
    }
    assert!(
        "Note"
            .parse::<Kind>()
            .unwrap_err()
            .to_string()
            .contains("preservation-request")
    );
}

/// `[CASE-NUMBER]` The number travels with the request that opens the case, so that both sides say the same
/// one.
#[test]
fn case_number_both_sides_have_the_same() {
    let number: CaseNumber = CaseNumber::new("XA".parse().unwrap(), 2026, 412).unwrap();
    let numbered = request().numbered(number);
    let read = Message::read(&numbered.to_json()).unwrap();
    assert_eq!(
        (read.nonconformities.len(), read.message.number()),
        (0, Some(number))
    );
    assert_eq!(
        crate::examples::case_of(std::slice::from_ref(&numbered)).number,
        Some(number)
    );
    // Only the Party's own number, and only to open a case.
    let foreign = CaseNumber::new("XB".parse().unwrap(), 2026, 412).unwrap();
    assert_eq!(request().numbered(foreign).number(), None);
    assert_eq!(acknowledgement().numbered(foreign).number(), None);
    for wrong in [json!("XA-2026-0412-77"), json!(foreign), json!(412)] {
        let read = Message::read(&tampered(&numbered, |document| {
            document["number"] = wrong.clone()
        }))
        .unwrap();
        assert_eq!(read.message.number(), None);
        assert_eq!(read.nonconformities[0].rule, Rule::CaseNumber);
    }
    let answer = tampered(&acknowledgement(), |document| document["number"] = json!(foreign));
    assert_eq!(
        Message::read(&answer).unwrap().nonconformities[0].rule,
        Rule::CaseNumber
    );
}

/// What the fuzzer begins with: one message of each kind, as it travels.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "rewrites the corpus when asked to; the crate itself has no disk"
)]
fn the_fuzz_corpus_that_is_checked_in_is_read_whole() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/message");
    for kind in Kind::ALL {
        let story = Story::before(*kind).and(&form(*kind));
        let message = story.messages.last().unwrap();
        let path = corpus.join(format!("{kind}.json"));
        if std::env::var_os("OHRID_REGENERATE").is_some() {
            std::fs::write(&path, message.to_json()).unwrap();
            continue;
        }
        assert_eq!(
            std::fs::read(&path).unwrap(),
            message.to_json(),
            "run OHRID_REGENERATE=1 cargo test -p convention checked_in"
        );
    }
}
