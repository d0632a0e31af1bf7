//! From a request to a message that keeps every rule: who sends, to whom, in which case.

use std::sync::Arc;

use control::types::{CheckRequest, Fault};
use convention::case::CaseView;
use convention::message::{Context, Draft, DraftErrors, Kind, Message};
use convention::rule;
use protocol::ids::{CaseId, ContactPoint, MessageId};
use protocol::time::UnixMillis;
use serde_json::Value;

use super::{Parts, SendError, content};
use crate::cases::{Case, FindError};
use crate::messages::{convention_case, convention_id, convention_instant, convention_office};

/// A message that may be sent.
pub(super) struct Prepared {
    pub(super) id: MessageId,
    pub(super) case: CaseId,
    pub(super) from: ContactPoint,
    pub(super) to: Vec<ContactPoint>,
    pub(super) message: Message,
    pub(super) advice: Vec<Fault>,
}

/// Judges a draft under the id that it would get. Blocks.
pub(super) fn prepare(
    parts: &Parts,
    request: &CheckRequest,
    id: MessageId,
    now: UnixMillis,
) -> Result<Prepared, SendError> {
    let earlier = case(parts, request)?;
    let from = sender(parts, request, earlier.as_deref())?;
    let mut draft = request.draft.clone();
    if let (Some(reply), Some(form)) = (&request.in_reply_to, draft.as_object_mut()) {
        form.entry("in_reply_to").or_insert_with(|| reply.clone().into());
    }
    if let Some(view) = earlier.as_ref().map(|case| &case.view) {
        reply_to_what_is_clear(&mut draft, view, &from);
    }
    let named = recipients(&request.to)?;
    let in_draft = draft_recipients(&draft);
    let to = match (named.is_empty(), in_draft.is_empty(), &earlier) {
        (false, _, _) => named,
        (true, false, _) | (true, true, None) => in_draft,
        (true, true, Some(case)) => case.other_side(from.party()),
    };
    let case_id = earlier
        .as_ref()
        .map_or_else(|| CaseId::opened_by(id), |case| case.id);
    let view = earlier.as_ref().map(|case| &case.view);
    let (message, advice) = judge(
        parts,
        &draft,
        &Addressed {
            id,
            case_id,
            from: &from,
            to: &to,
            now,
            view,
        },
    )?;
    if let Some(fault) = content::fault(&message, view, &to) {
        return Err(SendError::Faults(vec![fault]));
    }
    let accepted = parts.directory.current();
    for office in &to {
        if accepted.directory.contact_point(office).is_none() {
            return Err(recipient_fault(
                &format!("{office} is not in the directory"),
                "name a contact point of the directory: ohrid directory show",
            ));
        }
    }
    Ok(Prepared {
        id,
        case: case_id,
        from,
        to,
        message,
        advice: advice.iter().map(advised).collect(),
    })
}

/// Where nobody said which message is answered, the case often makes it clear.
fn reply_to_what_is_clear(draft: &mut Value, case: &CaseView, from: &ContactPoint) {
    let kind = draft.get("kind").and_then(Value::as_str);
    let kind: Option<Kind> = kind.and_then(|kind| kind.parse().ok());
    let own = from.party().as_str().parse().ok();
    let answered = kind.zip(own).and_then(|(kind, own)| case.answered_by(kind, own));
    if let (Some(answered), Some(form)) = (answered, draft.as_object_mut()) {
        form.entry("in_reply_to")
            .or_insert_with(|| answered.to_string().into());
    }
}

/// What is decided of a message before its content is judged.
struct Addressed<'a> {
    id: MessageId,
    case_id: CaseId,
    from: &'a ContactPoint,
    to: &'a [ContactPoint],
    now: UnixMillis,
    view: Option<&'a CaseView>,
}

fn judge(
    parts: &Parts,
    draft: &Value,
    addressed: &Addressed<'_>,
) -> Result<(Message, Vec<rule::Advice>), SendError> {
    let accepted = parts.directory.current();
    let unlikely = || SendError::Machine("an id or a time cannot be written".to_owned());
    let context = Context {
        message_id: convention_id(addressed.id).ok_or_else(unlikely)?,
        case: convention_case(addressed.case_id).ok_or_else(unlikely)?,
        sender: convention_office(addressed.from).ok_or_else(unlikely)?,
        recipients: addressed.to.iter().filter_map(convention_office).collect(),
        officer: None,
        now: convention_instant(addressed.now).ok_or_else(unlikely)?,
        case_view: addressed.view,
        own_profile: accepted.profile(addressed.from),
        recipient_profile: addressed.to.first().and_then(|to| accepted.profile(to)),
    };
    Draft::judge_json(&draft.to_string(), &context).map_err(|errors| match errors {
        DraftErrors::Faults(faults) => SendError::Faults(faults.iter().map(fault).collect()),
        other => SendError::Malformed(other.to_string()),
    })
}

