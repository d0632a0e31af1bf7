#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A leaf has one form for ever.

use ledger::note::VerifierKey;
use proptest::prelude::*;

use super::*;
use crate::decode::Fault;
use crate::example::*;
use crate::limits::{ERASED_ENTRIES_MAX, LEAF_BYTES_MAX, SIGNED_BYTES_MAX};

const AT: UnixMillis = UnixMillis(NOW.0 + 400);

fn actor() -> ActorId {
    ActorId::from_bytes([0x0f; 16])
}

fn inbox_key() -> InboxKey {
    InboxKey {
        from: xa(),
        message: header().message,
        to: prosecution_of_xb(),
    }
}

fn signed_rejection() -> SignedRejection {
    SignedRejection::sign(&rejection(), &key_of_xb())
}

fn ledger_key(seed: u8) -> VerifierKey {
    crate::verifier::ledger_key("node.xa.example.org/ledger/2026", &[seed; 32]).unwrap()
}

/// One of each kind, and two that have less in them than they could.
pub(crate) fn all() -> Vec<Entry> {
    [with_statements(), without_statements()].concat()
}

fn with_statements() -> Vec<Entry> {
    let report = SignedConsignment::sign(&consignment(), &key_of_xb());
    let (rejection, key) = (signed_rejection(), Some(inbox_key()));
    vec![
        Entry::Submitted {
            at: AT,
            actor: actor(),
            header: signed_header(),
        },
        Entry::Received {
            at: AT,
            header: signed_header(),
            commit_size: 4,
        },
        Entry::Delivered {
            at: AT,
            receipt: signed_receipt(),
        },
        Entry::Consigned {
            at: AT,
            side: Side::Issued,
            report,
            expires_at: NOW.plus(DAY),
        },
        Entry::Completed {
            at: AT,
            side: Side::Issued,
            statement: SignedCompletion::sign(&completion(), &key_of_xb()),
            expires_at: NOW.plus(DAY),
        },
        Entry::Rejected {
            at: AT,
            side: Side::Issued,
            rejection: rejection.clone(),
            key,
        },
        Entry::Rejected {
            at: AT,
            side: Side::Received,
            rejection,
            key: None,
        },
    ]
}

fn without_statements() -> Vec<Entry> {
    let (message, item) = (header().message, signed_header().digest());
    vec![
        Entry::ReportDelivered {
            at: AT,
            report: Digest::of(b"report"),
            message,
        },
        Entry::CompletionDelivered {
            at: AT,
            statement: Digest::of(b"completion"),
            message,
        },
        Entry::Retrieved {
            at: AT,
            message,
            actor: actor(),
        },
        Entry::Approved {
            at: AT,
            message,
            actor: actor(),
        },
        Entry::Expired {
            at: AT,
            item,
            message,
            to: prosecution_of_xb(),
        },
    ]
    .into_iter()
    .chain(of_the_node())
    .collect()
}

/// Facts of the node itself.
fn of_the_node() -> Vec<Entry> {
    let (old, new) = (key_of_xa().id(), key_of_xb().id());
    let (entries, basis) = (vec![3, 70_000], "retention".parse().unwrap());
    let message = header().message;
    vec![
        Entry::DirectoryAccepted {
            at: AT,
            version: 7,
            digest: Digest::of(b"directory"),
        },
        Entry::KeyChanged {
            at: AT,
            old: Some(old),
            new,
        },
        Entry::KeyChanged {
            at: AT,
            old: None,
            new,
        },
        Entry::LedgerKeyChanged {
            at: AT,
            old: Box::new(ledger_key(7)),
            new: Box::new(ledger_key(8)),
        },
        Entry::PeerCheckpointSeen {
            at: AT,
            peer: xb(),
            note: "a note\n".to_owned(),
        },
        Entry::ErasureNotice {
            at: AT,
            entries,
            basis,
            actor: actor(),
        },
        Entry::SentAlone {
            at: AT,
            message,
            actor: actor(),
        },
        Entry::ErasureOrdered {
            at: AT,
            case: header().case,
            basis: "court-order".parse().unwrap(),
            actor: actor(),
            approver: ActorId::from_bytes([0x1f; 16]),
        },
        Entry::HoldChanged {
            at: AT,
            case: header().case,
            basis: "appeal".parse().unwrap(),
            actor: actor(),
            hold: Hold::Placed,
        },
        Entry::HoldChanged {
            at: AT,
            case: header().case,
            basis: "appeal".parse().unwrap(),
            actor: actor(),
            hold: Hold::Released,
        },
        log_begun("node.xa.example.org/ledger/2027", Some("a cosigned note\n")),
        log_begun("node.xa.example.org/ledger/2027", None),
    ]
}

