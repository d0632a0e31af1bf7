//! `ohrid alarms`: what ran out, or is about to, in all cases.

use control::types::{Alarm, DeadlineFamily};
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::terminal::COLUMNS;
use crate::when;

pub(crate) async fn run(session: &Session) -> Result<(), Failure> {
    let alarms = session.client().await?.alarms().await?;
    session
        .terminal
        .result(&alarms, |alarms| text(alarms, &when::local_zone()));
    if let Some(oldest) = alarms.first() {
        session.next(format_args!("ohrid case show {}", oldest.reference));
    }
    Ok(())
}

/// The alarms for people, the oldest first: a table of what stands in which case, and below it what is the
/// matter and what can be done.
pub(crate) fn text(alarms: &[Alarm], zone: &TimeZone) -> String {
    if alarms.is_empty() {
        return "No alarm stands.\n".to_owned();
    }
    let rows: Vec<Vec<String>> = alarms.iter().map(row).collect();
    let mut text = table::table(&["CASE", "ALARM", "SET BY"], &rows);
    for alarm in alarms {
        text.push('\n');
        text.push_str(&one_text(alarm, zone));
    }
    text
}

fn row(alarm: &Alarm) -> Vec<String> {
    vec![
        alarm.reference.clone(),
        alarm.kind.clone(),
        family(alarm.deadline.family).to_owned(),
    ]
}

/// Whether a date is the law's or our own: nobody shall take the one for the other.
pub(crate) fn family(family: DeadlineFamily) -> &'static str {
    match family {
        DeadlineFamily::Law => "law",
        DeadlineFamily::Policy => "our policy",
    }
}

fn one_text(alarm: &Alarm, zone: &TimeZone) -> String {
    let mut text = format!("{}  {}\n", alarm.reference, printable(&alarm.kind));
    let since = format!("since {}", when::both(alarm.raised_at, zone));
    for line in [since, alarm.what.clone(), format!("-> {}", alarm.action)] {
        for line in table::wrap(&printable(&line), COLUMNS - 2) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests;
