//! The table: floors, the node's figures, and the ratios between them.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use crate::floors::Floors;
use crate::load::Loaded;

/// One line of the table.
pub struct Row {
    /// What was measured.
    pub name: &'static str,
    /// The median over the rounds, in `unit`.
    pub value: f64,
    /// The unit of `value`.
    pub unit: &'static str,
    /// `value` over a floor of the same round: the median over the rounds, and what the floor is.
    pub ratio: Option<(f64, &'static str)>,
}

/// What a round measured: floors, one in flight, 64 in flight.
type Round = (Floors, Loaded, Loaded);

/// All rows, in the order in which they are read.
pub fn rows(rounds: &[Round]) -> Vec<Row> {
    let mut rows = floor_rows(rounds);
    rows.extend(lone_rows(rounds));
    rows.extend(crowded_rows(rounds));
    rows
}

fn floor_rows(rounds: &[Round]) -> Vec<Row> {
    let floor = |name, of: fn(&Floors) -> Duration| row(rounds, name, "µs", |round| micros(of(&round.0)));
    vec![
        floor("floor: fdatasync of 4 KiB, preallocated", |f| f.fdatasync),
        floor("floor: Ed25519 sign", |f| f.sign),
        floor("floor: Ed25519 verify", |f| f.verify),
        floor("floor: seal 1 KiB (OpenPGP, profile default)", |f| f.seal),
        floor("floor: open it", |f| f.open),
        floor("floor: quinn round trip, 1 KiB there, 64 B back", |f| {
            f.round_trip
        }),
    ]
}

/// One message at a time: what an officer feels. The floor is what no design of ours can do without: two
/// fsyncs and a round trip.
fn lone_rows(rounds: &[Round]) -> Vec<Row> {
    let floor = |round: &Round| micros(round.0.fdatasync) * 2.0 + micros(round.0.round_trip);
    let rate = |round: &Round| round.1.per_second();
    let p50 = |round: &Round| micros(round.1.latency(0.5));
    let p99 = |round: &Round| micros(round.1.latency(0.99));
    vec![
        row(
            rounds,
            "node: messages/s, receipted and verified, 1 in flight",
            "/s",
            rate,
        )
        .over(
            median(rounds, |r| rate(r) * floor(r) / 1e6),
            "1 / (2 fdatasync + round trip)",
        ),
        row(
            rounds,
            "node: median latency, submit to verified receipt, 1 in flight",
            "µs",
            p50,
        )
        .over(median(rounds, |r| p50(r) / floor(r)), "2 fdatasync + round trip"),
        row(rounds, "node: p99 latency, 1 in flight", "µs", p99)
            .over(median(rounds, |r| p99(r) / p50(r)), "its median"),
    ]
}

/// Many at a time: what a busy country feels. The floor is the cryptography that each message needs.
fn crowded_rows(rounds: &[Round]) -> Vec<Row> {
    let floor = |round: &Round| {
        let floors = &round.0;
        micros(floors.seal + floors.open) + micros(floors.sign + floors.verify) * 3.0
    };
    let rate = |round: &Round| round.2.per_second();
    let p50 = |round: &Round| micros(round.2.latency(0.5));
    let p99 = |round: &Round| micros(round.2.latency(0.99));
    let cpu = |round: &Round| micros(round.2.cpu_per_message());
    vec![
        row(
            rounds,
            "node: messages/s, receipted and verified, 64 in flight",
            "/s",
            rate,
        )
        .over(
            median(rounds, |r| rate(r) * floor(r) / 2e6),
            "2 cores / (seal + open + 3 sign + 3 verify)",
        ),
        row(rounds, "node: median latency, 64 in flight", "µs", p50),
        row(rounds, "node: p99 latency, 64 in flight", "µs", p99)
            .over(median(rounds, |r| p99(r) / p50(r)), "its median"),
        row(
            rounds,
            "node: CPU per message, both ends, 64 in flight",
            "µs",
            cpu,
        )
        .over(
            median(rounds, |r| cpu(r) / floor(r)),
            "seal + open + 3 sign + 3 verify",
        ),
        row(rounds, "node: RSS of the larger node, peak", "MiB", |round| {
            round.2.rss_peak_mib
        }),
    ]
}

/// The median of a figure over the rounds, without a ratio yet.
fn row(rounds: &[Round], name: &'static str, unit: &'static str, of: impl Fn(&Round) -> f64) -> Row {
    Row {
        name,
        value: median(rounds, of),
        unit,
        ratio: None,
    }
}

impl Row {
    /// A figure without a ratio yet.
    pub fn of(name: &'static str, unit: &'static str, value: f64) -> Self {
        Self {
            name,
            value,
            unit,
            ratio: None,
        }
    }

    /// The same over a floor.
    pub fn over(mut self, ratio: f64, floor: &'static str) -> Self {
        self.ratio = Some((ratio, floor));
        self
    }
}

/// Prints the table for a person.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub fn print(rows: &[Row]) {
    println!("{:<62} {:>10} {:<4} {:>7}  over", "", "median", "", "ratio");
    for row in rows {
        let value = format!("{:.*}", if row.value < 100.0 { 1 } else { 0 }, row.value);
        let (ratio, over) = match row.ratio {
            Some((ratio, over)) => (format!("{ratio:.2}"), over),
            None => (String::new(), ""),
        };
        println!("{:<62} {value:>10} {:<4} {ratio:>7}  {over}", row.name, row.unit);
    }
}

/// The same as JSON.
pub fn json(rows: &[Row]) -> Result<String> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "median": row.value,
                "unit": row.unit,
                "ratio": row.ratio.map(|(ratio, _)| ratio),
                "over": row.ratio.map(|(_, over)| over),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(
        &json!({ "version": 1, "rows": rows }),
    )?)
}

/// Talk, beside the results.
#[expect(clippy::print_stderr, reason = "a command line program talks to a person")]
pub fn complain(text: &str) {
    eprintln!("{text}");
}

/// The median over the rounds of what `of` gives for each.
fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    median_of(rounds, of)
}

/// The same for any kind of round.
pub fn median_of<T>(rounds: &[T], of: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
