//! What the paper of 2009 could only collect by questionnaire: requests sent and received, by peer and by
//! article (its table 3.1.2); how long receipts, acknowledgements, first actions and outcomes took (its table
//! 3.2); preservations that were followed up, and drills that were answered.
//!
//! It is a pure fold over cases, so that anybody with the same ledger and the same messages gets the same
//! figures. A request counts in the period in which it was sent. Times are those of our own ledger: when we
//! recorded the request, and when we recorded the answer. Drills are counted apart, and in no total.

mod output;
mod period;

pub use output::csv_field;
pub use period::{Period, PeriodError};

use std::borrow::Borrow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{CaseView, MessageView};
use crate::message::Kind;
use crate::party::PartyCode;
use crate::rule::Rule;
use crate::time::Instant;

/// The figures of one Party for one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// The Party whose figures these are.
    pub party: PartyCode,
    /// The period: requests that were sent in it.
    pub period: Period,
    /// One row for each peer with which there was anything, in the order of their codes.
    pub peers: Vec<PeerRow>,
    /// All of them together.
    pub total: Traffic,
}

/// What went to and fro with one peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeerRow {
    /// The peer.
    pub peer: PartyCode,
    /// The figures.
    #[serde(flatten)]
    pub traffic: Traffic,
}

/// Both directions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Traffic {
    /// What we asked.
    pub sent: Direction,
    /// What we were asked.
    pub received: Direction,
}

/// One direction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Direction {
    /// Requests, by article.
    pub requests: Requests,
    /// How long answers took.
    pub timeliness: Timeliness,
    /// Preservations, and what came of them.
    pub preservations: Preservations,
    /// Drills.
    pub drills: Drills,
}

/// Requests, by article: the columns of table 3.1.2, and those kinds that it had no column for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requests {
    /// All of them, without drills.
    pub total: u64,
    /// Articles 29 and 30.
    pub preservation: u64,
    /// Articles 31, 33 and 34, emergencies under Article 10 of the Second Additional Protocol among them.
    pub mutual_assistance: u64,
    /// Article 26.
    pub spontaneous_information: u64,
    /// Article 35.
    pub assistance: u64,
    /// Second Additional Protocol, Article 9.
    pub emergency_disclosure: u64,
}

/// How long it took: the figures that table 3.2 has words for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timeliness {
    /// To the machine's receipt.
    pub receipt: Spread,
    /// To an officer's acknowledgement.
    pub acknowledgement: Spread,
    /// To the first answer that is more than an acknowledgement or a note.
    pub first_action: Spread,
    /// To a report, a refusal, a decision, data, or advice.
    pub outcome: Spread,
}

/// Durations: how many, the median and the worst. Of an even number the earlier of the two in the middle
/// counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    /// How many there are.
    pub count: u64,
    /// The median; `None` where there are none.
    pub median_ms: Option<u64>,
    /// The worst; `None` where there are none.
    pub worst_ms: Option<u64>,
}

/// Preservations that were followed by mutual assistance, and those that were not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preservations {
    /// Data were preserved.
    pub preserved: u64,
    /// And a mutual assistance request, or its notice, came.
    pub followed_up: u64,
}

/// Drills.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drills {
    /// How many there were.
    pub held: u64,
    /// To the machine's receipt.
    pub receipt: Spread,
    /// Those that an officer answered, and how long that took.
    pub answered: Spread,
}

