//! Entries as CBOR.
//!
//! | kind | entry | labels beside 0, 1, 2 |
//! |---|---|---|
//! | 1 | submitted | 3 header, 4 actor |
//! | 2 | received | 3 header, 11 commit size |
//! | 3 | delivered | 3 receipt |
//! | 4 | consigned | 3 report, 6 side, 7 expires at |
//! | 5 | report delivered | 5 message, 8 report's digest |
//! | 6 | retrieved | 4 actor, 5 message |
//! | 7 | approved | 4 actor, 5 message |
//! | 8 | rejected | 3 rejection, 6 side; with a key: 5 message, 9 to, 10 from |
//! | 9 | expired | 5 message, 8 item, 9 to |
//! | 10 | directory accepted | 8 digest, 12 version |
//! | 11 | key changed | 13 old key (optional), 14 new key |
//! | 12 | peer checkpoint seen | 10 peer, 15 note |
//! | 13 | erasure notice | 4 actor, 16 entries, 17 basis |
//! | 14 | sent alone | 4 actor, 5 message |
//! | 15 | completed | 3 completion, 6 side, 7 expires at |
//! | 16 | completion delivered | 5 message, 8 completion's digest |
//! | 17 | ledger key changed | 18 old key, 19 new key, both as C2SP vkey texts |
//! | 18 | log begun | 15 last note, 18 old key, 19 new key, 23 witnessed note (optional), 24 position |
//! | 20 | erasure ordered | 4 actor, 17 basis, 20 case, 21 approver |
//! | 21 | hold changed | 4 actor, 17 basis, 20 case, 22 hold |
//!
//! A sent-alone leaf in CBOR diagnostic notation, as in `golden/entry-sent-alone.cbor`:
//!
//! ```text
//! {0: 1, 1: 14, 2: 1795305600400,
//!  4: h'0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f', 5: h'01a2008d740071119111111111111111'}
//! ```

mod read;

use super::{Entry, Side};
use crate::cbor::Writer;
use crate::digest::Digest;
use crate::ids::{ActorId, CaseId, Code, MessageId};
use crate::time::UnixMillis;

/// The format's name in errors.
const FORMAT: &str = "ledger entry";

/// The version of all kinds of leaf.
const VERSION: u64 = 1;

/// The kind of leaf that begins a log.
pub(super) const LOG_BEGUN: u64 = 18;

/// How long an entry is beside the signed statement in it; to allocate once.
const ENCODED_BYTES: usize = 160;

/// The labels, the same in all kinds.
mod label {
    pub(super) const VERSION: u64 = 0;
    pub(super) const KIND: u64 = 1;
    pub(super) const AT: u64 = 2;
    pub(super) const STATEMENT: u64 = 3;
    pub(super) const ACTOR: u64 = 4;
    pub(super) const MESSAGE: u64 = 5;
    pub(super) const SIDE: u64 = 6;
    pub(super) const EXPIRES_AT: u64 = 7;
    pub(super) const DIGEST: u64 = 8;
    pub(super) const TO: u64 = 9;
    pub(super) const PARTY: u64 = 10;
    pub(super) const COMMIT_SIZE: u64 = 11;
    pub(super) const DIRECTORY_VERSION: u64 = 12;
    pub(super) const OLD_KEY: u64 = 13;
    pub(super) const NEW_KEY: u64 = 14;
    pub(super) const NOTE: u64 = 15;
    pub(super) const ENTRIES: u64 = 16;
    pub(super) const BASIS: u64 = 17;
    pub(super) const OLD_LEDGER_KEY: u64 = 18;
    pub(super) const NEW_LEDGER_KEY: u64 = 19;
    pub(super) const CASE: u64 = 20;
    pub(super) const APPROVER: u64 = 21;
    pub(super) const HOLD: u64 = 22;
    pub(super) const WITNESSED: u64 = 23;
    pub(super) const POSITION: u64 = 24;
}

