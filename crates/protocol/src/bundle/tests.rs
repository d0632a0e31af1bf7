#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::digest::Commitment;
use crate::example::{
    NOW, assert_golden, header, manifest_commitment, police_of_xa, prosecution_of_xb, secretariat, xa,
};

pub(super) fn leaf(index: u64, kind: LeafKind, after_ms: u64) -> Leaf {
    Leaf {
        log: 1,
        index,
        at_ms: UnixMillis(NOW.0 + after_ms),
        kind,
        message: Some(1),
        file: names::leaf(1, index),
        proof: names::proof(1, index),
        directory: 7,
        statement: names::statement(1, kind, 1, index),
        peer: None,
    }
}

fn message() -> Message {
    Message {
        id: header().message,
        from: police_of_xa(),
        to: vec![prosecution_of_xb()],
        direction: Direction::Sent,
        kind: Some("preservation-request".parse().unwrap()),
        sent_at_ms: NOW,
        commitment: header().payload,
        length_bytes: 25,
        content: Some(names::content(1)),
        sealed: Some(names::sealed(1)),
        salt: Some(names::salt(1)),
        session_key: None,
        attachments: Some(Attachments {
            commitment: manifest_commitment(),
            manifest: Some(names::manifest(1)),
            salt: Some(names::manifest_salt(1)),
            files: Vec::new(),
        }),
    }
}

/// A request of XA that XB has received; with a list of attachments, and no attachment.
pub(super) fn example() -> Bundle {
    let peer = PeerLeaf {
        leaf: names::peer_leaf(1, 1, 3),
        proof: names::peer_proof(1, 1, 3),
        witnessed: None,
    };
    let delivered = Leaf {
        peer: Some(peer),
        ..leaf(3, LeafKind::Delivered, 400)
    };
    let left_out = |part, why| LeftOut {
        part,
        message: 1,
        why,
    };
    Bundle {
        format: Format::Bundle,
        version: Version,
        network: "exercise.example.org".to_owned(),
        made_by: Maker {
            party: xa(),
            node: "node.xa.example.org".to_owned(),
        },
        case: CaseName {
            id: header().case,
            opener: xa(),
            reference: "XA-2026-0412-7K".to_owned(),
        },
        state_at_ms: UnixMillis(NOW.0 + 900),
        secretariat: Secretariat {
            threshold: 1,
            keys: vec![secretariat().public()],
        },
        directories: vec![DirectoryFile {
            version: 7,
            file: names::directory(7),
        }],
        logs: vec![Log {
            origin: "node.xa.example.org/ledger/2026".to_owned(),
            size: 5,
            checkpoint: names::checkpoint(1),
            dated_at_ms: UnixMillis(NOW.0 + 900),
            directory: 7,
            is_witnessed: false,
        }],
        leaves: vec![
            leaf(2, LeafKind::Submitted, 0),
            delivered,
            leaf(4, LeafKind::Consigned, 900),
        ],
        messages: vec![message()],
        left_out: vec![
            left_out(Part::SessionKey, Why::Redacted),
            left_out(Part::AttachmentFiles, Why::NotAsked),
        ],
    }
}

#[test]
fn a_table_of_contents_is_as_on_the_first_day() {
    assert_golden!("bundle.json", example().to_json().as_bytes());
    assert_eq!(Bundle::parse(example().to_json().as_bytes()).unwrap(), example());
}

#[test]
fn only_the_one_form_is_read() {
    let text = example().to_json();
    let without_spaces = serde_json::to_string(&example()).unwrap();
    let hostile = [
        String::new(),
        text[..text.len() / 2].to_owned(),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("\u{feff}{text}"),
        without_spaces,
        text.replace("\"version\": 1", "\"version\": 2"),
        text.replace("\"version\": 1", "\"version\": 1.0"),
        text.replace("ohrid-bundle", "ohrid-bundel"),
        text.replacen("\"network\"", "\"network\": \"x\",\n  \"network\"", 1),
        text.replacen("\"network\"", "\"more\": 1,\n  \"network\"", 1),
        text.replace("exercise", "exer\\u0063ise"),
        text.replace("\"XA\"", "\"xa\""),
        text.replace("1795305600900", "17953056009000000"),
        "[".repeat(100_000),
    ];
    for (number, text) in hostile.iter().enumerate() {
        assert!(Bundle::parse(text.as_bytes()).is_err(), "hostile text {number}");
    }
    let too_long = " ".repeat(BUNDLE_JSON_BYTES_MAX + 1);
    assert_eq!(Bundle::parse(too_long.as_bytes()), Err(BundleError::TooLong));
}

/// Which kind of fault it is, and where, without any of the content.
#[test]
fn what_is_wrong_is_told_in_its_words() {
    let text = example().to_json();
    let wrong = [
        (
            text.replace("\"XA\"", "\"xa\""),
            "not a field or value that can stand here",
        ),
        (text[..text.len() / 2].to_owned(), "the text ends too early"),
        (text.replacen(':', ";", 1), "not JSON"),
    ];
    for (text, expected) in wrong {
        let Err(BundleError::Shape { what, .. }) = Bundle::parse(text.as_bytes()) else {
            panic!("{expected}");
        };
        assert_eq!(what, expected);
    }
}

