//! Reads all entries, from left to right, with as many bundles at work at a time as there are cores.
//!
//! Each worker takes every n-th bundle, checks all that can be checked in it alone, and hands on what is
//! left: leaf hashes for the tiles, and links between entries. These are taken up in the order of the ledger,
//! whichever worker is faster, so the report is the same on any number of cores. No worker is more than
//! [`BUNDLES_AHEAD_MAX`] bundles ahead, so memory does not grow with the ledger.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use ledger::checkpoint::Checkpoint;
use ledger::hash::{Hash, leaf_hash};
use ledger::limits::TILE_WIDTH;
use ledger::tile::{Excerpt, TileDecodeError, TileKind, TilePath, decode_bundle, decode_tile};
use protocol::entry::Entry;

use crate::answers::{Answers, Link};
use crate::export::{Export, ReadError};
use crate::limits::{BUNDLES_AHEAD_MAX, MISSING_IN_A_ROW_MAX};
use crate::options::Options;
use crate::period::{PeriodList, Row};
use crate::previous::{Beginning, Previous};
use crate::report::{Place, Report};
use crate::statements::{Site, Witnesses, read_entry};
use crate::tiles::Tiles;

/// What is read, and with what it is checked.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// The export.
    pub export: &'a Export,
    /// The number of its entries.
    pub size: u64,
    /// Whose signatures there are; `None` if that is not known.
    pub witnesses: Option<&'a Witnesses<'a>>,
    /// What the auditor asked for.
    pub options: &'a Options,
    /// Which part of the ledger is there, if it is not all of it.
    pub excerpt: Option<&'a Excerpt>,
    /// How the log began, if it follows another one.
    pub beginning: Option<&'a Beginning>,
    /// The export of the log before, if it was brought along.
    pub previous: Option<&'a Previous>,
}

/// Whether a bundle was there to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    There,
    Missing,
    /// The excerpt leaves it out. The tile of the level above must be there all the same.
    LeftOut {
        /// Whether that was looked for, with the first bundle under it, in vain.
        is_tile_missing: bool,
    },
}

/// What is known of one bundle after it was looked at by itself.
struct Looked {
    path: TilePath,
    leaf_hashes: Vec<Option<Hash>>,
    links: Vec<Link>,
    rows: Vec<Row>,
    sampled: u64,
    presence: Presence,
    report: Report,
}

