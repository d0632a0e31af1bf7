//! Deterministic CBOR (RFC 8949 section 4.2.1), written and read in the one form that we use.
//!
//! Everything is a map with integer labels in ascending order, of definite length, every number in its
//! shortest form. The reader accepts exactly that: what it accepts, the writer would have written,
//! so two different texts never mean the same. It never recurses (the shape of a format is in the code
//! that reads it, not in the bytes), and never allocates: it lends slices of its input, each held against
//! a limit first.
//!
//! **Versions.** Label 0 of every map that stands on its own is the format's version, read first. Labels
//! from 0 up are *critical*: whoever does not know one refuses the whole. Labels below 0 are
//! *advisory*: in a signed statement ([`Labels::end_of_statement`]) a reader passes over those that it
//! does not know, up to [`ADVISORY_LABELS_MAX`], each a number, a byte string or a text of at most
//! [`ADVISORY_VALUE_BYTES_MAX`]; nested data would be a byte string with CBOR in it. Version 1 defines
//! none. So a later version may add what an old node can do without; whatever changes the meaning of
//! the rest takes a critical label, or a new version. What only we ourselves read (leaves, the index) has
//! no advisory labels ([`Labels::end`]). Signed bytes are kept as they came, so that nothing passed over
//! is lost.

use std::cmp::Ordering;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use crate::decode::{DecodeError, Fault};
use crate::digest::Digest;
use crate::ids::{Code, ContactPoint, MessageId, PartyCode};
use crate::limits::{
    ADVISORY_LABELS_MAX, ADVISORY_VALUE_BYTES_MAX, CODE_LENGTH_BYTES_MAX, NAME_LENGTH_BYTES_MAX,
};
use crate::time::UnixMillis;

/// Writes CBOR into one buffer.
pub(crate) struct Writer(Encoder<Vec<u8>>);

/// Reads CBOR from bytes that are not trusted.
pub(crate) struct Reader<'b> {
    decoder: Decoder<'b>,
    format: &'static str,
}

/// Where reading stands among the labels of one map. Labels are asked for in ascending order.
pub(crate) struct Labels {
    unread: u64,
    last: Option<Label>,
    pending: Option<Label>,
}

/// A label, ordered as its encoding is: all from 0 up, then all below 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Critical(u64),
    Advisory(u64),
}

// Writing to a `Vec` cannot fail (its error type is `Infallible`), so the results are dropped.
impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Encoder::new(Vec::with_capacity(bytes)))
    }

    pub(crate) fn map(&mut self, labels: u64) -> &mut Self {
        let _ = self.0.map(labels);
        self
    }

    pub(crate) fn array(&mut self, elements: usize) -> &mut Self {
        let _ = self.0.array(elements as u64);
        self
    }

    pub(crate) fn tag(&mut self, tag: u64) -> &mut Self {
        let _ = self.0.tag(minicbor::data::Tag::new(tag));
        self
    }

    pub(crate) fn uint(&mut self, number: u64) -> &mut Self {
        let _ = self.0.u64(number);
        self
    }

    pub(crate) fn int(&mut self, number: i64) -> &mut Self {
        let _ = self.0.i64(number);
        self
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let _ = self.0.bytes(bytes);
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        let _ = self.0.str(text);
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_writer()
    }
}

impl<'b> Reader<'b> {
    /// Begins to read `bytes` as a `format`, whose name goes into errors.
    pub(crate) fn new(format: &'static str, bytes: &'b [u8]) -> Self {
        Self {
            decoder: Decoder::new(bytes),
            format,
        }
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.decoder.position() == self.decoder.input().len() {
            Ok(())
        } else {
            Err(self.fault(Fault::TrailingBytes))
        }
    }

    /// The error that this fault is, here.
    pub(crate) fn fault(&self, fault: Fault) -> DecodeError {
        DecodeError {
            format: self.format,
            offset: self.decoder.position(),
            fault,
        }
    }

    /// The error that a value of the right type is, if it cannot stand here.
    pub(crate) fn bad(&self, what: &'static str) -> DecodeError {
        self.fault(Fault::BadValue(what))
    }

    pub(crate) fn uint(&mut self) -> Result<u64, DecodeError> {
        let start = self.decoder.position();
        let number = self.decoder.u64().map_err(|error| self.explain(start, &error))?;
        self.shortest(start, number, 0)?;
        Ok(number)
    }

