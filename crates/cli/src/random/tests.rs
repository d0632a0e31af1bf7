#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn a_seed_survives_its_file() {
    let seed = seed().unwrap();
    let text = format!("{}\n", hex(seed.as_slice()).as_str());
    assert_eq!(text.len(), 65);
    assert_eq!(seed_from_hex(&text).unwrap(), seed);
}

#[test]
fn hostile_seeds_are_refused() {
    let good = "0f".repeat(32);
    for wrong in [
        "",
        &good[1..],
        &good.to_uppercase(),
        &format!("{good}\n\n"),
        &good.replace('f', "g"),
    ] {
        assert!(seed_from_hex(wrong).is_none(), "{wrong}");
    }
}
