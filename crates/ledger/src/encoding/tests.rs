#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

#[test]
fn base64_round_trips_at_every_padding() {
    for bytes in [&b""[..], b"f", b"fo", b"foo", b"foob"] {
        assert_eq!(decode_base64(&encode_base64(bytes)).as_deref(), Some(bytes));
    }
}

/// C2SP #348: Go's decoder accepts trailing bits, others do not, and witnesses disagreed.
#[test]
fn base64_that_nobody_would_print_is_refused() {
    let hostile = [
        ("trailing bits not zero, two bytes", "Zm9="),
        ("trailing bits not zero, one byte", "Zh=="),
        ("padding missing", "Zg"),
        ("padding short", "Zg="),
        ("padding in the middle", "Zg==Zg=="),
        ("padding too long", "Zm9v===="),
        ("line feed at the end", "Zm9v\n"),
        ("line feed inside", "Zm\n9v"),
        ("space", "Zm 9"),
        ("URL alphabet", "_-8="),
        ("not ASCII", "Zm9\u{fffd}"),
    ];
    for (name, text) in hostile {
        assert_eq!(decode_base64(text), None, "{name}");
    }
}

#[test]
fn decimals_have_one_form() {
    assert_eq!(parse_decimal("0"), Some(0));
    assert_eq!(parse_decimal("70000"), Some(70_000));
    assert_eq!(parse_decimal("9223372036854775807"), Some(MAX_TREE_SIZE));
    let hostile = [
        "",
        "00",
        "01",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1\r",
        "0x1",
        "1_0",
        "٣",
        "9223372036854775808",
        "99999999999999999999",
    ];
    for text in hostile {
        assert_eq!(parse_decimal(text), None, "{text:?}");
    }
}
