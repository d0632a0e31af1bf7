//! For those who doubt: checks an exported ledger without asking, or trusting, the node that wrote it.
//!
//! An export is a folder in the tlog-tiles layout ([`ledger::tile`]): `checkpoint`, `tile/<level>/...` and
//! `tile/entries/...`. [`check::check_ledger`] reads it once, bundle by bundle, in memory that does not grow
//! with the ledger, on all cores:
//!
//! 1. [`inventory`]: which files are there, and are they those that a tree of this size has?
//! 2. [`head`]: is the checkpoint signed by the log, cosigned as the auditor's policy asks, and does it
//!    continue the checkpoint that the auditor kept?
//! 3. [`tiles`]: is each leaf hash that of its entry, is each hash of each tile that of what lies under
//!    it, and is the root the one that the log has signed?
//! 4. [`statements`]: is each entry well formed, and is each header, receipt, rejection and report in it
//!    signed by the Party that it names, with a key that the directory has for that time?
//! 5. [`answers`]: does each receipt, with its proof, belong to an envelope that was sent before?
//!
//! [`pass`] reads the entries, and [`period`] lists what was sent and received between two instants; [`fork`]
//! checks the proof that a log has shown two histories; [`mod@bundle`] checks one case, as a node has
//! exported it.
//!
//! An export may be an [`excerpt`]: the entries of some time, which verify against the same checkpoint.
//!
//! What is wrong is a finding: *invalid*. What cannot be looked at, because a key or the directory is not at
//! hand, is not a finding: *could not check*. The two are never mixed up, and where there is both, it is
//! invalid. Each pair of neighbours is compared (entry with leaf hash, tile with the tile above it, topmost
//! hashes with the checkpoint), so a damage is named where it is, and does not hide another.

pub mod answers;
pub mod bundle;
pub mod check;
pub mod excerpt;
pub mod export;
pub mod fork;
pub mod head;
pub mod inventory;
pub mod limits;
pub mod options;
pub mod pass;
pub mod period;
pub mod previous;
pub mod report;
pub mod statements;
pub mod tiles;
pub mod trust;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
