//! What the index keeps of a case: its line in the list, and what its clocks depend on.
//!
//! Deadlines and alarms are never stored: they depend on the time and on our policy. What they depend on in
//! the case is little ([`Clockwork`]), so that they can be told at any time, under any policy, without
//! folding it again. What does not fit into a row is left out, and the case is folded when somebody asks.

use std::collections::BTreeSet;

use control::types::{CaseSummary, InboxItem};
use convention::case::{CaseView, Delivery, MessageView, MutualAssistance, Preservation, Reason, State};
use convention::clock::{Deadline, Policy};
use convention::message::MessageId;
use convention::party::{ContactPoint, PartyCode};
use convention::time::Instant;
use protocol::time::UnixMillis;
use serde::{Deserialize, Serialize};

use super::Policies;
use super::vault::SEALING_BYTES;
use crate::cases::{Case, lines};
use crate::erasure::Policy as Retention;

/// What a row may be long, as JSON.
const ROW_BYTES_MAX: usize = store::derived::DERIVED_VALUE_BYTES_MAX - SEALING_BYTES;

/// A case.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CaseRow {
    /// Its line in the list, without what depends on the time.
    pub(super) summary: CaseSummary,
    /// What its clocks depend on; absent where that is too much for a row.
    pub(super) clockwork: Option<Clockwork>,
    /// The messages that wait for an officer: when they were recorded, their senders, their ids.
    pub(super) waiting: Vec<(i64, String, String)>,
    /// What the terms of retention depend on.
    pub(super) ended: Option<Ended>,
    /// The earliest of each that this policy gives: where the case stands in the tables of times.
    pub(super) timed: Timed,
}

/// Where a case stands in the tables of times, in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Timed {
    pub(super) deadlines: Vec<i64>,
    pub(super) first_alarm: Option<i64>,
    pub(super) first_over: Option<i64>,
}

/// What terms of retention count from in a case, and what it has that could be over one `[ERASE]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    at_ms: u64,
    /// The kinds of the messages that can be read; those that are erased cannot.
    kinds: BTreeSet<String>,
}

/// What deadlines and alarms of a case depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Clockwork {
    requesting: Option<PartyCode>,
    requested: Option<PartyCode>,
    state: State,
    because: Option<MessageId>,
    at: Option<Instant>,
    preservation: Option<Preservation>,
    mutual_assistance: Option<MutualAssistance>,
    silent: Vec<Silent>,
}

/// A message of ours to which some recipients have not said a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Silent {
    id: MessageId,
    submitted_at: Instant,
    to: Vec<ContactPoint>,
}

/// A line of the inbox.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct InboxRow {
    /// The line; absent where it is too long for a row.
    pub(super) item: Option<InboxItem>,
    /// The selectors of the message, in their one spelling.
    pub(super) selectors: Vec<String>,
}

impl CaseRow {
    pub(super) fn of(case: &Case, own: protocol::ids::PartyCode, policies: &Policies) -> Self {
        let (own, summary) = (own.as_str().parse().ok(), lines::summary(case, own));
        let ended = Ended::of(case);
        Self {
            summary,
            clockwork: Some(Clockwork::of(&case.view)),
            waiting: Vec::new(),
            timed: Timed::of(&case.view, own, ended.as_ref(), policies),
            ended,
        }
    }

    /// As JSON that fits into a row.
    pub(super) fn fitted_json(&mut self) -> Result<Vec<u8>, serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        if json.len() <= ROW_BYTES_MAX {
            return Ok(json);
        }
        self.clockwork = None;
        let json = serde_json::to_vec(self)?;
        if json.len() <= ROW_BYTES_MAX {
            return Ok(json);
        }
        // Only a line full of characters that JSON writes with six is as long as this.
        for text in [&mut self.summary.title, &mut self.summary.state_because] {
            *text = text.chars().take(100).collect();
        }
        serde_json::to_vec(self)
    }
}

impl InboxRow {
    /// As JSON that fits into a row.
    pub(super) fn fitted_json(&mut self) -> Result<Vec<u8>, serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        if json.len() <= ROW_BYTES_MAX {
            return Ok(json);
        }
        (self.item, self.selectors) = (None, Vec::new());
        serde_json::to_vec(self)
    }
}

