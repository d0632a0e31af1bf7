//! A filled-in form, taken apart field by field, with everything that is wrong with the form itself.

use serde_json::{Map, Value};

use super::{Context, Draft, DraftErrors};
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::message::content::{Examination, Surroundings};
use crate::message::{IdError, Kind, Message, MessageId, Officer, UnknownKind};
use crate::reading::{Field, Findings, Manner, Section, json, quoted};
use crate::rule::{Advice, Fault, Faults, Rule};
use crate::text::{Language, Line};

/// What was read, and the faults of the form: unknown keys, wrong types, fields that are missing.
pub(super) struct Filled {
    draft: Draft,
    faults: Vec<Fault>,
}

impl Filled {
    /// The draft, if its form is right. If it is not, it cannot be sent; what the rules make of the rest is
    /// said with it.
    pub(super) fn into_draft(self) -> Result<Draft, DraftErrors> {
        let Filled { draft, mut faults } = self;
        if faults.is_empty() {
            return Ok(draft);
        }
        let around = Surroundings {
            recipients: &draft.to,
            ..Surroundings::default()
        };
        let mut examination = Examination::of_draft(around);
        draft.body.check(&mut examination);
        faults.extend(examination.faults);
        match Faults::from_list(faults) {
            Some(faults) => Err(DraftErrors::Faults(faults)),
            None => Ok(draft),
        }
    }

    /// The message, or the faults of the form and of the message together.
    pub(super) fn judge(self, context: &Context<'_>) -> Result<(Message, Vec<Advice>), DraftErrors> {
        self.draft
            .validate_with(context, self.faults)
            .map_err(DraftErrors::Faults)
    }
}

pub(super) fn from_toml(text: &str) -> Result<Filled, DraftErrors> {
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
    read(form)
}

pub(super) fn from_json(text: &str) -> Result<Filled, DraftErrors> {
    check_length(text)?;
    let form = json::parse(text.as_bytes()).map_err(|error| DraftErrors::Syntax {
        line: error.line(),
        column: error.column(),
        message: error.to_string(),
    })?;
    read(form)
}

fn read(form: Value) -> Result<Filled, DraftErrors> {
    let Some(map) = form.as_object() else {
        let fault = Fault::new(Rule::Form, "", "is not a form", "write fields and tables");
        return Err(DraftErrors::Faults(Faults::one(fault)));
    };
    let kind = read_kind(map).map_err(|fault| DraftErrors::Faults(Faults::one(fault)))?;
    let mut findings = Findings::new(Manner::Draft);
    if let Some(tag) = map.get("language") {
        findings.language = Language::read(tag, "language", &mut findings);
    }
    let mut section = Section::new(Some(map), "", &mut findings);
    section.take("kind");
    section.take("language");
    let to = section.optional_list("to");
    let in_reply_to = read_reply(&mut section);
    let officer = section.optional_form("officer");
    Officer::under_rule_of(kind, "officer", &mut section.findings.faults);
    let body = kind.read_body(&mut section);
    section.finish();
    let draft = Draft {
        kind,
        to,
        in_reply_to,
        officer,
        body,
        form,
    };
    Ok(Filled {
        draft,
        faults: findings.faults,
    })
}

fn check_length(text: &str) -> Result<(), DraftErrors> {
    if text.len() > DOCUMENT_BYTES_MAX {
        Err(DraftErrors::TooLong(text.len()))
    } else {
        Ok(())
    }
}

fn read_kind(map: &Map<String, Value>) -> Result<Kind, Fault> {
    let fault = |what: String| Fault::new(Rule::Form, "kind", what, UnknownKind.to_string());
    match map.get("kind") {
        None => Err(fault("is missing".to_owned())),
        Some(Value::String(name)) => name
            .parse()
            .map_err(|_| fault(format!("there is no kind {}", quoted(name)))),
        Some(_) => Err(fault("is not text".to_owned())),
    }
}

fn read_reply(section: &mut Section<'_>) -> Option<MessageId> {
    let text: Line = section.optional("in_reply_to")?;
    let read: Result<MessageId, IdError> = text.as_str().parse();
    if let Err(error) = &read {
        section.findings.fault(
            Rule::Form,
            "in_reply_to",
            "is not the id of a message",
            error.to_string(),
        );
    }
    read.ok()
}
