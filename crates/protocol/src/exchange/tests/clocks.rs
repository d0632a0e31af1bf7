//! Clocks that are set wrongly: nothing is lost by it, and nobody is cut off.

use std::time::Duration;

use super::machine::Machine;
use super::parties::{START, envelope_key, office, signed_header, submission, xa, xb};
use crate::consignment::{Consignment, SignedConsignment, Verdict};
use crate::envelope::Priority;
use crate::exchange::{Event, Ignored, StreamId, Transmit};
use crate::frame::Frame;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// XB's clock was a few days ahead when it recorded the message. Its receipt bears that date for ever
/// `[IDEMPOTENT]`, and is believed once XA's clock comes near: until then it is no answer, and no reason to
/// close the connection that everything else needs.
#[test]
fn a_receipt_dated_days_ahead_is_asked_for_again_until_it_can_be_right_retry() {
    let mut machine = Machine::usual(xa());
    machine.connect(START, xb());
    let sent = submission(xa(), 1, Priority::Routine);
    machine.exchange.submit(START, sent).unwrap();
    machine.settle(START);
    let request = machine.take_requests().remove(0);
    machine.take_events();
    let ahead = START.plus(3 * DAY);
    let mut recipient = Machine::usual(xb());
    recipient.asked(ahead, xa(), 1, machine.frame_of(&request));
    recipient.settle(ahead);
    let (StreamId(1), receipt) = recipient.take_replies().remove(0) else {
        panic!()
    };

    machine.answered(START, xb(), &request, receipt.clone());
    let closed = |transmit: &Transmit| matches!(transmit, Transmit::Close { .. });
    assert!(!machine.transmits.iter().any(closed));
    let events = machine.take_events();
    assert!(matches!(
        events[..],
        [Event::Ignored {
            why: Ignored::FalseDate,
            ..
        }]
    ));
    let later = START.plus(2 * DAY);
    machine.time_out(later);
    assert_eq!(machine.take_requests(), std::slice::from_ref(&request));
    machine.answered(later, xb(), &request, receipt);
    machine.settle(later);
    machine.assert_forgetful();
}

/// The same for a report that a peer brings: it cannot date it anew.
#[test]
fn a_report_dated_days_ahead_is_put_off_and_not_recorded() {
    let mut machine = Machine::usual(xa());
    let report = Consignment {
        message: super::parties::message(1),
        from: xa(),
        to: office(xb()),
        envelope: signed_header(&submission(xa(), 1, Priority::Routine)).digest(),
        verdict: Verdict::Readable,
        opened_at: START.plus(3 * DAY),
    };
    let signed = SignedConsignment::sign(&report, &envelope_key(xb()));
    machine.asked(START, xb(), 1, Frame::Consignment(signed.clone()));
    assert!(machine.in_flight.is_none());
    assert!(matches!(
        machine.take_replies()[..],
        [(StreamId(1), Frame::Busy { .. })]
    ));
    let later = START.plus(2 * DAY);
    machine.asked(later, xb(), 2, Frame::Consignment(signed.clone()));
    machine.settle(later);
    let recorded = Frame::Recorded(signed.digest());
    assert_eq!(machine.take_replies(), [(StreamId(2), recorded)]);
}
