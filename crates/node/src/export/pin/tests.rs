#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledger::SigningKey;
use ledger::hash::leaf_hash;
use ledger::note::NoteSigner;
use ledger::tree::Edge;
use protocol::receipt::SignedCheckpoint;

use super::*;

fn pin() -> Pin {
    let signer = NoteSigner::new(
        "node.xa.example.org/ledger/2026",
        SigningKey::from_bytes(&[7; 32]),
    )
    .unwrap();
    let mut edge = Edge::new();
    edge.append(leaf_hash(b"first"));
    Pin {
        note: SignedCheckpoint::sign(1, edge.root(), &signer).note(),
        dated_at: UnixMillis(1_795_305_600_900),
        directory: 7,
    }
}

#[test]
fn a_pin_is_read_as_it_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(
        &folder.path().join("exports"),
        "case@XA",
        "node.xa.example.org/ledger/2026",
        4711,
    );
    assert_eq!(read(&file), None);
    keep(&file, &pin()).unwrap();
    assert_eq!(read(&file), Some(pin()));
    assert_eq!(pin().head().unwrap().size, 1);
}

#[test]
fn a_damaged_pin_is_none() {
    let text = pin().text();
    assert!(Pin::parse(&text).is_some());
    for length in 0..text.len() {
        if let Some(start) = text.get(..length) {
            assert_ne!(Pin::parse(start), Some(pin()));
        }
    }
    for other in [
        text.replace("pin 1", "pin 2"),
        text.replace("directory 7", "directory 07"),
        text.replace("directory 7", "directory 7\nmore 1"),
        text.replace("ms 1", "ms +1"),
    ] {
        assert_eq!(Pin::parse(&other), None, "{other}");
    }
}
