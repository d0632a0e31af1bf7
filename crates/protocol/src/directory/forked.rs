//! Two key sets of one number: the worst that a directory can show, since from there on two secretariats
//! speak `[DIRECTORY]`.
//!
//! [`judge`](super::judge) refuses such a directory whoever made it. Whether it is an alarm is another
//! question: anybody can write down a list of key sets. It is one where the other set, too, is signed by
//! those who were to hand over; then both are kept, as proof.

use super::{KeySet, Side, SignedDirectory, SignedKeySet};

/// Two key sets of one number, both signed by those who were to sign it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySetFork {
    /// The number of both.
    pub number: u64,
    /// The one that the directory in use brought along.
    pub known: SignedKeySet,
    /// The other.
    pub offered: SignedKeySet,
}

/// Where the key sets of `offered` part from those of `known`, a directory that was accepted; `None` where
/// they do not, or where the other set proves nothing: it lacks the signatures by a threshold of the set
/// before (of two first sets: by a threshold of the known one), or that set is not at hand any more.
#[must_use]
pub fn forked_key_set(known: &SignedDirectory, offered: &SignedDirectory) -> Option<KeySetFork> {
    let known = numbered(known)?;
    let offered = numbered(offered)?;
    let mut before: Option<&KeySet> = None;
    for (set, signed) in &known {
        let number = set.number();
        if let Some((other, other_signed)) = offered.iter().find(|(other, _)| other.number() == number)
            && other.digest() != set.digest()
        {
            let is_signed = match before {
                Some(before) => other_signed.open(Some(before)).is_ok(),
                // The same people may found another network.
                None if number == 1 && other.network() == set.network() => {
                    other_signed.open(None).is_ok() && other_signed.is_signed_as(set, Side::Own)
                }
                None => false,
            };
            return is_signed.then(|| KeySetFork {
                number,
                known: signed.clone(),
                offered: other_signed.clone(),
            });
        }
        before = Some(set);
    }
    None
}

fn numbered(directory: &SignedDirectory) -> Option<Vec<(KeySet, SignedKeySet)>> {
    let signed = directory.key_sets().ok()?;
    let sets = signed
        .into_iter()
        .map(|signed| Some((signed.peek().ok()?, signed)));
    sets.collect()
}

#[cfg(test)]
mod tests;