/// A commitment has 64 digits, and no odd one behind them.
#[test]
fn a_commitment_has_exactly_64_digits() {
    let (text, digits) = (example().to_json(), header().payload.to_string());
    assert_eq!(digits.len(), 64);
    for wrong in [
        format!("{digits}0"),
        digits[1..].to_owned(),
        format!("{digits}00"),
        digits[2..].to_owned(),
    ] {
        let text = text.replace(&digits, &wrong);
        assert!(
            matches!(Bundle::parse(text.as_bytes()), Err(BundleError::Shape { .. })),
            "{wrong}"
        );
    }
}

#[test]
fn what_flips_in_it_never_gives_a_second_text() {
    let text = example().to_json();
    for place in 0..text.len() {
        for bit in [0, 3, 5] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            if let Ok(bundle) = Bundle::parse(&bytes) {
                assert_eq!(bundle.to_json().as_bytes(), bytes, "byte {place}, bit {bit}");
            }
        }
    }
}

#[test]
fn parts_that_contradict_each_other_are_refused() {
    type Change = fn(&mut Bundle);
    let changes: &[(&str, Change)] = &[
        ("network", |bundle| bundle.network.push('\n')),
        ("secretariat", |bundle| bundle.secretariat.threshold = 2),
        ("secretariat", |bundle| bundle.secretariat.keys.clear()),
        ("state_at_ms", |bundle| bundle.state_at_ms.0 += 1),
        ("directories", |bundle| bundle.directories.clear()),
        ("directories", |bundle| {
            bundle.directories[0].file = names::directory(8)
        }),
        ("logs[0]", |bundle| bundle.logs[0].directory = 8),
        ("logs[0]", |bundle| {
            bundle.logs[0].checkpoint = names::checkpoint(2)
        }),
        ("logs[1]", |bundle| {
            let mut log = bundle.logs[0].clone();
            log.origin.push('7');
            log.checkpoint = names::checkpoint(2);
            bundle.logs.push(log);
        }),
        ("leaves[0]", |bundle| bundle.leaves[0].log = 0),
        ("leaves[0]", |bundle| bundle.leaves[0].log = 2),
        ("leaves[2]", |bundle| bundle.logs[0].size = 4),
        ("leaves[0]", |bundle| bundle.leaves[0].file = names::leaf(1, 3)),
        ("leaves[0]", |bundle| bundle.leaves[0].message = None),
        ("leaves[0]", |bundle| bundle.leaves[0].message = Some(2)),
        ("leaves[0]", |bundle| bundle.leaves[0].statement = None),
        ("leaves[0]", |bundle| bundle.leaves[0].kind = LeafKind::Retrieved),
        ("leaves[1]", |bundle| bundle.leaves[1].peer = None),
        ("leaves", |bundle| bundle.leaves.swap(0, 1)),
        ("messages[0]", |bundle| bundle.messages[0].to.clear()),
        ("messages[0]", |bundle| {
            bundle.messages[0].direction = Direction::Received
        }),
        ("messages[0]", |bundle| bundle.messages[0].salt = None),
        ("messages[0]", |bundle| {
            bundle.messages[0].content = Some(names::sealed(1))
        }),
        ("messages[0]", |bundle| {
            let file = names::attachment(2, 1, "a.pdf");
            let files = &mut bundle.messages[0].attachments.as_mut().unwrap().files;
            files.push(AttachmentFile { number: 1, file });
        }),
        ("messages", |bundle| {
            let mut message = bundle.messages[0].clone();
            message.content = Some(names::content(2));
            message.sealed = Some(names::sealed(2));
            message.salt = Some(names::salt(2));
            message.attachments = None;
            bundle.messages.push(message);
        }),
        ("left_out", |bundle| {
            bundle.left_out.retain(|one| one.part != Part::SessionKey)
        }),
        ("left_out", |bundle| bundle.left_out[1].message = 2),
        ("left_out", |bundle| bundle.left_out.swap(0, 1)),
        ("left_out", |bundle| bundle.messages[0].content = None),
    ];
    for (number, (place, change)) in changes.iter().enumerate() {
        let mut bundle = example();
        change(&mut bundle);
        let broken = bundle.check().expect_err("a contradiction");
        assert_eq!(broken.place, *place, "change {number}: {broken}");
        assert!(Bundle::parse(bundle.to_json().as_bytes()).is_err());
    }
}

#[test]
fn an_erasure_notice_speaks_of_no_message() {
    let mut bundle = example();
    let notice = Leaf {
        message: None,
        ..leaf(4, LeafKind::ErasureNotice, 900)
    };
    bundle.leaves[2] = notice;
    assert_eq!(bundle.check(), Ok(()));
}

#[test]
fn every_file_that_is_named_is_listed_once() {
    let bundle = example();
    // A directory, a checkpoint, two for each leaf, three statements, two of the peer's, five of the message.
    assert_eq!(bundle.files().len(), 1 + 1 + 6 + 3 + 2 + 5);
    assert_eq!(bundle.folder_name(), "XA-2026-0412-7K");
    assert_ne!(bundle.messages[0].commitment, Commitment::from_bytes([0; 32]));
}
