//! Checks a proof that a log has shown two histories, or that it was rolled back `[ROLLBACK]`.
//!
//! Such a file is kept by whoever noticed: a node, a witness, an auditor ([`ledger::fork`] says what is in
//! it). To check it, only the log's verifier key is needed.

use std::fmt;
use std::path::Path;

use ledger::checkpoint::CheckpointVerifyError;
use ledger::fork::{ForkProof, Rollback, TwoHeads, TwoHeadsError};
use ledger::limits::MAX_TWO_HEADS_BYTES;
use ledger::note::{NoteVerifyError, VerifierKey};
use serde::Serialize;

use crate::report::{Report, Verdict, printable};
use crate::trust;

/// What a proof file comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForkReport {
    /// The log has signed two heads that cannot both be true.
    Forked(TwoHeads),
    /// The log has signed a greater head than the one that it was found with.
    RolledBack(TwoHeads),
    /// The file proves nothing; why, in words.
    ProvesNothing(String),
    /// A key or the file is not at hand; why, in words.
    CouldNotCheck(String),
}

/// Checks a proof file with the log's keys: verifier keys in their text form, or files with one. More than
/// one may be needed where the log has changed its key between the two heads.
#[must_use]
pub fn check_fork(file: &Path, keys: &[String]) -> ForkReport {
    let mut report = Report::default();
    let named = keys.iter().map(|key| trust::read_verifier_key(key, &mut report));
    let keys: Option<Vec<VerifierKey>> = named.collect();
    let bytes = trust::read(file, MAX_TWO_HEADS_BYTES, "the proof", &mut report);
    let (Some(keys), Some(bytes)) = (keys, bytes) else {
        let found = report.findings().first().map(|finding| finding.reason.clone());
        let missing = report.not_checked().keys().next().cloned();
        return ForkReport::CouldNotCheck(missing.or(found).unwrap_or_default());
    };
    let keys: Vec<&VerifierKey> = keys.iter().collect();
    let checked = match ForkProof::parse(&bytes) {
        Ok(proof) => proof.verify(&keys).map(ForkReport::Forked),
        Err(fork_error) => match Rollback::parse(&bytes) {
            Ok(rollback) => rollback.verify(&keys).map(ForkReport::RolledBack),
            Err(error) => {
                // The error of the kind that the first line claims.
                let is_rollback = bytes.starts_with(b"ohrid/rollback-proof");
                let reason = if is_rollback { error } else { fork_error };
                return ForkReport::ProvesNothing(printable(&reason.to_string()));
            }
        },
    };
    checked.unwrap_or_else(|error| {
        let reason = printable(&error.to_string());
        match error {
            TwoHeadsError::Head(CheckpointVerifyError::Signature(NoteVerifyError::NoKnownKey)) => {
                ForkReport::CouldNotCheck(reason)
            }
            _ => ForkReport::ProvesNothing(reason),
        }
    })
}

impl ForkReport {
    /// Whether the *proof* is valid: then something is wrong with the log.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Forked(_) | Self::RolledBack(_) => Verdict::Valid,
            Self::ProvesNothing(_) => Verdict::Invalid,
            Self::CouldNotCheck(_) => Verdict::CouldNotCheck,
        }
    }

    /// The report as a JSON document (`schema/fork.schema.json`), without a line feed at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let (proven, heads, reason) = match self {
            Self::Forked(heads) => (Some("fork"), Some(heads), None),
            Self::RolledBack(heads) => (Some("rollback"), Some(heads), None),
            Self::ProvesNothing(reason) | Self::CouldNotCheck(reason) => (None, None, Some(reason.as_str())),
        };
        let document = Document {
            format: "ohrid-verify/fork/1",
            result: self.verdict().name(),
            exit_code: self.verdict().exit_code(),
            proven,
            origin: heads.map(|heads| heads.smaller.origin.as_str()),
            heads: heads.map(|heads| {
                [&heads.smaller, &heads.greater].map(|head| HeadRow {
                    size: head.size,
                    root: head.root.to_string(),
                })
            }),
            reason,
        };
        // Plain structs with string keys cannot fail to serialise; an empty document would say so.
        serde_json::to_string_pretty(&document).unwrap_or_default()
    }
}

impl fmt::Display for ForkReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, heads) = match self {
            Self::Forked(heads) => ("it has signed two heads that cannot both be true", heads),
            Self::RolledBack(heads) => (
                "it had signed the greater head, and was found with the smaller",
                heads,
            ),
            Self::ProvesNothing(reason) => return write!(out, "INVALID: this proves nothing: {reason}"),
            Self::CouldNotCheck(reason) => return write!(out, "COULD NOT CHECK: {reason}"),
        };
        let origin = printable(&heads.smaller.origin);
        writeln!(out, "valid: the proof against {origin} holds: {sentence}\n")?;
        writeln!(
            out,
            "  {} entries, root {}",
            heads.smaller.size, heads.smaller.root
        )?;
        write!(
            out,
            "  {} entries, root {}",
            heads.greater.size, heads.greater.root
        )
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    result: &'static str,
    exit_code: u8,
    proven: Option<&'static str>,
    origin: Option<&'a str>,
    heads: Option<[HeadRow; 2]>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct HeadRow {
    size: u64,
    root: String,
}

#[cfg(test)]
mod tests;
