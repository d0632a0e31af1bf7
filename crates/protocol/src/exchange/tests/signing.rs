//! `[ROLLBACK]` Nothing is signed before the ledger was held against its witnesses, and nothing any more
//! once one of them knows more.

use std::time::Duration;

use ed25519_dalek::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::note::{Note, NoteSigner};
use ledger::witness::{Cleared, StartCheck};

use super::machine::{Finished, Machine};
use super::parties::{START, actor, directory, identity, ledger_signer, message, signed_header, submission};
use super::parties::{xa, xb};
use crate::entry::Entry;
use crate::envelope::Priority::Routine;
use crate::exchange::{Event, PutOff, RecordError, Settings, Signing, SubmitError};
use crate::frame::Frame;
use crate::ids::{ContactPoint, PartyCode};
use crate::time::UnixMillis;

fn cleared() -> Cleared {
    StartCheck::default().finish(0).unwrap()
}

fn held() -> Machine {
    let settings = Settings {
        signing: Signing::Held,
        ..Settings::default()
    };
    Machine::new(xb(), directory(), START, settings)
}

/// The frame by which XA delivers its message of this number.
fn envelope(number: u64) -> Frame {
    let submission = submission(xa(), number, Routine);
    Frame::Envelope {
        header: signed_header(&submission),
        payload: submission.payload,
    }
}

fn checkpoints(machine: &mut Machine) -> Vec<u64> {
    let sizes = machine.take_events().into_iter().filter_map(|event| match event {
        Event::CheckpointSigned { size, .. } => Some(size),
        _ => None,
    });
    sizes.collect()
}

#[test]
fn what_comes_while_it_is_held_waits_and_is_signed_afterwards() {
    let mut machine = held();
    machine.connect(START, xa());
    machine.asked(START, xa(), 1, envelope(1));
    machine
        .exchange
        .submit(START, submission(xb(), 2, Routine))
        .unwrap();
    machine.drain();
    assert!(machine.in_flight.is_none() && machine.transmits.is_empty() && machine.events.is_empty());
    machine.exchange.allow_signing(START, &cleared());
    machine.settle(START);
    assert_eq!(checkpoints(&mut machine), [2]);
    let replies = machine.transmits.len();
    assert_eq!(replies, 2, "a receipt, and our own envelope");
    // Once is enough.
    machine.exchange.allow_signing(START, &cleared());
    assert!(checkpoints(&mut machine).is_empty());
}

/// A restored backup: nothing that needs a signature leaves, not even an answer that was given before.
#[test]
fn a_restarted_ledger_signs_nothing_before_it_is_cleared() {
    let mut machine = held();
    machine.exchange.allow_signing(START, &cleared());
    machine.asked(START, xa(), 1, envelope(1));
    machine.settle(START);
    machine.restart_as(START, identity(xb()));
    machine.take_events();
    assert_eq!(machine.exchange.signing(), Signing::Held);
    machine.asked(START, xa(), 2, envelope(1));
    let [(_, Frame::Busy { .. })] = machine.take_replies()[..] else {
        panic!("the first receipt needs a signature of the ledger")
    };
    let [
        Event::PutOff {
            why: PutOff::NotSigning,
            ..
        },
    ] = machine.take_events()[..]
    else {
        panic!("nothing else happens")
    };
    machine.exchange.allow_signing(START, &cleared());
    machine.drain();
    assert_eq!(checkpoints(&mut machine), [1]);
    machine.asked(START, xa(), 3, envelope(1));
    assert!(matches!(machine.take_replies()[..], [(_, Frame::Receipt(_))]));
}

#[test]
fn once_stopped_nothing_is_signed_answered_or_asked_any_more() {
    let mut machine = Machine::usual(xb());
    machine.connect(START, xa());
    machine.asked(START, xa(), 1, envelope(1));
    machine
        .exchange
        .submit(START, submission(xb(), 7, Routine))
        .unwrap();
    assert!(machine.in_flight.is_some());
    machine.exchange.stop_signing(START);
    // The disk finishes what it was doing.
    machine.commit(START);
    machine.drain();
    assert!(machine.in_flight.is_none(), "what waited is not made durable");
    assert!(machine.events.is_empty() && machine.transmits.is_empty());

    machine.asked(START, xa(), 2, envelope(2));
    machine.asked(START, xa(), 3, envelope(1));
    machine.asked(START, xa(), 4, Frame::Ping(7));
    let replies: Vec<Frame> = machine
        .take_replies()
        .into_iter()
        .map(|(_, frame)| frame)
        .collect();
    assert!(
        matches!(
            replies[..],
            [Frame::Busy { .. }, Frame::Busy { .. }, Frame::Pong(7)]
        ),
        "{replies:?}"
    );
    let refused = machine.exchange.submit(START, submission(xb(), 8, Routine));
    assert_eq!(refused, Err(SubmitError::NotSigning));
    let refused = machine.exchange.retrieve(START, message(1), actor());
    assert_eq!(refused, Err(RecordError::NotSigning));
    machine.exchange.allow_signing(START, &cleared());
    assert_eq!(
        machine.exchange.signing(),
        Signing::Stopped,
        "for the life of the process"
    );
}

