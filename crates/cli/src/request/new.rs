//! `ohrid request new`: a form to fill in, or a filled-in form to the node's drafts.

use control::types::StoredDraft;
use convention::message::{Kind, UnknownKind};
use convention::template;

use super::{NewArguments, advice_text, read_form};
use crate::failure::Failure;
use crate::files::{self, Secrecy};
use crate::session::Session;
use crate::{random, table};

pub(super) async fn run(session: &Session, arguments: &NewArguments) -> Result<(), Failure> {
    match &arguments.from_file {
        Some(file) => {
            let form = read_form(file)?;
            if arguments.dry_run {
                let client = session.client().await?;
                let report = client.check(&form.check_request(&arguments.route)).await;
                let report = report.map_err(|error| form.blame(error))?;
                session.terminal.result(&report, |report| {
                    format!(
                        "{} keeps every rule.\n{}",
                        form.document.name,
                        advice_text(&report.advice)
                    )
                });
                session.next(format_args!(
                    "ohrid request send {} --wait delivered",
                    form.document.name
                ));
                return Ok(());
            }
            let client = session.client_for_writing(form.officer()).await?;
            let request = form.send_request(&arguments.route);
            let stored = client.store_draft(&request, &random::idempotency_key()?).await;
            let stored = stored.map_err(|error| form.blame(error))?;
            session.terminal.result(&stored, stored_text);
            session.next(format_args!(
                "ohrid request send {} --wait delivered",
                stored.draft
            ));
        }
        None => write_template(session, arguments)?,
    }
    Ok(())
}

fn write_template(session: &Session, arguments: &NewArguments) -> Result<(), Failure> {
    let kind = kind_of(arguments.form.as_deref().unwrap_or_default())?;
    let text = addressed(template::of(kind), &arguments.route.to);
    match &arguments.output {
        None => session.terminal.text(&text),
        Some(path) => {
            files::write_new(path, text.as_bytes(), Secrecy::Public)?;
            session.terminal.say(format_args!(
                "Wrote {}: fill it in with any editor.",
                path.display()
            ));
            session.next(format_args!("ohrid request check {}", path.display()));
        }
    }
    Ok(())
}

/// The kind that a form's name means: `preservation` is short for `preservation-request`.
pub(super) fn kind_of(name: &str) -> Result<Kind, Failure> {
    let long = format!("{name}-request");
    let kind: Result<Kind, _> = name
        .parse()
        .or_else(|error: UnknownKind| long.parse().map_err(|_| error));
    let kind =
        kind.map_err(|error| Failure::usage(format!("there is no form {name:?}"), error.to_string()))?;
    if kind.opens_case() {
        return Ok(kind);
    }
    let mend = "answer it: ohrid answer acknowledge | preserve | refuse | note CASE";
    Err(Failure::usage(
        format!("{kind} is no request: it belongs to a case"),
        mend,
    ))
}

/// The template with its recipients filled in.
pub(super) fn addressed(template: &str, to: &[String]) -> String {
    if to.is_empty() {
        return template.to_owned();
    }
    let quoted: Vec<String> = to.iter().map(|to| format!("{to:?}")).collect();
    let line = format!("to = [{}]", quoted.join(", "));
    let is_to = |text: &str| text.trim_start_matches(['#', ' ']).starts_with("to =");
    let has_line = template.lines().any(is_to);
    let mut is_written = false;
    let mut lines = Vec::new();
    for text in template.lines() {
        if is_to(text) && !is_written {
            lines.push(line.as_str());
            is_written = true;
            continue;
        }
        lines.push(text);
        if !has_line && !is_written && text.starts_with("kind") {
            lines.push(line.as_str());
            is_written = true;
        }
    }
    format!("{}\n", lines.join("\n"))
}

fn stored_text(stored: &StoredDraft) -> String {
    let properties = table::properties(&[
        ("Draft", stored.draft.clone()),
        ("Kind", stored.kind.clone()),
        ("To", stored.to.join(" ")),
    ]);
    format!("{properties}{}", advice_text(&stored.advice))
}
