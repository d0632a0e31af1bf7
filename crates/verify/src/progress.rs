//! One line on stderr that is written over while a check goes on, if stderr is a terminal; and at its end one
//! that stays: how much was checked, and how fast.
//!
//! It is not part of the report, which is the same whenever the same export is checked.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use ohrid_verify::report::Report;

/// The line is written anew no more often than this: a terminal takes time as well.
const WRITTEN_EVERY: Duration = Duration::from_millis(100);

/// The line.
pub(crate) struct ProgressLine {
    begun: Instant,
    /// `None` where nobody looks.
    written: Option<Instant>,
    is_shown: bool,
}

/// How far a check is.
struct Progress {
    done: u64,
    all: u64,
    elapsed: Duration,
}

impl ProgressLine {
    /// The check begins now.
    pub(crate) fn begin() -> Self {
        let begun = Instant::now();
        Self {
            begun,
            written: std::io::stderr().is_terminal().then_some(begun),
            is_shown: false,
        }
    }

    /// So many of all entries are done, with the signatures in them.
    pub(crate) fn show(&mut self, done: u64, all: u64) {
        let now = Instant::now();
        let Some(written) = self.written.filter(|written| now - *written >= WRITTEN_EVERY) else {
            return;
        };
        self.written = Some(written.max(now));
        self.is_shown = true;
        let elapsed = now - self.begun;
        let progress = Progress { done, all, elapsed };
        let _ = write!(std::io::stderr(), "\r\u{1b}[2K{progress}");
    }

    /// Leaves the sum behind.
    pub(crate) fn end(self, report: &Report) {
        if self.written.is_none() {
            return;
        }
        let erase = if self.is_shown { "\r\u{1b}[2K" } else { "" };
        let elapsed = self.begun.elapsed();
        let _ = writeln!(
            std::io::stderr(),
            "{erase}{} entries and {} signatures in {:.1} s: {} entries/s, {} signatures/s",
            report.entries_hashed,
            report.signatures_valid,
            elapsed.as_secs_f64(),
            per_second(report.entries_hashed, elapsed),
            per_second(report.signatures_valid, elapsed),
        );
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { done, all, elapsed } = *self;
        let percent = u64::try_from(u128::from(done) * 100 / u128::from(all.max(1))).unwrap_or(100);
        let bar = "#".repeat(usize::try_from(percent.min(100) / 5).unwrap_or(20));
        let rate = per_second(done, elapsed);
        write!(
            formatter,
            "[{bar:20}] {percent:3} %, {done} of {all} entries, {rate}/s"
        )?;
        match all.saturating_sub(done).checked_div(rate) {
            None => Ok(()),
            Some(left @ 0..=90) => write!(formatter, ", {left} s left"),
            Some(left) => write!(formatter, ", {} min left", left.div_ceil(60)),
        }
    }
}

fn per_second(number: u64, elapsed: Duration) -> u64 {
    let millis = elapsed.as_millis().max(1);
    u64::try_from(u128::from(number) * 1000 / millis).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
