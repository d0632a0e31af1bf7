//! From a key set that is trusted to the one in force, by steps of one set each.

use std::collections::BTreeSet;

use super::{KeySet, KeySetError, KeySetMark, Side, SignedKeySet};
use crate::key::PublicKey;

/// What makes a key set believable without looking at the sets before it.
pub(in crate::directory) enum Anchor<'a> {
    /// The operator has named its keys, and how many of them must sign at least.
    Configured { keys: &'a [PublicKey], threshold: usize },
    /// It is in force.
    InForce(KeySetMark),
}

/// The key set in force, reached from one that is trusted by steps of one set each. Sets before the anchor
/// are read, and count for nothing.
pub(in crate::directory) fn follow(
    chain: &[SignedKeySet],
    anchor: &Anchor<'_>,
) -> Result<KeySet, KeySetError> {
    let sets: Vec<KeySet> = chain.iter().map(SignedKeySet::peek).collect::<Result<_, _>>()?;
    if let Some((_, gap)) = sets.iter().zip(sets.iter().skip(1)).find(|(a, b)| !b.follows(a)) {
        return Err(KeySetError::Gap { number: gap.number });
    }
    let found = match anchor {
        Anchor::Configured { keys, threshold } => {
            sets.iter().rposition(|set| set.is_configured(keys, *threshold))
        }
        Anchor::InForce(mark) => {
            let offered = sets.last().map_or(0, KeySet::number);
            if offered < mark.number {
                let in_force = mark.number;
                return Err(KeySetError::Withdrawn { in_force, offered });
            }
            let found = sets.iter().position(|set| set.number == mark.number);
            if found
                .and_then(|at| sets.get(at))
                .is_some_and(|set| set.digest() != mark.digest)
            {
                return Err(KeySetError::Fork { number: mark.number });
            }
            found
        }
    };
    let found = found.ok_or(KeySetError::Unanchored)?;
    let mut signed = chain.iter().zip(sets).skip(found);
    let (first, mut in_force) = signed.next().ok_or(KeySetError::Unanchored)?;
    if matches!(anchor, Anchor::Configured { .. }) {
        first.check_signed(in_force.number, &in_force, Side::Own)?;
    }
    for (next, _) in signed {
        in_force = next.open(Some(&in_force))?;
    }
    Ok(in_force)
}

impl KeySet {
    /// Whether it is what an operator has configured: exactly these keys, and at least this threshold.
    fn is_configured(&self, keys: &[PublicKey], threshold: usize) -> bool {
        let configured: BTreeSet<&[u8; 32]> = keys.iter().map(PublicKey::as_bytes).collect();
        let own: BTreeSet<&[u8; 32]> = self.keys.iter().map(PublicKey::as_bytes).collect();
        configured == own && self.threshold >= threshold
    }
}
