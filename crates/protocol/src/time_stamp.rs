//! Time stamps of RFC 3161: what is asked of a time-stamping service, and whether what it answers is about
//! what was asked.
//!
//! A stamp says that a checkpoint existed at a time, by the clock of somebody who has nothing to do with the
//! ledger. Here the answer is read strictly and held against the question: that it was granted, that it is
//! about these bytes and this nonce, and when. Whether the service signed it is for X.509 and CMS to find
//! out, which are far larger than everything else here: `openssl ts -verify` does it, for whoever needs the
//! stamp in court.
//!
//! Only DER is read (X.690 section 10), as RFC 3161 section 2.4.2 asks for; a token in BER of indefinite
//! length is refused. A request, as `openssl ts -query -text` shows it:
//!
//! ```text
//! Version: 1
//! Hash Algorithm: sha256
//! Message data: e3 b0 c4 42 98 fc 1c 14 9a fb f4 c8 99 6f b9 24 27 ae 41 e4 64 9b 93 4c a4 95 99 1b 78 52
//! b8 55
//! Policy OID: unspecified
//! Nonce: 0x0102030405060708
//! Certificate required: yes
//! ```

mod der;

use crate::digest::Digest;
use crate::limits::TIME_STAMP_BYTES_MAX;
use crate::time::UnixMillis;
use der::{Element, NotDer, Reader, tag};

/// The content type of a request over HTTP (RFC 3161 section 3.4).
pub const QUERY_CONTENT_TYPE: &str = "application/timestamp-query";
/// The content type of its answer.
pub const REPLY_CONTENT_TYPE: &str = "application/timestamp-reply";

/// SHA-256, 2.16.840.1.101.3.4.2.1 (RFC 5754).
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
/// `id-signedData`, 1.2.840.113549.1.7.2 (RFC 5652 section 5.1).
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `id-ct-TSTInfo`, 1.2.840.113549.1.9.16.1.4 (RFC 3161 section 2.4.2).
const TST_INFO: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// A question for a stamp. The nonce must be random: it ties the answer to this question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeStampQuery {
    imprint: Digest,
    nonce: [u8; 8],
}

/// A stamp that was granted, and is about what was asked. Its signature was not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStamp {
    /// When the bytes existed, by the service's clock, in whole seconds.
    pub at: UnixMillis,
    /// The service's number for it, big-endian.
    pub serial: Vec<u8>,
}

/// Why an answer is no stamp of what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeStampError {
    /// The answer is longer than [`TIME_STAMP_BYTES_MAX`].
    #[error("the answer is longer than {TIME_STAMP_BYTES_MAX} bytes")]
    TooLong,
    /// The service refused, with a PKIStatus of RFC 3161 section 2.4.2.
    #[error("the service refused: status {0}")]
    Refused(u8),
    /// The answer is not a TimeStampResp in DER.
    #[error("the answer is not a TimeStampResp of RFC 3161 in DER: {0}")]
    Malformed(&'static str),
    /// The stamp is of other bytes.
    #[error("the stamp is of other bytes than those that were sent")]
    OtherBytes,
    /// The stamp answers another question.
    #[error("the stamp has another nonce than the question")]
    OtherNonce,
}

impl TimeStampQuery {
    /// Asks for a stamp of bytes with this digest.
    #[must_use]
    pub fn new(imprint: Digest, nonce: [u8; 8]) -> Self {
        Self { imprint, nonce }
    }

    /// The question as it is sent: a TimeStampReq in DER, with the wish for the service's certificate.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let algorithm = der::sequence(&[
            der::element(tag::OBJECT_IDENTIFIER, SHA256),
            der::element(tag::NULL, &[]),
        ]);
        let imprint = der::element(tag::OCTET_STRING, self.imprint.as_bytes());
        der::sequence(&[
            der::integer(&[1]),
            der::sequence(&[algorithm, imprint]),
            der::integer(&self.nonce),
            der::element(tag::BOOLEAN, &[0xff]),
        ])
    }

    /// Reads the answer to this question, a TimeStampResp in DER.
    ///
    /// # Errors
    /// See [`TimeStampError`]. The service is at fault, or something between.
    pub fn accept(&self, answer: &[u8]) -> Result<TimeStamp, TimeStampError> {
        let info = TstInfo::read(answer)?;
        if info.imprint != self.imprint {
            return Err(TimeStampError::OtherBytes);
        }
        if info.nonce != Some(der::integer_content(&self.nonce)) {
            return Err(TimeStampError::OtherNonce);
        }
        Ok(TimeStamp {
            at: info.at,
            serial: info.serial,
        })
    }
}

impl TimeStamp {
    /// Reads an answer that was kept, and says when the bytes with this digest existed. Who asked is not
    /// known any more, so the nonce is not looked at.
    ///
    /// # Errors
    /// See [`TimeStampError`].
    pub fn of_kept(answer: &[u8], imprint: &Digest) -> Result<Self, TimeStampError> {
        let info = TstInfo::read(answer)?;
        if info.imprint != *imprint {
            return Err(TimeStampError::OtherBytes);
        }
        Ok(Self {
            at: info.at,
            serial: info.serial,
        })
    }
}

