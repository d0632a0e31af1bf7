//! `ohrid request selectors --from-log FILE`: paste the log, look through what is proposed, and put it into
//! the form `[C29-2-C]`. Nothing leaves this machine.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use convention::limits::{LIST_ELEMENTS_MAX, LOG_BYTES_MAX};
use convention::log_lines::{LogOrigin, LogWarning, Proposals, ProposedSelector, propose};
use convention::time::{Instant, Zone};
use jiff::Timestamp;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::{files, when};

/// Options of `ohrid request selectors`.
#[derive(Debug, Args)]
pub(crate) struct SelectorsArguments {
    /// The log: lines of a web server, syslog, mail headers, or CSV; - for stdin
    #[arg(long, value_name = "FILE|-")]
    pub(crate) from_log: PathBuf,
    /// The IANA zone of the clock of the machine that wrote it, for lines that name none: Europe/Bucharest
    #[arg(long, value_name = "ZONE")]
    pub(crate) zone: Option<String>,
    /// The year in which it ends, for lines that name none; where this is left out, the last one that does
    /// not lie ahead
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1970..=9999))]
    pub(crate) year: Option<i16>,
    /// As TOML, to be pasted into a form
    #[arg(long)]
    pub(crate) toml: bool,
}

pub(super) fn run(session: &Session, arguments: &SelectorsArguments) -> Result<(), Failure> {
    let text = read(arguments)?;
    let origin = origin(arguments, when::now())?;
    let proposals = propose(&text, &origin);
    if proposals.selectors.is_empty() {
        let what = format!("no address in the {} lines that were read", proposals.lines);
        let mend = "give the raw lines: those of Apache, nginx, syslog, mail headers or CSV are understood";
        return Err(Failure::invalid(what).mended_by(mend));
    }
    if proposals.is_cut_short {
        session.terminal.say(format_args!(
            "There were more than the {LIST_ELEMENTS_MAX} addresses that fit into one request: the rest was \
             left out."
        ));
    }
    if proposals.lines_without_address > 0 {
        session.terminal.say(format_args!(
            "{} of {} lines have no address.",
            proposals.lines_without_address, proposals.lines
        ));
    }
    if arguments.toml {
        session.terminal.text(&toml(&proposals));
        return Ok(());
    }
    session.terminal.result(&proposals, table_text);
    session.terminal.say(warnings_text(&proposals).trim_end());
    let has_no_zone = |one: &ProposedSelector| one.warnings.contains(&LogWarning::NoZone);
    if arguments.zone.is_none() && proposals.selectors.iter().any(has_no_zone) {
        session
            .terminal
            .say("Lines without a zone have no time here: say in which zone the clock was, with --zone.");
    }
    session.next("the same with --toml, to paste it into the form");
    Ok(())
}

/// The log, whole: one that is cut somewhere would be taken for all there is.
fn read(arguments: &SelectorsArguments) -> Result<String, Failure> {
    let path = &arguments.from_log;
    let limit_bytes = LOG_BYTES_MAX as u64;
    let bytes = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        let read = std::io::stdin()
            .lock()
            .take(limit_bytes + 1)
            .read_to_end(&mut bytes);
        read.map_err(|error| Failure::failed(format!("cannot read stdin: {error}")))?;
        if bytes.len() as u64 > limit_bytes {
            return Err(too_large("stdin"));
        }
        bytes
    } else {
        let size_bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        if size_bytes > limit_bytes {
            return Err(too_large(&path.display().to_string()));
        }
        files::read(path, limit_bytes)?
    };
    // Old logs are in other encodings; what is looked for is ASCII in all of them.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn too_large(name: &str) -> Failure {
    let what = format!("{name} is larger than the {LOG_BYTES_MAX} bytes that are read at once");
    let mend = "cut out the lines that matter: grep -F 192.0.2.17 access.log > part.log";
    Failure::new(Exit::Usage, "too_large", what).mended_by(mend)
}

fn origin(arguments: &SelectorsArguments, now: Timestamp) -> Result<LogOrigin, Failure> {
    let zone = match &arguments.zone {
        None => None,
        Some(name) => Some(Zone::named(name).map_err(|error| {
            Failure::usage(error.to_string(), "name a zone such as Europe/Bucharest, or UTC")
        })?),
    };
    let now = match arguments.year {
        // The last moment of the year, unless that lies ahead.
        Some(year) => end_of(year).map_or(now, |end| end.min(now)),
        None => now,
    };
    Ok(LogOrigin {
        now: Instant::from(now),
        zone,
    })
}

fn end_of(year: i16) -> Option<Timestamp> {
    let next = jiff::civil::Date::new(year.checked_add(1)?, 1, 1).ok()?;
    let midnight = next.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    midnight.checked_sub(jiff::SignedDuration::from_secs(1)).ok()
}

/// All proposals as they stand in a form.
fn toml(proposals: &Proposals) -> String {
    let texts: Vec<String> = proposals
        .selectors
        .iter()
        .map(ProposedSelector::to_toml)
        .collect();
    texts.join("\n")
}

fn table_text(proposals: &Proposals) -> String {
    let rows: Vec<Vec<String>> = proposals.selectors.iter().map(row).collect();
    table::table(
        &["ADDRESS", "PORT", "FROM (UTC)", "UNTIL (UTC)", "LINES", "!"],
        &rows,
    )
}

fn row(selector: &ProposedSelector) -> Vec<String> {
    let time = |at: &Option<convention::time::ZonedInstant>| {
        at.as_ref().map_or_else(
            || "-".to_owned(),
            |at| at.instant().to_string().trim_end_matches('Z').replace('T', " "),
        )
    };
    vec![
        selector.address.clone(),
        selector
            .port
            .map_or_else(|| "-".to_owned(), |port| port.to_string()),
        time(&selector.from),
        time(&selector.until),
        selector.lines.to_string(),
        selector.warnings.len().to_string(),
    ]
}

/// The warnings, each once with the addresses that it is about.
fn warnings_text(proposals: &Proposals) -> String {
    let mut kinds: Vec<_> = proposals
        .selectors
        .iter()
        .flat_map(|selector| selector.warnings.iter().copied())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut text = String::new();
    for kind in kinds {
        let about = proposals
            .selectors
            .iter()
            .filter(|one| one.warnings.contains(&kind));
        let addresses: Vec<&str> = about.map(|one| one.address.as_str()).collect();
        let line = match addresses.as_slice() {
            several if several.len() > WARNED_MAX => format!("{kind} ({} addresses)", several.len()),
            few => format!("{kind} ({})", few.join(", ")),
        };
        for (number, part) in table::wrap(&printable(&line), 76).iter().enumerate() {
            text.push_str(if number == 0 { "! " } else { "  " });
            text.push_str(part);
            text.push('\n');
        }
    }
    text
}

/// Addresses that are named with one warning; of more, their number.
const WARNED_MAX: usize = 6;

#[cfg(test)]
mod tests;
