//! What a peer sent, read so that nothing is lost.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::content::{Examination, Surroundings};
use super::{IdError, Kind, MESSAGE_VERSION, Message, Officer};
use crate::case::CaseView;
use crate::limits::{DOCUMENT_BYTES_MAX, RECIPIENTS_MAX};
use crate::number::CaseNumber;
use crate::party::ContactPoint;
use crate::profile::PartyProfile;
use crate::reading::{Findings, Manner, Section, json, read_form};
use crate::rule::{Fault, Rule};

/// A peer's message, and everything about it that is not as it should be.
///
/// A message that breaks a rule of law is accepted, recorded and shown as non-conforming: the other Party has
/// said it. Fields that are missing are empty here, and times that cannot be read are absent; words that are
/// not permitted are kept as they were written. Fields of later versions are in `additional`.
#[derive(Clone, PartialEq)]
pub struct ReceivedMessage {
    /// What we understood.
    pub message: Message,
    /// Which rules it breaks, and where. Empty for a conforming message.
    pub nonconformities: Vec<Fault>,
    /// Fields that this version does not know, by path.
    pub additional: BTreeMap<String, Value>,
}

/// Why a document cannot be understood at all. The sender is at fault.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Longer than [`DOCUMENT_BYTES_MAX`].
    #[error("the message has {0} bytes; at most {DOCUMENT_BYTES_MAX} are read")]
    TooLong(usize),
    /// Not JSON, nested too deeply, or with the same key twice in one object.
    #[error("the message is not unambiguous JSON: {0}")]
    NotJson(serde_json::Error),
    /// Not an object, or one of the fields that every message has is missing or unreadable.
    #[error("the message has no readable field {0:?}")]
    Shape(&'static str),
    /// A version that this code does not know.
    #[error("the message has version {0}; this node reads version {MESSAGE_VERSION}")]
    UnknownVersion(u64),
    /// A kind that this code does not know.
    #[error("the message is of a kind that this node does not know: {0}")]
    UnknownKind(String),
}

impl ReceivedMessage {
    /// Weighs what could not be weighed on the message alone: its sender's declarations, and the case before
    /// it came. Whatever is found joins the non-conformities. `[C29-4]` `[CASE-STATE]`
    #[must_use]
    pub fn weighed(mut self, sender: Option<&PartyProfile>, case: Option<&CaseView>) -> Self {
        let mut examination = Examination::of_received(Surroundings {
            sender_profile: sender,
            case,
            ..surroundings(&self.message)
        });
        self.message.body.check(&mut examination);
        for fault in examination.faults {
            if !self.nonconformities.contains(&fault) {
                self.nonconformities.push(fault);
            }
        }
        self
    }
}

impl std::fmt::Debug for ReceivedMessage {
    /// Without the values of additional fields, which may be anything.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceivedMessage")
            .field("message", &self.message)
            .field("nonconformities", &self.nonconformities)
            .field("additional", &self.additional.keys())
            .finish()
    }
}

pub(super) fn surroundings(message: &Message) -> Surroundings<'_> {
    Surroundings {
        // What was in the future when it was sent, was so for its sender too.
        now: Some(message.sent_at),
        author: Some(&message.author),
        sender: Some(&message.from),
        recipients: &message.to,
        ..Surroundings::default()
    }
}

/// See [`Message::read`].
pub(super) fn read(bytes: &[u8]) -> Result<ReceivedMessage, MessageError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(MessageError::TooLong(bytes.len()));
    }
    let document = json::parse(bytes).map_err(MessageError::NotJson)?;
    let map = document.as_object().ok_or(MessageError::Shape("version"))?;
    let version = map
        .get("version")
        .and_then(Value::as_u64)
        .ok_or(MessageError::Shape("version"))?;
    if version != u64::from(MESSAGE_VERSION) {
        return Err(MessageError::UnknownVersion(version));
    }
    let text = |key: &'static str| {
        map.get(key)
            .and_then(Value::as_str)
            .ok_or(MessageError::Shape(key))
    };
    let named = text("kind")?;
    let kind: Kind = named
        .parse()
        .map_err(|_| MessageError::UnknownKind(crate::reading::quoted(named)))?;
    let in_reply_to = match map.get("in_reply_to") {
        None | Some(Value::Null) => None,
        Some(_) => Some(id(text("in_reply_to")?, "in_reply_to")?),
    };
    let to = recipients(map.get("to"))?;
    let mut findings = Findings::new(Manner::Received);
    let author: Officer = read_form(map.get("author").unwrap_or(&Value::Null), "author", &mut findings);
    Officer::under_rule_of(kind, "author", &mut findings.faults);
    let body = map.get("body").ok_or(MessageError::Shape("body"))?;
    let fields = body.as_object().ok_or(MessageError::Shape("body"))?;
    let mut section = Section::new(Some(fields), "body", &mut findings);
    let body = kind.read_body(&mut section);
    section.finish();
    keep_additional(map, &mut findings);
    let mut message = Message {
        id: id(text("id")?, "id")?,
        case: id(text("case")?, "case")?,
        number: None,
        in_reply_to,
        from: text("from")?.parse().map_err(|_| MessageError::Shape("from"))?,
        to,
        sent_at: text("sent_at")?
            .parse()
            .map_err(|_| MessageError::Shape("sent_at"))?,
        author,
        body,
    };
    message.number = number(map.get("number"), &message, &mut findings);
    let mut examination = Examination::of_received(surroundings(&message));
    message.body.check(&mut examination);
    let mut nonconformities = findings.faults;
    nonconformities.extend(examination.faults);
    Ok(ReceivedMessage {
        message,
        nonconformities,
        additional: findings.additional,
    })
}

/// Keeps what stands beside the fields that every message has.
fn keep_additional(map: &Map<String, Value>, findings: &mut Findings) {
    const KNOWN: [&str; 11] = [
        "version",
        "kind",
        "id",
        "case",
        "number",
        "in_reply_to",
        "from",
        "to",
        "sent_at",
        "author",
        "body",
    ];
    for (key, value) in map.iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())) {
        findings.additional.insert(key.clone(), value.clone());
    }
}

/// `[CASE-NUMBER]` The number of the case, where a message opens one. A wrong one is noted and left out:
/// nobody could say it on the telephone.
fn number(value: Option<&Value>, message: &Message, findings: &mut Findings) -> Option<CaseNumber> {
    let value = value.filter(|value| !value.is_null())?;
    let read: Option<CaseNumber> = value.as_str().and_then(|text| text.parse().ok());
    let is_right =
        |number: &CaseNumber| number.party() == message.from.party() && message.case.opening() == message.id;
    let number = read.filter(is_right);
    if number.is_none() {
        let what = "is no number that this message could give to its case";
        let mend = "write it as RO-2026-0412-GX, of your own Party, and only to open a case";
        findings.fault(Rule::CaseNumber, "number", what, mend);
    }
    number
}

fn id<T: std::str::FromStr<Err = IdError>>(text: &str, field: &'static str) -> Result<T, MessageError> {
    text.parse().map_err(|_| MessageError::Shape(field))
}

fn recipients(value: Option<&Value>) -> Result<Vec<ContactPoint>, MessageError> {
    const SHAPE: MessageError = MessageError::Shape("to");
    let list = value.and_then(Value::as_array).ok_or(SHAPE)?;
    if list.is_empty() || list.len() > RECIPIENTS_MAX {
        return Err(SHAPE);
    }
    let parse = |element: &Value| element.as_str().and_then(|text| text.parse().ok()).ok_or(SHAPE);
    list.iter().map(parse).collect()
}
