#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Fingerprint, FingerprintError};

const VERSION_4: &str = "D1A66E1A23B182C9980F788CFBFCC82A015E7330";
const VERSION_6: &str = "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9";

#[test]
fn both_lengths_keep_their_spelling() {
    for text in [VERSION_4, VERSION_6] {
        let fingerprint: Fingerprint = text.parse().unwrap();
        assert_eq!(fingerprint.to_string(), text);
        assert_eq!(format!("{fingerprint:?}"), text);
    }
    assert_eq!(VERSION_6.parse::<Fingerprint>().unwrap().as_bytes().len(), 32);
}

#[test]
fn other_spellings_are_refused() {
    for text in [
        "",
        "015E7330",
        &VERSION_4.to_lowercase(),
        &format!("{VERSION_4} "),
        &format!("0x{VERSION_4}"),
        &VERSION_4[1..],
        &VERSION_6.replace('C', "Č"),
        "D1A6 6E1A 23B1 82C9 980F  788C FBFC C82A 015E 7330",
    ] {
        assert_eq!(text.parse::<Fingerprint>(), Err(FingerprintError), "{text}");
    }
}
