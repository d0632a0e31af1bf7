//! The fold itself. See the [module](crate::case) for how it keeps its promise.

mod marks;
mod record;

use std::collections::BTreeMap;

use super::{CaseFact, CaseView, Clock, ClockKind, MessageView, Preservation, Reason, State};
use crate::limits::REPLY_CHAIN_MAX;
use crate::message::{CaseReference, Message, MessageId};
use crate::party::ContactPoint;
use crate::rule::{Fault, Rule};
use crate::time::{Instant, ZonedInstant};
pub(crate) use marks::Marks;
use record::Record;

/// See [`CaseView::fold`].
pub(super) fn fold(facts: impl IntoIterator<Item = CaseFact>) -> CaseView {
    let mut cases: BTreeMap<CaseReference, BTreeMap<MessageId, Record>> = BTreeMap::new();
    for fact in facts {
        cases
            .entry(fact.case)
            .or_default()
            .entry(fact.message_id)
            .or_default()
            .add(fact);
    }
    let mut view = empty();
    let Some((case, records)) = cases.pop_first() else {
        return view;
    };
    view.case = Some(case);
    find_parties(case, &records, &mut view);
    for id in in_order_of_saying(case, &records) {
        if let Some(record) = records.get(&id) {
            say(id, record, &mut view);
        }
    }
    view.timeline = records
        .iter()
        .flat_map(|(id, record)| record.timeline(*id))
        .collect();
    view.timeline.sort();
    view.clocks = clocks(view.preservation.as_ref());
    view
}

fn empty() -> CaseView {
    let sentence = "unknown: the message that opened it is not here or cannot be read".to_owned();
    CaseView {
        case: None,
        number: None,
        requesting: None,
        requested: None,
        request: None,
        state: State::Unknown,
        reason: Reason {
            because: None,
            by: None,
            at: None,
            sentence,
        },
        preservation: None,
        mutual_assistance: None,
        traffic_data_refused: None,
        opened_by: None,
        traffic_data_disclosed: None,
        conditions: None,
        warning: None,
        questions: Vec::new(),
        postponed: None,
        referred_to: None,
        decision: None,
        content_given: None,
        withdrawn: None,
        acknowledged: None,
        first_preserved: None,
        clocks: Vec::new(),
        messages: Vec::new(),
        timeline: Vec::new(),
    }
}

/// The message that opened the case says between which Parties it is.
fn find_parties(case: CaseReference, records: &BTreeMap<MessageId, Record>, view: &mut CaseView) {
    let opening = records.get(&case.opening()).and_then(Record::message);
    if let Some(opening) = opening.filter(|message| message.kind().opens_case()) {
        let asks = opening.from().party();
        view.requesting = Some(asks);
        view.number = opening.number();
        view.opened_by = Some(opening.kind());
        view.requested = opening
            .to()
            .iter()
            .map(ContactPoint::party)
            .find(|party| *party != asks);
    }
}

/// The opening message, then the others by the time of sending, but none before the message that it answers:
/// clocks differ, and an answer never came first.
fn in_order_of_saying(case: CaseReference, records: &BTreeMap<MessageId, Record>) -> Vec<MessageId> {
    let mut order: Vec<(bool, Option<Instant>, usize, MessageId)> = Vec::new();
    for id in records.keys() {
        let mut latest = None;
        let mut depth = 0;
        let mut current = Some(*id);
        // A chain of answers that is longer than this goes in circles, or means harm.
        while let Some(record) = current.and_then(|id| records.get(&id))
            && depth < REPLY_CHAIN_MAX
        {
            latest = latest.max(record.said_at());
            current = record.message().and_then(Message::in_reply_to);
            depth += 1;
        }
        order.push((*id != case.opening(), latest, depth, *id));
    }
    order.sort();
    order.into_iter().map(|(_, _, _, id)| id).collect()
}

