//! What a bundle has of each message: what it says, as it was sealed, and what is attached.

use std::collections::BTreeMap;

use protocol::attachment::Manifest;
use protocol::bundle::{
    AttachmentFile, Attachments, BundlePath, Direction, LeftOut, Message, Part, Why, names,
};
use protocol::digest::Commitment;
use protocol::ids::Code;

use super::facts::Facts;
use super::page::Value;
use super::redaction::{Selectors, Wanted};
use super::{ExportError, Exporter, Files};
use crate::attachments::{AttachmentName, Given, GivingError};
use crate::cases::{MessageKey, Told};
use crate::messages::Original;

/// What was told of all messages.
#[derive(Default)]
pub(super) struct Telling {
    pub(super) messages: Vec<Message>,
    pub(super) left_out: Vec<LeftOut>,
    /// What is shown of them to people, by their numbers.
    pub(super) contents: BTreeMap<u32, Value>,
    /// What is attached to them.
    pub(super) lists: BTreeMap<u32, Vec<Listed>>,
    /// Verified, and to be opened once more.
    pub(super) attached: Vec<(BundlePath, Given)>,
}

/// A line of a list of attachments, for people.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) length_bytes: u64,
    pub(super) sha256: String,
    pub(super) file: Option<BundlePath>,
}

impl Exporter {
    pub(super) fn tell_messages(
        &self,
        facts: &Facts<'_>,
        wanted: &Wanted,
        files: &mut Files,
    ) -> Result<Telling, ExportError> {
        let mut telling = Telling::default();
        for (number, (key, told)) in (1..).zip(&facts.messages) {
            let mut one = One {
                number,
                told,
                has_selectors: selectors(told),
                gone: match facts.is_erased(*key) {
                    true => Why::Erased,
                    false => Why::NotHere,
                },
                wanted,
                files,
                telling: &mut telling,
            };
            let mut message = one.outside(self, facts, *key);
            one.inside(self, &mut message)?;
            message.attachments = one.attached(self)?;
            telling.messages.push(message);
        }
        telling
            .left_out
            .sort_unstable_by_key(|one| (one.message, one.part));
        Ok(telling)
    }
}

/// One message, while it is told.
struct One<'a> {
    number: u32,
    told: &'a Told,
    has_selectors: Selectors,
    /// Why it is not here, where it is not.
    gone: Why,
    wanted: &'a Wanted,
    files: &'a mut Files,
    telling: &'a mut Telling,
}

