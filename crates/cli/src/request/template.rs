//! `ohrid request template` and `ohrid answer template`: a form to fill in, for every kind of message;
//! without a kind, the list of them.

use std::path::PathBuf;

use clap::Args;
use convention::message::{Kind, UnknownKind};
use convention::template;
use serde::Serialize;

use crate::answer::verbs;
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::session::Session;
use crate::table;

/// Options of the template commands.
#[derive(Debug, Args)]
pub(crate) struct TemplateArguments {
    /// The kind of message, such as preservation-request or refusal; without it, the kinds are listed
    #[arg(value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Where to write the form; stdout where this is left out
    #[arg(long, value_name = "FILE", requires = "kind")]
    pub(crate) output: Option<PathBuf>,
}

/// One kind in the list.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    /// Its name.
    kind: &'static str,
    /// `request` or `answer`, as in the tables of the domain.
    group: &'static str,
    /// What it is, in one line.
    summary: String,
}

pub(crate) fn run(session: &Session, arguments: &TemplateArguments) -> Result<(), Failure> {
    let Some(name) = &arguments.kind else {
        session.terminal.result(&list(), |list| list_text(list));
        session.next("ohrid request template KIND --output FILE");
        return Ok(());
    };
    let kind = kind_named(name)?;
    write(session, template::of(kind), arguments.output.as_ref())?;
    if let Some(path) = &arguments.output {
        session.next(next_command(kind, &path.display().to_string()));
    }
    Ok(())
}

/// Writes a form to a new file, or to stdout.
pub(super) fn write(session: &Session, text: &str, output: Option<&PathBuf>) -> Result<(), Failure> {
    match output {
        None => session.terminal.text(text),
        Some(path) => {
            files::write_new(path, text.as_bytes(), Secrecy::Public)?;
            session.terminal.say(format_args!(
                "Wrote {}: fill it in with any editor.",
                path.display()
            ));
        }
    }
    Ok(())
}

/// The kind that a name means: `preservation` is short for `preservation-request`, and a verb of `ohrid
/// answer` stands for what it makes.
pub(super) fn kind_named(name: &str) -> Result<Kind, Failure> {
    let long = format!("{name}-request");
    let of_verb = || verbs().find(|verb| verb.name == name).map(|verb| verb.kind);
    let kind: Result<Kind, UnknownKind> = name.parse().or_else(|error| {
        let found = long.parse().ok().or_else(of_verb);
        found.ok_or(error)
    });
    kind.map_err(|error| Failure::usage(format!("there is no form {name:?}"), error.to_string()))
}

/// Every kind, in the order of the domain's tables.
pub(super) fn list() -> Vec<Listed> {
    let listed = |kind: &Kind| Listed {
        kind: kind.as_str(),
        group: if is_request(*kind) { "request" } else { "answer" },
        summary: summary(*kind),
    };
    Kind::ALL.iter().map(listed).collect()
}

/// Whether the kind stands in the domain's table of requests.
fn is_request(kind: Kind) -> bool {
    kind.opens_case() || kind == Kind::MutualAssistanceNotice
}

/// What the first line of the template says, without the kind's own name.
fn summary(kind: Kind) -> String {
    let first = template::of(kind).lines().next().unwrap_or_default();
    first.trim_start_matches(['#', ' ']).to_owned()
}

fn list_text(list: &[Listed]) -> String {
    let mut text = String::new();
    for (heading, group) in [("Requests", "request"), ("Answers", "answer")] {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(heading);
        text.push('\n');
        for one in list.iter().filter(|one| one.group == group) {
            text.push_str(&format!("  {}\n", one.kind));
            for line in table::wrap(&one.summary, 74) {
                text.push_str(&format!("      {line}\n"));
            }
        }
    }
    text
}

/// What to do with a form that was filled in.
fn next_command(kind: Kind, file: &str) -> String {
    let verb = verbs().find(|verb| verb.kind == kind);
    match verb.filter(|_| kind.belongs_to_case() && !kind.opens_case()) {
        Some(verb) => format!("ohrid answer {} CASE --from-file {file} --dry-run", verb.name),
        None => format!("ohrid request check {file}"),
    }
}
