//! Whether both nodes say the same of every case.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use control::client::{Client, ClientError};
use e2e::pair::Pair;

/// Reports and receipts of the last messages may still be on their way.
const PATIENCE: Duration = Duration::from_secs(120);
const PAGE: u32 = 500;

/// What must be the same on both sides: what opened the case, and its state.
type Seen = BTreeMap<String, (String, String)>;

/// How many cases there are, once both nodes say the same of them.
pub fn check(pair: &Pair) -> Result<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let clients = [pair.client("XA").await?, pair.client("XB").await?];
        let deadline = Instant::now() + PATIENCE;
        loop {
            let differing = match (all(&clients[0]).await?, all(&clients[1]).await?) {
                (Some(ours), Some(theirs)) if ours == theirs => return Ok(ours.len()),
                (Some(ours), Some(theirs)) => {
                    let other = ours.iter().find(|(case, seen)| theirs.get(*case) != Some(seen));
                    format!("{} and {} cases; {other:?}", ours.len(), theirs.len())
                }
                _ => "an index is still being made".to_owned(),
            };
            ensure!(Instant::now() < deadline, "the nodes do not agree: {differing}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    })
}

/// None while the node's index has not come so far as its ledger.
async fn all(client: &Client) -> Result<Option<Seen>> {
    let mut seen = Seen::new();
    let mut before: Option<String> = None;
    loop {
        let page = match client.cases(Some(PAGE), before.as_deref()).await {
            Err(ClientError::Refused { status: 503, .. }) => return Ok(None),
            page => page?,
        };
        let Some(last) = page.last() else {
            return Ok(Some(seen));
        };
        before = Some(last.case.clone());
        seen.extend(page.into_iter().map(|case| (case.case, (case.kind, case.state))));
    }
}
