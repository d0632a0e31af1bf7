#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::SigningKey;
use crate::checkpoint::Checkpoint;
use crate::cosignature::Cosigner;
use crate::head::tests::TestLog;
use crate::note::tests::{golden_cosigner, golden_signer};
use crate::note::{Note, NoteSigner, NoteVerifyError};

pub(super) fn witness(number: u8) -> Cosigner {
    Cosigner::new(
        &format!("w{number}.example"),
        SigningKey::from_bytes(&[100 + number; 32]),
    )
    .unwrap()
}

/// `$LOG` and `$1` to `$9` stand for verifier keys.
pub(super) fn with_keys(text: &str) -> String {
    let mut text = text.replace("$LOG", &golden_signer().verifier_key().to_string());
    for number in 1..=9 {
        let key = witness(number).verifier_key().to_string();
        text = text.replace(&format!("${number}"), &key);
    }
    text
}

pub(super) fn parse(text: &str) -> Result<Policy, PolicyDecodeError> {
    Policy::parse(with_keys(text).as_bytes())
}

/// A checkpoint with the log's signature and those of these witnesses.
pub(super) fn cosigned_by(numbers: &[u8]) -> Note {
    let mut note = TestLog::new(4).head(4).note().clone();
    for number in numbers {
        let line = witness(*number)
            .cosign(note.text(), 1_000 + u64::from(*number))
            .unwrap();
        note.push(line).unwrap();
    }
    note
}

/// The example of c2sp.org/tlog-policy, with keys put in.
pub(super) const TWO_LEVELS: &str = "\
log $LOG

witness X1 $1
witness X2 $2
witness X3 $3
group X-witnesses 2 X1 X2 X3

witness Y1 $4
witness Y2 $5
witness Y3 $6
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
";

