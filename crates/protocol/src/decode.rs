//! What can be wrong with bytes that claim to be one of our formats.
//!
//! Every parser of this crate is a pure function of bytes and answers with this one error. It names the
//! format, the place and the fault, and never repeats content: it may be logged.

use std::fmt;

/// Bytes that are not what they should be. Whoever wrote them is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{format}, byte {offset}: {fault}")]
pub struct DecodeError {
    /// The format that was expected, such as `envelope header`.
    pub format: &'static str,
    /// Where reading stopped, in bytes from the beginning of that format.
    pub offset: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The bytes end before the value does.
    Truncated,
    /// Bytes follow after the end.
    TrailingBytes,
    /// Another CBOR type stands where one was expected; also every indefinite length.
    WrongType,
    /// A number or length is not in its shortest form (RFC 8949 section 4.2.1).
    NotShortest,
    /// Labels are not in ascending order, or one stands twice.
    LabelOrder,
    /// A label that must be there is not.
    MissingLabel(u64),
    /// A critical label that this version does not know.
    UnknownLabel(u64),
    /// Longer than the limit for this place, in bytes or elements.
    TooLong(usize),
    /// Not as long as it must be here, in bytes or elements.
    WrongLength(usize),
    /// Written by a version of the format that this node does not know.
    UnknownVersion(u64),
    /// A kind (of frame, entry, reason) that this node does not know.
    UnknownKind(u64),
    /// A value of the right type that cannot stand here; the text says which and why.
    BadValue(&'static str),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => out.write_str("the bytes end too early"),
            Self::TrailingBytes => out.write_str("bytes follow after the end"),
            Self::WrongType => out.write_str("another type of value was expected"),
            Self::NotShortest => out.write_str("a number or length is not in its shortest form"),
            Self::LabelOrder => out.write_str("labels are not in ascending order, or one stands twice"),
            Self::MissingLabel(label) => write!(out, "label {label} is missing"),
            Self::UnknownLabel(label) => write!(out, "label {label} is critical and not known"),
            Self::TooLong(limit) => write!(out, "longer than the limit of {limit}"),
            Self::WrongLength(length) => write!(out, "not of the length {length}"),
            Self::UnknownVersion(version) => write!(out, "version {version} is not known"),
            Self::UnknownKind(kind) => write!(out, "kind {kind} is not known"),
            Self::BadValue(what) => out.write_str(what),
        }
    }
}
