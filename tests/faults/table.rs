//! What was injected and what came of it, counted, as it goes and at the end.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

/// At most so many harms are told in full.
const TOLD_MAX: usize = 20;

/// How often it is said how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// What a fault did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// Something that was accepted is not there any more.
    Lost,
    /// Something is there twice.
    Double,
    /// An answer was wrong or left something out, and nothing said so.
    Wrong,
    /// It did not come back by itself, or said nothing clear, or the check failed.
    Stuck,
}

/// Why a round is not survived.
#[derive(Debug)]
pub struct Found {
    /// In short.
    pub harm: Harm,
    /// In full.
    pub what: String,
}

impl std::fmt::Display for Found {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?}: {}", self.harm, self.what)
    }
}

impl std::error::Error for Found {}

/// Ends a round with a harm.
pub fn found<T>(harm: Harm, what: impl Into<String>) -> Result<T> {
    Err(Found {
        harm,
        what: what.into(),
    }
    .into())
}

/// What became of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// The fault took place, and nothing came of it.
    Survived,
    /// The program got by without the system call that was lain in wait for.
    NotReached,
}

/// The counts of one kind of fault.
#[derive(Debug, Default, Clone)]
pub struct Row {
    /// The fault.
    pub name: String,
    injected: u64,
    survived: u64,
    lost: u64,
    double: u64,
    wrong: u64,
    stuck: u64,
    not_reached: u64,
    time: Duration,
    /// Beside the counts: slowest start, what was refused, and so on.
    pub remarks: Vec<String>,
}

impl Row {
    /// Faults that did harm.
    pub fn harmed(&self) -> u64 {
        self.lost + self.double + self.wrong + self.stuck
    }

    fn harm(&mut self, error: &anyhow::Error, point: &str) {
        let harm = error
            .downcast_ref()
            .map_or(Harm::Stuck, |found: &Found| found.harm);
        *match harm {
            Harm::Lost => &mut self.lost,
            Harm::Double => &mut self.double,
            Harm::Wrong => &mut self.wrong,
            Harm::Stuck => &mut self.stuck,
        } += 1;
        if self.harmed() <= TOLD_MAX as u64 {
            complain(&format!("HARM ({}; {point}): {error:#}", self.name));
        }
    }
}

/// Counts what happens, and says so now and then.
pub struct Tally {
    row: Mutex<(Row, Instant)>,
    began: Instant,
    rounds: u64,
}

impl Tally {
    /// Nothing so far, of so many.
    pub fn new(name: impl Into<String>, rounds: u64) -> Self {
        let row = Row {
            name: name.into(),
            ..Row::default()
        };
        Self {
            row: Mutex::new((row, Instant::now())),
            began: Instant::now(),
            rounds,
        }
    }

    /// Counts a round. Whether it did no harm.
    pub fn count(&self, point: &str, came: Result<Round>) -> bool {
        let mut guard = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        let (row, told) = &mut *guard;
        let well = came.is_ok();
        match came {
            Ok(Round::NotReached) => row.not_reached += 1,
            Ok(Round::Survived) => {
                row.injected += 1;
                row.survived += 1;
            }
            // What an interrupt cut off is no finding.
            Err(_) if crate::is_stopped() => return false,
            Err(error) => {
                row.injected += 1;
                row.harm(&error, point);
            }
        }
        if told.elapsed() >= PROGRESS_EVERY {
            *told = Instant::now();
            complain(&format!(
                "    {}: {} of {}, {} survived, {} not reached, {} harmed, {} s",
                row.name,
                row.injected + row.not_reached,
                self.rounds,
                row.survived,
                row.not_reached,
                row.harmed(),
                self.began.elapsed().as_secs()
            ));
        }
        well
    }

    /// What showed only when a pair of nodes was looked over, after rounds that were counted as survived: one
    /// of them did the harm.
    pub fn look_over(&self, came: Result<()>) {
        let Err(error) = came else { return };
        if crate::is_stopped() {
            // An interrupt may have ended the nodes as well: whoever sent it is told, and judges.
            return complain(&format!("stopped, and then: {error:#}"));
        }
        let mut guard = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        let row = &mut guard.0;
        row.survived = row.survived.saturating_sub(1);
        row.harm(&error, "one of the rounds before");
    }

    /// More faults of a round than the one that [`Tally::count`] counts, of so many that were tried.
    pub fn survived_besides(&self, faults: u64, tried: u64) {
        let mut guard = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0.injected += faults;
        guard.0.survived += faults;
        guard.0.not_reached += tried.saturating_sub(faults);
    }

    /// Faults that took place so far.
    pub fn injected(&self) -> u64 {
        self.row.lock().unwrap_or_else(PoisonError::into_inner).0.injected
    }

    /// How many were wanted, and did not take place so far.
    pub fn missing(&self) -> u64 {
        self.rounds.saturating_sub(self.injected())
    }

    /// The row, in the end.
    pub fn end(self) -> Row {
        let time = self.began.elapsed();
        let (row, _) = self.row.into_inner().unwrap_or_else(PoisonError::into_inner);
        Row { time, ..row }
    }
}

/// Prints the table for a person.
#[expect(clippy::print_stdout, reason = "the table is the result")]
pub fn print(rows: &[Row]) {
    println!(
        "{:<44} {:>8} {:>8} {:>5} {:>6} {:>12} {:>6} {:>11} {:>7}",
        "fault", "injected", "survived", "lost", "double", "silent wrong", "stuck", "not reached", "time"
    );
    for row in rows {
        println!(
            "{:<44} {:>8} {:>8} {:>5} {:>6} {:>12} {:>6} {:>11} {:>5} s",
            row.name,
            row.injected,
            row.survived,
            row.lost,
            row.double,
            row.wrong,
            row.stuck,
            row.not_reached,
            row.time.as_secs()
        );
        for remark in &row.remarks {
            println!("    {remark}");
        }
    }
}

/// The same as JSON.
pub fn json(rows: &[Row], seed: u64) -> Result<String> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "fault": row.name, "injected": row.injected, "survived": row.survived, "lost": row.lost,
                "double": row.double, "silent_wrong": row.wrong, "stuck": row.stuck,
                "not_reached": row.not_reached, "seconds": row.time.as_secs(), "remarks": row.remarks,
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(
        &json!({ "version": 1, "seed": seed, "rows": rows }),
    )?)
}

/// Talk, beside the results.
#[expect(clippy::print_stderr, reason = "a command line program talks to a person")]
pub fn complain(text: &str) {
    eprintln!("{text}");
}
