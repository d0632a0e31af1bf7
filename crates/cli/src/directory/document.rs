//! What a file is that was handed in: a directory, a key set, a change request, a join request.

use std::fmt::Display;
use std::path::Path;

use protocol::directory::{
    Change, ChangeRequest, Directory, JoinRequest, KeySet, PartyRecord, SignedDirectory, SignedKeySet,
};
use protocol::ids::PartyCode;

use super::show;
use crate::failure::Failure;
use crate::files;
use crate::limits::SIGNED_DOCUMENT_BYTES_MAX;

/// How far into a signed document its content type stands, at most (RFC 9052: tag, array, protected header).
const CONTENT_TYPE_WITHIN_BYTES: usize = 80;

/// A document, read and not believed.
#[derive(Debug)]
pub(super) enum Document {
    Directory(SignedDirectory, Box<Directory>),
    KeySet(SignedKeySet, Box<KeySet>),
    Change(ChangeRequest, Box<Change>),
    Join(PartyCode, Box<PartyRecord>),
}

/// Reads a file of any of these kinds.
pub(super) fn read(path: &Path) -> Result<Document, Failure> {
    let bytes = files::read(path, SIGNED_DOCUMENT_BYTES_MAX)?;
    let is = |kind: &str| says(&bytes, kind);
    if is("key-set") {
        let signed = SignedKeySet::from_bytes(&bytes).map_err(|error| invalid(path, "key set", &error))?;
        let key_set = signed.peek().map_err(|error| invalid(path, "key set", &error))?;
        Ok(Document::KeySet(signed, Box::new(key_set)))
    } else if is("directory-change") {
        let kind = "change request";
        let request = ChangeRequest::from_bytes(&bytes).map_err(|error| invalid(path, kind, &error))?;
        let change = request.peek().map_err(|error| invalid(path, kind, &error))?;
        Ok(Document::Change(request, Box::new(change)))
    } else if is("join") {
        let request =
            JoinRequest::from_bytes(&bytes).map_err(|error| invalid(path, "join request", &error))?;
        let (party, record) = request
            .open()
            .map_err(|error| invalid(path, "join request", &error))?;
        Ok(Document::Join(party, Box::new(record)))
    } else {
        let (signed, directory) = show::peek(path, &bytes)?;
        Ok(Document::Directory(signed, Box::new(directory)))
    }
}

/// Whether the content type is this. Only to say what is wrong with a file in the right words: each parser
/// looks for itself.
fn says(bytes: &[u8], kind: &str) -> bool {
    let content = format!("application/ohrid-{kind}+cbor");
    let beginning = bytes.get(..CONTENT_TYPE_WITHIN_BYTES).unwrap_or(bytes);
    beginning
        .windows(content.len())
        .any(|window| window == content.as_bytes())
}

fn invalid(path: &Path, kind: &str, error: &dyn Display) -> Failure {
    Failure::invalid(format!("{} is no {kind}: {error}", path.display()))
}
