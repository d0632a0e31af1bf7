//! Signatures: COSE_Sign1 and COSE_Sign (RFC 9052 sections 4.1 and 4.2) with EdDSA over Ed25519
//! (RFC 9053 section 2.2), in the one form that we use.
//!
//! ```text
//! 18([ h'A3 01 27 03 781F...6170706C...63626F72 04 50...',   / protected: {1: -8, 3: type, 4: kid} /
//!      {},                                                    / unprotected: always empty /
//!      h'...',                                                / payload /
//!      h'...' ])                                              / signature, 64 bytes /
//! ```
//!
//! The content type is protected, so a signature of one type never verifies as another. The algorithm
//! is fixed; it is written, as RFC 9052 asks, and read only to be compared.
//!
//! The crate `coset` was looked at and not taken: its decoder goes through a general CBOR value
//! (`ciborium`), which allocates before it knows limits, recurses with its input, accepts numbers
//! that are not in shortest form, duplicated labels in nested maps and any header there is, and
//! would bring a second CBOR library. Four strings in a fixed shape need none of that.

use std::collections::BTreeMap;

use crate::cbor::{Reader, Writer};
use crate::decode::{DecodeError, Fault};
use crate::key::{KeyId, PublicKey, Sign};
use crate::limits::{KEY_SET_SIGNATURES_MAX, SECRETARIAT_SIGNATURES_MAX};

/// The format's name in errors.
const FORMAT: &str = "signature";

/// EdDSA (RFC 9053 section 2.2).
const ALGORITHM: i64 = -8;

/// Labels of the protected header (RFC 9052 section 3.1).
const LABEL_ALGORITHM: u64 = 1;
const LABEL_CONTENT_TYPE: u64 = 3;
const LABEL_KEY_ID: u64 = 4;

/// The greatest length of a protected header: longer than any that we write.
const PROTECTED_BYTES_MAX: usize = 128;

/// What COSE adds to a payload, at most; to allocate once.
const OVERHEAD_BYTES: usize = 2 * PROTECTED_BYTES_MAX;

/// What was signed. One for each kind of statement: this keeps them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentType {
    Envelope,
    Receipt,
    Rejection,
    Consignment,
    Completion,
    Hello,
    Join,
    Directory,
    KeySet,
    DirectoryChange,
    KeyProof,
    Bundle,
}

/// A COSE_Sign1, read and not verified.
pub(crate) struct Sign1<'b> {
    /// The key that it says has signed.
    pub(crate) key: KeyId,
    /// What was signed.
    pub(crate) payload: &'b [u8],
    protected: &'b [u8],
    signature: [u8; 64],
}

/// A COSE_Sign, read and not verified.
pub(crate) struct SignMany<'b> {
    /// What was signed.
    pub(crate) payload: &'b [u8],
    protected: &'b [u8],
    signatures: Vec<Signature<'b>>,
}

/// One of the signatures of a COSE_Sign.
struct Signature<'b> {
    key: KeyId,
    protected: &'b [u8],
    signature: [u8; 64],
}

impl ContentType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Envelope => "application/ohrid-envelope+cbor",
            Self::Receipt => "application/ohrid-receipt+cbor",
            Self::Rejection => "application/ohrid-rejection+cbor",
            Self::Consignment => "application/ohrid-consignment+cbor",
            Self::Completion => "application/ohrid-completion+cbor",
            Self::Hello => "application/ohrid-hello+cbor",
            Self::Join => "application/ohrid-join+cbor",
            Self::Directory => "application/ohrid-directory+cbor",
            Self::KeySet => "application/ohrid-key-set+cbor",
            Self::DirectoryChange => "application/ohrid-directory-change+cbor",
            Self::KeyProof => "application/ohrid-key-proof+cbor",
            Self::Bundle => "application/ohrid-bundle+cbor",
        }
    }

    /// How many signatures a COSE_Sign of this type may bear.
    const fn signatures_max(self) -> usize {
        match self {
            Self::KeySet => KEY_SET_SIGNATURES_MAX,
            _ => SECRETARIAT_SIGNATURES_MAX,
        }
    }
}

/// Signs a payload as a COSE_Sign1. `external` is covered by the signature and does not travel.
pub(crate) fn sign_one(content: ContentType, payload: &[u8], external: &[u8], key: &impl Sign) -> Vec<u8> {
    let protected = protect(Some(content), Some(key.key_id()));
    let signature = key.sign_bytes(&to_be_signed_once(&protected, external, payload));
    let mut out = Writer::with_capacity(payload.len() + OVERHEAD_BYTES);
    out.tag(18)
        .array(4)
        .bytes(&protected)
        .map(0)
        .bytes(payload)
        .bytes(&signature);
    out.finish()
}

