//! Keys change; what was signed once stays as it was, byte for byte `[IDEMPOTENT]`.

use std::time::Duration;

use ed25519_dalek::SigningKey;
use ledger::note::NoteSigner;

use super::machine::{Finished, Machine};
use super::parties::{
    START, envelope_key, identity, ledger_signer, office, signed_header, submission, xa, xb,
};
use crate::consignment::{Consignment, SignedConsignment, Verdict};
use crate::directory::{Directory, Period, UnknownKey};
use crate::entry::Entry;
use crate::envelope::Priority::Routine;
use crate::envelope::SignedHeader;
use crate::exchange::{
    Event, Former, FormerKeys, Identity, PutOff, RecordError, Request, Settings, StreamId, Submission,
};
use crate::frame::Frame;
use crate::key::EnvelopeKey;
use crate::receipt::{ReceiptError, SignedReceipt};
use crate::rejection::{Rejection, RejectionReason, SignedRejection};
use crate::statement::NotAuthentic;
use crate::time::UnixMillis;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn frame(submission: &Submission) -> Frame {
    Frame::Envelope {
        header: signed_header(submission),
        payload: submission.payload.clone(),
    }
}

fn new_envelope_key() -> EnvelopeKey {
    EnvelopeKey::from_seed(&[0x51; 32])
}

fn new_ledger_signer() -> NoteSigner {
    let name = ledger_signer(xb()).name().to_owned();
    NoteSigner::new(&name, SigningKey::from_bytes(&[0x52; 32])).unwrap()
}

/// What others know: the new keys from one minute on, the old ones until the end of an hour.
fn directory() -> Directory {
    let mut directory = super::parties::directory();
    let record = directory.parties.get_mut(&xb()).unwrap();
    record.envelope_keys[0].valid_until = Some(START.plus(HOUR));
    record.ledger_keys[0].valid_until = Some(START.plus(HOUR));
    let valid_from = START.plus(MINUTE);
    record.envelope_keys.push(Period {
        value: new_envelope_key().public(),
        valid_from,
        valid_until: None,
    });
    record.ledger_keys.push(Period {
        value: new_ledger_signer().verifier_key().clone(),
        valid_from,
        valid_until: None,
    });
    directory
}

fn machine() -> Machine {
    Machine::new(xb(), directory(), START, Settings::default())
}

fn change_both(machine: &mut Machine, now: UnixMillis) {
    machine
        .exchange
        .change_envelope_key(now, new_envelope_key())
        .unwrap();
    machine
        .exchange
        .change_ledger_key(now, new_ledger_signer())
        .unwrap();
    machine.drain();
}

/// As a node finds its keys at its start: from the leaves.
fn identity_after(machine: &Machine, lost: &[&str]) -> Identity {
    let mut former = FormerKeys::default();
    for (index, entry) in (0..).zip(machine.disk.entries()) {
        let (until, ended_at) = (index, entry.at());
        let kept = |kind| !lost.contains(&kind);
        match entry {
            Entry::KeyChanged { .. } => former.envelope.push(Former {
                until,
                ended_at,
                key: kept("envelope").then(|| envelope_key(xb())),
            }),
            Entry::LedgerKeyChanged { .. } => former.ledger.push(Former {
                until,
                ended_at,
                key: kept("ledger").then(|| ledger_signer(xb())),
            }),
            _ => {}
        }
    }
    if former.envelope.is_empty() {
        return identity(xb());
    }
    Identity {
        party: xb(),
        envelope_key: new_envelope_key(),
        ledger: new_ledger_signer(),
        former,
    }
}

fn receipts(machine: &mut Machine) -> Vec<SignedReceipt> {
    let receipt = |(_, frame)| match frame {
        Frame::Receipt(receipt) => receipt,
        frame => panic!("{frame:?}"),
    };
    machine.take_replies().into_iter().map(receipt).collect()
}

fn is_good(receipt: &SignedReceipt, sent: &Submission) {
    receipt.verify(&signed_header(sent), xb(), &directory()).unwrap();
}

