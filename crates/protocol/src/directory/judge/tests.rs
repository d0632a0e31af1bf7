#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Every outcome of judging a directory `[DIRECTORY]`, and that no key which was withdrawn counts again.

use proptest::prelude::*;

use super::*;
use crate::directory::codec::encode_directory;
use crate::directory::{KeySet, Side, SignedKeySet};
use crate::example::{self, *};

fn configured(members: &[u8], threshold: usize) -> Trust {
    Trust {
        keys: public(members),
        threshold,
        ..trust()
    }
}

/// The example's directory, as another version.
fn version(number: u64) -> Directory {
    Directory {
        version: number,
        ..example::directory()
    }
}

fn of_second_set(number: u64, by: &[u8]) -> SignedDirectory {
    signed_by(&version(number), &key_sets(), by)
}

fn of_first_set(number: u64, by: &[u8]) -> SignedDirectory {
    signed_by(&version(number), &key_sets()[..1], by)
}

/// What a node knows that uses version 7, under the second key set.
fn in_use() -> InUse {
    InUse::kept(&of_second_set(7, &[2, 4])).unwrap()
}

fn first() -> Trust {
    configured(&[1, 2, 3], 2)
}

fn judged(offered: &SignedDirectory) -> Judgement {
    judge(offered, Some(&in_use()), &first(), NOW)
}

fn untrusted(judgement: Judgement) -> DirectoryError {
    match judgement {
        Judgement::Untrusted(error) => error,
        other => panic!("{other:?}"),
    }
}

fn newer(judgement: Judgement) -> Opened {
    match judgement {
        Judgement::Newer(opened) => *opened,
        other => panic!("{other:?}"),
    }
}

#[test]
fn directories_with_key_sets_are_as_on_the_first_day() {
    let signed = of_second_set(7, &[2, 4]);
    let payload = encode_directory(&example::directory(), &key_sets());
    assert_golden!("directory-key-sets.cbor", &payload);
    assert_golden!("directory-key-sets.cose", signed.as_bytes());
    assert_eq!(signed.peek().unwrap(), example::directory());
    assert_eq!(signed.key_sets().unwrap(), key_sets());
    let opened = newer(judge(&signed, None, &first(), NOW));
    assert_eq!(opened.directory, example::directory());
    assert_eq!(opened.key_set, Some(second_key_set()));
    assert_eq!(InUse::from(&opened), in_use());
}

#[test]
fn truncated_and_flipped_directories_are_not_believed() {
    let signed = of_second_set(7, &[2, 4]);
    let accepts = |bytes: &[u8]| {
        let signed = SignedDirectory::from_bytes(bytes).unwrap();
        matches!(judge(&signed, None, &first(), NOW), Judgement::Newer(_))
    };
    assert_only_the_whole(signed.as_bytes(), accepts);
    // One bit of each byte: there are many bytes, and each try costs several signatures.
    let mut bytes = signed.as_bytes().to_vec();
    for at in 0..bytes.len() {
        bytes[at] ^= 1 << (at % 8);
        assert!(!accepts(&bytes), "byte {at}");
        bytes[at] ^= 1 << (at % 8);
    }
    let payload = encode_directory(&example::directory(), &key_sets());
    assert_canonical_when_flipped(&payload, |bytes| {
        let (directory, key_sets) = decode_directory(bytes).ok()?;
        Some(encode_directory(&directory, &key_sets))
    });
}

#[test]
fn each_outcome_has_its_type() {
    assert_eq!(newer(judged(&of_second_set(8, &[2, 3]))).directory.version, 8);
    // The same, whoever of the members signed it.
    assert!(matches!(judged(&of_second_set(7, &[3, 4])), Judgement::Same(_)));
    let older = Judgement::Older { known: 7, offered: 6 };
    assert_eq!(judged(&of_second_set(6, &[2, 3])), older);
    assert_eq!(
        judged(&of_first_set(6, &[1])),
        older,
        "of a set that was in force then"
    );
    let known = InUse::noted(7, in_use().digest);
    assert!(matches!(
        judge(&of_second_set(7, &[2, 4]), Some(&known), &first(), NOW),
        Judgement::Same(_)
    ));
}

/// Threat 10: both are kept as proof.
#[test]
fn a_fork_keeps_both() {
    let mut other = version(7);
    other.expires_at = other.expires_at.plus(DAY);
    let offered = signed_by(&other, &key_sets(), &[2, 4]);
    let Judgement::Fork(fork) = judged(&offered) else {
        panic!("no fork");
    };
    assert_eq!((fork.version, fork.known), (7, in_use().digest));
    assert_eq!(fork.known_signed, in_use().signed);
    assert_eq!(fork.offered, offered.digest().unwrap());
    assert_eq!(fork.offered_signed, offered);
    let error = judged(&offered).into_opened().unwrap_err();
    assert_eq!(error, DirectoryError::Fork { version: 7 });
    // An expired one is a fork all the same; one that the secretariat did not sign is nothing.
    let late = other.expires_at.plus(10 * DAY);
    let judgement = judge(&offered, Some(&in_use()), &first(), late);
    assert!(matches!(judgement, Judgement::Fork(_)));
    let by_one = signed_by(&other, &key_sets(), &[4]);
    assert!(matches!(judged(&by_one), Judgement::Untrusted(_)));
}

