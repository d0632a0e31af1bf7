//! What an officer wrote, on its way to becoming a message.

use serde_json::{Map, Value};

use super::content::{Examination, Speaker, Surroundings};
use super::{Body, CaseReference, Kind, Message, MessageId, Officer};
use crate::case::CaseView;
use crate::limits::{DOCUMENT_BYTES_MAX, RECIPIENTS_MAX};
use crate::party::ContactPoint;
use crate::profile::PartyProfile;
use crate::reading::{Field, Findings, Manner, Section, json, quoted};
use crate::rule::{Advice, Fault, Faults, Rule};
use crate::text::Language;
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
    #[error("{}{message}", place(*.line, *.column))]
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

fn place(line: usize, column: usize) -> String {
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
        check_length(text)?;
        let form = json::parse_toml(text).map_err(|error| {
            let (line, column) = match error.span() {
                Some(span) => crate::template::line_and_column(text, span.start),
                None => (0, 0),
            };
            DraftErrors::Syntax {
                message: error.message().to_owned(),
                line,
                column,
            }
        })?;
        Self::from_form(form)
    }

    /// Reads a form in JSON.
    ///
    /// # Errors
    /// As for [`Draft::from_toml`].
    pub fn from_json(text: &str) -> Result<Self, DraftErrors> {
        check_length(text)?;
        let form = json::parse(text.as_bytes()).map_err(|error| DraftErrors::Syntax {
            line: error.line(),
            column: error.column(),
            message: error.to_string(),
        })?;
        Self::from_form(form)
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
        self.check_recipients(context, &recipients, &mut examination);
        self.check_case(context, &mut examination);
        if author.is_none() {
            let mend = "add [officer] with name and role";
            examination.fault(Rule::C29_2A, "officer", "is missing", mend);
        }
        self.body.check(&mut examination);
        let (faults, advice) = (examination.faults, examination.advice);
        match (Faults::from_list(faults), author) {
            (None, Some(author)) => {
                let in_reply_to = match self.kind.opens_case() {
                    true => None,
                    false => Some(self.in_reply_to.unwrap_or(context.case.opening())),
                };
                let message = Message {
                    id: context.message_id,
                    case: context.case,
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

    fn from_form(form: Value) -> Result<Self, DraftErrors> {
        let Some(map) = form.as_object() else {
            let fault = Fault::new(Rule::Form, "", "is not a form", "write fields and tables");
            return Err(DraftErrors::Faults(Faults::one(fault)));
        };
        let mut findings = Findings::new(Manner::Draft);
        let Some(kind) = read_kind(map, &mut findings) else {
            let unknown = Fault::new(
                Rule::Form,
                "kind",
                "is missing",
                "say what kind of message this is",
            );
            let faults = Faults::from_list(findings.faults).unwrap_or_else(|| Faults::one(unknown));
            return Err(DraftErrors::Faults(faults));
        };
        if let Some(tag) = map.get("language") {
            findings.language = Language::read(tag, "language", &mut findings);
        }
        let mut section = Section::new(Some(map), "", &mut findings);
        section.take("kind");
        section.take("language");
        let to = section.optional_list("to");
        let in_reply_to = read_reply(&mut section);
        let officer = section.optional_form("officer");
        let body = kind.read_body(&mut section);
        section.finish();
        if !findings.faults.is_empty() {
            // Its form is wrong, so that it cannot be sent; what the rules make of the rest is said with it.
            let mut examination = Examination::of_draft(Surroundings {
                recipients: &to,
                ..Surroundings::default()
            });
            body.check(&mut examination);
            findings.faults.extend(examination.faults);
        }
        match Faults::from_list(findings.faults) {
            Some(faults) => Err(DraftErrors::Faults(faults)),
            None => Ok(Draft {
                kind,
                to,
                in_reply_to,
                officer,
                body,
                form,
            }),
        }
    }

    fn check_recipients(
        &self,
        context: &Context<'_>,
        recipients: &[ContactPoint],
        examination: &mut Examination<'_>,
    ) {
        if recipients.is_empty() {
            examination.fault(
                Rule::Form,
                "to",
                "is missing",
                "say to whom: to = [\"XB/police\"]",
            );
            return;
        }
        if recipients.len() > RECIPIENTS_MAX {
            let mend = format!("a message has at most {RECIPIENTS_MAX} recipients");
            examination.fault(Rule::Limits, "to", "has too many recipients", mend);
        }
        let is_repeated = |index: usize| recipients[..index].contains(&recipients[index]);
        if (0..recipients.len()).any(is_repeated) {
            examination.fault(Rule::Form, "to", "names a recipient twice", "name each once");
        }
        let differs = recipients.iter().any(|to| !self.to.contains(to)) || recipients.len() != self.to.len();
        if !self.to.is_empty() && differs {
            let what = "the form names other recipients than the command";
            examination.fault(Rule::Form, "to", what, "name them in one place only");
        }
        let sender = context.sender.party();
        if recipients.iter().all(|recipient| recipient.party() == sender) {
            let mend = "name a contact point of another Party";
            examination.fault(Rule::CaseRole, "to", "goes to your own Party only", mend);
        }
    }

    /// `[CASE-STATE]` `[CASE-ROLE]` Whether it makes sense in the case, from this side, to these recipients.
    fn check_case(&self, context: &Context<'_>, examination: &mut Examination<'_>) {
        if self.kind.opens_case() {
            if context.case.opening() != context.message_id || context.case_view.is_some() {
                let mend = "start a new case with it";
                let what = format!("a {} opens a case, and has no place in an open one", self.kind);
                examination.fault(Rule::CaseState, "kind", what, mend);
            }
            return;
        }
        let Some(case) = context.case_view.filter(|case| case.case == Some(context.case)) else {
            let what = format!("a {} belongs to a case, and there is none", self.kind);
            examination.fault(Rule::CaseState, "kind", what, "name the case that it belongs to");
            return;
        };
        for fault in case.objections(self.kind, &context.sender) {
            examination.fault(fault.rule, &fault.field, fault.what, fault.mend);
        }
        if let Some(reply) = self.in_reply_to
            && !case.messages.iter().any(|message| message.id == reply)
        {
            let mend = "leave it out, or name a message of this case";
            examination.fault(Rule::CaseState, "in_reply_to", "is no message of this case", mend);
        }
        let sender = context.sender.party();
        let is_party_to_it = |party| case.requesting == Some(party) || case.requested == Some(party);
        let reaches_other_side = examination
            .around
            .recipients
            .iter()
            .any(|recipient| recipient.party() != sender && is_party_to_it(recipient.party()));
        if self.kind.speaker() != Speaker::Either && !reaches_other_side {
            let mend = "send it to the contact point that wrote";
            examination.fault(
                Rule::CaseRole,
                "to",
                "does not reach the other side of the case",
                mend,
            );
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

fn check_length(text: &str) -> Result<(), DraftErrors> {
    if text.len() > DOCUMENT_BYTES_MAX {
        Err(DraftErrors::TooLong(text.len()))
    } else {
        Ok(())
    }
}

fn read_kind(map: &Map<String, Value>, findings: &mut Findings) -> Option<Kind> {
    let mend = super::UnknownKind.to_string();
    let Some(named) = map.get("kind") else {
        findings.fault(Rule::Form, "kind", "is missing", mend);
        return None;
    };
    let kind = named.as_str().and_then(|name| name.parse().ok());
    if kind.is_none() {
        let what = format!(
            "there is no kind {}",
            named.as_str().map_or_else(String::new, quoted)
        );
        findings.fault(Rule::Form, "kind", what, mend);
    }
    kind
}

fn read_reply(section: &mut Section<'_>) -> Option<MessageId> {
    let text: crate::text::Line = section.optional("in_reply_to")?;
    let read = text.as_str().parse();
    if let Err(error) = &read {
        let error: &super::IdError = error;
        section.findings.fault(
            Rule::Form,
            "in_reply_to",
            "is not the id of a message",
            error.to_string(),
        );
    }
    read.ok()
}

#[cfg(test)]
mod tests;
