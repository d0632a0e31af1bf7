#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::completion::{Completion, SignedCompletion};
use protocol::digest::Commitment;
use protocol::ids::ActorId;
use protocol::key::EnvelopeKey;

use crate::check::check_ledger;
use crate::report::{Report, Verdict};
use crate::sample::{Network, Sample, at, message, no_digest, party};
use crate::trust::Sources;
use protocol::directory::Period;
use protocol::entry::{Entry, Side};

/// Checks a ledger that is XA's, correct in its hashes and its checkpoint, with these entries.
fn check(network: &Network, entries: &[Entry]) -> Report {
    let sample = Sample::new(network, entries);
    check_ledger(&sample.export(), &Sources::default())
}

/// A log that signs what its Party should never have recorded: the tree is right, the entry is not.
fn assert_found(network: &Network, mut entries: Vec<Entry>, index: u64, reason: &str) {
    let at_index = usize::try_from(index).unwrap();
    let report = check(network, &entries);
    assert_eq!(report.verdict(), Verdict::Invalid, "{report}");
    assert_eq!(report.first_bad_index(), Some(index), "{report}");
    assert!(
        report.to_string().contains(reason),
        "{reason:?} is not in {report}"
    );
    // Nothing but this entry is wrong.
    entries[at_index] = Entry::KeyChanged {
        at: at(0),
        old: None,
        new: network.xa.envelope.id(),
    };
    assert_eq!(check(network, &entries).verdict(), Verdict::Valid);
}

fn submitted(header: protocol::envelope::SignedHeader) -> Entry {
    Entry::Submitted {
        at: at(1),
        actor: ActorId::from_bytes([1; 16]),
        header,
    }
}

#[test]
fn headers_of_others_are_not_ours_to_send_or_receive() {
    let network = Network::new();
    let (xa, xb) = (&network.xa, &network.xb);
    let not_ours = submitted(xb.header(xa, 9, None));
    assert_found(&network, vec![not_ours], 0, "not sent by this ledger's Party");
    let not_to_us = Entry::Received {
        at: at(1),
        header: xa.header(xb, 9, None),
        commit_size: 1,
    };
    assert_found(
        &network,
        vec![not_to_us],
        0,
        "not addressed to this ledger's Party",
    );
}

#[test]
fn statements_signed_by_another_key_than_they_name_are_found() {
    let network = Network::new();
    let (xa, xb) = (&network.xa, &network.xb);
    let sent = xa.header(xb, 1, None);
    // The signature of one header under the text of another.
    let mut forged = xa.header(xb, 2, None).as_bytes().to_vec();
    let signature = sent.as_bytes().len() - 64;
    forged.truncate(forged.len() - 64);
    forged.extend_from_slice(&sent.as_bytes()[signature..]);
    let forged = protocol::envelope::SignedHeader::from_bytes(&forged).unwrap();
    assert_found(&network, vec![submitted(forged)], 0, "the envelope: ");
    let issued = |rejection| Entry::Rejected {
        at: at(3),
        side: Side::Issued,
        rejection,
        key: None,
    };
    let report = check(&network, &[issued(xb.rejection(&sent, 1))]);
    assert_ne!(
        report.verdict(),
        Verdict::Valid,
        "XB's rejection as one of XA's: {report}"
    );
}