impl Statistics {
    /// The figures of a Party: every case to which it is a party, and whose requests were sent in the period.
    ///
    /// Each case is looked at once and let go, so that they need not all be in memory.
    #[must_use]
    pub fn of<C: Borrow<CaseView>>(
        cases: impl IntoIterator<Item = C>,
        party: PartyCode,
        period: Period,
    ) -> Self {
        let mut peers: BTreeMap<PartyCode, Collected> = BTreeMap::new();
        let mut total = Collected::default();
        for case in cases {
            let case: &CaseView = case.borrow();
            let Some((peer, is_sent)) = peer_of(case, party) else {
                continue;
            };
            for request in requests_in(case, &period) {
                let of_peer = peers.entry(peer).or_default();
                for direction in [of_peer.direction(is_sent), total.direction(is_sent)] {
                    direction.add(case, request);
                }
            }
        }
        let row = |(peer, collected): (PartyCode, Collected)| PeerRow {
            peer,
            traffic: collected.traffic(),
        };
        Statistics {
            party,
            period,
            peers: peers.into_iter().map(row).collect(),
            total: total.traffic(),
        }
    }
}

/// The other Party, and whether the case is ours.
fn peer_of(case: &CaseView, party: PartyCode) -> Option<(PartyCode, bool)> {
    match (case.requesting?, case.requested?) {
        (asks, asked) if asks == party => Some((asked, true)),
        (asks, asked) if asked == party => Some((asks, false)),
        _ => None,
    }
}

/// The requests of a case that were sent in the period: the one that opened it, and mutual assistance asked
/// for in the case of a preservation.
fn requests_in<'a>(case: &'a CaseView, period: &'a Period) -> impl Iterator<Item = &'a MessageView> {
    let opening = case.case.map(|case| case.opening());
    case.messages.iter().filter(move |message| {
        let is_request = Some(message.id) == opening
            || (matches!(
                message.kind,
                Some(Kind::MutualAssistanceRequest | Kind::EmergencyMutualAssistanceRequest)
            ) && made_sense(message));
        is_request && message.sent_at.is_some_and(|at| period.contains(at))
    })
}

/// Whether a message had its place in the case.
fn made_sense(message: &MessageView) -> bool {
    let is_of_the_case = |rule| matches!(rule, Rule::CaseState | Rule::CaseRole);
    !message
        .nonconformities
        .iter()
        .any(|fault| is_of_the_case(fault.rule))
}

/// What is collected before it is summed up.
#[derive(Default)]
struct Collected {
    sent: CollectedDirection,
    received: CollectedDirection,
}

#[derive(Default)]
struct CollectedDirection {
    requests: Requests,
    preservations: Preservations,
    drills: u64,
    drill_receipts_ms: Vec<u64>,
    drill_answers_ms: Vec<u64>,
    receipts_ms: Vec<u64>,
    acknowledgements_ms: Vec<u64>,
    first_actions_ms: Vec<u64>,
    outcomes_ms: Vec<u64>,
}

impl Collected {
    fn direction(&mut self, is_sent: bool) -> &mut CollectedDirection {
        if is_sent {
            &mut self.sent
        } else {
            &mut self.received
        }
    }

    fn traffic(self) -> Traffic {
        Traffic {
            sent: self.sent.sum_up(),
            received: self.received.sum_up(),
        }
    }
}

impl CollectedDirection {
    fn add(&mut self, case: &CaseView, request: &MessageView) {
        let Some(kind) = request.kind else { return };
        let start = recorded_at(request);
        let receipt = receipt_ms(request);
        let answer = |is_it: fn(&CaseView, &MessageView) -> bool| {
            let answers = case.messages.iter().filter(|message| made_sense(message));
            let times = answers
                .filter(|message| is_it(case, message))
                .filter_map(recorded_at);
            times
                .filter(|at| Some(*at) >= start)
                .min()
                .and_then(|at| elapsed_ms(start?, at))
        };
        if kind == Kind::Drill {
            self.drills += 1;
            self.drill_receipts_ms.extend(receipt);
            self.drill_answers_ms.extend(answer(is_acknowledgement));
            return;
        }
        self.count(kind);
        self.receipts_ms.extend(receipt);
        // What is asked within a case is answered by what answers the case; times are those of the opening.
        if case.case.is_none_or(|case| case.opening() != request.id) {
            return;
        }
        self.acknowledgements_ms.extend(answer(is_acknowledgement));
        self.first_actions_ms.extend(answer(is_action));
        self.outcomes_ms.extend(answer(is_outcome));
        if case.first_preserved.is_some() {
            self.preservations.preserved += 1;
            self.preservations.followed_up += u64::from(case.mutual_assistance.is_some());
        }
    }

