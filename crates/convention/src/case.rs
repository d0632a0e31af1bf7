//! Everything about one request: a pure fold over what was sent and received.
//!
//! A case is never stored. [`CaseView::fold`] makes it from [`CaseFact`]s, and gives the same view whatever
//! the order in which they come, and however often: messages arrive late, twice and out of order. Every state
//! carries its reason, so that it can always be explained: *preserved, because message ... of XB/police said
//! so*.
//!
//! How it is done: first the facts are sorted into one record per message, in which each field is the least
//! of its candidates, so that order and repetition leave no trace. Then the messages are put into the order
//! in which they were said: the one that opened the case, then by the time of sending, but never before the
//! message that they answer. Then each in turn is asked whether it makes sense in the state of the case
//! `[CASE-STATE]`, comes from the right side `[CASE-ROLE]`, and what it leads to. What does not make sense is
//! shown as non-conforming, and changes nothing.

mod awaited;
mod fact;
mod fold;
mod standing;
mod state;

pub use awaited::{Awaited, Task};
pub use fact::{CaseFact, Consignment, Event};
pub(crate) use fold::Marks;
pub use standing::{Conditions, ContentPermit, Decision, PostponedUntil, Question, Warning};
pub use state::{Reason, State};

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::{CaseReference, Kind, MessageId, Speaker};
use crate::number::CaseNumber;
use crate::party::{ContactPoint, PartyCode};
use crate::rule::{Fault, Rule};
use crate::time::{Days, Instant, ZonedInstant};

/// A case, as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseView {
    /// The case; `None` where there were no facts.
    pub case: Option<CaseReference>,
    /// `[CASE-NUMBER]` The number of the case, for people; `None` where the requesting side gave none.
    #[serde(default)]
    pub number: Option<CaseNumber>,
    /// The Party that asks; `None` while the message that opened the case is not here or not readable.
    pub requesting: Option<PartyCode>,
    /// The Party that is asked.
    pub requested: Option<PartyCode>,
    /// The kind of request that opened it; `None` while it is not here or not readable.
    #[serde(default)]
    pub opened_by: Option<Kind>,
    /// What is asked.
    pub request: Option<RequestSummary>,
    /// Where the case stands.
    pub state: State,
    /// Why it stands there.
    pub reason: Reason,
    /// What is preserved, as last reported.
    pub preservation: Option<Preservation>,
    /// `[C29-7]` The mutual assistance request that is in.
    pub mutual_assistance: Option<MutualAssistance>,
    /// `[C30-2]` The message by which disclosure of traffic data was refused.
    pub traffic_data_refused: Option<MessageId>,
    /// `[C30-1]` The message by which traffic data was disclosed.
    #[serde(default)]
    pub traffic_data_disclosed: Option<MessageId>,
    /// `[C26-2]` `[C28-2]` Conditions that were set, and the answer to them.
    #[serde(default)]
    pub conditions: Option<Conditions>,
    /// `[C29-6]` The last warning, and the decision on it.
    #[serde(default)]
    pub warning: Option<Warning>,
    /// Questions, and what answered them.
    #[serde(default)]
    pub questions: Vec<Question>,
    /// `[C27-5]` The postponement, while nothing has followed it.
    #[serde(default)]
    pub postponed: Option<PostponedUntil>,
    /// `[C27-9-C]` The authority that the request was referred to.
    #[serde(default)]
    pub referred_to: Option<String>,
    /// `[C27-4]` The decision on mutual assistance.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// The message by which data, or the content of spontaneous information, was given.
    #[serde(default)]
    pub content_given: Option<MessageId>,
    /// The message by which the request was taken back.
    #[serde(default)]
    pub withdrawn: Option<MessageId>,
    /// The first report that data are preserved.
    #[serde(default)]
    pub first_preserved: Option<MessageId>,
    /// The first acknowledgement.
    #[serde(default)]
    pub acknowledged: Option<MessageId>,
    /// The dates that matter now, the next one first.
    pub clocks: Vec<Clock>,
    /// The messages, in the order in which they were said.
    pub messages: Vec<MessageView>,
    /// What happened, in the order in which it happened here.
    pub timeline: Vec<TimelineEntry>,
}

/// What a request asks, as far as the rest of the case depends on it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestSummary {
    /// The requesting side's reference number.
    pub reference: Option<String>,
    /// What the offence is called.
    pub offence: String,
    /// The articles of the Convention, 2 to 11, under which it falls.
    pub convention_articles: Vec<String>,
    /// The categories of data.
    pub categories: Vec<String>,
    /// Whether traffic data shall be disclosed under Article 30.
    pub discloses_traffic_data: bool,
    /// The duration wanted.
    pub duration_days: Option<Days>,
}

/// A preservation, as reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preservation {
    /// Since when.
    pub from: Option<ZonedInstant>,
    /// `[C29-7]` Until when; `None` while it waits for a decision on mutual assistance.
    pub until: Option<ZonedInstant>,
    /// `[C29-7]` The end of the 60 days below which no preservation goes.
    pub minimum_until: Option<ZonedInstant>,
    /// The number of the domestic order.
    pub order_reference: Option<String>,
    /// `[C16-2]` When that order ends, unless it is renewed.
    pub order_until: Option<ZonedInstant>,
    /// The report that said so.
    pub because: MessageId,
}

