//! `head`: the newest checkpoint that was signed and released, kept beside the ledger.
//!
//! The ledger can only prove that it is whole as far as it goes. That it goes far enough, only somebody
//! else can say: peers, witnesses, and this small file. A ledger that is shorter than what was signed is
//! an old backup or lost bytes, and must not be signed again `[ROLLBACK]`.
//!
//! ```text
//! ohrid-head/1
//! 70000
//! 0c36e4df0f1b1f829efdfc789517024d81c8 ... (root, 64 hexadecimal digits)
//! 5c3f2a ...                               (SHA-256 of the three lines above)
//! ```

use std::fmt::Write as _;

use ledger::hash::Hash;
use protocol::digest::Digest;

/// The file's name.
pub(crate) const HEAD_FILE: &str = "head";
/// Nobody writes a longer one.
pub(crate) const HEAD_BYTES_MAX: usize = 256;
const VERSION_LINE: &str = "ohrid-head/1";

/// The size and root of a released checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// The number of leaves.
    pub size: u64,
    /// The root of the tree of that size.
    pub root: Hash,
}

impl Released {
    /// The file's bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut text = format!("{VERSION_LINE}\n{}\n{}\n", self.size, self.root);
        let checksum = Digest::of(text.as_bytes());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{checksum}");
        text.into_bytes()
    }

    /// Reads the file's bytes; `None` unless they are exactly what [`Released::encode`] writes.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines().skip(1);
        let size = lines.next()?.parse().ok()?;
        let root = Hash::from_bytes(parse_hex(lines.next()?)?);
        let released = Self { size, root };
        (released.encode() == bytes).then_some(released)
    }
}

/// 64 hexadecimal digits; upper case is caught by encoding again.
pub(crate) fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut bytes = [0; 32];
    // The library would read a sign as well.
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
