//! Two nodes, XA and XB, and what XA's officers sent: they are hurt one at a time, and go on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use control::client::Client;
use control::headers::IdempotencyKey;
use control::types::{SendRequest, Wait};
use e2e::network::Network;
use e2e::proxy::Random;
use e2e::requests::short_request;
use e2e::running::Running;
use tokio::runtime::Runtime;

use crate::books;
use crate::points::{AFTERWARDS, EXCHANGES};
use crate::table::{Harm, found};

/// How long a start may take before it is given up: a loaded machine takes a hundred times what an idle one
/// does. How long it took is told beside the counts.
pub const START_PATIENCE: Duration = Duration::from_secs(240);

/// How long a message may take, once both nodes are up: peers back off from one that was away.
const DELIVERY_PATIENCE: Duration = Duration::from_secs(300);

/// Between two looks at what is waited for.
pub const LOOK_EVERY: Duration = Duration::from_millis(20);

/// So many rounds are between two looks through the books.
const BOOKS_EVERY: u64 = 10;

/// So many receipts of earlier messages are asked for after a round, on average: all of them, each time,
/// would be most of the work.
const EARLIER_ASKED: f64 = 5.0;

/// More than any run needs: nodes that start a thousand times must not be taken for a flood.
const LIMITS: &str = "\n[limits]\nconnections_per_peer_per_minute = 100000\nstrangers_per_address = 512\n\
    handshakes_per_address_per_second = 10000\nfree_disk_kept_mib = 0\n";

/// A request to be sent, under a key of its own.
#[derive(Debug, Clone)]
pub struct Letter {
    pub key: IdempotencyKey,
    pub request: SendRequest,
}

/// Two nodes, and what is known of what they promised.
pub struct Arena {
    pub network: Network,
    nodes: BTreeMap<&'static str, Running>,
    runtime: Runtime,
    random: Random,
    /// Messages that XA's node said that it has, and the receipts that it showed for them.
    accepted: BTreeMap<String, Option<String>>,
    /// Messages that nobody may have taken.
    expired: BTreeSet<String>,
    pub slowest_start: Duration,
    /// Rounds since the books were looked through.
    unchecked: u64,
}

impl Arena {
    /// Makes both nodes below `folder`, starts them, and has them exchange a first message.
    pub fn begin(folder: &Path, seed: u64) -> Result<Self> {
        let mut arena = Self::make(folder, seed)?;
        arena.start("XB")?;
        arena.start("XA")?;
        arena.exchange()?;
        Ok(arena)
    }

    /// The same, before anything runs.
    pub fn make(folder: &Path, seed: u64) -> Result<Self> {
        let network = Network::make(folder)?;
        for party in ["XA", "XB"] {
            let config = network.node_folder(party).join("node.toml");
            let text = std::fs::read_to_string(&config)?;
            std::fs::write(&config, text + LIMITS)?;
        }
        let mut arena = Self::around(folder)?;
        arena.random = Random::new(seed);
        Ok(arena)
    }

