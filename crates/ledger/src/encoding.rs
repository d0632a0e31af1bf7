//! The two text encodings that all formats here share, each accepting exactly what it would print.
//!
//! Non-canonical base64 (trailing bits that are not zero, missing padding) is refused everywhere.
//! Other decoders accept it, and then two texts carry one signature: C2SP issue 348.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::limits::MAX_TREE_SIZE;

/// Base64 as in RFC 4648 section 4, padded.
pub(crate) fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Undoes [`encode_base64`]; `None` for any text that it would not have printed.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text).ok()?;
    // The engine is strict by its configuration; that it stays so is worth one comparison.
    (STANDARD.encode(&bytes) == text).then_some(bytes)
}

/// A decimal number: ASCII digits, no sign, no leading zero, at most [`MAX_TREE_SIZE`].
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    if text.is_empty() || !canonical || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= MAX_TREE_SIZE)
}

#[cfg(test)]
mod tests;
