//! Holds receipts and rejections against the envelopes that they answer.
//!
//! A receipt can be checked only with the envelope's header: its digest, and the leaf that the recipient
//! must have written, are worked out from it. Headers are not kept, only where they stand, and only for
//! so many of the last envelopes; an answer that comes later than that is put aside, and those put aside
//! are matched by reading the ledger again from its beginning, many at a time.

use std::collections::{BTreeMap, VecDeque};

use ledger::limits::TILE_WIDTH;
use ledger::tile::{TileKind, TilePath, decode_bundle};
use protocol::digest::Digest;
use protocol::entry::Entry;
use protocol::envelope::SignedHeader;
use protocol::receipt::ReceiptError;

use crate::export::Export;
use crate::limits::{LATE_ANSWERS_MAX, REMEMBERED_ENVELOPES_MAX};
use crate::report::Report;
use crate::statements::{Site, Witnesses};

/// The envelopes that were sent, and the answers that were put aside.
#[derive(Debug)]
pub struct Answers<'a> {
    export: &'a Export,
    ledger_size: u64,
    capacity: usize,
    /// Where the last envelopes stand, by the digest of their headers.
    remembered: BTreeMap<Digest, u64>,
    /// The same digests, oldest first.
    oldest_first: VecDeque<Digest>,
    /// Whether envelopes had to be forgotten.
    forgot: bool,
    /// Answers put aside: by the digest of the envelope that they answer, where they stand. Looked up for
    /// each envelope of the ledger, so never searched from end to end.
    late: BTreeMap<Digest, Vec<u64>>,
    late_total: usize,
}

impl<'a> Answers<'a> {
    /// Begins with the first entry of a ledger of `ledger_size` entries.
    #[must_use]
    pub fn new(export: &'a Export, ledger_size: u64) -> Self {
        Self::with_capacity(export, ledger_size, REMEMBERED_ENVELOPES_MAX)
    }

    fn with_capacity(export: &'a Export, ledger_size: u64, capacity: usize) -> Self {
        let (remembered, oldest_first) = (BTreeMap::new(), VecDeque::new());
        Self {
            export,
            ledger_size,
            capacity,
            remembered,
            oldest_first,
            forgot: false,
            late: BTreeMap::new(),
            late_total: 0,
        }
    }

