//! Who waits for a message to be durable.

use std::collections::HashMap;

use protocol::ids::{ContactPoint, MessageId};
use protocol::time::UnixMillis;
use tokio::sync::oneshot;

use crate::limits::SUBMISSIONS_WAITING_MAX;
use crate::wake::{Refused, Submitted};

type Answer = oneshot::Sender<Result<Submitted, Refused>>;

/// Submissions whose commit is not durable yet.
#[derive(Debug, Default)]
pub(super) struct Waiting(HashMap<MessageId, One>);

#[derive(Debug)]
struct One {
    answer: Answer,
    to: Vec<ContactPoint>,
    leaves: Vec<(ContactPoint, u64)>,
}

impl Waiting {
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= SUBMISSIONS_WAITING_MAX
    }

    pub(super) fn add(&mut self, message: MessageId, to: Vec<ContactPoint>, answer: Answer) {
        let leaves = Vec::with_capacity(to.len());
        self.0.insert(message, One { answer, to, leaves });
    }

    /// One recipient's envelope is durable; with the last one, whoever waits is told.
    pub(super) fn recorded(&mut self, message: MessageId, to: ContactPoint, index: u64, now: UnixMillis) {
        let Some(one) = self.0.get_mut(&message) else {
            return;
        };
        one.leaves.push((to, index));
        if one.leaves.len() < one.to.len() {
            return;
        }
        if let Some(mut one) = self.0.remove(&message) {
            let place = |office: &ContactPoint| one.to.iter().position(|to| to == office);
            one.leaves.sort_by_key(|(office, _)| place(office));
            // Whoever asked may be gone; the message is sent all the same.
            let _ = one.answer.send(Ok(Submitted {
                leaves: one.leaves,
                recorded_at: now,
            }));
        }
    }

    pub(super) fn refuse_all(&mut self, why: &Refused) {
        for (_, one) in self.0.drain() {
            let _ = one.answer.send(Err(why.clone()));
        }
    }
}

#[cfg(test)]
mod tests;
