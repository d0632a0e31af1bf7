//! What the demo says while it runs: numbered steps, for people who see it for the first time.

use std::cell::Cell;
use std::fmt::Display;
use std::io::{self, Write};

use crate::table;
use crate::terminal::{COLUMNS, Format};

const INDENT: &str = "    ";

/// The transcript on stdout; silent where the result is wanted as JSON.
#[derive(Debug)]
pub(super) struct Transcript {
    format: Format,
    step: Cell<u32>,
}

impl Transcript {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            step: Cell::new(0),
        }
    }

    /// How it begins for many countries.
    pub(super) fn network_title(&self, count: usize) {
        self.print(&format!("Ohrid: {count} countries, one network"));
        self.print("");
        self.wrapped(
            "",
            "All are fictitious. Each runs its own node, and every node is connected to every other, without \
             anybody in between. They run on this machine as they would in as many capitals: every key, \
             signature, packet and proof below is real.",
        );
    }

    /// How it begins for two.
    pub(super) fn title(&self) {
        self.print("Ohrid: two countries, one preservation request");
        self.print("");
        self.wrapped(
            "",
            "XA and XB are fictitious. XA's police asks XB's to preserve data before they are deleted \
             (Budapest Convention, Article 29). Both nodes run on this machine as they would in two \
             capitals: every key, signature, packet and proof below is real.",
        );
    }

    /// Begins the next step.
    pub(super) fn step(&self, title: &str) {
        self.step.set(self.step.get() + 1);
        self.print("");
        self.print(&format!("{:>2}  {title}", self.step.get()));
    }

    /// Begins a part without a number.
    pub(super) fn heading(&self, title: &str) {
        self.print("");
        self.print(&format!("{INDENT}{title}"));
    }

    /// Says something in the current step.
    pub(super) fn line(&self, text: impl Display) {
        self.wrapped(INDENT, &text.to_string());
    }

    /// Shows values of the current step, aligned.
    pub(super) fn values(&self, pairs: &[(&str, String)]) {
        self.block(&table::properties_within(pairs, COLUMNS - INDENT.len()));
    }

    /// Rows under headings.
    pub(super) fn table(&self, headings: &[&str], rows: &[Vec<String>]) {
        self.block(&table::table(headings, rows));
    }

    /// A text of several lines, as it is.
    pub(super) fn block(&self, text: &str) {
        for line in text.lines() {
            self.print(format!("{INDENT}{line}").trim_end());
        }
    }

    /// A command to try: never broken, so that it can be copied.
    pub(super) fn command(&self, command: impl Display) {
        self.block(&format!("  {command}"));
    }

    fn wrapped(&self, indent: &str, text: &str) {
        for line in table::wrap(text, COLUMNS - indent.len()) {
            self.print(format!("{indent}{line}").trim_end());
        }
    }

    fn print(&self, line: &str) {
        if self.format == Format::Text {
            // A reader that went away does not stop the demo: the nodes must be stopped in order.
            let _ = writeln!(io::stdout().lock(), "{line}");
        }
    }
}
