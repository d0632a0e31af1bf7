//! `[PROFILE-PREFLIGHT]` Will this Party accept this, and what will it need? Shown before anything is sent.
//! Nothing of it blocks.

use control::client::Client;
use control::types::{CheckReport, PreflightReport};
use convention::preflight::{Preflight, Presence};
use convention::profile::{Formality, May};
use jiff::tz::TimeZone;

use crate::case::related;
use crate::request::advice_text;
use crate::session::{Reachable, Session};
use crate::table::{self, printable};
use crate::when;

/// Columns of what stands below a recipient.
const ROOM: usize = 74;

/// Says what the recipients will need, where there is a node to ask, and where there is none that nobody
/// knows.
pub(crate) async fn tell(session: &Session, to: &[String], kind: &str) {
    if to.is_empty() {
        return;
    }
    match session.client_if_any().await {
        Ok(Reachable::Node(client)) => tell_with(session, &client, to, kind, None).await,
        Ok(Reachable::Nothing(socket)) => session.terminal.say(format_args!(
            "No node answers at {}: whether {} can be reached, and what it needs, was not checked.",
            socket.display(),
            to.join(" ")
        )),
        Err(failure) => session.terminal.say(format_args!(
            "What {} needs was not checked: {failure}",
            to.join(" ")
        )),
    }
}

/// The same, with the node that is asked anyhow.
pub(crate) async fn tell_with(
    session: &Session,
    client: &Client,
    to: &[String],
    kind: &str,
    language: Option<&str>,
) {
    // What cannot be told must not keep anybody from sending.
    match client.preflight(to, kind, language).await {
        Ok(reports) => session
            .terminal
            .say(text(&reports, &when::local_zone()).trim_end()),
        Err(error) => session.terminal.say(format_args!(
            "What {} needs was not checked: {error}",
            to.join(" ")
        )),
    }
}

/// A report on a form that keeps every rule: what is said of it, what its recipients need, and what is worth
/// doing.
pub(crate) fn checked_text(what: &str, report: &CheckReport, zone: &TimeZone) -> String {
    let approval = match report.needs_approval {
        true => "A second officer has to approve it before it is sent.\n",
        false => "",
    };
    let preflight = text(&report.preflight, zone);
    let related = related::section(&report.related, ROOM);
    format!(
        "{what}\n{approval}{preflight}{related}{}",
        advice_text(&report.advice)
    )
}

/// The reports for people: one block for each recipient.
pub(crate) fn text(reports: &[PreflightReport], zone: &TimeZone) -> String {
    reports.iter().map(|report| block(report, zone)).collect()
}

fn block(report: &PreflightReport, zone: &TimeZone) -> String {
    let reached = match (report.in_directory, report.connected) {
        (false, _) => "NOT in the directory: nothing can be sent to it".to_owned(),
        (true, true) => "connected now".to_owned(),
        (true, false) => format!(
            "not connected now; last heard of {}. What is sent waits until it is",
            report
                .last_seen
                .map_or_else(|| "never".to_owned(), |at| when::both(at, zone))
        ),
    };
    let mut text = String::new();
    add(&mut text, "", &format!("{}: {reached}.", report.to));
    // A newer node may say it in another form: then what is known is shown, and no more.
    let Ok(profile) = serde_json::from_value::<Preflight>(report.profile.clone()) else {
        return text;
    };
    for line in facts(&profile) {
        add(&mut text, "  ", &line);
    }
    for advice in &profile.advice {
        add(&mut text, "  - ", &format!("{}; {}", advice.what, advice.mend));
    }
    text
}

/// What the profile says, in lines.
fn facts(profile: &Preflight) -> Vec<String> {
    let mut lines = Vec::new();
    let presence = match profile.presence {
        Presence::Staffed => "the office is staffed",
        Presence::AfterHours => "after hours",
        Presence::Unknown => "office hours not known",
    };
    lines.push(match &profile.local_time {
        Some(time) => format!("It is {} there: {presence}.", time.local_and_utc()),
        None => format!("The time there is not known: {presence}."),
    });
    if !profile.languages.is_empty() {
        let languages: Vec<&str> = profile.languages.iter().map(|one| one.as_str()).collect();
        lines.push(format!("Reads {}.", languages.join(", ")));
    }
    if profile.formality == Some(Formality::None) {
        lines.push("Asks for no formality.".to_owned());
    }
    if profile.authority == Some(May::Yes) {
        lines.push("May do this itself.".to_owned());
    }
    lines
}

fn add(text: &mut String, first: &str, line: &str) {
    let indent = " ".repeat(first.len());
    for (number, part) in table::wrap(&printable(line), ROOM).iter().enumerate() {
        text.push_str(if number == 0 { first } else { &indent });
        text.push_str(part);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests;