impl Pass<'_> {
    /// Reads everything, and compares it with the checkpoint, if there is one that can be believed.
    ///
    /// `progress` is told how many entries are done. The list of the period is filled if one was asked for.
    pub fn run(
        self,
        checkpoint: Option<&Checkpoint>,
        report: &mut Report,
        list: &mut PeriodList,
        progress: &mut dyn FnMut(u64),
    ) {
        let threads = self.options.threads;
        let mut tiles = Tiles::new(self.export, self.size);
        let mut answers = Answers::new(self.export, self.size, self.witnesses, threads);
        if self.excerpt.is_some() {
            answers = answers.with_gaps();
        }
        if self.beginning.is_some() {
            answers = answers.after(self.previous);
        }
        let mut sampled = 0;
        let is_whole = thread::scope(|scope| {
            let workers: Vec<Receiver<Looked>> = (0..threads.get())
                .map(|worker| {
                    let (sender, receiver) = sync_channel(BUNDLES_AHEAD_MAX);
                    scope.spawn(move || self.work(worker, &sender));
                    receiver
                })
                .collect();
            let mut missing_in_a_row = 0;
            for worker in workers.iter().cycle() {
                // A worker ends when there is no bundle left for it, and so none after it.
                let Ok(looked) = worker.recv() else { break };
                missing_in_a_row = match looked.presence {
                    Presence::There => 0,
                    Presence::Missing
                    | Presence::LeftOut {
                        is_tile_missing: true,
                    } => missing_in_a_row + 1,
                    Presence::LeftOut { .. } => missing_in_a_row,
                };
                report.absorb(looked.report);
                if missing_in_a_row > MISSING_IN_A_ROW_MAX {
                    let rest = Place::range(looked.path.leaf_range().start..self.size);
                    let reason = "so many bundles are missing that the rest was not looked at";
                    report.find(rest, looked.path, reason);
                    return false;
                }
                sampled += looked.sampled;
                if let Presence::LeftOut { .. } = looked.presence {
                    tiles.pass_over_bundle(report);
                } else {
                    tiles.push_bundle(looked.leaf_hashes, report);
                }
                looked
                    .links
                    .into_iter()
                    .for_each(|link| answers.follow(link, report));
                looked.rows.into_iter().for_each(|row| list.push(row));
                progress(looked.path.leaf_range().end);
            }
            true
        });
        if is_whole {
            tiles.finish(checkpoint, report);
            answers.finish(report);
        }
        self.report_sample(sampled, report);
    }

    /// What was passed over was not checked, and the verdict says so.
    fn report_sample(&self, sampled: u64, report: &mut Report) {
        if self.options.sample.is_none() || self.witnesses.is_none() {
            return;
        }
        report.sampled = Some(sampled);
        if sampled < self.size {
            report.could_not_check(format!(
                "the signatures in {} of {} entries: a sample was asked for",
                self.size - sampled,
                self.size
            ));
        }
    }

    /// Looks at every n-th bundle, until there are no more or nobody listens.
    fn work(&self, worker: usize, sender: &SyncSender<Looked>) {
        let step = self.options.threads.get();
        for index in (worker as u64..).step_by(step) {
            let Some(path) = TilePath::in_tree(TileKind::Entries, index, self.size) else {
                return;
            };
            if sender.send(self.look_at(path)).is_err() {
                return;
            }
        }
    }

    fn look_at(&self, path: TilePath) -> Looked {
        let mut looked = Looked {
            path,
            leaf_hashes: Vec::new(),
            links: Vec::new(),
            rows: Vec::new(),
            sampled: 0,
            presence: Presence::There,
            report: Report::default(),
        };
        if let Some(left_out) = self.left_out(path) {
            looked.presence = left_out;
            return looked;
        }
        match self.export.tile(path) {
            Ok(bundle) => self.check_bundle(&bundle, &mut looked),
            Err(ReadError::Unreadable(error)) => looked.report.could_not_check(format!("{path}: {error}")),
            Err(error) => {
                looked.presence = Presence::Missing;
                looked.report.find(Place::range(path.leaf_range()), path, error);
            }
        }
        // What could not be read has no hashes; that was reported.
        looked.leaf_hashes.resize(usize::from(path.width()), None);
        looked
    }

    /// Whether the excerpt leaves a bundle out.
    fn left_out(&self, path: TilePath) -> Option<Presence> {
        let excerpt = self.excerpt?;
        if excerpt.has_bundle(path.index(), self.size) {
            return None;
        }
        let width = u64::from(TILE_WIDTH);
        let is_first_under_tile = path.index().is_multiple_of(width);
        let tile = TilePath::in_tree(TileKind::Hashes(1), path.index() / width, self.size);
        let is_tile_missing = is_first_under_tile && !tile.is_some_and(|tile| self.export.has(tile));
        Some(Presence::LeftOut { is_tile_missing })
    }

    /// Checks the entries of a bundle; leaves the hashes empty if it is malformed.
    fn check_bundle(&self, bundle: &[u8], looked: &mut Looked) {
        let (path, report) = (looked.path, &mut looked.report);
        report.files_checked += 1;
        let first = path.leaf_range().start;
        let entries = match decode_bundle(bundle, path.width()) {
            Ok(entries) => entries,
            Err(error) => {
                let index = first + first_bad_entry(bundle, path, self.export, self.size);
                return report.find(Place::Entry(index), path, error);
            }
        };
        let file = path.to_string();
        report.entries_hashed += entries.len() as u64;
        for (index, leaf) in (first..).zip(&entries) {
            let site = Site {
                index,
                ledger_size: self.size,
                position: self.beginning.map_or(0, |beginning| beginning.position) + index,
                file: &file,
            };
            if let Some(entry) = read_entry(leaf, &site, &mut looked.report) {
                self.check_entry(&entry, &site, looked);
            }
        }
        looked.leaf_hashes = entries.into_iter().map(|leaf| Some(leaf_hash(leaf))).collect();
    }

    fn check_entry(&self, entry: &Entry, site: &Site<'_>, looked: &mut Looked) {
        if let Some(period) = &self.options.period {
            looked.rows.extend(Row::of(entry, site.index, period));
        }
        let Some(witnesses) = self.witnesses else { return };
        if let Entry::Submitted { header, .. } = entry {
            // Also outside the sample: an answer within it needs its envelope.
            looked.links.push(Link::Sent {
                envelope: header.digest(),
                index: site.index,
            });
        }
        let sample = self.options.sample.as_ref();
        if sample.is_none_or(|sample| sample.takes(site.index, self.size)) {
            looked.sampled += 1;
            let answer = witnesses.check_signatures(entry, site, &mut looked.report);
            looked.links.extend(answer);
        }
    }
}

/// Which entry of a malformed bundle is the first bad one. A changed length makes all that follows
/// unreadable, so the tile is asked: the first entry that does not have its hash is the one.
fn first_bad_entry(bundle: &[u8], path: TilePath, export: &Export, size: u64) -> u64 {
    let readable = (0..=path.width())
        .rev()
        .find_map(|count| match decode_bundle(bundle, count) {
            Ok(entries) => Some(entries),
            // Trailing bytes: so many entries can be read, and bytes are left over.
            Err(TileDecodeError::TrailingBytes(rest)) => {
                decode_bundle(&bundle[..bundle.len() - rest], count).ok()
            }
            Err(_) => None,
        })
        .unwrap_or_default();
    let tile = TilePath::in_tree(TileKind::Hashes(0), path.index(), size);
    let stored = tile
        .and_then(|tile| export.tile(tile).ok())
        .and_then(|bytes| decode_tile(&bytes, path.width()).ok())
        .unwrap_or_default();
    let differs = readable
        .iter()
        .zip(&stored)
        .position(|(leaf, stored)| leaf_hash(leaf) != *stored);
    let last = u64::from(path.width()) - 1;
    differs
        .map_or(readable.len() as u64, |place| place as u64)
        .min(last)
}

#[cfg(test)]
mod tests;
