#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// How one way behaves for a thousand datagrams of 100 bytes.
fn thousand(weather: Weather, seed: u64) -> (Counts, Vec<Vec<Copy>>) {
    let mut way = Way::new(seed);
    way.weather = weather;
    let fates = (0..1000_u64)
        .map(|number| way.fate(&[u8::try_from(number % 251).unwrap(); 100]))
        .collect();
    (way.counts, fates)
}

#[test]
fn in_fine_weather_everything_passes_as_it_is_and_at_once() {
    let (counts, fates) = thousand(Weather::default(), 1);
    assert_eq!((counts.taken, counts.passed), (1000, 1000));
    assert!(fates.iter().all(|copies| copies.len() == 1));
    assert!(fates.iter().flatten().all(|copy| copy.after == Duration::ZERO));
    assert_eq!(fates[7][0].bytes, [7; 100]);
}

#[test]
fn the_same_seed_gives_the_same_fates_and_another_seed_others() {
    let weather = Weather {
        loss: 0.2,
        duplication: 0.1,
        reordering: 0.2,
        corruption: 0.05,
        jitter: Duration::from_millis(9),
        ..Weather::default()
    };
    assert_eq!(thousand(weather, 7), thousand(weather, 7));
    assert_ne!(thousand(weather, 7), thousand(weather, 8));
}

#[test]
fn chances_are_kept_and_every_datagram_is_counted_once() {
    let weather = Weather {
        loss: 0.3,
        duplication: 0.1,
        corruption: 0.1,
        ..Weather::default()
    };
    let (counts, fates) = thousand(weather, 3);
    assert!((240..360).contains(&counts.lost), "{counts:?}");
    assert!((40..100).contains(&counts.duplicated), "{counts:?}");
    assert!((40..120).contains(&counts.corrupted), "{counts:?}");
    let passed: usize = fates.iter().map(Vec::len).sum();
    assert_eq!(counts.passed, passed as u64);
    assert_eq!(counts.taken, counts.lost + counts.passed - counts.duplicated);
}

#[test]
fn a_damaged_copy_differs_in_one_bit() {
    let weather = Weather {
        corruption: 1.0,
        ..Weather::default()
    };
    let (_, fates) = thousand(weather, 5);
    let flipped: u32 = fates[0][0].bytes.iter().map(|byte| byte.count_ones()).sum();
    assert_eq!(flipped, 1, "the first datagram was all zeros");
}

#[test]
fn a_cut_and_a_narrow_way_let_nothing_through() {
    let cut = Weather {
        is_cut: true,
        ..Weather::default()
    };
    assert_eq!(thousand(cut, 1).0.cut, 1000);
    let narrow = |datagram_bytes_max| Weather {
        datagram_bytes_max,
        ..Weather::default()
    };
    assert_eq!(thousand(narrow(99), 1).0.oversized, 1000);
    assert_eq!(thousand(narrow(100), 1).0.passed, 1000);
}

#[test]
fn delay_jitter_and_reordering_stay_within_what_they_say() {
    let weather = Weather {
        delay: Duration::from_millis(50),
        jitter: Duration::from_millis(10),
        reordering: 0.5,
        ..Weather::default()
    };
    let (counts, fates) = thousand(weather, 2);
    let least = Duration::from_millis(50);
    let most = least + Duration::from_millis(11) + HELD_BACK_MAX;
    assert!(
        fates
            .iter()
            .flatten()
            .all(|copy| (least..=most).contains(&copy.after))
    );
    assert!((400..600).contains(&counts.reordered));
}
