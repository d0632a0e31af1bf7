#![allow(clippy::unwrap_used, clippy::expect_used)]
//! What reading OpenPGP must never do, said as functions that take any bytes and panic where it does not
//! hold. The fuzz targets of `fuzz/` call them; so does a test here, with what fuzzing has found before.
//! Compiled for these two only. Random bytes are no OpenPGP: these take a faultless message apart, change it
//! as the bytes say, and encrypt what comes of it to us, as a peer who knows our certificate can.

use std::sync::LazyLock;

use protocol::attachment::{Attachment, AttachmentParts, ChunkDigests, Label};
use protocol::digest::Digest;
use sequoia_openpgp::packet::Tag;

use crate::attachment::{AttachmentBinding, open_attachment};
use crate::testing::forgery::{Signing, encrypt, encrypt_in_chunks, packet, packet_starts};
use crate::testing::{BODY, COURT_XC, POLICE_XA, POLICE_XB, binding, context, sealed_at};
use crate::{Binding, Certificate, Fingerprint, LockedKey, SessionKey, open};

/// Takes from the fuzzer's bytes; zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> usize {
        usize::from(self.next()) << 8 | usize::from(self.next())
    }

    fn some(&mut self, most: usize) -> Vec<u8> {
        let length = usize::from(self.next()).min(most).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken.to_vec()
    }
}

/// The packets of a faultless message, and of a faultless file, from XA to XB.
static MESSAGE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| apart(&Signing::new(&POLICE_XA, &POLICE_XB)));
static FILE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut signing = Signing::new(&POLICE_XA, &POLICE_XB);
    signing.text = attached().to_header().unwrap().into_bytes();
    signing.text.extend_from_slice(BODY);
    apart(&signing)
});

