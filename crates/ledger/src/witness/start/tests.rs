#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::head::tests::TestLog;
use crate::note::tests::{golden_cosigner, golden_signer};
use crate::proof::tests::node_reader;

/// How a witness that has seen `theirs` stands to a log of `our_size` leaves, or to one that has no head.
fn standing(log: &TestLog, our_size: Option<usize>, theirs: Option<SignedHead>) -> Standing {
    let ours = our_size.map(|size| log.head(size));
    let leaves = &log.leaves[..our_size.unwrap_or(0)];
    Standing::of(ours.as_ref(), theirs.as_ref(), &mut node_reader(leaves)).unwrap()
}

fn finish(standings: Vec<Standing>, needed: usize) -> Result<(), NotCleared> {
    let mut check = StartCheck::default();
    for standing in standings {
        check.record(golden_cosigner().verifier_key(), standing);
    }
    check.finish(needed).map(|Cleared(())| ())
}

/// `[ROLLBACK]`
#[test]
fn a_log_that_continues_what_its_witnesses_have_may_sign() {
    let log = TestLog::new(9);
    for size in 0..=9 {
        assert_eq!(standing(&log, Some(9), Some(log.head(size))), Standing::Continued);
    }
    assert_eq!(standing(&log, Some(9), None), Standing::NeverSeen);
    assert_eq!(standing(&log, None, None), Standing::NeverSeen, "a new log");
    assert_eq!(standing(&log, None, Some(log.head(0))), Standing::Continued);
    assert_eq!(finish(vec![Standing::Continued, Standing::NeverSeen], 2), Ok(()));
    assert_eq!(finish(vec![], 0), Ok(()));
}

/// `[ROLLBACK]`
#[test]
fn one_witness_that_knows_more_is_enough_to_refuse() {
    let log = TestLog::new(9);
    let log_key = golden_signer();
    let rolled_back = standing(&log, Some(5), Some(log.head(6)));
    assert!(
        matches!(&rolled_back, Standing::RolledBack(proof) if proof.verify(&[log_key.verifier_key()]).is_ok())
    );
    let forked = standing(&log, Some(9), Some(log.forked_after(3).head(6)));
    assert!(matches!(&forked, Standing::Forked(proof) if proof.verify(&[log_key.verifier_key()]).is_ok()));
    let lost = standing(&log, None, Some(log.head(1)));
    assert_eq!(
        lost,
        Standing::Lost(Box::new(log.head(1))),
        "the store is gone, and the key is not"
    );
    for against in [rolled_back, forked, lost] {
        let standings = vec![Standing::Continued, against.clone(), Standing::Continued];
        let name = golden_cosigner().verifier_key().key_name().clone();
        assert_eq!(
            finish(standings, 1),
            Err(NotCleared::KnowMore(vec![(name, against)])),
            "however many agree"
        );
    }
}

#[test]
fn those_that_are_not_reached_count_for_nothing() {
    let standings = || vec![Standing::NotReached, Standing::Continued, Standing::NotReached];
    assert_eq!(finish(standings(), 1), Ok(()));
    let (agreed, needed) = (1, 2);
    assert_eq!(finish(standings(), 2), Err(NotCleared::TooFew { agreed, needed }));
}

/// A damaged store is no reason to go on, and no proof against ourselves.
#[test]
fn a_tree_that_cannot_be_read_clears_nothing() {
    let log = TestLog::new(9);
    let unreadable = &mut |_| Err("the disk is broken");
    let standing = Standing::of(Some(&log.head(9)), Some(&log.head(4)), unreadable);
    assert!(matches!(standing, Err(CompareError::Tree(_))));
}
