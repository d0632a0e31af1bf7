//! Holds receipts and rejections against the envelopes that they answer.
//!
//! A receipt can be checked only with the envelope's header: its digest, and the leaf that the recipient
//! must have written, are worked out from it. Headers are not kept, only where they stand, and only for
//! so many of the last envelopes; an answer that comes later than that is put aside, and those put aside
//! are matched by reading the ledger again from its beginning, many at a time.
//!
//! Which envelope an answer belongs to is found out in the order of the ledger; what costs time, the
//! signatures and the proof, is checked for many pairs at once, on all cores.

mod before;

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::thread;

use ledger::limits::TILE_WIDTH;
use ledger::tile::{TileKind, TilePath};
use protocol::digest::Digest;
use protocol::entry::Entry;
use protocol::envelope::SignedHeader;
use protocol::receipt::ReceiptError;

use crate::export::Export;
use crate::limits::{LATE_ANSWERS_MAX, PAIRS_AT_ONCE, REMEMBERED_ENVELOPES_MAX};
use crate::previous::Previous;
use crate::report::Report;
use crate::statements::{Site, Witnesses};
use before::{Before, sent_in_bundle};

/// What an entry has to do with an envelope that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// It sent the envelope with this digest.
    Sent {
        /// The digest of its header.
        envelope: Digest,
        /// The entry.
        index: u64,
    },
    /// It answers the envelope with this digest.
    Answer {
        /// The digest of its header.
        envelope: Digest,
        /// The entry.
        index: u64,
    },
}

/// The envelopes that were sent, and the answers that were put aside.
#[derive(Debug)]
pub struct Answers<'a> {
    export: &'a Export,
    ledger_size: u64,
    witnesses: Option<&'a Witnesses<'a>>,
    threads: NonZeroUsize,
    capacity: usize,
    /// Where the last envelopes stand, by the digest of their headers.
    remembered: BTreeMap<Digest, u64>,
    /// The same digests, oldest first.
    oldest_first: VecDeque<Digest>,
    /// Whether envelopes had to be forgotten.
    forgot: bool,
    /// Whether entries are left out, so that an envelope may be in the ledger and not in the export.
    has_gaps: bool,
    /// The log before, where there is one: its entries may have sent what this log's answer.
    before: Before<'a>,
    /// Answers to envelopes that this log has not sent, so that the log before must have.
    of_before: BTreeMap<Digest, Vec<u64>>,
    /// Where an envelope stands, and where its answer does: to be checked.
    pairs: Vec<(u64, u64)>,
    /// Answers put aside: by the digest of the envelope that they answer, where they stand. Looked up for
    /// each envelope of the ledger, so never searched from end to end.
    late: BTreeMap<Digest, Vec<u64>>,
    late_total: usize,
}

impl<'a> Answers<'a> {
    /// Begins with the first entry of a ledger of `ledger_size` entries. Without witnesses there is nothing
    /// to check answers with, and nothing is kept.
    #[must_use]
    pub fn new(
        export: &'a Export,
        ledger_size: u64,
        witnesses: Option<&'a Witnesses<'a>>,
        threads: NonZeroUsize,
    ) -> Self {
        Self {
            export,
            ledger_size,
            witnesses,
            threads,
            capacity: REMEMBERED_ENVELOPES_MAX,
            remembered: BTreeMap::new(),
            oldest_first: VecDeque::new(),
            forgot: false,
            has_gaps: false,
            before: Before::None,
            of_before: BTreeMap::new(),
            pairs: Vec::new(),
            late: BTreeMap::new(),
            late_total: 0,
        }
    }

    /// The same for an excerpt: an envelope that is not found may be in the part that is left out.
    #[must_use]
    pub fn with_gaps(self) -> Self {
        Self {
            has_gaps: true,
            ..self
        }
    }

    /// The same for a log that follows another one, whose export may be at hand.
    #[must_use]
    pub fn after(self, previous: Option<&'a Previous>) -> Self {
        Self {
            before: Before::Some(previous),
            ..self
        }
    }

    /// Takes the next link, in the order of the ledger: remembers an envelope, or finds the one that is
    /// answered, now or later.
    pub fn follow(&mut self, link: Link, report: &mut Report) {
        if self.witnesses.is_none() {
            return;
        }
        match link {
            Link::Sent { envelope, index } => self.remember(envelope, index),
            Link::Answer { envelope, index } => {
                if let Some(sent_at) = self.remembered.get(&envelope) {
                    self.check_soon(*sent_at, index, report);
                } else if self.forgot {
                    self.late.entry(envelope).or_default().push(index);
                    self.late_total += 1;
                    if self.late_total >= LATE_ANSWERS_MAX {
                        self.check_late(report);
                    }
                } else {
                    self.not_found(envelope, index, report);
                }
            }
        }
    }

    /// Ends with the last entry: checks all that waits.
    pub fn finish(mut self, report: &mut Report) {
        self.check_late(report);
        self.check_of_before(report);
        self.check_pairs(report);
    }

