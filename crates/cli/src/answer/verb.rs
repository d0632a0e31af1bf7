//! One verb of `ohrid answer`: a row of the table in [`super::verbs`], made into a command.

use clap::{ArgMatches, Args, Command};
use control::types::CaseDetail;
use convention::message::Kind;
use jiff::Zoned;
use serde_json::{Map, Value};

use super::Answering;
use super::field::{Field, Given};
use super::learned::Learned;
use crate::failure::Failure;

/// A verb.
#[derive(Debug)]
pub(crate) struct Verb {
    /// What is typed.
    pub(crate) name: &'static str,
    /// The kind of message that it makes.
    pub(crate) kind: Kind,
    /// What it is for, in one line.
    pub(crate) about: &'static str,
    /// Fields that the verb itself decides.
    pub(super) fixed: &'static [(&'static str, &'static str)],
    /// Its options.
    pub(super) fields: &'static [Field],
    /// What the case tells.
    pub(super) learn: Option<fn(&CaseDetail) -> Learned>,
}

impl Verb {
    /// The command, with its own options first.
    pub(super) fn command(&self) -> Command {
        let after = format!(
            "It makes a message of kind {kind}. The whole form: ohrid answer template {kind}",
            kind = self.kind
        );
        // The case comes first; words without an option's name come after it.
        let (arguments, options): (Vec<&Field>, Vec<&Field>) =
            self.fields.iter().partition(|field| field.is_argument());
        let command = Command::new(self.name).next_help_heading("What it says");
        let command = options
            .iter()
            .fold(command, |command, field| command.arg(field.argument()));
        let command = Answering::augment_args(command)
            .about(self.about)
            .after_help(after);
        arguments.iter().fold(command, |command, field| {
            command.arg(field.argument().index(2).help_heading(None::<&'static str>))
        })
    }

    /// What was typed.
    pub(super) fn given(&self, matches: &ArgMatches) -> Given {
        let fields = self.fields.iter();
        fields
            .filter_map(|field| Some((field.option, field.given(matches)?)))
            .collect()
    }

    /// Fills the form in.
    pub(super) fn fill(
        &self,
        form: &mut Map<String, Value>,
        given: &Given,
        now: &Zoned,
    ) -> Result<(), Failure> {
        // What options say of a list goes in the place of what the file says.
        for field in self.fields.iter().filter(|field| field.gathers()) {
            if given.contains_key(field.option) {
                form.remove(&field.path());
            }
        }
        let has_file = !form.is_empty();
        for field in self.fields {
            field.fill(form, given, has_file, now)?;
        }
        for (field, value) in self.fixed {
            form.insert((*field).to_owned(), (*value).into());
        }
        Ok(())
    }

    /// How the option is typed by which a field of a fault is filled in.
    pub(super) fn option_for(&self, fault: &str) -> Option<String> {
        let field = without_indices(fault);
        let everywhere = match field.as_str() {
            "officer.name" | "officer" => Some("--officer NAME"),
            "officer.role" => Some("--role TEXT"),
            "language" => Some("--language TAG"),
            "in_reply_to" => Some("--in-reply-to MESSAGE"),
            "to" => Some("--to PARTY/OFFICE"),
            list if list.starts_with("attachments") => Some("--attachment FILE"),
            _ => None,
        };
        if let Some(option) = everywhere {
            return Some(option.to_owned());
        }
        let near = self
            .fields
            .iter()
            .filter_map(|one| Some((one.distance(&field)?, one)));
        let nearest = near.min_by_key(|(distance, _)| *distance);
        nearest.map(|(_, field)| field.usage())
    }
}

/// `providers[0].territory` without the number.
fn without_indices(field: &str) -> String {
    let mut parts = field.split('[');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once(']').map_or("", |(_, rest)| rest));
    }
    text
}
