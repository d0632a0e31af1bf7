//! The conversations, so many at once, until the time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use control::client::{Client, ClientError};
use control::headers::IdempotencyKey;
use control::types::{Priority, SendRequest, Sent, UploadQuery, Wait};
use e2e::pair::Pair;
use e2e::proxy::Random;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::mix::{Conversation, Mix};
use crate::report::complain;

/// How long one message may take before the load counts as stuck.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two words of how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// What is to be driven.
#[derive(Debug, Clone, Copy)]
pub struct Traffic {
    pub seconds: Duration,
    pub in_flight: usize,
    pub seed: u64,
}

/// What was driven.
pub struct Told {
    pub elapsed: Duration,
    pub messages: u64,
    pub file_bytes: u64,
    /// From the call to the verified receipt, in microseconds, by priority: routine, urgent, emergency.
    pub latency_us: [Histogram<u64>; 3],
}

struct Shared {
    mix: Mix,
    clients: [Client; 2],
    until: Instant,
    sent: AtomicU64,
    file_bytes: AtomicU64,
}

impl Traffic {
    /// Drives it.
    pub fn run(self, pair: &Pair) -> Result<Told> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.drive(pair))
    }

    async fn drive(self, pair: &Pair) -> Result<Told> {
        let begin = Instant::now();
        let shared = Arc::new(Shared {
            mix: Mix::new()?,
            clients: [pair.client("XA").await?, pair.client("XB").await?],
            until: begin + self.seconds,
            sent: AtomicU64::new(0),
            file_bytes: AtomicU64::new(0),
        });
        let mut workers = JoinSet::new();
        for number in 0..self.in_flight {
            let random = Random::new(self.seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
            workers.spawn(converse(Arc::clone(&shared), random));
        }
        let talk = tokio::spawn(tell(Arc::clone(&shared), begin));
        let mut latency_us = histograms()?;
        while let Some(worker) = workers.join_next().await {
            for (all, one) in latency_us.iter_mut().zip(worker.context("a worker")??) {
                all.add(one)?;
            }
        }
        talk.abort();
        Ok(Told {
            elapsed: begin.elapsed(),
            messages: shared.sent.load(Ordering::Relaxed),
            file_bytes: shared.file_bytes.load(Ordering::Relaxed),
            latency_us,
        })
    }
}

fn histograms() -> Result<[Histogram<u64>; 3]> {
    Ok([Histogram::new(3)?, Histogram::new(3)?, Histogram::new(3)?])
}

async fn tell(shared: Arc<Shared>, begin: Instant) {
    let mut every = tokio::time::interval(TOLD_EVERY);
    loop {
        every.tick().await;
        let sent = shared.sent.load(Ordering::Relaxed);
        let seconds = begin.elapsed().as_secs_f64();
        complain(&format!("{seconds:4.0} s: {sent} messages delivered"));
    }
}

/// One conversation after the other.
async fn converse(shared: Arc<Shared>, mut random: Random) -> Result<[Histogram<u64>; 3]> {
    let mut latency_us = histograms()?;
    while Instant::now() < shared.until {
        let talk = shared.mix.draw(&mut random)?;
        let [asks, asked] = talk
            .parties
            .map(|party| &shared.clients[usize::from(party == "XB")]);
        let sent = shared.ask(asks, &talk, &mut latency_us).await?;
        if talk.acknowledged {
            let answer = shared.mix.acknowledgement(&sent.case, &sent.message)?;
            shared.deliver(asked, &answer, &mut latency_us).await?;
        }
    }
    Ok(latency_us)
}

impl Shared {
    async fn ask(
        &self,
        client: &Client,
        talk: &Conversation,
        latency_us: &mut [Histogram<u64>; 3],
    ) -> Result<Sent> {
        let mut request = talk.request.clone();
        if let Some(bytes) = talk.file_bytes {
            let query = UploadQuery {
                name: "image.bin".to_owned(),
                size_bytes: Some(bytes),
                to: request.to.first().cloned(),
                ..UploadQuery::default()
            };
            let file = vec![0x42; usize::try_from(bytes)?];
            let staged = client.upload(&query, &key()?, file.as_slice(), |_| {}).await?;
            request.attachments = vec![staged.attachment];
            self.file_bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        self.deliver(client, &request, latency_us).await
    }

    /// Sends, and waits for the verified receipt.
    async fn deliver(
        &self,
        client: &Client,
        request: &SendRequest,
        latency_us: &mut [Histogram<u64>; 3],
    ) -> Result<Sent> {
        let begin = Instant::now();
        let sent = client.send(request, &key()?).await.map_err(refused)?;
        let status = client.wait_for(&sent.message, Wait::Delivered, PATIENCE).await?;
        ensure!(
            status.reached,
            "{} was not delivered in {PATIENCE:?}",
            sent.message
        );
        let which = match request.priority {
            Priority::Routine => 0,
            Priority::Urgent => 1,
            Priority::Emergency => 2,
        };
        latency_us[which].record(u64::try_from(begin.elapsed().as_micros())?)?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        Ok(sent)
    }
}

/// Which rules a draft of ours breaks would be a mistake of the mix.
fn refused(error: ClientError) -> anyhow::Error {
    match &error {
        ClientError::Refused { problem, .. } => anyhow::anyhow!("{error}: {:?}", problem.faults),
        _ => error.into(),
    }
}

fn key() -> Result<IdempotencyKey> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
    Ok(IdempotencyKey::from_random(random))
}