/// Somebody whose key is not in our directory yet: the question is put off until it may be, and an answer is
/// none, so the question is asked again.
#[test]
fn what_an_unknown_key_signed_waits_for_a_newer_directory() {
    let mut machine = Machine::usual(xa());
    let unknown = EnvelopeKey::from_seed(&[0x77; 32]);
    let report = Consignment {
        message: super::parties::message(1),
        from: xa(),
        to: office(xb()),
        envelope: signed_header(&submission(xa(), 1, Routine)).digest(),
        verdict: Verdict::Readable,
        opened_at: START,
    };
    let report = Frame::Consignment(SignedConsignment::sign(&report, &unknown));
    machine.asked(START, xb(), 1, report);
    assert!(matches!(
        machine.take_replies()[..],
        [(StreamId(1), Frame::Busy { .. })]
    ));
    let why = PutOff::UnknownKey;
    assert!(
        matches!(machine.take_events()[..], [Event::PutOff { why: said, .. }] if said == why),
        "told to whoever can fetch a directory"
    );

    machine.connect(START, xb());
    machine
        .exchange
        .submit(START, submission(xa(), 1, Routine))
        .unwrap();
    machine.settle(START);
    let request = machine.take_requests().remove(0);
    machine.take_events();
    let rejection = Rejection {
        message: None,
        envelope: signed_header(&submission(xa(), 1, Routine)).digest(),
        reason: RejectionReason::WrongRecipient,
        rejected_at: START,
    };
    let answer = Frame::Rejection(SignedRejection::sign(&rejection, &unknown));
    machine.answered(START, xb(), &request, answer);
    machine.settle(START);
    assert!(
        machine.take_events().is_empty(),
        "nobody is told to wait: we wait"
    );
    machine.time_out(START.plus(MINUTE));
    assert_eq!(machine.take_requests(), [request]);
}

#[test]
fn a_first_receipt_is_given_again_byte_for_byte_after_a_change_of_keys_and_a_restart_idempotent() {
    // [IDEMPOTENT]
    let mut machine = machine();
    let (before, after) = (submission(xa(), 1, Routine), submission(xa(), 2, Routine));
    machine.asked(START, xa(), 1, frame(&before));
    machine.settle(START);
    let first = receipts(&mut machine).remove(0);
    let now = START.plus(2 * MINUTE);
    change_both(&mut machine, now);
    machine.asked(now, xa(), 2, frame(&after));
    machine.settle(now);
    let second = receipts(&mut machine).remove(0);
    is_good(&first, &before);
    is_good(&second, &after);
    assert_eq!(first.peek().unwrap().1, envelope_key(xb()).id());
    assert_eq!(second.peek().unwrap().1, new_envelope_key().id());

    let later = START.plus(3 * HOUR);
    for restarted in [false, true] {
        if restarted {
            let identity = identity_after(&machine, &[]);
            machine.restart_as(later, identity);
        }
        machine.asked(later, xa(), 3, frame(&before));
        machine.asked(later, xa(), 4, frame(&after));
        assert_eq!(receipts(&mut machine), [first.clone(), second.clone()]);
    }
}

#[test]
fn the_head_is_signed_with_the_key_in_use_and_again_so_after_a_restart() {
    let mut machine = machine();
    let now = START.plus(2 * MINUTE);
    change_both(&mut machine, now);
    machine.settle(now);
    let note = |machine: &mut Machine| {
        let notes = machine.take_events().into_iter().filter_map(|event| match event {
            Event::CheckpointSigned { note, .. } => Some(note),
            _ => None,
        });
        notes.last().unwrap()
    };
    let signed = note(&mut machine);
    let identity = identity_after(&machine, &[]);
    machine.restart_as(now, identity);
    assert_eq!(note(&mut machine), signed);
    let key = new_ledger_signer();
    ledger::checkpoint::Checkpoint::verify(&signed, key.verifier_key()).unwrap();
}

#[test]
fn without_the_old_key_the_peer_is_told_to_ask_again_and_people_are_told() {
    for lost in ["envelope", "ledger"] {
        let mut machine = machine();
        let message = submission(xa(), 1, Routine);
        machine.asked(START, xa(), 1, frame(&message));
        machine.settle(START);
        let now = START.plus(2 * MINUTE);
        change_both(&mut machine, now);
        machine.settle(now);
        let identity = identity_after(&machine, &[lost]);
        machine.restart_as(now, identity);
        machine.take_events();
        machine.asked(now, xa(), 2, frame(&message));
        let replies = machine.take_replies();
        assert!(
            matches!(replies[..], [(_, Frame::Busy { .. })]),
            "{lost}: {replies:?}"
        );
        let item = signed_header(&message).digest();
        let events = machine.take_events();
        assert!(
            matches!(events[..], [Event::AnswerLost { item: lost, .. }] if lost == item),
            "{events:?}"
        );
    }
}

