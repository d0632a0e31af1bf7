//! Many nodes, random traffic, and a network that breaks in every way: cuts, loss, duplicates, reordering,
//! damage, NATs that forget. After healing everything arrives, once, and is in both ledgers `[RETRY]`
//! `[IDEMPOTENT]`.
//!
//! The tests run a short form. Any other, such as the one of thirty nodes:
//!
//! ```text
//! cargo xtask network --nodes 30 --seconds 30 [--seed N]
//! ```
//!
//! Everything random follows from the seed, which is printed; what the operating system does in between does
//! not, so a seed brings back the weather and the traffic, not each interleaving.

mod both_dial;
mod emergency;
mod ledgers;
mod storm;
mod traffic;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use control::client::Client;
use e2e::figures::rss_peak_mib;
use e2e::network::{Member, Network, fictitious, for_all, free_address};
use e2e::proxy::{Proxy, Random};
use e2e::running::{PATIENCE, Running};
use tokio::sync::watch;

use traffic::Posted;

/// What the issue allows between healing and the last receipt.
const DRAINED_WITHIN: Duration = Duration::from_secs(60);

/// How often it is asked whether everything has arrived.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// How large, how long, and with which chances.
#[derive(Debug, Clone, Copy)]
struct Plan {
    nodes: usize,
    seconds: u64,
    seed: u64,
}

impl Plan {
    /// The short form, unless the environment asks for another.
    fn new() -> Result<Self> {
        let number = |name: &str, default: u64| match std::env::var(name) {
            Ok(text) => text.parse().with_context(|| format!("{name}={text}")),
            Err(_) => Ok(default),
        };
        let mut fresh = [0; 8];
        getrandom::fill(&mut fresh).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
        Ok(Self {
            nodes: usize::try_from(number("OHRID_NETWORK_NODES", 6)?)?,
            seconds: number("OHRID_NETWORK_SECONDS", 8)?,
            seed: number("OHRID_NETWORK_SEED", u64::from_be_bytes(fresh) >> 16)?,
        })
    }
}

/// A network of real nodes with the proxy between them.
pub(crate) struct Countries {
    pub(crate) network: Network,
    pub(crate) proxy: Proxy,
    pub(crate) parties: Vec<String>,
    pub(crate) nodes: Vec<Running>,
    _folder: tempfile::TempDir,
}

impl Countries {
    /// Makes so many and starts them, all at once. `more` is added to each node's configuration.
    pub(crate) fn start(count: usize, seed: u64, more: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let proxy = Proxy::start(seed)?;
        let parties = fictitious(count)?;
        let member = |party: &String| {
            let listen = free_address()?;
            let front = proxy.front(party, listen.parse()?)?;
            Ok(Member {
                party: party.clone(),
                listen,
                address: Some(front.to_string()),
            })
        };
        let members = parties.iter().map(member).collect::<Result<Vec<_>>>()?;
        let network = Network::of_members(folder.path(), &members)?;
        let started = Mutex::new(Vec::new());
        for_all(&parties, |party| {
            let config = network.node_folder(party).join("node.toml");
            std::fs::write(&config, std::fs::read_to_string(&config)? + more)?;
            let node = network.start(party)?;
            started
                .lock()
                .map_err(|_| anyhow::anyhow!("poisoned"))?
                .push((party.clone(), node));
            Ok(())
        })?;
        let mut started = started.into_inner()?;
        started.sort_by_key(|(party, _)| parties.iter().position(|one| one == party));
        let nodes = started.into_iter().map(|(_, node)| node).collect();
        Ok(Self {
            network,
            proxy,
            parties,
            nodes,
            _folder: folder,
        })
    }

    /// The control sockets' clients, in the order of the Parties.
    pub(crate) async fn clients(&self) -> Result<Vec<Client>> {
        let mut clients = Vec::new();
        for party in &self.parties {
            let socket = self.network.node_folder(party).join("control.sock");
            clients.push(Client::connect(&socket).await?.acting_as("duty officer"));
        }
        Ok(clients)
    }

