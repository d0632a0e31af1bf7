//! One case, for people.

use control::types::{
    CaseDetail, CaseMessage, ConsignmentVerdict, DeadlineFamily, OurRole, RecipientState, RecipientStatus,
    TimelineItem,
};
use convention::message::Kind;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::oversight;
use super::{commands, erase, related};
use crate::attachment;
use crate::table::{self, printable};
use crate::terminal::COLUMNS;
use crate::when;

/// Columns of the whole: four less than a terminal's, for the demo shows it indented.
const WIDTH: usize = COLUMNS - 4;

/// Columns of what stands indented below a heading.
const ROOM: usize = WIDTH - 4;

/// The case: where it stands and why, what is due, what was said, what happened.
pub(crate) fn text(detail: &CaseDetail, zone: &TimeZone) -> String {
    let mut text = head(detail, zone);
    text.push_str(&due(detail));
    let related = related::section(&detail.related, ROOM);
    if !related.is_empty() {
        text.push('\n');
        text.push_str(&related);
    }
    text.push_str("\nWhat was said\n");
    for message in &detail.messages {
        text.push_str(&message_text(message, &detail.view, zone));
    }
    text.push_str("\nWhat happened\n");
    for item in &detail.timeline {
        text.push_str(&timeline_text(item, &detail.messages, zone));
    }
    text
}

fn head(detail: &CaseDetail, zone: &TimeZone) -> String {
    let summary = &detail.summary;
    let role = match summary.our_role {
        OurRole::Requesting => format!("we asked {}", summary.peer),
        OurRole::Requested => format!("{} asked us", summary.peer),
    };
    let mut pairs = vec![("Case", summary.reference.clone())];
    if summary.case != summary.reference {
        pairs.push(("Id", summary.case.clone()));
    }
    pairs.extend([
        ("Kind", shown_kind(&summary.kind)),
        ("Who", role),
        ("About", printable(&summary.title)),
        ("State", summary.state.clone()),
        ("Because", printable(&summary.state_because)),
        ("Opened", when::both(summary.opened_at, zone)),
        ("Last change", when::both(summary.updated_at, zone)),
    ]);
    if let Some(until) = summary.preserved_until {
        pairs.push(("Preserved until", when::both(until, zone)));
    }
    if let Some(held) = &detail.hold {
        pairs.push(("HELD", erase::held_line(held, zone)));
    }
    let tasks = commands::tasks(detail);
    if !tasks.is_empty() {
        pairs.push(("Waits for you", tasks.join("; ")));
    }
    table::properties_within(&pairs, WIDTH)
}

/// `[DRILL]` A drill cannot be taken for a real request.
fn shown_kind(kind: &str) -> String {
    match kind == Kind::Drill.as_str() {
        true => "DRILL: an exercise. Acknowledge it; nothing else is asked".to_owned(),
        false => printable(kind),
    }
}

/// Alarms and dates, where there are any. `[TIME-BOTH]`
fn due(detail: &CaseDetail) -> String {
    let alarms = detail.alarms.iter().map(|alarm| {
        let line = format!("{}: {} {}", alarm.kind.to_uppercase(), alarm.what, alarm.action);
        ("  ! ", line)
    });
    let deadlines = detail.deadlines.iter().map(|deadline| {
        let family = match deadline.family {
            DeadlineFamily::Law => "law",
            DeadlineFamily::Policy => "policy",
        };
        (
            "    ",
            format!("{} ({family}): {}", deadline.kind, deadline.local),
        )
    });
    let mut text = String::new();
    for (mark, line) in alarms.chain(deadlines) {
        if text.is_empty() {
            text.push_str("\nWhat is due\n");
        }
        for (number, part) in table::wrap(&printable(&line), ROOM).iter().enumerate() {
            text.push_str(if number == 0 { mark } else { "    " });
            text.push_str(part);
            text.push('\n');
        }
    }
    text
}

