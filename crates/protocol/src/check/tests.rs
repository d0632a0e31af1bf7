#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What gets past the check is authentic; the rest is refused, or the peer's fault.

use super::*;
use crate::example::*;
use crate::ids::{ContactPoint, MessageId};
use crate::key::EnvelopeKey;

mod checkpoints;
mod completions;
mod dates;

fn at_xb(directory: &Directory) -> Circumstances<'_> {
    Circumstances {
        peer: xa(),
        own: xb(),
        directory,
        now: NOW,
        asked: Asked::Nothing,
    }
}

/// XA has sent the envelope of the example and waits.
fn at_xa<'a>(directory: &'a Directory, sent: &'a SignedHeader) -> Circumstances<'a> {
    Circumstances {
        peer: xb(),
        own: xa(),
        directory,
        now: NOW,
        asked: Asked::Envelope(sent),
    }
}

fn envelope(header: &Header) -> Frame {
    Frame::Envelope {
        header: SignedHeader::sign(header, &key_of_xa()),
        payload: payload(),
    }
}

fn refusal(frame: Frame, directory: &Directory) -> Refusable {
    match check(frame, &at_xb(directory)) {
        Ok(Checked::Refusable(refusable)) => refusable,
        other => panic!("{other:?}"),
    }
}

/// The reason for which XB refuses this header, under the header's key.
fn reason(header: &Header) -> RejectionReason {
    let Refusable { rejection, key } = refusal(envelope(header), &directory());
    assert_eq!(rejection.message, Some(header.message));
    assert_eq!(
        rejection.envelope,
        SignedHeader::sign(header, &key_of_xa()).digest()
    );
    assert_eq!(rejection.rejected_at, NOW);
    let expected = InboxKey {
        from: xa(),
        message: header.message,
        to: header.to.clone(),
    };
    assert_eq!(key, Some(expected));
    rejection.reason
}

fn office(text: &str) -> ContactPoint {
    text.parse().unwrap()
}

#[test]
fn an_envelope_that_is_right_passes() {
    let Checked::Envelope(envelope) = check(envelope(&header()), &at_xb(&directory())).unwrap() else {
        panic!()
    };
    assert_eq!(envelope.header(), &header());
    assert_eq!(envelope.signed(), &signed_header());
    assert_eq!(envelope.digest(), signed_header().digest());
    assert_eq!(envelope.payload(), &payload());
    assert_eq!(envelope.signed_by(), key_of_xa().id());
}

#[test]
fn an_authentic_envelope_is_refused_with_its_reason() {
    let to = |text| Header {
        to: office(text),
        ..header()
    };
    assert_eq!(reason(&to("XA/police")), RejectionReason::WrongRecipient);
    assert_eq!(reason(&to("XB/police")), RejectionReason::WrongRecipient);
    let from = Header {
        from: office("XA/prosecution"),
        ..header()
    };
    assert_eq!(reason(&from), RejectionReason::UnknownSender);
    let large = Header {
        payload_length_bytes: PAYLOAD_BYTES_MAX as u64 + 1,
        ..header()
    };
    assert_eq!(reason(&large), RejectionReason::TooLarge);
    let sent_at = UnixMillis(NOW.0 - 8 * 24 * 3_600_000);
    assert_eq!(
        reason(&Header {
            sent_at,
            expires_at: NOW,
            ..header()
        }),
        RejectionReason::Expired
    );
}

/// The payload is not the one that was signed for (threat 5).
#[test]
fn a_payload_that_does_not_fit_is_not_authentic() {
    let longer = Header {
        payload_length_bytes: 26,
        ..header()
    };
    assert_eq!(reason(&longer), RejectionReason::NotAuthentic);
    let mut other = payload();
    other.bytes = (*b"sealed for XB/prosecutioN").into();
    let frame = Frame::Envelope {
        header: signed_header(),
        payload: other,
    };
    assert_eq!(
        refusal(frame, &directory()).rejection.reason,
        RejectionReason::NotAuthentic
    );
    let mut other = payload();
    other.salt = crate::digest::Salt::from_bytes([0x34; 32]);
    let frame = Frame::Envelope {
        header: signed_header(),
        payload: other,
    };
    assert_eq!(
        refusal(frame, &directory()).rejection.reason,
        RejectionReason::NotAuthentic
    );
}