    /// Waits until all have a connection to all others.
    pub(crate) async fn connected(&self, clients: &[Client]) -> Result<()> {
        let begun = Instant::now();
        for client in clients {
            while !client.status().await?.peers.iter().all(|peer| peer.connected) {
                ensure!(begun.elapsed() < PATIENCE, "not all are connected");
                tokio::time::sleep(ASK_EVERY).await;
            }
        }
        Ok(())
    }
}

#[test]
fn after_any_storm_every_message_is_once_in_both_ledgers_retry_idempotent() -> Result<()> {
    let plan = Plan::new()?;
    say(&format!("{plan:?}"));
    let begun = Instant::now();
    let countries = Countries::start(plan.nodes, plan.seed, "")?;
    say(&format!("{} nodes run after {:?}", plan.nodes, begun.elapsed()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let posted = runtime.block_on(weathered(&countries, plan))?;
    let total = countries.proxy.total();
    let peaks = countries.nodes.iter().map(|node| rss_peak_mib(node.id()));
    let peak = peaks.collect::<Result<Vec<_>>>()?.into_iter().fold(0.0, f64::max);
    say(&format!("{total:?}; the largest node had {peak:.0} MiB"));
    ledgers::check(&countries, &posted)?;
    say(&format!(
        "{} messages once in both ledgers, all of which verify; {:?} in all",
        posted.len(),
        begun.elapsed()
    ));
    for node in countries.nodes {
        ensure!(node.stop()? == 0, "a node did not stop in order");
    }
    Ok(())
}

/// Traffic in a storm, healing, and the wait until nothing is on its way any more.
async fn weathered(countries: &Countries, plan: Plan) -> Result<Vec<Posted>> {
    let clients = countries.clients().await?;
    let posted = Arc::new(Mutex::new(Vec::new()));
    let (over, is_over) = watch::channel(false);
    let mut senders = Vec::new();
    for (number, client) in clients.iter().enumerate() {
        senders.push(tokio::spawn(traffic::send(
            client.clone(),
            number,
            countries.parties.clone(),
            Random::new(plan.seed ^ (number as u64 + 1)),
            Arc::clone(&posted),
            is_over.clone(),
        )));
    }
    let storm = storm::rage(
        &countries.proxy,
        &countries.parties,
        plan.seed,
        Duration::from_secs(plan.seconds),
    );
    storm.await?;
    over.send_replace(true);
    for sender in senders {
        sender.await.context("a sender")??;
    }
    countries
        .proxy
        .change_all(|weather| *weather = Default::default());
    let healed = Instant::now();
    let waiting = waiting(&clients).await?;
    drained(&clients, healed).await?;
    say(&format!(
        "healed with {waiting} items on their way; drained after {:.1} s",
        healed.elapsed().as_secs_f64()
    ));
    let posted = posted.lock().map_err(|_| anyhow::anyhow!("poisoned"))?.clone();
    Ok(posted)
}

/// How many messages and reports wait in all nodes together.
async fn waiting(clients: &[Client]) -> Result<u64> {
    let mut waiting = 0;
    for client in clients {
        let status = client.status().await?;
        waiting += status.outbox_pending + status.unopened;
    }
    Ok(waiting)
}

/// Waits until nothing waits anywhere: twice in a row, since what is opened makes a report.
async fn drained(clients: &[Client], healed: Instant) -> Result<()> {
    let mut quiet = 0;
    while quiet < 2 {
        let waiting = waiting(clients).await?;
        quiet = if waiting == 0 { quiet + 1 } else { 0 };
        ensure!(
            healed.elapsed() < DRAINED_WITHIN,
            "{waiting} items still wait {DRAINED_WITHIN:?} after healing"
        );
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(())
}

/// What a person who watches wants to know; `cargo test` shows it with `--nocapture` or when a test fails.
#[expect(clippy::print_stderr, reason = "a long test says how far it is")]
fn say(text: &str) {
    eprintln!("network: {text}");
}
