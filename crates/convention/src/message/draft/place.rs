//! Whether a message has its place: in the case, from this side, to these recipients.

use super::{Context, Draft};
use crate::limits::RECIPIENTS_MAX;
use crate::message::content::{Examination, Speaker};
use crate::party::ContactPoint;
use crate::rule::Rule;

pub(super) fn check_recipients(
    draft: &Draft,
    context: &Context<'_>,
    recipients: &[ContactPoint],
    examination: &mut Examination<'_>,
) {
    if recipients.is_empty() {
        examination.fault(
            Rule::Form,
            "to",
            "is missing",
            "say to whom: to = [\"XB/police\"]",
        );
        return;
    }
    if recipients.len() > RECIPIENTS_MAX {
        let mend = format!("a message has at most {RECIPIENTS_MAX} recipients");
        examination.fault(Rule::Limits, "to", "has too many recipients", mend);
    }
    let is_repeated = |index: usize| recipients[..index].contains(&recipients[index]);
    if (0..recipients.len()).any(is_repeated) {
        examination.fault(Rule::Form, "to", "names a recipient twice", "name each once");
    }
    let differs = recipients.iter().any(|to| !draft.to.contains(to)) || recipients.len() != draft.to.len();
    if !draft.to.is_empty() && differs {
        let what = "the form names other recipients than the command";
        examination.fault(Rule::Form, "to", what, "name them in one place only");
    }
    let sender = context.sender.party();
    if recipients.iter().all(|recipient| recipient.party() == sender) {
        let mend = "name a contact point of another Party";
        examination.fault(Rule::CaseRole, "to", "goes to your own Party only", mend);
    }
}

/// `[CASE-STATE]` `[CASE-ROLE]` Whether it makes sense in the case, from this side, to these recipients.
pub(super) fn check_case(draft: &Draft, context: &Context<'_>, examination: &mut Examination<'_>) {
    let opens_one = context.case.opening() == context.message_id && context.case_view.is_none();
    if draft.kind.opens_case() && (opens_one || !draft.kind.belongs_to_case()) {
        if context.case.opening() != context.message_id || context.case_view.is_some() {
            let mend = "start a new case with it";
            let what = format!("a {} opens a case, and has no place in an open one", draft.kind);
            examination.fault(Rule::CaseState, "kind", what, mend);
        }
        return;
    }
    let Some(case) = context.case_view.filter(|case| case.case == Some(context.case)) else {
        let what = format!("a {} belongs to a case, and there is none", draft.kind);
        examination.fault(Rule::CaseState, "kind", what, "name the case that it belongs to");
        return;
    };
    for fault in case.objections(draft.kind, &context.sender) {
        examination.fault(fault.rule, &fault.field, fault.what, fault.mend);
    }
    if let Some(reply) = draft.in_reply_to
        && !case.messages.iter().any(|message| message.id == reply)
    {
        let mend = "leave it out, or name a message of this case";
        examination.fault(Rule::CaseState, "in_reply_to", "is no message of this case", mend);
    }
    let sender = context.sender.party();
    let is_party_to_it = |party| case.requesting == Some(party) || case.requested == Some(party);
    let reaches_other_side = examination
        .around
        .recipients
        .iter()
        .any(|recipient| recipient.party() != sender && is_party_to_it(recipient.party()));
    if draft.kind.speaker() != Speaker::Either && !reaches_other_side {
        let mend = "send it to the contact point that wrote";
        examination.fault(
            Rule::CaseRole,
            "to",
            "does not reach the other side of the case",
            mend,
        );
    }
}