fn message_text(message: &CaseMessage, view: &Value, zone: &TimeZone) -> String {
    let kind = if message.erased.is_some() {
        "erased"
    } else if message.kind.is_empty() {
        "cannot be read"
    } else {
        &message.kind
    };
    let mark = if message.kind == Kind::Drill.as_str() {
        "  DRILL"
    } else {
        ""
    };
    let mut text = format!("  {}  {}{mark}\n", message.message, printable(kind));
    let mut lines = vec![
        format!("from {} to {}", message.from, message.to.join(" ")),
        format!("sent {}", when::both(message.sent_at, zone)),
    ];
    if let Some(author) = &message.author {
        lines.push(format!("by {author}"));
    }
    lines.extend(
        message
            .erased
            .iter()
            .map(|erased| erase::erased_line(erased, zone)),
    );
    lines.extend(oversight::lines(message));
    if let Some(summary) = summary_of(view, &message.message) {
        lines.push(summary);
    }
    if !message.check_words.is_empty() {
        lines.push(format!("check words: {}", message.check_words));
    }
    lines.extend(message.approvals.iter().map(|approval| {
        let officer = approval.officer.as_deref().unwrap_or(&approval.actor);
        format!("approved by {officer}, {}", when::both(approval.at, zone))
    }));
    if let Some(alone) = &message.sent_alone {
        let officer = alone.officer.as_deref().unwrap_or(&alone.actor);
        let reviewed = if alone.reviewed {
            "reviewed since"
        } else {
            "NOT REVIEWED yet"
        };
        lines.push(format!("sent without approval by {officer}, {reviewed}"));
    }
    lines.extend(message.attachments.iter().map(attachment::status_line));
    lines.extend(message.recipients.iter().map(recipient_line));
    lines.extend(message.attachment_receipts.iter().filter_map(|receipt| {
        let at = when::both(receipt.complete_at?, zone);
        Some(format!("{}: has all attachments, {at}", receipt.to))
    }));
    for fault in &message.nonconformities {
        lines.push(format!("NON-CONFORMING: {fault}"));
    }
    for line in lines {
        for part in table::wrap(&printable(&line), ROOM) {
            text.push_str(&format!("    {part}\n"));
        }
    }
    text
}

/// `[C27-9]` Whether one recipient has the message, in one line.
fn recipient_line(recipient: &RecipientStatus) -> String {
    let to = &recipient.to;
    // What we received has no receipt of ours to show: it is here.
    let place = match recipient.receipt {
        Some(_) => "there",
        None => "here",
    };
    let receipt = recipient.receipt.as_ref().map(|receipt| {
        let verified = if receipt.verified {
            "verified"
        } else {
            "NOT verified"
        };
        format!(", leaf {} of {}, proof {verified}", receipt.index, receipt.origin)
    });
    let opened = match recipient.consignment.as_ref().map(|report| report.verdict) {
        None => String::new(),
        Some(ConsignmentVerdict::Readable) => format!("; opened {place}, and readable"),
        Some(ConsignmentVerdict::Unreadable) => {
            format!("; CANNOT BE READ {place}: telephone, and have it sent again")
        }
        Some(ConsignmentVerdict::NonConforming) => format!("; opened {place}, and non-conforming"),
    };
    let rules = match &recipient.consignment {
        Some(report) if !report.rules.is_empty() => format!(" with {}", report.rules.join(" ")),
        _ => String::new(),
    };
    match recipient.state {
        RecipientState::Pending => format!("{to}: not confirmed there yet"),
        RecipientState::Rejected => format!("{to}: REJECTED there, signed"),
        RecipientState::Expired => format!("{to}: EXPIRED, nobody took it in time"),
        RecipientState::Delivered => {
            format!("{to}: has it{}{opened}{rules}", receipt.unwrap_or_default())
        }
    }
}

fn timeline_text(item: &TimelineItem, messages: &[CaseMessage], zone: &TimeZone) -> String {
    let message = messages.iter().find(|message| message.message == item.message);
    let kind = message
        .map(|message| message.kind.as_str())
        .filter(|kind| !kind.is_empty());
    let mut line = format!(
        "{} {}, leaf {}",
        kind.unwrap_or("message"),
        item.what,
        item.leaf_index
    );
    if let Some(officer) = &item.officer {
        line.push_str(" by ");
        line.push_str(officer);
    }
    if let Some(detail) = &item.detail {
        line.push_str(": ");
        line.push_str(detail);
    }
    let mut text = format!("  {}\n", when::both(item.at, zone));
    for part in table::wrap(&printable(&line), ROOM) {
        text.push_str(&format!("    {part}\n"));
    }
    text
}

/// What the view says of a message in one line; a view of a later release may say it elsewhere.
fn summary_of(view: &Value, message: &str) -> Option<String> {
    let messages = view.get("messages")?.as_array()?;
    let found = messages
        .iter()
        .find(|entry| entry.get("id").and_then(Value::as_str) == Some(message))?;
    found.get("summary")?.as_str().map(str::to_owned)
}
