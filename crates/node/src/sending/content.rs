//! `[C26-2]` Content of spontaneous information goes only to the Party that accepted the conditions of its
//! offer.
//!
//! That they were accepted at all the convention's rules ask of the case, as the ledger has it, on every way
//! to send. An offer can have gone to several Parties, though; and the acceptance of one binds no other.

use control::types::Fault;
use convention::case::CaseView;
use convention::message::{Body, Message};
use protocol::ids::ContactPoint;

/// What speaks against sending content to these recipients.
pub(super) fn fault(message: &Message, case: Option<&CaseView>, to: &[ContactPoint]) -> Option<Fault> {
    let Body::SpontaneousInformation(said) = message.body() else {
        return None;
    };
    let case = case.filter(|case| case.conditions.is_some())?;
    said.content.as_ref()?;
    // The fold counts an acceptance by this Party only.
    let bound = case.requested.as_ref().map(|party| party.as_str());
    let unbound = to.iter().find(|to| Some(to.party().as_str()) != bound)?;
    Some(Fault {
        rule: "C26-2".to_owned(),
        field: "to".to_owned(),
        what: format!("{unbound} has not accepted the conditions under which this is given"),
        mend: "send it to the Party that accepted them; make the other an offer of its own".to_owned(),
        source: "Article 26(2)".to_owned(),
    })
}
