#![allow(clippy::unwrap_used, clippy::expect_used)]
//! A Party changes what the directory says of it, and nothing else, once `[DIRECTORY]`.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::cose::sign_many;
use crate::directory::Period;
use crate::example::{self, *};
use crate::key::SecretariatKey;
use crate::limits::KEY_OVERLAP_MIN;

fn next_key_of_xa() -> EnvelopeKey {
    EnvelopeKey::from_seed(&[0xaa; 32])
}

fn change_of(party: PartyCode, alter: impl FnOnce(&mut PartyRecord)) -> Change {
    let directory = example::directory();
    let mut record = directory.party(party).unwrap().clone();
    alter(&mut record);
    Change {
        network: directory.network.clone(),
        party,
        requested_at: NOW,
        base: directory.record_digest(party).unwrap(),
        record,
    }
}

fn move_away(record: &mut PartyRecord) {
    record.node.addresses = vec!["192.0.2.7:4433".to_owned()];
}

/// A new key from now on, and an end for the old one.
fn change_keys(record: &mut PartyRecord, overlap: Duration) {
    record.envelope_keys[0].valid_until = Some(NOW.plus(overlap));
    record.envelope_keys.push(Period {
        value: next_key_of_xa().public(),
        valid_from: NOW,
        valid_until: None,
    });
}

fn key_change() -> ChangeRequest {
    let change = change_of(xa(), |record| change_keys(record, 7 * DAY));
    ChangeRequest::sign(&change, &key_of_xa(), &[&next_key_of_xa()]).unwrap()
}

fn moving() -> ChangeRequest {
    ChangeRequest::sign(&change_of(xa(), move_away), &key_of_xa(), &[]).unwrap()
}

fn open(request: &ChangeRequest) -> Result<Change, ChangeError> {
    request.open(&example::directory(), NOW)
}

