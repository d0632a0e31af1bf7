//! Checks what each entry says: its form, and every signature in it.
//!
//! Whose ledger it is follows from the directory: the Party that has a ledger key of the ledger's origin.
//! A signature by a key that the directory knows, but not for that time, is a finding. One by a key, or of
//! a Party, that the directory does not know could not be checked: an older or newer directory may know.

use ledger::checkpoint::Checkpoint;
use protocol::completion::SignedCompletion;
use protocol::consignment::SignedConsignment;
use protocol::digest::Digest;
use protocol::directory::{Directory, UnknownKey};
use protocol::entry::{Entry, Side};
use protocol::envelope::SignedHeader;
use protocol::ids::PartyCode;
use protocol::statement::NotAuthentic;
use protocol::time::UnixMillis;

use crate::answers::Link;
use crate::report::{Place, Report};

/// The directory, and whose ledger it is that is checked.
#[derive(Debug, Clone, Copy)]
pub struct Witnesses<'a> {
    /// The directory.
    pub directory: &'a Directory,
    /// The digest of what was signed of it.
    pub directory_digest: Digest,
    /// The Party whose ledger it is.
    pub own: PartyCode,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Its index.
    pub index: u64,
    /// Its position in the ledger, of which this log may not be the first.
    pub position: u64,
    /// The number of entries in the ledger.
    pub ledger_size: u64,
    /// The bundle that it is in.
    pub file: &'a str,
}

impl Site<'_> {
    /// Notes that something is wrong with this entry.
    pub fn find(&self, report: &mut Report, reason: impl std::fmt::Display) {
        report.find(Place::Entry(self.index), self.file, reason);
    }
}

/// Reads one entry, and checks what needs no key: its form, and that it fits its place. `None` if it is
/// not an entry.
pub fn read_entry(leaf: &[u8], site: &Site<'_>, report: &mut Report) -> Option<Entry> {
    let entry = match Entry::decode(leaf) {
        Ok(entry) => entry,
        Err(error) => {
            site.find(report, format!("this is not an entry: {error}"));
            return None;
        }
    };
    report.count_entry(kind(&entry), entry.at());
    match &entry {
        Entry::Received { commit_size, .. } if !(site.index + 1..=site.ledger_size).contains(commit_size) => {
            site.find(
                report,
                "the ledger never had the size that the entry names with its index",
            );
        }
        Entry::LogBegun { .. } if site.index != 0 => {
            site.find(report, "a log begins within another one");
        }
        Entry::ErasureNotice { entries, .. } if entries.iter().any(|erased| *erased >= site.position) => {
            site.find(report, "the notice is about entries that come after it");
        }
        _ => {}
    }
    Some(entry)
}

