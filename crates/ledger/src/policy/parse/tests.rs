#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::super::tests::{TWO_LEVELS, cosigned_by, parse, with_keys, witness};
use super::*;
use crate::SigningKey;
use crate::cosignature::Cosigner;

#[test]
fn spaces_tabs_comments_and_opaque_bytes_are_read() {
    let text = with_keys(
        "  # a comment\n\n \t \nlog\t$LOG   https://node.example/ledger \n\twitness  W $1\n#x\nquorum W\n",
    );
    assert!(Policy::parse(text.as_bytes()).is_ok());
    // A Kelvin sign is not a K, and a name need not be UTF-8.
    let text = with_keys("witness \u{212a} $1\nquorum K\n");
    assert!(matches!(
        Policy::parse(text.as_bytes()).unwrap_err().fault,
        PolicyFault::UnknownName(_)
    ));
    let key = with_keys("$1");
    let bytes = [
        b"# \xe9\nwitness \xff\xfe ",
        key.as_bytes(),
        b"\nquorum \xff\xfe\n",
    ]
    .concat();
    let policy = Policy::parse(&bytes).unwrap();
    let name = &policy.witnesses().next().unwrap().name;
    assert_eq!(name.as_bytes(), b"\xff\xfe");
    assert_eq!(
        format!("{name} {name:?}"),
        "\u{fffd}\u{fffd} \"\u{fffd}\u{fffd}\""
    );
}

fn name(text: &str) -> PolicyName {
    PolicyName(text.as_bytes().to_vec())
}

fn assert_faults(faults: &[(&str, usize, PolicyFault)]) {
    for (text, line, fault) in faults {
        let (line, fault) = (*line, fault.clone());
        assert_eq!(parse(text), Err(PolicyDecodeError { line, fault }), "{text:?}");
    }
}

#[test]
fn malformed_lines_are_named() {
    use PolicyFault as Fault;
    let group = Fault::Form("group <name> <all|any|number> <member>...");
    assert_faults(&[
        ("", 1, Fault::NoQuorum),
        ("\n\n", 3, Fault::NoQuorum),
        ("quorum none", 1, Fault::NotEnded),
        ("quorum none\r\n", 1, Fault::ControlCharacter),
        ("# \u{7f}\nquorum none\n", 1, Fault::ControlCharacter),
        ("quorum none\nquorum none\n", 2, Fault::SecondQuorum),
        ("Quorum none\n", 1, Fault::UnknownKeyword),
        ("quorum\n", 1, Fault::Form("quorum <name|none>")),
        ("quorum none # all\n", 1, Fault::Form("quorum <name|none>")),
        ("log\n", 1, Fault::Form("log <vkey> [<url>]")),
        ("log $LOG u v\n", 1, Fault::Form("log <vkey> [<url>]")),
        ("witness W\n", 1, Fault::Form("witness <name> <vkey> [<url>]")),
        ("group G all\n", 1, group.clone()),
        ("group G\n", 1, group),
    ]);
    let shown = parse("witness W $1\ngroup G 2 W\n").unwrap_err().to_string();
    let expected =
        "line 2 of the policy: a group asks for all, any, or a number from 1 to that of its members";
    assert_eq!(shown, expected);
}

#[test]
fn names_that_do_not_fit_are_named() {
    use PolicyFault as Fault;
    assert_faults(&[
        ("\nquorum X\n", 2, Fault::UnknownName(name("X"))),
        ("quorum W\nwitness W $1\n", 1, Fault::UnknownName(name("W"))),
        ("witness none $1\n", 1, Fault::ReservedName),
        ("witness W $1\nwitness W $2\n", 2, Fault::DuplicateName(name("W"))),
        (
            "witness W $1\ngroup W all W\n",
            2,
            Fault::DuplicateName(name("W")),
        ),
        ("witness W $1\ngroup none all W\n", 2, Fault::ReservedName),
        (
            "witness W $1\ngroup G all none\n",
            2,
            Fault::UnknownName(name("none")),
        ),
        ("witness W $1\ngroup G all G\n", 2, Fault::UnknownName(name("G"))),
        (
            "witness W $1\ngroup G all W W\n",
            2,
            Fault::DuplicateMember(name("W")),
        ),
        (
            "witness W $1\ngroup G all W\ngroup H all W\n",
            3,
            Fault::DuplicateMember(name("W")),
        ),
        ("witness W $1\ngroup G 0 W\n", 2, Fault::BadThreshold),
        ("witness W $1\ngroup G 2 W\n", 2, Fault::BadThreshold),
        ("witness W $1\ngroup G 01 W\n", 2, Fault::BadThreshold),
        ("witness W $1\ngroup G most W\n", 2, Fault::BadThreshold),
    ]);
}

#[test]
fn keys_that_do_not_fit_are_named() {
    use PolicyFault as Fault;
    let of_witness_1 =
        |name: &str, kind| VerifierKey::new(name, kind, *witness(1).verifier_key().verifying_key()).unwrap();
    let renamed = of_witness_1("another.name", KeyKind::CosignatureV1);
    let as_log = of_witness_1("a.log", KeyKind::Ed25519);
    assert_faults(&[
        ("log x+y+z\n", 1, Fault::Key(KeyDecodeError::Malformed)),
        ("log $1\n", 1, Fault::WrongKeyKind),
        ("witness W $LOG\n", 1, Fault::WrongKeyKind),
        ("log $LOG\nlog $LOG\n", 2, Fault::DuplicateKey),
        (
            &format!("witness A $1\nwitness B {renamed}\n"),
            2,
            Fault::DuplicateKey,
        ),
        (&format!("witness A $1\nlog {as_log}\n"), 2, Fault::DuplicateKey),
    ]);
}

/// 32 of each is what the specification asks for; and there is an end.
#[test]
fn many_lines_are_read_and_too_many_are_refused() {
    let key = |number: u64| {
        let mut seed = [3; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        Cosigner::new("w.example", SigningKey::from_bytes(&seed))
            .unwrap()
            .verifier_key()
            .to_string()
    };
    let policy_of = |count: u64| {
        let mut text = String::new();
        for number in 0..count {
            text += &format!("witness W{number} {}\ngroup G{number} any W{number}", key(number));
            // Each group holds the one before it: groups nest as deeply as there are lines.
            text += &if number == 0 {
                "\n".to_owned()
            } else {
                format!(" G{}\n", number - 1)
            };
        }
        text + &format!("quorum G{}\n", count - 1)
    };
    let policy = Policy::parse(policy_of(256).as_bytes()).unwrap();
    let evaluation = policy.evaluate(&cosigned_by(&[1])).unwrap();
    assert_eq!(evaluation.lacking.len(), 256);
    let error = Policy::parse(policy_of(257).as_bytes()).unwrap_err();
    assert_eq!((error.line, error.fault), (513, PolicyFault::TooMany));
    let oversized = vec![b'\n'; crate::limits::MAX_POLICY_BYTES + 1];
    assert_eq!(Policy::parse(&oversized).unwrap_err().fault, PolicyFault::TooLong);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn parsing_always_ends(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..900) {
        let _ = Policy::parse(&bytes);
        let mut text = with_keys(TWO_LEVELS).into_bytes();
        let at = at % text.len();
        text.splice(at..at, bytes);
        let _ = Policy::parse(&text);
    }
}
