//! Which entries of the ledger belong to a period, and what they refer to: the excerpt that an auditor of the
//! period gets instead of everything.
//!
//! The range begins with the last entry before the period and ends with the first one after it, so that
//! whoever checks it sees that nothing was left out at either end. Receipts and rejections of the period can
//! only be checked with the envelopes that they answer, which may be older: their bundles are added.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use ledger::limits::TILE_WIDTH;
use ledger::tile::Excerpt;
use protocol::digest::Digest;
use protocol::entry::{Entry, Side};
use protocol::ids::MessageId;
use protocol::time::UnixMillis;
use store::{ReadError, Reader};

/// Why there is no excerpt.
#[derive(Debug, thiserror::Error)]
pub enum NoExcerpt {
    /// There is no entry.
    #[error("the ledger is empty")]
    Empty,
    /// The period ends before it begins. The caller is at fault.
    #[error("the period ends before it begins")]
    Backwards,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] ReadError),
    /// A leaf is no entry: this program wrote it, or a later one.
    #[error("leaf {0} is no entry that this program knows")]
    NotAnEntry(u64),
}

/// The excerpt, for a period, of the log that begins at position `log_first`, as it was with `size` entries.
/// Envelopes that an earlier log has are not in it.
///
/// # Errors
/// See [`NoExcerpt`].
pub fn of_period(
    reader: &dyn Reader,
    log_first: u64,
    size: u64,
    period: Range<UnixMillis>,
) -> Result<Excerpt, NoExcerpt> {
    if period.end < period.start {
        return Err(NoExcerpt::Backwards);
    }
    let log = log_first..log_first + size;
    let start = first_since(reader, &log, period.start)?
        .saturating_sub(1)
        .max(log.start);
    let end = log.end.min(first_since(reader, &log, period.end)? + 1);
    let answered = answered_from_outside(reader, start..end)?;
    let mut bundles = BTreeSet::new();
    for (envelope, message) in answered {
        let sent = sent_at(reader, envelope, message, log.start..start)?;
        bundles.extend(sent.map(|position| (position - log.start) / u64::from(TILE_WIDTH)));
    }
    // Only an empty log has an empty range: elsewhere it has the entry before the period or the one after.
    Excerpt::new(start - log.start..end - log.start, bundles).map_err(|_| NoExcerpt::Empty)
}

/// The first entry that was recorded at a time or after it; the end of the log where there is none. The times
/// of entries never go back, since the clock never shows less than the ledger's last entry.
fn first_since(reader: &dyn Reader, log: &Range<u64>, at: UnixMillis) -> Result<u64, NoExcerpt> {
    let (mut low, mut high) = (log.start, log.end);
    while low < high {
        let middle = low + (high - low) / 2;
        let leaf = reader.leaf(middle)?;
        let entry = Entry::decode(&leaf).map_err(|_| NoExcerpt::NotAnEntry(middle))?;
        if entry.at() < at {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The envelopes that entries of the range answer, and that no entry of the range has sent.
fn answered_from_outside(
    reader: &dyn Reader,
    range: Range<u64>,
) -> Result<BTreeSet<(Digest, MessageId)>, NoExcerpt> {
    let mut sent = BTreeSet::new();
    let mut answered = BTreeSet::new();
    reader.leaves(range, &mut |_, leaf| {
        match Entry::decode(leaf) {
            Ok(Entry::Submitted { header, .. }) => {
                sent.insert(header.digest());
            }
            Ok(Entry::Delivered { receipt, .. }) => {
                let claimed = receipt.peek().ok().map(|(claimed, _)| claimed);
                answered.extend(claimed.map(|claimed| (claimed.envelope, claimed.message)));
            }
            Ok(Entry::Rejected {
                side: Side::Received,
                rejection,
                key,
                ..
            }) => {
                let claimed = rejection.peek().ok().map(|(claimed, _)| claimed);
                // A peer that could not read our header names no message; our own note of it does.
                let named = claimed.and_then(|claimed| {
                    let message = key.map(|key| key.message).or(claimed.message)?;
                    Some((claimed.envelope, message))
                });
                answered.extend(named);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    answered.retain(|(envelope, _)| !sent.contains(envelope));
    Ok(answered)
}

/// The entry among these that sent an envelope.
fn sent_at(
    reader: &dyn Reader,
    envelope: Digest,
    message: MessageId,
    among: Range<u64>,
) -> Result<Option<u64>, NoExcerpt> {
    let entries = reader.message_entries(message)?;
    for index in entries.into_iter().filter(|index| among.contains(index)) {
        let entry = Entry::decode(&reader.leaf(index)?).map_err(|_| NoExcerpt::NotAnEntry(index))?;
        if matches!(entry, Entry::Submitted { header, .. } if header.digest() == envelope) {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
