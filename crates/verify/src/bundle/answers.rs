//! Holds receipts and rejections against the headers that they answer, and shows of each receipt that the
//! other node's log has the leaf it speaks of.

use ledger::checkpoint::Checkpoint;
use ledger::hash::leaf_hash;
use ledger::limits::{MAX_ENTRY_BYTES, MAX_TLOG_PROOF_BYTES};
use ledger::tlog_proof::TlogProof;
use protocol::bundle::{Bundle, Leaf, PeerLeaf};
use protocol::digest::Digest;
use protocol::entry::{Entry, Side};
use protocol::envelope::SignedHeader;
use protocol::ids::PartyCode;
use protocol::receipt::{ReceiptError, SignedReceipt};

use super::bag::{find, tell};
use super::container::Container;
use super::trust::Directories;
use crate::head::check_all_lines;
use crate::report::{Place, Report};
use crate::statements::Witnesses;

/// What is needed to check an answer.
pub struct Answers<'a> {
    /// The files.
    pub container: &'a Container,
    /// What is what.
    pub bundle: &'a Bundle,
    /// The leaves, in the order of `bundle.json`.
    pub entries: &'a [Option<Entry>],
    /// By whom.
    pub directories: &'a Directories,
}

impl Answers<'_> {
    /// Checks every answer of a peer.
    pub fn check(&self, report: &mut Report) {
        for (leaf, entry) in self.bundle.leaves.iter().zip(self.entries) {
            let own = self.bundle.made_by.party;
            let Some(witnesses) = self.directories.witnesses(leaf.directory, own) else {
                continue;
            };
            match entry {
                Some(Entry::Delivered { receipt, .. }) => {
                    self.check_receipt(leaf, receipt, &witnesses, report);
                }
                Some(Entry::Rejected {
                    side: Side::Received,
                    rejection,
                    ..
                }) => {
                    let Ok((claimed, _)) = rejection.peek() else {
                        continue;
                    };
                    let Some((_, peer)) = self.answered(leaf, claimed.envelope, report) else {
                        continue;
                    };
                    let verified = rejection.verify(peer, witnesses.directory);
                    let at = Place::Entry(leaf.index);
                    let verified = verified.map(|_| ());
                    witnesses.judge_at(verified, "rejection", leaf.file.as_str(), at, report);
                }
                _ => {}
            }
        }
    }

    /// The header with this digest, which the same message has, and to whom it is addressed.
    fn answered(
        &self,
        leaf: &Leaf,
        envelope: Digest,
        report: &mut Report,
    ) -> Option<(&SignedHeader, PartyCode)> {
        let mut sent = self.bundle.leaves.iter().zip(self.entries);
        let found = sent.find_map(|(other, entry)| match entry {
            Some(Entry::Submitted { header, .. })
                if other.message == leaf.message && header.digest() == envelope =>
            {
                let (claimed, _) = header.peek().ok()?;
                Some((header, claimed.to.party()))
            }
            _ => None,
        });
        if found.is_none() {
            let reason = "this answers an envelope that its message does not have in the bundle";
            report.find(Place::Entry(leaf.index), leaf.file.as_str(), reason);
        }
        found
    }

    fn check_receipt(
        &self,
        leaf: &Leaf,
        signed: &SignedReceipt,
        witnesses: &Witnesses<'_>,
        report: &mut Report,
    ) {
        // That it cannot be read was said.
        let Ok((receipt, _)) = signed.peek() else { return };
        let Some((header, peer)) = self.answered(leaf, receipt.envelope, report) else {
            return;
        };
        let (file, at) = (leaf.file.as_str(), Place::Entry(leaf.index));
        match signed.verify(header, peer, witnesses.directory) {
            Ok(_) => {
                report.receipts_proven += 1;
                // The receipt's own signature, and that of the peer's ledger on the checkpoint.
                report.signatures_valid += 2;
            }
            Err(ReceiptError::NotAuthentic(error)) => {
                witnesses.judge_at(Err(error), "receipt", file, at, report);
            }
            Err(error) => report.find(at, file, error),
        }
        let Some(named) = &leaf.peer else { return };
        let peers_leaf = Entry::Received {
            at: receipt.received_at,
            header: header.clone(),
            commit_size: receipt.checkpoint.size,
        }
        .encode();
        let expected = [
            (named.leaf.as_str(), peers_leaf.clone(), MAX_ENTRY_BYTES),
            (
                named.proof.as_str(),
                receipt.tlog_proof().into_bytes(),
                MAX_TLOG_PROOF_BYTES,
            ),
        ];
        for (file, expected, longest) in expected {
            match self.container.read(file, longest) {
                Ok(bytes) if bytes == expected => {}
                Ok(_) => report.find(at, file, "not what the receipt and the header make"),
                Err(error) => tell(error, file, report),
            }
        }
        let peer = Peer {
            party: peer,
            origin: &receipt.checkpoint.origin,
            index: receipt.inclusion.index,
            witnesses,
            leaf: &peers_leaf,
        };
        self.check_witnessed(leaf, named, &peer, report);
    }

    /// The same leaf under a later checkpoint of the other log, with cosignatures.
    fn check_witnessed(&self, leaf: &Leaf, named: &PeerLeaf, peer: &Peer<'_>, report: &mut Report) {
        let Some(file) = &named.witnessed else { return };
        let file = file.as_str();
        match self.container.read(file, MAX_TLOG_PROOF_BYTES) {
            Ok(bytes) => {
                if let Err(error) = self.check_later_proof(leaf, file, &bytes, peer, report) {
                    find(report, file, error);
                }
            }
            Err(error) => tell(error, file, report),
        }
    }

    fn check_later_proof(
        &self,
        leaf: &Leaf,
        file: &str,
        bytes: &[u8],
        peer: &Peer<'_>,
        report: &mut Report,
    ) -> Result<(), String> {
        let proof = TlogProof::parse(bytes).map_err(|error| error.to_string())?;
        let checkpoint = Checkpoint::parse(proof.checkpoint.text().as_str());
        let checkpoint = checkpoint.map_err(|error| error.to_string())?;
        if proof.extra.is_some() || proof.inclusion.index != peer.index || checkpoint.origin != peer.origin {
            return Err("the proof is for another leaf than the receipt".to_owned());
        }
        let verified = proof
            .inclusion
            .verify(checkpoint.size, &leaf_hash(peer.leaf), &checkpoint.root);
        verified.map_err(|error| error.to_string())?;
        // When it was made is not said: any key that the other log has had may have signed.
        let directory = peer.witnesses.directory;
        let records = directory.party(peer.party);
        let mut keys = records.into_iter().flat_map(|record| &record.ledger_keys);
        let key = keys.find(|key| Checkpoint::verify_note(&proof.checkpoint, &key.value).is_ok());
        let Some(key) = key else {
            let reason = format!("the later checkpoint of {} in {file}: no key for it", peer.origin);
            report.could_not_check(reason);
            return Ok(());
        };
        if proof
            .checkpoint
            .signatures()
            .iter()
            .all(|line| key.value.is_named_by(line))
        {
            return Err(format!(
                "nobody has cosigned it, for the leaf at index {}",
                leaf.index
            ));
        }
        check_all_lines(file, &proof.checkpoint, &key.value, Some(directory), None, report)
    }
}

/// The leaf that another node wrote.
struct Peer<'a> {
    party: PartyCode,
    origin: &'a str,
    index: u64,
    witnesses: &'a Witnesses<'a>,
    leaf: &'a [u8],
}
