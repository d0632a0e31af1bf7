#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn a_seed_has_one_form() {
    let good = format!("{}\n", "0f".repeat(32));
    assert_eq!(parse_seed(good.as_bytes()).unwrap().0.as_slice(), &[0x0f; 32]);
    for bad in [
        "0f".repeat(32),
        format!("{}\n", "0F".repeat(32)),
        format!("{}\n", "0f".repeat(31)),
        format!("{}\r\n", "0f".repeat(32)),
        format!("{}\n\n", "0f".repeat(32)),
        format!("{}g\n", &"0f".repeat(32)[..63]),
        String::new(),
    ] {
        assert!(parse_seed(bad.as_bytes()).is_none(), "{bad:?}");
    }
}

#[test]
fn a_seed_is_never_printed() {
    let seed = parse_seed(format!("{}\n", "0f".repeat(32)).as_bytes()).unwrap();
    assert_eq!(format!("{seed:?}"), "Seed(..)");
}