    fn count(&mut self, kind: Kind) {
        let requests = &mut self.requests;
        requests.total += 1;
        match kind {
            Kind::PreservationRequest => requests.preservation += 1,
            Kind::MutualAssistanceRequest | Kind::EmergencyMutualAssistanceRequest => {
                requests.mutual_assistance += 1;
            }
            Kind::SpontaneousInformation => requests.spontaneous_information += 1,
            Kind::AssistanceRequest => requests.assistance += 1,
            Kind::EmergencyDisclosureRequest => requests.emergency_disclosure += 1,
            _ => {}
        }
    }

    fn sum_up(self) -> Direction {
        Direction {
            requests: self.requests,
            timeliness: Timeliness {
                receipt: Spread::of(self.receipts_ms),
                acknowledgement: Spread::of(self.acknowledgements_ms),
                first_action: Spread::of(self.first_actions_ms),
                outcome: Spread::of(self.outcomes_ms),
            },
            preservations: self.preservations,
            drills: Drills {
                held: self.drills,
                receipt: Spread::of(self.drill_receipts_ms),
                answered: Spread::of(self.drill_answers_ms),
            },
        }
    }
}

impl Spread {
    fn of(mut durations_ms: Vec<u64>) -> Self {
        durations_ms.sort_unstable();
        Spread {
            count: durations_ms.len() as u64,
            median_ms: durations_ms
                .get(durations_ms.len().saturating_sub(1) / 2)
                .copied(),
            worst_ms: durations_ms.last().copied(),
        }
    }
}

/// When we recorded a message, whoever sent it.
fn recorded_at(message: &MessageView) -> Option<Instant> {
    message.submitted_at.or(message.received_at)
}

/// From sending to the first receipt; on the receiving side, from the time of sending to arrival here.
fn receipt_ms(request: &MessageView) -> Option<u64> {
    match request.submitted_at {
        Some(submitted) => {
            let delivered = request
                .deliveries
                .iter()
                .filter_map(|delivery| delivery.delivered_at);
            elapsed_ms(submitted, delivered.min()?)
        }
        None => elapsed_ms(request.sent_at?, request.received_at?),
    }
}

/// Clocks differ: what seems to have taken less than no time took none.
fn elapsed_ms(from: Instant, until: Instant) -> Option<u64> {
    let elapsed = until.as_unix_ms().checked_sub(from.as_unix_ms())?;
    Some(u64::try_from(elapsed).unwrap_or(0))
}

fn is_from_the_asked(case: &CaseView, message: &MessageView) -> bool {
    message.from.as_ref().map(|from| from.party()) == case.requested
}

fn is_acknowledgement(case: &CaseView, message: &MessageView) -> bool {
    message.kind == Some(Kind::Acknowledgement) && is_from_the_asked(case, message)
}

fn is_action(case: &CaseView, message: &MessageView) -> bool {
    let is_more = !matches!(message.kind, None | Some(Kind::Acknowledgement | Kind::Note));
    is_more && is_from_the_asked(case, message)
}

fn is_outcome(case: &CaseView, message: &MessageView) -> bool {
    let is_outcome = match message.kind {
        Some(
            Kind::PreservationReport
            | Kind::Refusal
            | Kind::MutualAssistanceDecision
            | Kind::Disclosure
            | Kind::ConditionsAccepted
            | Kind::ConditionsDeclined,
        ) => true,
        Some(Kind::InformationProvided) => case.opened_by == Some(Kind::AssistanceRequest),
        _ => false,
    };
    is_outcome && is_from_the_asked(case, message)
}

#[cfg(test)]
mod tests;
