#![allow(clippy::unwrap_used, clippy::expect_used)]
//! The reader takes nothing but what the writer writes.

use proptest::prelude::*;

use super::*;

fn read<T>(bytes: &[u8], read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>) -> Result<T, Fault> {
    let mut reader = Reader::new("test", bytes);
    let value = read(&mut reader).map_err(|error| error.fault)?;
    reader.end().map_err(|error| error.fault)?;
    Ok(value)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// RFC 8949, appendix A.
#[test]
fn numbers_are_written_as_the_rfc_shows() {
    for (number, expected) in [
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (100, "1864"),
        (1000, "1903e8"),
        (1_000_000, "1a000f4240"),
        (1_000_000_000_000, "1b000000e8d4a51000"),
        (u64::MAX, "1bffffffffffffffff"),
    ] {
        let mut out = Writer::with_capacity(9);
        out.uint(number);
        assert_eq!(out.finish(), hex(expected), "{number}");
        assert_eq!(read(&hex(expected), |r| r.uint()), Ok(number));
    }
    assert_eq!(read(&hex("27"), |r| r.int()), Ok(-8));
    assert_eq!(read(&hex("3903e7"), |r| r.int()), Ok(-1000));
}

#[test]
fn what_is_not_in_shortest_form_is_refused() {
    for bytes in ["1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff"] {
        assert_eq!(
            read(&hex(bytes), |r| r.uint()),
            Err(Fault::NotShortest),
            "{bytes}"
        );
    }
    assert_eq!(read(&hex("3807"), |r| r.int()), Err(Fault::NotShortest));
    assert_eq!(
        read(&hex("5801aa"), |r| r.bytes(9).map(<[u8]>::len)),
        Err(Fault::NotShortest)
    );
    assert_eq!(
        read(&hex("7900026161"), |r| r.text(9).map(str::len)),
        Err(Fault::NotShortest)
    );
    assert_eq!(read(&hex("980100"), |r| r.array(9)), Err(Fault::NotShortest));
    assert_eq!(read(&hex("b800"), |r| r.map()?.end(r)), Err(Fault::NotShortest));
    assert_eq!(read(&hex("d812"), |r| r.tag(18)), Err(Fault::NotShortest));
    assert_eq!(
        read(&hex("a1180000"), |r| r.map()?.required(r, 0)),
        Err(Fault::NotShortest)
    );
}

#[test]
fn indefinite_lengths_are_refused() {
    assert_eq!(
        read(&hex("5f41aaff"), |r| r.bytes(9).map(<[u8]>::len)),
        Err(Fault::WrongType)
    );
    assert_eq!(
        read(&hex("7f6161ff"), |r| r.text(9).map(str::len)),
        Err(Fault::WrongType)
    );
    assert_eq!(read(&hex("9f00ff"), |r| r.array(9)), Err(Fault::WrongType));
    assert_eq!(read(&hex("bf0000ff"), |r| r.map()?.end(r)), Err(Fault::WrongType));
}

#[test]
fn a_length_beyond_the_limit_or_the_input_is_refused_before_anything_is_allocated() {
    let huge = |first| [&[first][..], &[0xff; 8]].concat();
    assert_eq!(
        read(&huge(0x5b), |r| r.bytes(9).map(<[u8]>::len)),
        Err(Fault::Truncated)
    );
    assert_eq!(
        read(&huge(0x7b), |r| r.text(9).map(str::len)),
        Err(Fault::Truncated)
    );
    assert_eq!(read(&huge(0x9b), |r| r.array(9)), Err(Fault::TooLong(9)));
    assert_eq!(read(&huge(0xbb), |r| r.map()?.end(r)), Err(Fault::Truncated));
    assert_eq!(
        read(&hex("43aabbcc"), |r| r.bytes(2).map(<[u8]>::len)),
        Err(Fault::TooLong(2))
    );
    assert_eq!(
        read(&hex("43aabbcc"), |r| r.exactly::<4>()),
        Err(Fault::WrongLength(4))
    );
}

#[test]
fn nested_data_is_not_followed() {
    let nested = vec![0x81; 1_000_000];
    assert_eq!(read(&nested, |r| r.uint()), Err(Fault::WrongType));
    let value = [&hex("a120")[..], &nested].concat();
    assert_eq!(
        read(&value, |r| r.map()?.end_of_statement(r)),
        Err(Fault::WrongType)
    );
}

fn one_and_three(reader: &mut Reader<'_>) -> Result<(u64, Option<u64>), DecodeError> {
    let mut labels = reader.map()?;
    labels.required(reader, 1)?;
    let one = reader.uint()?;
    let mut three = None;
    if labels.optional(reader, 3)? {
        three = Some(reader.uint()?);
    }
    labels.end_of_statement(reader)?;
    Ok((one, three))
}

#[test]
fn labels_ascend_each_once_and_all_known() {
    assert_eq!(read(&hex("a10107"), one_and_three), Ok((7, None)));
    assert_eq!(read(&hex("a201070309"), one_and_three), Ok((7, Some(9))));
    for (bytes, fault) in [
        ("a0", Fault::MissingLabel(1)),
        ("a10309", Fault::MissingLabel(1)),
        ("a201070107", Fault::LabelOrder),
        ("a203090107", Fault::MissingLabel(1)),
        ("a3010703090107", Fault::LabelOrder),
        ("a200000107", Fault::UnknownLabel(0)),
        ("a201070200", Fault::UnknownLabel(2)),
        ("a301070309181800", Fault::UnknownLabel(24)),
        ("a20107", Fault::Truncated),
        ("a1010700", Fault::TrailingBytes),
        ("a1613107", Fault::WrongType),
    ] {
        assert_eq!(read(&hex(bytes), one_and_three), Err(fault), "{bytes}");
    }
}

#[test]
fn advisory_labels_are_passed_over_in_statements_and_nowhere_else() {
    for bytes in ["a201072000", "a2010720420102", "a30107206161211864"] {
        assert_eq!(read(&hex(bytes), one_and_three), Ok((7, None)), "{bytes}");
    }
    for (bytes, fault) in [
        ("a201072080", Fault::WrongType),
        ("a20107201817", Fault::NotShortest),
        ("a3010720002000", Fault::LabelOrder),
        ("a3010721002000", Fault::LabelOrder),
        ("a3010720000309", Fault::LabelOrder),
        ("a20107", Fault::Truncated),
    ] {
        assert_eq!(read(&hex(bytes), one_and_three), Err(fault), "{bytes}");
    }
    let nine: String = (0..9).map(|label| format!("{:02x}00", 0x20 + label)).collect();
    let nine = hex(&format!("aa0107{nine}"));
    assert_eq!(
        read(&nine, one_and_three),
        Err(Fault::TooLong(ADVISORY_LABELS_MAX))
    );
    let closed = |reader: &mut Reader<'_>| reader.map()?.end(reader);
    assert!(matches!(read(&hex("a12000"), closed), Err(Fault::BadValue(_))));
}

#[test]
fn an_error_names_format_place_and_fault() {
    let mut reader = Reader::new("test", &[0x01, 0x18, 0x05]);
    reader.uint().unwrap();
    let error = reader.uint().unwrap_err();
    assert_eq!(
        error.to_string(),
        "test, byte 1: a number or length is not in its shortest form"
    );
}

proptest! {
    #[test]
    fn numbers_texts_and_bytes_survive(number: u64, signed: i64, text: String, bytes: Vec<u8>) {
        let mut out = Writer::with_capacity(0);
        out.uint(number).int(signed).text(&text).bytes(&bytes);
        let written = out.finish();
        let mut reader = Reader::new("test", &written);
        prop_assert_eq!(reader.uint().unwrap(), number);
        prop_assert_eq!(reader.int().unwrap(), signed);
        prop_assert_eq!(reader.text(usize::MAX).unwrap(), text);
        prop_assert_eq!(reader.bytes(usize::MAX).unwrap(), bytes);
        prop_assert!(reader.end().is_ok());
    }
}

/// RFC 8949 section 3.1: a negative number n is encoded as -1 - n, in as few bytes as that needs.
#[test]
fn negative_numbers_are_read_in_their_shortest_form_only() {
    for (number, bytes) in [
        (0, "00"),
        (-1, "20"),
        (-24, "37"),
        (-25, "3818"),
        (-256, "38ff"),
        (-257, "390100"),
    ] {
        assert_eq!(read(&hex(bytes), |reader| reader.int()), Ok(number), "{bytes}");
    }
    for longer in ["3817", "3900ff", "1817", "3800"] {
        assert!(read(&hex(longer), |reader| reader.int()).is_err(), "{longer}");
    }
}
