//! A new log follows the old one; what was signed once stays as it was, byte for byte `[IDEMPOTENT]`.

use std::collections::BTreeSet;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::note::NoteSigner;

use super::machine::{Finished, Machine};
use super::parties::{START, identity, ledger_signer, signed_header, submission, xa, xb};
use crate::directory::{Directory, Period};
use crate::entry::Entry;
use crate::envelope::Priority::Routine;
use crate::exchange::{Event, Former, FormerKeys, Identity, RecordError, Settings, Submission};
use crate::frame::Frame;
use crate::limits::CHECKPOINT_NOTE_BYTES_MAX;
use crate::receipt::SignedReceipt;
use crate::time::UnixMillis;

const HOUR: Duration = Duration::from_secs(3600);

/// The first moment of the new year.
const NEW_YEAR: UnixMillis = UnixMillis(START.0 + 3_600_000);

fn signer(year: u16) -> NoteSigner {
    let name = ledger_signer(xb()).name().replace("2026", &year.to_string());
    // The seed may be the same one: what is signed names the origin.
    NoteSigner::new(&name, SigningKey::from_bytes(&[0x53; 32])).unwrap()
}

/// What others know: the new log's key from the new year on, the old one's for an hour longer.
fn directory() -> Directory {
    let mut directory = super::parties::directory();
    let record = directory.parties.get_mut(&xb()).unwrap();
    record.ledger_keys[0].valid_until = Some(NEW_YEAR.plus(HOUR));
    for (year, valid_from) in [(2027, NEW_YEAR), (2028, NEW_YEAR.plus(HOUR))] {
        record.ledger_keys.push(Period {
            value: signer(year).verifier_key().clone(),
            valid_from,
            valid_until: None,
        });
    }
    directory
}

fn machine() -> Machine {
    Machine::new(xb(), directory(), START, Settings::default())
}

fn ask(machine: &mut Machine, now: UnixMillis, sent: &Submission) {
    let frame = Frame::Envelope {
        header: signed_header(sent),
        payload: sent.payload.clone(),
    };
    machine.asked(now, xa(), now.0, frame);
}

fn receipts(machine: &mut Machine) -> Vec<SignedReceipt> {
    let receipt = |(_, frame)| match frame {
        Frame::Receipt(receipt) => receipt,
        frame => panic!("{frame:?}"),
    };
    machine.take_replies().into_iter().map(receipt).collect()
}

fn receipt(machine: &mut Machine, now: UnixMillis, sent: &Submission) -> SignedReceipt {
    ask(machine, now, sent);
    machine.settle(now);
    let receipt = receipts(machine).remove(0);
    let verified = receipt.verify(&signed_header(sent), xb(), &directory()).unwrap();
    // The new year's receipts name the new year's log, whatever the position of the leaf is.
    let origin = &verified.receipt().checkpoint.origin;
    let year = if now < NEW_YEAR { "/2026" } else { "/2027" };
    assert!(origin.ends_with(year), "{origin}");
    receipt
}

/// As a node finds its keys at its start: from the leaves.
fn identity_after(machine: &Machine) -> Identity {
    let mut found = identity(xb());
    let mut former = FormerKeys {
        ended_logs: BTreeSet::new(),
        ..FormerKeys::default()
    };
    for (until, entry) in (0..).zip(machine.disk.entries()) {
        if let Entry::LogBegun { at, old, new, .. } = entry {
            let of = |key| {
                let held = [ledger_signer(xb()), signer(2027), signer(2028)];
                held.into_iter().find(|signer| signer.verifier_key() == key)
            };
            former.ended_logs.insert(old.name().to_owned());
            former.ledger.push(Former {
                until,
                ended_at: at,
                key: of(&*old),
            });
            found.ledger = of(&*new).unwrap();
        }
    }
    Identity { former, ..found }
}

