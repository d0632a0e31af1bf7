//! The log: lines on standard error, for people, for machines, or for the journal of systemd.
//!
//! For the journal each line begins with its priority (`<4>`, as syslog and sd-daemon(3) have it), so that
//! `journalctl -p warning` finds what matters. That is all that a node needs of the journal: its socket
//! could take fields one by one, and a crate for it would be a dependency, with unsafe code, for what JSON
//! lines do as well. The journal has the time already, so it is left out; a line never holds a line break,
//! so one event is one entry.

use std::fmt;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{Log, LogFormat};

/// Sets up the log of this process.
///
/// # Errors
/// When the level is not a filter; names the key.
pub fn start(log: &Log) -> Result<(), String> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| format!("[log] level: {error}"))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .init(),
        LogFormat::Json => lines.json().init(),
        LogFormat::Journald => lines.with_ansi(false).event_format(Prioritized::default()).init(),
    }
    Ok(())
}

/// Lines for the journal.
#[derive(Debug)]
struct Prioritized(Format<Full, ()>);

impl Default for Prioritized {
    fn default() -> Self {
        Self(Format::default().without_time().with_level(false))
    }
}

impl<S, N> FormatEvent<S, N> for Prioritized
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        let line = line.trim_end().replace(['\n', '\r'], " ");
        writeln!(writer, "<{}>{line}", priority(event.metadata().level()))
    }
}

/// The priority of RFC 5424 that a level has.
fn priority(level: &Level) -> u8 {
    match *level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        // Traces are for debugging as well.
        Level::DEBUG | Level::TRACE => 7,
    }
}

#[cfg(test)]
mod tests;
