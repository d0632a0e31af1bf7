//! Who writes to whom, how often, and how urgently.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use control::client::Client;
use control::headers::IdempotencyKey;
use control::types::{Priority, SendRequest};
use e2e::proxy::Random;
use e2e::requests::short_request;
use tokio::sync::watch;
use tokio::time::timeout;

/// Between two messages of one node, at most.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// At most so many recipients of one message.
const RECIPIENTS_MAX: u64 = 3;

/// A message that its node has accepted, for one recipient.
#[derive(Debug, Clone)]
pub(super) struct Posted {
    pub(super) message: String,
    pub(super) from: String,
    pub(super) to: String,
}

/// Sends from one node until the storm is over, and notes what was accepted.
pub(super) async fn send(
    client: Client,
    number: usize,
    parties: Vec<String>,
    mut random: Random,
    posted: Arc<Mutex<Vec<Posted>>>,
    mut is_over: watch::Receiver<bool>,
) -> Result<()> {
    let from = parties.get(number).context("the sender")?.clone();
    loop {
        // The storm's end comes first, or the pause does.
        let pause = random.up_to(PAUSE_MAX);
        if timeout(pause, is_over.wait_for(|is_over| *is_over)).await.is_ok() {
            return Ok(());
        }
        let request = request(&from, &parties, &mut random)?;
        let key = [random.draw().to_be_bytes(), random.draw().to_be_bytes()].concat();
        let key = IdempotencyKey::from_random(key.try_into().unwrap_or_default());
        let sent = client
            .send(&request, &key)
            .await
            .with_context(|| format!("sending from {from}"))?;
        let mut posted = posted.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        posted.extend(sent.to.iter().map(|to| Posted {
            message: sent.message.clone(),
            from: from.clone(),
            to: to.clone(),
        }));
    }
}

/// To one or several others, and sometimes in a hurry.
fn request(from: &str, parties: &[String], random: &mut Random) -> Result<SendRequest> {
    let mut others: Vec<String> = parties
        .iter()
        .filter(|party| *party != from)
        .map(|party| format!("{party}/police"))
        .collect();
    let recipients = if random.chance(0.2) {
        1 + random.below(RECIPIENTS_MAX)
    } else {
        1
    };
    let mut to = Vec::new();
    for _ in 0..recipients.min(others.len() as u64) {
        let at = usize::try_from(random.below(others.len() as u64))?;
        to.push(others.swap_remove(at));
    }
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let priority = match random.below(10) {
        0 => Priority::Emergency,
        1 | 2 => Priority::Urgent,
        _ => Priority::Routine,
    };
    Ok(SendRequest {
        priority,
        ..short_request(&to)?
    })
}
