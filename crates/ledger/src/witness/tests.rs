#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::fork::{Comparison, compare};
use crate::head::tests::TestLog;
use crate::note::tests::{golden_cosigner, golden_signer};
use crate::proof::tests::node_reader;

/// A witness with a store in memory, as a node would drive it.
#[derive(Default)]
struct Served {
    stored: BTreeMap<String, String>,
    /// Faults to inject: how many of the next writes fail.
    failing_writes: usize,
    time_seconds: u64,
}

impl Served {
    fn stored(&self, origin: &str) -> Option<SignedHead> {
        self.stored
            .get(origin)
            .map(|note| SignedHead::from_stored(note.as_bytes()).unwrap())
    }

    /// Answers, or `None` where the connection is dropped because nothing may be said.
    fn answer(&mut self, body: &[u8]) -> Option<(u16, String)> {
        let witness = Witness::new(golden_cosigner());
        let refuse = |refusal: Refusal| {
            let reply = refusal.to_reply();
            Some((reply.status().code(), reply.body().to_owned()))
        };
        let request = match AddCheckpoint::parse(body) {
            Ok(request) => request,
            Err(error) => return refuse(error.into()),
        };
        let stored = self.stored(request.origin());
        let swap = match request.judge(&[golden_signer().verifier_key()], stored.as_ref()) {
            Ok(swap) => swap,
            Err(refusal) => return refuse(refusal),
        };
        match swap.persist(|swap| self.compare_and_swap(swap)) {
            Ok(persisted) => {
                self.time_seconds += 1;
                let cosigned = witness.cosign(persisted, self.time_seconds).unwrap();
                Some((200, cosigned.to_reply().body().to_owned()))
            }
            Err(PersistError::Overtaken(refusal)) => refuse(refusal),
            Err(PersistError::Store(DiskFull)) => None,
        }
    }

    fn compare_and_swap(&mut self, swap: &Swap) -> Result<Swapped, DiskFull> {
        if self.failing_writes > 0 {
            self.failing_writes -= 1;
            return Err(DiskFull);
        }
        let stored = self.stored(swap.origin());
        if !swap.applies_to(stored.as_ref()) {
            let known_size = stored.map_or(0, |head| head.checkpoint().size);
            return Ok(Swapped::Overtaken { known_size });
        }
        self.stored
            .insert(swap.origin().to_owned(), swap.head().note().to_string());
        Ok(Swapped::Done)
    }
}

#[derive(Debug, PartialEq)]
struct DiskFull;

/// Asks until there is an outcome that is not `AskAgain`; `None` if the witness does not answer.
fn submit(
    submitter: &mut Submitter,
    served: &mut Served,
    log: &TestLog,
    size: usize,
) -> Option<Result<Outcome, WitnessMisbehaved>> {
    loop {
        let head = log.head(size);
        let request = match submitter.request(&head, &mut node_reader(&log.leaves[..size])) {
            Ok(request) => request,
            Err(RequestError::RolledBack { witness_size }) => {
                return Some(Ok(Outcome::RolledBack { witness_size }));
            }
            Err(error) => panic!("{error}"),
        };
        let (code, body) = served.answer(request.to_string().as_bytes())?;
        let answer = Answer::parse(code, None, body.as_bytes()).unwrap();
        match submitter.handle_answer(&request, answer) {
            Ok(Outcome::AskAgain) => {}
            outcome => return Some(outcome),
        }
    }
}

fn submitter() -> Submitter {
    Submitter::new(golden_cosigner().verifier_key().clone(), 0)
}

#[test]
fn a_log_that_grows_is_cosigned_and_a_new_client_finds_the_size() {
    let (log, mut served) = (TestLog::new(12), Served::default());
    let mut known = submitter();
    for size in [0, 1, 4, 4, 9] {
        let outcome = submit(&mut known, &mut served, &log, size).unwrap();
        assert!(matches!(outcome, Ok(Outcome::Cosigned(_))), "{outcome:?}");
    }
    let outcome = submit(&mut submitter(), &mut served, &log, 12).unwrap();
    assert!(matches!(outcome, Ok(Outcome::Cosigned(_))), "{outcome:?}");
    assert_eq!(served.stored("node.example/ledger").unwrap(), log.head(12));
    let outcome = submit(&mut known, &mut served, &log, 12).unwrap();
    assert!(matches!(outcome, Ok(Outcome::Cosigned(_))), "{outcome:?}");
}

/// `[ROLLBACK]`: the likeliest fork in practice, a restored snapshot, end to end.
#[test]
fn a_restored_backup_is_told_and_keeps_the_proof() {
    let (log, mut served) = (TestLog::new(12), Served::default());
    submit(&mut submitter(), &mut served, &log, 12).unwrap().unwrap();

    // Restored, not grown yet.
    let outcome = submit(&mut submitter(), &mut served, &log, 7).unwrap();
    assert_eq!(outcome, Ok(Outcome::RolledBack { witness_size: 12 }));
    let theirs = served.stored("node.example/ledger").unwrap();
    let log_key = golden_signer();
    let compared = compare(&log.head(7), &theirs, &mut node_reader(&log.leaves[..7])).unwrap();
    let Comparison::RolledBack(rollback) = compared else {
        panic!("not rolled back");
    };
    assert!(rollback.verify(&[log_key.verifier_key()]).is_ok());

    // Restored, and grown beyond what the witness has seen: another history.
    let other = TestLog::new(14).forked_after(7);
    let outcome = submit(&mut submitter(), &mut served, &other, 14).unwrap();
    assert_eq!(outcome, Ok(Outcome::Contradicted { at_size: 12 }));
    let compared = compare(&other.head(14), &theirs, &mut node_reader(&other.leaves)).unwrap();
    let Comparison::Forked(fork) = compared else {
        panic!("not forked");
    };
    assert!(fork.verify(&[log_key.verifier_key()]).is_ok());
    assert_eq!(
        served.stored("node.example/ledger").unwrap(),
        theirs,
        "nothing was cosigned"
    );
}

