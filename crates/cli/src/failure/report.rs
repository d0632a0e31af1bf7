//! A failure as people see it: with the place in their file, drawn by miette.

use std::fmt;

use control::types::Fault;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceSpan};

use super::{Document, Failure};
use crate::table::{printable, wrap};

/// Whether the text may hold colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// For a terminal whose user did not object (`NO_COLOR`).
    On,
    /// For everything else.
    Off,
}

/// Columns that miette puts before a message.
const MARGIN: usize = 8;

/// The failure as text, wrapped at `width` columns.
pub(crate) fn render(failure: &Failure, colour: Colour, width: usize) -> String {
    let theme = match colour {
        Colour::On => GraphicalTheme::unicode(),
        Colour::Off => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        // We wrap ourselves: miette would break commands and paths at their hyphens.
        .with_wrap_lines(false)
        .with_context_lines(1)
        .with_links(false)
        .without_syntax_highlighting();
    let mut text = String::new();
    let mut add = |diagnostic: &dyn Diagnostic| {
        if !text.is_empty() {
            text.push('\n');
        }
        // Rendering writes to memory; what cannot be drawn is still said.
        if handler.render_report(&mut text, diagnostic).is_err() {
            text.push_str(&diagnostic.to_string());
            text.push('\n');
        }
    };
    add(&Head::of(failure, width));
    for fault in &failure.faults {
        add(&Placed::of(fault, failure.document.as_ref(), width));
    }
    text
}

fn wrapped(text: &str, width: usize) -> String {
    wrap(&printable(text), width.saturating_sub(MARGIN)).join("\n")
}

/// What happened, as a whole.
#[derive(Debug)]
struct Head {
    what: String,
    mend: Option<String>,
}

impl Head {
    fn of(failure: &Failure, width: usize) -> Self {
        let what = match &failure.rule {
            Some(rule) => format!("{} [{rule}]", failure.what),
            None => failure.what.clone(),
        };
        let mend = failure.mend.as_ref().map(|mend| wrapped(mend, width));
        Self {
            what: wrapped(&what, width),
            mend,
        }
    }
}

/// One fault, in its place.
#[derive(Debug)]
struct Placed {
    what: String,
    mend: String,
    place: Option<(NamedSource<String>, SourceSpan)>,
}

impl Placed {
    fn of(fault: &Fault, document: Option<&Document>, width: usize) -> Self {
        let place = document.and_then(|document| {
            let range = document.locate(&fault.field)?;
            let length = range.end.saturating_sub(range.start);
            let source = NamedSource::new(&document.name, document.text.clone());
            Some((source, (range.start, length).into()))
        });
        let field = if fault.field.is_empty() {
            String::new()
        } else {
            format!("{}: ", fault.field)
        };
        let law = if fault.source.is_empty() {
            String::new()
        } else {
            format!(" {}", fault.source)
        };
        let what = format!("{field}{} [{}]{law}", fault.what, fault.rule);
        Self {
            what: wrapped(&what, width),
            mend: wrapped(&fault.mend, width),
            place,
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

impl std::error::Error for Head {}

impl Diagnostic for Head {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mend
            .as_ref()
            .map(|mend| Box::new(mend) as Box<dyn fmt::Display>)
    }
}

impl fmt::Display for Placed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)
    }
}

impl std::error::Error for Placed {}

impl Diagnostic for Placed {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.mend))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.place
            .as_ref()
            .map(|(source, _)| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.place.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(Some("here".to_owned()), *span);
        Some(Box::new(std::iter::once(label)))
    }
}
