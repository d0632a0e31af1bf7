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

use super::{Entry, Side};
use crate::cbor::{Labels, Reader, Writer};
use crate::consignment::SignedConsignment;
use crate::decode::{DecodeError, Fault};
use crate::envelope::SignedHeader;
use crate::ids::ActorId;
use crate::index::InboxKey;
use crate::key::KeyId;
use crate::limits::{CHECKPOINT_NOTE_BYTES_MAX, ERASED_ENTRIES_MAX, LEAF_BYTES_MAX, SIGNED_BYTES_MAX};
use crate::receipt::SignedReceipt;
use crate::rejection::SignedRejection;
use crate::time::UnixMillis;

/// The format's name in errors.
const FORMAT: &str = "ledger entry";

/// The version of all kinds of leaf.
const VERSION: u64 = 1;

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
}

impl Entry {
    /// The leaf. The same entry always gives the same bytes.
    ///
    /// What is built within the limits named at its fields is never over [`LEAF_BYTES_MAX`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(ENCODED_BYTES + self.statement().len());
        match self {
            Self::Submitted { at, actor, header } => {
                begin(&mut out, 5, 1, *at)
                    .uint(label::STATEMENT)
                    .bytes(header.as_bytes());
                out.uint(label::ACTOR).bytes(actor.as_bytes());
            }
            Self::Received {
                at,
                header,
                commit_size,
            } => {
                begin(&mut out, 5, 2, *at)
                    .uint(label::STATEMENT)
                    .bytes(header.as_bytes());
                out.uint(label::COMMIT_SIZE).uint(*commit_size);
            }
            Self::Delivered { at, receipt } => {
                begin(&mut out, 4, 3, *at)
                    .uint(label::STATEMENT)
                    .bytes(receipt.as_bytes());
            }
            Self::Consigned {
                at,
                side,
                report,
                expires_at,
            } => {
                begin(&mut out, 6, 4, *at)
                    .uint(label::STATEMENT)
                    .bytes(report.as_bytes());
                out.uint(label::SIDE)
                    .uint(*side as u64)
                    .uint(label::EXPIRES_AT)
                    .uint(expires_at.0);
            }
            Self::ReportDelivered { at, report, message } => {
                begin(&mut out, 5, 5, *at)
                    .uint(label::MESSAGE)
                    .bytes(message.as_bytes());
                out.uint(label::DIGEST).bytes(report.as_bytes());
            }
            Self::Retrieved { at, message, actor } => {
                begin(&mut out, 5, 6, *at)
                    .uint(label::ACTOR)
                    .bytes(actor.as_bytes());
                out.uint(label::MESSAGE).bytes(message.as_bytes());
            }
            Self::Approved { at, message, actor } => {
                begin(&mut out, 5, 7, *at)
                    .uint(label::ACTOR)
                    .bytes(actor.as_bytes());
                out.uint(label::MESSAGE).bytes(message.as_bytes());
            }
            Self::Rejected {
                at,
                side,
                rejection,
                key,
            } => {
                write_rejected(&mut out, *at, *side, rejection, key.as_ref());
            }
            Self::Expired {
                at,
                item,
                message,
                to,
            } => {
                begin(&mut out, 6, 9, *at)
                    .uint(label::MESSAGE)
                    .bytes(message.as_bytes());
                out.uint(label::DIGEST)
                    .bytes(item.as_bytes())
                    .uint(label::TO)
                    .text(&to.to_string());
            }
            Self::DirectoryAccepted { at, version, digest } => {
                begin(&mut out, 5, 10, *at)
                    .uint(label::DIGEST)
                    .bytes(digest.as_bytes());
                out.uint(label::DIRECTORY_VERSION).uint(*version);
            }
            Self::KeyChanged { at, old, new } => {
                begin(&mut out, 4 + u64::from(old.is_some()), 11, *at);
                if let Some(old) = old {
                    out.uint(label::OLD_KEY).bytes(old.as_bytes());
                }
                out.uint(label::NEW_KEY).bytes(new.as_bytes());
            }
            Self::PeerCheckpointSeen { at, peer, note } => {
                begin(&mut out, 5, 12, *at).uint(label::PARTY).text(peer.as_str());
                out.uint(label::NOTE).text(note);
            }
            Self::ErasureNotice {
                at,
                entries,
                basis,
                actor,
            } => {
                begin(&mut out, 6, 13, *at)
                    .uint(label::ACTOR)
                    .bytes(actor.as_bytes());
                out.uint(label::ENTRIES).array(entries.len());
                for index in entries {
                    out.uint(*index);
                }
                out.uint(label::BASIS).text(basis.as_str());
            }
        }
        out.finish()
    }

    /// Reads a leaf, strictly: what decodes encodes to the same bytes.
    ///
    /// Signed statements in it are held against their limit and not read.
    ///
    /// # Errors
    /// [`DecodeError`]; a kind of a later version is [`Fault::UnknownKind`] and names it.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let reader = &mut Reader::new(FORMAT, bytes);
        if bytes.len() > LEAF_BYTES_MAX {
            return Err(reader.fault(Fault::TooLong(LEAF_BYTES_MAX)));
        }
        let mut labels = reader.map()?;
        labels.version(reader, VERSION)?;
        labels.required(reader, label::KIND)?;
        let kind = reader.uint()?;
        labels.required(reader, label::AT)?;
        let at = reader.time()?;
        let mut fields = Fields { reader, labels };
        let entry = match kind {
            1..=4 | 8 => fields.with_statement(kind, at),
            _ => fields.without_statement(kind, at),
        }?;
        fields.labels.end(fields.reader)?;
        fields.reader.end()?;
        Ok(entry)
    }

    /// The signed statement in it, or nothing.
    fn statement(&self) -> &[u8] {
        match self {
            Self::Submitted { header, .. } | Self::Received { header, .. } => header.as_bytes(),
            Self::Delivered { receipt, .. } => receipt.as_bytes(),
            Self::Consigned { report, .. } => report.as_bytes(),
            Self::Rejected { rejection, .. } => rejection.as_bytes(),
            _ => &[],
        }
    }
}