/// Threat 11.
#[test]
fn expiry_has_a_grace_period() {
    let offered = of_second_set(8, &[2, 4]);
    let expired_at = version(8).expires_at;
    let at = |now| judge(&offered, Some(&in_use()), &first(), now);
    assert_eq!(
        newer(at(UnixMillis(expired_at.0 - 1))).freshness,
        Freshness::Current
    );
    assert_eq!(newer(at(expired_at)).freshness, Freshness::Grace);
    let expired = Judgement::Expired {
        version: 8,
        expired_at,
    };
    assert_eq!(at(expired_at.plus(DAY)), expired);
}

/// A tool that knows the first set only goes through two sets that it has never seen.
#[test]
fn an_old_client_follows_two_rotations() {
    let third = second_key_set().next(2, &public(&[3, 4, 5]), NOW).unwrap();
    let sets = [key_sets(), vec![signed_key_set(&third, &[2, 3, 5])]].concat();
    let offered = signed_by(&version(9), &sets, &[4, 5]);
    let client = InUse::kept(&of_first_set(7, &[1, 3])).unwrap();
    let opened = newer(judge(&offered, Some(&client), &first(), NOW));
    assert_eq!(opened.key_set.as_ref().map(KeySet::number), Some(3));
    // From the configuration alone as well: that of the first, the second, or the third set.
    for trust in [first(), configured(&[4, 2, 3], 1), configured(&[3, 4, 5, 5], 2)] {
        assert_eq!(
            newer(judge(&offered, None, &trust, NOW)).key_set,
            Some(third.clone())
        );
    }
    // Without the step between, or with the steps in disorder, there is no way.
    for chain in [
        vec![sets[0].clone(), sets[2].clone()],
        vec![sets[1].clone(), sets[0].clone(), sets[2].clone()],
        vec![sets[0].clone(), sets[0].clone()],
    ] {
        let error = untrusted(judge(
            &signed_by(&version(9), &chain, &[4, 5]),
            Some(&client),
            &first(),
            NOW,
        ));
        assert!(
            matches!(error, DirectoryError::KeySet(KeySetError::Gap { .. })),
            "{error}"
        );
    }
    // Whoever is too far behind for the sets that are brought along has to be told the keys anew.
    let short = signed_by(&version(9), &sets[1..], &[4, 5]);
    let error = untrusted(judge(&short, Some(&client), &first(), NOW));
    assert_eq!(error, KeySetError::Unanchored.into());
    assert!(
        matches!(judged(&short), Judgement::Newer(_)),
        "from the second set on"
    );
}

/// Member 1 was withdrawn by the second set.
#[test]
fn a_withdrawn_key_does_not_count() {
    assert_eq!(
        untrusted(judged(&of_second_set(8, &[1, 2]))),
        DirectoryError::NotSigned { valid: 1, needed: 2 }
    );
    // Nor with a list that leaves its withdrawal out, whatever the version; nor without a list.
    let withdrawn = |offered| KeySetError::Withdrawn { in_force: 2, offered };
    assert_eq!(
        untrusted(judged(&of_first_set(8, &[1, 2, 3]))),
        withdrawn(1).into()
    );
    let bare = signed_by(&version(8), &[], &[1, 2, 3]);
    assert_eq!(untrusted(judged(&bare)), withdrawn(0).into());
    // Nor with another second set, which keeps the key.
    let other = first_key_set().next(2, &public(&[1, 2]), NOW).unwrap();
    let sets = [key_sets().remove(0), signed_key_set(&other, &[1, 2])];
    let fork = untrusted(judged(&signed_by(&version(8), &sets, &[1, 2])));
    assert_eq!(fork, KeySetError::Fork { number: 2 }.into());
}

