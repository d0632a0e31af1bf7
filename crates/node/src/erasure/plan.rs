//! Which entries an erasure comes to.

use std::collections::BTreeSet;

use protocol::digest::Digest;
use protocol::entry::Entry;
use protocol::envelope::Header;
use protocol::ids::{CaseId, Code};
use protocol::time::UnixMillis;
use store::{ReadError, Reader};

use super::ErasureError;
use crate::cases::{Case, CaseError, MessageKey, Said};

/// What is to be erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The leaves that record the messages, ascending.
    pub(super) entries: Vec<u64>,
    /// The messages.
    pub(super) messages: BTreeSet<MessageKey>,
}

impl Plan {
    /// All that is left of the case's content.
    ///
    /// # Errors
    /// When the case is held, something of it is on its way, or nothing is left.
    pub(super) fn of_case(reader: &dyn Reader, case: &Case, now: UnixMillis) -> Result<Self, ErasureError> {
        if let Some(held) = hold_of(reader, case.id)? {
            return Err(ErasureError::Held {
                case: case.name(),
                basis: held.as_str().to_owned(),
            });
        }
        let (plan, on_their_way) = Self::of_messages(reader, case, now, |_| true)?;
        if !on_their_way.is_empty() {
            return Err(ErasureError::OnTheirWay(on_their_way.len()));
        }
        if plan.entries.is_empty() {
            return Err(ErasureError::NothingLeft);
        }
        Ok(plan)
    }

    /// What is left of those messages of a case that are wanted, without those that are on their way, which
    /// are given beside it.
    pub(super) fn of_messages(
        reader: &dyn Reader,
        case: &Case,
        now: UnixMillis,
        is_wanted: impl Fn(&MessageKey) -> bool,
    ) -> Result<(Self, BTreeSet<MessageKey>), ErasureError> {
        let mut on_their_way = BTreeSet::new();
        let mut found = Vec::new();
        for leaf in &case.leaves {
            let Some(key) = leaf.about.filter(|key| is_wanted(key)) else {
                continue;
            };
            let is_told = case
                .messages
                .get(&key)
                .is_some_and(|told| told.erased_by.is_none());
            match &leaf.said {
                Said::Submitted(header, envelope) if is_told => {
                    let is_in_outbox = reader.outbox_item(envelope)?.is_some();
                    if is_in_outbox || is_pulled(case, header, envelope, now) {
                        on_their_way.insert(key);
                    }
                    found.push((leaf.index, key));
                }
                Said::Received(..) if is_told => found.push((leaf.index, key)),
                _ => {}
            }
        }
        // One payload for all recipients: it goes for all of them, or stays.
        found.retain(|(_, key)| !on_their_way.contains(key));
        let plan = Self {
            entries: found.iter().map(|(index, _)| *index).collect(),
            messages: found.iter().map(|(_, key)| *key).collect(),
        };
        Ok((plan, on_their_way))
    }
}

/// Whether the recipient has the message, and may still be fetching its files `[TRANSFER]`. A recipient that
/// never comes to its end must not keep a case from being erased for ever: the message's own end is the end
/// of this as well, after which the recipient asks no more (`attachments::Waits::Withdrawn`).
fn is_pulled(case: &Case, header: &Header, envelope: &Digest, now: UnixMillis) -> bool {
    let says = |of: &dyn Fn(&Said) -> bool| case.leaves.iter().any(|leaf| of(&leaf.said));
    header.attachments.is_some()
        && now < header.expires_at
        && says(&|said| matches!(said, Said::Delivered(receipt, _) if receipt.envelope == *envelope))
        && !says(&|said| matches!(said, Said::Completed(_, statement, _) if statement.envelope == *envelope))
}

/// The basis on which a case is held.
pub(super) fn hold_of(reader: &dyn Reader, case: CaseId) -> Result<Option<Code>, ErasureError> {
    let Some(index) = reader.hold(case)? else {
        return Ok(None);
    };
    let entry = Entry::decode(&reader.leaf(index)?);
    match entry.map_err(|error| CaseError::Leaf { index, error }) {
        Ok(Entry::HoldChanged { basis, .. }) => Ok(Some(basis)),
        Ok(_) => Err(ReadError::Index(format!("leaf {index} places no hold")).into()),
        Err(error) => Err(ErasureError::Case(error.into())),
    }
}