/// Headers carry what witnesses have cosigned of the sender's ledger, if its present key has signed it.
#[test]
fn headers_carry_the_newest_witnessed_checkpoint() {
    let carried = |note: Option<&Note>| {
        let mut machine = Machine::usual(xa());
        machine.exchange.set_witnessed(note);
        machine
            .exchange
            .submit(START, submission(xa(), 1, Routine))
            .unwrap();
        machine.settle(START);
        let Some(Entry::Submitted { header, .. }) = machine.disk.entries().next() else {
            panic!("nothing was submitted")
        };
        header.peek().unwrap().0.sender_checkpoint
    };
    assert_eq!(carried(None), None);
    let own = cosigned(xa());
    assert_eq!(carried(Some(&own)), Some(own.to_string()));
    // A peer could not check it, and would refuse the message.
    assert_eq!(carried(Some(&cosigned(xb()))), None);
}

/// What is dated before the key came into use would be checked by the key before it.
#[test]
fn a_header_dated_before_the_present_ledger_key_carries_no_checkpoint() {
    let mut machine = Machine::usual(xa());
    let new = || NoteSigner::new(ledger_signer(xa()).name(), SigningKey::from_bytes(&[0x54; 32])).unwrap();
    let changed_at = START.plus(Duration::from_secs(3_600));
    let submit = |machine: &mut Machine, number: u64, sent_at: UnixMillis| {
        let mut message = submission(xa(), number, Routine);
        message.sent_at = sent_at;
        machine.exchange.submit(changed_at, message).unwrap();
        machine.settle(changed_at);
        let Some(Entry::Submitted { header, .. }) = machine.disk.entries().last() else {
            panic!("nothing was submitted")
        };
        header.peek().unwrap().0.sender_checkpoint
    };
    submit(&mut machine, 1, START);
    machine.exchange.change_ledger_key(changed_at, new()).unwrap();
    machine.settle(changed_at);
    let note = cosigned_by(&new());
    machine.exchange.set_witnessed(Some(&note));
    let before = UnixMillis(changed_at.0 - 1);
    assert_eq!(submit(&mut machine, 2, before), None);
    assert_eq!(submit(&mut machine, 3, changed_at), Some(note.to_string()));
}

/// A head of this Party's ledger, as witnesses give it back.
pub(super) fn cosigned(party: PartyCode) -> Note {
    cosigned_by(&ledger_signer(party))
}

fn cosigned_by(signer: &NoteSigner) -> Note {
    let checkpoint = Checkpoint::of_edge(signer.name(), &ledger::tree::Edge::new()).unwrap();
    Note::parse(checkpoint.sign(signer).unwrap().as_bytes()).unwrap()
}

/// A header that is made again carries what was witnessed meanwhile, and so has another digest: the message
/// is known by its id. Else it is recorded twice, and the peer refuses the second `[IDEMPOTENT]`.
#[test]
fn a_message_said_again_after_its_witnesses_signed_is_still_the_same_message_idempotent() {
    let submit = |machine: &mut Machine| machine.exchange.submit(START, submission(xa(), 1, Routine));
    let again = Err(SubmitError::AlreadySubmitted);
    let mut machine = Machine::usual(xa());
    submit(&mut machine).unwrap();
    machine.exchange.set_witnessed(Some(&cosigned(xa())));
    assert_eq!(submit(&mut machine), again, "before it is given out");
    machine.drain();
    assert!(machine.in_flight.is_some());
    assert_eq!(submit(&mut machine), again, "while it is written");
    machine.settle(START);
    assert_eq!(submit(&mut machine), again, "while it is on its way");
    machine.crash(START, Finished::Yes);
    machine.exchange.set_witnessed(None);
    assert_eq!(submit(&mut machine), again, "after a start");
    assert_eq!(machine.disk.leaves.len(), 1);
    // The id alone does not make it one message: another recipient's copy is another envelope.
    let mut to_another = submission(xa(), 1, Routine);
    to_another.to = vec![ContactPoint::new("XC".parse().unwrap(), "police").unwrap()];
    machine.exchange.submit(START, to_another).unwrap();
    machine.settle(START);
    assert_eq!(machine.disk.leaves.len(), 2);
}
