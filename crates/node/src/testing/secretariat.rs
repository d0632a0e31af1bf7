//! A secretariat of several members, whose keys are made of numbers.

use protocol::directory::{Directory, KeySet, SignedDirectory, SignedKeySet};
use protocol::key::{PublicKey, SecretariatKey};
use protocol::time::UnixMillis;

use super::NETWORK;

/// When all key sets are made.
const MADE_AT: UnixMillis = UnixMillis(1_700_000_000_000);

/// Its key sets so far.
#[derive(Clone)]
pub(crate) struct Secretariat {
    pub(crate) sets: Vec<SignedKeySet>,
    pub(crate) in_force: KeySet,
}

pub(crate) fn member(number: u8) -> SecretariatKey {
    SecretariatKey::from_seed(&[0xd0 + number; 32])
}

pub(crate) fn public(members: &[u8]) -> Vec<PublicKey> {
    members.iter().map(|number| member(*number).public()).collect()
}

impl Secretariat {
    /// The first key set, of these members, all of whom sign it.
    pub(crate) fn of(members: &[u8], threshold: usize) -> Self {
        Self::signed_by(members, threshold, members)
    }

    /// The first key set, of these members, signed by `by`.
    pub(crate) fn signed_by(members: &[u8], threshold: usize, by: &[u8]) -> Self {
        let first = KeySet::first(NETWORK, threshold, &public(members), MADE_AT).unwrap();
        Self {
            sets: vec![signed(&first, by)],
            in_force: first,
        }
    }

    /// The next key set, of these members, signed by `by`.
    pub(crate) fn next(&self, members: &[u8], threshold: usize, by: &[u8]) -> Self {
        let next = self.in_force.next(threshold, &public(members), MADE_AT).unwrap();
        let mut sets = self.sets.clone();
        sets.push(signed(&next, by));
        Self { sets, in_force: next }
    }

    /// A directory with all key sets, signed by these members.
    pub(crate) fn sign(&self, directory: &Directory, by: &[u8]) -> SignedDirectory {
        let draft = SignedDirectory::draft(directory, &self.sets).unwrap();
        let copies = by
            .iter()
            .map(|number| draft.countersign(&member(*number)).unwrap());
        let copies: Vec<_> = copies.chain([draft.clone()]).collect();
        SignedDirectory::merge(&copies, &public(by)).unwrap()
    }
}

fn signed(key_set: &KeySet, by: &[u8]) -> SignedKeySet {
    let draft = SignedKeySet::draft(key_set).unwrap();
    let copies = by
        .iter()
        .map(|number| draft.countersign(&member(*number)).unwrap());
    let copies: Vec<_> = copies.chain([draft.clone()]).collect();
    SignedKeySet::merge(&copies, &public(by)).unwrap()
}