impl Entry {
    /// The leaf. The same entry always gives the same bytes.
    ///
    /// What is built within the limits named at its fields is never over
    /// [`crate::limits::LEAF_BYTES_MAX`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let statement = self.statement();
        let mut out = Writer::with_capacity(ENCODED_BYTES + statement.map_or(0, <[u8]>::len));
        match statement {
            Some(statement) => self.write_with_statement(&mut out, statement),
            None => self.write_fields(&mut out),
        }
        out.finish()
    }

    fn write_with_statement(&self, out: &mut Writer, statement: &[u8]) {
        let at = self.at();
        match self {
            Self::Submitted { actor, .. } => {
                begin_with(statement, out, 5, 1, at)
                    .uint(label::ACTOR)
                    .bytes(actor.as_bytes());
            }
            Self::Received { commit_size, .. } => {
                begin_with(statement, out, 5, 2, at)
                    .uint(label::COMMIT_SIZE)
                    .uint(*commit_size);
            }
            Self::Consigned { side, expires_at, .. } => {
                let out = begin_with(statement, out, 6, 4, at);
                write_side(out, *side, *expires_at);
            }
            Self::Completed { side, expires_at, .. } => {
                let out = begin_with(statement, out, 6, 15, at);
                write_side(out, *side, *expires_at);
            }
            Self::Rejected {
                side, key: Some(key), ..
            } => {
                let out = begin_with(statement, out, 8, 8, at)
                    .uint(label::MESSAGE)
                    .bytes(key.message.as_bytes());
                out.uint(label::SIDE).uint(*side as u64);
                out.uint(label::TO).text(&key.to.to_string());
                out.uint(label::PARTY).text(key.from.as_str());
            }
            Self::Rejected { side, key: None, .. } => {
                begin_with(statement, out, 5, 8, at)
                    .uint(label::SIDE)
                    .uint(*side as u64);
            }
            // Delivered, the only other kind that has one.
            _ => {
                begin_with(statement, out, 4, 3, at);
            }
        }
    }

    fn write_fields(&self, out: &mut Writer) {
        let at = self.at();
        match self {
            Self::ReportDelivered { report, message, .. } => {
                write_delivered(out, 5, at, *message, *report);
            }
            Self::CompletionDelivered {
                statement, message, ..
            } => write_delivered(out, 16, at, *message, *statement),
            Self::Retrieved { message, actor, .. } => write_deed(out, 6, at, *actor, *message),
            Self::Approved { message, actor, .. } => write_deed(out, 7, at, *actor, *message),
            Self::SentAlone { message, actor, .. } => write_deed(out, 14, at, *actor, *message),
            Self::Expired {
                item, message, to, ..
            } => {
                let out = begin(out, 6, 9, at)
                    .uint(label::MESSAGE)
                    .bytes(message.as_bytes());
                out.uint(label::DIGEST).bytes(item.as_bytes());
                out.uint(label::TO).text(&to.to_string());
            }
            own => own.write_own_fields(out),
        }
    }

    /// The facts of the node itself: directory, keys, logs, peers' checkpoints.
    fn write_own_fields(&self, out: &mut Writer) {
        let at = self.at();
        match self {
            Self::DirectoryAccepted { version, digest, .. } => {
                let out = begin(out, 5, 10, at).uint(label::DIGEST).bytes(digest.as_bytes());
                out.uint(label::DIRECTORY_VERSION).uint(*version);
            }
            Self::KeyChanged {
                old: Some(old), new, ..
            } => {
                let out = begin(out, 5, 11, at).uint(label::OLD_KEY).bytes(old.as_bytes());
                out.uint(label::NEW_KEY).bytes(new.as_bytes());
            }
            Self::KeyChanged { old: None, new, .. } => {
                begin(out, 4, 11, at).uint(label::NEW_KEY).bytes(new.as_bytes());
            }
            Self::LedgerKeyChanged { old, new, .. } => {
                let out = begin(out, 5, 17, at)
                    .uint(label::OLD_LEDGER_KEY)
                    .text(&old.to_string());
                out.uint(label::NEW_LEDGER_KEY).text(&new.to_string());
            }
            Self::LogBegun {
                position,
                last,
                old,
                new,
                witnessed,
                ..
            } => {
                let labels = if witnessed.is_some() { 8 } else { 7 };
                let out = begin(out, labels, LOG_BEGUN, at).uint(label::NOTE).text(last);
                out.uint(label::OLD_LEDGER_KEY).text(&old.to_string());
                out.uint(label::NEW_LEDGER_KEY).text(&new.to_string());
                if let Some(witnessed) = witnessed {
                    out.uint(label::WITNESSED).text(witnessed);
                }
                out.uint(label::POSITION).uint(*position);
            }
            Self::PeerCheckpointSeen { peer, note, .. } => {
                let out = begin(out, 5, 12, at).uint(label::PARTY).text(peer.as_str());
                out.uint(label::NOTE).text(note);
            }
            own => own.write_erasure_fields(out),
        }
    }

    fn write_erasure_fields(&self, out: &mut Writer) {
        let at = self.at();
        match self {
            Self::ErasureNotice {
                entries,
                basis,
                actor,
                ..
            } => {
                let out = begin(out, 6, 13, at).uint(label::ACTOR).bytes(actor.as_bytes());
                out.uint(label::ENTRIES).array(entries.len());
                for index in entries {
                    out.uint(*index);
                }
                out.uint(label::BASIS).text(basis.as_str());
            }
            Self::ErasureOrdered {
                case,
                basis,
                actor,
                approver,
                ..
            } => {
                let out = begin_of_case(out, 20, at, (*actor, basis, *case));
                out.uint(label::APPROVER).bytes(approver.as_bytes());
            }
            Self::HoldChanged {
                case,
                basis,
                actor,
                hold,
                ..
            } => {
                let out = begin_of_case(out, 21, at, (*actor, basis, *case));
                out.uint(label::HOLD).uint(*hold as u64);
            }
            // The kinds with a statement, which are not sent here.
            _ => {}
        }
    }

    /// The signed statement in it, if it is of a kind that has one.
    fn statement(&self) -> Option<&[u8]> {
        match self {
            Self::Submitted { header, .. } | Self::Received { header, .. } => Some(header.as_bytes()),
            Self::Delivered { receipt, .. } => Some(receipt.as_bytes()),
            Self::Consigned { report, .. } => Some(report.as_bytes()),
            Self::Completed { statement, .. } => Some(statement.as_bytes()),
            Self::Rejected { rejection, .. } => Some(rejection.as_bytes()),
            _ => None,
        }
    }
}

