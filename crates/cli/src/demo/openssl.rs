//! The checkpoint's signature, checked with plain `openssl pkeyutl`: a signed note (c2sp.org/signed-note) is
//! a text, an empty line, and `— name base64(4 bytes of key id, then the Ed25519 signature over the text)`.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::limits::SECRET_BYTES_MAX;

/// A SubjectPublicKeyInfo for Ed25519 (RFC 8410), up to the 32 bytes of the key.
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// C2SP's number for a key that signs the text itself.
const ED25519_TYPE: u8 = 0x01;

/// What a checkpoint is made of, for a program that knows nothing of ledgers.
#[derive(Debug)]
pub(super) struct Parts {
    /// The public key, PEM.
    pub(super) key_pem: String,
    /// What was signed.
    pub(super) text: String,
    /// The signature, 64 bytes.
    pub(super) signature: Vec<u8>,
}

/// Takes the exported ledger `name` in `export` apart, lets `openssl` verify it, and returns the command to
/// repeat it.
pub(super) fn verify_checkpoint(export: &Path, name: &str) -> Result<String, Failure> {
    let read = |path: &Path| files::read_document(path, SECRET_BYTES_MAX);
    let note = read(&export.join(name).join("checkpoint"))?;
    let vkey = read(&export.join(format!("{name}.vkey")))?;
    let parts = take_apart(&note.text, &vkey.text)
        .ok_or_else(|| Failure::invalid(format!("{} and its key do not fit", note.name)))?;
    let [key, text, signature] =
        ["pub.pem", "checkpoint.txt", "checkpoint.sig"].map(|ending| export.join(format!("{name}.{ending}")));
    files::write_new(&key, parts.key_pem.as_bytes(), Secrecy::Public)?;
    files::write_new(&text, parts.text.as_bytes(), Secrecy::Public)?;
    files::write_new(&signature, &parts.signature, Secrecy::Public)?;

    let mut command = Command::new("openssl");
    command
        .args(["pkeyutl", "-verify", "-pubin", "-inkey"])
        .arg(&key)
        .arg("-rawin")
        .arg("-in")
        .arg(&text);
    command.arg("-sigfile").arg(&signature);
    let output = command.output().map_err(|error| {
        Failure::new(
            Exit::CouldNotCheck,
            "program_missing",
            format!("cannot run openssl: {error}"),
        )
        .mended_by("install it (Debian: apt-get install openssl)")
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Failure::invalid(format!(
            "openssl does not verify the checkpoint of {name}: {said}"
        )));
    }
    Ok(format!(
        "openssl pkeyutl -verify -pubin -inkey {name}.pub.pem -rawin \\\n      -in {name}.checkpoint.txt \
         -sigfile {name}.checkpoint.sig"
    ))
}

/// The parts of a note that are needed to verify the signature of this key.
pub(super) fn take_apart(note: &str, vkey: &str) -> Option<Parts> {
    let (name, rest) = vkey.trim_end().split_once('+')?;
    let (_, key) = rest.split_once('+')?;
    let key = STANDARD.decode(key).ok()?;
    let (kind, key) = key.split_first()?;
    let key: &[u8; 32] = key.try_into().ok()?;
    if *kind != ED25519_TYPE {
        return None;
    }
    let spki = STANDARD.encode([SPKI_PREFIX.as_slice(), key].concat());
    let key_pem = format!("-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n");

    let (text, signatures) = note.split_once("\n\n")?;
    let beginning = format!("— {name} ");
    let signature = signatures
        .lines()
        .find_map(|line| line.strip_prefix(&beginning))?;
    let signature = STANDARD.decode(signature).ok()?;
    let signature: &[u8; 64] = signature.get(4..)?.try_into().ok()?;
    Some(Parts {
        key_pem,
        text: format!("{text}\n"),
        signature: signature.to_vec(),
    })
}

#[cfg(test)]
mod tests;
