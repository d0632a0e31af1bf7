//! From what is sealed to the core, which makes it durable.

use protocol::exchange::Oversight;
use protocol::ids::{CaseId, MessageId};
use tokio::sync::{mpsc, oneshot};

use super::Ready;
use super::beside::{Beside, Common};
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

/// Hands a message over to the core, and gives back what its related cases are to be looked for by. Blocks
/// while too much waits for the core.
pub(super) fn submit(wakes: &mpsc::Sender<Wake>, ready: Ready) -> (Submitting, Common) {
    let (message, case) = (ready.submission.message, ready.submission.case);
    let alone = ready.submission.oversight == Oversight::SentAlone;
    let (answer, answered) = oneshot::channel();
    // Where the core has ended, the answer ends with the command.
    let _ = wakes.blocking_send(Wake::Command(Command::Submit {
        submission: Box::new(ready.submission),
        answer,
    }));
    let submitting = Submitting {
        message,
        case,
        alone,
        answered,
        advice: ready.advice,
        beside: ready.beside,
        claim: ready.claim,
    };
    (submitting, ready.common)
}
