#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::case::State;
use crate::examples::{form, with, without};
use crate::message::Kind;
use crate::rule::Rule;
use crate::story::Story;

/// `[C28-3]` Who cannot comply says why, and the other side goes on from there.
#[test]
fn c28_3_declining_gives_reasons() {
    let (story, example) = (
        Story::before(Kind::ConditionsDeclined),
        form(Kind::ConditionsDeclined),
    );
    let declined = story.and(&example);
    assert_eq!(declined.state(), State::InProgress);
    assert!(declined.view().conditions.unwrap().declined.is_some());
    story.assert_refused(&without(example, "/reasons"), Rule::C28_3, "reasons");
    // Other conditions can be set, and accepted.
    let again = declined
        .then(Kind::ConditionalGrant)
        .then(Kind::ConditionsAccepted);
    assert!(again.view().conditions.unwrap().accepted.is_some());
}

/// `[C26-2]` An offer that was declined is over: its content cannot be sent.
#[test]
fn c26_2_a_declined_offer_is_over() {
    let offer = Story::of(&[Kind::SpontaneousInformation]);
    let to_xa = with(
        form(Kind::ConditionsDeclined),
        "/to",
        serde_json::json!(["XA/police"]),
    );
    let declined = offer.and(&to_xa);
    assert_eq!(declined.state(), State::Closed);
    assert!(declined.view().content_permit().is_err());
}
