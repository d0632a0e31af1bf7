//! Answers to envelopes that the log before has sent: at the turn of a year some are always on their way.

use ledger::limits::TILE_WIDTH;
use ledger::tile::{TileKind, TilePath, decode_bundle};
use protocol::digest::Digest;
use protocol::entry::Entry;
use protocol::envelope::SignedHeader;

use super::{Answers, bundle_name, judge};
use crate::export::Export;
use crate::limits::LATE_ANSWERS_MAX;
use crate::previous::{Beginning, Previous};
use crate::report::Report;

/// Whether another log comes before this one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Before<'a> {
    /// None.
    None,
    /// One, whose export may be at hand.
    Some(Option<&'a Previous>),
}

impl Answers<'_> {
    /// No entry of this log has sent it: the log before may have.
    pub(super) fn not_found(&mut self, envelope: Digest, answer: u64, report: &mut Report) {
        match self.before {
            Before::Some(Some(_)) if self.of_before.len() < LATE_ANSWERS_MAX => {
                self.of_before.entry(envelope).or_default().push(answer);
            }
            Before::Some(_) => {
                report.could_not_check("answers to envelopes of the log before: name its export, --previous");
            }
            Before::None => self.never_sent(answer, report),
        }
    }

    /// Looks in the log before for what was not found in this one.
    pub(super) fn check_of_before(&mut self, report: &mut Report) {
        let (Before::Some(Some(previous)), Some(witnesses)) = (self.before, self.witnesses) else {
            return;
        };
        let mut wanted = std::mem::take(&mut self.of_before);
        for bundle in 0..previous.size.div_ceil(u64::from(TILE_WIDTH)) {
            if wanted.is_empty() {
                return;
            }
            for (_, header) in sent_in_bundle(&previous.export, previous.size, bundle) {
                for answer in wanted.remove(&header.digest()).unwrap_or_default() {
                    let file = bundle_name(answer, self.ledger_size);
                    let site = self.site(answer, &file);
                    let read = self.export.entry(answer, self.ledger_size);
                    match read.and_then(|leaf| Entry::decode(&leaf).ok()) {
                        Some(entry) => judge(witnesses, &header, &entry, &site, report),
                        None => site.find(report, "the entry changed while it was checked"),
                    }
                }
            }
        }
        let begins_too = Beginning::read(&previous.export, previous.size).is_some();
        for answer in wanted.into_values().flatten() {
            if begins_too {
                report.could_not_check("answers to envelopes of a log before the one before");
            } else {
                self.never_sent(answer, report);
            }
        }
    }
}

/// The envelopes sent in a bundle: index and header. None if it cannot be read, which is reported elsewhere.
pub(super) fn sent_in_bundle(export: &Export, size: u64, bundle: u64) -> Vec<(u64, SignedHeader)> {
    let Some(path) = TilePath::in_tree(TileKind::Entries, bundle, size) else {
        return Vec::new();
    };
    let Ok(bytes) = export.tile(path) else {
        return Vec::new();
    };
    let Ok(leaves) = decode_bundle(&bytes, path.width()) else {
        return Vec::new();
    };
    let numbered = (path.leaf_range().start..).zip(leaves);
    numbered
        .filter_map(|(index, leaf)| match Entry::decode(leaf) {
            Ok(Entry::Submitted { header, .. }) => Some((index, header)),
            _ => None,
        })
        .collect()
}