/// What is said of XA's change, signed by its key.
fn refusal(alter: impl FnOnce(&mut PartyRecord)) -> &'static str {
    let request = ChangeRequest::sign(&change_of(xa(), alter), &key_of_xa(), &[]).unwrap();
    match open(&request) {
        Err(ChangeError::Refused { what, .. }) => what,
        Err(ChangeError::Impossible(DirectoryError::Invalid { what, .. })) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn change_requests_are_as_on_the_first_day() {
    let signed =
        Sign1::parse(ContentType::DirectoryChange, key_change().as_bytes()).map(|one| one.payload.to_vec());
    assert_golden!("directory-change.cbor", &signed.unwrap());
    assert_golden!("directory-change.cose", key_change().as_bytes());
    let change = key_change().peek().unwrap();
    let (old, new) = (key_of_xa().public(), next_key_of_xa());
    let proof = encode_proof(&change, &old, &new.public());
    assert_golden!("key-proof.cbor", &proof);
    assert_golden!(
        "key-proof.cose",
        &sign_one(ContentType::KeyProof, &proof, &[], &new)
    );
}

#[test]
fn a_party_changes_its_record() {
    assert_eq!(open(&moving()), Ok(change_of(xa(), move_away)));
    assert_eq!(moving().open_kept(), Ok(change_of(xa(), move_away)));
    let parties = example::directory()
        .with_changes(&[moving(), moving()], NOW)
        .unwrap();
    assert_eq!(parties[&xa()], change_of(xa(), move_away).record);
    assert_eq!(Some(&parties[&xb()]), example::directory().party(xb()));
}

#[test]
fn truncated_and_flipped_requests_are_refused() {
    let accepts = |bytes: &[u8]| ChangeRequest::from_bytes(bytes).is_ok_and(|one| open(&one).is_ok());
    assert_only_the_whole(key_change().as_bytes(), accepts);
    assert_no_bit_may_flip(key_change().as_bytes(), accepts);
    assert!(ChangeRequest::from_bytes(&vec![0; CHANGE_REQUEST_BYTES_MAX + 1]).is_err());
}

/// Threat 10, for a Party's part: what was asked for once is not done again.
#[test]
fn an_old_request_is_refused() {
    let mut directory = example::directory();
    directory.parties = directory.with_changes(&[moving()], NOW).unwrap();
    assert_eq!(moving().open(&directory, NOW), Err(ChangeError::Outdated(xa())));
    // A later version in which only others have changed makes no difference.
    let mut later = example::directory();
    later.version += 1;
    later.parties.get_mut(&xb()).unwrap().name = "Another name".to_owned();
    assert!(moving().open(&later, NOW).is_ok());
    // It ages, even where nothing else has changed.
    let requested_at = NOW;
    let late = Err(ChangeError::NotInTime {
        party: xa(),
        requested_at,
    });
    let at = |now| moving().open(&example::directory(), now);
    let over = NOW.plus(CHANGE_REQUEST_LIFETIME);
    let early = UnixMillis(NOW.0 - 86_400_001);
    assert!(at(UnixMillis(over.0 - 1)).is_ok());
    assert_eq!(at(over), late);
    assert_eq!(at(early), late);
}

#[test]
fn only_a_current_key_of_the_party_signs() {
    let change = change_of(xa(), move_away);
    let by = |key: &EnvelopeKey| open(&ChangeRequest::sign(&change, key, &[]).unwrap());
    // Neither another Party, nor a stranger, nor a key that only the request itself names.
    for key in [key_of_xb(), EnvelopeKey::from_seed(&[1; 32]), next_key_of_xa()] {
        assert_eq!(by(&key), Err(ChangeError::NotSigned(xa())));
    }
    let change = change_of(xa(), |record| change_keys(record, 7 * DAY));
    let by_new = ChangeRequest::sign(&change, &next_key_of_xa(), &[&next_key_of_xa()]).unwrap();
    assert_eq!(open(&by_new), Err(ChangeError::NotSigned(xa())));
    // Nor one that has ended by now, although it was valid at the request's date.
    let mut directory = example::directory();
    let keys = &mut directory.parties.get_mut(&xa()).unwrap().envelope_keys;
    keys[0].valid_until = Some(UnixMillis(NOW.0 + 1));
    let mut change = change_of(xa(), move_away);
    change.base = directory.record_digest(xa()).unwrap();
    let request = ChangeRequest::sign(&change, &key_of_xa(), &[]).unwrap();
    assert_ne!(request.open(&directory, NOW), Err(ChangeError::NotSigned(xa())));
    let later = UnixMillis(NOW.0 + 1);
    assert_eq!(request.open(&directory, later), Err(ChangeError::NotSigned(xa())));
}

#[test]
fn a_party_touches_its_own_record_only() {
    // XA's key under XB's name: XB has no such key.
    let of_xb = ChangeRequest::sign(&change_of(xb(), move_away), &key_of_xa(), &[]).unwrap();
    assert_eq!(open(&of_xb), Err(ChangeError::NotSigned(xb())));
    // XB's record as XA's own; XB's office; XB's node name; XB's and the secretariat's keys.
    let of_xb = example::directory().party(xb()).unwrap().clone();
    let office = of_xb.contact_points[0].clone();
    refusal(|record| *record = of_xb.clone());
    refusal(|record| record.contact_points.push(office));
    refusal(|record| record.node.name = of_xb.node.name.clone());
    refusal(|record| {
        record.ledger_keys.push(Period {
            valid_from: NOW,
            ..of_xb.ledger_keys[0].clone()
        })
    });
    let mut unknown = change_of(xa(), move_away);
    unknown.party = "XC".parse().unwrap();
    let request = ChangeRequest::sign(&unknown, &key_of_xa(), &[]).unwrap();
    assert_eq!(open(&request), Err(ChangeError::UnknownParty(unknown.party)));
    let mut elsewhere = change_of(xa(), move_away);
    elsewhere.network = "other.example.org".to_owned();
    let request = ChangeRequest::sign(&elsewhere, &key_of_xa(), &[]).unwrap();
    assert_eq!(open(&request), Err(ChangeError::OtherNetwork));
}

/// The old key signs the new one, the new one signs the old, and both are valid for an overlap.
#[test]
fn a_new_key_shows_that_it_is_held() {
    let change = open(&key_change()).unwrap();
    assert_eq!(change.record.envelope_keys.len(), 2);
    let expected = "each new envelope key signs the old one, and nothing else does";
    assert_eq!(
        refusal(|record| change_keys(record, 7 * DAY)),
        expected,
        "no proof"
    );
    let change = change_of(xa(), |record| change_keys(record, 7 * DAY));
    let proved_by = |change: &Change, keys: &[&EnvelopeKey]| {
        let request = ChangeRequest::sign(change, &key_of_xa(), keys).unwrap();
        open(&request).map(|_| ())
    };
    let refused = Err(ChangeError::Refused {
        party: xa(),
        what: expected,
    });
    assert_eq!(proved_by(&change, &[&key_of_xb()]), refused, "another key's");
    let (new, twice) = (next_key_of_xa(), [&next_key_of_xa(), &next_key_of_xa()]);
    assert_eq!(proved_by(&change, &twice), refused, "one too many");
    assert_eq!(
        proved_by(&change_of(xa(), move_away), &[&new]),
        refused,
        "none needed"
    );
    assert_eq!(proved_by(&change, &[&new]), Ok(()));
    let many = vec![&new; KEY_PROOFS_MAX + 1];
    assert!(matches!(
        proved_by(&change, &many),
        Err(ChangeError::Malformed(_))
    ));
}

#[test]
fn keys_overlap_and_the_past_stays() {
    let change = |overlap| change_of(xa(), |record| change_keys(record, overlap));
    let opened = |overlap| {
        let request = ChangeRequest::sign(&change(overlap), &key_of_xa(), &[&next_key_of_xa()]).unwrap();
        open(&request).map(|_| ())
    };
    assert_eq!(opened(KEY_OVERLAP_MIN), Ok(()));
    assert!(opened(KEY_OVERLAP_MIN - Duration::from_millis(1)).is_err());
    let ended = |until| refusal(move |record| record.envelope_keys[0].valid_until = Some(until));
    ended(NOW.plus(365 * DAY));
    assert_eq!(ended(UnixMillis(NOW.0 - 1)), "the end of a key is not dated back");
    assert_eq!(
        refusal(|record| record.envelope_keys[0].valid_from = NOW),
        "the beginning of a key that is in use does not change"
    );
    let vanished = "a key does not vanish: give it an end, so that what it signed can be checked";
    assert_eq!(refusal(|record| record.ledger_keys.clear()), vanished);
    assert_eq!(refusal(|record| record.witness_keys.clear()), vanished);
    let new_ledger_key = |valid_from| {
        refusal(move |record| {
            let value = crate::verifier::ledger_key("node.xa.example.org/ledger/2027", &[0x77; 32]).unwrap();
            record.ledger_keys.push(Period {
                value,
                valid_from,
                valid_until: None,
            });
            // Something else that is wrong, and is found after the keys.
            record.name.clear();
        })
    };
    assert_eq!(
        new_ledger_key(UnixMillis(NOW.0 - 1)),
        "the beginning of a new key is not dated back"
    );
    assert_eq!(
        new_ledger_key(NOW),
        "a Party has a name, without control characters"
    );
}

#[test]
fn a_key_that_ended_does_not_come_back() {
    let mut directory = example::directory();
    let keys = &mut directory.parties.get_mut(&xa()).unwrap().envelope_keys;
    keys.push(Period {
        value: next_key_of_xa().public(),
        valid_from: UnixMillis(0),
        valid_until: Some(NOW),
    });
    let mut record = directory.party(xa()).unwrap().clone();
    record.envelope_keys[1].valid_until = None;
    let change = Change {
        base: directory.record_digest(xa()).unwrap(),
        record,
        ..change_of(xa(), |_| {})
    };
    let request = ChangeRequest::sign(&change, &key_of_xa(), &[]).unwrap();
    let what = "a key that has ended stays as it is";
    assert_eq!(
        request.open(&directory, NOW),
        Err(ChangeError::Refused { party: xa(), what })
    );
}

#[test]
fn another_statement_is_no_change_request() {
    let payload = Sign1::parse(ContentType::DirectoryChange, moving().as_bytes())
        .unwrap()
        .payload
        .to_vec();
    let as_join = sign_one(ContentType::Join, &payload, &[], &key_of_xa());
    let by_many = sign_many::<SecretariatKey>(ContentType::DirectoryChange, &payload, &[&secretariat()]);
    for bytes in [as_join, by_many] {
        let request = ChangeRequest::from_bytes(&bytes).unwrap();
        assert!(matches!(open(&request), Err(ChangeError::Malformed(_))));
    }
}

#[test]
fn two_requests_of_one_party_are_not_mixed() {
    let both = example::directory().with_changes(&[moving(), key_change()], NOW);
    assert_eq!(both, Err(ChangeError::Conflict(xa())));
    // Two Parties that want the same name: each request is right, and both together are not.
    let named = |party, key: &EnvelopeKey| {
        let change = change_of(party, |record| record.node.name = "node.example.org".to_owned());
        ChangeRequest::sign(&change, key, &[]).unwrap()
    };
    let (one, other) = (named(xa(), &key_of_xa()), named(xb(), &key_of_xb()));
    assert!(open(&one).is_ok() && open(&other).is_ok());
    let both = example::directory().with_changes(&[one, other], NOW);
    assert!(matches!(both, Err(ChangeError::Impossible(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_order_of_merging_gives_the_same_parties(
        order in Just(vec![0_usize, 1, 2]).prop_shuffle(),
    ) {
        let of_xb = ChangeRequest::sign(&change_of(xb(), move_away), &key_of_xb(), &[]).unwrap();
        let requests = [key_change(), of_xb, key_change()];
        let shuffled: Vec<_> = order.iter().map(|at| requests[*at].clone()).collect();
        let expected = example::directory().with_changes(&requests, NOW).unwrap();
        prop_assert_eq!(example::directory().with_changes(&shuffled, NOW).unwrap(), expected);
    }
}

/// Exactly one proof for each new key, made with that key.
#[test]
fn a_new_key_is_proved_by_itself() {
    let change = change_of(xa(), |record| change_keys(record, 7 * DAY));
    let with =
        |proofs: &[&EnvelopeKey]| open(&ChangeRequest::sign(&change, &key_of_xa(), proofs).unwrap()).is_ok();
    let (new, other) = (next_key_of_xa(), EnvelopeKey::from_seed(&[0xab; 32]));
    assert!(with(&[&new]));
    assert!(!with(&[&other]), "by another key");
    assert!(!with(&[]), "none");
    assert!(!with(&[&new, &new]), "one too many");
    let proved = |payload: &[u8], signer: &EnvelopeKey| {
        let proof = sign_one(ContentType::KeyProof, payload, &[], signer);
        open(&ChangeRequest::sign_with(&change, &key_of_xa(), &[proof]).unwrap()).is_ok()
    };
    let right = encode_proof(&change, &key_of_xa().public(), &new.public());
    assert!(proved(&right, &new));
    assert!(!proved(&right, &other), "the right words, signed by another key");
    let elsewhere = encode_proof(&change, &key_of_xb().public(), &new.public());
    assert!(
        !proved(&elsewhere, &new),
        "a proof for another old key, played back"
    );
}

#[test]
fn a_request_may_be_dated_exactly_a_day_ahead() {
    let at = |ms_before: u64| {
        moving()
            .open(&example::directory(), UnixMillis(NOW.0 - ms_before))
            .is_ok()
    };
    let day = 24 * 3_600_000;
    assert!(at(day));
    assert!(!at(day + 1));
}
