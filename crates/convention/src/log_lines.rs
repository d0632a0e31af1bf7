//! Paste the log: selectors proposed from raw lines, for an officer to look through.
//!
//! Text goes in, proposals come out; nothing is sent because of it. Understood are the logs of Apache and
//! nginx, syslog in both its forms, mail headers, and CSV: any line with an address, and a time in one of
//! their spellings. Each address comes with its source port where the line has one, with the stretch of time
//! in which it was seen, in UTC `[TIME-BOTH]`, and with warnings: what an address without its port or its
//! zone is worth, the officer should know before asking for it `[C29-2-C]`.
//!
//! A line without an address proposes nothing, and is counted, so that nobody takes what was not understood
//! for what was not there.

mod address;
mod timestamp;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use core::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::{LIST_ELEMENTS_MAX, LOG_BYTES_MAX};
use crate::related::is_shared;
use crate::time::{Instant, Zone, ZonedInstant};

/// What is known about a log beside its lines.
#[derive(Debug, Clone)]
pub struct LogOrigin {
    /// The time now: what lies after it cannot have been logged.
    pub now: Instant,
    /// The zone of the clock of the machine that wrote it, for lines that name none.
    pub zone: Option<Zone>,
}

/// What was found in a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proposals {
    /// One for each address and port, in the order of their first lines.
    pub selectors: Vec<ProposedSelector>,
    /// How many lines were read.
    pub lines: u64,
    /// How many of them had no address.
    pub lines_without_address: u64,
    /// Whether there were more addresses than fit into one request, or more text than is read.
    pub is_cut_short: bool,
}

/// An address that was seen, and when.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProposedSelector {
    /// The address, in its one spelling.
    pub address: String,
    /// The source port, where the lines have one.
    pub port: Option<u16>,
    /// The first time, in UTC.
    pub from: Option<ZonedInstant>,
    /// The last time, in UTC.
    pub until: Option<ZonedInstant>,
    /// The first line that has it, from 1.
    pub first_line: u64,
    /// How many lines have it.
    pub lines: u64,
    /// What to look at before it is used.
    pub warnings: BTreeSet<LogWarning>,
}

/// What to look at before a proposal is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LogWarning {
    /// The address is private: many networks use it at the same time.
    PrivateRange,
    /// The address is one that carriers use inside (100.64.0.0/10).
    CarrierGradeNat,
    /// No source port: behind carrier-grade NAT the address is that of many subscribers.
    NoPort,
    /// The port is the field after the address, and nothing says that it is a source port.
    PortFromColumn,
    /// A line has no time.
    NoTime,
    /// A line names no zone; that of the log was taken, if it was given.
    NoZone,
    /// A line names no year; the last one that does not lie ahead was taken.
    NoYear,
    /// A time lies ahead: the clock, the year or the zone is wrong.
    FutureTime,
}

impl LogWarning {
    /// The warning in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            LogWarning::PrivateRange => "a private address, which many networks use at the same time",
            LogWarning::CarrierGradeNat => "an address that a carrier uses inside; ask for the public one",
            LogWarning::NoPort => {
                "no source port; behind carrier-grade NAT it is the address of many subscribers"
            }
            LogWarning::PortFromColumn => {
                "the port is the field after the address; check that it is a source port"
            }
            LogWarning::NoTime => "a line without a time; an address belongs to somebody only for a time",
            LogWarning::NoZone => "a line without a zone; check in which zone the machine's clock was",
            LogWarning::NoYear => "a line without a year; check it",
            LogWarning::FutureTime => "a time that lies ahead; check clock, year and zone",
        }
    }
}

impl fmt::Display for LogWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl fmt::Debug for ProposedSelector {
    /// Without the address, which does not belong into logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProposedSelector")
            .field("first_line", &self.first_line)
            .field("lines", &self.lines)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Proposes selectors from raw log lines. Reads at most [`LOG_BYTES_MAX`] bytes, and proposes at most as many
/// selectors as fit into one request.
#[must_use]
pub fn propose(text: &str, origin: &LogOrigin) -> Proposals {
    let end = text.floor_char_boundary(LOG_BYTES_MAX);
    let mut found: BTreeMap<(IpAddr, Option<u16>), ProposedSelector> = BTreeMap::new();
    let mut proposals = Proposals {
        selectors: Vec::new(),
        lines: 0,
        lines_without_address: 0,
        is_cut_short: end < text.len(),
    };
    for (number, line) in unfolded(&text[..end]) {
        proposals.lines += 1;
        let seen = address::in_line(&line);
        if seen.is_empty() {
            proposals.lines_without_address += 1;
            continue;
        }
        let time = timestamp::in_line(&line, origin);
        for (address, port) in seen {
            let key = (address, port.number());
            if found.len() >= LIST_ELEMENTS_MAX && !found.contains_key(&key) {
                proposals.is_cut_short = true;
                continue;
            }
            let selector = found
                .entry(key)
                .or_insert_with(|| ProposedSelector::new(key, number));
            selector.lines += 1;
            if matches!(port, address::Port::Column(_)) {
                selector.warnings.insert(LogWarning::PortFromColumn);
            }
            selector.see(&time, origin);
        }
    }
    proposals.selectors = found.into_values().collect();
    proposals.selectors.sort_by_key(|selector| selector.first_line);
    proposals
}

/// The lines with their numbers, from 1. A mail header goes on in lines that begin with a space.
fn unfolded(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        match lines.last_mut() {
            Some((_, last)) if line.starts_with([' ', '\t']) => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            _ if line.trim().is_empty() => {}
            _ => lines.push((number, line.to_owned())),
        }
    }
    lines
}

impl ProposedSelector {
    fn new((address, port): (IpAddr, Option<u16>), first_line: u64) -> Self {
        let mut warnings = BTreeSet::new();
        let is_carrier =
            matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64);
        if is_carrier {
            warnings.insert(LogWarning::CarrierGradeNat);
        } else if is_shared(address) {
            warnings.insert(LogWarning::PrivateRange);
        }
        if port.is_none() {
            warnings.insert(LogWarning::NoPort);
        }
        ProposedSelector {
            address: address.to_string(),
            port,
            from: None,
            until: None,
            first_line,
            lines: 0,
            warnings,
        }
    }

    /// Takes the time of one line in.
    fn see(&mut self, time: &timestamp::Found, origin: &LogOrigin) {
        self.warnings.extend(&time.warnings);
        let Some(at) = time.at else { return };
        if at > origin.now {
            self.warnings.insert(LogWarning::FutureTime);
        }
        let at = ZonedInstant::new(at, Zone::utc());
        if self
            .from
            .as_ref()
            .is_none_or(|from| at.instant() < from.instant())
        {
            self.from = Some(at.clone());
        }
        if self
            .until
            .as_ref()
            .is_none_or(|until| at.instant() > until.instant())
        {
            self.until = Some(at);
        }
    }

    /// The proposal as it stands in a form, with its warnings as comments.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        for warning in &self.warnings {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# {warning}");
        }
        let _ = writeln!(
            text,
            "[[data.selectors]]\ntype = \"ip\"\nvalue = \"{}\"",
            self.address
        );
        if let Some(port) = self.port {
            let _ = writeln!(text, "port = {port}");
        }
        if let (Some(from), Some(until)) = (&self.from, &self.until) {
            let _ = writeln!(
                text,
                "range = {{ from = \"{}\", until = \"{}\" }}",
                from.instant(),
                until.instant()
            );
        }
        text
    }
}

#[cfg(test)]
mod tests;
