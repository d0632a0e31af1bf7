//! From what is sealed to the core, which makes it durable.

use protocol::exchange::Oversight;
use protocol::ids::{CaseId, MessageId};
use tokio::sync::{mpsc, oneshot};

use super::Ready;
use super::beside::Beside;
use crate::attachments::staging::Claim;
use crate::wake::{Command, Refused, Submitted, Wake};

/// A message that is with the core, and what goes with it.
pub(super) struct Submitting {
    pub(super) message: MessageId,
    pub(super) case: CaseId,
    /// `[FOUR-EYES]` Sent without a second officer.
    pub(super) alone: bool,
    /// Once it is durable.
    pub(super) answered: oneshot::Receiver<Result<Submitted, Refused>>,
    pub(super) advice: Vec<control::types::Fault>,
    pub(super) beside: Beside,
    pub(super) claim: Option<Claim>,
}

/// Hands a message over to the core. Blocks while too much waits for it.
pub(super) fn submit(wakes: &mpsc::Sender<Wake>, ready: Ready) -> Submitting {
    let (message, case) = (ready.submission.message, ready.submission.case);
    let alone = ready.submission.oversight == Oversight::SentAlone;
    let (answer, answered) = oneshot::channel();
    // Where the core has ended, the answer ends with the command.
    let _ = wakes.blocking_send(Wake::Command(Command::Submit {
        submission: Box::new(ready.submission),
        answer,
    }));
    Submitting {
        message,
        case,
        alone,
        answered,
        advice: ready.advice,
        beside: ready.beside,
        claim: ready.claim,
    }
}
