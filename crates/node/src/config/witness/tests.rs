#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn a_quorum_is_a_word_or_a_number_and_never_more_than_there_are() {
    for (text, of_none, of_two, of_five) in [
        ("majority", 0, 2, 3),
        ("all", 0, 2, 5),
        ("none", 0, 0, 0),
        ("4", 0, 2, 4),
    ] {
        let quorum: Quorum = text.parse().unwrap();
        assert_eq!(quorum.to_string(), text);
        assert_eq!(
            [0, 2, 5].map(|count| quorum.of(count)),
            [of_none, of_two, of_five]
        );
    }
    for bad in ["", "0", "-1", "half", "Majority", "1 "] {
        assert_eq!(bad.parse::<Quorum>(), Err(QuorumError), "{bad:?}");
    }
}
