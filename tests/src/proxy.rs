//! A network between nodes that can be made as bad as any: a UDP proxy that stands before every node.
//!
//! The directory names the proxy's address ([`Proxy::front`]) as the node's. A datagram that comes there is
//! known by its sender's address, which is that of another node, and goes on from a socket that the proxy
//! keeps for this pair, as through a NAT. So each of the two directions between two nodes has its own
//! [`Weather`], whoever dialled, and it can be changed while it runs.
//!
//! ```text
//!   XA's node --> front of XB | socket for XA to XB --> XB's node        way XA to XB
//!             <--             |                     <--                  way XB to XA
//! ```
//!
//! The nodes see each other at addresses in 127.1.0.0/16, one for each node, as they would on a network:
//! limits that count by address count as in earnest. (Linux answers to all of 127.0.0.0/8.)

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::net::UdpSocket;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::sleep;

mod weather;

use weather::Way;
pub use weather::{Counts, Random, Weather};

/// Larger than any datagram.
const BUFFER_BYTES: usize = 65_536;

/// Who sends from an address that no node has.
const STRANGER: usize = usize::MAX;

/// The proxy, on a thread of its own. What it holds ends with it.
pub struct Proxy {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
    shared: Arc<Shared>,
}

struct Shared {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    by_address: HashMap<SocketAddr, usize>,
    /// By sender and recipient.
    ways: HashMap<(usize, usize), Way>,
    /// By the dialler's address and the node that it dials.
    passages: HashMap<(SocketAddr, usize), Passage>,
}

struct Node {
    party: String,
    real: SocketAddr,
}

/// The socket from which one node's datagrams go on to another, and the task that brings the answers.
struct Passage {
    socket: Arc<UdpSocket>,
    answers: JoinHandle<()>,
}