/// `[TRANSFER]` The final receipt for attachments is a statement like the others.
#[test]
fn completions_are_by_whom_they_name_and_concern_us() {
    let network = Network::new();
    let (xa, xb) = (&network.xa, &network.xb);
    let sent = xa.header(xb, 1, None);
    let statement = |from: &str, key| {
        let completion = Completion {
            message: message(1),
            from: party(from),
            to: sent.peek().unwrap().0.to,
            envelope: sent.digest(),
            manifest: Commitment::from_bytes([7; 32]),
            completed_at: at(50),
        };
        SignedCompletion::sign(&completion, key)
    };
    let completed = |side, statement| Entry::Completed {
        at: at(51),
        side,
        statement,
        expires_at: at(51),
    };
    let good = completed(Side::Received, statement("XA", &xb.envelope));
    let report = check(&network, &[good]);
    assert_eq!(
        (report.verdict(), report.signatures_valid > 0),
        (Verdict::Valid, true),
        "{report}"
    );
    let not_to_us = completed(Side::Received, statement("XB", &xb.envelope));
    assert_found(&network, vec![not_to_us], 0, "does not concern");
    let not_ours = completed(Side::Issued, statement("XA", &xb.envelope));
    assert_found(&network, vec![not_ours], 0, "does not concern");
    let mut forged = statement("XA", &xb.envelope).as_bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = SignedCompletion::from_bytes(&forged).unwrap();
    assert_found(
        &network,
        vec![completed(Side::Received, forged)],
        0,
        "the completion: ",
    );
}

#[test]
fn a_receipt_needs_its_envelope() {
    let network = Network::new();
    let (xa, xb) = (&network.xa, &network.xb);
    let sent = xa.header(xb, 1, None);
    let delivered = |header: &protocol::envelope::SignedHeader| Entry::Delivered {
        at: at(3),
        receipt: xb.receipt(header, at(2)),
    };
    assert_found(
        &network,
        vec![submitted(sent.clone()), delivered(&xa.header(xb, 2, None))],
        1,
        "no earlier entry",
    );
    assert_found(
        &network,
        vec![delivered(&sent), submitted(sent.clone())],
        0,
        "no earlier entry",
    );
    let report = check(&network, &[submitted(sent.clone()), delivered(&sent)]);
    assert_eq!((report.verdict(), report.receipts_proven), (Verdict::Valid, 1));
}

#[test]
fn a_receipt_without_a_proof_that_holds_is_found() {
    let network = Network::new();
    let (xa, xb) = (&network.xa, &network.xb);
    let sent = xa.header(xb, 1, None);
    let edge = ledger::tree::Edge::new();
    let batch = ledger::tree::Batch::new(&edge, vec![ledger::hash::leaf_hash(b"another leaf")]);
    let checkpoint = protocol::receipt::SignedCheckpoint::sign(1, batch.root_after(), &xb.ledger);
    let proof = batch.prove_inclusion(0).unwrap();
    let receipt =
        protocol::receipt::SignedReceipt::issue(&sent, at(2), proof, &checkpoint, &xb.envelope).unwrap();
    let entries = vec![submitted(sent), Entry::Delivered { at: at(3), receipt }];
    assert_found(&network, entries, 1, "proof");
}

#[test]
fn a_key_that_was_not_valid_then_is_invalid_and_an_unknown_one_could_not_be_checked() {
    let mut network = Network::new();
    let header = network.xa.header(&network.xb, 5, None);
    let entries = [submitted(header)];
    let xa = party("XA");
    let keys = &mut network.directory.parties.get_mut(&xa).unwrap().envelope_keys;
    keys[0].valid_until = Some(at(3));
    let report = check(&network, &entries);
    assert_eq!(
        report.verdict(),
        Verdict::Invalid,
        "the message was sent at 5: {report}"
    );

    let keys = &mut network.directory.parties.get_mut(&xa).unwrap().envelope_keys;
    let other = protocol::key::EnvelopeKey::from_seed(&[77; 32]).public();
    *keys = vec![Period {
        value: other,
        valid_from: at(0),
        valid_until: None,
    }];
    let report = check(&network, &entries);
    assert_eq!(report.verdict(), Verdict::CouldNotCheck, "{report}");
}

