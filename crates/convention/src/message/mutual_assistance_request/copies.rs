//! `[C27-9]` The way that a request for mutual assistance takes, and who has it in copy.

use schemars::JsonSchema;
use serde::Serialize;

use super::MutualAssistanceRequest;
use crate::message::content::Examination;
use crate::party::{ContactPoint, PartyCode};
use crate::reading::{Form, Need, Section, words};
use crate::rule::Rule;
use crate::text::Line;

words! {
    /// The way that a request for mutual assistance takes.
    Rule::C27_9;
    Route {
        /// From one central authority to the other (Article 27(2)).
        CentralAuthorities = "central-authorities",
        /// Urgent, from one judicial authority directly to the other (Article 27(9)).
        DirectJudicial = "direct-judicial",
    }
}

/// `[C27-9]` An authority that has the request in copy, and how it got it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CopyTo {
    /// The authority.
    pub authority: Line,
    /// Its Party.
    #[schemars(required)]
    pub party: Option<PartyCode>,
    /// Its contact point, where it is on this network: then the message goes there too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_point: Option<ContactPoint>,
    /// Where it is not: how and when the copy was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_otherwise: Option<Line>,
}

impl Form for CopyTo {
    fn read(section: &mut Section<'_>) -> Self {
        CopyTo {
            authority: section.required("authority", Need::new(Rule::C27_9, "name the central authority")),
            party: section.needed("party", Need::new(Rule::C27_9, "name its Party")),
            contact_point: section.optional("contact_point"),
            sent_otherwise: section.optional("sent_otherwise"),
        }
    }
}

/// `[C27-9]` An urgent direct request goes in copy to both central authorities.
pub(super) fn check(request: &MutualAssistanceRequest, examination: &mut Examination<'_>) {
    for (index, copy) in request.copies.iter().enumerate() {
        check_copy(copy, index, examination);
    }
    if !request.route.is(Route::DirectJudicial) {
        return;
    }
    if request.urgency.is_none() {
        let mend = "add [urgency] with its reasons, or send it through the central authorities";
        let what = "only an urgent request goes directly";
        examination.fault(Rule::C27_9, "urgency", what, mend);
    }
    let Some(sender) = examination.sender_party() else {
        return;
    };
    let other = examination
        .around
        .recipients
        .iter()
        .map(ContactPoint::party)
        .find(|party| *party != sender);
    for party in [Some(sender), other].into_iter().flatten() {
        if !request.copies.iter().any(|copy| copy.party == Some(party)) {
            let what = format!("no copy to the central authority of {party}");
            let mend = "add [[copies]] with authority and party, and the way that the copy takes";
            examination.fault(Rule::C27_9, "copies", what, mend);
        }
    }
}

/// A copy is sent with the message, or it was sent in another way.
fn check_copy(copy: &CopyTo, index: usize, examination: &mut Examination<'_>) {
    let field = |name: &str| format!("copies[{index}].{name}");
    match &copy.contact_point {
        None if copy.sent_otherwise.is_none() => {
            let what = "nothing says how the copy gets there";
            let mend = "give the contact_point, and name it as a recipient; or say how it was sent_otherwise";
            examination.fault(Rule::C27_9, &field("contact_point"), what, mend);
        }
        Some(point) if copy.party.is_some_and(|party| party != point.party()) => {
            let what = "is a contact point of another Party";
            examination.fault(
                Rule::C27_9,
                &field("contact_point"),
                what,
                "check Party and contact point",
            );
        }
        Some(point) if examination.is_sending() && !examination.around.recipients.contains(point) => {
            let what = format!("{point} is no recipient of this message");
            examination.fault(
                Rule::C27_9,
                &field("contact_point"),
                what,
                "add it to the recipients",
            );
        }
        _ => {}
    }
}
