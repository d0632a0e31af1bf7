#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What the readers of this crate must never do with hostile bytes, said as functions that take any bytes and
//! panic where it does not hold. The fuzz targets of `fuzz/` call them; so does a test here, with what
//! fuzzing has found before. Compiled for these two only: whatever uses this crate does not see it.

mod peer;

pub use peer::peer;

use crate::bundle::signature::BundleSeal;
use crate::completion::Completion;
use crate::consignment::Consignment;
use crate::cose::{ContentType, Sign1, SignMany, sign_many, sign_one};
use crate::decode::DecodeError;
use crate::directory::hostile::directory_payloads;
use crate::envelope::Header;
use crate::example::{key_of_xa, key_of_xb};
use crate::hello::Hello;
use crate::index::{InboxKey, InboxRecord, OutboxRecord};
use crate::receipt::Receipt;
use crate::rejection::Rejection;
use crate::statement::Statement;

/// The bytes as the content of every statement, signed or not: what is read says the same when it is written
/// again; nothing but labels that this version does not know is left out; and whatever is wrong is named.
pub fn statements(bytes: &[u8]) {
    statement::<Header>(bytes);
    statement::<Receipt>(bytes);
    statement::<Rejection>(bytes);
    statement::<Consignment>(bytes);
    statement::<Completion>(bytes);
    statement::<BundleSeal>(bytes);
    one_form(bytes, Hello::decode, Hello::encode);
    directory_payloads(bytes);
    for content in CONTENTS {
        enveloped(content, bytes);
        signed(content, bytes);
    }
}

/// The bytes as values of the store's index: they have one form.
pub fn index_values(bytes: &[u8]) {
    canonical(bytes, InboxKey::decode, InboxKey::encode);
    canonical(bytes, InboxRecord::decode, InboxRecord::encode);
    canonical(bytes, OutboxRecord::decode, OutboxRecord::encode);
}

const CONTENTS: [ContentType; 12] = [
    ContentType::Envelope,
    ContentType::Receipt,
    ContentType::Rejection,
    ContentType::Consignment,
    ContentType::Completion,
    ContentType::Hello,
    ContentType::Join,
    ContentType::Directory,
    ContentType::KeySet,
    ContentType::DirectoryChange,
    ContentType::KeyProof,
    ContentType::Bundle,
];

fn statement<S: Statement + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    one_form(bytes, S::decode, S::encode);
}

/// A statement may have labels that this version does not know and need not: they are passed over. Without
/// them it has one form.
pub(crate) fn one_form<T: PartialEq + std::fmt::Debug, E: std::error::Error + PartialEq>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, E>,
    encode: impl Fn(&T) -> Vec<u8>,
) {
    match decode(bytes) {
        Ok(read) => {
            let again = encode(&read);
            assert!(
                again == bytes || again.len() < bytes.len(),
                "two forms of {read:?}"
            );
            assert_eq!(decode(&again), Ok(read), "what was read can be written");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// What the store keeps has one form, and nothing is passed over.
fn canonical<T>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    encode: impl Fn(&T) -> Vec<u8>,
) {
    match decode(bytes) {
        Ok(read) => assert_eq!(encode(&read), bytes),
        Err(error) => located(&error, bytes),
    }
}

/// An error names a format, and a place that there is.
fn located(error: &DecodeError, bytes: &[u8]) {
    assert!(!error.format.is_empty());
    assert!(
        error.offset <= bytes.len(),
        "{error} is not within {} bytes",
        bytes.len()
    );
}

/// Whatever is signed comes out of the envelope as it went in, signed by that key and no other, and as no
/// other kind of statement.
fn enveloped(content: ContentType, payload: &[u8]) {
    let (one, many) = (key_of_xa(), [&key_of_xa(), &key_of_xb()]);
    let bytes = sign_one(content, payload, b"", &one);
    let read = Sign1::parse(content, &bytes).expect("what is signed can be read");
    assert_eq!(read.payload, payload);
    assert!(read.is_signed_by(&one.public(), b""));
    assert!(!read.is_signed_by(&many[1].public(), b""));
    assert!(!read.is_signed_by(&one.public(), b"x"));
    let bytes = sign_many(content, payload, &many);
    let read = SignMany::parse(content, &bytes).expect("what is signed can be read");
    assert_eq!(read.payload, payload);
    for other in CONTENTS.into_iter().filter(|other| *other != content).take(2) {
        assert!(SignMany::parse(other, &bytes).is_err(), "taken for another kind");
    }
}

/// The bytes as COSE: strict, and nobody's signature unless somebody has signed.
fn signed(content: ContentType, bytes: &[u8]) {
    match Sign1::parse(content, bytes) {
        Ok(read) => assert!(
            bytes
                .windows(read.payload.len().max(1))
                .any(|part| part == read.payload)
                || read.payload.is_empty()
        ),
        Err(error) => located(&error, bytes),
    }
    match SignMany::parse(content, bytes) {
        Ok(read) => {
            // Not the golden ones: these keys sign no directory.
            let keys = [key_of_xa().public(), key_of_xb().public()];
            assert!(read.count_signed_by(&keys) <= keys.len());
        }
        Err(error) => located(&error, bytes),
    }
}

#[cfg(test)]
mod tests;
