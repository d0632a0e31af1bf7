//! What a change request may change, beyond what must hold in every directory.
//!
//! The past stays as it was: a key that was valid when something was signed still shows it, and nobody can
//! take a signature back by dating the end of a key back (threat 7 of security.md). Where a key was stolen,
//! the thief could sign requests too; so that is settled by telephone and a new join request.

use super::Change;
use crate::directory::{PartyRecord, Period};
use crate::limits::KEY_OVERLAP_MIN;
use crate::time::UnixMillis;

/// Holds the new record against the one that it changes.
pub(super) fn check_change(old: &PartyRecord, change: &Change) -> Result<(), &'static str> {
    let (new, at) = (&change.record, change.requested_at);
    check_keys(&old.envelope_keys, &new.envelope_keys, at)?;
    check_keys(&old.ledger_keys, &new.ledger_keys, at)?;
    check_keys(&old.witness_keys, &new.witness_keys, at)?;
    check_overlap(&old.envelope_keys, &new.envelope_keys)
}

/// Keys stay, each with its beginning; what ended stays ended; an end and a new key's beginning are not dated
/// back.
fn check_keys<T: PartialEq>(
    old: &[Period<T>],
    new: &[Period<T>],
    at: UnixMillis,
) -> Result<(), &'static str> {
    for before in old {
        let after = new.iter().find(|period| period.value == before.value);
        let after =
            after.ok_or("a key does not vanish: give it an end, so that what it signed can be checked")?;
        if after.valid_from != before.valid_from {
            return Err("the beginning of a key that is in use does not change");
        }
        if after.valid_until == before.valid_until {
            continue;
        }
        if before.valid_until.is_some_and(|until| until <= at) {
            return Err("a key that has ended stays as it is");
        }
        if after.valid_until.is_some_and(|until| until < at) {
            return Err("the end of a key is not dated back");
        }
    }
    let is_new = |period: &&Period<T>| old.iter().all(|before| before.value != period.value);
    if new.iter().filter(is_new).any(|period| period.valid_from < at) {
        return Err("the beginning of a new key is not dated back");
    }
    Ok(())
}

/// An envelope key that gets an end has a successor by then, and both are valid side by side for a while: so
/// there is no moment at which others know no key of the Party.
fn check_overlap<T: PartialEq>(old: &[Period<T>], new: &[Period<T>]) -> Result<(), &'static str> {
    for period in new {
        let Some(end) = period.valid_until else { continue };
        if old.contains(period) {
            continue;
        }
        let succeeds = |other: &&Period<T>| {
            other.value != period.value
                && other.valid_from.plus(KEY_OVERLAP_MIN) <= end
                && other.valid_until.is_none_or(|until| until > end)
        };
        if !new.iter().any(|other| succeeds(&other)) {
            return Err("an envelope key that ends has a successor, a day before at the latest");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
