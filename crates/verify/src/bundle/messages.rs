//! The messages of a bundle: what their headers commit to, what the sealed originals say, what is attached.
//!
//! A header commits to the sealed original, its length and the list of attachments; the session key opens the
//! original, to exactly what `message.json` says. Where a link of this chain is left out, what hangs on it
//! could not be checked; that it is left out stands in `bundle.json`, and is no fault.

use convention::message::Message as Said;
use protocol::attachment::Manifest;
use protocol::bundle::{Attachments, Bundle, Direction, Leaf, Message, Part, names};
use protocol::digest::{Commitment, Salt};
use protocol::entry::Entry;
use protocol::envelope::Header;
use protocol::limits::{MANIFEST_BYTES_MAX, PAYLOAD_BYTES_MAX};

use super::bag::{find, tell};
use super::container::{Container, FileError};
use super::leaves::place;
use super::opening::{self, Sealed};
use super::trust::Directories;
use crate::report::{Place, Report};

/// What is needed to check messages.
pub struct Messages<'a> {
    /// The files.
    pub container: &'a Container,
    /// What is what.
    pub bundle: &'a Bundle,
    /// The leaves, in the order of `bundle.json`.
    pub entries: &'a [Option<Entry>],
    /// By whom.
    pub directories: &'a Directories,
}

/// A header, and the leaf that it stands in.
pub(super) struct Recorded<'a> {
    pub(super) leaf: &'a Leaf,
    pub(super) header: Header,
}

