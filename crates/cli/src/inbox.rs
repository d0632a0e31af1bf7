//! `ohrid inbox`: what was received, and what waits for an officer.

use control::types::{InboxItem, Priority};
use convention::message::Kind;
use jiff::tz::TimeZone;

use crate::case::related;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::printable;
use crate::terminal::COLUMNS;
use crate::{table, when};

pub(crate) async fn run(session: &Session) -> Result<(), Failure> {
    let items = session.client().await?.inbox().await?;
    session
        .terminal
        .result(&items, |items| text(items, &when::local_zone()));
    if let Some(item) = items.iter().find(|item| item.needs_action) {
        session.next(format_args!("ohrid case show {}", item.reference));
    }
    Ok(())
}

/// Columns of what stands indented below an item: the demo shows the whole indented once more.
const ROOM: usize = COLUMNS - 6;

/// The inbox for people: what waits comes first, marked with `*`.
pub(crate) fn text(items: &[InboxItem], zone: &TimeZone) -> String {
    let waiting = items.iter().filter(|item| item.needs_action).count();
    let mut text = match (items.len(), waiting) {
        (0, _) => return "Nothing was received.\n".to_owned(),
        (all, 0) => format!("{all} received, none waits for you.\n"),
        (all, waiting) => format!("{all} received, {waiting} waiting for you (*).\n"),
    };
    let (urgent, other): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.needs_action);
    for item in urgent.into_iter().chain(other) {
        text.push('\n');
        text.push_str(&item_text(item, zone));
    }
    text
}

fn item_text(item: &InboxItem, zone: &TimeZone) -> String {
    let mark = if item.needs_action { "*" } else { " " };
    let priority = match item.priority {
        Priority::Routine => "",
        Priority::Urgent => "  URGENT",
        Priority::Emergency => "  EMERGENCY",
    };
    let kind = if item.kind.is_empty() {
        "unknown kind"
    } else {
        &item.kind
    };
    // `[DRILL]` A drill cannot be taken for a real request.
    let drill = if item.kind == Kind::Drill.as_str() {
        "  DRILL, an exercise"
    } else {
        ""
    };
    let mut lines = vec![
        format!("{mark} {}  {}{drill}{priority}", item.reference, printable(kind)),
        format!("from {} to {}", item.from, item.to),
        format!("received {}", when::both(item.received_at, zone)),
    ];
    lines.extend(table::wrap(&printable(&item.summary), ROOM));
    lines.push(format!("state: {}", item.state));
    if !item.tasks.is_empty() {
        lines.push(printable(&format!("TO DO: {}", item.tasks.join("; "))));
    }
    if !item.readable {
        lines.push("CANNOT BE READ: it is kept, and the sender's node was told".to_owned());
    }
    for fault in &item.nonconformities {
        lines.extend(table::wrap(&printable(&format!("non-conforming: {fault}")), ROOM));
    }
    let also = related::text(&item.related, ROOM - 2);
    lines.extend(also.lines().map(|line| line.trim_start().to_owned()));
    let mut text = lines.remove(0);
    for line in lines {
        text.push_str("\n  ");
        text.push_str(&line);
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