/// Each signature is judged by the key of its own time, after any number of changes: what was signed with a
/// key before its first day, or after its last, is invalid, though the directory knows the key.
#[test]
fn each_signature_is_judged_by_the_key_of_its_time_rotation() {
    const CHANGES: u64 = 6;
    let mut network = Network::new();
    let key = |number: u64| EnvelopeKey::from_seed(&[100 + u8::try_from(number).unwrap(); 32]);
    let keys = &mut network
        .directory
        .parties
        .get_mut(&party("XA"))
        .unwrap()
        .envelope_keys;
    // Ten milliseconds each, the last one without end.
    *keys = (0..CHANGES)
        .map(|number| Period {
            value: key(number).public(),
            valid_from: at(number * 10),
            valid_until: (number + 1 < CHANGES).then(|| at((number + 1) * 10)),
        })
        .collect();
    let mut signed_by = |number: u64, sent_at: u8| {
        network.xa.envelope = key(number);
        submitted(network.xa.header(&network.xb, sent_at, None))
    };
    let good: Vec<Entry> = (0..CHANGES)
        .map(|number| signed_by(number, u8::try_from(number * 10 + 5).unwrap()))
        .collect();
    let too_early = signed_by(3, 29);
    let too_late = signed_by(3, 40);
    let long_ago = signed_by(0, 59);
    let report = check(&network, &good);
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    assert_eq!(report.signatures_valid, CHANGES + 1);
    for bad in [too_early, too_late, long_ago] {
        let mut entries = good.clone();
        entries[2] = bad;
        let report = check(&network, &entries);
        assert_eq!(report.verdict(), Verdict::Invalid, "{report}");
        assert_eq!(report.first_bad_index(), Some(2));
        assert_eq!(report.findings_total(), 1);
        assert!(report.to_string().contains("valid then"), "{report}");
    }
}

#[test]
fn a_peers_checkpoint_needs_the_peers_ledger_key() {
    let network = Network::new();
    let seen = |peer, note| Entry::PeerCheckpointSeen {
        at: at(1),
        peer,
        note,
    };
    let mut note = network.xb.early_checkpoint();
    assert_eq!(
        check(&network, &[seen(party("XB"), note.clone())]).verdict(),
        Verdict::Valid
    );
    note = note.replace("\n2\n", "\n3\n");
    assert_found(
        &network,
        vec![seen(party("XB"), note)],
        0,
        "not signed by a ledger key of XB",
    );
    let report = check(&network, &[seen(party("XC"), network.xb.early_checkpoint())]);
    assert_eq!(
        report.verdict(),
        Verdict::CouldNotCheck,
        "XC is not in the directory: {report}"
    );
}

#[test]
fn entries_that_contradict_their_place_are_found() {
    let network = Network::new();
    let received = |commit_size| Entry::Received {
        at: at(1),
        header: network.xb.header(&network.xa, 3, None),
        commit_size,
    };
    for commit_size in [0, 2] {
        assert_found(&network, vec![received(commit_size)], 0, "never had the size");
    }
    let actor = ActorId::from_bytes([1; 16]);
    let notice = Entry::ErasureNotice {
        at: at(1),
        entries: vec![0],
        basis: "order".parse().unwrap(),
        actor,
    };
    assert_found(&network, vec![notice], 0, "come after it");
    let fork = Entry::DirectoryAccepted {
        at: at(1),
        version: 1,
        digest: no_digest(),
    };
    assert_found(&network, vec![fork], 0, "another one of the same version");
}

#[test]
fn a_leaf_that_is_no_entry_is_found() {
    let network = Network::new();
    for leaf in [&b""[..], b"\x00", b"not an entry", &[0xff; 300]] {
        let mut leaves: Vec<Vec<u8>> = network.entries().iter().map(Entry::encode).collect();
        leaves.push(leaf.to_vec());
        let sample = Sample::of_leaves(&network, &leaves);
        let report = check_ledger(&sample.export(), &Sources::default());
        assert_eq!(report.verdict(), Verdict::Invalid);
        assert_eq!(report.first_bad_index(), Some(13), "{report}");
    }
}
