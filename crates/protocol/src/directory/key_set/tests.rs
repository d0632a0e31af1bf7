#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A key set is believed when thresholds of the set before it and of its own have signed it `[DIRECTORY]`.

use proptest::prelude::*;

use super::*;
use crate::cose::sign_one;
use crate::directory::{DirectoryError, MergeError};
use crate::example::*;

const AT: UnixMillis = NOW;

fn next_of_first(members: &[u8], threshold: usize) -> KeySet {
    first_key_set().next(threshold, &public(members), AT).unwrap()
}

fn open_second(signed: &SignedKeySet) -> Result<KeySet, KeySetError> {
    signed.open(Some(&first_key_set()))
}

fn not_signed(side: Side, valid: usize) -> Result<KeySet, KeySetError> {
    Err(KeySetError::NotSigned {
        number: 2,
        side,
        valid,
        needed: 2,
    })
}

#[test]
fn key_sets_are_as_on_the_first_day() {
    assert_golden!("key-set.cbor", &second_key_set().encode());
    assert_golden!("key-set.cose", key_sets()[1].as_bytes());
    assert_eq!(open_second(&key_sets()[1]), Ok(second_key_set()));
    assert_eq!(key_sets()[0].open(None), Ok(first_key_set()));
    assert_eq!(second_key_set().previous(), Some(key_sets()[0].digest().unwrap()));
}

#[test]
fn truncated_and_flipped_key_sets_are_refused() {
    // Members 1 and 2 sign for the old set, 2 and 4 for the new one: none can be spared.
    let signed = key_sets().remove(1);
    let accepts = |bytes: &[u8]| SignedKeySet::from_bytes(bytes).is_ok_and(|one| open_second(&one).is_ok());
    assert_only_the_whole(signed.as_bytes(), accepts);
    assert_no_bit_may_flip(signed.as_bytes(), accepts);
    assert_canonical_when_flipped(&second_key_set().encode(), |bytes| {
        KeySet::decode(bytes).ok().map(|key_set| key_set.encode())
    });
}

/// Threat 12: thresholds of both sets, no key counted twice, no stranger.
#[test]
fn a_key_set_needs_thresholds_of_both() {
    let second = second_key_set();
    let open = |by: &[u8]| open_second(&signed_key_set(&second, by));
    // 1 was in the first set only, 4 is in the second only, 2 and 3 are in both.
    assert!(open(&[1, 2, 4]).is_ok());
    assert!(open(&[2, 3]).is_ok());
    assert_eq!(open(&[]), not_signed(Side::Previous, 0));
    assert_eq!(open(&[2, 4]), not_signed(Side::Previous, 1));
    assert_eq!(open(&[4, 5, 6]), not_signed(Side::Previous, 0));
    assert_eq!(open(&[1, 2]), not_signed(Side::Own, 1));
    assert_eq!(open(&[1, 2, 5, 6]), not_signed(Side::Own, 1));
    let twice = sign_many(
        ContentType::KeySet,
        &second.encode(),
        &[&member(2), &member(2), &member(4)],
    );
    assert!(matches!(
        open_second(&SignedKeySet::from_bytes(&twice).unwrap()),
        Err(KeySetError::Malformed(_))
    ));
}

#[test]
fn impossible_key_sets_are_refused() {
    let first = |threshold, members: &[u8]| KeySet::first("a.example", threshold, &public(members), AT);
    assert!(first(1, &[1]).is_ok() && first(2, &[2, 1]).is_ok());
    let sixteen: Vec<u8> = (1..=16).collect();
    assert!(first(16, &sixteen).is_ok());
    for (threshold, members) in [
        (0, vec![1]),
        (2, vec![1]),
        (0, vec![]),
        (1, vec![]),
        (1, vec![1, 1]),
        (2, vec![1, 2, 1]),
        (1, (1..=17).collect()),
    ] {
        let error = first(threshold, &members).unwrap_err();
        assert!(
            matches!(error, KeySetError::Impossible { .. }),
            "{threshold} {members:?}"
        );
    }
}

/// What cannot be made is not read either.
#[test]
fn what_is_not_canonical_is_refused() {
    type Change = fn(&mut KeySet);
    let changes: [Change; 8] = [
        |set| set.keys.reverse(),
        |set| set.keys[1] = set.keys[0],
        |set| set.keys.clear(),
        |set| set.keys = in_order(&public(&(1..=17).collect::<Vec<u8>>())),
        |set| set.threshold = 0,
        |set| set.threshold = 4,
        |set| set.number = 0,
        |set| set.previous = None,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = second_key_set();
        change(&mut changed);
        assert!(KeySet::decode(&changed.encode()).is_err(), "{number}");
        assert!(SignedKeySet::draft(&changed).is_err(), "{number}");
    }
}