fn last_note(machine: &mut Machine) -> String {
    let notes = machine.take_events().into_iter().filter_map(|event| match event {
        Event::CheckpointSigned { note, .. } => Some(note),
        _ => None,
    });
    notes.last().unwrap()
}

fn begun(machine: &Machine) -> Vec<(u64, Entry)> {
    let entries = (0..).zip(machine.disk.entries());
    entries
        .filter(|(_, entry)| matches!(entry, Entry::LogBegun { .. }))
        .collect()
}

#[test]
fn first_receipts_of_both_logs_are_given_again_byte_for_byte_and_after_a_restart_idempotent() {
    // [IDEMPOTENT]
    let mut machine = machine();
    let sent: Vec<_> = (1..=5).map(|number| submission(xa(), number, Routine)).collect();
    let mut first = vec![
        receipt(&mut machine, START, &sent[0]),
        receipt(&mut machine, START.plus(HOUR / 2), &sent[1]),
    ];
    machine.exchange.begin_log(NEW_YEAR, signer(2027), None).unwrap();
    for (number, message) in (0..).zip(&sent[2..]) {
        first.push(receipt(&mut machine, NEW_YEAR.plus(number * HOUR / 4), message));
    }
    assert_eq!(machine.disk.logs(), [0, 2]);
    let places: Vec<_> = first
        .iter()
        .map(|signed| signed.peek().unwrap().0)
        .map(|receipt| (receipt.inclusion.index, receipt.checkpoint.size))
        .collect();
    assert_eq!(places, [(0, 1), (1, 2), (1, 2), (2, 3), (3, 4)]);
    let later = NEW_YEAR.plus(3 * HOUR);
    for restarted in [false, true] {
        if restarted {
            let identity = identity_after(&machine);
            machine.restart_as(later, identity);
        }
        for (message, first) in sent.iter().zip(&first) {
            ask(&mut machine, later, message);
            assert_eq!(receipts(&mut machine), std::slice::from_ref(first));
        }
    }
}

/// Where nobody brings a newer one, the log ends with the head that headers carried last.
#[test]
fn a_log_ends_with_the_newest_head_that_is_known_to_be_witnessed() {
    let mut machine = machine();
    receipt(&mut machine, START, &submission(xa(), 1, Routine));
    let note = super::signing::cosigned(xb());
    machine.exchange.set_witnessed(Some(&note));
    machine.exchange.begin_log(NEW_YEAR, signer(2027), None).unwrap();
    machine.settle(NEW_YEAR);
    let [(_, Entry::LogBegun { witnessed, .. })] = &begun(&machine)[..] else {
        panic!("one log is begun")
    };
    assert_eq!(*witnessed, Some(note.to_string()));
}

#[test]
fn a_new_log_commits_to_the_whole_of_the_old_one() {
    let mut machine = machine();
    // The disk is busy, so that what follows waits: in two commits, since a log begins one.
    ask(&mut machine, START, &submission(xa(), 9, Routine));
    ask(&mut machine, START, &submission(xa(), 1, Routine));
    let witnessed = Some("a cosigned note\n".to_owned());
    machine
        .exchange
        .begin_log(NEW_YEAR, signer(2027), witnessed.clone())
        .unwrap();
    ask(&mut machine, NEW_YEAR, &submission(xa(), 2, Routine));
    machine.drain();
    machine.commit(NEW_YEAR);
    machine.commit(NEW_YEAR);
    let released = last_note(&mut machine);
    machine.settle(NEW_YEAR);
    let old = ledger_signer(xb());
    let [
        (
            position,
            Entry::LogBegun {
                position: said,
                last,
                old: by,
                new,
                witnessed: seen,
                ..
            },
        ),
    ] = &begun(&machine)[..]
    else {
        panic!("one log is begun")
    };
    assert_eq!((*position, *said), (2, 2));
    assert_eq!(**by, *old.verifier_key());
    assert_eq!(**new, *signer(2027).verifier_key());
    assert_eq!(*seen, witnessed);
    assert_eq!(
        *last, released,
        "the checkpoint that was released is the one that is named"
    );
    let last = Checkpoint::verify(last, old.verifier_key()).unwrap();
    assert_eq!((last.size, last.root), (2, machine.disk.root_at(2)));
    let head = last_note(&mut machine);
    let head = Checkpoint::verify(&head, signer(2027).verifier_key()).unwrap();
    assert_eq!((head.size, head.root), (2, machine.disk.root_in(2, 2)));
    // What was on its way when the year ended has the year's receipt.
    let logs: Vec<_> = receipts(&mut machine)
        .iter()
        .map(|signed| signed.peek().unwrap().0.checkpoint.origin)
        .collect();
    let (old, new) = (old.name().to_owned(), signer(2027).name().to_owned());
    assert_eq!(logs, [old.clone(), old, new]);
}

