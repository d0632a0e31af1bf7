//! Floods that a speaker can let loose, at little cost to itself: so that a benchmark measures the node and
//! not the flood. Each ends when it is dropped.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use protocol::frame::Frame;
use quinn::{SendStream, TransportConfig};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::tap::Tap;
use super::{Line, Persona, Speaker};

/// How long a handshake that goes nowhere is kept up: longer than a node waits for it, so that it is the node
/// that gives up.
const HALF_OPEN_FOR: Duration = Duration::from_secs(10);

/// The head of an envelope of a mebibyte.
const SLOW_HEAD: [u8; 5] = [2, 0, 0x10, 0, 0];

/// A flood under way.
pub struct Flood {
    tasks: JoinSet<()>,
    done: Arc<AtomicU64>,
}

impl Flood {
    fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            done: Arc::default(),
        }
    }

    /// How many handshakes were begun, bytes sent, or frames answered so far.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How much of the flood still goes on.
    #[must_use]
    pub fn going_on(&self) -> usize {
        self.tasks.len()
    }
}

/// Handshakes that prove their address and then hear nothing more: `each` at a time from so many loopback
/// addresses, again and again.
///
/// # Errors
/// When the system has no sockets left, or the persona's keys do not fit together.
pub fn half_open(persona: &Persona, to: SocketAddr, addresses: u8, each: usize) -> Result<Flood> {
    let mut flood = Flood::new();
    for last in 0..addresses {
        let tap = Arc::new(Tap::default());
        tap.hear_only_retries();
        let address = (Ipv4Addr::new(127, 0, 1, last), 0).into();
        let speaker = Speaker::tapped(persona.clone(), address, TransportConfig::default(), tap)?;
        let speaker = Arc::new(speaker);
        for _ in 0..each {
            let (speaker, done) = (Arc::clone(&speaker), Arc::clone(&flood.done));
            flood.tasks.spawn(async move {
                loop {
                    done.fetch_add(1, Ordering::Relaxed);
                    // It never comes to anything; what is refused is tried again after a while.
                    let dial = speaker.dial(to);
                    let _ = tokio::time::timeout(HALF_OPEN_FOR, dial).await;
                    sleep(Duration::from_millis(100)).await;
                }
            });
        }
    }
    Ok(flood)
}

/// A byte a second on each of so many streams of one connection; a stream that is given up is opened again.
#[must_use]
pub fn slow(line: &Line, streams: usize) -> Flood {
    let mut flood = Flood::new();
    for number in 0..streams {
        let (line, done) = (line.clone(), Arc::clone(&flood.done));
        flood.tasks.spawn(async move {
            // Half of them dawdle in the head already; a mebibyte is announced.
            let sent = if number % 2 == 0 { 1 } else { SLOW_HEAD.len() };
            while let Ok((mut sending, _receiving)) = line.connection.open_bi().await {
                let _ = trickle(&mut sending, sent, &done).await;
            }
        });
    }
    flood
}

/// Sends the head's first bytes at once, and then a byte a second, until the other side has enough of it.
async fn trickle(stream: &mut SendStream, at_once: usize, done: &AtomicU64) -> Result<()> {
    let (first, rest) = SLOW_HEAD.split_at(at_once);
    stream.write_all(first).await?;
    let mut seconds = interval(Duration::from_secs(1));
    let mut rest = rest.iter();
    loop {
        seconds.tick().await;
        stream.write_all(&[*rest.next().unwrap_or(&0)]).await?;
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Pings as fast as they are answered, so many at a time.
#[must_use]
pub fn pings(line: &Line, at_once: usize) -> Flood {
    let mut flood = Flood::new();
    for _ in 0..at_once {
        let (line, done) = (line.clone(), Arc::clone(&flood.done));
        flood.tasks.spawn(async move {
            while line.ask(&Frame::Ping(1)).await.is_ok() {
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    flood
}
