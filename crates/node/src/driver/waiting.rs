//! Who waits for a message to be durable.

use std::collections::HashMap;

use protocol::ids::{ActorId, ContactPoint, MessageId};
use protocol::time::UnixMillis;
use tokio::sync::oneshot;

use crate::limits::SUBMISSIONS_WAITING_MAX;
use crate::wake::{Recorded, Refused, Submitted};

type Answer = oneshot::Sender<Result<Submitted, Refused>>;

/// Who is told of an approval.
type Approver = oneshot::Sender<Result<Recorded, Refused>>;

/// Submissions and approvals whose commit is not durable yet.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    submissions: HashMap<MessageId, One>,
    approvals: HashMap<(MessageId, ActorId), Vec<(UnixMillis, Approver)>>,
    /// Facts of the node itself, by their leaves.
    facts: Vec<(Vec<u8>, UnixMillis, Approver)>,
}

#[derive(Debug)]
struct One {
    answer: Answer,
    to: Vec<ContactPoint>,
    leaves: Vec<(ContactPoint, u64)>,
}

impl Waiting {
    pub(super) fn is_full(&self) -> bool {
        self.submissions.len() >= SUBMISSIONS_WAITING_MAX
    }

    pub(super) fn add(&mut self, message: MessageId, to: Vec<ContactPoint>, answer: Answer) {
        let leaves = Vec::with_capacity(to.len());
        self.submissions.insert(message, One { answer, to, leaves });
    }

    /// One recipient's envelope is durable; with the last one, whoever waits is told.
    pub(super) fn recorded(&mut self, message: MessageId, to: ContactPoint, index: u64, now: UnixMillis) {
        let Some(one) = self.submissions.get_mut(&message) else {
            return;
        };
        one.leaves.push((to, index));
        if one.leaves.len() < one.to.len() {
            return;
        }
        if let Some(mut one) = self.submissions.remove(&message) {
            let place = |office: &ContactPoint| one.to.iter().position(|to| to == office);
            one.leaves.sort_by_key(|(office, _)| place(office));
            // Whoever asked may be gone; the message is sent all the same.
            let _ = one.answer.send(Ok(Submitted {
                leaves: one.leaves,
                recorded_at: now,
            }));
        }
    }

    pub(super) fn add_approval(
        &mut self,
        message: MessageId,
        actor: ActorId,
        at: UnixMillis,
        answer: Approver,
    ) {
        self.approvals
            .entry((message, actor))
            .or_default()
            .push((at, answer));
    }

    /// An approval is durable.
    pub(super) fn approved(&mut self, message: MessageId, actor: ActorId, index: u64) {
        for (at, answer) in self.approvals.remove(&(message, actor)).unwrap_or_default() {
            let _ = answer.send(Ok(Recorded { index, at }));
        }
    }

    pub(super) fn add_fact(&mut self, leaf: Vec<u8>, at: UnixMillis, answer: Approver) {
        self.facts.push((leaf, at, answer));
    }

    /// Whether somebody waits for a fact.
    pub(super) fn awaits_facts(&self) -> bool {
        !self.facts.is_empty()
    }

    /// This leaf is durable.
    pub(super) fn fact_recorded(&mut self, leaf: &[u8], index: u64) {
        if let Some(place) = self.facts.iter().position(|(waiting, ..)| waiting == leaf) {
            let (_, at, answer) = self.facts.remove(place);
            let _ = answer.send(Ok(Recorded { index, at }));
        }
    }

    pub(super) fn refuse_all(&mut self, why: &Refused) {
        for (_, answer) in self.approvals.drain().flat_map(|(_, answers)| answers) {
            let _ = answer.send(Err(why.clone()));
        }
        for (_, _, answer) in self.facts.drain(..) {
            let _ = answer.send(Err(why.clone()));
        }
        for (_, one) in self.submissions.drain() {
            let _ = one.answer.send(Err(why.clone()));
        }
    }
}

#[cfg(test)]
mod tests;