impl Timed {
    /// The next deadline of a case stays the next one until it is answered, except for the end of the
    /// minimum, which is over when it has passed. So the case stands at two times at most.
    pub(super) fn of(
        view: &CaseView,
        own: Option<PartyCode>,
        ended: Option<&Ended>,
        policies: &Policies,
    ) -> Self {
        let policy = &policies.clocks;
        let first = |now| {
            let first = deadlines(view, policy, now).into_iter().next();
            first.map(|first| first.at().instant().as_unix_ms())
        };
        let mut deadlines: Vec<i64> = [Instant::EARLIEST, Instant::LATEST]
            .into_iter()
            .filter_map(first)
            .collect();
        deadlines.dedup();
        let alarms = own.map(|own| view.alarm_times(own, policy));
        let first_alarm = alarms.and_then(|times| times.first().map(|first| first.as_unix_ms()));
        let first_over = ended.and_then(|ended| ended.first_over(&policies.retention));
        Self {
            deadlines,
            first_alarm,
            first_over: first_over.and_then(|at| i64::try_from(at.0).ok()),
        }
    }
}

impl Ended {
    pub(super) fn of(case: &Case) -> Option<Self> {
        let at_ms = case.terms_count_from()?.0;
        let kinds = case.messages.keys().filter_map(|key| case.kind_of(key));
        let kinds = kinds.map(|kind| kind.as_str().to_owned()).collect();
        Some(Self { at_ms, kinds })
    }

    fn first_over(&self, retention: &Retention) -> Option<UnixMillis> {
        let kinds = self.kinds.iter().filter_map(|kind| kind.parse().ok());
        retention.first_over(UnixMillis(self.at_ms), kinds)
    }
}

/// The dates that matter in a case, the first one first. Those of law end with the case.
pub(super) fn deadlines(view: &CaseView, policy: &Policy, now: Instant) -> Vec<Deadline> {
    let mut clocks = view.clocks(policy, now);
    if !view.state.is_open() {
        clocks.law.clear();
    }
    clocks.due_by(Instant::LATEST)
}

impl Clockwork {
    fn of(view: &CaseView) -> Self {
        let silent = view.messages.iter().filter_map(|message| {
            let silent = message.deliveries.iter().filter(|delivery| is_silent(delivery));
            let to: Vec<_> = silent.map(|delivery| delivery.to.clone()).collect();
            Some(Silent {
                id: message.id,
                submitted_at: message.submitted_at?,
                to,
            })
            .filter(|silent| !silent.to.is_empty())
        });
        Self {
            requesting: view.requesting,
            requested: view.requested,
            state: view.state,
            because: view.reason.because,
            at: view.reason.at,
            preservation: view.preservation.clone(),
            mutual_assistance: view.mutual_assistance.clone(),
            silent: silent.collect(),
        }
    }

    /// A view that has the same clocks and alarms as the whole one.
    pub(super) fn view(&self) -> CaseView {
        let messages = self.silent.iter().map(|silent| MessageView {
            id: silent.id,
            kind: None,
            from: None,
            to: Vec::new(),
            sent_at: None,
            in_reply_to: None,
            author: None,
            summary: String::new(),
            submitted_at: Some(silent.submitted_at),
            received_at: None,
            deliveries: silent.to.iter().cloned().map(no_word_of).collect(),
            nonconformities: Vec::new(),
        });
        CaseView {
            requesting: self.requesting,
            requested: self.requested,
            state: self.state,
            reason: Reason {
                because: self.because,
                by: None,
                at: self.at,
                sentence: String::new(),
            },
            preservation: self.preservation.clone(),
            mutual_assistance: self.mutual_assistance.clone(),
            messages: messages.collect(),
            ..CaseView::fold([])
        }
    }
}

fn is_silent(delivery: &Delivery) -> bool {
    delivery.delivered_at.is_none() && delivery.rejected.is_none()
}

fn no_word_of(to: ContactPoint) -> Delivery {
    Delivery {
        to,
        delivered_at: None,
        consigned: None,
        rejected: None,
        expired_at: None,
    }
}