pub(super) fn case(parts: &Parts, request: &CheckRequest) -> Result<Option<Arc<Case>>, SendError> {
    if let Some(text) = &request.case {
        return Ok(Some(parts.cases.find(text)?));
    }
    let Some(reply) = &request.in_reply_to else {
        return Ok(None);
    };
    let message: MessageId = reply
        .parse()
        .map_err(|error| SendError::Malformed(format!("in_reply_to: {error}")))?;
    let found = parts.cases.case_of(message)?;
    found
        .map(Some)
        .ok_or_else(|| FindError::Unknown(reply.clone()).into())
}

/// The contact point that is named; or that the case speaks with; or the only one there is.
pub(super) fn sender(
    parts: &Parts,
    request: &CheckRequest,
    case: Option<&Case>,
) -> Result<ContactPoint, SendError> {
    let own = parts.cases.own();
    if let Some(text) = &request.from {
        let from: ContactPoint = text
            .parse()
            .map_err(|error| SendError::Malformed(format!("from: {error}")))?;
        if parts.keys.openpgp(&from).is_none() {
            return Err(SendError::Malformed(format!(
                "{from} is not a contact point of this node"
            )));
        }
        return Ok(from);
    }
    if let Some(ours) = case.and_then(|case| case.our_office(own)) {
        return Ok(ours);
    }
    match parts.keys.offices().as_slice() {
        [only] => Ok(only.clone()),
        _ => Err(SendError::Malformed(
            "this node has several contact points: say which one sends (from)".to_owned(),
        )),
    }
}

pub(super) fn recipients(named: &[String]) -> Result<Vec<ContactPoint>, SendError> {
    let parsed = named.iter().map(|text| text.parse());
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error: protocol::ids::NameError| SendError::Malformed(format!("to: {error}")))
}

/// Those that the form names. What cannot be read is the judge's to complain of.
fn draft_recipients(draft: &Value) -> Vec<ContactPoint> {
    let list = draft.get("to").and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// A recipient that cannot be sent to.
pub(super) fn recipient_fault(what: &str, mend: &str) -> SendError {
    SendError::Faults(vec![Fault {
        rule: "DIRECTORY".to_owned(),
        field: "to".to_owned(),
        what: what.to_owned(),
        mend: mend.to_owned(),
        source: "the network's directory".to_owned(),
    }])
}

/// A fault, as the local API writes it.
pub(crate) fn fault(fault: &rule::Fault) -> Fault {
    Fault {
        rule: fault.rule.name().to_owned(),
        field: fault.field.clone(),
        what: fault.what.clone(),
        mend: fault.mend.clone(),
        source: fault.rule.source().to_owned(),
    }
}

fn advised(advice: &rule::Advice) -> Fault {
    Fault {
        rule: advice.rule.name().to_owned(),
        field: advice.field.clone(),
        what: advice.what.clone(),
        mend: advice.mend.clone(),
        source: advice.rule.source().to_owned(),
    }
}

impl Case {
    /// The contact point of the other side that wrote last, or else that we wrote to.
    #[must_use]
    pub fn other_side(&self, own: protocol::ids::PartyCode) -> Vec<ContactPoint> {
        let mut told: Vec<_> = self.messages.values().collect();
        told.sort_by_key(|told| told.recorded_at);
        let wrote = told.iter().rev().find(|told| told.header.from.party() != own);
        match (wrote, told.first()) {
            (Some(told), _) => vec![told.header.from.clone()],
            (None, Some(first)) => first.to.clone(),
            (None, None) => Vec::new(),
        }
    }

    /// The contact point of ours that the case speaks with.
    #[must_use]
    pub fn our_office(&self, own: protocol::ids::PartyCode) -> Option<ContactPoint> {
        let first = self.messages.values().min_by_key(|told| told.recorded_at)?;
        let candidates = std::iter::once(&first.header.from).chain(&first.to);
        candidates
            .into_iter()
            .find(|office| office.party() == own)
            .cloned()
    }
}