#[test]
fn the_list_begins_with_what_is_configured() {
    let offered = of_first_set(8, &[1, 2]);
    let at = |members: &[u8], threshold| judge(&offered, None, &configured(members, threshold), NOW);
    newer(at(&[3, 1, 2], 2));
    // Other keys, fewer, more; a threshold above the set's.
    for (members, threshold) in [
        (&[1, 2, 4][..], 2),
        (&[1, 2], 2),
        (&[1, 2, 3, 4], 2),
        (&[1, 2, 3], 3),
    ] {
        let error = untrusted(at(members, threshold));
        assert_eq!(error, KeySetError::Unanchored.into(), "{members:?} {threshold}");
    }
    // Whoever holds one key cannot say that one is enough.
    let one = KeySet::first("exercise.example.org", 1, &public(&[1, 2, 3]), NOW).unwrap();
    let lowered = signed_by(&version(8), &[signed_key_set(&one, &[1])], &[1]);
    let error = untrusted(judge(&lowered, None, &first(), NOW));
    assert_eq!(error, KeySetError::Unanchored.into());
    // The first set, too, is signed by a threshold of its own.
    let sets = [signed_key_set(&first_key_set(), &[1])];
    let error = untrusted(judge(
        &signed_by(&version(8), &sets, &[1, 2]),
        None,
        &first(),
        NOW,
    ));
    assert!(matches!(
        error,
        DirectoryError::KeySet(KeySetError::NotSigned {
            side: Side::Own,
            valid: 1,
            ..
        })
    ));
}

/// From one key in the configuration of every node, and no key sets, to three.
#[test]
fn a_network_with_one_key_gets_more() {
    let old = SignedDirectory::sign(&version(7), &member(1)).unwrap();
    let trust = configured(&[1], 1);
    let in_use = InUse::from(&newer(judge(&old, None, &trust, NOW)));
    assert_eq!(in_use.key_set, None);
    let one = KeySet::first("exercise.example.org", 1, &public(&[1]), NOW).unwrap();
    let three = one.next(2, &public(&[2, 3, 4]), NOW).unwrap();
    let sets = [signed_key_set(&one, &[1]), signed_key_set(&three, &[1, 2, 3])];
    let offered = signed_by(&version(8), &sets, &[2, 4]);
    assert_eq!(
        newer(judge(&offered, Some(&in_use), &trust, NOW)).key_set,
        Some(three)
    );
}

#[test]
fn neither_keys_nor_names_are_mixed_up() {
    let other = KeySet::first("other.example.org", 2, &public(&[1, 2, 3]), NOW).unwrap();
    let sets = [signed_key_set(&other, &[1, 2])];
    assert_eq!(
        SignedDirectory::draft(&version(8), &sets).unwrap_err(),
        DirectoryError::OtherNetwork
    );
    // An old key of the secretariat's is no Party's.
    let mut shared = version(8);
    let record = shared.parties.get_mut(&xa()).unwrap();
    record.envelope_keys.push(always(member(1).public()));
    assert!(matches!(
        SignedDirectory::draft(&shared, &key_sets()).unwrap_err(),
        DirectoryError::Invalid { .. }
    ));
}

/// Threat 12: stolen keys cannot use the version numbers up.
#[test]
fn a_version_is_not_too_far_ahead() {
    let farthest = 7 + DIRECTORY_VERSION_STEP_MAX;
    assert!(matches!(
        judged(&of_second_set(farthest, &[2, 4])),
        Judgement::Newer(_)
    ));
    for number in [farthest + 1, u64::MAX] {
        let error = untrusted(judged(&of_second_set(number, &[2, 4])));
        assert!(matches!(error, DirectoryError::Invalid { .. }), "{number}");
    }
}

#[test]
fn lists_of_key_sets_have_one_form() {
    // An empty list is left out: the byte after label 6 would be an empty array.
    let mut empty = encode_directory(&version(8), &[]);
    empty[0] += 1;
    empty.extend_from_slice(&[0x06, 0x80]);
    assert!(decode_directory(&empty).is_err());
    let many = vec![key_sets().remove(0); crate::limits::KEY_SETS_MAX + 1];
    assert!(decode_directory(&encode_directory(&version(8), &many)).is_err());
    let junk = SignedKeySet::from_bytes(b"junk").unwrap();
    assert!(SignedDirectory::draft(&version(8), &[junk]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whoever signs: a threshold of the set in force, or nothing.
    #[test]
    fn subsets_below_the_threshold_never_pass(
        by in proptest::sample::subsequence((1..=6_u8).collect::<Vec<_>>(), 0..=6),
    ) {
        let count = by.iter().filter(|number| (2..=4).contains(*number)).count();
        let judgement = judged(&of_second_set(8, &by));
        prop_assert_eq!(matches!(judgement, Judgement::Newer(_)), count >= 2);
    }

    /// Whoever merges whatever first: the same bytes.
    #[test]
    fn any_order_of_merging_gives_the_same_bytes(
        order in Just((1..=4_u8).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let keys = public(&[2, 3, 4]);
        let draft = SignedDirectory::draft(&version(8), &key_sets()).unwrap();
        let mut merged = draft.clone();
        for number in order {
            let copy = draft.countersign(&member(number)).unwrap();
            merged = SignedDirectory::merge(&[merged, copy], &keys).unwrap();
        }
        // Member 1 was withdrawn: that signature is left out.
        prop_assert_eq!(merged, of_second_set(8, &[2, 3, 4]));
    }
}
