#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What gets past the check is authentic; the rest is refused or the peer's fault.

use super::*;
use crate::example::*;

fn at_xb(directory: &Directory) -> Circumstances<'_> {
    Circumstances {
        peer: xa(),
        own: xb(),
        directory,
        now: NOW,
        asked: Asked::Nothing,
    }
}

#[test]
fn an_envelope_that_is_right_passes() {
    let frame = Frame::Envelope {
        header: signed_header(),
        payload: payload(),
    };
    let Checked::Envelope(envelope) = check(frame, &at_xb(&directory())).unwrap() else {
        panic!()
    };
    assert_eq!(envelope.header(), &header());
    assert_eq!(envelope.digest(), signed_header().digest());
    assert_eq!(envelope.signed_by(), key_of_xa().id());
}
