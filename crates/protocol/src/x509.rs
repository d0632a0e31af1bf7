//! What a node must know of an X.509 certificate beside whose it is: from when until when it is good, and
//! which key is in it (RFC 5280 section 4.1).
//!
//! Whether a certificate is to be believed is for TLS to find out. This only reads what stands in it, to
//! renew it in time and to pin its key, and follows nothing: five steps to the dates, one more to the key.

use crate::digest::Digest;
use crate::limits::CA_CERTIFICATE_BYTES_MAX;
use crate::time::UnixMillis;

/// DER tags (X.690 section 8).
mod tag {
    pub(super) const INTEGER: u8 = 0x02;
    pub(super) const UTC_TIME: u8 = 0x17;
    pub(super) const GENERALIZED_TIME: u8 = 0x18;
    pub(super) const SEQUENCE: u8 = 0x30;
    /// `[0] EXPLICIT`: the certificate's version.
    pub(super) const VERSION: u8 = 0xa0;
}

/// What a certificate says of itself. Nothing of it was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Good from this moment on.
    pub not_before: UnixMillis,
    /// Good until the end of this second.
    pub not_after: UnixMillis,
    /// SHA-256 of the key in it (SubjectPublicKeyInfo), as the directory pins it.
    pub pin: Digest,
}

/// Not a certificate that we would use. Whoever made it is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an X.509 certificate in DER with dates between 1970 and 9999")]
pub struct NotACertificate;

impl CertificateFacts {
    /// Reads a certificate in DER, of at most [`CA_CERTIFICATE_BYTES_MAX`].
    ///
    /// # Errors
    /// [`NotACertificate`].
    pub fn read(der: &[u8]) -> Result<Self, NotACertificate> {
        if der.len() > CA_CERTIFICATE_BYTES_MAX {
            return Err(NotACertificate);
        }
        let (certificate, rest) = element(der, tag::SEQUENCE)?;
        if !rest.is_empty() {
            return Err(NotACertificate);
        }
        let (mut fields, _) = element(certificate, tag::SEQUENCE)?;
        if fields.first() == Some(&tag::VERSION) {
            fields = element(fields, tag::VERSION)?.1;
        }
        // Serial number, signature algorithm, issuer.
        for skipped in [tag::INTEGER, tag::SEQUENCE, tag::SEQUENCE] {
            fields = element(fields, skipped)?.1;
        }
        let (validity, fields) = element(fields, tag::SEQUENCE)?;
        let (not_before, validity) = time(validity)?;
        let (not_after, validity) = time(validity)?;
        // The subject, and then the key, with its tag and length.
        let (_, fields) = element(fields, tag::SEQUENCE)?;
        let (_, behind_key) = element(fields, tag::SEQUENCE)?;
        let key = &fields[..fields.len() - behind_key.len()];
        if !validity.is_empty() || not_after < not_before {
            return Err(NotACertificate);
        }
        Ok(Self {
            not_before,
            not_after,
            pin: Digest::of(key),
        })
    }
}

/// One element with this tag: what is in it, and what comes after it.
fn element(bytes: &[u8], tag: u8) -> Result<(&[u8], &[u8]), NotACertificate> {
    let [found, first, rest @ ..] = bytes else {
        return Err(NotACertificate);
    };
    if *found != tag {
        return Err(NotACertificate);
    }
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        // Two bytes of length are more than any certificate of ours has.
        long @ 0x81..=0x82 => {
            let (digits, rest) = rest
                .split_at_checked(usize::from(long & 0x0f))
                .ok_or(NotACertificate)?;
            let length = digits.iter().fold(0, |sum, byte| (sum << 8) + usize::from(*byte));
            (length, rest)
        }
        _ => return Err(NotACertificate),
    };
    rest.split_at_checked(length).ok_or(NotACertificate)
}

/// `YYMMDDHHMMSSZ` until 2049, `YYYYMMDDHHMMSSZ` from 2050 on (RFC 5280 section 4.1.2.5).
fn time(bytes: &[u8]) -> Result<(UnixMillis, &[u8]), NotACertificate> {
    let (text, rest, year_digits) = match bytes.first() {
        Some(&tag::UTC_TIME) => {
            let (text, rest) = element(bytes, tag::UTC_TIME)?;
            (text, rest, 2)
        }
        _ => {
            let (text, rest) = element(bytes, tag::GENERALIZED_TIME)?;
            (text, rest, 4)
        }
    };
    let digits = text.strip_suffix(b"Z").ok_or(NotACertificate)?;
    if digits.len() != year_digits + 10 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(NotACertificate);
    }
    let (year, others) = digits.split_at(year_digits);
    let year = match number(year) {
        short @ 0..=49 if year_digits == 2 => 2000 + short,
        short if year_digits == 2 => 1900 + short,
        year => year,
    };
    let mut parts = [0; 5];
    for (part, digits) in parts.iter_mut().zip(others.chunks(2)) {
        *part = number(digits);
    }
    let [month, day, hour, minute, second] = parts;
    let is_possible = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_possible {
        return Err(NotACertificate);
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Ok((UnixMillis(seconds * 1_000), rest))
}

fn number(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit.wrapping_sub(b'0')))
}

/// In the Gregorian calendar, whose years are counted here from March on, so that a leap day comes last.
pub(crate) fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let months_since_march = (month + 9) % 12;
    let day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
    let leap_days = year / 4 - year / 100 + year / 400;
    // 719,468 days from the first of March of the year 0 to 1970.
    (365 * year + leap_days + day_of_year).saturating_sub(719_468)
}

#[cfg(test)]
mod tests;
