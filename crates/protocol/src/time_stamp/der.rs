//! As much of DER (X.690 section 10) as time stamps need: elements one after the other, lengths in their
//! only form, and nothing left over.

use crate::time::UnixMillis;
use crate::x509::days_since_1970;

/// Tags (X.690 section 8).
pub(super) mod tag {
    pub(in crate::time_stamp) const BOOLEAN: u8 = 0x01;
    pub(in crate::time_stamp) const INTEGER: u8 = 0x02;
    pub(in crate::time_stamp) const OCTET_STRING: u8 = 0x04;
    pub(in crate::time_stamp) const NULL: u8 = 0x05;
    pub(in crate::time_stamp) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(in crate::time_stamp) const GENERALIZED_TIME: u8 = 0x18;
    pub(in crate::time_stamp) const SEQUENCE: u8 = 0x30;
    pub(in crate::time_stamp) const SET: u8 = 0x31;
    pub(in crate::time_stamp) const CONTEXT_0: u8 = 0xa0;
    pub(in crate::time_stamp) const CONTEXT_1: u8 = 0xa1;
}

/// Not the DER that was expected, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotDer(pub(super) &'static str);

/// What is in an element, and what comes after it.
pub(super) struct Element<'a> {
    content: &'a [u8],
    after: &'a [u8],
}

/// Reads elements one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Result<&'a [u8], NotDer> {
        let element = self.next_element(tag)?;
        Ok(element.content)
    }

    /// The same, if the next element has this tag.
    pub(super) fn take_if(&mut self, tag: u8) -> Result<Option<&'a [u8]>, NotDer> {
        if self.0.first() == Some(&tag) {
            self.take(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    /// A reader of what is in the next element.
    pub(super) fn enter(&mut self, tag: u8) -> Result<Self, NotDer> {
        self.take(tag).map(Self)
    }

    /// The next element must be exactly this.
    pub(super) fn expect(&mut self, tag: u8, content: &[u8], what: &'static str) -> Result<(), NotDer> {
        if self.take(tag)? == content {
            Ok(())
        } else {
            Err(NotDer(what))
        }
    }

    /// Nothing may be left.
    pub(super) fn end(&self, what: &'static str) -> Result<(), NotDer> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(NotDer(what))
        }
    }

    pub(super) fn next_element(&mut self, tag: u8) -> Result<Element<'a>, NotDer> {
        let element = split(self.0, tag)?;
        self.0 = element.after;
        Ok(element)
    }
}

/// The first element of these bytes.
fn split(bytes: &[u8], tag: u8) -> Result<Element<'_>, NotDer> {
    let [found, first, rest @ ..] = bytes else {
        return Err(NotDer("an element is missing"));
    };
    if *found != tag {
        return Err(NotDer("an element of another kind is expected"));
    }
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        // Three bytes of length are more than any answer that is read.
        long @ 0x81..=0x83 => {
            let count = usize::from(long & 0x0f);
            let (digits, rest) = rest
                .split_at_checked(count)
                .ok_or(NotDer("a length is cut off"))?;
            let length = digits.iter().fold(0, |sum, byte| (sum << 8) + usize::from(*byte));
            // The shortest form is the only one: no leading zero, and no long form of what is short.
            if digits.first() == Some(&0) || length < 0x80 {
                return Err(NotDer("a length is not in its shortest form"));
            }
            (length, rest)
        }
        _ => return Err(NotDer("a length is indefinite or too long")),
    };
    let (content, after) = rest
        .split_at_checked(length)
        .ok_or(NotDer("an element is cut off"))?;
    Ok(Element { content, after })
}

/// `YYYYMMDDHHMMSS[.f]Z`, in whole seconds: a fraction, which does not end with a zero, is passed over.
pub(super) fn generalized_time(text: &[u8]) -> Result<UnixMillis, NotDer> {
    let wrong = NotDer("the time");
    let text = text.strip_suffix(b"Z").ok_or(wrong)?;
    let (digits, fraction) = text.split_at_checked(14).ok_or(wrong)?;
    let fraction_fits = match fraction {
        [] => true,
        [b'.', digits @ .., last] => (b'1'..=b'9').contains(last) && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !fraction_fits || !digits.iter().all(u8::is_ascii_digit) {
        return Err(wrong);
    }
    let (year, others) = digits.split_at(4);
    let mut parts = [0; 5];
    for (part, digits) in parts.iter_mut().zip(others.chunks(2)) {
        *part = number(digits);
    }
    let (year, [month, day, hour, minute, second]) = (number(year), parts);
    let is_possible = year >= 1970
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        // A leap second counts as the next one.
        && second <= 60;
    if !is_possible {
        return Err(wrong);
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Ok(UnixMillis(seconds * 1_000))
}

fn number(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit.wrapping_sub(b'0')))
}

/// One element. Nothing that we write is longer than 127 bytes.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    debug_assert!(content.len() < 0x80);
    let length = u8::try_from(content.len()).unwrap_or_default();
    [&[tag, length], content].concat()
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// A number that is not negative, from its big-endian bytes, in the shortest form.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    element(tag::INTEGER, &integer_content(bytes))
}

/// What is in it: no leading zero but one that says that the number is not negative.
pub(super) fn integer_content(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = &bytes[zeros..];
    if digits.first().is_none_or(|first| *first >= 0x80) {
        [&[0], digits].concat()
    } else {
        digits.to_vec()
    }
}
