//! What refusals change in the index.

use super::{InboxKey, InboxOutcome, InboxRecord, IndexChange};
use crate::decode::DecodeError;
use crate::rejection::SignedRejection;

/// A refusal without a key leaves no trace in the inbox: the header was not authentic, or its id belongs to
/// other bytes that came first, whose receipt must stay `[IDEMPOTENT]`.
pub(super) fn by_us(
    index: u64,
    rejection: &SignedRejection,
    key: Option<&InboxKey>,
) -> Result<Vec<IndexChange>, DecodeError> {
    let (claimed, _) = rejection.peek()?;
    let Some(key) = key else { return Ok(Vec::new()) };
    let record = InboxRecord {
        envelope: claimed.envelope,
        outcome: InboxOutcome::Rejected { index },
    };
    Ok(vec![
        IndexChange::PutInbox(key.clone(), record),
        IndexChange::LinkMessage {
            message: key.message,
            index,
        },
    ])
}

/// The peer need not have been able to read which message it refuses; the key is our own note of it.
pub(super) fn by_peer(
    index: u64,
    rejection: &SignedRejection,
    key: Option<&InboxKey>,
) -> Result<Vec<IndexChange>, DecodeError> {
    let (claimed, _) = rejection.peek()?;
    let removed = std::iter::once(IndexChange::RemoveOutbox(claimed.envelope));
    let message = key.map(|key| key.message).or(claimed.message);
    let link = message.map(|message| IndexChange::LinkMessage { message, index });
    Ok(removed.chain(link).collect())
}