#[test]
fn a_crash_at_the_turn_of_the_year_is_before_it_or_after_it() {
    for finished in [Finished::No, Finished::Yes] {
        let mut machine = machine();
        let (early, late) = (submission(xa(), 1, Routine), submission(xa(), 2, Routine));
        let first = receipt(&mut machine, START, &early);
        machine.exchange.begin_log(NEW_YEAR, signer(2027), None).unwrap();
        machine.drain();
        machine.crash(NEW_YEAR, finished);
        let identity = identity_after(&machine);
        machine.restart_as(NEW_YEAR, identity);
        assert_eq!(
            machine.disk.logs().len(),
            if finished == Finished::Yes { 2 } else { 1 }
        );
        // The node looks again which log is to be kept; if that has begun, nothing changes.
        machine.exchange.begin_log(NEW_YEAR, signer(2027), None).unwrap();
        machine.settle(NEW_YEAR);
        assert_eq!(machine.disk.logs(), [0, 1]);
        ask(&mut machine, NEW_YEAR, &early);
        assert_eq!(receipts(&mut machine), [first]);
        receipt(&mut machine, NEW_YEAR, &late);
    }
}

#[test]
fn no_log_begins_twice_and_none_before_there_is_something() {
    let mut machine = machine();
    let exchange = &mut machine.exchange;
    assert_eq!(
        exchange.begin_log(START, signer(2027), None),
        Err(RecordError::NothingRecorded)
    );
    receipt(&mut machine, START, &submission(xa(), 1, Routine));
    let exchange = &mut machine.exchange;
    // The key in use is no change; another one of the same name is not another log.
    exchange.begin_log(START, ledger_signer(xb()), None).unwrap();
    assert_eq!(
        exchange.begin_log(START, signer(2026), None),
        Err(RecordError::SameLog)
    );
    let too_long = Some("x".repeat(CHECKPOINT_NOTE_BYTES_MAX + 1));
    assert_eq!(
        exchange.begin_log(START, signer(2027), too_long),
        Err(RecordError::TooLarge)
    );
    // Two at once: the year was short. The note is as long as it may be.
    let longest = Some("x".repeat(CHECKPOINT_NOTE_BYTES_MAX));
    exchange.begin_log(NEW_YEAR, signer(2027), longest).unwrap();
    exchange.begin_log(NEW_YEAR, signer(2028), None).unwrap();
    assert_eq!(
        exchange.begin_log(NEW_YEAR, ledger_signer(xb()), None),
        Err(RecordError::LogEnded)
    );
    machine.settle(NEW_YEAR);
    assert_eq!(machine.disk.logs(), [0, 1, 2]);
    let identity = identity_after(&machine);
    machine.restart_as(NEW_YEAR, identity);
    for ended in [ledger_signer(xb()), signer(2027)] {
        let again = machine.exchange.begin_log(NEW_YEAR, ended, None);
        assert_eq!(again, Err(RecordError::LogEnded));
    }
    let (_, leaf) = begun(&machine).remove(0);
    assert_eq!(
        machine.exchange.record(NEW_YEAR, leaf),
        Err(RecordError::NotTheNodes)
    );
}