#[test]
fn times_may_be_skewed_but_not_false() {
    let sent = |sent_at| Header {
        sent_at,
        expires_at: sent_at.plus(DAY),
        ..header()
    };
    let ahead = sent(NOW.plus(DATED_AHEAD_MAX));
    assert!(matches!(
        check(envelope(&ahead), &at_xb(&directory())),
        Ok(Checked::Envelope(_))
    ));
    assert_eq!(
        reason(&sent(UnixMillis(NOW.plus(DATED_AHEAD_MAX).0 + 1))),
        RejectionReason::Malformed
    );
    let backwards = Header {
        expires_at: UnixMillis(NOW.0 - 1),
        ..header()
    };
    assert_eq!(reason(&backwards), RejectionReason::Malformed);
    let endless = Header {
        expires_at: NOW.plus(100 * DAY),
        ..header()
    };
    assert_eq!(reason(&endless), RejectionReason::Malformed);
}

/// Nobody can use up an id with a header that is not authentic: no key.
#[test]
fn what_is_not_authentic_is_refused_without_a_key() {
    let garbage = SignedHeader::from_bytes(b"garbage").unwrap();
    let refused = refusal(
        Frame::Envelope {
            header: garbage,
            payload: payload(),
        },
        &directory(),
    );
    assert_eq!(
        (refused.rejection.reason, refused.key),
        (RejectionReason::Malformed, None)
    );
    assert_eq!(refused.rejection.message, None);
    let mut forged = signed_header().as_bytes().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = SignedHeader::from_bytes(&forged).unwrap();
    let refused = refusal(
        Frame::Envelope {
            header: forged,
            payload: payload(),
        },
        &directory(),
    );
    assert_eq!(
        (refused.rejection.reason, refused.key),
        (RejectionReason::NotAuthentic, None)
    );
}

/// It may be our directory that is old: nothing final is said.
#[test]
fn an_unknown_key_is_no_reason_to_refuse() {
    let header = SignedHeader::sign(&header(), &EnvelopeKey::from_seed(&[9; 32]));
    let frame = Frame::Envelope {
        header,
        payload: payload(),
    };
    assert!(matches!(
        check(frame, &at_xb(&directory())),
        Ok(Checked::UnknownKey(_))
    ));
    let sent = signed_header();
    let mut directory = directory();
    directory.parties.get_mut(&xb()).unwrap().ledger_keys.clear();
    let checked = check(Frame::Receipt(signed_receipt()), &at_xa(&directory, &sent));
    assert!(matches!(
        checked,
        Ok(Checked::UnknownKey(UnknownKey::Ledger { .. }))
    ));
}

#[test]
fn nobody_speaks_for_another_party() {
    let frame = envelope(&Header {
        from: office("XB/prosecution"),
        to: office("XA/police"),
        ..header()
    });
    assert_eq!(
        check(frame, &at_xb(&directory())).unwrap_err(),
        PeerMisbehaved::OtherParty
    );
}

fn report(report: &Consignment) -> Result<Checked, PeerMisbehaved> {
    let directory = directory();
    let circumstances = Circumstances {
        peer: xb(),
        own: xa(),
        ..at_xb(&directory)
    };
    check(
        Frame::Consignment(SignedConsignment::sign(report, &key_of_xb())),
        &circumstances,
    )
}

#[test]
fn a_report_is_by_the_peer_to_us() {
    let Ok(Checked::Consignment(verified)) = report(&consignment()) else {
        panic!()
    };
    assert_eq!(verified.consignment(), &consignment());
    assert_eq!(verified.digest(), verified.signed().digest());
    let for_another = Consignment {
        from: xb(),
        ..consignment()
    };
    assert_eq!(report(&for_another).unwrap_err(), PeerMisbehaved::OtherItem);
    let for_us = Consignment {
        to: police_of_xa(),
        ..consignment()
    };
    assert_eq!(report(&for_us).unwrap_err(), PeerMisbehaved::OtherParty);
}