/// One message has its say.
fn say(id: MessageId, record: &Record, view: &mut CaseView) {
    let mut shown = record.view(id);
    let is_opening = view.case.is_some_and(|case| case.opening() == id);
    if let Some(message) = record.message().filter(|_| record.was_said()) {
        let objections = if is_opening && message.kind().opens_case() {
            Vec::new()
        } else {
            objections(message, view)
        };
        // Breaches of the law that only the case brings to light are shown, but what was said was said.
        let is_of_the_case = |fault: &Fault| matches!(fault.rule, Rule::CaseState | Rule::CaseRole);
        let makes_sense = !objections.iter().any(is_of_the_case);
        for fault in objections {
            if !shown.nonconformities.contains(&fault) {
                shown.nonconformities.push(fault);
            }
        }
        if makes_sense {
            let state = message.body().leads_to(view);
            if state != State::Postponed && state != view.state {
                view.postponed = None;
            }
            let sender = message.from().party();
            message.body().mark(&mut Marks::new(view, id, sender));
            if state != view.state {
                view.reason = reason(state, message);
                view.state = state;
            }
        }
    }
    view.messages.push(shown);
    if is_opening && view.state == State::Submitted {
        arrive(id, record, view);
    }
    if is_opening && !record.was_said() {
        wait(id, record, view);
    }
}

/// What speaks against a message in the case as it stood: the rules on kinds, and what the kind itself says.
fn objections(message: &Message, view: &CaseView) -> Vec<Fault> {
    let mut objections = view.objections(message.kind(), message.from());
    if view.requesting.is_some() {
        objections.extend(crate::message::faults_in_case(message, view));
    }
    objections
}

/// The request has arrived once anybody's receipt says so; on the receiving side, once it is here.
fn arrive(id: MessageId, record: &Record, view: &mut CaseView) {
    let Some((at, sentence)) = record.arrival() else {
        return;
    };
    view.state = State::Delivered;
    view.reason = Reason {
        because: Some(id),
        by: None,
        at: Some(at),
        sentence: format!("delivered, because {sentence} on {}", utc(at)),
    };
}

/// `[FOUR-EYES]` A request that was not sent yet waits for approval, or to be sent.
fn wait(id: MessageId, record: &Record, view: &mut CaseView) {
    let (state, (at, by)) = match (record.approved(), record.drafted()) {
        (Some(approved), _) => (State::Approved, approved),
        (None, Some(drafted)) => (State::Drafted, drafted),
        (None, None) => return,
    };
    view.state = state;
    view.reason = Reason {
        because: Some(id),
        by: None,
        at: Some(*at),
        sentence: format!("{state}, because {by} said so on {}", utc(*at)),
    };
}

fn reason(state: State, message: &Message) -> Reason {
    let (id, by, at) = (message.id(), message.from(), message.sent_at());
    Reason {
        because: Some(id),
        by: Some(by.clone()),
        at: Some(at),
        sentence: format!("{state}, because message {id} of {by} said so on {}", utc(at)),
    }
}

fn clocks(preservation: Option<&Preservation>) -> Vec<Clock> {
    let Some(preservation) = preservation else {
        return Vec::new();
    };
    let dates = [
        (ClockKind::MinimumEnds, &preservation.minimum_until),
        (ClockKind::OrderEnds, &preservation.order_until),
        (ClockKind::PreservationEnds, &preservation.until),
    ];
    let because = preservation.because;
    let clock = |(kind, at): (ClockKind, &Option<ZonedInstant>)| {
        at.as_ref().map(|at| Clock {
            at: at.instant(),
            kind,
            because,
        })
    };
    let mut clocks: Vec<Clock> = dates.into_iter().filter_map(clock).collect();
    clocks.sort();
    clocks
}

/// An instant for people.
fn utc(at: Instant) -> String {
    ZonedInstant::new(at, crate::time::Zone::utc()).local_and_utc()
}

/// What is shown of a message of which only the outside is known.
fn unread(id: MessageId) -> MessageView {
    MessageView {
        id,
        kind: None,
        from: None,
        to: Vec::new(),
        sent_at: None,
        in_reply_to: None,
        author: None,
        summary: "a message that cannot be read here".to_owned(),
        submitted_at: None,
        received_at: None,
        deliveries: Vec::new(),
        nonconformities: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
