//! What whoever has sent a message is told.

use control::types::Sent;
use protocol::ids::{CaseId, MessageId};

use super::beside::{self, Beside};
use super::{Parts, SendError};
use crate::news::timestamp;
use crate::wake::Submitted;

/// What was said of a message of ours when it was sent, if it is recorded. Blocks.
pub(super) fn recorded(parts: &Parts, message: MessageId) -> Result<Option<Sent>, SendError> {
    let own = (parts.cases.own(), message);
    let case = parts.cases.case_of(message)?;
    let Some(case) = case.filter(|case| case.messages.contains_key(&own)) else {
        return Ok(None);
    };
    let submitted = case.submission_of(message);
    let beside = beside::of_recorded(parts, &case, message);
    Ok(Some(sent(message, case.id, &submitted, Vec::new(), beside)))
}

/// The answer, of what was just recorded.
pub(super) fn sent(
    message: MessageId,
    case: CaseId,
    submitted: &Submitted,
    advice: Vec<control::types::Fault>,
    beside: Beside,
) -> Sent {
    Sent {
        message: message.to_string(),
        case: case.to_string(),
        reference: beside.reference,
        to: submitted.leaves.iter().map(|(to, _)| to.to_string()).collect(),
        leaf_indexes: submitted.leaves.iter().map(|(_, index)| *index).collect(),
        recorded_at: timestamp(submitted.recorded_at),
        advice,
        check_words: beside.check_words,
        related: beside.related,
    }
}
