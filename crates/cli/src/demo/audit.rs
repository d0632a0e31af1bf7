//! Afterwards: both ledgers, for whoever doubts.

use std::path::Path;
use std::process::Command;

use tokio::time::{Instant, sleep};

use super::process::Programs;
use super::setup::Country;
use super::transcript::Transcript;
use super::{DemoReport, openssl};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ledger;
use crate::limits::{DEMO_STEP_TIMEOUT, POLL_INTERVAL};
use crate::session::Session;

/// Exports both ledgers.
pub(super) async fn export(
    session: &Session,
    dir: &Path,
    countries: &[Country],
    transcript: &Transcript,
    report: &mut DemoReport,
) -> Result<(), Failure> {
    transcript.step("Both ledgers are exported");
    transcript.line(
        "What an auditor gets: every entry, every hash, and the signed checkpoint. No entry holds a name, \
         a subject or a word of what was said.",
    );
    for country in countries {
        quiet(country).await?;
        let folder = dir.join("export").join(country.name.to_lowercase());
        let exported =
            ledger::export(&country.client, &folder, ledger::Wanted::All, &session.terminal).await?;
        transcript.values(&[
            (
                &country.name,
                format!("{}, {} entries", exported.origin, exported.size),
            ),
            ("  root", exported.root.clone()),
        ]);
        report.ledgers.push(exported);
    }
    Ok(())
}

/// Verifies both ledgers with `ohrid-verify`, and their checkpoints once more with `openssl`.
pub(super) fn verify(dir: &Path, programs: &Programs, transcript: &Transcript) -> Result<(), Failure> {
    transcript.step("ohrid-verify recomputes both, without any node");
    for name in ["xa", "xb"] {
        let folder = dir.join("export").join(name);
        transcript.command(format_args!("ohrid-verify ledger {}", folder.display()));
        let output = Command::new(&programs.verify)
            .arg("ledger")
            .arg(&folder)
            .output()
            .map_err(|error| Failure::system("cannot run", &programs.verify, &error))?;
        transcript.block(&String::from_utf8_lossy(&output.stdout));
        if !output.status.success() {
            let exit = if output.status.code() == Some(3) {
                Exit::CouldNotCheck
            } else {
                Exit::Failed
            };
            let what = format!(
                "ohrid-verify does not find {} valid: {}",
                folder.display(),
                output.status
            );
            return Err(Failure::new(exit, "invalid", what));
        }
    }

    transcript.step("openssl verifies both checkpoints, without any program of ours");
    for name in ["xa", "xb"] {
        let command = openssl::verify_checkpoint(&dir.join("export"), name)?;
        transcript.command(command);
    }
    transcript.line("Both signatures are good.");
    Ok(())
}

/// Waits until a node has nothing left to send, to confirm or to open: then its ledger tells the whole story.
pub(super) async fn quiet(country: &Country) -> Result<(), Failure> {
    let end = Instant::now() + DEMO_STEP_TIMEOUT;
    loop {
        let status = country.client.status().await?;
        if status.outbox_pending == 0 && status.unopened == 0 {
            return Ok(());
        }
        if Instant::now() >= end {
            let what = format!("the node of {} still has something to send", country.name);
            return Err(Failure::new(Exit::Temporary, "not_reached", what));
        }
        sleep(POLL_INTERVAL).await;
    }
}