impl One<'_> {
    /// What its headers say.
    fn outside(&self, exporter: &Exporter, facts: &Facts<'_>, key: MessageKey) -> Message {
        let header = &self.told.header;
        let kind = self.told.reading.as_ref().ok();
        let kind = kind.and_then(|read| read.message.kind().as_str().parse::<Code>().ok());
        Message {
            id: header.message,
            from: header.from.clone(),
            to: facts.headers(key).map(|(header, _)| header.to.clone()).collect(),
            direction: match header.from.party() == exporter.own {
                true => Direction::Sent,
                false => Direction::Received,
            },
            kind,
            sent_at_ms: header.sent_at,
            commitment: header.payload,
            length_bytes: header.payload_length_bytes,
            content: None,
            sealed: None,
            salt: None,
            session_key: None,
            attachments: None,
        }
    }

    /// What was sealed.
    fn inside(&mut self, exporter: &Exporter, message: &mut Message) -> Result<(), ExportError> {
        let number = self.number;
        let payload = exporter.reader.payload(&self.told.header.payload)?;
        let original = exporter
            .messages
            .original(&self.told.header, self.told.recorded_at);
        let original: Result<&Original, Why> = match (&original, &payload) {
            (Ok(original), _) => Ok(original),
            (Err(_), None) => Err(self.gone),
            (Err(_), Some(_)) => Err(Why::Unreadable),
        };
        if let Some(original) = self.given(Part::Content, original) {
            message.content = Some(self.files.add(names::content(number), original.body.to_vec())?);
            if let Ok(shown) = serde_json::from_slice(&original.body) {
                self.telling.contents.insert(number, shown);
            }
        }
        if let Some(payload) = self.given(Part::Sealed, payload.as_ref().ok_or(self.gone)) {
            message.sealed = Some(self.files.add(names::sealed(number), payload.bytes.to_vec())?);
            let salt = payload.salt.as_bytes().to_vec();
            message.salt = Some(self.files.add(names::salt(number), salt)?);
        }
        if let Some(original) = self.given(Part::SessionKey, original) {
            let text = format!("{}\n", *original.session_key.to_text());
            let file = self.files.add(names::session_key(number), text.into_bytes())?;
            message.session_key = Some(file);
        }
        Ok(())
    }

    /// What is attached.
    fn attached(&mut self, exporter: &Exporter) -> Result<Option<Attachments>, ExportError> {
        let Some(commitment) = self.told.header.attachments else {
            return Ok(None);
        };
        let kept = exporter.giving.kept.manifests.get(&commitment)?;
        let Some(kept) = self.given(Part::AttachmentList, kept.ok_or(self.gone)) else {
            let nothing = |manifest, salt| Attachments {
                commitment,
                manifest,
                salt,
                files: Vec::new(),
            };
            return Ok(Some(nothing(None, None)));
        };
        let manifest = Manifest::decode(&kept.bytes).map_err(ExportError::fault)?;
        let salt = kept.salt.as_bytes().to_vec();
        let list = (
            self.files.add(names::manifest(self.number), kept.bytes)?,
            self.files.add(names::manifest_salt(self.number), salt)?,
        );
        self.list(exporter, commitment, &manifest, list).map(Some)
    }

    fn list(
        &mut self,
        exporter: &Exporter,
        commitment: Commitment,
        manifest: &Manifest,
        (file, salt): (BundlePath, BundlePath),
    ) -> Result<Attachments, ExportError> {
        let mut missing = self
            .wanted
            .without(Part::AttachmentFiles, self.number, self.has_selectors);
        let is_wanted = missing.is_none();
        let mut files = Vec::new();
        let mut listed = Vec::new();
        for (number, (label, attachment)) in (1..).zip(manifest.attachments()) {
            let mut place = None;
            if is_wanted {
                let name = AttachmentName {
                    message: self.told.header.message,
                    number: label.number,
                };
                match verified(exporter, name, self.told)? {
                    Ok(given) => {
                        let path = names::attachment(self.number, number, label.name.as_str());
                        self.telling.attached.push((path.clone(), given));
                        files.push(AttachmentFile {
                            number,
                            file: path.clone(),
                        });
                        place = Some(path);
                    }
                    Err(why) => missing = missing.or(Some(why)),
                }
            }
            listed.push(Listed {
                name: label.name.to_string(),
                media_type: label.media_type.to_string(),
                length_bytes: attachment.plaintext_length_bytes(),
                sha256: attachment.plaintext().to_string(),
                file: place,
            });
        }
        if let Some(why) = missing {
            self.leave_out(Part::AttachmentFiles, why);
        }
        self.telling.lists.insert(self.number, listed);
        Ok(Attachments {
            commitment,
            manifest: Some(file),
            salt: Some(salt),
            files,
        })
    }

    /// What is given of a part; where nothing is, that is said.
    fn given<T>(&mut self, part: Part, there: Result<T, Why>) -> Option<T> {
        match (self.wanted.without(part, self.number, self.has_selectors), there) {
            (None, Ok(there)) => Some(there),
            (Some(why), _) | (None, Err(why)) => {
                self.leave_out(part, why);
                None
            }
        }
    }

    fn leave_out(&mut self, part: Part, why: Why) {
        let message = self.number;
        self.telling.left_out.push(LeftOut { part, message, why });
    }
}

/// A file that is whole and authentic, or why it is not given.
fn verified(
    exporter: &Exporter,
    name: AttachmentName,
    told: &Told,
) -> Result<Result<Given, Why>, ExportError> {
    let found = exporter.giving.find(name, &told.header, told.recorded_at);
    let verified = found.and_then(|given| given.verify().map(|()| given));
    match verified {
        Ok(given) => Ok(Ok(given)),
        Err(GivingError::Refused(_)) => Ok(Err(Why::Unreadable)),
        Err(GivingError::NotListed | GivingError::NotWhole(_) | GivingError::Unknown(_)) => {
            Ok(Err(Why::NotHere))
        }
        Err(error) => Err(error.into()),
    }
}

fn selectors(told: &Told) -> Selectors {
    match &told.reading {
        Ok(read) if read.message.body().selectors().is_empty() => Selectors::None,
        _ => Selectors::Some,
    }
}