impl Witnesses<'_> {
    /// Checks the signatures in an entry. Whether an answer belongs to an envelope shows later: it is
    /// returned.
    pub fn check_signatures(&self, entry: &Entry, site: &Site<'_>, report: &mut Report) -> Option<Link> {
        let answer = |envelope| {
            Some(Link::Answer {
                envelope,
                index: site.index,
            })
        };
        match entry {
            Entry::Submitted { header, .. } => self.check_header(Side::Issued, header, site, report),
            Entry::Received { header, .. } => self.check_header(Side::Received, header, site, report),
            Entry::Consigned {
                side,
                report: consignment,
                ..
            } => {
                self.check_consignment(*side, consignment, site, report);
            }
            Entry::Rejected {
                side: Side::Issued,
                rejection,
                ..
            } => {
                let verified = rejection.verify(self.own, self.directory);
                self.judge(verified.map(|_| ()), "rejection", site, report);
            }
            // Whose signature these need follows from the envelope that they answer.
            Entry::Rejected {
                side: Side::Received,
                rejection,
                ..
            } => match rejection.peek() {
                Ok((claimed, _)) => return answer(claimed.envelope),
                Err(error) => site.find(report, format!("the rejection: {error}")),
            },
            Entry::Delivered { receipt, .. } => match receipt.peek() {
                Ok((claimed, _)) => return answer(claimed.envelope),
                Err(error) => site.find(report, format!("the receipt: {error}")),
            },
            Entry::PeerCheckpointSeen { peer, note, at } => {
                self.check_note(*peer, note, *at, "peer's checkpoint", site, report);
            }
            Entry::DirectoryAccepted { version, digest, .. } => {
                self.check_directory(*version, *digest, site, report);
            }
            Entry::Completed { side, statement, .. } => self.check_completion(*side, statement, site, report),
            Entry::ReportDelivered { .. }
            | Entry::CompletionDelivered { .. }
            | Entry::Retrieved { .. }
            | Entry::Approved { .. }
            | Entry::Expired { .. }
            | Entry::KeyChanged { .. }
            | Entry::LedgerKeyChanged { .. }
            | Entry::LogBegun { .. }
            | Entry::ErasureNotice { .. }
            | Entry::ErasureOrdered { .. }
            | Entry::HoldChanged { .. }
            | Entry::SentAlone { .. } => {}
        }
        None
    }

    fn check_header(&self, side: Side, signed: &SignedHeader, site: &Site<'_>, report: &mut Report) {
        let verified = signed.verify(self.directory);
        if let Ok(header) = &verified {
            match side {
                Side::Issued if header.from.party() != self.own => {
                    site.find(report, "the envelope: it was not sent by this ledger's Party");
                }
                Side::Received if header.to.party() != self.own => {
                    site.find(report, "the envelope: it is not addressed to this ledger's Party");
                }
                _ => {}
            }
            if let Some(note) = &header.sender_checkpoint {
                let (sender, sent_at) = (header.from.party(), header.sent_at);
                self.check_note(sender, note, sent_at, "sender's checkpoint", site, report);
            }
        }
        self.judge(verified.map(|_| ()), "envelope", site, report);
    }

    /// An accepted directory of the version at hand must be the one at hand.
    fn check_directory(&self, version: u64, digest: Digest, site: &Site<'_>, report: &mut Report) {
        if version == self.directory.version && digest != self.directory_digest {
            site.find(
                report,
                "the directory that was accepted is another one of the same version",
            );
        }
    }

    fn check_consignment(
        &self,
        side: Side,
        signed: &SignedConsignment,
        site: &Site<'_>,
        report: &mut Report,
    ) {
        let claimed = match signed.peek() {
            Ok((claimed, _)) => claimed,
            Err(error) => return site.find(report, format!("the consignment report: {error}")),
        };
        let (signer, ours) = match side {
            Side::Issued => (self.own, claimed.to.party() == self.own),
            Side::Received => (claimed.to.party(), claimed.from == self.own),
        };
        if !ours {
            site.find(
                report,
                "the consignment report: it does not concern this ledger's Party",
            );
        }
        let verified = signed.verify(signer, self.directory);
        self.judge(verified.map(|_| ()), "consignment report", site, report);
    }

    fn check_completion(&self, side: Side, signed: &SignedCompletion, site: &Site<'_>, report: &mut Report) {
        let claimed = match signed.peek() {
            Ok((claimed, _)) => claimed,
            Err(error) => return site.find(report, format!("the completion: {error}")),
        };
        let (signer, ours) = match side {
            Side::Issued => (self.own, claimed.to.party() == self.own),
            Side::Received => (claimed.to.party(), claimed.from == self.own),
        };
        if !ours {
            site.find(report, "the completion: it does not concern this ledger's Party");
        }
        let verified = signed.verify(signer, self.directory);
        self.judge(verified.map(|_| ()), "completion", site, report);
    }

    /// Checks a signed note with a Party's ledger keys.
    fn check_note(
        &self,
        party: PartyCode,
        note: &str,
        at: UnixMillis,
        what: &str,
        site: &Site<'_>,
        report: &mut Report,
    ) {
        let origin = note.lines().next().unwrap_or_default();
        match self.directory.ledger_keys(party, origin, at) {
            Err(unknown) => self.judge(Err(unknown.into()), what, site, report),
            Ok(keys) if keys.iter().any(|key| Checkpoint::verify(note, key).is_ok()) => {
                report.signatures_valid += 1;
            }
            Ok(_) => site.find(
                report,
                format!("the {what} is not signed by a ledger key of {party}"),
            ),
        }
    }

    /// Counts a valid signature, reports an invalid one, and tells apart what could not be checked.
    pub fn judge(
        &self,
        verified: Result<(), NotAuthentic>,
        what: &str,
        site: &Site<'_>,
        report: &mut Report,
    ) {
        self.judge_at(verified, what, site.file, Place::Entry(site.index), report);
    }

    /// The same for what stands in a file, at an index or at none.
    pub(crate) fn judge_at(
        &self,
        verified: Result<(), NotAuthentic>,
        what: &str,
        file: &str,
        place: Place,
        report: &mut Report,
    ) {
        match verified {
            Ok(()) => report.signatures_valid += 1,
            Err(NotAuthentic::UnknownKey(unknown)) if !self.knows_key_at_other_times(&unknown) => {
                let at = match place {
                    Place::Entry(index) => format!("at index {index}"),
                    _ => format!("in {file}"),
                };
                report.could_not_check(format!("the {what} {at}: {unknown}"));
            }
            Err(error) => report.find(place, file, format!("the {what}: {error}")),
        }
    }

    /// Whether the directory has a key, but not for the time at which it was used.
    fn knows_key_at_other_times(&self, unknown: &UnknownKey) -> bool {
        let of_party = |party: &PartyCode| self.directory.party(*party);
        match unknown {
            UnknownKey::Party(_) => false,
            UnknownKey::Envelope { party, key } => of_party(party)
                .is_some_and(|record| record.envelope_keys.iter().any(|known| known.value.id() == *key)),
            UnknownKey::Ledger { party, origin } => of_party(party).is_some_and(|record| {
                record
                    .ledger_keys
                    .iter()
                    .any(|known| known.value.name() == origin)
            }),
        }
    }
}

/// The name under which entries of this kind are counted.
fn kind(entry: &Entry) -> &'static str {
    match entry {
        Entry::Submitted { .. } => "submitted",
        Entry::Received { .. } => "received",
        Entry::Delivered { .. } => "delivered",
        Entry::Consigned { .. } => "consigned",
        Entry::ReportDelivered { .. } => "report-delivered",
        Entry::Retrieved { .. } => "retrieved",
        Entry::Approved { .. } => "approved",
        Entry::Rejected { .. } => "rejected",
        Entry::Expired { .. } => "expired",
        Entry::DirectoryAccepted { .. } => "directory-accepted",
        Entry::KeyChanged { .. } => "key-changed",
        Entry::LedgerKeyChanged { .. } => "ledger-key-changed",
        Entry::LogBegun { .. } => "log-begun",
        Entry::PeerCheckpointSeen { .. } => "peer-checkpoint-seen",
        Entry::ErasureNotice { .. } => "erasure-notice",
        Entry::SentAlone { .. } => "sent-alone",
        Entry::Completed { .. } => "completed",
        Entry::CompletionDelivered { .. } => "completion-delivered",
        Entry::ErasureOrdered { .. } => "erasure-ordered",
        Entry::HoldChanged { .. } => "hold-changed",
    }
}

#[cfg(test)]
mod tests;
