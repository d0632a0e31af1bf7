#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use super::{CheckWords, CheckWordsError, LIST};

/// Whether two words differ by at most one letter that is put in, left out, or changed.
fn are_one_letter_apart(left: &str, right: &str) -> bool {
    strsim::levenshtein(left, right) <= 1
}

#[test]
fn the_list_has_256_words_that_are_not_mistaken_for_each_other() {
    let words: Vec<&str> = LIST.lines().collect();
    assert_eq!(words.len(), 256);
    assert!(words.is_sorted());
    for (index, word) in words.iter().enumerate() {
        assert!((4..=9).contains(&word.len()), "{word}");
        assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        for other in &words[index + 1..] {
            assert!(!are_one_letter_apart(word, other), "{word} {other}");
        }
    }
    let starts: BTreeSet<&str> = words.iter().map(|word| &word[..4]).collect();
    assert_eq!(starts.len(), words.len());
}

/// The list is part of the format: a change would make two nodes disagree.
#[test]
fn the_words_of_a_hash_are_golden() {
    let mut hash = [0_u8; 32];
    hash[..4].copy_from_slice(&[0, 17, 255, 128]);
    let words = CheckWords::of(&hash);
    assert_eq!(words.to_string(), "acorn balcony zigzag jungle");
    hash[4] = 1;
    assert_eq!(CheckWords::of(&hash), words);
    hash[3] = 129;
    assert_ne!(CheckWords::of(&hash), words);
    assert_eq!(
        serde_json::to_string(&words).unwrap(),
        "\"acorn balcony zigzag jungle\""
    );
}

#[test]
fn what_was_heard_is_read() {
    for index in 0..=255_u8 {
        let words = CheckWords::of(&[index; 32]);
        assert_eq!(words.to_string().parse::<CheckWords>().unwrap(), words);
        let short: Vec<String> = words.words().map(|word| word[..4].to_uppercase()).collect();
        assert_eq!(short.join("  ").parse::<CheckWords>().unwrap(), words);
    }
    for wrong in [
        "",
        "acorn",
        "acorn atlas zigzag",
        "acorn balcony zigzag jungle acorn",
        "aco atl zig jac",
        "x y z é",
    ] {
        assert_eq!(wrong.parse::<CheckWords>(), Err(CheckWordsError), "{wrong}");
    }
}
