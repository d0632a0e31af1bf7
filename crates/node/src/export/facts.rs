//! A case as a bundle counts it: messages by number, leaves with their bytes.

use std::collections::{BTreeMap, BTreeSet};

use protocol::digest::Digest;
use protocol::envelope::{Header, SignedHeader};
use store::Reader;

use super::ExportError;
use crate::cases::{Case, Leaf, MessageKey, Said, Told};

/// A case, numbered.
pub(super) struct Facts<'a> {
    /// The messages in the order of the ledger: number N is the N-th.
    pub(super) messages: Vec<(MessageKey, &'a Told)>,
    /// The leaves that speak of them, ascending.
    pub(super) leaves: Vec<&'a Leaf>,
    /// The positions of the notices by which something in the case was erased `[ERASE]`.
    pub(super) notices: BTreeSet<u64>,
    /// How files about this case are called.
    pub(super) name: String,
    numbers: BTreeMap<MessageKey, u32>,
    erased: BTreeSet<MessageKey>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(case: &'a Case, reader: &dyn Reader) -> Result<Self, ExportError> {
        let leaves: Vec<&Leaf> = case.leaves.iter().filter(|leaf| leaf.about.is_some()).collect();
        let mut seen = BTreeSet::new();
        let mut messages = Vec::new();
        let mut numbers = BTreeMap::new();
        for leaf in &leaves {
            let Some(key) = leaf.about else { continue };
            let is_header = matches!(leaf.said, Said::Submitted(..) | Said::Received(..));
            if is_header && seen.insert(key) {
                let told = case.messages.get(&key);
                messages.push((
                    key,
                    told.ok_or_else(|| ExportError::fault("a message without a header"))?,
                ));
                numbers.insert(key, u32::try_from(messages.len()).unwrap_or(u32::MAX));
            }
        }
        // What speaks of a message stands behind its header; whatever does not is no leaf of the case.
        let leaves: Vec<&Leaf> = leaves
            .into_iter()
            .filter(|leaf| leaf.about.is_some_and(|key| numbers.contains_key(&key)))
            .collect();
        let (mut notices, mut erased) = (BTreeSet::new(), BTreeSet::new());
        for leaf in &leaves {
            if let Some(notice) = reader.erased_by(leaf.index)? {
                notices.insert(notice);
                erased.extend(leaf.about);
            }
        }
        Ok(Self {
            leaves,
            messages,
            notices,
            name: format!("{}@{}", case.id, case.opener),
            numbers,
            erased,
        })
    }

    /// The number of the message that a leaf speaks of.
    pub(super) fn number(&self, leaf: &Leaf) -> Option<u32> {
        self.numbers.get(&leaf.about?).copied()
    }

    /// Whether a message was erased, and not only lost.
    pub(super) fn is_erased(&self, key: MessageKey) -> bool {
        self.erased.contains(&key)
    }

    /// The message with this number.
    pub(super) fn message(&self, number: u32) -> Option<(MessageKey, &'a Told)> {
        self.messages.get((number as usize).checked_sub(1)?).copied()
    }

    /// The leaves that speak of a message.
    pub(super) fn about(&self, key: MessageKey) -> impl Iterator<Item = &'a Leaf> + '_ {
        self.leaves
            .iter()
            .copied()
            .filter(move |leaf| leaf.about == Some(key))
    }

    /// The headers of a message, in the order of the ledger, each with the leaf that has it.
    pub(super) fn headers(&self, key: MessageKey) -> impl Iterator<Item = (&'a Header, &'a Leaf)> + '_ {
        self.about(key).filter_map(|leaf| match &leaf.said {
            Said::Submitted(header, _) | Said::Received(header, _) => Some((&**header, leaf)),
            _ => None,
        })
    }
}

/// The headers that were sent or received, by their digests: receipts name them so.
#[derive(Debug, Default)]
pub(super) struct Headers(BTreeMap<Digest, SignedHeader>);

impl Headers {
    pub(super) fn note(&mut self, header: &SignedHeader) {
        self.0.insert(header.digest(), header.clone());
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<&SignedHeader> {
        self.0.get(digest)
    }
}
