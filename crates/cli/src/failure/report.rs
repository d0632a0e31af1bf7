//! A failure as people see it: with the place in their file, drawn by miette.

use std::fmt;

use control::types::Fault;
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceSpan};

use super::{Document, Failure};

/// Whether the text may hold colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    /// For a terminal whose user did not object (`NO_COLOR`).
    On,
    /// For everything else.
    Off,
}

/// The failure as text, wrapped at `width` columns.
pub(crate) fn render(failure: &Failure, colour: Colour, width: usize) -> String {
    let theme = match colour {
        Colour::On => GraphicalTheme::unicode(),
        Colour::Off => GraphicalTheme::unicode_nocolor(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width)
        .with_context_lines(1)
        .with_links(false)
        .without_syntax_highlighting();
    let mut text = String::new();
    let mut add = |diagnostic: &dyn Diagnostic| {
        // Rendering writes to memory; what cannot be drawn is still said.
        if handler.render_report(&mut text, diagnostic).is_err() {
            text.push_str(&diagnostic.to_string());
            text.push('\n');
        }
    };
    add(&Head::of(failure));
    for fault in &failure.faults {
        add(&Placed::of(fault, failure.document.as_ref()));
    }
    text
}

/// What happened, as a whole.
#[derive(Debug)]
struct Head {
    what: String,
    rule: Option<String>,
    mend: Option<String>,
}

impl Head {
    fn of(failure: &Failure) -> Self {
        Self {
            what: failure.what.clone(),
            rule: failure.rule.clone(),
            mend: failure.mend.clone(),
        }
    }
}

/// One fault, in its place.
#[derive(Debug)]
struct Placed {
    fault: Fault,
    place: Option<(NamedSource<String>, SourceSpan)>,
}

impl Placed {
    fn of(fault: &Fault, document: Option<&Document>) -> Self {
        let place = document.and_then(|document| {
            let range = document.locate(&fault.field)?;
            let length = range.end.saturating_sub(range.start);
            Some((
                NamedSource::new(&document.name, document.text.clone()),
                (range.start, length).into(),
            ))
        });
        Self {
            fault: fault.clone(),
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
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.rule
            .as_ref()
            .map(|rule| Box::new(format!("[{rule}]")) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mend
            .as_ref()
            .map(|mend| Box::new(mend) as Box<dyn fmt::Display>)
    }
}

impl fmt::Display for Placed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = &self.fault;
        if !fault.field.is_empty() {
            write!(out, "{}: ", fault.field)?;
        }
        out.write_str(&fault.what)
    }
}

impl std::error::Error for Placed {}

impl Diagnostic for Placed {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let Fault { rule, source, .. } = &self.fault;
        Some(Box::new(if source.is_empty() {
            format!("[{rule}]")
        } else {
            format!("[{rule}] {source}")
        }))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.fault.mend))
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