#[test]
fn each_set_is_one_step_after_the_one_before() {
    let third = second_key_set().next(1, &public(&[4]), AT).unwrap();
    let signed = signed_key_set(&third, &[1, 2, 3, 4]);
    assert_eq!(signed.open(Some(&second_key_set())), Ok(third));
    // Not from the first, although enough of its members have signed; nor out of nothing.
    assert_eq!(open_second(&signed), Err(KeySetError::Gap { number: 3 }));
    assert_eq!(signed.open(None), Err(KeySetError::Gap { number: 3 }));
    // Of another first set with the same keys.
    let other = KeySet::first("exercise.example.org", 2, &public(&[1, 2, 3]), UnixMillis(1)).unwrap();
    let error = key_sets()[1].open(Some(&other)).unwrap_err();
    assert_eq!(error, KeySetError::Gap { number: 2 });
}

#[test]
fn another_statement_is_no_key_set() {
    let payload = first_key_set().encode();
    let as_directory = sign_many(ContentType::Directory, &payload, &[&member(1), &member(2)]);
    assert!(
        SignedKeySet::from_bytes(&as_directory)
            .unwrap()
            .open(None)
            .is_err()
    );
    let once = sign_one(ContentType::KeySet, &payload, &[], &member(1));
    assert!(SignedKeySet::from_bytes(&once).unwrap().open(None).is_err());
}

#[test]
fn only_copies_of_one_key_set_are_merged() {
    let different = SignedKeySet::merge(&key_sets(), &public(&[1, 2, 3, 4]));
    assert_eq!(different, Err(MergeError::Different));
    assert_eq!(SignedKeySet::merge(&[], &[]), Err(MergeError::Different));
    // A signature that does not verify cannot stand in the way of the one that does.
    let draft = SignedKeySet::draft(&first_key_set()).unwrap();
    let good = draft.countersign(&member(1)).unwrap();
    let mut bad = good.as_bytes().to_vec();
    *bad.last_mut().unwrap() ^= 1;
    let bad = SignedKeySet::from_bytes(&bad).unwrap();
    for copies in [[good.clone(), bad.clone()], [bad, good.clone()]] {
        assert_eq!(SignedKeySet::merge(&copies, &public(&[1])), Ok(good.clone()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whoever signs: thresholds of both sets, or nothing.
    #[test]
    fn subsets_below_a_threshold_never_pass(
        by in proptest::sample::subsequence((1..=7_u8).collect::<Vec<_>>(), 0..=7),
        threshold in 1..=4_usize,
    ) {
        let next = next_of_first(&[3, 4, 5, 6], threshold);
        let old = by.iter().filter(|number| (1..=3).contains(*number)).count();
        let new = by.iter().filter(|number| (3..=6).contains(*number)).count();
        let opened = open_second(&signed_key_set(&next, &by));
        prop_assert_eq!(opened.is_ok(), old >= 2 && new >= threshold);
    }

    /// Whoever merges whatever first: the same bytes.
    #[test]
    fn any_order_of_merging_gives_the_same_bytes(
        order in Just((1..=4_u8).collect::<Vec<_>>()).prop_shuffle(),
        split in 0..=4_usize,
    ) {
        let keys = public(&[1, 2, 3, 4]);
        let draft = SignedKeySet::draft(&second_key_set()).unwrap();
        let countersign = |number: &u8| draft.countersign(&member(*number)).unwrap();
        let copies: Vec<_> = order.iter().map(countersign).collect();
        let (left, right) = copies.split_at(split);
        let with_draft = |half: &[SignedKeySet]| [half, std::slice::from_ref(&draft)].concat();
        let halves = [
            SignedKeySet::merge(&with_draft(left), &keys).unwrap(),
            SignedKeySet::merge(&with_draft(right), &keys).unwrap(),
        ];
        let merged = SignedKeySet::merge(&halves, &keys).unwrap();
        prop_assert_eq!(merged, signed_key_set(&second_key_set(), &[1, 2, 3, 4]));
    }
}

#[test]
fn a_set_says_when_it_was_made_and_a_refusal_whose_signatures_lack() {
    assert_eq!(next_of_first(&[1, 2], 1).issued_at(), AT);
    let told = |side| not_signed(side, 1).unwrap_err().to_string();
    assert_eq!(
        told(Side::Previous),
        "key set 2 bears 1 valid signatures by keys of the set before it; 2 are needed"
    );
    assert_eq!(
        told(Side::Own),
        "key set 2 bears 1 valid signatures by keys of its own; 2 are needed"
    );
}

#[test]
fn a_refusal_names_the_party() {
    let told = |party| {
        DirectoryError::Invalid {
            party,
            what: "too old",
        }
        .to_string()
    };
    assert_eq!(
        told(Some(xa())),
        "the directory cannot be right about XA: too old"
    );
    assert_eq!(told(None), "the directory cannot be right: too old");
}
