#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::way::{Circumstances, Others, handshake_steps};
use super::*;
use crate::quic::probe::ProbeError;

const ALONE: Circumstances = Circumstances {
    is_connected: false,
    others: Others::Nobody,
    our_pin_is_known: true,
};

/// The last step that a refused handshake gives: what, and whose it is.
fn judged(error: ProbeError, circumstances: Circumstances) -> (StepName, StepOutcome, Option<Blame>) {
    let address = "192.0.2.1:4433".parse().unwrap();
    let steps = handshake_steps(address, Err(error), circumstances);
    let last = steps.last().unwrap();
    assert!(last.mend.is_some(), "a fault says what mends it");
    (last.step, last.outcome, last.blame)
}

fn by_peer(reason: &'static str) -> ProbeError {
    ProbeError::RefusedByPeer {
        reason,
        detail: "alert".to_owned(),
    }
}

fn by_us(reason: &'static str) -> ProbeError {
    ProbeError::RefusedByUs {
        reason,
        detail: "alert".to_owned(),
    }
}

#[test]
fn silence_is_blamed_by_how_others_are_reached() {
    for (others, is_connected, outcome, blame) in [
        (Others::SomeConnected, false, StepOutcome::Failed, Blame::Theirs),
        (Others::NoneConnected, false, StepOutcome::Failed, Blame::Ours),
        (Others::Nobody, false, StepOutcome::Failed, Blame::Network),
        // The peer dialled us: it is served, and only one direction is closed.
        (Others::NoneConnected, true, StepOutcome::Warning, Blame::Network),
    ] {
        let circumstances = Circumstances {
            is_connected,
            others,
            ..ALONE
        };
        let expected = (StepName::Udp, outcome, Some(blame));
        assert_eq!(judged(ProbeError::Silent, circumstances), expected, "{others:?}");
    }
}

#[test]
fn a_certificate_that_the_peer_refuses_is_ours_to_mend_only_if_our_directory_does_not_name_it() {
    let refused = || by_peer("unknown_certificate");
    let failed = (StepName::Tls, StepOutcome::Failed);
    let known = judged(refused(), ALONE);
    assert_eq!(known, (failed.0, failed.1, Some(Blame::Theirs)));
    let unknown = Circumstances {
        our_pin_is_known: false,
        ..ALONE
    };
    assert_eq!(
        judged(refused(), unknown),
        (failed.0, failed.1, Some(Blame::Ours))
    );
}

#[test]
fn each_refusal_names_who_is_to_mend_it() {
    for (error, blame) in [
        (by_us("certificate_out_of_date"), Blame::Theirs),
        (by_us("unknown_certificate"), Blame::Theirs),
        (by_us("alpn"), Blame::Theirs),
        (by_peer("certificate_out_of_date"), Blame::Ours),
        (by_peer("alpn"), Blame::Theirs),
        (by_peer("closed"), Blame::Theirs),
        (by_peer("reset"), Blame::Network),
    ] {
        let words = error.to_string();
        assert_eq!(
            judged(error, ALONE),
            (StepName::Tls, StepOutcome::Failed, Some(blame)),
            "{words}"
        );
    }
    let undialable = ProbeError::Undialable("no route".to_owned());
    assert_eq!(
        judged(undialable, ALONE),
        (StepName::Udp, StepOutcome::Failed, Some(Blame::Ours))
    );
}

#[test]
fn a_test_is_as_bad_as_its_worst_step_and_blames_whoever_that_one_blames() {
    let at = timestamp(protocol::time::UnixMillis(0));
    let warning = fault(
        StepName::Clock,
        StepOutcome::Warning,
        "late",
        Blame::Theirs,
        "NTP",
    );
    let failed = fault(
        StepName::Udp,
        StepOutcome::Failed,
        "silent",
        Blame::Network,
        "open it",
    );
    let good = || ok(StepName::Dns, "resolves");
    let sum = |steps| {
        let test = PeerTest::of("XB".to_owned(), at, steps);
        (test.outcome, test.blame)
    };
    assert_eq!(sum(vec![good()]), (StepOutcome::Ok, None));
    assert_eq!(
        sum(vec![good(), warning.clone()]),
        (StepOutcome::Warning, Some(Blame::Theirs))
    );
    assert_eq!(
        sum(vec![warning, good(), failed]),
        (StepOutcome::Failed, Some(Blame::Network))
    );
    let idle = vec![good(), skipped(StepName::Receipt, "not asked for")];
    assert_eq!(sum(idle), (StepOutcome::Ok, None));
}
