#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Lengths as RFC 9580 writes them.

use super::*;

fn parsed(bytes: &[u8]) -> Result<Length, OpenError> {
    let mut bytes = bytes.iter().copied();
    parse_length(|| bytes.next().ok_or(OpenError::Malformed))
}

/// The examples of RFC 9580 section 4.2.1.5.
#[test]
fn lengths_are_read_as_the_standard_says() {
    assert_eq!(parsed(&[0x64]), Ok(Length::Last(100)));
    assert_eq!(parsed(&[0xc5, 0xfb]), Ok(Length::Last(1_723)));
    assert_eq!(parsed(&[0xff, 0x00, 0x01, 0x86, 0xa0]), Ok(Length::Last(100_000)));
    assert_eq!(parsed(&[0xef]), Ok(Length::Partial(32_768)));
    assert_eq!(parsed(&[PARTIAL_LENGTH]), Ok(Length::Partial(256 * 1024)));
    assert_eq!(parsed(&last_length(77)), Ok(Length::Last(77)));
    // Shorter than the first part may be.
    assert_eq!(parsed(&[0xe8]), Err(OpenError::Malformed));
    assert_eq!(parsed(&[0xff, 1]), Err(OpenError::Malformed));
}

#[test]
fn tags_of_the_old_format_are_refused() {
    assert_eq!(parse_tag(0xd2), Some(Tag::SEIP));
    assert_eq!(tag_byte(Tag::SEIP), 0xd2);
    assert_eq!(parse_tag(0x85), None);
    assert_eq!(parse_tag(0x12), None);
}

/// A packet may be as long as its kind allows, to the byte.
#[test]
fn a_body_has_a_limit() {
    let whole = |length: u8| {
        let bytes = [&[length][..], &vec![7; length.into()]].concat();
        PacketReader::new(&bytes[..]).whole_body(3)
    };
    for length in 0..=3 {
        assert_eq!(whole(length).unwrap(), vec![7; length.into()]);
    }
    for length in 4..6 {
        assert!(matches!(
            whole(length),
            Err(ReadError::Message(OpenError::Malformed))
        ));
    }
}

/// A system call that a signal interrupts is made again.
#[test]
fn an_interrupted_read_goes_on() {
    struct Interrupted(bool);
    impl Read for Interrupted {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            self.0 = !self.0;
            if self.0 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            bytes[0] = 2;
            Ok(1)
        }
    }
    assert_eq!(
        PacketReader::new(Interrupted(false)).whole_body(9).unwrap(),
        [2, 2]
    );
}

#[test]
fn a_body_in_parts_is_one_body() {
    let mut bytes = vec![0xe9];
    bytes.extend([1; 512]);
    bytes.push(3);
    bytes.extend([2; 3]);
    bytes.push(9);
    let mut reader = PacketReader::new(&bytes[..]);
    let mut body = reader.body().unwrap();
    let mut read = [0; 600];
    assert_eq!(reader.fill(&mut body, &mut read[..10]).unwrap(), 10);
    assert_eq!(reader.fill(&mut body, &mut read[10..]).unwrap(), 505);
    assert_eq!((read[511], read[512], read[514], read[515]), (1, 2, 2, 0));
    assert_eq!(reader.byte_or_end().unwrap(), Some(9));
    assert_eq!(reader.byte_or_end().unwrap(), None);
}
