//! Reading entries.

use ledger::limits::MAX_VERIFIER_KEY_BYTES;
use ledger::note::{KeyKind, VerifierKey};

use super::{FORMAT, LOG_BEGUN, VERSION, label};
use crate::cbor::{Labels, Reader};
use crate::completion::SignedCompletion;
use crate::consignment::SignedConsignment;
use crate::decode::{DecodeError, Fault};
use crate::entry::{Entry, Hold, Side};
use crate::envelope::SignedHeader;
use crate::ids::{ActorId, CaseId};
use crate::index::InboxKey;
use crate::key::KeyId;
use crate::limits::{CHECKPOINT_NOTE_BYTES_MAX, ERASED_ENTRIES_MAX, LEAF_BYTES_MAX, SIGNED_BYTES_MAX};
use crate::receipt::SignedReceipt;
use crate::rejection::SignedRejection;
use crate::time::UnixMillis;

impl Entry {
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
            1..=4 | 8 | 15 => fields.with_statement(kind, at),
            _ => fields.without_statement(kind, at),
        }?;
        fields.labels.end(fields.reader)?;
        fields.reader.end()?;
        Ok(entry)
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
            15 => {
                let statement = SignedCompletion::from_bytes(statement)?;
                let side = self.side()?;
                let expires_at = self.at(label::EXPIRES_AT)?.time()?;
                Ok(Entry::Completed {
                    at,
                    side,
                    statement,
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
            6 | 7 | 14 => {
                let actor = self.actor()?;
                let message = self.at(label::MESSAGE)?.message()?;
                Ok(match kind {
                    6 => Entry::Retrieved { at, message, actor },
                    7 => Entry::Approved { at, message, actor },
                    _ => Entry::SentAlone { at, message, actor },
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
            16 => {
                let message = self.at(label::MESSAGE)?.message()?;
                Ok(Entry::CompletionDelivered {
                    at,
                    statement: self.at(label::DIGEST)?.digest()?,
                    message,
                })
            }
            17 => self.ledger_key_changed(at),
            20 | 21 => self.of_case(kind, at),
            LOG_BEGUN => self.log_begun(at),
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

    fn ledger_key_changed(&mut self, at: UnixMillis) -> Result<Entry, DecodeError> {
        let (old, new) = self.ledger_keys()?;
        if old.name() != new.name() || old == new {
            return Err(self
                .reader
                .bad("a ledger key is followed by another one of the same ledger"));
        }
        Ok(Entry::LedgerKeyChanged { at, old, new })
    }

    fn log_begun(&mut self, at: UnixMillis) -> Result<Entry, DecodeError> {
        let last = self.at(label::NOTE)?.text(CHECKPOINT_NOTE_BYTES_MAX)?.to_owned();
        let (old, new) = self.ledger_keys()?;
        if old.name() == new.name() {
            return Err(self.reader.bad("a log is followed by one of another origin"));
        }
        let mut witnessed = None;
        if self.labels.optional(self.reader, label::WITNESSED)? {
            witnessed = Some(self.reader.text(CHECKPOINT_NOTE_BYTES_MAX)?.to_owned());
        }
        let position = self.at(label::POSITION)?.uint()?;
        Ok(Entry::LogBegun {
            at,
            position,
            last,
            old,
            new,
            witnessed,
        })
    }

    /// The key before and the key after, both of ledgers.
    fn ledger_keys(&mut self) -> Result<(Box<VerifierKey>, Box<VerifierKey>), DecodeError> {
        let what = "not a C2SP verifier key";
        let old: VerifierKey = self
            .at(label::OLD_LEDGER_KEY)?
            .parsed(MAX_VERIFIER_KEY_BYTES, what)?;
        let new: VerifierKey = self
            .at(label::NEW_LEDGER_KEY)?
            .parsed(MAX_VERIFIER_KEY_BYTES, what)?;
        if [&old, &new].map(VerifierKey::kind) != [KeyKind::Ed25519; 2] {
            return Err(self
                .reader
                .bad("a ledger key signs checkpoints, not cosignatures"));
        }
        Ok((Box::new(old), Box::new(new)))
    }

    fn of_case(&mut self, kind: u64, at: UnixMillis) -> Result<Entry, DecodeError> {
        let actor = self.actor()?;
        let basis = self.at(label::BASIS)?.code()?;
        let case = CaseId::opened_by(self.at(label::CASE)?.message()?);
        if kind == 20 {
            let approver = ActorId::from_bytes(self.at(label::APPROVER)?.exactly()?);
            return Ok(Entry::ErasureOrdered {
                at,
                case,
                basis,
                actor,
                approver,
            });
        }
        let hold = match self.at(label::HOLD)?.uint()? {
            0 => Hold::Placed,
            1 => Hold::Released,
            other => return Err(self.reader.fault(Fault::UnknownKind(other))),
        };
        Ok(Entry::HoldChanged {
            at,
            case,
            basis,
            actor,
            hold,
        })
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