    pub(crate) fn int(&mut self) -> Result<i64, DecodeError> {
        let start = self.decoder.position();
        let number = self.decoder.i64().map_err(|error| self.explain(start, &error))?;
        // A negative number n is encoded as -1 - n, which is what all its bits turned over are.
        let magnitude = if number.is_negative() { !number } else { number };
        self.shortest(start, magnitude.unsigned_abs(), 0)?;
        Ok(number)
    }

    pub(crate) fn bytes(&mut self, limit_bytes: usize) -> Result<&'b [u8], DecodeError> {
        let start = self.decoder.position();
        let bytes = self
            .decoder
            .bytes()
            .map_err(|error| self.explain(start, &error))?;
        self.shortest(start, bytes.len() as u64, bytes.len())?;
        self.within(start, bytes.len(), limit_bytes)?;
        Ok(bytes)
    }

    pub(crate) fn exactly<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let bytes = self.bytes(N)?;
        bytes.try_into().map_err(|_| self.fault(Fault::WrongLength(N)))
    }

    pub(crate) fn text(&mut self, limit_bytes: usize) -> Result<&'b str, DecodeError> {
        let start = self.decoder.position();
        let text = self.decoder.str().map_err(|error| self.explain(start, &error))?;
        self.shortest(start, text.len() as u64, text.len())?;
        self.within(start, text.len(), limit_bytes)?;
        Ok(text)
    }

    /// A text in its only form, such as a name.
    pub(crate) fn parsed<T: std::str::FromStr>(
        &mut self,
        limit_bytes: usize,
        what: &'static str,
    ) -> Result<T, DecodeError> {
        let text = self.text(limit_bytes)?;
        text.parse().map_err(|_| self.bad(what))
    }

    pub(crate) fn time(&mut self) -> Result<UnixMillis, DecodeError> {
        self.uint().map(UnixMillis)
    }

    pub(crate) fn digest(&mut self) -> Result<Digest, DecodeError> {
        self.exactly().map(Digest::from_bytes)
    }

    pub(crate) fn message(&mut self) -> Result<MessageId, DecodeError> {
        let bytes = self.exactly()?;
        MessageId::from_bytes(bytes).map_err(|_| self.bad("a message id is a UUID of version 7"))
    }

    pub(crate) fn party(&mut self) -> Result<PartyCode, DecodeError> {
        self.parsed(NAME_LENGTH_BYTES_MAX, "a Party is two capital letters")
    }

    pub(crate) fn contact_point(&mut self) -> Result<ContactPoint, DecodeError> {
        self.parsed(NAME_LENGTH_BYTES_MAX, "a contact point is written PARTY/office")
    }

    pub(crate) fn code(&mut self) -> Result<Code, DecodeError> {
        self.parsed(CODE_LENGTH_BYTES_MAX, "a code is letters, digits and hyphens")
    }

    /// The number of elements that follow.
    pub(crate) fn array(&mut self, limit_elements: usize) -> Result<usize, DecodeError> {
        let start = self.decoder.position();
        let elements = self
            .decoder
            .array()
            .map_err(|error| self.explain(start, &error))?;
        let elements = elements.ok_or_else(|| self.fault(Fault::WrongType))?;
        self.shortest(start, elements, 0)?;
        let elements = usize::try_from(elements).unwrap_or(usize::MAX);
        self.within(start, elements, limit_elements)?;
        Ok(elements)
    }

    pub(crate) fn map(&mut self) -> Result<Labels, DecodeError> {
        let start = self.decoder.position();
        let unread = self.decoder.map().map_err(|error| self.explain(start, &error))?;
        let unread = unread.ok_or_else(|| self.fault(Fault::WrongType))?;
        self.shortest(start, unread, 0)?;
        Ok(Labels {
            unread,
            last: None,
            pending: None,
        })
    }

    pub(crate) fn tag(&mut self, expected: u64) -> Result<(), DecodeError> {
        let start = self.decoder.position();
        let tag = self
            .decoder
            .tag()
            .map_err(|error| self.explain(start, &error))?
            .as_u64();
        self.shortest(start, tag, 0)?;
        if tag == expected {
            Ok(())
        } else {
            Err(self.bad("another tag was expected"))
        }
    }

    /// What follows, if it is an advisory value: passed over.
    fn pass_over(&mut self) -> Result<(), DecodeError> {
        match self.decoder.datatype() {
            Ok(Type::U8 | Type::U16 | Type::U32 | Type::U64) => self.uint().map(|_| ()),
            Ok(Type::Bytes) => self.bytes(ADVISORY_VALUE_BYTES_MAX).map(|_| ()),
            Ok(Type::String) => self.text(ADVISORY_VALUE_BYTES_MAX).map(|_| ()),
            Ok(_) => Err(self.fault(Fault::WrongType)),
            Err(_) => Err(self.fault(Fault::Truncated)),
        }
    }

    fn label(&mut self) -> Result<Label, DecodeError> {
        let start = self.decoder.position();
        let number = self.decoder.int().map_err(|error| self.explain(start, &error))?;
        let number = i128::from(number);
        // CBOR's integers are -2^64 to 2^64 - 1: the magnitude always fits.
        let magnitude = u64::try_from(if number < 0 { !number } else { number }).unwrap_or(u64::MAX);
        self.shortest(start, magnitude, 0)?;
        Ok(if number < 0 {
            Label::Advisory(magnitude)
        } else {
            Label::Critical(magnitude)
        })
    }

    /// Whether what was read since `start`, a head for `number` and `content_bytes`, is as short as
    /// can be.
    fn shortest(&self, start: usize, number: u64, content_bytes: usize) -> Result<(), DecodeError> {
        let head_bytes = match number {
            0..=23 => 1,
            24..=0xff => 2,
            0x100..=0xffff => 3,
            0x1_0000..=0xffff_ffff => 5,
            _ => 9,
        };
        if self.decoder.position() - start == head_bytes + content_bytes {
            Ok(())
        } else {
            Err(DecodeError {
                format: self.format,
                offset: start,
                fault: Fault::NotShortest,
            })
        }
    }

    fn within(&self, start: usize, length: usize, limit: usize) -> Result<(), DecodeError> {
        if length <= limit {
            Ok(())
        } else {
            Err(DecodeError {
                format: self.format,
                offset: start,
                fault: Fault::TooLong(limit),
            })
        }
    }

    fn explain(&self, start: usize, error: &minicbor::decode::Error) -> DecodeError {
        let fault = if error.is_end_of_input() {
            Fault::Truncated
        } else {
            Fault::WrongType
        };
        DecodeError {
            format: self.format,
            offset: start,
            fault,
        }
    }
}

