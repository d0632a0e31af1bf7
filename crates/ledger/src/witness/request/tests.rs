#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::head::tests::TestLog;
use crate::proof::prove_consistency;
use crate::proof::tests::node_reader;

fn golden() -> AddCheckpoint {
    let log = TestLog::new(8);
    let proof = prove_consistency(5, 8, &mut node_reader(&log.leaves)).unwrap();
    AddCheckpoint::new(5, proof, &log.head(8)).unwrap()
}

#[test]
fn a_request_is_printed_and_read_again() {
    let text = golden().to_string();
    assert!(text.starts_with("old 5\n"));
    let parsed = AddCheckpoint::parse(text.as_bytes()).unwrap();
    assert_eq!(parsed, golden());
    assert_eq!((parsed.old_size(), parsed.new_size()), (5, 8));
    assert_eq!(parsed.origin(), "node.example/ledger");

    let first = AddCheckpoint::new(0, ConsistencyProof { hashes: vec![] }, &TestLog::new(8).head(8)).unwrap();
    assert!(first.to_string().starts_with("old 0\n\nnode.example/ledger\n8\n"));
    assert_eq!(AddCheckpoint::parse(first.to_string().as_bytes()).unwrap(), first);
}

/// The example of c2sp.org/tlog-witness (its checkpoint with one of its two signatures).
#[test]
fn the_request_of_the_specification_is_read() {
    let text = concat!(
        "old 20852014\n",
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n",
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n",
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n",
        "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n",
        "\n",
        "example.com/behind-the-sofa\n",
        "20852163\n",
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "\n",
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGz",
        "Gku9nTo+zyWE+xeMcTOAYQ8=\n",
    );
    let request = AddCheckpoint::parse(text.as_bytes()).unwrap();
    assert_eq!((request.old_size(), request.new_size()), (20_852_014, 20_852_163));
    assert_eq!(request.to_string(), text);
}

#[test]
fn hostile_requests_are_refused_by_name() {
    use AddCheckpointDecodeError as Error;
    let text = golden().to_string();
    let hash = text.lines().nth(1).unwrap().to_owned() + "\n";
    let hostile = [
        ("empty", String::new(), Error::BadOldSize),
        ("no line", "old 5".to_owned(), Error::BadOldSize),
        ("leading zero", text.replace("old 5", "old 05"), Error::BadOldSize),
        ("sign", text.replace("old 5", "old +5"), Error::BadOldSize),
        ("two spaces", text.replace("old 5", "old  5"), Error::BadOldSize),
        ("space after", text.replace("old 5", "old 5 "), Error::BadOldSize),
        ("upper case", text.replace("old 5", "OLD 5"), Error::BadOldSize),
        ("no old", text.replace("old 5", "5"), Error::BadOldSize),
        (
            "above 2^63 - 1",
            text.replace("old 5", "old 9223372036854775808"),
            Error::BadOldSize,
        ),
        ("carriage returns", text.replace('\n', "\r\n"), Error::BadOldSize),
        (
            "old above new",
            text.replace("old 5", "old 9"),
            Error::OldSizeTooGreat,
        ),
        (
            "hash not canonical",
            text.replacen("=\n", "\n", 1),
            Error::BadProof,
        ),
        (
            "hash too short",
            text.replacen(&hash, "AAAA\n", 1),
            Error::BadProof,
        ),
        ("no empty line", text.replacen("\n\n", "\n", 1), Error::BadProof),
        ("cut in the proof", text[..30].to_owned(), Error::BadProof),
        (
            "64 hashes",
            text.replacen(&hash, &hash.repeat(64), 1),
            Error::BadProof,
        ),
        (
            "oversized",
            format!("{text}{}", "x".repeat(MAX_ADD_CHECKPOINT_BYTES)),
            Error::TooLong,
        ),
        (
            "no signature",
            text[..=text.rfind("\n\n").unwrap() + 1].to_owned(),
            Error::BadNote(NoteDecodeError::NoSignature),
        ),
        (
            "no checkpoint",
            text.replace("\n8\n", "\neight\n"),
            Error::BadCheckpoint(CheckpointDecodeError::BadSize),
        ),
    ];
    for (name, text, expected) in hostile {
        assert_eq!(AddCheckpoint::parse(text.as_bytes()), Err(expected), "{name}");
    }
    assert_eq!(AddCheckpoint::parse(b"\xff"), Err(Error::NotUtf8));
}

#[test]
fn requests_that_no_witness_would_read_are_not_made() {
    let head = TestLog::new(3).head(3);
    let proof = |count| ConsistencyProof {
        hashes: vec![head.checkpoint().root; count],
    };
    assert_eq!(AddCheckpoint::new(4, proof(0), &head), Err(AddCheckpointError));
    assert_eq!(AddCheckpoint::new(2, proof(64), &head), Err(AddCheckpointError));
    assert!(AddCheckpoint::new(2, proof(63), &head).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_parses_prints_the_same(at in 0usize..400, byte: u8, cut in 0usize..400) {
        let mut bytes = golden().to_string().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if cut < 50 {
            bytes.truncate(bytes.len() - cut);
        }
        if let Ok(request) = AddCheckpoint::parse(&bytes) {
            prop_assert_eq!(request.to_string().into_bytes(), bytes);
        }
    }
}