fn apart(signing: &Signing<'_>) -> Vec<Vec<u8>> {
    let packets = signing.packets();
    let starts = packet_starts(&packets);
    let ends = starts
        .iter()
        .skip(1)
        .map(|(start, _)| *start)
        .chain([packets.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|((start, _), end)| packets[*start..end].to_vec())
        .collect()
}

fn attached() -> AttachmentBinding {
    AttachmentBinding {
        label: Label {
            number: "1".parse().unwrap(),
            name: "subscribers.csv".parse().unwrap(),
            media_type: "text/csv".parse().unwrap(),
        },
        message: binding(&POLICE_XA, &[&POLICE_XB]),
    }
}

/// The bytes as a message, and a message changed as the bytes say. What is opened says what XA has signed,
/// and nothing else; what is not has a code.
pub fn message(bytes: &[u8]) {
    assert!(opened(bytes).is_none(), "opened what nobody has signed");
    let mut program = Bytes(bytes);
    let packets = changed(&MESSAGE, &mut program);
    let mut sealed = encrypt(&packets, &[&POLICE_XB]);
    damage(&mut sealed, &mut program);
    if let Some(body) = opened(&sealed) {
        assert_eq!(body, BODY, "another text than was signed");
    }
    headers(bytes);
}

fn opened(sealed: &[u8]) -> Option<Vec<u8>> {
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    match open(sealed, &context(&POLICE_XB, &senders, &envelope)) {
        Ok(opened) => {
            assert_eq!(&opened.signed_by, POLICE_XA.certificate().fingerprint());
            assert_eq!(opened.binding, envelope);
            assert_eq!(opened.signed_at, sealed_at());
            Some(opened.body.to_vec())
        }
        Err(error) => {
            assert!(!error.code().is_empty() && !error.to_string().contains("canary"));
            None
        }
    }
}

/// The same for a file that is attached.
pub fn attachment(bytes: &[u8]) {
    assert!(opened_file(bytes).is_none(), "opened what nobody has signed");
    let mut program = Bytes(bytes);
    let packets = changed(&FILE, &mut program);
    let mut sealed = encrypt_in_chunks(&packets, &POLICE_XB, 64 * 1024);
    damage(&mut sealed, &mut program);
    if let Some(body) = opened_file(&sealed) {
        assert_eq!(body, BODY, "another file than was signed");
    }
}

fn opened_file(sealed: &[u8]) -> Option<Vec<u8>> {
    let mut digests = ChunkDigests::new();
    digests.update(sealed).ok()?;
    let (_, chunks) = digests.finish();
    let parts = AttachmentParts {
        name: attached().label.name,
        media_type: attached().label.media_type,
        plaintext_length_bytes: BODY.len() as u64,
        plaintext: Digest::of(BODY),
        sealed_length_bytes: sealed.len() as u64,
        chunks,
    };
    let manifest = Attachment::new(parts).ok()?;
    let envelope = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let context = context(&POLICE_XB, &senders, &envelope);
    match open_attachment(sealed, Vec::new(), &attached().label, &manifest, &context) {
        Ok(opened) => {
            assert_eq!(&opened.signed_by, POLICE_XA.certificate().fingerprint());
            Some(opened.staging)
        }
        Err(error) => {
            assert!(error.code().is_some_and(|code| !code.is_empty()), "{error}");
            None
        }
    }
}

/// Packets changed, doubled, left out, moved, put in, with other lengths, or in a container of their own.
fn changed(faultless: &[Vec<u8>], program: &mut Bytes<'_>) -> Vec<u8> {
    let mut packets = faultless.to_vec();
    for _ in 0..program.next() % 6 {
        let (how, at) = (program.next(), usize::from(program.next()));
        if packets.is_empty() {
            packets.push(packet(Tag::Marker, b"PGP"));
        }
        let place = at % packets.len();
        match how % 10 {
            0 | 1 => {
                let bytes = &mut packets[place];
                let index = program.number() % bytes.len();
                bytes[index] ^= program.next();
            }
            2 => packets.insert(place, packets[place].clone()),
            3 => drop(packets.remove(place)),
            4 => {
                let other = usize::from(how / 10) % packets.len();
                packets.swap(place, other);
            }
            5 => packets.insert(place, packet(Tag::from(program.next() % 64), &program.some(64))),
            6 => {
                let body = body_of(&packets[place]).to_vec();
                let length = u32::try_from(body.len()).unwrap();
                let lie = length.wrapping_add(u32::from(program.next())).wrapping_sub(8);
                packets[place] = [&[packets[place][0], 255][..], &lie.to_be_bytes(), &body].concat();
            }
            7 => packets[place] = in_parts(&packets[place]),
            8 => {
                let inner = encrypt(&packets.concat(), &[&POLICE_XB]);
                packets = vec![inner];
            }
            _ => {
                let length = program.number() % (packets[place].len() + 1);
                packets[place].truncate(length);
                if length == 0 {
                    packets.remove(place);
                }
            }
        }
    }
    packets.concat()
}

/// What of a packet is behind its header, as far as that can be told.
fn body_of(packet: &[u8]) -> &[u8] {
    let header = match packet.get(1) {
        Some(0..192) => 2,
        Some(192..224) => 3,
        Some(255) => 6,
        _ => 1,
    };
    packet.get(header..).unwrap_or_default()
}

/// The same content with partial lengths: 512 bytes, as often as there are, and the rest.
fn in_parts(packet: &[u8]) -> Vec<u8> {
    let mut parts = vec![packet[0]];
    let mut body = body_of(packet);
    while let Some((part, rest)) = body.split_at_checked(512) {
        parts.push(224 + 9);
        parts.extend(part);
        body = rest;
    }
    parts.push(255);
    parts.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    parts.extend(body);
    parts
}

/// What happens on the way.
fn damage(sealed: &mut Vec<u8>, program: &mut Bytes<'_>) {
    for _ in 0..program.next() % 3 {
        let at = program.number() % sealed.len().max(1);
        match program.next() {
            byte @ 0..0xf0 if at < sealed.len() => sealed[at] ^= byte,
            0xf0..0xf8 => sealed.truncate(at),
            _ => sealed.extend(program.some(32)),
        }
    }
}

/// The lines in front of a text: they have one form.
fn headers(bytes: &[u8]) {
    if let Some((binding, length)) = Binding::split(bytes) {
        assert_eq!(binding.to_header().unwrap().as_bytes(), &bytes[..length]);
    }
    if let Some((binding, length)) = AttachmentBinding::split(bytes) {
        assert_eq!(binding.to_header().unwrap().as_bytes(), &bytes[..length]);
    }
    let text = String::from_utf8_lossy(bytes);
    if let Ok(fingerprint) = text.parse::<Fingerprint>() {
        assert_eq!(
            fingerprint.to_string().parse::<Fingerprint>().as_ref(),
            Ok(&fingerprint)
        );
    }
    drop(text.parse::<SessionKey>());
}

/// The bytes as a certificate and as a key file, and a certificate changed as the bytes say: what is taken is
/// the same when it is written again, whatever it is good for.
pub fn certificate(bytes: &[u8]) {
    taken(bytes);
    let mut program = Bytes(bytes);
    for member in [&COURT_XC, &POLICE_XB] {
        let mut certificate = member.certificate().to_bytes();
        damage(&mut certificate, &mut program);
        damage(&mut certificate, &mut program);
        taken(&certificate);
    }
    if let Ok(key) = LockedKey::from_bytes(bytes) {
        let again = LockedKey::from_bytes(&key.to_bytes()).expect("what was read can be read again");
        assert_eq!(again.certificate(), key.certificate());
    }
}

fn taken(bytes: &[u8]) {
    match Certificate::from_bytes(bytes) {
        Ok(certificate) => {
            for written in [certificate.to_bytes(), certificate.to_armored().into_bytes()] {
                let again = Certificate::from_bytes(&written).expect("what was read can be read again");
                assert_eq!(again, certificate);
                assert_eq!(again.fingerprint(), certificate.fingerprint());
            }
            let _ = certificate.check_usable(sealed_at());
            let _ = (
                certificate.user_id(),
                certificate.begins_at(),
                certificate.ends_at(),
            );
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[cfg(test)]
mod tests;
