//! A filled-in form: read from a file, with all its faults at once, each in its place.

use std::path::Path;

use control::types::{CheckRequest, Fault, SendRequest};
use convention::message::{Draft, DraftErrors};
use convention::rule::{Advice, Fault as Breach};
use serde_json::Value;

use super::Route;
use crate::exit::Exit;
use crate::failure::{Document, Failure};
use crate::files;
use crate::limits::DOCUMENT_BYTES_MAX;
use crate::table;

/// A form that can be read, and the file that it came from.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) document: Document,
    pub(crate) draft: Draft,
    /// The form as it travels to the node.
    pub(crate) json: Value,
}

impl Form {
    /// The officer whom the form names.
    pub(crate) fn officer(&self) -> Option<&str> {
        self.json.get("officer")?.get("name")?.as_str()
    }

    /// The language in which it is written, where it says so.
    pub(crate) fn language(&self) -> Option<&str> {
        self.json.get("language")?.as_str()
    }

    /// The question whether it can be sent.
    pub(crate) fn check_request(&self, route: &Route) -> CheckRequest {
        CheckRequest {
            from: route.from.clone(),
            to: self.recipients(route),
            case: route.case.clone(),
            in_reply_to: None,
            draft: self.json.clone(),
            attachments: Vec::new(),
        }
    }

    /// The order to send it.
    pub(crate) fn send_request(&self, route: &Route) -> SendRequest {
        let CheckRequest {
            from,
            to,
            case,
            in_reply_to,
            draft,
            attachments,
        } = self.check_request(route);
        SendRequest {
            from,
            to,
            case,
            in_reply_to,
            draft,
            priority: Default::default(),
            expires_at: None,
            break_glass: None,
            attachments,
        }
    }

    /// A failure about this form, shown in its places.
    pub(crate) fn blame(&self, failure: impl Into<Failure>) -> Failure {
        let mut failure = failure.into();
        if !failure.faults.is_empty() {
            failure.what = count_text(failure.faults.len(), &self.document.name);
        }
        failure.about(&self.document)
    }

    /// The command's recipients; those of the form where the command names none.
    pub(super) fn recipients(&self, route: &Route) -> Vec<String> {
        match route.to.is_empty() {
            true => self.draft.recipients().iter().map(ToString::to_string).collect(),
            false => route.to.clone(),
        }
    }
}

/// Reads a form from a file: JSON where its name says so, TOML otherwise.
pub(crate) fn read_form(path: &Path) -> Result<Form, Failure> {
    let document = files::read_document(path, DOCUMENT_BYTES_MAX)?;
    parse_form(document)
}

/// Reads a form from a text.
pub(crate) fn parse_form(document: Document) -> Result<Form, Failure> {
    let draft = match document.name.ends_with(".json") {
        true => Draft::from_json(&document.text),
        false => Draft::from_toml(&document.text),
    };
    match draft {
        Ok(draft) => {
            // The draft writes JSON itself, so this reads; `null` would be refused by the node as no form.
            let json = serde_json::from_str(&draft.to_json()).unwrap_or(Value::Null);
            Ok(Form {
                document,
                draft,
                json,
            })
        }
        Err(errors) => Err(unreadable(&document, errors)),
    }
}

/// The advice on a form, for people: below the result, since nothing of it is required.
pub(crate) fn advice_text(advice: &[Fault]) -> String {
    let mut text = String::new();
    for (number, item) in advice.iter().enumerate() {
        if number == 0 {
            text.push_str("Worth doing, and not required:\n");
        }
        for (line, part) in table::wrap(&item.to_string(), 76).iter().enumerate() {
            text.push_str(if line == 0 { "  - " } else { "    " });
            text.push_str(&table::printable(part));
            text.push('\n');
        }
    }
    text
}

/// A breach as the API says it.
pub(super) fn fault(breach: &Breach) -> Fault {
    Fault {
        rule: breach.rule.name().to_owned(),
        field: breach.field.clone(),
        what: breach.what.clone(),
        mend: breach.mend.clone(),
        source: breach.rule.source().to_owned(),
    }
}

/// A piece of advice as the API says it.
pub(super) fn advice(advice: &Advice) -> Fault {
    Fault {
        rule: advice.rule.name().to_owned(),
        field: advice.field.clone(),
        what: advice.what.clone(),
        mend: advice.mend.clone(),
        source: advice.rule.source().to_owned(),
    }
}

fn unreadable(document: &Document, errors: DraftErrors) -> Failure {
    match errors {
        DraftErrors::Faults(faults) => {
            let faults: Vec<Fault> = faults.iter().map(fault).collect();
            Failure::refused(count_text(faults.len(), &document.name), faults).about(document)
        }
        DraftErrors::Syntax {
            message,
            line,
            column,
        } => {
            let what = format!("{}:{line}:{column}: {message}", document.name);
            let mend = "write TOML: key = \"value\", and [sections]";
            Failure::new(Exit::Usage, "malformed", what).mended_by(mend)
        }
        error @ DraftErrors::TooLong(_) => {
            Failure::new(Exit::Usage, "malformed", format!("{}: {error}", document.name))
        }
    }
}

fn count_text(count: usize, name: &str) -> String {
    let faults = if count == 1 {
        "1 fault"
    } else {
        &format!("{count} faults")
    };
    format!("{faults} in {name}: nothing was sent or recorded")
}