    /// Remembers where the header of an envelope stands that was sent.
    pub fn remember(&mut self, envelope: Digest, index: u64) {
        if self.remembered.insert(envelope, index).is_some() {
            return;
        }
        self.oldest_first.push_back(envelope);
        if self.oldest_first.len() > self.capacity
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.remembered.remove(&oldest);
            self.forgot = true;
        }
    }

    /// Checks the answer that stands at `site`, now or later.
    pub fn check(
        &mut self,
        witnesses: &Witnesses<'_>,
        envelope: &Digest,
        site: &Site<'_>,
        report: &mut Report,
    ) {
        if let Some(sent_at) = self.remembered.get(envelope) {
            self.check_pair(witnesses, *sent_at, site.index, report);
        } else if self.forgot {
            self.late.entry(*envelope).or_default().push(site.index);
            self.late_total += 1;
            if self.late_total >= LATE_ANSWERS_MAX {
                self.check_late(witnesses, report);
            }
        } else {
            site.find(report, NEVER_SENT);
        }
    }

    /// Checks the answers that were put aside, by reading the ledger from its beginning.
    pub fn check_late(&mut self, witnesses: &Witnesses<'_>, report: &mut Report) {
        let mut late = std::mem::take(&mut self.late);
        self.late_total = 0;
        let Some(last) = late.values().flatten().max().copied() else {
            return;
        };
        for index in 0..=last / u64::from(TILE_WIDTH) {
            for (sent_at, envelope) in self.envelopes_in_bundle(index) {
                let Some(answers) = late.remove(&envelope) else {
                    continue;
                };
                let (after, before): (Vec<u64>, Vec<u64>) =
                    answers.into_iter().partition(|answer| sent_at < *answer);
                for answer in after {
                    self.check_pair(witnesses, sent_at, answer, report);
                }
                if !before.is_empty() {
                    late.insert(envelope, before);
                }
            }
        }
        let mut never_sent: Vec<u64> = late.into_values().flatten().collect();
        never_sent.sort_unstable();
        for answer in never_sent {
            let file = bundle_name(answer, self.ledger_size);
            let site = Site {
                index: answer,
                ledger_size: self.ledger_size,
                file: &file,
            };
            site.find(report, NEVER_SENT);
        }
    }

    /// The envelopes sent in a bundle: index, and digest of the header. None if it cannot be read, which
    /// is reported elsewhere.
    fn envelopes_in_bundle(&self, index: u64) -> Vec<(u64, Digest)> {
        let Some(path) = TilePath::in_tree(TileKind::Entries, index, self.ledger_size) else {
            return Vec::new();
        };
        let Ok(bundle) = self.export.tile(path) else {
            return Vec::new();
        };
        let Ok(leaves) = decode_bundle(&bundle, path.width()) else {
            return Vec::new();
        };
        let numbered = (path.leaf_range().start..).zip(leaves);
        numbered
            .filter_map(|(index, leaf)| match Entry::decode(leaf) {
                Ok(Entry::Submitted { header, .. }) => Some((index, header.digest())),
                _ => None,
            })
            .collect()
    }

    /// Checks an answer against the envelope that it answers; both are read from their bundles.
    fn check_pair(&self, witnesses: &Witnesses<'_>, sent_at: u64, answer: u64, report: &mut Report) {
        let file = bundle_name(answer, self.ledger_size);
        let site = Site {
            index: answer,
            ledger_size: self.ledger_size,
            file: &file,
        };
        let read = |index| {
            let leaf = self.export.entry(index, self.ledger_size)?;
            Entry::decode(&leaf).ok()
        };
        // Both were read before. If they cannot be now, the export is being changed under our hands.
        let (Some(Entry::Submitted { header, .. }), Some(answer)) = (read(sent_at), read(answer)) else {
            return site.find(
                report,
                "the entry, or the one that it answers, changed while it was checked",
            );
        };
        match answer {
            Entry::Delivered { receipt, .. } => {
                let verified =
                    header_peer(&header).map(|peer| receipt.verify(&header, peer, witnesses.directory));
                match verified {
                    None => site.find(report, "the envelope that the receipt is for is malformed"),
                    Some(Ok(_)) => {
                        report.receipts_proven += 1;
                        // The receipt's own signature, and that of the peer's ledger on the checkpoint.
                        report.signatures_valid += 2;
                    }
                    Some(Err(ReceiptError::NotAuthentic(error))) => {
                        witnesses.judge(Err(error), "receipt", &site, report);
                    }
                    Some(Err(error)) => site.find(report, error),
                }
            }
            Entry::Rejected { rejection, .. } => match header_peer(&header) {
                None => site.find(report, "the envelope that the rejection is for is malformed"),
                Some(peer) => {
                    let verified = rejection.verify(peer, witnesses.directory);
                    witnesses.judge(verified.map(|_| ()), "rejection", &site, report);
                }
            },
            _ => site.find(report, "the entry changed while it was checked"),
        }
    }
}

/// Why an answer without an envelope is wrong.
const NEVER_SENT: &str = "this answers an envelope that no earlier entry of this ledger has sent";

/// The Party to which an envelope is addressed.
fn header_peer(header: &SignedHeader) -> Option<protocol::ids::PartyCode> {
    header.peek().ok().map(|(claimed, _)| claimed.to.party())
}

/// The name of the bundle in which an entry stands.
fn bundle_name(index: u64, ledger_size: u64) -> String {
    TilePath::in_tree(TileKind::Entries, index / u64::from(TILE_WIDTH), ledger_size)
        .map(|path| path.to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
