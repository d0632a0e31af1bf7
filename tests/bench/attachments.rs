//! `--only attachments`: a large file, from `attachment add` to the final receipt, beside raw quinn on the
//! same machine in the same rounds.
//!
//! What is counted: *sealing* is the upload over the control socket, to the sealed file that is durable;
//! *pull* begins when the message is sent, and ends with the final receipt in the sender's ledger: by then
//! the recipient has fetched, verified and synced every chunk; *whole way* is both, one after the other.
//! All of them count bytes of the file, not of its ciphertext. The file itself comes from memory: reading it
//! is no work of a node.

use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use control::client::Client;
use control::headers::IdempotencyKey;
use control::types::UploadQuery;
use tokio::io::{AsyncRead, ReadBuf};

use crate::quinn_floor;
use crate::table::{self, Row};
use e2e::pair::Pair;

/// How long one transfer may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Between two looks whether a transfer is through: a thousandth of what one takes.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a round measured.
struct Round {
    quinn_mib_s: f64,
    seal_mib_s: f64,
    pull_mib_s: f64,
    whole_mib_s: f64,
}

/// Measures, with a file of so many bytes.
pub fn measure(folder: &Path, rounds: usize, bytes: u64) -> Result<Vec<Row>> {
    let pair = Pair::start(folder)?;
    pair.warm_up()?;
    pair.forget_rss_peaks()?;
    let mut measured = Vec::new();
    for round in 1..=rounds {
        table::complain(&format!("round {round} of {rounds}"));
        let quinn = quinn_floor::bulk(bytes)?;
        let runtime = runtime()?;
        let (sealing, pulling) = runtime.block_on(transfer(&pair, bytes))?;
        let rate = |took: Duration| bytes as f64 / 1_048_576.0 / took.as_secs_f64();
        let round = Round {
            quinn_mib_s: rate(quinn),
            seal_mib_s: rate(sealing),
            pull_mib_s: rate(pulling),
            whole_mib_s: rate(sealing + pulling),
        };
        table::complain(&format!(
            "  quinn {:.0}, sealing {:.0}, pull {:.0}, whole way {:.0} MiB/s",
            round.quinn_mib_s, round.seal_mib_s, round.pull_mib_s, round.whole_mib_s
        ));
        measured.push(round);
    }
    let [sender, recipient] = pair.rss_peaks_mib()?;
    pair.stop_and_check()?;
    Ok(rows(&measured, sender, recipient))
}

fn rows(rounds: &[Round], sender_mib: f64, recipient_mib: f64) -> Vec<Row> {
    const QUINN: &str = "raw quinn bulk, both ends on this machine";
    let row = |name, of: fn(&Round) -> f64| {
        let row = Row::of(name, "MiB/s", table::median_of(rounds, of));
        row.over(
            table::median_of(rounds, |round| of(round) / round.quinn_mib_s),
            QUINN,
        )
    };
    let peak = |name, mib: f64| Row::of(name, "MiB", mib).over(mib / 128.0, "128 MiB");
    vec![
        Row::of(
            "attachments: floor: raw quinn bulk",
            "MiB/s",
            table::median_of(rounds, |round| round.quinn_mib_s),
        ),
        row("attachments: sealing (attachment add), durable", |round| {
            round.seal_mib_s
        }),
        row("attachments: pull, to the final receipt", |round| {
            round.pull_mib_s
        }),
        row("attachments: whole way, add to final receipt", |round| {
            round.whole_mib_s
        }),
        peak("attachments: RSS of the sender, peak", sender_mib),
        peak("attachments: RSS of the recipient, peak", recipient_mib),
    ]
}

/// Has the file sealed, sends a message with it, and waits for the final receipt. How long each took.
async fn transfer(pair: &Pair, bytes: u64) -> Result<(Duration, Duration)> {
    let client = pair.client("XA").await?;
    let begin = Instant::now();
    let attachment = seal(&client, bytes).await?;
    let sealing = begin.elapsed();
    let begin = Instant::now();
    let message = send(pair, &client, &attachment).await?;
    while !is_complete(&client, &message).await? {
        ensure!(begin.elapsed() < PATIENCE, "no final receipt in {PATIENCE:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok((sealing, begin.elapsed()))
}

/// Uploads; the attachment's name.
pub async fn seal(client: &Client, bytes: u64) -> Result<String> {
    let query = UploadQuery {
        name: "image.bin".to_owned(),
        size_bytes: Some(bytes),
        to: Some("XB/police".to_owned()),
        ..UploadQuery::default()
    };
    let source = Generated::new(bytes)?;
    let staged = client.upload(&query, &key()?, source, |_| {}).await?;
    Ok(staged.attachment)
}

/// Sends a message with that attachment; its id.
pub async fn send(pair: &Pair, client: &Client, attachment: &str) -> Result<String> {
    let mut request = pair.request().clone();
    request.attachments = vec![attachment.to_owned()];
    Ok(client.send(&request, &key()?).await?.message)
}

/// Whether the final receipt is there.
pub async fn is_complete(client: &Client, message: &str) -> Result<bool> {
    let attached = client.message_attachments(message).await?;
    let mut receipts = attached.receipts.iter();
    Ok(receipts.len() > 0 && receipts.all(|receipt| receipt.complete_at.is_some()))
}

/// A file that no layer below can make smaller, and that is on no disk.
struct Generated {
    block: Vec<u8>,
    left_bytes: u64,
}

impl Generated {
    fn new(bytes: u64) -> Result<Self> {
        let mut block = vec![0; 1 << 20];
        getrandom::fill(&mut block).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
        Ok(Self {
            block,
            left_bytes: bytes,
        })
    }
}

impl AsyncRead for Generated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let left = usize::try_from(self.left_bytes).unwrap_or(usize::MAX);
        let count = buffer.remaining().min(self.block.len()).min(left);
        // Each part differs from the one before.
        let mark = self.left_bytes.to_be_bytes();
        self.block[..8].copy_from_slice(&mark);
        buffer.put_slice(&self.block[..count]);
        self.left_bytes -= count as u64;
        Poll::Ready(Ok(()))
    }
}

/// A runtime for a client: it needs one thread only.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// A fresh idempotency key.
pub fn key() -> Result<IdempotencyKey> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
    Ok(IdempotencyKey::from_random(random))
}
