//! What an officer wrote, on its way to becoming a message.

mod filled;
mod place;

use serde_json::Value;

use super::content::{Examination, Surroundings};
use super::{Body, CaseReference, Kind, Message, MessageId, Officer};
use crate::case::CaseView;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::party::ContactPoint;
use crate::profile::PartyProfile;
use crate::rule::{Advice, Fault, Faults, Rule};
use crate::time::Instant;

/// A form that was filled in: it has the right fields of the right types. Whether it may be sent is for
/// [`Draft::validate`] to say.
///
/// Besides the fields of its kind, a draft has at its top: `kind`; `language`, for texts that name none;
/// `to`, the recipients; `in_reply_to`, the message that it answers; and `[officer]`, who writes.
#[derive(Clone, PartialEq)]
pub struct Draft {
    kind: Kind,
    to: Vec<ContactPoint>,
    in_reply_to: Option<MessageId>,
    officer: Option<Officer>,
    body: Body,
    /// The form as it was written, for its way to the node.
    form: Value,
}

/// Why a form cannot be read as a draft. The officer is at fault, and can mend all of it at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftErrors {
    /// Longer than [`DOCUMENT_BYTES_MAX`].
    #[error("the form has {0} bytes; at most {DOCUMENT_BYTES_MAX} are read; send files as attachments")]
    TooLong(usize),
    /// Not TOML, or not JSON.
    #[error("{}{message}", line_and_column(*.line, *.column))]
    Syntax {
        /// What the parser says.
        message: String,
        /// The line, from 1; 0 where it is not known.
        line: usize,
        /// The column, from 1; 0 where it is not known.
        column: usize,
    },
    /// All the faults that can be seen without knowing the case.
    #[error("{0}")]
    Faults(Faults),
}

fn line_and_column(line: usize, column: usize) -> String {
    if line == 0 {
        String::new()
    } else {
        format!("line {line}, column {column}: ")
    }
}

/// What is known around a draft when it is to be sent.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The name of the message to be. The caller makes it from its clock and its random source.
    pub message_id: MessageId,
    /// The case; for a kind that opens one, the reference made from `message_id`.
    pub case: CaseReference,
    /// The contact point that sends.
    pub sender: ContactPoint,
    /// The contact points that it goes to. Where this is empty, the draft's own `to` is used.
    pub recipients: Vec<ContactPoint>,
    /// The officer, where the caller has identified one. It replaces what the draft says.
    pub officer: Option<Officer>,
    /// The time.
    pub now: Instant,
    /// The case as it stands; needed for every kind that does not open one.
    pub case_view: Option<&'a CaseView>,
    /// What our own Party has declared.
    pub own_profile: Option<&'a PartyProfile>,
    /// What the other Party has declared.
    pub recipient_profile: Option<&'a PartyProfile>,
}

impl Draft {
    /// Reads a form in TOML.
    ///
    /// # Errors [`DraftErrors`]; where the form can be read at all, every fault that can be seen without
    /// knowing the case.
    pub fn from_toml(text: &str) -> Result<Self, DraftErrors> {
        filled::from_toml(text)?.into_draft()
    }

    /// Reads a form in JSON.
    ///
    /// # Errors
    /// As for [`Draft::from_toml`].
    pub fn from_json(text: &str) -> Result<Self, DraftErrors> {
        filled::from_json(text)?.into_draft()
    }

    /// Reads a form in TOML and validates it in one go, so that what is wrong with the form and what is wrong
    /// with the message are told together.
    ///
    /// # Errors
    /// All faults of [`Draft::from_toml`] and of [`Draft::validate`].
    pub fn judge_toml(text: &str, context: &Context<'_>) -> Result<(Message, Vec<Advice>), DraftErrors> {
        filled::from_toml(text)?.judge(context)
    }

    /// As [`Draft::judge_toml`], from JSON.
    ///
    /// # Errors
    /// All faults of [`Draft::from_json`] and of [`Draft::validate`].
    pub fn judge_json(text: &str, context: &Context<'_>) -> Result<(Message, Vec<Advice>), DraftErrors> {
        filled::from_json(text)?.judge(context)
    }

    /// What kind of message it will be.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The recipients that the form names; empty where it names none.
    #[must_use]
    pub fn recipients(&self) -> &[ContactPoint] {
        &self.to
    }

    /// The message that the form says it answers.
    #[must_use]
    pub fn in_reply_to(&self) -> Option<MessageId> {
        self.in_reply_to
    }

    /// The officer that the form names.
    #[must_use]
    pub fn officer(&self) -> Option<&Officer> {
        self.officer.as_ref()
    }

    /// The form as JSON, for its way to the node. [`Draft::from_json`] reads the same draft from it.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.form.to_string()
    }

    /// Makes the message, or says every fault there is. Advice comes with a message, and never blocks it.
    ///
    /// # Errors
    /// All faults: each with its rule, its field, and what mends it.
    pub fn validate(self, context: &Context<'_>) -> Result<(Message, Vec<Advice>), Faults> {
        self.validate_with(context, Vec::new())
    }

    /// Validates a form of which some faults are known already.
    fn validate_with(
        self,
        context: &Context<'_>,
        mut faults: Vec<Fault>,
    ) -> Result<(Message, Vec<Advice>), Faults> {
        let recipients = if context.recipients.is_empty() {
            self.to.clone()
        } else {
            context.recipients.clone()
        };
        let author = context.officer.clone().or_else(|| self.officer.clone());
        let mut examination = Examination::of_draft(Surroundings {
            now: Some(context.now),
            author: author.as_ref(),
            sender: Some(&context.sender),
            recipients: &recipients,
            case: context.case_view,
            sender_profile: context.own_profile,
            recipient_profile: context.recipient_profile,
        });
        place::check_recipients(&self, context, &recipients, &mut examination);
        place::check_case(&self, context, &mut examination);
        if author.is_none() {
            let mend = "add [officer] with name and role";
            examination.fault(Officer::rule(self.kind), "officer", "is missing", mend);
        }
        self.body.check(&mut examination);
        faults.extend(examination.faults);
        let advice = examination.advice;
        match (Faults::from_list(faults), author) {
            (None, Some(author)) => {
                let opening = context.case.opening();
                let in_reply_to =
                    (opening != context.message_id).then(|| self.in_reply_to.unwrap_or(opening));
                let message = Message {
                    id: context.message_id,
                    case: context.case,
                    number: None,
                    in_reply_to,
                    from: context.sender.clone(),
                    to: recipients,
                    sent_at: context.now,
                    author,
                    body: self.body,
                };
                Ok((message, advice))
            }
            (Some(faults), _) => Err(faults),
            // Reported above, so that the list is not empty; kept for the compiler.
            (None, None) => Err(Faults::one(Fault::new(
                Rule::C29_2A,
                "officer",
                "is missing",
                "add [officer]",
            ))),
        }
    }
}

impl std::fmt::Debug for Draft {
    /// Without the content, which does not belong into logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("kind", &self.kind)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