/// What the service signed.
struct TstInfo {
    imprint: Digest,
    serial: Vec<u8>,
    at: UnixMillis,
    nonce: Option<Vec<u8>>,
}

impl From<NotDer> for TimeStampError {
    fn from(NotDer(what): NotDer) -> Self {
        Self::Malformed(what)
    }
}

impl TstInfo {
    /// From the outermost element to the innermost: response, token, signed data, info.
    fn read(answer: &[u8]) -> Result<Self, TimeStampError> {
        if answer.len() > TIME_STAMP_BYTES_MAX {
            return Err(TimeStampError::TooLong);
        }
        let mut whole = Reader::new(answer);
        let mut response = whole.enter(tag::SEQUENCE)?;
        whole.end("bytes follow the answer")?;
        let mut status = response.enter(tag::SEQUENCE)?;
        match status.take(tag::INTEGER)? {
            // granted, grantedWithMods
            [0 | 1] => {}
            [refused] => return Err(TimeStampError::Refused(*refused)),
            _ => return Err(TimeStampError::Malformed("the status")),
        }
        let mut token = response.enter(tag::SEQUENCE)?;
        response.end("something follows the token")?;
        token.expect(tag::OBJECT_IDENTIFIER, SIGNED_DATA, "the token is no signed data")?;
        let mut content = token.enter(tag::CONTEXT_0)?;
        token.end("something follows the signed data")?;
        let mut signed = content.enter(tag::SEQUENCE)?;
        content.end("something follows the signed data")?;
        // Version, digest algorithms.
        signed.take(tag::INTEGER)?;
        signed.take(tag::SET)?;
        let mut encapsulated = signed.enter(tag::SEQUENCE)?;
        encapsulated.expect(
            tag::OBJECT_IDENTIFIER,
            TST_INFO,
            "what is signed is no time stamp",
        )?;
        let mut wrapped = encapsulated.enter(tag::CONTEXT_0)?;
        encapsulated.end("something follows what is signed")?;
        let info = wrapped.take(tag::OCTET_STRING)?;
        wrapped.end("something follows what is signed")?;
        check_rest_of_signed_data(signed)?;
        Self::read_info(info)
    }

    fn read_info(bytes: &[u8]) -> Result<Self, TimeStampError> {
        let mut whole = Reader::new(bytes);
        let mut info = whole.enter(tag::SEQUENCE)?;
        whole.end("bytes follow the time stamp")?;
        info.expect(tag::INTEGER, &[1], "the time stamp's version")?;
        // The service's policy: whoever trusts the service knows it.
        info.take(tag::OBJECT_IDENTIFIER)?;
        let imprint = read_imprint(info.enter(tag::SEQUENCE)?)?;
        let serial = info.take(tag::INTEGER)?.to_vec();
        let at = der::generalized_time(info.take(tag::GENERALIZED_TIME)?)?;
        // Accuracy, ordering, nonce, the service's name, extensions: each may be absent, in this order.
        info.take_if(tag::SEQUENCE)?;
        if info
            .take_if(tag::BOOLEAN)?
            .is_some_and(|ordering| ordering != [0xff])
        {
            return Err(TimeStampError::Malformed("DER leaves out what is false"));
        }
        let nonce = info.take_if(tag::INTEGER)?.map(<[u8]>::to_vec);
        info.take_if(tag::CONTEXT_0)?;
        info.take_if(tag::CONTEXT_1)?;
        info.end("something follows the time stamp's fields")?;
        Ok(Self {
            imprint,
            serial,
            at,
            nonce,
        })
    }
}

/// Certificates, revocation lists and one signature at least: their form only.
fn check_rest_of_signed_data(mut signed: Reader<'_>) -> Result<(), TimeStampError> {
    signed.take_if(tag::CONTEXT_0)?;
    signed.take_if(tag::CONTEXT_1)?;
    let mut signers = signed.enter(tag::SET)?;
    signed.end("something follows the signatures")?;
    // RFC 3161 section 2.4.2: exactly one signature.
    let Element { .. } = signers.next_element(tag::SEQUENCE)?;
    signers.end("a time stamp has one signature")?;
    Ok(())
}

fn read_imprint(mut imprint: Reader<'_>) -> Result<Digest, TimeStampError> {
    let mut algorithm = imprint.enter(tag::SEQUENCE)?;
    let is_sha256 = algorithm.take(tag::OBJECT_IDENTIFIER)? == SHA256;
    // Parameters of SHA-256 are NULL or absent (RFC 5754 section 2).
    let no_parameters = algorithm.take_if(tag::NULL)?.is_none_or(<[u8]>::is_empty);
    algorithm.end("something follows the hash algorithm")?;
    let digest: Result<[u8; 32], _> = imprint.take(tag::OCTET_STRING)?.try_into();
    imprint.end("something follows the imprint")?;
    match digest {
        Ok(digest) if is_sha256 && no_parameters => Ok(Digest::from_bytes(digest)),
        _ => Err(TimeStampError::OtherBytes),
    }
}

#[cfg(test)]
mod tests;
