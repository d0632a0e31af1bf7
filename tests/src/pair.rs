//! Two real nodes, as separate processes over real UDP, and messages between them through the control
//! socket: the way a national case system would send.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::figures::{await_rest, cpu_time, rss_peak_mib};
use crate::network::{Network, Reach};
use crate::programs::folder;
use crate::requests::{short_request, with_selector};
use crate::running::Running;
use anyhow::{Context, Result, ensure};
use control::client::Client;
use control::headers::IdempotencyKey;
use control::types::{SendRequest, Wait};
use hdrhistogram::Histogram;

/// How long one message may take before the benchmark gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one load took.
#[derive(Debug)]
pub struct Loaded {
    count: usize,
    elapsed: Duration,
    cpu: Duration,
    latency_us: Histogram<u64>,
    /// The larger peak of resident memory of the two nodes while it lasted, in MiB.
    pub rss_peak_mib: f64,
}

impl Loaded {
    /// Messages receipted, with the receipt verified and recorded, in a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    /// From the call of the control socket to its answer that the message is delivered.
    #[must_use]
    pub fn latency(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.latency_us.value_at_quantile(quantile))
    }

    /// Time on a core, of both nodes together.
    #[must_use]
    pub fn cpu_per_message(&self) -> Duration {
        self.cpu / u32::try_from(self.count).unwrap_or(u32::MAX)
    }
}

/// Two running nodes.
pub struct Pair {
    network: Network,
    sender: Running,
    recipient: Running,
    request: SendRequest,
}

impl Pair {
    /// Makes and starts them below `folder`.
    ///
    /// # Errors
    /// When the network cannot be made, or a node does not start; with what it said.
    pub fn start(folder: &Path) -> Result<Self> {
        Self::start_beside(folder, &[])
    }

    /// The same in a network with other Parties, whose nodes do not run.
    ///
    /// # Errors
    /// See [`Pair::start`].
    pub fn start_beside(folder: &Path, others: &[&str]) -> Result<Self> {
        let parties = ["XA", "XB"].iter().chain(others);
        let parties: Vec<_> = parties.map(|party| (*party, Reach::Dialled)).collect();
        Self::in_network(Network::of(folder, &parties)?)
    }

    /// Starts XA and XB of a network.
    ///
    /// # Errors
    /// See [`Pair::start`].
    pub fn in_network(network: Network) -> Result<Self> {
        Self::of_programs(network, &folder()?)
    }

    /// The same with the programs in a folder: those of another build.
    ///
    /// # Errors
    /// See [`Pair::start`].
    pub fn of_programs(network: Network, programs: &Path) -> Result<Self> {
        let node = |party| network.start_under(party, Command::new(programs.join("ohrid-node")));
        let (recipient, sender) = (node("XB")?, node("XA")?);
        Ok(Self {
            network,
            sender,
            recipient,
            request: short_request(&["XB/police"])?,
        })
    }

    /// The network that they are in.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The recipient's process.
    #[must_use]
    pub fn recipient_id(&self) -> u32 {
        self.recipient.id()
    }

    /// The processes of both, the sender's first.
    #[must_use]
    pub fn processes(&self) -> [u32; 2] {
        [self.sender.id(), self.recipient.id()]
    }

    /// The first messages pay for connections, caches and the first journal segment.
    ///
    /// # Errors
    /// See [`Pair::load`].
    pub fn warm_up(&self) -> Result<()> {
        self.load(8, 100).map(drop)
    }

