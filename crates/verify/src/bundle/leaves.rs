//! The leaves of a bundle: each is in its log, says what `bundle.json` says of it, and bears good signatures.

use ledger::hash::leaf_hash;
use ledger::limits::{MAX_ENTRY_BYTES, MAX_TLOG_PROOF_BYTES, MAX_TREE_SIZE};
use ledger::tlog_proof::TlogProof;
use protocol::bundle::{Bundle, Leaf, LeafKind};
use protocol::entry::Entry;
use protocol::ids::MessageId;
use protocol::limits::SIGNED_BYTES_MAX;

use super::bag::tell;
use super::container::Container;
use super::logs::LogHead;
use super::trust::Directories;
use crate::report::{Place, Report};
use crate::statements::{Site, read_entry};

/// Reads and checks each leaf, in the order of `bundle.json`; `None` for those that are no entry.
///
/// Whose answer a receipt or a rejection by a peer is, is not looked at here: [`super::answers`].
pub fn check(
    container: &Container,
    bundle: &Bundle,
    heads: &[Option<LogHead>],
    directories: &Directories,
    report: &mut Report,
) -> Vec<Option<Entry>> {
    let check = |leaf: &Leaf| {
        let file = leaf.file.as_str();
        let bytes = container
            .read(file, MAX_ENTRY_BYTES)
            .map_err(|error| tell(error, file, report))
            .ok()?;
        let log = place(leaf.log);
        if let Some(Some(head)) = heads.get(log) {
            check_proof(leaf, &bytes, head, container, report);
        }
        let site = Site {
            index: leaf.index,
            // The commit of a case's last leaf may end behind the checkpoint that the leaf is shown under.
            ledger_size: MAX_TREE_SIZE,
            // A bundle does not say where in the ledger a later log begins.
            position: u64::MAX,
            file,
        };
        let entry = read_entry(&bytes, &site, report)?;
        check_claims(leaf, &entry, bundle, &site, report);
        check_statement(leaf, &entry, container, report);
        match directories.witnesses(leaf.directory, bundle.made_by.party) {
            Some(witnesses) => drop(witnesses.check_signatures(&entry, &site, report)),
            None => report.could_not_check(format!("the signatures in {file}: its directory cannot be read")),
        }
        Some(entry)
    };
    bundle.leaves.iter().map(check).collect()
}

/// Numbers begin with 1, places with 0; 0, which no log has, is nowhere.
pub(super) fn place(number: u32) -> usize {
    (number as usize).wrapping_sub(1)
}

/// Its proof is for this index, under the very checkpoint of the log, and leads there from these bytes.
fn check_proof(leaf: &Leaf, bytes: &[u8], head: &LogHead, container: &Container, report: &mut Report) {
    let file = leaf.proof.as_str();
    let at = Place::Entry(leaf.index);
    let proof = match container.read(file, MAX_TLOG_PROOF_BYTES) {
        Ok(proof) => proof,
        Err(error) => return tell(error, file, report),
    };
    let proof = match TlogProof::parse(&proof) {
        Ok(proof) => proof,
        Err(error) => return report.find(at, file, error),
    };
    if proof.extra.is_some() || proof.inclusion.index != leaf.index {
        report.find(at, file, "the proof is for another index, or has an extra line");
    }
    if proof.checkpoint.to_string() != head.note {
        report.find(
            at,
            file,
            "the proof is under another checkpoint than that of the log",
        );
    }
    let checkpoint = &head.checkpoint;
    match proof
        .inclusion
        .verify(checkpoint.size, &leaf_hash(bytes), &checkpoint.root)
    {
        Ok(()) => report.entries_hashed += 1,
        Err(error) => report.find(at, file, error),
    }
}

/// `bundle.json` says of it what it says itself.
fn check_claims(leaf: &Leaf, entry: &Entry, bundle: &Bundle, site: &Site<'_>, report: &mut Report) {
    if LeafKind::of(entry) != Some(leaf.kind) || entry.at() != leaf.at_ms {
        site.find(
            report,
            "the leaf is of another kind or time than bundle.json says",
        );
    }
    let spoken_of = message_of(entry);
    let named = leaf.message.and_then(|number| bundle.messages.get(place(number)));
    match (&spoken_of, named) {
        // A peer's rejection names none where the peer could not read the header; the digest does.
        (None, _) => {}
        (Some(spoken_of), Some(named)) if *spoken_of == named.id => {}
        _ => site.find(report, "the leaf speaks of another message than bundle.json says"),
    }
}

/// The message that an entry names.
fn message_of(entry: &Entry) -> Option<MessageId> {
    match entry {
        Entry::Submitted { header, .. } | Entry::Received { header, .. } => {
            header.peek().ok().map(|(header, _)| header.message)
        }
        Entry::Delivered { receipt, .. } => receipt.peek().ok().map(|(receipt, _)| receipt.message),
        Entry::Consigned { report, .. } => report.peek().ok().map(|(report, _)| report.message),
        Entry::Completed { statement, .. } => statement.peek().ok().map(|(completion, _)| completion.message),
        Entry::Rejected { rejection, key, .. } => match key {
            Some(key) => Some(key.message),
            None => rejection.peek().ok().and_then(|(rejection, _)| rejection.message),
        },
        Entry::ReportDelivered { message, .. }
        | Entry::CompletionDelivered { message, .. }
        | Entry::Retrieved { message, .. }
        | Entry::Approved { message, .. }
        | Entry::SentAlone { message, .. }
        | Entry::Expired { message, .. } => Some(*message),
        _ => None,
    }
}

/// The statement in its file is the one in the leaf.
fn check_statement(leaf: &Leaf, entry: &Entry, container: &Container, report: &mut Report) {
    let Some(file) = &leaf.statement else { return };
    let bytes = match container.read(file.as_str(), SIGNED_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) => return tell(error, file.as_str(), report),
    };
    let stands_in_leaf: Option<&[u8]> = match entry {
        Entry::Submitted { header, .. } | Entry::Received { header, .. } => Some(header.as_bytes()),
        Entry::Delivered { receipt, .. } => Some(receipt.as_bytes()),
        Entry::Consigned { report, .. } => Some(report.as_bytes()),
        Entry::Completed { statement, .. } => Some(statement.as_bytes()),
        Entry::Rejected { rejection, .. } => Some(rejection.as_bytes()),
        _ => None,
    };
    if stands_in_leaf != Some(bytes.as_slice()) {
        let reason = "the statement is another one than in the leaf";
        report.find(Place::Entry(leaf.index), file.as_str(), reason);
    }
}
