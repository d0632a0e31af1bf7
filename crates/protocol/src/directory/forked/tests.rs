#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Two key sets of one number are an alarm if both are signed, and nothing otherwise `[DIRECTORY]`.

use super::*;
use crate::directory::Directory;
use crate::example::{self, *};

fn with(key_sets: &[SignedKeySet]) -> SignedDirectory {
    let directory = Directory {
        version: 8,
        ..example::directory()
    };
    SignedDirectory::draft(&directory, key_sets).unwrap()
}

fn elsewhere_directory(key_set: &SignedKeySet) -> SignedDirectory {
    let directory = Directory {
        network: "other.example.org".to_owned(),
        ..example::directory()
    };
    SignedDirectory::draft(&directory, std::slice::from_ref(key_set)).unwrap()
}

/// Another second set, which keeps the key that the real one withdrew.
fn other_second(signers: &[u8]) -> SignedKeySet {
    let other = first_key_set().next(2, &public(&[1, 2]), NOW).unwrap();
    signed_key_set(&other, signers)
}

#[test]
fn two_signed_key_sets_of_one_number_are_a_fork() {
    let known = with(&key_sets());
    let other = other_second(&[1, 2]);
    let fork = forked_key_set(&known, &with(&[key_sets().remove(0), other.clone()])).unwrap();
    assert_eq!(fork.number, 2);
    assert_eq!(fork.offered, other);
    assert_eq!(fork.known, key_sets().remove(1));
    // Without the first set, which we know ourselves.
    assert!(forked_key_set(&known, &with(std::slice::from_ref(&other))).is_some());
}

/// Anybody can write a list down: without signatures it raises no alarm.
#[test]
fn what_was_not_handed_over_is_no_fork() {
    let known = with(&key_sets());
    for signers in [&[][..], &[1], &[2]] {
        let other = other_second(signers);
        assert_eq!(
            forked_key_set(&known, &with(&[key_sets().remove(0), other])),
            None,
            "{signers:?}"
        );
    }
    let strangers = first_key_set().next(2, &public(&[5, 6]), NOW).unwrap();
    let own_only = signed_key_set(&strangers, &[5, 6]);
    assert_eq!(
        forked_key_set(&known, &with(&[key_sets().remove(0), own_only])),
        None
    );
    assert_eq!(forked_key_set(&known, &known), None);
    assert_eq!(forked_key_set(&known, &with(&key_sets()[..1])), None);
    // Who does not have the set before cannot tell.
    let late = with(&key_sets()[1..]);
    assert_eq!(
        forked_key_set(&late, &with(&[key_sets().remove(0), other_second(&[1, 2])])),
        None
    );
}

#[test]
fn two_first_sets_are_a_fork_if_the_same_people_signed_both() {
    let known = with(&key_sets()[..1]);
    let other = KeySet::first("exercise.example.org", 1, &public(&[1, 2]), NOW).unwrap();
    let both = signed_key_set(&other, &[1, 2]);
    assert_eq!(forked_key_set(&known, &with(&[both])).unwrap().number, 1);
    // They may found another network: that deceives nobody.
    let elsewhere = KeySet::first("other.example.org", 1, &public(&[1, 2]), NOW).unwrap();
    let elsewhere = elsewhere_directory(&signed_key_set(&elsewhere, &[1, 2]));
    assert_eq!(forked_key_set(&known, &elsewhere), None);
    let one = signed_key_set(&other, &[1]);
    assert_eq!(forked_key_set(&known, &with(&[one])), None);
    let stranger = KeySet::first("exercise.example.org", 1, &public(&[7]), NOW).unwrap();
    assert_eq!(
        forked_key_set(&known, &with(&[signed_key_set(&stranger, &[7])])),
        None
    );
}