impl Labels {
    /// The next label must be this one; its value is to be read next.
    pub(crate) fn required(&mut self, reader: &mut Reader<'_>, label: u64) -> Result<(), DecodeError> {
        if self.optional(reader, label)? {
            Ok(())
        } else {
            Err(reader.fault(Fault::MissingLabel(label)))
        }
    }

    /// Whether the next label is this one; if so, its value is to be read next.
    pub(crate) fn optional(&mut self, reader: &mut Reader<'_>, label: u64) -> Result<bool, DecodeError> {
        let Some(Label::Critical(next)) = self.peek(reader)? else {
            return Ok(false);
        };
        match next.cmp(&label) {
            Ordering::Equal => {
                self.pending = None;
                Ok(true)
            }
            // It was not asked for, and what follows is greater.
            Ordering::Less => Err(reader.fault(Fault::UnknownLabel(next))),
            Ordering::Greater => Ok(false),
        }
    }

    /// Label 0 must be there, with this version.
    pub(crate) fn version(&mut self, reader: &mut Reader<'_>, known: u64) -> Result<(), DecodeError> {
        self.required(reader, 0)?;
        match reader.uint()? {
            version if version == known => Ok(()),
            other => Err(reader.fault(Fault::UnknownVersion(other))),
        }
    }

    /// No label may follow.
    pub(crate) fn end(mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        match self.peek(reader)? {
            None => Ok(()),
            Some(Label::Critical(label)) => Err(reader.fault(Fault::UnknownLabel(label))),
            Some(Label::Advisory(_)) => Err(reader.bad("an advisory label has no place here")),
        }
    }

    /// Only advisory labels may follow; they are passed over.
    pub(crate) fn end_of_statement(mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        for _ in 0..ADVISORY_LABELS_MAX {
            match self.peek(reader)? {
                Some(Label::Advisory(_)) => {
                    self.pending = None;
                    reader.pass_over()?;
                }
                _ => break,
            }
        }
        match self.peek(reader)? {
            Some(Label::Advisory(_)) => Err(reader.fault(Fault::TooLong(ADVISORY_LABELS_MAX))),
            _ => self.end(reader),
        }
    }

    fn peek(&mut self, reader: &mut Reader<'_>) -> Result<Option<Label>, DecodeError> {
        if self.pending.is_none() && self.unread > 0 {
            let label = reader.label()?;
            if self.last.is_some_and(|last| label <= last) {
                return Err(reader.fault(Fault::LabelOrder));
            }
            self.unread -= 1;
            self.last = Some(label);
            self.pending = Some(label);
        }
        Ok(self.pending)
    }
}

#[cfg(test)]
mod tests;
