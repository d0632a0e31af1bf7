#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::*;

/// What was written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn journal(said: impl FnOnce()) -> String {
    let written = Written::default();
    let to = written.clone();
    let lines = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || to.clone())
        .event_format(Prioritized::default())
        .finish();
    tracing::subscriber::with_default(lines, said);
    let bytes = written.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn each_line_begins_with_its_priority() {
    let text = journal(|| {
        tracing::error!("one");
        tracing::warn!(ohrid.message = "0193", "two");
        tracing::info!("three");
        tracing::debug!("four");
        tracing::trace!("five");
    });
    let lines: Vec<&str> = text.lines().collect();
    let begins: Vec<&str> = lines.iter().map(|line| &line[..3]).collect();
    assert_eq!(begins, ["<3>", "<4>", "<6>", "<7>", "<7>"], "{text}");
    assert!(lines[1].ends_with("two ohrid.message=\"0193\""), "{text}");
}

/// Threat 25: nobody who can get a text into the log can make a line of his own in it, with a priority of
/// his own.
#[test]
fn a_line_break_in_a_value_makes_no_line() {
    let text = journal(|| tracing::info!(text = "a\n<3>forged \u{1b}[31m", "b\n<3>forged\r<3>forged"));
    assert_eq!(text.lines().count(), 1, "{text:?}");
    assert!(text.starts_with("<6>"), "{text:?}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}