impl Proxy {
    /// A proxy that draws everything from `seed`.
    ///
    /// # Errors
    /// When its thread cannot be started.
    pub fn start(seed: u64) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("proxy")
            .enable_all()
            .build()
            .context("starting the proxy")?;
        let state = Mutex::default();
        Ok(Self {
            runtime: Some(runtime),
            shared: Arc::new(Shared { seed, state }),
        })
    }

    /// Stands before the node of `party`, which listens (or will) on `real`. Gives the address under which
    /// others reach it from now on.
    ///
    /// # Errors
    /// When there is no free port, or the party has a front already.
    pub fn front(&self, party: &str, real: SocketAddr) -> Result<SocketAddr> {
        let runtime = self.runtime.as_ref().context("the proxy has ended")?;
        let node = {
            let mut state = self.shared.lock();
            ensure!(
                state.nodes.iter().all(|node| node.party != party),
                "{party} has a front already"
            );
            state.nodes.push(Node {
                party: party.to_owned(),
                real,
            });
            let node = state.nodes.len() - 1;
            state.by_address.insert(real, node);
            node
        };
        let front = runtime.block_on(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let address = front.local_addr()?;
        runtime.spawn(take(Arc::clone(&self.shared), Arc::new(front), node));
        Ok(address)
    }

    /// Changes the weather from one Party's node to another's; nothing changes in the other direction.
    ///
    /// # Errors
    /// When one of them has no front.
    pub fn change(&self, from: &str, to: &str, change: impl FnOnce(&mut Weather)) -> Result<()> {
        let mut state = self.shared.lock();
        let way = (state.find(from)?, state.find(to)?);
        change(&mut state.way(self.shared.seed, way).weather);
        Ok(())
    }

    /// The same between all nodes, in both directions.
    pub fn change_all(&self, mut change: impl FnMut(&mut Weather)) {
        let mut state = self.shared.lock();
        let nodes = state.nodes.len();
        for way in (0..nodes).flat_map(|from| (0..nodes).map(move |to| (from, to))) {
            change(&mut state.way(self.shared.seed, way).weather);
        }
    }

    /// What a NAT does that was restarted: what `from` sends to `to` comes from another port from now on,
    /// and answers to the old one are lost. Does nothing unless `from` has sent something to the front of
    /// `to`.
    ///
    /// # Errors
    /// When one of them has no front.
    pub fn rebind(&self, from: &str, to: &str) -> Result<()> {
        let mut state = self.shared.lock();
        let (from, to) = (state.find(from)?, state.find(to)?);
        let real = state.nodes.get(from).context("the dialler")?.real;
        if let Some(passage) = state.passages.remove(&(real, to)) {
            passage.answers.abort();
        }
        Ok(())
    }

    /// What became of the datagrams from one node to another.
    ///
    /// # Errors
    /// When one of them has no front.
    pub fn counts(&self, from: &str, to: &str) -> Result<Counts> {
        let state = self.shared.lock();
        let way = (state.find(from)?, state.find(to)?);
        Ok(state.ways.get(&way).map(|way| way.counts).unwrap_or_default())
    }

    /// What became of all datagrams.
    #[must_use]
    pub fn total(&self) -> Counts {
        let state = self.shared.lock();
        let all = state.ways.values().map(|way| way.counts);
        all.fold(Counts::default(), Counts::plus)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Takes what comes to the front of node `to`.
async fn take(shared: Arc<Shared>, front: Arc<UdpSocket>, to: usize) {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        // An error here is what ICMP says of an earlier datagram: a node that is down.
        let Ok((length, source)) = front.recv_from(&mut buffer).await else {
            continue;
        };
        let Some(datagram) = buffer.get(..length) else {
            continue;
        };
        let from = shared.lock().by_address.get(&source).copied().unwrap_or(STRANGER);
        let Some((passage, real)) = passage(&shared, &front, source, (from, to)).await else {
            continue;
        };
        shared.pass((from, to), datagram, &passage, real).await;
    }
}

/// The socket for what `source` sends to the node, and that node's own address.
async fn passage(
    shared: &Arc<Shared>,
    front: &Arc<UdpSocket>,
    source: SocketAddr,
    (from, to): (usize, usize),
) -> Option<(Arc<UdpSocket>, SocketAddr)> {
    let real = {
        let state = shared.lock();
        let real = state.nodes.get(to)?.real;
        if let Some(passage) = state.passages.get(&(source, to)) {
            return Some((Arc::clone(&passage.socket), real));
        }
        real
    };
    let socket = Arc::new(UdpSocket::bind((seen_as(from), 0)).await.ok()?);
    let answers = tokio::spawn(bring_back(
        Arc::clone(shared),
        Arc::clone(&socket),
        Arc::clone(front),
        source,
        (to, from),
    ));
    let passage = Passage {
        socket: Arc::clone(&socket),
        answers,
    };
    shared.lock().passages.insert((source, to), passage);
    Some((socket, real))
}

/// Brings what the dialled node answers back to the dialler.
async fn bring_back(
    shared: Arc<Shared>,
    socket: Arc<UdpSocket>,
    front: Arc<UdpSocket>,
    dialler: SocketAddr,
    way: (usize, usize),
) {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let Ok((length, _)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        if let Some(datagram) = buffer.get(..length) {
            shared.pass(way, datagram, &front, dialler).await;
        }
    }
}

impl Shared {
    /// Lets a datagram have its fate, and sends on what is left of it.
    async fn pass(&self, way: (usize, usize), datagram: &[u8], socket: &Arc<UdpSocket>, to: SocketAddr) {
        let copies = self.lock().way(self.seed, way).fate(datagram);
        for copy in copies {
            // A socket that cannot take it now loses it, as networks do.
            if copy.after == Duration::ZERO {
                let _ = socket.send_to(&copy.bytes, to).await;
                continue;
            }
            let socket = Arc::clone(socket);
            tokio::spawn(async move {
                sleep(copy.after).await;
                let _ = socket.send_to(&copy.bytes, to).await;
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and the tables are whole at every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn find(&self, party: &str) -> Result<usize> {
        let found = self.nodes.iter().position(|node| node.party == party);
        found.with_context(|| format!("{party} has no front"))
    }

    fn way(&mut self, seed: u64, (from, to): (usize, usize)) -> &mut Way {
        self.ways.entry((from, to)).or_insert_with(|| {
            let mut mixed = Random::new(seed ^ ((from as u64) << 32) ^ to as u64);
            Way::new(mixed.draw())
        })
    }
}

/// The address at which a node shows to others.
fn seen_as(node: usize) -> IpAddr {
    let Ok(node) = u16::try_from(node) else {
        return Ipv4Addr::LOCALHOST.into();
    };
    let [high, low] = node.saturating_add(1).to_be_bytes();
    Ipv4Addr::new(127, 1, high, low).into()
}

#[cfg(test)]
mod tests;