/// Whether a leaf begins as one of this kind does, whatever follows.
pub(super) fn is_of_kind(leaf: &[u8], kind: u64) -> bool {
    let mut start = Writer::with_capacity(8);
    start.map(0).uint(label::VERSION).uint(VERSION);
    start.uint(label::KIND).uint(kind);
    // All but the number of labels, which is in the first byte.
    let start = start.finish();
    leaf.get(1..start.len()) == start.get(1..)
}

/// A whole leaf of a kind that says what an officer did with a message.
fn write_deed(out: &mut Writer, kind: u64, at: UnixMillis, actor: ActorId, message: MessageId) {
    let out = begin(out, 5, kind, at).uint(label::ACTOR).bytes(actor.as_bytes());
    out.uint(label::MESSAGE).bytes(message.as_bytes());
}

/// Begins a leaf of a kind that says what an officer ordered for a case; one more label follows.
fn begin_of_case<'w>(
    out: &'w mut Writer,
    kind: u64,
    at: UnixMillis,
    (actor, basis, case): (ActorId, &Code, CaseId),
) -> &'w mut Writer {
    let out = begin(out, 7, kind, at).uint(label::ACTOR).bytes(actor.as_bytes());
    out.uint(label::BASIS).text(basis.as_str());
    out.uint(label::CASE).bytes(case.first_message().as_bytes())
}

/// A whole leaf of a kind that says that a peer has recorded a statement of ours.
fn write_delivered(out: &mut Writer, kind: u64, at: UnixMillis, message: MessageId, statement: Digest) {
    let out = begin(out, 5, kind, at)
        .uint(label::MESSAGE)
        .bytes(message.as_bytes());
    out.uint(label::DIGEST).bytes(statement.as_bytes());
}

/// Whose statement it is, and until when it is to be delivered.
fn write_side(out: &mut Writer, side: Side, expires_at: UnixMillis) {
    out.uint(label::SIDE).uint(side as u64);
    out.uint(label::EXPIRES_AT).uint(expires_at.0);
}

/// Begins a leaf with the given number of labels.
fn begin(out: &mut Writer, labels: u64, kind: u64, at: UnixMillis) -> &mut Writer {
    out.map(labels).uint(label::VERSION).uint(VERSION);
    out.uint(label::KIND).uint(kind).uint(label::AT).uint(at.0)
}

/// Begins a leaf with the given number of labels and the signed statement in it.
fn begin_with<'w>(
    statement: &[u8],
    out: &'w mut Writer,
    labels: u64,
    kind: u64,
    at: UnixMillis,
) -> &'w mut Writer {
    begin(out, labels, kind, at)
        .uint(label::STATEMENT)
        .bytes(statement)
}

#[cfg(test)]
mod tests;
