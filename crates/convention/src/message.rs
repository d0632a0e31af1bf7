//! What can be said, and the two ways to a message.
//!
//! * **Sending.** An officer's form is read as a [`Draft`], which [`Draft::validate`] turns into a
//!   [`Message`], or into all of its faults at once. There is no other way to a message of our own, and no
//!   `validate` that returns `bool`.
//! * **Receiving.** [`Message::read`] turns a peer's bytes into a [`ReceivedMessage`]. Whatever can be
//!   understood is kept; breaches of a rule stand beside it as non-conformities.
//!
//! A message is JSON, version 1:
//!
//! ```json
//! {"version":1,"kind":"note","id":"019d3a5e-7c00-7000-8000-000000000002",
//!  "case":"019d3a5e-7c00-7000-8000-000000000001","in_reply_to":"019d3a5e-7c00-7000-8000-000000000001",
//!  "from":"XB/police","to":["XA/police"],"sent_at":"2026-03-30T08:00:00Z",
//!  "author":{"name":"Duty officer","role":"inspector"},
//!  "body":{"text":{"language":"en","text":"The provider has answered by telephone."}}}
//! ```
//!
//! Each kind is one file; see the table in `message/kinds.rs`.

pub mod acknowledgement;
mod answered;
pub mod assistance_request;
pub mod conditional_grant;
pub mod conditions;
pub mod conditions_accepted;
pub mod conditions_declined;
mod content;
pub mod disclosure;
mod draft;
pub mod drill;
pub mod emergency_disclosure_request;
pub mod emergency_mutual_assistance_request;
pub mod extension_request;
mod id;
pub mod information_needed;
pub mod information_provided;
mod kinds;
pub mod mutual_assistance_decision;
pub mod mutual_assistance_notice;
pub mod mutual_assistance_request;
pub mod note;
mod officer;
pub mod outcome;
pub mod postponement;
pub mod preservation_report;
pub mod preservation_request;
pub mod preservation_warning;
mod received;
pub mod referral;
pub mod refusal;
pub mod release_notice;
pub mod spontaneous_information;
pub mod traffic_data_disclosure;
pub mod warning_decision;
pub mod withdrawal;

pub use crate::reading::{Bytes, Sha256, Stated, Word};
pub use content::{Place, Speaker};
pub use draft::{Context, Draft, DraftErrors};
pub use id::{CaseReference, IdError, MessageId};
pub use kinds::{Body, Kind, UnknownKind};
pub use officer::Officer;
pub use received::{MessageError, ReceivedMessage};

use schemars::JsonSchema;
use serde::Serialize;

use crate::case::CaseView;
use crate::number::CaseNumber;
use crate::party::ContactPoint;
use crate::rule::Fault;
use crate::time::Instant;

/// The version of the message format that this code writes, and the only one that it reads.
pub const MESSAGE_VERSION: u32 = 1;

/// A message: what one contact point says to others.
///
/// Made by [`Draft::validate`], and then every rule was kept; or inside a [`ReceivedMessage`], which says
/// beside it which were not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    id: MessageId,
    case: CaseReference,
    number: Option<CaseNumber>,
    in_reply_to: Option<MessageId>,
    from: ContactPoint,
    to: Vec<ContactPoint>,
    sent_at: Instant,
    author: Officer,
    body: Body,
}

impl Message {
    /// The version of the format.
    #[must_use]
    pub fn version(&self) -> u32 {
        MESSAGE_VERSION
    }

    /// What kind of message it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// The case that it belongs to, or opens.
    #[must_use]
    pub fn case(&self) -> CaseReference {
        self.case
    }

    /// `[CASE-NUMBER]` The number that its Party gave to the case that it opens.
    #[must_use]
    pub fn number(&self) -> Option<CaseNumber> {
        self.number
    }

    /// `[CASE-NUMBER]` The message with the number that its Party gives to the case. Only a message that
    /// opens a case has one, and only one of its own Party: any other is left as it was.
    #[must_use]
    pub fn numbered(mut self, number: CaseNumber) -> Self {
        if self.case.opening() == self.id && number.party() == self.from.party() {
            self.number = Some(number);
        }
        self
    }

    /// The message that it answers.
    #[must_use]
    pub fn in_reply_to(&self) -> Option<MessageId> {
        self.in_reply_to
    }

    /// The contact point that sends it.
    #[must_use]
    pub fn from(&self) -> &ContactPoint {
        &self.from
    }

    /// The contact points that it goes to.
    #[must_use]
    pub fn to(&self) -> &[ContactPoint] {
        &self.to
    }

    /// When it was sent, as the sender says.
    #[must_use]
    pub fn sent_at(&self) -> Instant {
        self.sent_at
    }

    /// The officer who wrote it.
    #[must_use]
    pub fn author(&self) -> &Officer {
        &self.author
    }

    /// What it says.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The message as JSON in UTF-8. The same message gives the same bytes, always.
    ///
    /// Of a received message this is what we understood of it; what came is what the ledger holds.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let document = Document {
            version: MESSAGE_VERSION,
            kind: self.kind(),
            id: self.id,
            case: self.case,
            number: self.number,
            in_reply_to: self.in_reply_to,
            from: self.from.clone(),
            to: self.to.clone(),
            sent_at: self.sent_at,
            author: self.author.clone(),
            body: &self.body,
        };
        // Serialising can fail only for maps with keys that are not text, and for writers that fail: here is
        // neither.
        serde_json::to_vec(&document).unwrap_or_default()
    }

    /// Reads what a peer sent. See [`ReceivedMessage`].
    ///
    /// # Errors
    /// [`MessageError`], where it cannot be understood at all.
    pub fn read(bytes: &[u8]) -> Result<ReceivedMessage, MessageError> {
        received::read(bytes)
    }
}

/// The document, field by field, in the order in which it is written.
#[derive(Serialize, JsonSchema)]
struct Document<B> {
    /// The version of the format: 1.
    version: u32,
    /// What kind of message it is.
    kind: Kind,
    /// The name of the message.
    id: MessageId,
    /// The case that it belongs to, or opens; then it has the same value as `id`.
    case: CaseReference,
    /// The number of the case that it opens, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<CaseNumber>,
    /// The message that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<MessageId>,
    /// The contact point that sends it.
    from: ContactPoint,
    /// The contact points that it goes to.
    #[schemars(length(min = 1, max = crate::limits::RECIPIENTS_MAX))]
    to: Vec<ContactPoint>,
    /// When it was sent.
    sent_at: Instant,
    /// The officer who wrote it.
    author: Officer,
    /// What it says.
    body: B,
}

/// The JSON Schema of the document with one kind of body.
fn document_schema<B: JsonSchema>() -> schemars::Schema {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Document<B>>()
}

/// What the case that a message came into brings to light about it.
pub(crate) fn faults_in_case(message: &Message, case: &CaseView) -> Vec<Fault> {
    let around = content::Surroundings {
        case: Some(case),
        ..received::surroundings(message)
    };
    let mut examination = content::Examination::of_received(around);
    message.body.check(&mut examination);
    examination.faults
}

#[cfg(test)]
mod tests;
