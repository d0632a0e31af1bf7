//! Random bytes from the operating system, for keys and ids.

use control::headers::IdempotencyKey;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The secret half of a new Ed25519 key.
pub(crate) fn seed() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

/// A key for one write to the node.
pub(crate) fn idempotency_key() -> Result<IdempotencyKey, Failure> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(IdempotencyKey::from_random(bytes))
}

/// The key of one write among several that one command makes, all of which it repeats when it is given again.
pub(crate) fn derived_key(key: &IdempotencyKey, number: usize) -> IdempotencyKey {
    let digest = Sha256::new()
        .chain_update(b"ohrid attachment\n")
        .chain_update(key.as_str())
        .chain_update(number.to_be_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    IdempotencyKey::from_random(bytes)
}

/// Bytes as lower-case hexadecimal digits, wiped when dropped: how seeds lie in files.
pub(crate) fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for byte in bytes {
        for half in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
    }
    text
}

/// Reads what [`hex`] wrote, for exactly 32 bytes; one line feed at the end is allowed.
pub(crate) fn seed_from_hex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let digits = text.strip_suffix('\n').unwrap_or(text).as_bytes();
    let mut seed = Zeroizing::new([0_u8; 32]);
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in seed.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        let digit = |letter: u8| match letter {
            b'0'..=b'9' => Some(letter - b'0'),
            b'a'..=b'f' => Some(letter - b'a' + 10),
            _ => None,
        };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(seed)
}

fn fill(bytes: &mut [u8]) -> Result<(), Failure> {
    getrandom::fill(bytes)
        .map_err(|error| Failure::failed(format!("no random bytes from the system: {error}")))
}

#[cfg(test)]
mod tests;
