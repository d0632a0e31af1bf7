//! `ohrid peer test RO`: why a peer cannot be reached, step by step, and whose it is to mend.
//!
//! The node does the looking, for it has the keys. A receipt can only be had for a message, so `--receipt`
//! sends a drill, which is recorded on both sides like any other.

use std::time::{Duration, Instant};

use clap::Args;
use control::client::Client;
use control::types::{Blame, PeerTest, StepName, StepOutcome, TestStep, Wait};

use crate::drill;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::terminal::COLUMNS;
use crate::when;

/// Options of `ohrid peer test`.
#[derive(Debug, Args)]
pub(crate) struct TestArguments {
    /// The Party, such as RO
    #[arg(value_name = "PARTY", required_unless_present = "all")]
    party: Option<String>,
    /// Every Party of the directory, one after the other
    #[arg(long, conflicts_with_all = ["party", "receipt"])]
    all: bool,
    /// Send a drill as well, and wait for its receipt: recorded in both ledgers, and seen by officers there
    #[arg(long)]
    receipt: bool,
    /// How long to wait for that receipt
    #[arg(long, value_name = "LENGTH", default_value = "30s", value_parser = when::parse_length)]
    timeout: Duration,
}

pub(super) async fn run(session: &Session, arguments: &TestArguments) -> Result<(), Failure> {
    let client = session.client().await?;
    let parties = match &arguments.party {
        Some(party) => vec![party.clone()],
        None => {
            let peers = client.peers().await?;
            peers.into_iter().map(|peer| peer.status.party).collect()
        }
    };
    let mut tests = Vec::new();
    for party in parties {
        let mut test = {
            let _waiting = session.terminal.waiting(&format!("testing the way to {party}"));
            client.test_peer(&party).await?
        };
        if arguments.receipt {
            let step = if test.outcome == StepOutcome::Failed {
                receipt_step(StepOutcome::Skipped, "not sent: the steps above failed")
            } else {
                receipt(session, &client, &party, arguments.timeout).await?
            };
            test.steps.retain(|step| step.step != StepName::Receipt);
            test.steps.push(step);
            test = PeerTest::of(test.party, test.tested_at, test.steps);
        }
        tests.push(test);
    }
    match (tests.as_slice(), arguments.all) {
        ([test], false) => session.terminal.result(test, one_text),
        _ => session.terminal.result(&tests, |tests| {
            tests.iter().map(one_text).collect::<Vec<_>>().join("\n")
        }),
    }
    conclude(&tests)
}

/// Sends a drill and waits for the machine's receipt, which the node verifies before it says "delivered".
async fn receipt(
    session: &Session,
    client: &Client,
    party: &str,
    within: Duration,
) -> Result<TestStep, Failure> {
    let began = Instant::now();
    let sent = drill::send_line_test(session, client, party).await?;
    let status = client.wait_for(&sent.message, Wait::Delivered, within).await?;
    let receipts = status.to.iter().filter_map(|one| one.receipt.as_ref());
    let Some(receipt) = receipts.max_by_key(|one| one.received_at) else {
        let what = format!(
            "no receipt within {} s; the drill goes on trying: ohrid case show {}",
            within.as_secs(),
            sent.reference
        );
        return Ok(TestStep {
            blame: Some(Blame::Theirs),
            mend: Some("ask its operator for ohrid node status on that side".to_owned()),
            ..receipt_step(StepOutcome::Failed, what)
        });
    };
    let took_ms = began.elapsed().as_millis();
    let what = format!(
        "verified after {took_ms} ms: leaf {} of {} (drill {})",
        receipt.index, receipt.origin, sent.reference
    );
    Ok(TestStep {
        took_us: u64::try_from(took_ms * 1000).ok(),
        ..receipt_step(StepOutcome::Ok, what)
    })
}

fn receipt_step(outcome: StepOutcome, what: impl Into<String>) -> TestStep {
    TestStep {
        step: StepName::Receipt,
        address: None,
        outcome,
        what: what.into(),
        took_us: None,
        blame: None,
        mend: None,
    }
}

/// A way that does not work ends with exit status 1, whoever is to mend it.
fn conclude(tests: &[PeerTest]) -> Result<(), Failure> {
    let failed: Vec<&str> = tests
        .iter()
        .filter(|test| test.outcome == StepOutcome::Failed)
        .map(|test| test.party.as_str())
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Failed,
        "peer_not_reached",
        format!("the way to {} does not work", failed.join(", ")),
    )
    .told_by_result())
}

fn one_text(test: &PeerTest) -> String {
    let verdict = match (test.outcome, test.blame) {
        (StepOutcome::Failed, Some(blame)) => format!("does not work. To mend: {}", whose(blame)),
        (StepOutcome::Failed, None) => "does not work".to_owned(),
        (StepOutcome::Warning, Some(blame)) => format!("works, with a warning for {}", whose(blame)),
        (StepOutcome::Warning, None) => "works, with a warning".to_owned(),
        (StepOutcome::Ok | StepOutcome::Skipped, _) => "works".to_owned(),
    };
    let mut text = String::new();
    for step in &test.steps {
        text.push_str(&step_text(step));
    }
    text.push_str(&format!("\nThe way to {} {verdict}.\n", test.party));
    text
}

/// `ok    echo  answered in 0.4 ms`, and below it what mends it.
fn step_text(step: &TestStep) -> String {
    let mark = match step.outcome {
        StepOutcome::Ok => "ok",
        StepOutcome::Warning => "WARN",
        StepOutcome::Failed => "FAIL",
        StepOutcome::Skipped => "-",
    };
    let name = step.step.as_str().replace('_', " ");
    let indent = " ".repeat(INDENT);
    let mut text = String::new();
    for (number, line) in table::wrap(&printable(&step.what), COLUMNS - INDENT)
        .iter()
        .enumerate()
    {
        if number == 0 {
            text.push_str(&format!("{mark:<6}{name:<19}{line}\n"));
        } else {
            text.push_str(&format!("{indent}{line}\n"));
        }
    }
    if let Some(mend) = &step.mend {
        for line in table::wrap(&printable(&format!("-> {mend}")), COLUMNS - INDENT) {
            text.push_str(&format!("{indent}{line}\n"));
        }
    }
    text
}

/// Where a step's text begins.
const INDENT: usize = 25;

fn whose(blame: Blame) -> &'static str {
    match blame {
        Blame::Ours => "our operator",
        Blame::Theirs => "the peer's operator",
        Blame::Network => "whoever runs the network between, firewalls on both sides included",
        Blame::Directory => "the directory: the secretariat, or whoever has an old one",
    }
}

#[cfg(test)]
mod tests;
