//! A case in one line, and each received message in one line: what lists are made of.
//!
//! Made from a folded case only, so that a list never says anything else than the case itself. Alarms and
//! related cases depend on the time and on other cases; they are added by whoever is asked.

use std::collections::BTreeMap;

use control::types::{CaseSummary, Fault, InboxItem, OurRole, Priority};
use convention::case::{State, Task};
use convention::check_words::CheckWords;
use jiff::Timestamp;
use protocol::digest::Commitment;
use protocol::ids::PartyCode;

use super::{Case, MessageKey, Told};
use crate::news::timestamp;
use crate::sending::fault;

/// The case's line in the list.
pub(crate) fn summary(case: &Case, own: PartyCode) -> CaseSummary {
    let view = &case.view;
    let opening = (case.opener, case.id.first_message());
    let first = case.messages.get(&opening);
    let times = case.leaves.iter().map(|leaf| leaf.at);
    let opened_at = times.clone().min().unwrap_or_default();
    CaseSummary {
        case: case.name(),
        reference: case.reference(),
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

/// What was received in this case.
pub(crate) fn inbox_items(case: &Case, own: PartyCode) -> Vec<(MessageKey, InboxItem)> {
    let received = case.messages.iter().filter(|(_, told)| !told.ours);
    let mut waiting = waiting(case, own);
    received
        .map(|(key, told)| {
            let tasks = waiting.remove(key);
            let item = InboxItem {
                case: case.name(),
                message: key.1.to_string(),
                reference: case.reference(),
                kind: kind(told),
                from: told.header.from.to_string(),
                to: recipients(told),
                received_at: timestamp(told.recorded_at),
                priority: priority(told),
                summary: case
                    .view_of(*key)
                    .map(|view| view.summary.clone())
                    .unwrap_or_default(),
                state: word(case.view.state),
                readable: told.reading.is_ok(),
                nonconformities: nonconformities(case, *key),
                needs_action: tasks.is_some(),
                tasks: tasks.unwrap_or_default(),
                related: Vec::new(),
            };
            (*key, item)
        })
        .collect()
}

/// All that we know of, in an order that does not depend on which envelope came first.
fn recipients(told: &Told) -> String {
    let mut recipients: Vec<_> = told.to.iter().map(ToString::to_string).collect();
    recipients.sort();
    recipients.join(" ")
}

/// The received messages that wait for an officer of ours, and what is to be done. What waits because of a
/// message of our own, such as the disclosure that was granted, is shown at the last one that came.
fn waiting(case: &Case, own: PartyCode) -> BTreeMap<MessageKey, Vec<String>> {
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
    let mut waiting: BTreeMap<MessageKey, Vec<String>> = BTreeMap::new();
    for one in awaited {
        let mut because = counted.clone().map(|(key, _)| *key);
        let shown_at = because.find(|key| key.1.as_bytes() == one.because.as_bytes());
        if let Some(key) = shown_at.or(last) {
            waiting.entry(key).or_default().push(one.task.words().to_owned());
        }
    }
    // What cannot be read waits for somebody to look, also where the case does not count it.
    let is_unread = |told: &Told| told.reading.is_err() && told.erased_by.is_none();
    let unread = received.filter(|(_, told)| is_unread(told) && latest == Some(told.recorded_at));
    for (key, _) in unread {
        let tasks = waiting.entry(*key).or_default();
        let task = Task::Read.words().to_owned();
        if !tasks.contains(&task) {
            tasks.push(task);
        }
    }
    waiting
}

/// The name of a message's kind; empty where it cannot be read.
pub(crate) fn kind(told: &Told) -> String {
    let read = told.reading.as_ref();
    read.map(|read| read.message.kind().as_str().to_owned())
        .unwrap_or_default()
}

/// The check words of the message whose header has this commitment to its payload: of all that both sides
/// hold alike, the one hash that is the same for each recipient, and that outlives the payload itself.
pub(crate) fn check_words(payload: &Commitment) -> String {
    CheckWords::of(payload.as_bytes()).to_string()
}

/// The rules that a message breaks, in its case.
pub(crate) fn nonconformities(case: &Case, key: MessageKey) -> Vec<Fault> {
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

fn priority(told: &Told) -> Priority {
    use protocol::envelope::Priority as OnTheWire;
    match told.header.priority {
        OnTheWire::Routine => Priority::Routine,
        OnTheWire::Urgent => Priority::Urgent,
        OnTheWire::Emergency => Priority::Emergency,
    }
}

/// The state's name, as the view's JSON has it.
pub(crate) fn word(state: State) -> String {
    let value = serde_json::to_value(state).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}