    /// Sends `count` messages, `in_flight` at a time, and waits until each is delivered. Each asks about
    /// somebody else.
    ///
    /// # Errors
    /// When a message is refused, or not delivered in time.
    pub fn load(&self, in_flight: usize, count: usize) -> Result<Loaded> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        self.forget_rss_peaks()?;
        let cpu_before = self.cpu()?;
        let begin = Instant::now();
        let latency_us = runtime.block_on(self.send_all(in_flight, count))?;
        let elapsed = begin.elapsed();
        let cpu = self.cpu()?.saturating_sub(cpu_before);
        let rss_peak_mib = rss_peak_mib(self.sender.id())?.max(rss_peak_mib(self.recipient.id())?);
        Ok(Loaded {
            count,
            elapsed,
            cpu,
            latency_us,
            rss_peak_mib,
        })
    }

    /// Waits until both nodes have done what they put off while they were busy: what is measured next is not
    /// to pay for it.
    ///
    /// # Errors
    /// When they do not come to rest within a minute, or one has ended.
    pub fn rest(&self) -> Result<()> {
        await_rest(&self.processes())
    }

    async fn send_all(&self, in_flight: usize, count: usize) -> Result<Histogram<u64>> {
        let left = Arc::new(AtomicUsize::new(count));
        let socket = self.network.node_folder("XA").join("control.sock");
        let mut workers = Vec::new();
        for _ in 0..in_flight {
            let client = Client::connect(&socket).await?.acting_as("benchmark");
            workers.push(tokio::spawn(send_some(
                client,
                self.request.clone(),
                Arc::clone(&left),
            )));
        }
        let mut all = Histogram::new(3)?;
        for worker in workers {
            all.add(worker.await.context("a worker")??)?;
        }
        ensure!(all.len() == count as u64, "{} of {count} were sent", all.len());
        Ok(all)
    }

    /// A client of a Party's node.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn client(&self, party: &str) -> Result<Client> {
        let socket = self.network.node_folder(party).join("control.sock");
        Ok(Client::connect(&socket).await?.acting_as("benchmark"))
    }

    /// The message that is sent.
    #[must_use]
    pub fn request(&self) -> &SendRequest {
        &self.request
    }

    /// Forgets the peaks of resident memory so far (proc(5): `clear_refs`): unlocking keys takes 64 MiB for
    /// a moment, on purpose, when a node starts.
    ///
    /// # Errors
    /// When a node has ended.
    pub fn forget_rss_peaks(&self) -> Result<()> {
        for node in [&self.sender, &self.recipient] {
            let file = format!("/proc/{}/clear_refs", node.id());
            std::fs::write(&file, "5").with_context(|| format!("writing {file}"))?;
        }
        Ok(())
    }

    /// The peaks of resident memory of sender and recipient, in MiB.
    ///
    /// # Errors
    /// When a node has ended.
    pub fn rss_peaks_mib(&self) -> Result<[f64; 2]> {
        Ok([
            rss_peak_mib(self.sender.id())?,
            rss_peak_mib(self.recipient.id())?,
        ])
    }

    fn cpu(&self) -> Result<Duration> {
        Ok(cpu_time(self.sender.id())? + cpu_time(self.recipient.id())?)
    }

    /// Stops both in order, and has their ledgers checked by the independent verifier.
    ///
    /// # Errors
    /// When a ledger does not verify, or a node does not stop.
    pub fn stop_and_check(self) -> Result<()> {
        for party in ["XA", "XB"] {
            self.network.verified_entries(party)?;
        }
        for node in [self.sender, self.recipient] {
            ensure!(node.stop()? == 0, "a node did not stop in order");
        }
        Ok(())
    }
}

/// One worker: takes a message as long as there are some left.
async fn send_some(client: Client, request: SendRequest, left: Arc<AtomicUsize>) -> Result<Histogram<u64>> {
    let mut latency_us = Histogram::new(3)?;
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
        .is_ok()
    {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|e| anyhow::anyhow!("random bytes: {e}"))?;
        let request = with_selector(&request, u64::from_be_bytes(random[..8].try_into()?))?;
        let begin = Instant::now();
        let sent = client
            .send(&request, &IdempotencyKey::from_random(random))
            .await?;
        let status = client.wait_for(&sent.message, Wait::Delivered, PATIENCE).await?;
        ensure!(
            status.reached,
            "message {} was not delivered in {PATIENCE:?}",
            sent.message
        );
        latency_us.record(u64::try_from(begin.elapsed().as_micros())?)?;
    }
    Ok(latency_us)
}