impl Messages<'_> {
    /// Checks every message.
    pub fn check(&self, report: &mut Report) {
        for (number, message) in (1..).zip(&self.bundle.messages) {
            let headers = self.headers(number);
            self.check_headers(number, message, &headers, report);
            self.check_content(number, message, &headers, report);
            if let Some(attachments) = &message.attachments {
                self.check_attachments(number, attachments, report);
            }
        }
    }

    fn headers(&self, number: u32) -> Vec<Recorded<'_>> {
        let leaves = self.bundle.leaves.iter().zip(self.entries);
        leaves
            .filter(|(leaf, _)| leaf.message == Some(number))
            .filter_map(|(leaf, entry)| match entry {
                Some(Entry::Submitted { header, .. } | Entry::Received { header, .. }) => {
                    let (header, _) = header.peek().ok()?;
                    Some(Recorded { leaf, header })
                }
                _ => None,
            })
            .collect()
    }

    /// All headers agree with what `bundle.json` says of the message.
    fn check_headers(&self, number: u32, message: &Message, headers: &[Recorded<'_>], report: &mut Report) {
        let contents = names::CONTENTS;
        let recipients = headers.iter().map(|recorded| &recorded.header.to);
        if headers.is_empty() || !recipients.eq(&message.to) {
            let reason = format!("message {number} does not have the headers to those that it is for");
            find(report, contents, reason);
        }
        for Recorded { leaf, header } in headers {
            let committed = message
                .attachments
                .as_ref()
                .map(|attachments| attachments.commitment);
            let is_sent = header.from.party() == self.bundle.made_by.party;
            let agrees = header.message == message.id
                && header.from == message.from
                && header.sent_at == message.sent_at_ms
                && header.payload == message.commitment
                && header.payload_length_bytes == message.length_bytes
                && header.attachments == committed
                && is_sent == (message.direction == Direction::Sent)
                && header.case == self.bundle.case.id;
            if !agrees {
                let reason = format!("the header is not as bundle.json says of message {number}");
                report.find(Place::Entry(leaf.index), leaf.file.as_str(), reason);
            }
        }
    }

    /// The sealed original is the one that was sent, and says what `message.json` says.
    fn check_content(&self, number: u32, message: &Message, headers: &[Recorded<'_>], report: &mut Report) {
        let content = message
            .content
            .as_ref()
            .and_then(|file| self.read(file.as_str(), PAYLOAD_BYTES_MAX, report));
        if let (Some(bytes), Some(file)) = (&content, &message.content) {
            check_what_is_said(file.as_str(), bytes, message, headers, report);
        }
        let Some((sealed, _)) = self.committed(message, report) else {
            if content.is_some() && message.sealed.is_none() {
                let reason = "without its sealed original nobody can tell that it was sent";
                report.could_not_check(format!("what message {number} says: {reason}"));
            }
            return;
        };
        let Some(key) = &message.session_key else {
            if content.is_some() {
                let reason = "without a session key nobody can tell that it is what was sealed";
                report.could_not_check(format!("what message {number} says: {reason}"));
            }
            return;
        };
        let Some(session_key) = self.read(key.as_str(), 128, report) else {
            return;
        };
        let Some(first) = headers.first() else { return };
        let own = self.bundle.made_by.party;
        let Some(witnesses) = self.directories.witnesses(first.leaf.directory, own) else {
            return report.could_not_check(format!("message {number}: its directory cannot be read"));
        };
        let sealed = Sealed {
            file: key.as_str(),
            bytes: &sealed,
            session_key: &session_key,
            first,
            recipients: &message.to,
            directory: witnesses.directory,
        };
        if let Some(body) = opening::open(&sealed, report)
            && let (Some(content), Some(file)) = (content, &message.content)
            && *body != content
        {
            find(report, file.as_str(), "not what the sealed original says");
        }
    }

    /// The sealed original and its salt, if they are what the headers commit to.
    fn committed(&self, message: &Message, report: &mut Report) -> Option<(Vec<u8>, Salt)> {
        let (file, salt_file) = (message.sealed.as_ref()?.as_str(), message.salt.as_ref()?.as_str());
        let sealed = self.read(file, PAYLOAD_BYTES_MAX, report);
        let salt = self.salt(salt_file, report);
        let (sealed, salt) = (sealed?, salt?);
        if Commitment::to(&salt, &sealed) != message.commitment || sealed.len() as u64 != message.length_bytes
        {
            find(
                report,
                file,
                "with its salt, this is not what the headers commit to",
            );
            return None;
        }
        Some((sealed, salt))
    }

    fn check_attachments(&self, number: u32, attachments: &Attachments, report: &mut Report) {
        let (Some(file), Some(salt)) = (&attachments.manifest, &attachments.salt) else {
            return;
        };
        let bytes = self.read(file.as_str(), MANIFEST_BYTES_MAX, report);
        let salt = self.salt(salt.as_str(), report);
        let (Some(bytes), Some(salt)) = (bytes, salt) else {
            return;
        };
        if Manifest::commitment(&salt, &bytes) != attachments.commitment {
            let reason = "with its salt, this is not what the headers commit to";
            return find(report, file.as_str(), reason);
        }
        let manifest = match Manifest::decode(&bytes) {
            Ok(manifest) => manifest,
            Err(error) => return find(report, file.as_str(), error),
        };
        let listed: Vec<_> = manifest.attachments().collect();
        for held in &attachments.files {
            let name = held.file.as_str();
            let Some((label, attachment)) = listed.get(place(held.number)) else {
                find(report, name, "the list has no attachment of this number");
                continue;
            };
            if held.file != names::attachment(number, held.number, label.name.as_str()) {
                find(report, name, "the attachment has another name in the list");
            }
            let length = self.container.held(name).map(|held| held.length_bytes);
            if length.is_some_and(|length| length != attachment.plaintext_length_bytes()) {
                find(report, name, "the attachment has another length in the list");
            }
            match self.container.sha256(name) {
                Ok(digest) if digest == *attachment.plaintext().as_bytes() => {}
                Ok(_) => find(report, name, "the attachment has another SHA-256 in the list"),
                Err(error) => tell(error, name, report),
            }
        }
        let all_here = attachments.files.len() == listed.len();
        let said = self.bundle.left_out.iter();
        let is_said = |part, message| said.clone().any(|one| one.part == part && one.message == message);
        if all_here == is_said(Part::AttachmentFiles, number) {
            let reason = format!("whether attachments of message {number} are left out is not said rightly");
            find(report, names::CONTENTS, reason);
        }
    }

    fn salt(&self, file: &str, report: &mut Report) -> Option<Salt> {
        let bytes = self.read(file, 32, report)?;
        let salt = <[u8; 32]>::try_from(bytes.as_slice()).ok();
        if salt.is_none() {
            find(report, file, "a salt has 32 bytes");
        }
        salt.map(Salt::from_bytes)
    }

    fn read(&self, file: &str, longest: usize, report: &mut Report) -> Option<Vec<u8>> {
        let read = self.container.read(file, longest);
        // That a file is missing was said where the names were compared.
        read.map_err(|error| match error {
            FileError::Missing => {}
            error => tell(error, file, report),
        })
        .ok()
    }
}

/// The message itself says what the headers and `bundle.json` say of it.
fn check_what_is_said(
    file: &str,
    bytes: &[u8],
    message: &Message,
    headers: &[Recorded<'_>],
    report: &mut Report,
) {
    let said = match Said::read(bytes) {
        Ok(received) => received.message,
        Err(error) => {
            if message.kind.is_some() {
                find(
                    report,
                    file,
                    format!("bundle.json says what kind of message it is: {error}"),
                );
            }
            return;
        }
    };
    let kind = message.kind.as_ref().map(ToString::to_string);
    let sent_at_ms = u64::try_from(said.sent_at().as_unix_ms()).ok();
    let names_all = message
        .to
        .iter()
        .all(|to| said.to().iter().any(|said| said.to_string() == to.to_string()));
    let agrees = kind.as_deref() == Some(said.kind().as_str())
        && said.id().as_bytes() == message.id.as_bytes()
        && said.from().to_string() == message.from.to_string()
        && sent_at_ms == Some(message.sent_at_ms.0)
        && names_all
        && headers.iter().all(|recorded| {
            let header = &recorded.header;
            let reply = said.in_reply_to().map(|reply| *reply.as_bytes());
            said.case().as_bytes() == header.case.first_message().as_bytes()
                && reply == header.in_reply_to.map(|reply| *reply.as_bytes())
        });
    if !agrees {
        let reason = "the message says otherwise of itself than its headers and bundle.json";
        find(report, file, reason);
    }
}
