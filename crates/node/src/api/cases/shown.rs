//! A case, as people see it.

use std::collections::BTreeSet;

use control::types::{
    CaseDetail, CaseMessage, CaseSummary, Fault, InboxItem, OurRole, Priority, TimelineItem,
};
use convention::case::State;
use jiff::Timestamp;
use protocol::ids::{ContactPoint, PartyCode};
use serde_json::Value;

use super::super::Refusal;
use super::status::{consignment_summary, kind, recipient};
use crate::cases::{Case, Leaf, MessageKey, Said, Told};
use crate::news::timestamp;
use crate::sending::fault;

/// The case's line in the list.
pub(super) fn summary(case: &Case, own: PartyCode) -> CaseSummary {
    let view = &case.view;
    let opening = (case.opener, case.id.first_message());
    let first = case.messages.get(&opening);
    let times = case.leaves.iter().map(|leaf| leaf.at);
    let opened_at = times.clone().min().unwrap_or_default();
    CaseSummary {
        case: case.name(),
        reference: case.name(),
        kind: first.map(kind).unwrap_or_default(),
        peer: case
            .other_side(own)
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        our_role: if case.is_requested_by(own) {
            OurRole::Requesting
        } else {
            OurRole::Requested
        },
        state: word(view.state),
        state_because: view.reason.sentence.clone(),
        opened_at: timestamp(opened_at),
        updated_at: timestamp(times.max().unwrap_or(opened_at)),
        title: case
            .view_of(opening)
            .map(|view| view.summary.clone())
            .unwrap_or_default(),
        preserved_until: preserved_until(case),
        alarms: Vec::new(),
        next_deadline: None,
    }
}

/// Everything about the case.
pub(super) fn detail(case: &Case, own: PartyCode) -> Result<CaseDetail, Refusal> {
    let ours = case.our_office(own);
    let ours = ours.as_ref().and_then(crate::messages::convention_office);
    let allowed = ours
        .map(|office| case.view.allowed_answers(&office))
        .unwrap_or_default();
    let mut messages: Vec<_> = case
        .messages
        .iter()
        .map(|(key, told)| case_message(case, *key, told))
        .collect();
    messages.sort_by_key(|message| message.sent_at);
    Ok(CaseDetail {
        summary: summary(case, own),
        view: serde_json::to_value(&case.view).map_err(Refusal::fault)?,
        timeline: case
            .leaves
            .iter()
            .filter_map(|leaf| timeline(case, leaf))
            .collect(),
        messages,
        allowed_answers: allowed.iter().map(|kind| kind.as_str().to_owned()).collect(),
        alarms: Vec::new(),
        deadlines: Vec::new(),
        related: Vec::new(),
    })
}

/// What was received in this case.
pub(super) fn inbox_items(case: &Case, own: PartyCode) -> Vec<InboxItem> {
    let received = case.messages.iter().filter(|(_, told)| !told.ours);
    let waiting = waiting(case, own);
    received
        .map(|(key, told)| InboxItem {
            case: case.name(),
            message: key.1.to_string(),
            reference: case.name(),
            kind: kind(told),
            from: told.header.from.to_string(),
            to: told
                .to
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" "),
            received_at: timestamp(told.recorded_at),
            priority: priority(told),
            summary: case
                .view_of(*key)
                .map(|view| view.summary.clone())
                .unwrap_or_default(),
            state: word(case.view.state),
            readable: told.reading.is_ok(),
            nonconformities: nonconformities(case, *key),
            needs_action: waiting.contains(key),
            related: Vec::new(),
        })
        .collect()
}