#[test]
fn a_receipt_is_checked_against_what_was_sent() {
    let (directory, sent) = (directory(), signed_header());
    let checked = check(Frame::Receipt(signed_receipt()), &at_xa(&directory, &sent)).unwrap();
    let Checked::Receipt(verified) = checked else {
        panic!()
    };
    assert_eq!(verified.receipt().message, header().message);
    let other = SignedHeader::sign(
        &Header {
            sent_at: UnixMillis(NOW.0 + 1),
            ..header()
        },
        &key_of_xa(),
    );
    let error = check(Frame::Receipt(signed_receipt()), &at_xa(&directory, &other)).unwrap_err();
    assert_eq!(error, PeerMisbehaved::OtherItem);
}

fn rejected(rejection: &Rejection, key: &EnvelopeKey) -> Result<Checked, PeerMisbehaved> {
    let (directory, sent) = (directory(), signed_header());
    check(
        Frame::Rejection(SignedRejection::sign(rejection, key)),
        &at_xa(&directory, &sent),
    )
}

#[test]
fn a_rejection_is_about_what_was_sent_and_by_the_peer() {
    let checked = rejected(&rejection(), &key_of_xb()).unwrap();
    assert!(matches!(checked, Checked::Rejection { rejection: said, .. } if said == rejection()));
    let about_other = Rejection {
        envelope: Digest::of(b"other"),
        ..rejection()
    };
    assert_eq!(
        rejected(&about_other, &key_of_xb()).unwrap_err(),
        PeerMisbehaved::OtherItem
    );
    let about_other = Rejection {
        message: Some(MessageId::from_parts(1, [1; 10])),
        ..rejection()
    };
    assert_eq!(
        rejected(&about_other, &key_of_xb()).unwrap_err(),
        PeerMisbehaved::OtherItem
    );
    assert!(matches!(
        rejected(&rejection(), &key_of_xa()),
        Ok(Checked::UnknownKey(_))
    ));
    let garbage = Frame::Rejection(SignedRejection::from_bytes(b"garbage").unwrap());
    let (directory, sent) = (directory(), signed_header());
    let error = check(garbage, &at_xa(&directory, &sent)).unwrap_err();
    assert!(matches!(error, PeerMisbehaved::Malformed(_)));
}

#[test]
fn an_answer_has_no_place_without_its_question() {
    let (directory, sent) = (directory(), signed_header());
    let report = SignedConsignment::sign(&consignment(), &key_of_xb());
    let asked = |asked| Circumstances {
        asked,
        ..at_xa(&directory, &sent)
    };
    let kinds = |asked_for: Asked<'_>| {
        let frames = [
            Frame::Hello(crate::hello::SignedHello::sign(&hello(), &EXPORTER, &key_of_xb())),
            Frame::Envelope {
                header: signed_header(),
                payload: payload(),
            },
            Frame::Receipt(signed_receipt()),
            Frame::Rejection(SignedRejection::sign(&rejection(), &key_of_xb())),
            Frame::Consignment(report.clone()),
            Frame::Recorded(report.digest()),
            Frame::Busy { retry_after_ms: 7 },
            Frame::Ping(7),
            Frame::Pong(7),
            Frame::Unsupported,
        ];
        let has_a_place = |frame: &Frame| {
            let circumstances = Circumstances {
                asked: asked_for,
                ..at_xa(&directory, &sent)
            };
            let checked = check(frame.clone(), &circumstances);
            !matches!(checked, Err(PeerMisbehaved::Unexpected(kind)) if kind == frame.kind())
        };
        frames
            .iter()
            .filter(|frame| has_a_place(frame))
            .map(Frame::kind)
            .collect::<Vec<_>>()
    };
    use FrameKind::{Busy, Consignment, Envelope, Ping, Pong, Receipt, Recorded, Rejection, Unsupported};
    assert_eq!(kinds(Asked::Nothing), [Envelope, Consignment, Ping]);
    assert_eq!(
        kinds(Asked::Envelope(&sent)),
        [Receipt, Rejection, Busy, Unsupported]
    );
    assert_eq!(kinds(Asked::Consignment(&report)), [Recorded, Busy, Unsupported]);
    assert_eq!(kinds(Asked::Ping(7)), [Pong, Unsupported]);
    let other = check(
        Frame::Recorded(Digest::of(b"")),
        &asked(Asked::Consignment(&report)),
    );
    assert_eq!(other.unwrap_err(), PeerMisbehaved::OtherItem);
    assert_eq!(
        check(Frame::Pong(8), &asked(Asked::Ping(7))).unwrap_err(),
        PeerMisbehaved::OtherItem
    );
}
