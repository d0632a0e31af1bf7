//! X.509 certificates, of which a node reads dates and key. Whatever the bytes are, nothing panics; dates are
//! between 1970 and 9999 and in order; and what was read stands in the certificate.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::digest::Digest;
use protocol::x509::CertificateFacts;

/// The end of the year 9999.
const LATEST: u64 = 253_402_300_799_000;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Some(fitting) = with_lengths_that_fit(bytes) {
        read(&fitting);
    }
});

fn read(bytes: &[u8]) {
    let Ok(facts) = CertificateFacts::read(bytes) else {
        return;
    };
    assert!(facts.not_before <= facts.not_after && facts.not_after.0 <= LATEST);
    assert!(facts.not_before.0 % 1_000 == 0 && facts.not_after.0 % 1_000 == 0);
    // The key is one of the sequences in it.
    let starts = (0..bytes.len()).filter(|start| bytes[*start] == 0x30);
    let mut elements = starts.filter_map(|start| bytes.get(start..end_of(bytes, start)?));
    assert!(elements.any(|element| Digest::of(element) == facts.pin), "a pin of what does not stand in it");
    // Nothing may follow.
    assert!(CertificateFacts::read(&[bytes, b"\0"].concat()).is_err());
}

/// Where the element that begins here ends, by its own length of one to three bytes (X.690 section 8.1.3).
fn end_of(bytes: &[u8], start: usize) -> Option<usize> {
    let [first, rest @ ..] = bytes.get(start + 1..)? else {
        return None;
    };
    let (length, head) = match (*first, rest) {
        (short @ 0..=0x7f, _) => (usize::from(short), 2),
        (0x81, [one, ..]) => (usize::from(*one), 3),
        (0x82, [high, low, ..]) => (usize::from(u16::from_be_bytes([*high, *low])), 4),
        _ => return None,
    };
    Some(start + head + length)
}

/// The outer two lengths made those of the bytes.
fn with_lengths_that_fit(bytes: &[u8]) -> Option<Vec<u8>> {
    let inner = bytes.get(8..)?;
    let sequence = |inner: &[u8]| {
        let length = u16::try_from(inner.len()).ok()?.to_be_bytes();
        Some([&[0x30, 0x82], &length[..], inner].concat())
    };
    sequence(&sequence(inner)?)
}