#[test]
fn what_is_dated_before_the_change_is_signed_with_the_key_that_was_valid_then() {
    let mut machine = machine();
    let now = START.plus(2 * MINUTE);
    change_both(&mut machine, now);
    let dated = |number, sent_at| Submission {
        sent_at,
        ..submission(xb(), number, Routine)
    };
    machine.exchange.submit(now, dated(1, START)).unwrap();
    machine.exchange.submit(now, dated(2, now)).unwrap();
    machine.settle(now);
    // Once the leaf of the change is durable, and after a restart, the same.
    machine.exchange.submit(now, dated(3, START)).unwrap();
    machine.settle(now);
    let identity = identity_after(&machine, &[]);
    machine.restart_as(now, identity);
    machine.exchange.submit(now, dated(4, START)).unwrap();
    machine.settle(now);
    machine.connect(now, xa());
    let headers: Vec<SignedHeader> = machine
        .take_requests()
        .into_iter()
        .map(|request| match request {
            Request::Envelope { header, .. } => header,
            other => panic!("{other:?}"),
        })
        .collect();
    let (old, new) = (envelope_key(xb()).id(), new_envelope_key().id());
    let keys: Vec<_> = headers.iter().map(|header| header.peek().unwrap().1).collect();
    assert_eq!(keys, [old, new, old, old]);
    for header in &headers {
        header.verify(&directory()).unwrap();
    }
}

#[test]
fn no_leaf_from_before_lies_under_a_checkpoint_of_the_new_ledger_key() {
    let mut machine = machine();
    // The disk is busy, so that what follows waits for one commit.
    machine.asked(START, xa(), 0, frame(&submission(xa(), 9, Routine)));
    let early = submission(xa(), 1, Routine);
    machine.asked(START, xa(), 1, frame(&early));
    let now = START.plus(2 * MINUTE);
    change_both(&mut machine, now);
    let late = submission(xa(), 2, Routine);
    machine.asked(now, xa(), 2, frame(&late));
    machine.settle(now);
    let receipts = receipts(&mut machine);
    is_good(&receipts[1], &early);
    is_good(&receipts[2], &late);
    let signer = |receipt: &SignedReceipt| receipt.peek().unwrap().0.checkpoint_signature.key_id;
    assert_eq!(signer(&receipts[1]), ledger_signer(xb()).verifier_key().key_id());
    assert_eq!(signer(&receipts[2]), new_ledger_signer().verifier_key().key_id());
}

#[test]
fn a_receipt_of_a_key_that_had_ended_by_its_date_is_not_believed() {
    let mut machine = machine();
    let (good, late) = (submission(xa(), 1, Routine), submission(xa(), 2, Routine));
    machine.asked(START, xa(), 1, frame(&good));
    machine.settle(START);
    let ended = START.plus(HOUR);
    machine.asked(ended, xa(), 2, frame(&late));
    machine.settle(ended);
    let receipts = receipts(&mut machine);
    // Its time is over, and what it signed while it lasted is good for ever.
    is_good(&receipts[0], &good);
    let refused = receipts[1].verify(&signed_header(&late), xb(), &directory());
    assert!(matches!(
        refused,
        Err(ReceiptError::NotAuthentic(NotAuthentic::UnknownKey(
            UnknownKey::Envelope { .. }
        )))
    ));
}

#[test]
fn a_change_that_was_not_durable_never_happened() {
    let mut machine = machine();
    let now = START.plus(2 * MINUTE);
    change_both(&mut machine, now);
    machine.crash(now, Finished::No);
    assert_eq!(machine.disk.entries().count(), 0);
    machine.asked(now, xa(), 1, frame(&submission(xa(), 1, Routine)));
    machine.settle(now);
    let receipt = receipts(&mut machine).remove(0);
    assert_eq!(receipt.peek().unwrap().1, envelope_key(xb()).id());
}

#[test]
fn a_key_is_changed_in_no_other_way_and_for_no_other_ledger() {
    let mut machine = machine();
    let exchange = &mut machine.exchange;
    // The key in use is no change.
    exchange.change_envelope_key(START, envelope_key(xb())).unwrap();
    exchange.change_ledger_key(START, ledger_signer(xb())).unwrap();
    let other = NoteSigner::new("other.example/ledger", SigningKey::from_bytes(&[1; 32])).unwrap();
    assert_eq!(
        exchange.change_ledger_key(START, other),
        Err(RecordError::OtherLedger)
    );
    let entry = Entry::KeyChanged {
        at: START,
        old: None,
        new: new_envelope_key().id(),
    };
    assert_eq!(exchange.record(START, entry), Err(RecordError::NotTheNodes));
    machine.settle(START);
    assert!(machine.disk.leaves.is_empty());
}