#[test]
fn the_example_of_the_specification_is_evaluated() {
    let policy = parse(TWO_LEVELS).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().count()), (1, 6));
    assert!(policy.asks_for_witnesses());
    let cases: [(&[u8], bool); 9] = [
        (&[], false),
        (&[1, 2], false),
        (&[4, 5, 6], false),
        (&[1, 4], false),
        (&[1, 2, 4], true),
        (&[1, 3, 6], true),
        (&[2, 3, 5], true),
        (&[1, 2, 3, 4, 5, 6], true),
        (&[7, 8, 9], false),
    ];
    for (numbers, expected) in cases {
        let (checkpoint, evaluation) = policy.verify(&cosigned_by(numbers)).unwrap();
        assert_eq!(checkpoint.size, 4);
        assert_eq!(evaluation.is_satisfied(), expected, "{numbers:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let policy = parse(TWO_LEVELS).unwrap();
    let evaluation = policy.evaluate(&cosigned_by(&[2])).unwrap();
    let lacking: Vec<String> = evaluation.lacking.iter().map(ToString::to_string).collect();
    assert_eq!(
        lacking,
        [
            "X-and-Y: 0 of 2 needed; missing: X-witnesses Y-witnesses",
            "X-witnesses: 1 of 2 needed; missing: X1 X3",
            "Y-witnesses: 0 of 1 needed; missing: Y1 Y2 Y3",
        ]
    );
    let by: Vec<(String, u64)> = evaluation
        .cosigned_by
        .iter()
        .map(|by| (by.witness.to_string(), by.time_seconds))
        .collect();
    assert_eq!(by, [("X2".to_owned(), 1_002)]);
    // What is satisfied is not named, nor what a satisfied group could have had more of.
    let evaluation = policy.evaluate(&cosigned_by(&[5, 1])).unwrap();
    let lacking: Vec<String> = evaluation
        .lacking
        .iter()
        .map(|lacking| lacking.name.to_string())
        .collect();
    assert_eq!(lacking, ["X-and-Y", "X-witnesses"]);
}

#[test]
fn a_quorum_may_be_one_witness_or_none() {
    let one = parse("witness W $1\nwitness V $2\nquorum W\n").unwrap();
    assert!(one.evaluate(&cosigned_by(&[1])).unwrap().is_satisfied());
    let evaluation = one.evaluate(&cosigned_by(&[2])).unwrap();
    assert_eq!(evaluation.lacking[0].to_string(), "W: 0 of 1 needed; missing: W");
    assert_eq!(
        evaluation.cosigned_by.len(),
        1,
        "also those outside the quorum are told"
    );
    let none = parse("log $LOG\nquorum none\n").unwrap();
    assert!(none.verify(&cosigned_by(&[])).unwrap().1.is_satisfied());
    assert!(!none.asks_for_witnesses());
}

#[test]
fn the_golden_note_satisfies_a_policy_with_its_keys() {
    let (log, witness) = (golden_signer(), golden_cosigner());
    let text = format!(
        "# golden\nlog {}\nwitness W {} https://peer.example/w1\nquorum W\n",
        log.verifier_key(),
        witness.verifier_key()
    );
    let policy = Policy::parse(text.as_bytes()).unwrap();
    let note = Note::parse(crate::note::tests::GOLDEN_NOTE.as_bytes()).unwrap();
    let (checkpoint, evaluation) = policy.verify(&note).unwrap();
    assert_eq!((checkpoint.size, evaluation.is_satisfied()), (70_000, true));
    assert_eq!(evaluation.cosigned_by[0].time_seconds, 1_700_000_000);
    let url = policy.witnesses().next().unwrap().url.clone();
    assert_eq!(url.as_deref(), Some("https://peer.example/w1"));
}

#[test]
fn the_log_must_be_one_of_the_policys() {
    let policy = parse("log $LOG\nquorum none\n").unwrap();
    let signed_as = |name: &str, seed| {
        let signer = NoteSigner::new(name, SigningKey::from_bytes(&[seed; 32])).unwrap();
        let checkpoint = Checkpoint {
            origin: name.to_owned(),
            ..TestLog::new(4).checkpoint(4)
        };
        Note::parse(checkpoint.sign(&signer).unwrap().as_bytes()).unwrap()
    };
    assert_eq!(
        policy.verify(&signed_as("node.example/other", 7)),
        Err(PolicyVerifyError::UnknownLog)
    );
    assert_eq!(
        policy.verify(&signed_as("node.example/ledger", 8)),
        Err(PolicyVerifyError::Signature(NoteVerifyError::NoKnownKey))
    );
    let without_logs = parse("quorum none\n").unwrap();
    assert_eq!(
        without_logs.verify(&cosigned_by(&[])),
        Err(PolicyVerifyError::UnknownLog)
    );
    assert!(without_logs.evaluate(&cosigned_by(&[])).unwrap().is_satisfied());
}

#[test]
fn an_invalid_line_by_a_known_witness_rejects_the_note() {
    let policy = parse(TWO_LEVELS).unwrap();
    let mut note = cosigned_by(&[1, 2, 4]);
    let of_another = witness(3)
        .cosign(TestLog::new(3).head(3).note().text(), 5)
        .unwrap();
    note.push(of_another).unwrap();
    assert!(matches!(
        policy.evaluate(&note),
        Err(NoteVerifyError::Invalid { .. })
    ));
    // By a witness that the policy does not know, it is passed over.
    let mut note = cosigned_by(&[1, 2, 4]);
    let unknown = witness(9)
        .cosign(TestLog::new(3).head(3).note().text(), 5)
        .unwrap();
    note.push(unknown).unwrap();
    assert!(policy.evaluate(&note).unwrap().is_satisfied());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Against the definition of a threshold, for every set of cosigners.
    #[test]
    fn a_group_counts_its_members(
        needed in 1usize..=5,
        cosigners in prop::collection::btree_set(1u8..=7, 0..7),
    ) {
        let members = "witness A $1\nwitness B $2\nwitness C $3\nwitness D $4\nwitness E $5\n";
        let policy = parse(&format!("{members}group G {needed} A B C D E\nquorum G\n")).unwrap();
        let numbers: Vec<u8> = cosigners.iter().copied().collect();
        let evaluation = policy.evaluate(&cosigned_by(&numbers)).unwrap();
        let count = cosigners.iter().filter(|number| **number <= 5).count();
        prop_assert_eq!(evaluation.is_satisfied(), count >= needed);
        prop_assert_eq!(evaluation.cosigned_by.len(), count);
    }
}
