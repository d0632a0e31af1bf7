//! The timeline of a bundle: a line for each leaf, in the same order, that says what the leaf says. The names
//! of officers, and the detail, are vouched for by the node's signature only.

use protocol::bundle::{Bundle, Leaf, names};
use serde::Deserialize;

use super::bag::{find, tell};
use super::container::{Container, FileError};
use super::leaves::place;
use crate::limits::TIMELINE_BYTES_MAX;
use crate::report::{Place, Report, utc};

/// A line, as programs read it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: String,
    what: String,
    message: Option<u32>,
    message_id: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    log: String,
    index: u64,
    officer: Option<String>,
    detail: Option<String>,
}

/// Holds both forms of the timeline against the leaves that `bundle.json` lists, and against each other.
pub fn check(container: &Container, bundle: &Bundle, report: &mut Report) {
    let Some(lines) = read(names::TIMELINE_JSONL, container, report) else {
        return;
    };
    let parsed: Option<Vec<Line>> = lines
        .lines()
        .map(|line| serde_json::from_str(line).ok())
        .collect();
    let Some(parsed) = parsed.filter(|_| lines.is_empty() || lines.ends_with('\n')) else {
        return find(
            report,
            names::TIMELINE_JSONL,
            "not one timeline line on each line",
        );
    };
    if parsed.len() != bundle.leaves.len() {
        return find(report, names::TIMELINE_JSONL, "not one line for each leaf");
    }
    for (line, leaf) in parsed.iter().zip(&bundle.leaves) {
        if !agrees(line, leaf, bundle) {
            let reason = "the line says otherwise than the leaf";
            report.find(Place::Entry(leaf.index), names::TIMELINE_JSONL, reason);
        }
    }
    if let Some(table) = read(names::TIMELINE_CSV, container, report)
        && table != as_table(&parsed)
    {
        find(
            report,
            names::TIMELINE_CSV,
            "not the table of what timeline.jsonl says",
        );
    }
}

fn read(name: &str, container: &Container, report: &mut Report) -> Option<String> {
    match container.read(name, TIMELINE_BYTES_MAX) {
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| find(report, name, "this is not a text"))
            .ok(),
        // That it is missing was said.
        Err(FileError::Missing) => None,
        Err(error) => {
            tell(error, name, report);
            None
        }
    }
}

fn agrees(line: &Line, leaf: &Leaf, bundle: &Bundle) -> bool {
    let message = leaf.message.and_then(|number| bundle.messages.get(place(number)));
    let origin = bundle.logs.get(place(leaf.log)).map(|log| log.origin.as_str());
    let seconds = utc(leaf.at_ms.0);
    let at = format!("{}.{:03}Z", seconds.trim_end_matches('Z'), leaf.at_ms.0 % 1000);
    let is_addressed = line.to.as_ref().is_none_or(|to| {
        let recipients = message.into_iter().flat_map(|message| &message.to);
        recipients.into_iter().any(|one| one.to_string() == *to)
    });
    line.at == at
        && line.what == leaf.kind.as_str()
        && line.message == leaf.message
        && line.message_id == message.map(|message| message.id.to_string())
        && line.kind == message.and_then(|message| message.kind.as_ref().map(ToString::to_string))
        && line.from == message.map(|message| message.from.to_string())
        && is_addressed
        && Some(line.log.as_str()) == origin
        && line.index == leaf.index
}

/// The same lines as a table (RFC 4180), as the node writes it.
fn as_table(lines: &[Line]) -> String {
    let mut table = "at,what,message,message_id,kind,from,to,log,index,officer,detail\r\n".to_owned();
    for line in lines {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let number = line.message.map(|number| number.to_string());
        let fields = [
            line.at.clone(),
            line.what.clone(),
            text(&number),
            text(&line.message_id),
            text(&line.kind),
            text(&line.from),
            text(&line.to),
            line.log.clone(),
            line.index.to_string(),
            text(&line.officer),
            text(&line.detail),
        ];
        let fields = fields.map(|field| convention::statistics::csv_field(&field));
        table.push_str(&fields.join(","));
        table.push_str("\r\n");
    }
    table
}