    /// Around folders that are there, or will be.
    pub fn around(folder: &Path) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            network: Network::in_folder(folder),
            nodes: BTreeMap::new(),
            runtime,
            random: Random::new(0),
            accepted: BTreeMap::new(),
            expired: BTreeSet::new(),
            slowest_start: Duration::ZERO,
            unchecked: 0,
        })
    }

    /// Starts a node without any fault, and waits until it is ready.
    pub fn start(&mut self, party: &'static str) -> Result<()> {
        let began = Instant::now();
        let node = Command::new(e2e::programs::folder()?.join("ohrid-node"));
        let running = self.spawn_under(party, node)?;
        let came = running.wait_for_line_within("ready", START_PATIENCE);
        match came {
            Ok(_) => {
                self.slowest_start = self.slowest_start.max(began.elapsed());
                Ok(())
            }
            Err(error) => found(Harm::Stuck, format!("{party} does not start: {error:#}")),
        }
    }

    /// Starts a node below another program, without waiting for it.
    pub fn spawn_under(&mut self, party: &'static str, command: Command) -> Result<&Running> {
        let running = self.network.spawn_under(party, command)?;
        self.nodes.insert(party, running);
        self.node(party)
    }

    pub fn node(&self, party: &str) -> Result<&Running> {
        self.nodes
            .get(party)
            .with_context(|| format!("{party} does not run"))
    }

    /// Takes a node out of the arena.
    pub fn take(&mut self, party: &str) -> Option<Running> {
        self.nodes.remove(party)
    }

    /// Stops a node in order.
    pub fn stop(&mut self, party: &str) -> Result<()> {
        let Some(node) = self.nodes.remove(party) else {
            return Ok(());
        };
        let log = node.log();
        match node.stop()? {
            0 => Ok(()),
            code => found(
                Harm::Stuck,
                format!("{party} stopped with {code}:\n{}", tail(&log)),
            ),
        }
    }

    /// A request that was never sent before.
    pub fn letter(&mut self) -> Result<Letter> {
        let random = [self.random.draw().to_be_bytes(), self.random.draw().to_be_bytes()].concat();
        Ok(Letter {
            key: IdempotencyKey::from_random(random.try_into().unwrap_or_default()),
            request: short_request(&["XB/police"])?,
        })
    }

    /// Asks XA's node once to send a letter. `None` when it did not say that it has it.
    pub fn hand_in(&mut self, letter: &Letter) -> Option<String> {
        let socket = self.network.node_folder("XA").join("control.sock");
        let sent = self.runtime.block_on(async {
            let client = Client::connect(&socket).await.ok()?.acting_as("duty officer");
            client.send(&letter.request, &letter.key).await.ok()
        })?;
        self.accepted.entry(sent.message.clone()).or_default();
        Some(sent.message)
    }

    /// Has a letter accepted, however often that must be asked.
    pub fn post(&mut self, letter: &Letter) -> Result<String> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            if let Some(message) = self.hand_in(letter) {
                return Ok(message);
            }
            if Instant::now() > deadline {
                let log = self.node("XA").map(Running::log).unwrap_or_default();
                return found(Harm::Stuck, format!("XA takes nothing any more:\n{}", tail(&log)));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Whether a message got so far within some time; an error where XA's node does not answer.
    pub fn reached(&self, message: &str, wait: Wait, within: Duration) -> Result<bool> {
        let socket = self.network.node_folder("XA").join("control.sock");
        self.runtime.block_on(async {
            let client = Client::connect(&socket).await?.acting_as("duty officer");
            Ok(client.wait_for(message, wait, within).await?.reached)
        })
    }

    /// Waits until a message is receipted and opened on the other side.
    pub fn see_through(&self, message: &str) -> Result<()> {
        // The report of opening it may come first: the receipt is sent again when the message is.
        let is_through = self.reached(message, Wait::Consigned, DELIVERY_PATIENCE)?
            && self.reached(message, Wait::Delivered, DELIVERY_PATIENCE)?;
        if is_through {
            return Ok(());
        }
        let logs = ["XA", "XB"].map(|party| tail(&self.node(party).map(Running::log).unwrap_or_default()));
        found(
            Harm::Stuck,
            format!("{message} is not delivered:\nXA: {}\nXB: {}", logs[0], logs[1]),
        )
    }

    /// One message from XA to XB, all the way.
    pub fn exchange(&mut self) -> Result<String> {
        let letter = self.letter()?;
        let message = self.post(&letter)?;
        self.see_through(&message)?;
        Ok(message)
    }

    /// Has messages sent until `victim` has ended, as many as a round may have. The letters.
    pub fn exchange_until_ended(&mut self, victim: &'static str) -> Result<Vec<Letter>> {
        self.exchange_until(victim, || false)
    }

    /// Has messages sent until `victim` has ended, or something else has happened, as many as a round may
    /// have. The letters.
    pub fn exchange_until(
        &mut self,
        victim: &'static str,
        has_happened: impl Fn() -> bool,
    ) -> Result<Vec<Letter>> {
        let mut letters = Vec::new();
        let mut is_over = false;
        while !is_over && letters.len() < EXCHANGES as usize {
            let letter = self.letter()?;
            self.until_ended_or_through(victim, &letter, &has_happened)?;
            letters.push(letter);
            let deadline = Instant::now() + AFTERWARDS / EXCHANGES;
            while !is_over && Instant::now() < deadline {
                std::thread::sleep(LOOK_EVERY);
                is_over = self.node(victim)?.has_ended() || has_happened();
            }
        }
        Ok(letters)
    }

    /// Waits until `victim` has ended, at most so long.
    pub fn until_ended(&self, victim: &str, within: Duration) -> Result<()> {
        let deadline = Instant::now() + within;
        while !self.node(victim)?.has_ended() && Instant::now() < deadline {
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Runs until `node` has ended, or the letter is all the way through. Once something else has happened,
    /// it need not get through: it has [`AFTERWARDS`] for it.
    fn until_ended_or_through(
        &mut self,
        victim: &'static str,
        letter: &Letter,
        has_happened: impl Fn() -> bool,
    ) -> Result<()> {
        let mut deadline = Instant::now() + START_PATIENCE;
        let mut message = None;
        while Instant::now() < deadline && !self.node(victim)?.has_ended() {
            if has_happened() {
                deadline = deadline.min(Instant::now() + AFTERWARDS);
            }
            if message.is_none() {
                message = self.hand_in(letter);
            }
            if let Some(message) = &message
                && let Ok(true) = self.reached(message, Wait::Consigned, Duration::from_millis(100))
            {
                break;
            }
            if message.is_none() {
                std::thread::sleep(LOOK_EVERY);
            }
        }
        Ok(())
    }

    /// Both nodes are up, and a round is over: the messages that were asked for have the receipts that they
    /// had. The books are looked through after [`BOOKS_EVERY`] rounds: nothing leaves a ledger again, so what
    /// is wrong in them is found then as well.
    pub fn check(&mut self) -> Result<()> {
        self.check_receipts()?;
        self.unchecked += 1;
        if self.unchecked >= BOOKS_EVERY {
            return self.look_over();
        }
        Ok(())
    }

    /// Every accepted message is once in both ledgers, which verify, and nothing else is.
    pub fn look_over(&mut self) -> Result<()> {
        self.unchecked = 0;
        books::check(&self.network, self.accepted.keys(), &self.expired)
    }

    /// The newest, those that nobody asked for yet, and some earlier ones.
    fn check_receipts(&mut self) -> Result<()> {
        let last = self.accepted.keys().next_back().cloned();
        let earlier = EARLIER_ASKED / self.accepted.len().max(1) as f64;
        let socket = self.network.node_folder("XA").join("control.sock");
        for (message, receipt) in &mut self.accepted {
            let is_asked = receipt.is_none() || Some(message) == last.as_ref() || self.random.chance(earlier);
            if !is_asked {
                continue;
            }
            let shown = self.runtime.block_on(async {
                let client = Client::connect(&socket).await?.acting_as("duty officer");
                client.receipt(message, "XB/police").await
            });
            let shown = match shown {
                Ok(shown) => serde_json::to_string(&shown)?,
                Err(error) => return found(Harm::Lost, format!("{message} has no receipt: {error}")),
            };
            match receipt {
                Some(first) if *first != shown => {
                    return found(Harm::Wrong, format!("{message} has another receipt than it had"));
                }
                _ => *receipt = Some(shown),
            }
        }
        Ok(())
    }

    /// The number of messages that were accepted.
    pub fn accepted(&self) -> impl Iterator<Item = &String> {
        self.accepted.keys()
    }

    /// A message that was accepted otherwise.
    pub fn note_accepted(&mut self, message: &str) {
        self.accepted.entry(message.to_owned()).or_default();
    }

    /// Asks a node something.
    pub fn ask<T>(&self, question: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(question)
    }

    /// A message is not to arrive any more.
    pub fn expect_expired(&mut self, message: &str) {
        self.accepted.remove(message);
        self.expired.insert(message.to_owned());
    }
}

/// The end of a log.
pub fn tail(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}
