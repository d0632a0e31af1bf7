#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Language, Line, Text};

/// `[LANGUAGE]` Tags of the shape of BCP 47, and nothing else.
#[test]
fn languages_are_bcp_47_tags() {
    for right in ["en", "fr-CA", "sr-Latn-RS", "und", "de-1996"] {
        assert_eq!(right.parse::<Language>().unwrap().as_str(), right);
    }
    for wrong in [
        "",
        "e",
        "english language",
        "en_GB",
        "en-",
        "-en",
        "toolonglanguage",
        "e1",
    ] {
        assert!(wrong.parse::<Language>().is_err(), "{wrong}");
    }
    assert!(
        format!("en{}", "-abcdefgh".repeat(4))
            .parse::<Language>()
            .is_err()
    );
    assert_eq!("pt-BR".parse::<Language>().unwrap().primary(), "pt");
}

/// `[LIMITS]` What a peer wrote can be printed without harm.
#[test]
fn texts_can_be_printed_without_harm() {
    assert_eq!(
        Line::printable("a\u{1b}[2Jb\nc\u{202e}d").as_str(),
        "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d"
    );
    let text = Text::printable(Language::default(), "one\ntwo\tthree\r\u{2066}\u{85}");
    assert_eq!(text.as_str(), "one\ntwo\tthree\u{fffd}\u{fffd}\u{fffd}");
}

#[test]
fn debug_tells_nothing_of_what_was_written() {
    let text = Text::printable("en".parse().unwrap(), "secret");
    assert_eq!(
        format!("{text:?} {:?}", Line::printable("secret")),
        "Text(en, 6 characters) Line(6 characters)"
    );
}
