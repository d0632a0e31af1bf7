//! The figures as a table for people, and as CSV. JSON is what serde makes of them.

use super::{Direction, Spread, Statistics, Traffic};

/// The columns of one direction, with what stands in them.
const COLUMNS: [&str; 21] = [
    "total",
    "preservation (29, 30)",
    "mutual assistance (31, 33, 34)",
    "spontaneous (26)",
    "assistance (35)",
    "emergency disclosure (2AP 9)",
    "receipt median ms",
    "receipt worst ms",
    "acknowledgement median ms",
    "acknowledgement worst ms",
    "first action median ms",
    "first action worst ms",
    "outcome median ms",
    "outcome worst ms",
    "preserved",
    "followed by mutual assistance",
    "drills",
    "drill receipt median ms",
    "drill receipt worst ms",
    "drills answered",
    "drill answer median ms",
];

fn cells(direction: &Direction) -> [String; COLUMNS.len()] {
    let requests = &direction.requests;
    let times = &direction.timeliness;
    let milliseconds = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    let median = |spread: &Spread| milliseconds(spread.median_ms);
    let worst = |spread: &Spread| milliseconds(spread.worst_ms);
    [
        requests.total.to_string(),
        requests.preservation.to_string(),
        requests.mutual_assistance.to_string(),
        requests.spontaneous_information.to_string(),
        requests.assistance.to_string(),
        requests.emergency_disclosure.to_string(),
        median(&times.receipt),
        worst(&times.receipt),
        median(&times.acknowledgement),
        worst(&times.acknowledgement),
        median(&times.first_action),
        worst(&times.first_action),
        median(&times.outcome),
        worst(&times.outcome),
        direction.preservations.preserved.to_string(),
        direction.preservations.followed_up.to_string(),
        direction.drills.held.to_string(),
        median(&direction.drills.receipt),
        worst(&direction.drills.receipt),
        direction.drills.answered.count.to_string(),
        median(&direction.drills.answered),
    ]
}

/// One field of CSV (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe before it.
pub fn csv_field(text: &str) -> String {
    // The last four are the same signs in full width, which some spreadsheets take for them.
    const STARTS: [char; 11] = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    let is_formula = text.starts_with(STARTS);
    let safe = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if safe.contains([',', '"', ';', '\n', '\r', '\t']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

/// A duration for people: the two largest units.
pub(super) fn shown(milliseconds: Option<u64>) -> String {
    let Some(milliseconds) = milliseconds else {
        return "-".to_owned();
    };
    let seconds = milliseconds / 1000;
    match (
        seconds / 86_400,
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    ) {
        (0, 0, 0, 0) => format!("{milliseconds} ms"),
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, _, _) => format!("{days} d {hours} h"),
    }
}

impl Statistics {
    /// The figures as CSV (RFC 4180), safe against spreadsheet formulas: one line for each peer, and one for
    /// all.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut header = vec!["party".to_owned(), "period".to_owned(), "peer".to_owned()];
        for direction in ["sent", "received"] {
            header.extend(COLUMNS.iter().map(|column| format!("{direction}: {column}")));
        }
        let mut lines = vec![header];
        let mut add = |peer: &str, traffic: &Traffic| {
            let mut line = vec![self.party.to_string(), self.period.name.clone(), peer.to_owned()];
            line.extend(cells(&traffic.sent));
            line.extend(cells(&traffic.received));
            lines.push(line);
        };
        for row in &self.peers {
            add(row.peer.as_str(), &row.traffic);
        }
        add("all", &self.total);
        let line = |line: Vec<String>| {
            let fields: Vec<String> = line.iter().map(|field| csv_field(field)).collect();
            format!("{}\r\n", fields.join(","))
        };
        lines.into_iter().map(line).collect()
    }

    /// The figures as two tables for people: the paper's 3.1.2 and 3.2, and drills.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut rows: Vec<(String, &Traffic)> = self
            .peers
            .iter()
            .map(|row| (row.peer.to_string(), &row.traffic))
            .collect();
        rows.push(("all".to_owned(), &self.total));
        let mut requests = vec![line(&[
            "peer", "sent", "29+30", "31+33+34", "26", "35", "received", "29+30", "31+33+34", "26", "35",
        ])];
        let mut times = vec![line(&[
            "peer",
            "",
            "receipt",
            "acknowledged",
            "worst",
            "first action",
            "worst",
            "outcome",
            "worst",
            "followed up",
            "drills",
        ])];
        for (peer, traffic) in rows {
            let mut counts = vec![peer.clone()];
            for direction in [&traffic.sent, &traffic.received] {
                counts.extend(counts_of(direction));
            }
            requests.push(counts);
            for (name, direction) in [("sent", &traffic.sent), ("received", &traffic.received)] {
                times.push(times_of(&peer, name, direction));
            }
        }
        format!(
            "Requests of {} in {}\n\n{}\nTime to answers, median and worst\n\n{}",
            self.party,
            self.period,
            aligned(&requests),
            aligned(&times)
        )
    }
}

fn line(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn counts_of(direction: &Direction) -> [String; 5] {
    let requests = &direction.requests;
    [
        requests.total,
        requests.preservation,
        requests.mutual_assistance,
        requests.spontaneous_information,
        requests.assistance,
    ]
    .map(|count| count.to_string())
}

fn times_of(peer: &str, name: &str, direction: &Direction) -> Vec<String> {
    let times = &direction.timeliness;
    let mut cells = vec![peer.to_owned(), name.to_owned(), shown(times.receipt.median_ms)];
    for spread in [&times.acknowledgement, &times.first_action, &times.outcome] {
        cells.extend([shown(spread.median_ms), shown(spread.worst_ms)]);
    }
    let (preservations, drills) = (&direction.preservations, &direction.drills);
    cells.push(format!(
        "{} of {}",
        preservations.followed_up, preservations.preserved
    ));
    cells.push(format!("{} of {}", drills.answered.count, drills.held));
    cells
}

/// Columns under each other: the first two to the left, figures to the right.
fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let widths = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(index, (cell, width))| {
            let width = *width;
            if index == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        let cells: Vec<String> = cells.collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
