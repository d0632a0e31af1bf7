//! What the network's demo counts: memory before, ledgers afterwards.

use std::path::Path;
use std::process::Command;

use serde::Serialize;
use serde_json::Value;

use crate::demo::process::Programs;
use crate::demo::setup::Country;
use crate::demo::transcript::Transcript;
use crate::demo::{DemoReport, audit};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ledger;
use crate::limits::DEMO_NODE_MEMORY_MIB;
use crate::session::Session;

/// What one country did, for programs and for the last table.
#[derive(Debug, Serialize)]
pub(crate) struct CountryReport {
    party: String,
    /// Messages that its ledger records as sent, by recipient.
    sent: u64,
    /// Receipts for them, verified and recorded.
    receipts: u64,
    /// Messages that it received.
    received: u64,
    /// Entries of its ledger.
    entries: u64,
    /// Resident memory of its node, in MiB.
    memory_mib: u64,
}

/// Says before anything is made when this machine is too small.
pub(super) fn enough_memory(count: usize) -> Result<(), Failure> {
    let needed_mib = DEMO_NODE_MEMORY_MIB * count as u64;
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let free_kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    match free_kib.map(|kib| kib / 1024) {
        Some(free_mib) if free_mib < needed_mib => {
            let what =
                format!("{count} nodes need about {needed_mib} MiB of memory, and {free_mib} MiB are free");
            let mend = format!(
                "run fewer countries: --countries {}",
                (free_mib / DEMO_NODE_MEMORY_MIB).max(2)
            );
            Err(Failure::new(Exit::Failed, "memory_short", what).mended_by(mend))
        }
        // Where the system does not say, it is tried.
        _ => Ok(()),
    }
}

/// Exports and verifies every ledger, and counts what is in it.
pub(super) async fn ledgers(
    session: &Session,
    programs: &Programs,
    dir: &Path,
    countries: &[Country],
    transcript: &Transcript,
    report: &mut DemoReport,
) -> Result<(), Failure> {
    transcript.step("Every ledger is exported, and verified without any node");
    let waiting = session.terminal.counting("verifying", countries.len() as u64);
    for country in countries {
        audit::quiet(country).await?;
        let folder = dir.join("export").join(country.name.to_lowercase());
        let exported =
            ledger::export(&country.client, &folder, ledger::Wanted::All, &session.terminal).await?;
        let counts = verified(programs, &folder)?;
        let count = |kind: &str| counts.get(kind).and_then(Value::as_u64).unwrap_or(0);
        report.countries.push(CountryReport {
            party: country.name.clone(),
            sent: count("submitted"),
            receipts: count("delivered"),
            received: count("received"),
            entries: exported.size,
            memory_mib: memory_mib(country.node.id()),
        });
        report.ledgers.push(exported);
        waiting.step();
    }
    drop(waiting);
    let row = |one: &CountryReport| {
        let numbers = [one.sent, one.receipts, one.received, one.entries, one.memory_mib];
        let mut row = vec![one.party.clone()];
        row.extend(numbers.map(|number| number.to_string()));
        row
    };
    let rows: Vec<_> = report.countries.iter().map(row).collect();
    let headings = ["", "sent", "receipts", "received", "entries", "MiB of memory"];
    transcript.table(&headings, &rows);
    transcript.line("");
    transcript
        .line("ohrid-verify finds all of them valid: every hash, every signature, every receipt's proof.");
    let sum = |of: fn(&CountryReport) -> u64| report.countries.iter().map(of).sum::<u64>();
    let (sent, receipts, received) = (
        sum(|one| one.sent),
        sum(|one| one.receipts),
        sum(|one| one.received),
    );
    if sent != receipts || sent != received {
        let what = format!("{sent} messages were sent, {received} received, {receipts} receipted");
        return Err(Failure::invalid(what));
    }
    transcript.line(format_args!("{sent} messages, each once in both ledgers."));
    Ok(())
}

/// Has a ledger verified; how many entries of each kind it holds.
fn verified(programs: &Programs, folder: &Path) -> Result<Value, Failure> {
    let output = Command::new(&programs.verify)
        .arg("ledger")
        .arg(folder)
        .arg("--json")
        .output()
        .map_err(|error| Failure::system("cannot run", &programs.verify, &error))?;
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    if !output.status.success() {
        let what = format!("ohrid-verify does not find {} valid: {told:#}", folder.display());
        return Err(Failure::new(Exit::Failed, "invalid", what));
    }
    Ok(told.get("entries").cloned().unwrap_or_default())
}

/// Resident memory, where the system says it (proc(5)).
fn memory_mib(process: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
