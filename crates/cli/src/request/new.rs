//! `ohrid request new`: a form to fill in, or a filled-in form to the node's drafts.

use control::types::StoredDraft;
use convention::message::Kind;
use convention::template;

use super::template::{kind_named, write};
use super::{NewArguments, advice_text, read_form};
use crate::failure::Failure;
use crate::preflight::{self, checked_text};
use crate::session::Session;
use crate::{answer, random, table, when};

pub(super) async fn run(session: &Session, arguments: &NewArguments) -> Result<(), Failure> {
    match &arguments.from_file {
        Some(_) => store(session, arguments).await,
        None => write_template(session, arguments).await,
    }
}

async fn store(session: &Session, arguments: &NewArguments) -> Result<(), Failure> {
    let Some(file) = &arguments.from_file else {
        return Ok(());
    };
    let form = read_form(file)?;
    let name = &form.document.name;
    if arguments.dry_run {
        let client = session.client().await?;
        let report = client.check(&form.check_request(&arguments.route)).await;
        let report = report.map_err(|error| form.blame(error))?;
        let what = format!("{name} keeps every rule.");
        let zone = when::local_zone();
        session
            .terminal
            .result(&report, |report| checked_text(&what, report, &zone));
        session.next(format_args!("ohrid request send {name} --wait delivered"));
        return Ok(());
    }
    let client = session.client_for_writing(form.officer()).await?;
    let request = form.send_request(&arguments.route);
    let stored = client.store_draft(&request, &random::idempotency_key()?).await;
    let stored = stored.map_err(|error| form.blame(error))?;
    preflight::tell_with(session, &client, &stored.to, &stored.kind, form.language()).await;
    session.terminal.result(&stored, stored_text);
    session.next(format_args!(
        "ohrid request send {} --wait delivered",
        stored.draft
    ));
    Ok(())
}

async fn write_template(session: &Session, arguments: &NewArguments) -> Result<(), Failure> {
    let kind = request_named(arguments.form.as_deref().unwrap_or_default())?;
    preflight::tell(session, &arguments.route.to, kind.as_str()).await;
    let text = addressed(template::of(kind), &arguments.route.to);
    write(session, &text, arguments.output.as_ref())?;
    if let Some(path) = &arguments.output {
        session.next(format_args!("ohrid request check {}", path.display()));
    }
    Ok(())
}

/// The kind of request that a form's name means.
pub(super) fn request_named(name: &str) -> Result<Kind, Failure> {
    let kind = kind_named(name)?;
    if kind.opens_case() {
        return Ok(kind);
    }
    let verb = answer::verbs().find(|verb| verb.kind == kind);
    let verb = verb.map_or("note", |verb| verb.name);
    let mend = format!(
        "say it there: ohrid answer {verb} CASE; its form: ohrid answer template {kind} --output FILE"
    );
    Err(Failure::usage(
        format!("{kind} opens no case: it belongs to one"),
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