/// Signs a payload as a COSE_Sign with one signature for each key.
pub(crate) fn sign_many<K: Sign>(content: ContentType, payload: &[u8], keys: &[&K]) -> Vec<u8> {
    let protected = protect(Some(content), None);
    let sign = |key: &&K| {
        let signer = protect(None, Some(key.key_id()));
        let signature = key.sign_bytes(&to_be_signed_jointly(&protected, &signer, payload));
        (signer, signature)
    };
    let signatures: Vec<_> = keys.iter().map(sign).collect();
    let borrowed: Vec<_> = signatures
        .iter()
        .map(|(signer, signature)| (signer.as_slice(), signature))
        .collect();
    write_many(&protected, payload, &borrowed)
}

/// One COSE_Sign of several copies of it: the valid signatures by `keys` on any of them, in ascending order
/// of key ids; all others are left out. So the same signatures give the same bytes, in whatever order and
/// company they came. `None` when there is no copy, or one says something else.
pub(crate) fn gather(copies: &[SignMany<'_>], keys: &[PublicKey]) -> Option<Vec<u8>> {
    let first = copies.first()?;
    let mut gathered: BTreeMap<KeyId, (&[u8], &[u8; 64])> = BTreeMap::new();
    for copy in copies {
        if copy.payload != first.payload {
            return None;
        }
        for signature in &copy.signatures {
            if copy.signer(signature, keys).is_some() {
                gathered.insert(signature.key, (signature.protected, &signature.signature));
            }
        }
    }
    let signatures: Vec<_> = gathered.into_values().collect();
    Some(write_many(first.protected, first.payload, &signatures))
}

/// Writes a COSE_Sign: each signature with its own protected header.
fn write_many(protected: &[u8], payload: &[u8], signatures: &[(&[u8], &[u8; 64])]) -> Vec<u8> {
    let mut out = Writer::with_capacity(payload.len() + OVERHEAD_BYTES * (1 + signatures.len()));
    out.tag(98)
        .array(4)
        .bytes(protected)
        .map(0)
        .bytes(payload)
        .array(signatures.len());
    for (signer, signature) in signatures {
        out.array(3).bytes(signer).map(0).bytes(*signature);
    }
    out.finish()
}

impl<'b> Sign1<'b> {
    /// Reads a COSE_Sign1 of this content type, and checks no signature.
    pub(crate) fn parse(content: ContentType, bytes: &'b [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(FORMAT, bytes);
        reader.tag(18)?;
        elements(&mut reader, 4)?;
        let protected = reader.bytes(PROTECTED_BYTES_MAX)?;
        let key = unprotect_with_key(protected, Some(content))?;
        reader.map()?.end(&mut reader)?;
        // The whole was bounded by whoever took the bytes in.
        let payload = reader.bytes(usize::MAX)?;
        let signature = reader.exactly()?;
        reader.end()?;
        Ok(Self {
            key,
            payload,
            protected,
            signature,
        })
    }

    /// Whether `key` has signed it, with this external data.
    pub(crate) fn is_signed_by(&self, key: &PublicKey, external: &[u8]) -> bool {
        let signed = || to_be_signed_once(self.protected, external, self.payload);
        key.id() == self.key && key.has_signed(&signed(), &self.signature)
    }
}

impl<'b> SignMany<'b> {
    /// Reads a COSE_Sign of this content type, and checks no signature.
    pub(crate) fn parse(content: ContentType, bytes: &'b [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(FORMAT, bytes);
        reader.tag(98)?;
        elements(&mut reader, 4)?;
        let protected = reader.bytes(PROTECTED_BYTES_MAX)?;
        unprotect(protected, Some(content))?;
        reader.map()?.end(&mut reader)?;
        let payload = reader.bytes(usize::MAX)?;
        let count = reader.array(content.signatures_max())?;
        let mut signatures: Vec<Signature<'_>> = Vec::new();
        for _ in 0..count {
            elements(&mut reader, 3)?;
            let protected = reader.bytes(PROTECTED_BYTES_MAX)?;
            let key = unprotect_with_key(protected, None)?;
            // Otherwise one key would count as several, or be checked over and over on a large payload.
            if signatures.iter().any(|earlier| earlier.key == key) {
                return Err(reader.bad("a key signs once"));
            }
            reader.map()?.end(&mut reader)?;
            signatures.push(Signature {
                key,
                protected,
                signature: reader.exactly()?,
            });
        }
        reader.end()?;
        Ok(Self {
            payload,
            protected,
            signatures,
        })
    }

    /// How many of `keys` have signed it validly. No key signs twice ([`SignMany::parse`]), so that none
    /// counts twice; signatures by other keys are passed over.
    pub(crate) fn count_signed_by(&self, keys: &[PublicKey]) -> usize {
        self.signers(keys).len()
    }

    /// Which of `keys` have signed it validly: each once, in the order of the signatures.
    pub(crate) fn signers(&self, keys: &[PublicKey]) -> Vec<PublicKey> {
        let signatures = self.signatures.iter();
        signatures
            .filter_map(|signature| self.signer(signature, keys))
            .collect()
    }

    /// The key of `keys` that a signature names, if it is that key's.
    fn signer(&self, signature: &Signature<'_>, keys: &[PublicKey]) -> Option<PublicKey> {
        let key = keys.iter().find(|key| key.id() == signature.key)?;
        let signed = to_be_signed_jointly(self.protected, signature.protected, self.payload);
        key.has_signed(&signed, &signature.signature).then_some(*key)
    }
}

/// The protected header, in the part that belongs where it stands.
fn protect(content: Option<ContentType>, key: Option<KeyId>) -> Vec<u8> {
    let mut out = Writer::with_capacity(PROTECTED_BYTES_MAX);
    let labels = 2 * u64::from(key.is_some()) + u64::from(content.is_some());
    out.map(labels);
    if key.is_some() {
        out.uint(LABEL_ALGORITHM).int(ALGORITHM);
    }
    if let Some(content) = content {
        out.uint(LABEL_CONTENT_TYPE).text(content.as_str());
    }
    if let Some(key) = key {
        out.uint(LABEL_KEY_ID).bytes(key.as_bytes());
    }
    out.finish()
}

/// Reads a protected header without a key: the body's of a COSE_Sign.
fn unprotect(protected: &[u8], content: Option<ContentType>) -> Result<(), DecodeError> {
    let mut reader = Reader::new(FORMAT, protected);
    let mut labels = reader.map()?;
    expect_content(&mut reader, &mut labels, content)?;
    labels.end(&mut reader)?;
    reader.end()
}

/// Reads a protected header that names algorithm and key.
fn unprotect_with_key(protected: &[u8], content: Option<ContentType>) -> Result<KeyId, DecodeError> {
    let mut reader = Reader::new(FORMAT, protected);
    let mut labels = reader.map()?;
    labels.required(&mut reader, LABEL_ALGORITHM)?;
    if reader.int()? != ALGORITHM {
        return Err(reader.bad("the algorithm is not EdDSA"));
    }
    expect_content(&mut reader, &mut labels, content)?;
    labels.required(&mut reader, LABEL_KEY_ID)?;
    let key = KeyId::from_bytes(reader.exactly()?);
    labels.end(&mut reader)?;
    reader.end()?;
    Ok(key)
}

fn expect_content(
    reader: &mut Reader<'_>,
    labels: &mut crate::cbor::Labels,
    content: Option<ContentType>,
) -> Result<(), DecodeError> {
    let Some(content) = content else { return Ok(()) };
    labels.required(reader, LABEL_CONTENT_TYPE)?;
    if reader.text(PROTECTED_BYTES_MAX)? == content.as_str() {
        Ok(())
    } else {
        Err(reader.bad("the content type is another"))
    }
}

fn elements(reader: &mut Reader<'_>, count: usize) -> Result<(), DecodeError> {
    if reader.array(count)? == count {
        Ok(())
    } else {
        Err(reader.fault(Fault::WrongLength(count)))
    }
}

/// `Sig_structure` of a COSE_Sign1 (RFC 9052 section 4.4).
fn to_be_signed_once(protected: &[u8], external: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Writer::with_capacity(payload.len() + OVERHEAD_BYTES);
    out.array(4)
        .text("Signature1")
        .bytes(protected)
        .bytes(external)
        .bytes(payload);
    out.finish()
}

/// `Sig_structure` of one signature of a COSE_Sign (RFC 9052 section 4.4), without external data.
fn to_be_signed_jointly(body: &[u8], signer: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Writer::with_capacity(payload.len() + OVERHEAD_BYTES);
    out.array(5)
        .text("Signature")
        .bytes(body)
        .bytes(signer)
        .bytes(&[])
        .bytes(payload);
    out.finish()
}

#[cfg(test)]
mod tests;
