//! What a witness answers, as status and body, and how a log reads it.

use crate::encoding;
use crate::limits::{MAX_NOTE_SIGNATURES, MAX_WITNESS_ANSWER_BYTES};
use crate::note::SignatureLine;

/// The content type of the body that names the witness's size.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// The content type of every other body.
const TEXT_CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// Every status of the protocol, with its HTTP number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// 200: cosigned; the body is signature lines.
    Cosigned,
    /// 400: the request is malformed, or its old size is greater than its new one.
    Malformed,
    /// 403: no valid signature by a key that is trusted for the log.
    NotSigned,
    /// 404: no key is trusted for the log.
    UnknownLog,
    /// 409: the witness stands at another size, which is the body.
    Conflict,
    /// 422: the checkpoint does not continue what the witness has cosigned.
    Unprocessable,
    /// 429, not in the specification but in use: later.
    Overloaded,
}

/// An answer that is ready to be sent. A 200 is made from a head that was persisted, and from nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    status: Status,
    body: String,
}

/// An answer as the log reads it. Nothing in it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: signature lines.
    Cosigned(Vec<SignatureLine>),
    /// 409: the size at which the witness stands.
    Conflict {
        /// In leaves.
        known_size: u64,
    },
    /// Any other status of the protocol.
    Refused(Status),
}

/// Why an answer is not one of the protocol. The witness is at fault, or something between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerDecodeError {
    /// The status is none of the protocol.
    #[error("{0} is no status of the witness protocol")]
    UnknownStatus(u16),
    /// The body is longer than [`MAX_WITNESS_ANSWER_BYTES`].
    #[error("the answer is longer than {MAX_WITNESS_ANSWER_BYTES} bytes")]
    TooLong,
    /// The body of a 200 is not one or more signature lines.
    #[error("the answer is not one or more signature lines")]
    BadLines,
    /// The body of a 409 is not a number in its only form and a line feed, or of another content type.
    #[error("the answer does not name the size at which the witness stands")]
    BadSize,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Cosigned,
        Self::Malformed,
        Self::NotSigned,
        Self::UnknownLog,
        Self::Conflict,
        Self::Unprocessable,
        Self::Overloaded,
    ];

    /// Its HTTP number.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Cosigned => 200,
            Self::Malformed => 400,
            Self::NotSigned => 403,
            Self::UnknownLog => 404,
            Self::Conflict => 409,
            Self::Unprocessable => 422,
            Self::Overloaded => 429,
        }
    }

    /// The status with this HTTP number.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

impl Reply {
    /// 429: the witness is asked more often than it answers.
    #[must_use]
    pub fn overloaded() -> Self {
        Self::of_reason(Status::Overloaded, "later")
    }

    pub(super) fn of_lines(lines: &[SignatureLine]) -> Self {
        Self {
            status: Status::Cosigned,
            body: lines.iter().map(ToString::to_string).collect(),
        }
    }

    pub(super) fn of_size(known_size: u64) -> Self {
        Self {
            status: Status::Conflict,
            body: format!("{known_size}\n"),
        }
    }

    pub(super) fn of_reason(status: Status, reason: &str) -> Self {
        Self {
            status,
            body: format!("{reason}\n"),
        }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// The content type of the body.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self.status {
            Status::Conflict => SIZE_CONTENT_TYPE,
            _ => TEXT_CONTENT_TYPE,
        }
    }

    /// The body: signature lines, a size, or a reason in words.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl Answer {
    /// Reads an answer, strictly. `content_type` is `None` where the way that it came has none.
    pub fn parse(code: u16, content_type: Option<&str>, body: &[u8]) -> Result<Self, AnswerDecodeError> {
        use AnswerDecodeError as Error;
        let status = Status::from_code(code).ok_or(Error::UnknownStatus(code))?;
        if body.len() > MAX_WITNESS_ANSWER_BYTES {
            return Err(Error::TooLong);
        }
        match status {
            Status::Cosigned => {
                let lines = str::from_utf8(body).ok().and_then(parse_lines);
                lines.map(Self::Cosigned).ok_or(Error::BadLines)
            }
            Status::Conflict => {
                let named = content_type.is_none_or(is_size_type);
                let text = str::from_utf8(body).ok().filter(|_| named);
                let number = text.and_then(|text| text.strip_suffix('\n'));
                let known_size = number.and_then(encoding::parse_decimal).ok_or(Error::BadSize)?;
                Ok(Self::Conflict { known_size })
            }
            status => Ok(Self::Refused(status)),
        }
    }
}

/// Whether a content type is that of a size. Media types have no case, and a server may add a parameter.
fn is_size_type(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(SIZE_CONTENT_TYPE)
}

/// One or more signature lines, and nothing else.
fn parse_lines(text: &str) -> Option<Vec<SignatureLine>> {
    let lines: Vec<&str> = text.split_inclusive('\n').take(MAX_NOTE_SIGNATURES + 1).collect();
    if lines.is_empty() || lines.len() > MAX_NOTE_SIGNATURES {
        return None;
    }
    lines.into_iter().map(SignatureLine::parse).collect()
}

#[cfg(test)]
mod tests;
