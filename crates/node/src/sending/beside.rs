//! What a message gets beside its content: the number of the case that it opens `[CASE-NUMBER]`, its check
//! words, and the other cases of ours that have an identifier in common with it `[RELATED]`.
//!
//! None of it keeps a message from being sent: while the case index is being made, a case is opened without a
//! number, and no relations are shown.

use std::collections::BTreeSet;

use control::types::RelatedCase;
use protocol::digest::Commitment;
use protocol::ids::{CaseId, MessageId};
use protocol::time::UnixMillis;

use super::prepare::Prepared;
use super::{Parts, SendError};
use crate::cases::{Case, lines};

/// What a message gets beside its content.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub(super) reference: String,
    pub(super) check_words: String,
    pub(super) related: Vec<RelatedCase>,
}

/// What other cases are looked for by: the identifiers of a message. It is done beside the commit, which the
/// message's way does not depend on.
pub(super) struct Common {
    selectors: BTreeSet<String>,
    case: CaseId,
    behind_max: u64,
}

/// Gives the case that the message opens its number. Blocks.
pub(super) fn numbered(parts: &Parts, prepared: Prepared, now: UnixMillis) -> Prepared {
    if CaseId::opened_by(prepared.id) != prepared.case {
        return prepared;
    }
    match parts.cases.next_number(now) {
        Some(number) => Prepared {
            message: prepared.message.numbered(number),
            ..prepared
        },
        None => prepared,
    }
}

/// What goes with a message that was just sealed, but for its related cases. Blocks.
pub(super) fn of_new(parts: &Parts, prepared: &Prepared, payload: &Commitment) -> Result<Beside, SendError> {
    let reference = match prepared.message.number() {
        Some(number) => number.to_string(),
        None => reference_of(parts, prepared.case)?,
    };
    Ok(Beside {
        reference,
        check_words: lines::check_words(payload),
        related: Vec::new(),
    })
}

/// The same for a message that an earlier process sent. Blocks.
pub(super) fn of_recorded(parts: &Parts, case: &Case, message: MessageId) -> Beside {
    let key = (parts.cases.own(), message);
    let told = case.messages.get(&key);
    Beside {
        reference: case.reference(),
        check_words: told.map_or_else(String::new, |told| lines::check_words(&told.header.payload)),
        related: shown(parts, &case.selectors_of(key), case.id, u64::MAX),
    }
}

/// `[RELATED]` What related cases have in common with a message; the index is brought up to date before they
/// are looked for, where it is at most so many leaves behind.
pub(super) fn common(prepared: &Prepared, behind_max: u64) -> Common {
    let selectors = prepared.message.normalised_selectors();
    Common {
        selectors: selectors.iter().map(ToString::to_string).collect(),
        case: prepared.case,
        behind_max,
    }
}

impl Common {
    /// The cases that have an identifier in common with the message. Blocks.
    pub(super) fn cases(&self, parts: &Parts) -> Vec<RelatedCase> {
        shown(parts, &self.selectors, self.case, self.behind_max)
    }
}

fn shown(parts: &Parts, selectors: &BTreeSet<String>, case: CaseId, behind_max: u64) -> Vec<RelatedCase> {
    if selectors.is_empty() {
        return Vec::new();
    }
    let near = if parts.cases.index_behind_leaves() <= behind_max {
        parts.cases.caught_up()
    } else {
        Ok(())
    };
    let found = near.and_then(|()| parts.cases.related_to(selectors, Some(case)));
    found.unwrap_or_else(|error| {
        tracing::warn!(%error, "related cases are not shown");
        Vec::new()
    })
}

/// What people call the case that is written to.
fn reference_of(parts: &Parts, case: CaseId) -> Result<String, SendError> {
    let cases = parts.cases.with_id(case)?;
    Ok(match cases.as_slice() {
        [one] => one.reference(),
        _ => case.to_string(),
    })
}