#[test]
fn nothing_is_answered_when_the_store_fails() {
    let (log, mut served) = (TestLog::new(5), Served::default());
    served.failing_writes = 1;
    let mut client = submitter();
    assert_eq!(submit(&mut client, &mut served, &log, 5), None);
    assert!(served.stored.is_empty());
    assert!(matches!(
        submit(&mut client, &mut served, &log, 5),
        Some(Ok(Outcome::Cosigned(_)))
    ));
}

/// The race of the specification: two requests were judged, and the greater one was persisted first.
#[test]
fn a_slower_request_does_not_roll_the_witness_back() {
    let (log, mut served) = (TestLog::new(9), Served::default());
    submit(&mut submitter(), &mut served, &log, 3).unwrap().unwrap();
    let judge = |size: usize, served: &Served| {
        let client = Submitter::new(golden_cosigner().verifier_key().clone(), 3);
        let request = client
            .request(&log.head(size), &mut node_reader(&log.leaves[..size]))
            .unwrap();
        let stored = served.stored(request.origin());
        request
            .judge(&[golden_signer().verifier_key()], stored.as_ref())
            .unwrap()
    };
    let (slow, fast) = (judge(5, &served), judge(9, &served));
    assert!(fast.persist(|swap| served.compare_and_swap(swap)).is_ok());
    let overtaken = slow.persist(|swap| served.compare_and_swap(swap)).unwrap_err();
    let PersistError::Overtaken(refusal) = overtaken else {
        panic!("stored");
    };
    assert_eq!(refusal.to_reply().body(), "9\n");
    assert_eq!(served.stored("node.example/ledger").unwrap(), log.head(9));
}

#[test]
fn a_known_log_is_remembered_while_its_keys_are_not_trusted() {
    let (log, mut served) = (TestLog::new(9), Served::default());
    submit(&mut submitter(), &mut served, &log, 6).unwrap().unwrap();
    let stored = served.stored("node.example/ledger");
    let client = submitter();
    let request = client
        .request(&log.head(4), &mut node_reader(&log.leaves[..4]))
        .unwrap();
    let untrusted = request.clone().judge(&[], stored.as_ref());
    assert_eq!(untrusted.unwrap_err(), Refusal::UnknownLog);
    // Trusted again: it still stands where it stood.
    let again = request.judge(&[golden_signer().verifier_key()], stored.as_ref());
    assert!(matches!(
        again.unwrap_err(),
        Refusal::Conflict { known_size: 6, .. }
    ));
}

#[test]
fn what_is_served_bears_the_logs_signature_and_ours() {
    let log = TestLog::new(3);
    let head = log.head(3);
    let request = submitter().request(&head, &mut node_reader(&log.leaves)).unwrap();
    let swap = request.judge(&[golden_signer().verifier_key()], None).unwrap();
    let persisted = swap.persist(|_| Ok::<_, DiskFull>(Swapped::Done)).unwrap();
    let witness = Witness::new(golden_cosigner());
    let cosigned = witness.cosign(persisted, 1_700_000_000).unwrap();
    let log_key = golden_signer();
    let keys = [log_key.verifier_key(), witness.verifier_key()];
    assert_eq!(cosigned.note().verify(&keys).unwrap().len(), 2);
    assert_eq!(cosigned.to_reply().body(), cosigned.line().to_string());
    assert_eq!(
        monitoring_path("node.example/ledger"),
        "b40b66648def1a63ee91dba7d65fd1706f1cd9a2c21ef524ef2b7a50a5e540b2/checkpoint"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is asked, by an honest log or by one with two histories, in whatever order and with whatever
    /// faults: all that was ever cosigned is one history.
    #[test]
    fn all_that_is_cosigned_is_one_history(
        steps in prop::collection::vec((any::<bool>(), 0usize..10, 0usize..10, any::<bool>()), 1..30),
        common in 0usize..10,
    ) {
        let log = TestLog::new(9);
        let other = log.forked_after(common.min(9));
        let mut served = Served::default();
        let mut cosigned: Vec<SignedHead> = Vec::new();
        for (forked, size, known, fault) in steps {
            let shown = if forked { &other } else { &log };
            let size = size.min(9);
            served.failing_writes = usize::from(fault);
            let mut client = Submitter::new(golden_cosigner().verifier_key().clone(), known as u64);
            if let Some(Ok(Outcome::Cosigned(_))) = submit(&mut client, &mut served, shown, size) {
                cosigned.push(shown.head(size));
            }
        }
        for pair in cosigned.windows(2) {
            prop_assert!(pair[0].checkpoint().size <= pair[1].checkpoint().size);
        }
        let is_of = |log: &TestLog| cosigned.iter().all(|head| {
            let size = usize::try_from(head.checkpoint().size).unwrap();
            *head.checkpoint() == log.checkpoint(size)
        });
        prop_assert!(is_of(&log) || is_of(&other));
    }
}
