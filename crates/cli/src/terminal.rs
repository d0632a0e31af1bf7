//! Where words go: results to stdout, talk to stderr.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::failure::{Colour, Failure, render};
use crate::table::wrap;

/// Columns of text where the terminal does not say otherwise: what every terminal has.
pub(crate) const COLUMNS: usize = 80;

/// For whom results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs (`--json`): the types of the `control` crate; talk is left out.
    Json,
}

/// Stdout, stderr and stdin, as this run may use them.
#[derive(Debug)]
pub(crate) struct Terminal {
    format: Format,
    colour: Colour,
    has_progress: bool,
    may_ask: bool,
}

/// Whether the program may ask the person at the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// When stdin and stderr are a terminal.
    Allowed,
    /// Never (`--no-input`).
    Forbidden,
}

impl Terminal {
    pub(crate) fn new(format: Format, asking: Asking) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let wants_colour = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            format,
            colour: if is_terminal && wants_colour {
                Colour::On
            } else {
                Colour::Off
            },
            has_progress: is_terminal && format == Format::Text,
            may_ask: is_terminal && io::stdin().is_terminal() && asking == Asking::Allowed,
        }
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// Talk: what is happening and what to do next. Programs do not want it.
    pub(crate) fn say(&self, text: impl Display) {
        if self.format == Format::Text {
            // When stderr is closed there is nobody left to tell.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// Talk in whole sentences, set off from the result above and wrapped.
    pub(crate) fn explain(&self, text: impl Display) {
        self.say(format_args!("\n{}", wrap(&text.to_string(), COLUMNS).join("\n")));
    }

    /// The next sensible command, after a success.
    pub(crate) fn next(&self, command: impl Display) {
        self.say(format_args!("Next: {command}"));
    }

    /// The result, for people and for programs.
    pub(crate) fn result<T: Serialize>(&self, value: &T, text: impl FnOnce(&T) -> String) {
        match self.format {
            Format::Text => self.text(&text(value)),
            Format::Json => self.json(value),
        }
    }

    /// A result that is a text whatever the format, such as a template or a proof.
    pub(crate) fn text(&self, text: &str) {
        let mut out = io::stdout().lock();
        // A reader that went away (`| head`) has what it wanted.
        let _ = out.write_all(text.as_bytes());
        if !text.ends_with('\n') {
            let _ = out.write_all(b"\n");
        }
        let _ = out.flush();
    }

    /// Says why it did not work: to people on stderr, to programs as a [`control::types::Problem`] on stdout.
    pub(crate) fn fail(&self, failure: &Failure) {
        match self.format {
            Format::Text => {
                let _ = write!(io::stderr().lock(), "{}", render(failure, self.colour, COLUMNS));
            }
            Format::Json if failure.is_in_result => {}
            Format::Json => self.json(&failure.problem()),
        }
    }

    /// Asks for one line. `None` where nobody can be asked.
    pub(crate) fn ask(&self, question: &str) -> Option<String> {
        if !self.may_ask {
            return None;
        }
        let mut err = io::stderr().lock();
        let _ = write!(err, "{question} ");
        let _ = err.flush();
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).ok()?;
        let line = line.trim();
        (!line.is_empty()).then(|| line.to_owned())
    }

    /// Shows that something is under way, where stderr is a terminal. Ends when it is dropped.
    pub(crate) fn waiting(&self, what: &str) -> Waiting {
        if !self.has_progress {
            return Waiting(None);
        }
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Waiting(Some(bar))
    }

    /// Shows how much of `total` is done, where stderr is a terminal. Ends when it is dropped.
    pub(crate) fn counting(&self, what: &str, total: u64) -> Waiting {
        if !self.has_progress {
            return Waiting(None);
        }
        let bar = ProgressBar::new(total).with_message(what.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}") {
            bar.set_style(style);
        }
        Waiting(Some(bar))
    }

    /// Shows how many of `total` bytes are through, and how fast, where stderr is a terminal. Ends when it is
    /// dropped.
    pub(crate) fn transferring(&self, what: &str, total_bytes: u64) -> Waiting {
        if !self.has_progress {
            return Waiting(None);
        }
        let bar = ProgressBar::new(total_bytes).with_message(what.to_owned());
        let template = "{msg} {bar:25} {bytes}/{total_bytes} {bytes_per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Waiting(Some(bar))
    }

    fn json<T: Serialize>(&self, value: &T) {
        // Our types hold text, numbers, lists and maps with text keys only: these always serialise.
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        self.text(&text);
    }
}

/// Something under way on the terminal, or nothing.
#[derive(Debug)]
pub(crate) struct Waiting(Option<ProgressBar>);

impl Waiting {
    /// One more is done.
    pub(crate) fn step(&self) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
        }
    }
}

impl Waiting {
    /// So much is done.
    pub(crate) fn is_at(&self, done: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(done);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
