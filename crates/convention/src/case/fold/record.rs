//! What is known of one message, whatever the order in which it became known.
//!
//! Each field is the least of its candidates: the least is the same in any order, and the same when asked
//! twice.

use std::collections::{BTreeMap, BTreeSet};

use super::unread;
use crate::case::{CaseFact, Consignment, Delivery, Event, MessageView, TimelineEntry};
use crate::message::{Message, MessageId};
use crate::party::ContactPoint;
use crate::rule::Fault;
use crate::time::Instant;

/// What is known of one message.
#[derive(Debug, Default)]
pub(super) struct Record {
    message: Option<Message>,
    nonconformities: BTreeSet<Fault>,
    submitted_at: Option<Instant>,
    received_at: Option<Instant>,
    drafted: Option<(Instant, String)>,
    approved: Option<(Instant, String)>,
    deliveries: BTreeMap<ContactPoint, Way>,
}

/// The way to one recipient.
#[derive(Debug, Default)]
struct Way {
    delivered_at: Option<Instant>,
    consigned: Option<(Instant, Consignment)>,
    rejected: Option<(Instant, String)>,
    expired_at: Option<Instant>,
}

fn keep_least<T: Ord>(kept: &mut Option<T>, candidate: T) {
    if kept.as_ref().is_none_or(|least| candidate < *least) {
        *kept = Some(candidate);
    }
}

impl Record {
    pub(super) fn add(&mut self, fact: CaseFact) {
        let at = fact.at;
        match fact.event {
            Event::Drafted { by } => keep_least(&mut self.drafted, (at, by)),
            Event::Approved { by } => keep_least(&mut self.approved, (at, by)),
            Event::Submitted => keep_least(&mut self.submitted_at, at),
            Event::Received => keep_least(&mut self.received_at, at),
            Event::Delivered { to } => keep_least(&mut self.way(to).delivered_at, at),
            Event::Consigned { to, consignment } => {
                keep_least(&mut self.way(to).consigned, (at, consignment))
            }
            Event::Rejected { to, reason } => keep_least(&mut self.way(to).rejected, (at, reason)),
            Event::Expired { to } => keep_least(&mut self.way(to).expired_at, at),
        }
        self.nonconformities.extend(fact.nonconformities);
        if let Some(message) = fact.message {
            // Two different messages under one id are a peer's equivocation, which the protocol reports. Here
            // one is chosen, always the same.
            let is_less = |kept: &Message| message.to_json() < kept.to_json();
            if self.message.as_ref().is_none_or(is_less) {
                self.message = Some(message);
            }
        }
    }

    pub(super) fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// When it was said, as far as is known.
    pub(super) fn said_at(&self) -> Option<Instant> {
        self.message
            .as_ref()
            .map(Message::sent_at)
            .or(self.submitted_at)
            .or(self.received_at)
    }

    /// Whether it was said: sent or received. What was only drafted or approved was not.
    pub(super) fn was_said(&self) -> bool {
        let is_only_written =
            self.submitted_at.is_none() && self.received_at.is_none() && self.deliveries.is_empty();
        !(is_only_written && (self.drafted.is_some() || self.approved.is_some()))
    }

    /// `[FOUR-EYES]` Who approved it, and when.
    pub(super) fn approved(&self) -> Option<&(Instant, String)> {
        self.approved.as_ref()
    }

    /// Who wrote it and when.
    pub(super) fn drafted(&self) -> Option<&(Instant, String)> {
        self.drafted.as_ref()
    }

    /// When and how it is known that it arrived.
    pub(super) fn arrival(&self) -> Option<(Instant, String)> {
        let here = self.received_at.map(|at| (at, "it was received here".to_owned()));
        let receipts = self
            .deliveries
            .iter()
            .filter_map(|(to, way)| way.delivered_at.map(|at| (at, format!("{to} gave its receipt"))));
        here.into_iter().chain(receipts).min()
    }

    pub(super) fn view(&self, id: MessageId) -> MessageView {
        let mut view = unread(id);
        if let Some(message) = &self.message {
            view.kind = Some(message.kind());
            view.from = Some(message.from().clone());
            view.to = message.to().to_vec();
            view.sent_at = Some(message.sent_at());
            view.in_reply_to = message.in_reply_to();
            view.author = Some(message.author().name.to_string());
            view.summary = message.body().summary();
        }
        view.submitted_at = self.submitted_at;
        view.received_at = self.received_at;
        view.deliveries = self.deliveries();
        view.nonconformities = self.nonconformities.iter().cloned().collect();
        view
    }

    pub(super) fn timeline(&self, id: MessageId) -> Vec<TimelineEntry> {
        let what = self
            .message
            .as_ref()
            .map_or_else(|| "message".to_owned(), |message| message.kind().to_string());
        let mut happened: Vec<(Instant, String)> = Vec::new();
        for (done, event) in [("drafted", &self.drafted), ("approved", &self.approved)] {
            happened.extend(
                event
                    .as_ref()
                    .map(|(at, by)| (*at, format!("{what} {done} by {by}"))),
            );
        }
        happened.extend(self.submitted_at.map(|at| (at, format!("{what} submitted"))));
        let from = self
            .message
            .as_ref()
            .map_or_else(String::new, |message| format!(" from {}", message.from()));
        happened.extend(self.received_at.map(|at| (at, format!("{what}{from} received"))));
        for (to, way) in &self.deliveries {
            happened.extend(
                way.delivered_at
                    .map(|at| (at, format!("{what} delivered to {to}"))),
            );
            if let Some((at, consignment)) = &way.consigned {
                happened.push((*at, format!("{what} {} at {to}", describe(consignment))));
            }
            if let Some((at, reason)) = &way.rejected {
                happened.push((*at, format!("{what} rejected by {to}: {reason}")));
            }
            happened.extend(
                way.expired_at
                    .map(|at| (at, format!("{what} to {to} expired: no receipt"))),
            );
        }
        happened
            .into_iter()
            .map(|(at, what)| TimelineEntry {
                at,
                message: id,
                what,
            })
            .collect()
    }

    fn way(&mut self, to: ContactPoint) -> &mut Way {
        self.deliveries.entry(to).or_default()
    }

    /// One entry for each recipient, also for those of whom nothing was heard yet.
    fn deliveries(&self) -> Vec<Delivery> {
        let silent = self
            .submitted_at
            .and(self.message.as_ref())
            .map(Message::to)
            .unwrap_or_default();
        let recipients: BTreeSet<&ContactPoint> = silent.iter().chain(self.deliveries.keys()).collect();
        let delivery = |to: &ContactPoint| {
            let way = self.deliveries.get(to);
            Delivery {
                to: to.clone(),
                delivered_at: way.and_then(|way| way.delivered_at),
                consigned: way.and_then(|way| way.consigned.clone()),
                rejected: way.and_then(|way| way.rejected.clone()),
                expired_at: way.and_then(|way| way.expired_at),
            }
        };
        recipients.into_iter().map(delivery).collect()
    }
}

fn describe(consignment: &Consignment) -> String {
    match consignment {
        Consignment::Readable => "opened and readable".to_owned(),
        Consignment::NonConforming { rules } => format!("opened, non-conforming ({})", rules.join(", ")),
        Consignment::Unreadable { reason } => format!("could not be read ({reason})"),
    }
}