    fn remember(&mut self, envelope: Digest, index: u64) {
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

    /// Checks the answers that were put aside, by reading the ledger from its beginning.
    fn check_late(&mut self, report: &mut Report) {
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
                    self.check_soon(sent_at, answer, report);
                }
                if !before.is_empty() {
                    late.insert(envelope, before);
                }
            }
        }
        let late = late.into_iter();
        let answers = late.flat_map(|(envelope, answers)| answers.into_iter().map(move |at| (at, envelope)));
        let mut not_found: Vec<(u64, Digest)> = answers.collect();
        not_found.sort_unstable();
        for (answer, envelope) in not_found {
            self.not_found(envelope, answer, report);
        }
    }

    fn site<'f>(&self, index: u64, file: &'f str) -> Site<'f> {
        Site {
            index,
            ledger_size: self.ledger_size,
            // Asked of erasure notices only.
            position: index,
            file,
        }
    }

    fn never_sent(&self, index: u64, report: &mut Report) {
        if self.has_gaps {
            report.could_not_check("answers to envelopes that are in no entry of this excerpt");
            return;
        }
        let file = bundle_name(index, self.ledger_size);
        let site = self.site(index, &file);
        site.find(
            report,
            "this answers an envelope that no earlier entry of this ledger has sent",
        );
    }

    /// The envelopes sent in a bundle: index, and digest of the header.
    fn envelopes_in_bundle(&self, index: u64) -> Vec<(u64, Digest)> {
        let sent = sent_in_bundle(self.export, self.ledger_size, index).into_iter();
        sent.map(|(index, header)| (index, header.digest())).collect()
    }

    fn check_soon(&mut self, sent_at: u64, answer: u64, report: &mut Report) {
        self.pairs.push((sent_at, answer));
        if self.pairs.len() >= PAIRS_AT_ONCE {
            self.check_pairs(report);
        }
    }

    /// Checks the pairs that wait, a share of them on each core; what is found is told in their order.
    fn check_pairs(&mut self, report: &mut Report) {
        let pairs = std::mem::take(&mut self.pairs);
        let Some(witnesses) = self.witnesses.filter(|_| !pairs.is_empty()) else {
            return;
        };
        let (export, ledger_size) = (self.export, self.ledger_size);
        let check_share = |share: &[(u64, u64)]| {
            let mut report = Report::default();
            for (sent_at, answer) in share {
                check_pair(export, ledger_size, witnesses, (*sent_at, *answer), &mut report);
            }
            report
        };
        let share_length = pairs.len().div_ceil(self.threads.get());
        thread::scope(|scope| {
            let shares = pairs.chunks(share_length);
            let threads: Vec<_> = shares
                .map(|share| scope.spawn(move || check_share(share)))
                .collect();
            for thread in threads {
                match thread.join() {
                    Ok(found) => report.absorb(found),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }
}

/// Checks an answer against the envelope that it answers; both are read from their bundles.
fn check_pair(
    export: &Export,
    ledger_size: u64,
    witnesses: &Witnesses<'_>,
    (sent_at, answer): (u64, u64),
    report: &mut Report,
) {
    let file = bundle_name(answer, ledger_size);
    let site = Site {
        index: answer,
        ledger_size,
        position: answer,
        file: &file,
    };
    let read = |index| {
        let leaf = export.entry(index, ledger_size)?;
        Entry::decode(&leaf).ok()
    };
    // Both were read before. If they cannot be now, the export is being changed under our hands.
    let (Some(Entry::Submitted { header, .. }), Some(answer)) = (read(sent_at), read(answer)) else {
        return site.find(
            report,
            "the entry, or the one that it answers, changed while it was checked",
        );
    };
    judge(witnesses, &header, &answer, &site, report);
}

/// Checks an answer with the header of the envelope that it answers.
fn judge(
    witnesses: &Witnesses<'_>,
    header: &SignedHeader,
    answer: &Entry,
    site: &Site<'_>,
    report: &mut Report,
) {
    match answer {
        Entry::Delivered { receipt, .. } => {
            let verified = header_peer(header).map(|peer| receipt.verify(header, peer, witnesses.directory));
            match verified {
                None => site.find(report, "the envelope that the receipt is for is malformed"),
                Some(Ok(_)) => {
                    report.receipts_proven += 1;
                    // The receipt's own signature, and that of the peer's ledger on the checkpoint.
                    report.signatures_valid += 2;
                }
                Some(Err(ReceiptError::NotAuthentic(error))) => {
                    witnesses.judge(Err(error), "receipt", site, report);
                }
                Some(Err(error)) => site.find(report, error),
            }
        }
        Entry::Rejected { rejection, .. } => match header_peer(header) {
            None => site.find(report, "the envelope that the rejection is for is malformed"),
            Some(peer) => {
                let verified = rejection.verify(peer, witnesses.directory);
                witnesses.judge(verified.map(|_| ()), "rejection", site, report);
            }
        },
        _ => site.find(report, "the entry changed while it was checked"),
    }
}

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
