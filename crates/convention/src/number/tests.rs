#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{CaseNumber, CaseNumberError};

fn number(party: &str, year: u16, count: u32) -> CaseNumber {
    CaseNumber::new(party.parse().unwrap(), year, count).unwrap()
}

/// A spread of numbers, short and long.
fn some() -> Vec<CaseNumber> {
    let counts = [1, 9, 10, 412, 999, 4_120, 9_999, 10_000, 123_456, 99_999_999];
    let parties = ["RO", "XA", "AX", "ZZ", "AA"];
    let each = parties
        .iter()
        .flat_map(|party| counts.map(|count| number(party, 2026, count)));
    each.collect()
}

/// Every character that a person could put into one place.
fn candidates() -> impl Iterator<Item = char> {
    ('0'..='9').chain('A'..='Z')
}

#[test]
fn a_number_has_one_spelling() {
    assert_eq!(number("RO", 2026, 412).to_string(), "RO-2026-0412-GX");
    for one in some() {
        assert_eq!(one.to_string().parse::<CaseNumber>().unwrap(), one);
        assert_eq!(serde_json::to_string(&one).unwrap(), format!("\"{one}\""));
    }
    for wrong in [
        "",
        "RO-2026-412-GX",
        "RO-2026-00412-GX",
        "ro-2026-0412-gx",
        "RO-2026-0412",
        "RO-26-0412-GX",
    ] {
        assert_eq!(
            wrong.parse::<CaseNumber>(),
            Err(CaseNumberError::Shape),
            "{wrong}"
        );
    }
    assert_eq!(
        "RO-2026-0412-X4".parse::<CaseNumber>(),
        Err(CaseNumberError::Check)
    );
    for (year, count) in [(999, 1), (10_000, 1), (2026, 0), (2026, 100_000_000)] {
        assert!(CaseNumber::new("RO".parse().unwrap(), year, count).is_err());
    }
}

/// Every single wrong character is noticed, wherever it is.
#[test]
fn every_wrong_character_is_noticed() {
    for one in some() {
        let right: Vec<char> = one.to_string().chars().collect();
        for place in (0..right.len()).filter(|place| right[*place] != '-') {
            for other in candidates().filter(|other| *other != right[place]) {
                let mut wrong = right.clone();
                wrong[place] = other;
                let wrong: String = wrong.into_iter().collect();
                assert!(wrong.parse::<CaseNumber>().is_err(), "{one} {wrong}");
            }
        }
    }
}

/// Every exchange of two characters is noticed, neighbours or not.
#[test]
fn every_exchange_is_noticed() {
    for one in some() {
        let right: Vec<char> = one.to_string().chars().collect();
        for left in 0..right.len() {
            for place in left + 1..right.len() {
                let mut wrong = right.clone();
                wrong.swap(left, place);
                let wrong: String = wrong.into_iter().collect();
                let is_same = wrong == one.to_string();
                assert!(is_same || wrong.parse::<CaseNumber>().is_err(), "{one} {wrong}");
            }
        }
    }
}

/// Any two wrong characters are noticed.
#[test]
fn every_two_wrong_characters_are_noticed() {
    let right: Vec<char> = number("RO", 2026, 412).to_string().chars().collect();
    for left in 0..right.len() {
        for place in left + 1..right.len() {
            for (first, second) in
                candidates().flat_map(|first| candidates().map(move |second| (first, second)))
            {
                let mut wrong = right.clone();
                (wrong[left], wrong[place]) = (first, second);
                let wrong: String = wrong.into_iter().collect();
                let is_same = wrong.chars().eq(right.iter().copied());
                assert!(is_same || wrong.parse::<CaseNumber>().is_err(), "{wrong}");
            }
        }
    }
}

#[test]
fn what_was_heard_is_read() {
    let right = number("RO", 2026, 412);
    for heard in [
        "ro-2026-0412-gx",
        "RO 2026 0412 GX",
        "ro20260412gx",
        " RO-2O26-O4I2-GX ",
        "RO/2026/0412/GX",
    ] {
        assert_eq!(CaseNumber::heard(heard), Ok(right), "{heard}");
    }
    for one in some() {
        assert_eq!(CaseNumber::heard(&one.to_string().to_lowercase()), Ok(one));
    }
    assert_eq!(CaseNumber::heard("ro 2026 0421 gx"), Err(CaseNumberError::Check));
    for wrong in [
        "",
        "RO",
        "RO-2026-04",
        "€€€€€€€€€€€€",
        "ro 2026 é412 gx",
        &"9".repeat(10_000),
    ] {
        assert!(CaseNumber::heard(wrong).is_err());
    }
}