/// Begins a leaf with the given number of labels.
fn begin(out: &mut Writer, labels: u64, kind: u64, at: UnixMillis) -> &mut Writer {
    out.map(labels).uint(label::VERSION).uint(VERSION);
    out.uint(label::KIND).uint(kind).uint(label::AT).uint(at.0)
}

fn write_rejected(
    out: &mut Writer,
    at: UnixMillis,
    side: Side,
    rejection: &SignedRejection,
    key: Option<&InboxKey>,
) {
    begin(out, if key.is_some() { 8 } else { 5 }, 8, at);
    out.uint(label::STATEMENT).bytes(rejection.as_bytes());
    if let Some(key) = key {
        out.uint(label::MESSAGE).bytes(key.message.as_bytes());
    }
    out.uint(label::SIDE).uint(side as u64);
    if let Some(key) = key {
        out.uint(label::TO)
            .text(&key.to.to_string())
            .uint(label::PARTY)
            .text(key.from.as_str());
    }
}

/// The fields of one entry, asked for in ascending order of labels.
struct Fields<'r, 'b> {
    reader: &'r mut Reader<'b>,
    labels: Labels,
}

impl<'b> Fields<'_, 'b> {
    /// Steps to a label; its value comes next.
    fn at(&mut self, label: u64) -> Result<&mut Reader<'b>, DecodeError> {
        self.labels.required(self.reader, label)?;
        Ok(self.reader)
    }

    fn statement(&mut self) -> Result<&'b [u8], DecodeError> {
        self.at(label::STATEMENT)?.bytes(SIGNED_BYTES_MAX)
    }

    fn actor(&mut self) -> Result<ActorId, DecodeError> {
        self.at(label::ACTOR)?.exactly().map(ActorId::from_bytes)
    }

    fn side(&mut self) -> Result<Side, DecodeError> {
        match self.at(label::SIDE)?.uint()? {
            0 => Ok(Side::Issued),
            1 => Ok(Side::Received),
            other => Err(self.reader.fault(Fault::UnknownKind(other))),
        }
    }

    fn with_statement(&mut self, kind: u64, at: UnixMillis) -> Result<Entry, DecodeError> {
        let statement = self.statement()?;
        match kind {
            1 => {
                let header = SignedHeader::from_bytes(statement)?;
                Ok(Entry::Submitted {
                    at,
                    actor: self.actor()?,
                    header,
                })
            }
            2 => {
                let header = SignedHeader::from_bytes(statement)?;
                let commit_size = self.at(label::COMMIT_SIZE)?.uint()?;
                Ok(Entry::Received {
                    at,
                    header,
                    commit_size,
                })
            }
            3 => Ok(Entry::Delivered {
                at,
                receipt: SignedReceipt::from_bytes(statement)?,
            }),
            4 => {
                let report = SignedConsignment::from_bytes(statement)?;
                let side = self.side()?;
                let expires_at = self.at(label::EXPIRES_AT)?.time()?;
                Ok(Entry::Consigned {
                    at,
                    side,
                    report,
                    expires_at,
                })
            }
            // 8, the only other kind that is sent here.
            _ => self.rejected(at, SignedRejection::from_bytes(statement)?),
        }
    }

    fn rejected(&mut self, at: UnixMillis, rejection: SignedRejection) -> Result<Entry, DecodeError> {
        let mut message = None;
        if self.labels.optional(self.reader, label::MESSAGE)? {
            message = Some(self.reader.message()?);
        }
        let side = self.side()?;
        let mut key = None;
        if let Some(message) = message {
            let to = self.at(label::TO)?.contact_point()?;
            let from = self.at(label::PARTY)?.party()?;
            key = Some(InboxKey { from, message, to });
        }
        Ok(Entry::Rejected {
            at,
            side,
            rejection,
            key,
        })
    }

    fn without_statement(&mut self, kind: u64, at: UnixMillis) -> Result<Entry, DecodeError> {
        match kind {
            5 => {
                let message = self.at(label::MESSAGE)?.message()?;
                Ok(Entry::ReportDelivered {
                    at,
                    report: self.at(label::DIGEST)?.digest()?,
                    message,
                })
            }
            6 | 7 => {
                let actor = self.actor()?;
                let message = self.at(label::MESSAGE)?.message()?;
                Ok(if kind == 6 {
                    Entry::Retrieved { at, message, actor }
                } else {
                    Entry::Approved { at, message, actor }
                })
            }
            9 => {
                let message = self.at(label::MESSAGE)?.message()?;
                let item = self.at(label::DIGEST)?.digest()?;
                Ok(Entry::Expired {
                    at,
                    item,
                    message,
                    to: self.at(label::TO)?.contact_point()?,
                })
            }
            10 => {
                let digest = self.at(label::DIGEST)?.digest()?;
                let version = self.at(label::DIRECTORY_VERSION)?.uint()?;
                Ok(Entry::DirectoryAccepted { at, version, digest })
            }
            11 => self.key_changed(at),
            12 => {
                let peer = self.at(label::PARTY)?.party()?;
                let note = self.at(label::NOTE)?.text(CHECKPOINT_NOTE_BYTES_MAX)?.to_owned();
                Ok(Entry::PeerCheckpointSeen { at, peer, note })
            }
            13 => self.erasure_notice(at),
            other => Err(self.reader.fault(Fault::UnknownKind(other))),
        }
    }

    fn key_changed(&mut self, at: UnixMillis) -> Result<Entry, DecodeError> {
        let mut old = None;
        if self.labels.optional(self.reader, label::OLD_KEY)? {
            old = Some(KeyId::from_bytes(self.reader.exactly()?));
        }
        let new = KeyId::from_bytes(self.at(label::NEW_KEY)?.exactly()?);
        Ok(Entry::KeyChanged { at, old, new })
    }

    fn erasure_notice(&mut self, at: UnixMillis) -> Result<Entry, DecodeError> {
        let actor = self.actor()?;
        let count = self.at(label::ENTRIES)?.array(ERASED_ENTRIES_MAX)?;
        let mut entries: Vec<u64> = Vec::new();
        for _ in 0..count {
            let index = self.reader.uint()?;
            if entries.last().is_some_and(|last| index <= *last) {
                return Err(self.reader.bad("the indices of an erasure notice ascend"));
            }
            entries.push(index);
        }
        let basis = self.at(label::BASIS)?.code()?;
        Ok(Entry::ErasureNotice {
            at,
            entries,
            basis,
            actor,
        })
    }
}