fn log_begun(new: &str, witnessed: Option<&str>) -> Entry {
    Entry::LogBegun {
        at: AT,
        position: 70_000,
        last: "a note\n".to_owned(),
        old: Box::new(ledger_key(7)),
        new: Box::new(crate::verifier::ledger_key(new, &[7; 32]).unwrap()),
        witnessed: witnessed.map(str::to_owned),
    }
}

#[test]
fn a_log_is_followed_by_one_of_another_origin() {
    let same = log_begun("node.xa.example.org/ledger/2026", None);
    assert!(Entry::decode(&same.encode()).is_err());
    assert!(!begins_log(&same.encode()));
}

#[test]
fn only_one_kind_of_leaf_begins_a_log() {
    for entry in all() {
        let leaf = entry.encode();
        assert_eq!(
            begins_log(&leaf),
            matches!(entry, Entry::LogBegun { .. }),
            "{entry:?}"
        );
        // What cannot be read begins nothing.
        assert!(!begins_log(&leaf[..leaf.len() - 1]));
    }
    assert!(!begins_log(&[]));
}

#[test]
fn a_ledger_key_is_followed_by_another_one_of_the_same_ledger() {
    let other = |name: &str, seed| crate::verifier::ledger_key(name, &[seed; 32]).unwrap();
    let witness = crate::verifier::witness_key("node.xa.example.org/ledger/2026", &[8; 32]).unwrap();
    for new in [
        ledger_key(7),
        other("node.xb.example.org/ledger/2026", 8),
        witness,
    ] {
        let leaf = Entry::LedgerKeyChanged {
            at: AT,
            old: Box::new(ledger_key(7)),
            new: Box::new(new),
        };
        assert!(Entry::decode(&leaf.encode()).is_err());
    }
}

fn retrieved() -> Vec<u8> {
    Entry::Retrieved {
        at: AT,
        message: header().message,
        actor: actor(),
    }
    .encode()
}

#[test]
fn leaves_are_as_on_the_first_day() {
    let leaves: Vec<Vec<u8>> = all().iter().map(Entry::encode).collect();
    assert_golden!("entry-submitted.cbor", &leaves[0]);
    assert_golden!("entry-received.cbor", &leaves[1]);
    assert_golden!("entry-delivered.cbor", &leaves[2]);
    assert_golden!("entry-consigned.cbor", &leaves[3]);
    assert_golden!("entry-report-delivered.cbor", &leaves[7]);
    assert_golden!("entry-retrieved.cbor", &leaves[9]);
    assert_golden!("entry-approved.cbor", &leaves[10]);
    assert_golden!("entry-rejected.cbor", &leaves[5]);
    assert_golden!("entry-expired.cbor", &leaves[11]);
    assert_golden!("entry-directory-accepted.cbor", &leaves[12]);
    assert_golden!("entry-key-changed.cbor", &leaves[13]);
    assert_golden!("entry-ledger-key-changed.cbor", &leaves[15]);
    assert_golden!("entry-peer-checkpoint-seen.cbor", &leaves[16]);
    assert_golden!("entry-erasure-notice.cbor", &leaves[17]);
    assert_golden!("entry-completed.cbor", &leaves[4]);
    assert_golden!("entry-completion-delivered.cbor", &leaves[8]);
    assert_golden!("entry-sent-alone.cbor", &leaves[18]);
    assert_golden!("entry-erasure-ordered.cbor", &leaves[19]);
    assert_golden!("entry-hold-changed.cbor", &leaves[20]);
    assert_golden!("entry-log-begun.cbor", &leaves[22]);
}

