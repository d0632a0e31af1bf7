//! Packet headers and lengths (RFC 9580 sections 4.2 and 4.2.1), new format only.
//!
//! A body of unknown length comes in parts: each partial length is a power of two, the last length is not
//! partial. RFC 9580 wants at least 512 bytes in the first part; here every partial one must have as many,
//! because a file in parts of one byte would cost far more to read than to send.

use std::io::{self, Read};

use sequoia_openpgp::packet::Tag;

use crate::OpenError;
use crate::limits::{PARTIAL_BODY_BYTES, PARTIAL_BODY_BYTES_MIN};

/// A length as it stands in front of a body, or of a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// So many bytes, and they are the last ones.
    Last(u32),
    /// So many bytes, and another length after them.
    Partial(u32),
}

/// The first byte of a packet.
pub(super) fn tag_byte(tag: Tag) -> u8 {
    // Tags are below 64 (RFC 9580 section 4.2).
    0b1100_0000 + u8::from(tag)
}

/// The length octet in front of a part of [`PARTIAL_BODY_BYTES`].
pub(super) const PARTIAL_LENGTH: u8 = 224 + PARTIAL_BODY_BYTES.trailing_zeros() as u8;

/// The length octets in front of the last part. Five octets say any length; a reader takes them for every
/// one.
pub(super) fn last_length(bytes: usize) -> [u8; 5] {
    // What is written here is at most a few parts long.
    let [a, b, c, d] = u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
    [255, a, b, c, d]
}

/// The tag that the first byte of a packet says; `None` for the old format, which nothing new is written in.
pub(super) fn parse_tag(byte: u8) -> Option<Tag> {
    (byte & 0b1100_0000 == 0b1100_0000).then(|| Tag::from(byte & 0b0011_1111))
}

/// Reads a length, octet by octet as `next` gives them.
pub(super) fn parse_length<E: From<OpenError>>(mut next: impl FnMut() -> Result<u8, E>) -> Result<Length, E> {
    Ok(match next()? {
        short @ 0..192 => Length::Last(u32::from(short)),
        two @ 192..224 => Length::Last((u32::from(two - 192) << 8) + u32::from(next()?) + 192),
        255 => Length::Last(u32::from_be_bytes([next()?, next()?, next()?, next()?])),
        partial => {
            let length = 1_u32 << (partial & 0b1_1111);
            if length < PARTIAL_BODY_BYTES_MIN {
                return Err(OpenError::Malformed.into());
            }
            Length::Partial(length)
        }
    })
}

/// Why a source gave no more.
#[derive(Debug)]
pub(super) enum ReadError {
    /// It ended, or what it gave is ill-formed.
    Message(OpenError),
    /// It failed.
    Source(io::Error),
}

impl From<OpenError> for ReadError {
    fn from(error: OpenError) -> Self {
        Self::Message(error)
    }
}

/// Reads packets off a source, strictly one byte after the other.
pub(super) struct PacketReader<R> {
    source: R,
}

/// Where reading stands in a body of several parts.
#[derive(Debug)]
pub(super) struct Body {
    left: u64,
    is_last: bool,
}

impl<R: Read> PacketReader<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source }
    }

    /// Reads what there is; 0 at the end.
    fn some(&mut self, bytes: &mut [u8]) -> Result<usize, ReadError> {
        loop {
            match self.source.read(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other.map_err(ReadError::Source),
            }
        }
    }

    /// The next byte; `None` at the end of the source.
    pub(super) fn byte_or_end(&mut self) -> Result<Option<u8>, ReadError> {
        let mut byte = [0];
        Ok((self.some(&mut byte)? == 1).then_some(byte[0]))
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        self.byte_or_end()?
            .ok_or(ReadError::Message(OpenError::Malformed))
    }

    /// The tag of the next packet.
    pub(super) fn tag(&mut self) -> Result<Tag, ReadError> {
        parse_tag(self.byte()?).ok_or(ReadError::Message(OpenError::Malformed))
    }

    /// The body of a packet that must be in one piece, and no longer than `bytes_max`.
    pub(super) fn whole_body(&mut self, bytes_max: usize) -> Result<Vec<u8>, ReadError> {
        let Length::Last(length) = parse_length(|| self.byte())? else {
            return Err(OpenError::Malformed.into());
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > bytes_max {
            return Err(OpenError::Malformed.into());
        }
        let mut body = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.some(&mut body[filled..])? {
                0 => return Err(OpenError::Malformed.into()),
                count => filled += count,
            }
        }
        Ok(body)
    }

    /// Begins a body that may come in parts.
    pub(super) fn body(&mut self) -> Result<Body, ReadError> {
        let mut body = Body {
            left: 0,
            is_last: false,
        };
        self.next_part(&mut body)?;
        Ok(body)
    }

    fn next_part(&mut self, body: &mut Body) -> Result<(), ReadError> {
        let length = parse_length(|| self.byte())?;
        body.is_last = matches!(length, Length::Last(_));
        let (Length::Last(left) | Length::Partial(left)) = length;
        body.left = u64::from(left);
        Ok(())
    }

    /// Fills `bytes` from a body, as far as it goes. A source that ends before its body is damaged.
    pub(super) fn fill(&mut self, body: &mut Body, bytes: &mut [u8]) -> Result<usize, ReadError> {
        let mut filled = 0;
        while filled < bytes.len() {
            if body.left == 0 {
                if body.is_last {
                    break;
                }
                self.next_part(body)?;
                continue;
            }
            let wanted = (bytes.len() - filled).min(usize::try_from(body.left).unwrap_or(usize::MAX));
            match self.some(&mut bytes[filled..filled + wanted])? {
                0 => return Err(OpenError::Damaged.into()),
                count => {
                    filled += count;
                    body.left -= count as u64;
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests;