/// `[C29-7]` A mutual assistance request that is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MutualAssistance {
    /// Its reference.
    pub reference: String,
    /// The message that said so.
    pub because: MessageId,
}

/// A date that matters. All of these are of law; the clocks of policy are not the Convention's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    /// When.
    pub at: Instant,
    /// What happens then.
    pub kind: ClockKind,
    /// The message that set it.
    pub because: MessageId,
}

/// What happens when a clock runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ClockKind {
    /// `[C29-7]` The 60 days' minimum has passed.
    MinimumEnds,
    /// `[C16-2]` The domestic order ends, unless it is renewed.
    OrderEnds,
    /// `[C29-7]` The preservation ends.
    PreservationEnds,
}

/// One message of the case.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageView {
    /// Its name.
    pub id: MessageId,
    /// Its kind; `None` where it cannot be read.
    pub kind: Option<Kind>,
    /// The contact point that sent it.
    pub from: Option<ContactPoint>,
    /// The contact points that it went to.
    pub to: Vec<ContactPoint>,
    /// When it was sent, as the sender says.
    pub sent_at: Option<Instant>,
    /// The message that it answers.
    pub in_reply_to: Option<MessageId>,
    /// The officer who wrote it.
    pub author: Option<String>,
    /// What it says, in one line.
    pub summary: String,
    /// When we sent it, if it is ours.
    pub submitted_at: Option<Instant>,
    /// When we received it, if it is theirs.
    pub received_at: Option<Instant>,
    /// How it fared, for each recipient.
    pub deliveries: Vec<Delivery>,
    /// Which rules it breaks.
    pub nonconformities: Vec<Fault>,
}

/// How a message fared on its way to one recipient. The earliest time of each event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delivery {
    /// The recipient.
    pub to: ContactPoint,
    /// When its receipt was verified here.
    pub delivered_at: Option<Instant>,
    /// When it was opened there, and whether it could be read.
    pub consigned: Option<(Instant, Consignment)>,
    /// When it was rejected, and why.
    pub rejected: Option<(Instant, String)>,
    /// When we gave up.
    pub expired_at: Option<Instant>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// When.
    pub at: Instant,
    /// The message to which it happened.
    pub message: MessageId,
    /// What happened, in one sentence.
    pub what: String,
}

impl fmt::Debug for RequestSummary {
    /// Without what people wrote, which does not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestSummary")
            .field("categories", &self.categories)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MessageView {
    /// Without what people wrote, which does not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageView")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("from", &self.from)
            .field("sent_at", &self.sent_at)
            .field("submitted_at", &self.submitted_at)
            .field("received_at", &self.received_at)
            .field("deliveries", &self.deliveries)
            .field("nonconformities", &self.nonconformities)
            .finish_non_exhaustive()
    }
}

impl CaseView {
    /// Makes the case from everything that happened, in any order, with any repetitions.
    ///
    /// All facts should be of one case. If they are not, those of the first one (in the order of their ids)
    /// count.
    #[must_use]
    pub fn fold(facts: impl IntoIterator<Item = CaseFact>) -> Self {
        fold::fold(facts)
    }

    /// The kinds that a contact point can send in this case as it stands. `[CASE-STATE]` `[CASE-ROLE]`
    #[must_use]
    pub fn allowed_answers(&self, sender: &ContactPoint) -> Vec<Kind> {
        let all = Kind::ALL.iter().copied();
        all.filter(|kind| kind.belongs_to_case() && self.objections(*kind, sender).is_empty())
            .collect()
    }

    /// What speaks against a message of this kind from this contact point, in the case as it stands.
    pub(crate) fn objections(&self, kind: Kind, sender: &ContactPoint) -> Vec<Fault> {
        let mut objections = Vec::new();
        let party = Some(sender.party());
        let is_right_side = match kind.speaker() {
            Speaker::Requesting => party == self.requesting,
            Speaker::Requested => party == self.requested,
            Speaker::Either => party == self.requesting || party == self.requested,
        };
        if !is_right_side {
            let what = format!("a {kind} does not come from {} in this case", sender.party());
            let mend = match kind.speaker() {
                Speaker::Requesting => "it is for the Party that asked to send it",
                Speaker::Requested => "it is for the Party that was asked to send it",
                Speaker::Either => "only the two Parties to the case can write in it",
            };
            objections.push(Fault::new(Rule::CaseRole, "kind", what, mend));
        }
        let is_of_another_case = self.opened_by.filter(|opened| !kind.cases().contains(opened));
        if let Some(opened) = is_of_another_case {
            let what = format!("a {kind} has no place in a case that a {opened} opened");
            let mend = "send a note, if there is something to say";
            objections.push(Fault::new(Rule::CaseState, "kind", what, mend));
        } else if !kind.is_allowed_in(self.state) {
            let what = format!(
                "a {kind} makes no sense now: the case is {}",
                self.reason.sentence
            );
            let mend = "send a note, if there is something to say";
            objections.push(Fault::new(Rule::CaseState, "kind", what, mend));
        } else if let Some(objection) = kind.objection(self, sender.party()) {
            let what = format!("a {kind} makes no sense now: {}", objection.what);
            objections.push(Fault::new(Rule::CaseState, "kind", what, objection.mend));
        }
        objections
    }
}

#[cfg(test)]
mod tests;