#[test]
fn every_kind_survives_in_its_only_form() {
    for entry in all() {
        let leaf = entry.encode();
        assert_eq!(Entry::decode(&leaf).as_ref(), Ok(&entry));
        assert_eq!(entry.at(), AT);
        assert_only_the_whole(&leaf, |bytes| Entry::decode(bytes).is_ok());
        assert_canonical_when_flipped(&leaf, |bytes| {
            Entry::decode(bytes).ok().map(|entry| entry.encode())
        });
    }
}

#[test]
fn an_unknown_kind_or_version_is_named() {
    let mut leaf = retrieved();
    leaf[4] = 23;
    assert_eq!(Entry::decode(&leaf).unwrap_err().fault, Fault::UnknownKind(23));
    leaf[2] = 2;
    assert_eq!(Entry::decode(&leaf).unwrap_err().fault, Fault::UnknownVersion(2));
}

/// Leaves are ours: nothing in them is passed over.
#[test]
fn a_leaf_has_no_advisory_labels() {
    let mut leaf = retrieved();
    leaf[0] += 1;
    leaf.extend_from_slice(&[0x20, 0x00]);
    assert!(matches!(
        Entry::decode(&leaf).unwrap_err().fault,
        Fault::BadValue(_)
    ));
}

#[test]
fn what_is_built_within_limits_fits_a_leaf() {
    let largest = SignedHeader::from_bytes(&vec![0; SIGNED_BYTES_MAX]).unwrap();
    let received = Entry::Received {
        at: AT,
        header: largest,
        commit_size: u64::MAX,
    };
    let entries: Vec<u64> = (u64::MAX - ERASED_ENTRIES_MAX as u64 + 1..=u64::MAX).collect();
    let basis: Code = "retention".parse().unwrap();
    let erased = Entry::ErasureNotice {
        at: AT,
        entries,
        basis: basis.clone(),
        actor: actor(),
    };
    for entry in [received, erased] {
        let leaf = entry.encode();
        assert!(leaf.len() <= LEAF_BYTES_MAX);
        assert_eq!(Entry::decode(&leaf), Ok(entry));
    }
    let entries = (0..=ERASED_ENTRIES_MAX as u64).collect();
    let too_many = Entry::ErasureNotice {
        at: AT,
        entries,
        basis: basis.clone(),
        actor: actor(),
    };
    let fault = Entry::decode(&too_many.encode()).unwrap_err().fault;
    assert_eq!(fault, Fault::TooLong(ERASED_ENTRIES_MAX));
    let twice = Entry::ErasureNotice {
        at: AT,
        entries: vec![3, 3],
        basis,
        actor: actor(),
    };
    assert!(matches!(
        Entry::decode(&twice.encode()).unwrap_err().fault,
        Fault::BadValue(_)
    ));
    let error = Entry::decode(&vec![0; LEAF_BYTES_MAX + 1]).unwrap_err();
    assert_eq!(error.fault, Fault::TooLong(LEAF_BYTES_MAX));
}

/// `[LEAF-PRIVACY]`: no leaf holds salt or payload, and officers are numbers.
#[test]
fn no_leaf_holds_content() {
    for entry in all() {
        let leaf = entry.encode();
        let holds = |part: &[u8]| leaf.windows(part.len()).any(|window| window == part);
        assert!(
            !holds(payload().salt.as_bytes()) && !holds(&payload().bytes[..8]),
            "{entry:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_decodes_encodes_to_the_same_bytes(
        kind in 0_usize..24,
        places in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut leaf = all()[kind].encode();
        for (place, byte) in places {
            let place = place.index(leaf.len());
            leaf[place] = byte;
        }
        if let Ok(entry) = Entry::decode(&leaf) {
            prop_assert_eq!(entry.encode(), leaf);
        }
    }

    #[test]
    fn garbage_is_refused_without_a_panic(bytes: Vec<u8>) {
        prop_assert!(Entry::decode(&bytes).is_err());
    }
}
