//! What a case is made of: what happened to a message, and what it says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::{CaseReference, Message, MessageId, ReceivedMessage};
use crate::party::ContactPoint;
use crate::rule::Fault;
use crate::time::Instant;

/// One thing that happened to one message of a case, as the ledger has it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseFact {
    /// The case.
    pub case: CaseReference,
    /// The message.
    pub message_id: MessageId,
    /// What happened to it.
    pub event: Event,
    /// When it was recorded here.
    pub at: Instant,
    /// The message, where it could be opened and read.
    pub message: Option<Message>,
    /// Which rules it breaks, as found when it was read.
    pub nonconformities: Vec<Fault>,
}

impl CaseFact {
    /// Something that happened, without the message itself.
    #[must_use]
    pub fn event(case: CaseReference, message_id: MessageId, event: Event, at: Instant) -> Self {
        CaseFact {
            case,
            message_id,
            event,
            at,
            message: None,
            nonconformities: Vec::new(),
        }
    }

    /// An officer of ours wrote a message; it is not sent yet.
    #[must_use]
    pub fn drafted(message: Message, by: String, at: Instant) -> Self {
        CaseFact {
            event: Event::Drafted { by },
            ..CaseFact::submitted(message, at)
        }
    }

    /// We recorded a message of our own, to be sent.
    #[must_use]
    pub fn submitted(message: Message, at: Instant) -> Self {
        CaseFact {
            case: message.case(),
            message_id: message.id(),
            event: Event::Submitted,
            at,
            message: Some(message),
            nonconformities: Vec::new(),
        }
    }

    /// We recorded a message of a peer's, and could read it.
    #[must_use]
    pub fn received(received: ReceivedMessage, at: Instant) -> Self {
        CaseFact {
            case: received.message.case(),
            message_id: received.message.id(),
            event: Event::Received,
            at,
            message: Some(received.message),
            nonconformities: received.nonconformities,
        }
    }
}

/// What can happen to a message (the words of ETSI EN 319 522).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// An officer wrote it; it is not sent yet.
    Drafted {
        /// The officer, as the node knows that person.
        by: String,
    },
    /// `[FOUR-EYES]` A second officer approved it; it is not sent yet.
    Approved {
        /// The officer, as the node knows that person.
        by: String,
    },
    /// We recorded it, to be sent.
    Submitted,
    /// We recorded it as it came in.
    Received,
    /// The recipient's receipt was verified and recorded.
    Delivered {
        /// Whose receipt.
        to: ContactPoint,
    },
    /// It was opened at the recipient.
    Consigned {
        /// The recipient.
        to: ContactPoint,
        /// Whether it could be read.
        consignment: Consignment,
    },
    /// The recipient rejected it.
    Rejected {
        /// The recipient.
        to: ContactPoint,
        /// The reason, in words.
        reason: String,
    },
    /// We gave up sending it.
    Expired {
        /// The recipient.
        to: ContactPoint,
    },
}

/// What became of a message when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Consignment {
    /// It could be read, and broke no rule.
    Readable,
    /// It could be read, and breaks rules.
    NonConforming {
        /// Their names.
        rules: Vec<String>,
    },
    /// It could not be read.
    Unreadable {
        /// Why.
        reason: String,
    },
}
