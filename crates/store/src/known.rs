//! What the store knows of a request, looked up before the exchange sees it `[IDEMPOTENT]`.

use crate::contract::{ReadError, Reader};
use protocol::check::Checked;
use protocol::decode::DecodeError;
use protocol::entry::Entry;
use protocol::exchange::Known;
use protocol::index::{InboxKey, InboxOutcome};

/// Why it cannot be told. The machine's fault.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The index or the ledger is damaged.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A leaf is no entry.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The index points to a leaf of another kind.
    #[error("leaf {0} is not what the index says")]
    OtherLeaf(u64),
}

/// What the store knows of what a peer asks with; `None` for what is new.
///
/// Must be called after the last `handle_committed` and before `handle_frame`, in the driver's own turn.
///
/// # Errors
/// [`LookupError`]: then nothing may be answered, for to take it as new could record it twice.
pub fn lookup(reader: &dyn Reader, frame: &Checked) -> Result<Option<Known>, LookupError> {
    match frame {
        Checked::Envelope(envelope) => {
            let header = envelope.header();
            let key = InboxKey {
                from: header.from.party(),
                message: header.message,
                to: header.to.clone(),
            };
            inbox(reader, &key)
        }
        Checked::Refusable(refusable) => match &refusable.key {
            Some(key) => inbox(reader, key),
            None => Ok(None),
        },
        Checked::Consignment(report) => {
            let index = reader.report(&report.digest())?;
            Ok(index.map(|index| Known::Report { index }))
        }
        Checked::Completion(statement) => {
            let index = reader.report(&statement.digest())?;
            Ok(index.map(|index| Known::Report { index }))
        }
        _ => Ok(None),
    }
}

fn inbox(reader: &dyn Reader, key: &InboxKey) -> Result<Option<Known>, LookupError> {
    let Some(record) = reader.inbox(key)? else {
        return Ok(None);
    };
    match record.outcome {
        InboxOutcome::Received {
            index, commit_size, ..
        } => match Entry::decode(&reader.leaf(index)?)? {
            Entry::Received { header, .. } => {
                // The leaf names the size of its own log.
                let size = reader.log_of(index)?.position_of(commit_size);
                Ok(Some(Known::Received {
                    record,
                    header,
                    inclusion: reader.inclusion_proof(index, size)?,
                    root: reader.root_at(size)?,
                }))
            }
            _ => Err(LookupError::OtherLeaf(index)),
        },
        InboxOutcome::Rejected { index } => match Entry::decode(&reader.leaf(index)?)? {
            Entry::Rejected { rejection, .. } => Ok(Some(Known::Rejected { record, rejection })),
            _ => Err(LookupError::OtherLeaf(index)),
        },
    }
}