/// The received messages that wait for an officer of ours. What waits because of a message of our own, such
/// as the disclosure that was granted, is shown at the last one that came.
fn waiting(case: &Case, own: PartyCode) -> BTreeSet<MessageKey> {
    let latest = case.messages.values().map(|told| told.recorded_at).max();
    let received = case.messages.iter().filter(|(_, told)| !told.ours);
    let counted = received.clone().filter(|(_, told)| told.counts);
    let last = counted
        .clone()
        .max_by_key(|(_, told)| told.recorded_at)
        .map(|(key, _)| *key);
    let awaited = match own.as_str().parse() {
        Ok(own) => case.view.awaits(own),
        Err(_) => Vec::new(),
    };
    let shown_at = awaited.iter().filter_map(|one| {
        let mut because = counted.clone().map(|(key, _)| *key);
        because
            .find(|key| key.1.as_bytes() == one.because.as_bytes())
            .or(last)
    });
    // What cannot be read waits for somebody to look, also where the case does not count it.
    let unread = received.filter(|(_, told)| told.reading.is_err() && latest == Some(told.recorded_at));
    shown_at.chain(unread.map(|(key, _)| *key)).collect()
}

fn case_message(case: &Case, key: MessageKey, told: &Told) -> CaseMessage {
    let read = told.reading.as_ref().ok();
    CaseMessage {
        message: key.1.to_string(),
        check_words: String::new(),
        kind: kind(told),
        from: told.header.from.to_string(),
        to: told.to.iter().map(ToString::to_string).collect(),
        sent_at: timestamp(told.header.sent_at),
        author: read.map(|read| read.message.author().name.as_str().to_owned()),
        body: read.and_then(|read| body(&read.message.to_json())),
        nonconformities: nonconformities(case, key),
        recipients: told.to.iter().map(|to| recipient(case, key, to)).collect(),
        approvals: Vec::new(),
        sent_alone: None,
    }
}

fn timeline(case: &Case, leaf: &Leaf) -> Option<TimelineItem> {
    let key = leaf.about?;
    let told = case.messages.get(&key);
    let detail = match &leaf.said {
        Said::Delivered(receipt, _) => Some(format!(
            "leaf {} of {}",
            receipt.inclusion.index, receipt.checkpoint.origin
        )),
        Said::Consigned(_, report, _) => {
            let report = consignment_summary(report);
            let more = report.code.unwrap_or_else(|| report.rules.join(", "));
            let word = serde_json::to_value(report.verdict).ok()?;
            Some(format!("{} {more}", word.as_str()?).trim_end().to_owned())
        }
        Said::Rejected(_, rejection, _) => Some(format!("{:?}", rejection.reason)),
        _ => None,
    };
    let office = |office: &ContactPoint| office.to_string();
    Some(TimelineItem {
        at: timestamp(leaf.at),
        what: leaf.word().to_owned(),
        message: key.1.to_string(),
        from: told.map(|told| office(&told.header.from)),
        to: leaf.to().map(office),
        leaf_index: leaf.index,
        officer: None,
        detail,
    })
}

fn nonconformities(case: &Case, key: MessageKey) -> Vec<Fault> {
    let mut faults: Vec<_> = case
        .view_of(key)
        .map(|view| view.nonconformities.iter().map(fault).collect())
        .unwrap_or_default();
    if case.messages.get(&key).is_some_and(|told| !told.counts) {
        faults.push(Fault {
            rule: "CASE-STATE".to_owned(),
            field: "id".to_owned(),
            what: "another Party's message of this case has the same id; this one does not count".to_owned(),
            mend: "ask the sender, by another way, why it used that id".to_owned(),
            source: "the ledger".to_owned(),
        });
    }
    faults
}

fn preserved_until(case: &Case) -> Option<Timestamp> {
    let until = case.view.preservation.as_ref()?.until.as_ref()?;
    Some(until.instant().as_timestamp())
}

fn body(json: &[u8]) -> Option<Value> {
    let mut document: Value = serde_json::from_slice(json).ok()?;
    Some(document.get_mut("body")?.take())
}

fn priority(told: &Told) -> Priority {
    use protocol::envelope::Priority as OnTheWire;
    match told.header.priority {
        OnTheWire::Routine => Priority::Routine,
        OnTheWire::Urgent => Priority::Urgent,
        OnTheWire::Emergency => Priority::Emergency,
    }
}

/// The state's name, as the view's JSON has it.
fn word(state: State) -> String {
    let value = serde_json::to_value(state).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
