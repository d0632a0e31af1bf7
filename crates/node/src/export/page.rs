//! The page for reading: what was asked, what was answered, what happened, on paper as well.
//!
//! No script, nothing from outside, and nothing of what others wrote is taken for markup. It is a picture of
//! what stands in the other files, made by the node that signed the bundle.

mod markup;
mod said;

use std::collections::BTreeMap;

use protocol::bundle::{Bundle, Direction, LeftOut, Message, Why};

use super::facts::Facts;
use super::messages::Listed;
use super::timeline::Line;
use crate::cases::{Case, Said, lines};
use crate::news::utc;
use markup::Page;
#[cfg(test)]
use markup::escape;

pub(super) use said::Value;

/// What the page shows.
pub(super) struct Shown<'a> {
    pub(super) case: &'a Case,
    pub(super) facts: &'a Facts<'a>,
    pub(super) bundle: &'a Bundle,
    pub(super) contents: &'a BTreeMap<u32, Value>,
    pub(super) lists: &'a BTreeMap<u32, Vec<Listed>>,
    pub(super) lines: &'a [Line],
}

/// The whole page.
pub(super) fn page(shown: &Shown<'_>) -> String {
    let bundle = shown.bundle;
    let mut page = Page::begin(&format!("Case {}", bundle.case.reference));
    heading(&mut page, shown);
    left_out(&mut page, bundle);
    page.element("h2", "What was said");
    for (number, message) in (1..).zip(&bundle.messages) {
        one_message(&mut page, shown, number, message);
    }
    page.element("h2", "What happened");
    page.text("Every line is one entry of the ledger of the node that made this page, by its clock, in UTC.");
    timeline(&mut page, shown.lines);
    page.end()
}

fn heading(page: &mut Page, shown: &Shown<'_>) {
    let bundle = shown.bundle;
    let state = lines::word(shown.case.view.state).replace(['_', '-'], " ");
    let log = bundle.logs.last();
    let head = log.map(|log| {
        let witnessed = if log.is_witnessed {
            ", cosigned by witnesses"
        } else {
            ", not cosigned by witnesses"
        };
        format!("{}, {} entries{witnessed}", log.origin, log.size)
    });
    let rows = [
        ("Case", bundle.case.reference.clone()),
        ("Identifier", bundle.case.id.to_string()),
        ("Opened by", bundle.case.opener.to_string()),
        ("State", state),
        (
            "As seen by",
            format!("{} ({})", bundle.made_by.party, bundle.made_by.node),
        ),
        ("As of", utc(bundle.state_at_ms)),
        ("Ledger", head.unwrap_or_default()),
    ];
    page.rows(rows.iter().map(|(name, value)| (*name, value.as_str())));
    page.text(
        "This page was made by the node named above and shows what stands in the files beside it. How to \
         check those files, without that node and without its programs, is written in VERIFY.md.",
    );
}

/// What is not here, and why: nobody shall take a part for the whole.
fn left_out(page: &mut Page, bundle: &Bundle) {
    if bundle.left_out.is_empty() {
        return;
    }
    page.open("div class=\"left-out\"");
    page.element("h2", "What is left out");
    page.open("ul");
    for one in &bundle.left_out {
        page.element("li", &left_out_line(one));
    }
    page.close("ul");
    page.close("div");
}

fn left_out_line(one: &LeftOut) -> String {
    let part = one.part.as_str().replace('-', " ");
    format!("Message {}: {part} ({})", one.message, why(one.why))
}

fn why(why: Why) -> &'static str {
    match why {
        Why::Redacted => "on the wish of whoever exported it",
        Why::Role => "whoever exported it may not see it",
        Why::NotAsked => "attachments were not asked for",
        Why::Erased => "erased",
        Why::Unreadable => "it could not be opened",
        Why::NotHere => "this node does not have it",
    }
}

fn one_message(page: &mut Page, shown: &Shown<'_>, number: u32, message: &Message) {
    page.open("section");
    let kind = message.kind.as_ref().map(ToString::to_string);
    let kind = kind.map_or_else(|| "message".to_owned(), |kind| said::words(&kind));
    page.element("h3", &format!("{number}. {kind}"));
    let to: Vec<String> = message.to.iter().map(ToString::to_string).collect();
    let mut rows = vec![
        ("From", message.from.to_string()),
        ("To", to.join(", ")),
        (
            "Sent",
            format!("{} (the sender's clock)", utc(message.sent_at_ms)),
        ),
    ];
    let Some((key, told)) = shown.facts.message(number) else {
        return page.close("section");
    };
    rows.push(match message.direction {
        Direction::Sent => ("Recorded here", utc(told.recorded_at)),
        Direction::Received => ("Received here", utc(told.recorded_at)),
    });
    for leaf in shown.facts.about(key) {
        if let Said::Delivered(receipt, _) = &leaf.said {
            let text = format!(
                "{} by {}, leaf {} of {}",
                utc(receipt.received_at),
                receipt.to,
                receipt.inclusion.index,
                receipt.checkpoint.origin
            );
            rows.push(("Received there", text));
        }
    }
    rows.push(("Message", message.id.to_string()));
    rows.push(("Check words", lines::check_words(&message.commitment)));
    page.rows(rows.iter().map(|(name, value)| (*name, value.as_str())));
    for fault in lines::nonconformities(shown.case, key) {
        page.note(&format!("Does not conform with {}: {}", fault.rule, fault.field));
    }
    match shown.contents.get(&number) {
        Some(content) => said::content(page, content),
        None => {
            let parts = shown.bundle.left_out.iter();
            let mut of_this = parts.filter(|one| one.message == number);
            let reason = of_this
                .next()
                .map_or("it could not be opened", |one| why(one.why));
            page.note(&format!("What it says is not shown: {reason}."));
        }
    }
    attachments(page, shown.lists.get(&number));
    page.close("section");
}

fn attachments(page: &mut Page, listed: Option<&Vec<Listed>>) {
    let Some(listed) = listed else { return };
    page.element("h4", "Attachments");
    page.open("table");
    page.header(&["Name", "Type", "Bytes", "SHA-256", "In this bundle"]);
    for one in listed {
        let file = one.file.as_ref().map(ToString::to_string);
        let length = one.length_bytes.to_string();
        page.cells(&[
            &one.name,
            &one.media_type,
            &length,
            &one.sha256,
            file.as_deref().unwrap_or("no"),
        ]);
    }
    page.close("table");
}

fn timeline(page: &mut Page, lines: &[Line]) {
    page.open("table class=\"timeline\"");
    page.header(&[
        "Time (UTC)",
        "What",
        "Message",
        "To",
        "Officer",
        "Detail",
        "Entry",
    ]);
    for line in lines {
        let message = line.message.map(|number| number.to_string()).unwrap_or_default();
        let index = line.index.to_string();
        let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        page.cells(&[
            &line.at,
            &said::words(line.what),
            &message,
            &text(&line.to),
            &text(&line.officer),
            &text(&line.detail),
            &index,
        ]);
    }
    page.close("table");
}

#[cfg(test)]
mod tests;
