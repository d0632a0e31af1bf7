//! The peers and their connections: at most one each, by a rule that both sides compute alike.
//!
//! When a second connection to a peer comes up:
//! * dialled by the same side as the first: the newer is kept (the dialler dials again only because it
//!   lost the older);
//! * dialled by the other side: the one is kept that was dialled by the Party whose code is the lesser.
//!
//! A peer that was restarted has lost a connection that we still believe in. It can dial us only to be
//! told `Duplicate`; so whenever a duplicate is turned away, the one that is kept is made to show that
//! it lives. The restarted peer answers with a stateless reset (its key for those outlives the process),
//! and the way is free within a round trip.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use protocol::ids::PartyCode;
use protocol::time::UnixMillis;
use tokio::sync::{Notify, mpsc, watch};

use super::breaches::Breaches;
use super::over_quota::OverQuota;
use super::{Asker, Greeting, LinkId, Question};
use crate::limits;

/// Who dialled a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialled {
    /// This node.
    ByUs,
    /// The peer.
    ByPeer,
}

/// All peers that were ever connected in this process.
#[derive(Debug)]
pub struct Peers {
    own: PartyCode,
    next_link: AtomicU64,
    states: Mutex<HashMap<PartyCode, State>>,
    changed: watch::Sender<()>,
    /// Counts peers that returned after a while.
    returns: watch::Sender<u64>,
}

/// What can make a dialler hurry; see [`Peers::summons`].
#[derive(Debug)]
pub struct Summons {
    own: Arc<Notify>,
    returns: watch::Receiver<u64>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    live: Option<Live>,
    since: Option<UnixMillis>,
    last_seen: Arc<AtomicU64>,
    address: Option<SocketAddr>,
    breaches: Breaches,
    pub(super) over_quota: OverQuota,
    greeting: Option<Greeting>,
    failure: Option<Failure>,
    /// When the last connection ended.
    lost_at: Option<Instant>,
    /// Something waits for it.
    is_needed: bool,
    summons: Arc<Notify>,
}

/// Why a peer could not be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: UnixMillis,
    /// What happened.
    pub what: String,
}

#[derive(Debug)]
struct Live {
    link: LinkId,
    dialled: Dialled,
    /// Told when another connection takes this one's place, or when it should show that it lives.
    signal: Arc<Signal>,
    asker: Asker,
}

/// How a live connection is spoken to from outside its task.
#[derive(Debug, Default)]
struct Signal {
    superseded: Notify,
    prove: Notify,
}

/// What became of a connection that wants to be the peer's.
#[derive(Debug)]
pub enum Admitted {
    /// It is; and what others than the core ask over it comes in here.
    Yes(Registration, mpsc::Receiver<Question>),
    /// Another one is kept.
    Duplicate,
    /// The peer broke the protocol a moment ago.
    BackedOff,
}

/// A connection's place in the table. Dropping it frees the place.
#[derive(Debug)]
pub struct Registration {
    /// The name under which it is known.
    pub link: LinkId,
    peer: PartyCode,
    peers: Arc<Peers>,
    signal: Arc<Signal>,
    last_seen: Arc<AtomicU64>,
}

/// A peer, as operators see it.
#[derive(Debug, Clone, Default)]
pub struct PeerView {
    /// Whether a connection stands.
    pub connected: bool,
    /// Who dialled it.
    pub dialled: Option<Dialled>,
    /// Since when it is as it is.
    pub since: Option<UnixMillis>,
    /// When a frame last came.
    pub last_seen: Option<UnixMillis>,
    /// Where it is, or was.
    pub address: Option<SocketAddr>,
    /// What it said when it was last connected.
    pub greeting: Option<Greeting>,
    /// Why it could not be reached, if that was after it was last connected.
    pub failure: Option<Failure>,
}

impl Peers {
    /// No peers yet.
    #[must_use]
    pub fn new(own: PartyCode) -> Arc<Self> {
        Arc::new(Self {
            own,
            next_link: AtomicU64::new(1),
            states: Mutex::default(),
            changed: watch::Sender::new(()),
            returns: watch::Sender::new(0),
        })
    }

    /// Asks for the place of the peer's connection.
    #[must_use]
    pub fn admit(
        self: &Arc<Self>,
        peer: PartyCode,
        dialled: Dialled,
        address: SocketAddr,
        now: UnixMillis,
    ) -> Admitted {
        let mut states = self.lock();
        let state = states.entry(peer).or_default();
        if state.breaches.keep_away(Instant::now()) {
            return Admitted::BackedOff;
        }
        if let Some(live) = &state.live {
            if live.dialled != dialled && self.preferred(peer) == live.dialled {
                live.signal.prove.notify_one();
                return Admitted::Duplicate;
            }
            live.signal.superseded.notify_one();
        }
        let returns = state
            .lost_at
            .take()
            .is_some_and(|at| at.elapsed() >= limits::AWAY_AFTER);
        let link = LinkId(self.next_link.fetch_add(1, Ordering::Relaxed));
        let signal = Arc::<Signal>::default();
        let (asker, asked) = Asker::new(peer, link, limits::QUESTIONS_PER_PEER_MAX);
        state.live = Some(Live {
            link,
            dialled,
            signal: Arc::clone(&signal),
            asker,
        });
        state.since = Some(now);
        state.address = Some(address);
        state.is_needed = false;
        state.summons.notify_one();
        state.last_seen.store(now.0, Ordering::Relaxed);
        state.failure = None;
        let registration = Registration {
            link,
            peer,
            peers: Arc::clone(self),
            signal,
            last_seen: Arc::clone(&state.last_seen),
        };
        drop(states);
        self.changed.send_replace(());
        if returns {
            self.returns.send_modify(|count| *count = count.wrapping_add(1));
        }
        Admitted::Yes(registration, asked)
    }

    /// Keeps a peer away for a while that broke the protocol, longer each time.
    pub fn back_off(&self, peer: PartyCode) {
        self.lock().entry(peer).or_default().breaches.note(Instant::now());
    }

    /// Notes what a peer said in its hello.
    pub fn note_greeting(&self, peer: PartyCode, greeting: Greeting) {
        self.lock().entry(peer).or_default().greeting = Some(greeting);
    }

    /// Notes why a peer could not be reached.
    pub fn note_failure(&self, peer: PartyCode, failure: Failure) {
        let mut states = self.lock();
        let state = states.entry(peer).or_default();
        if state.live.is_none() {
            state.failure = Some(failure);
        }
    }

    /// Whether a connection to the peer stands.
    #[must_use]
    pub fn connected(&self, peer: PartyCode) -> bool {
        self.lock().get(&peer).is_some_and(|state| state.live.is_some())
    }

    /// Asks a connected peer; `None` while it is not.
    #[must_use]
    pub fn asker(&self, peer: PartyCode) -> Option<Asker> {
        let states = self.lock();
        let live = states.get(&peer)?.live.as_ref()?;
        Some(live.asker.clone())
    }

    /// The peers to which a connection stands, by their codes.
    #[must_use]
    pub fn connected_peers(&self) -> Vec<PartyCode> {
        let states = self.lock();
        let live = states.iter().filter(|(_, state)| state.live.is_some());
        let mut peers: Vec<PartyCode> = live.map(|(peer, _)| *peer).collect();
        peers.sort_unstable();
        peers
    }

    /// Tells when a connection comes up or ends.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Something waits for a peer that is away: it is dialled soon `[RETRY]`.
    pub fn need(&self, peer: PartyCode) {
        let mut states = self.lock();
        let state = states.entry(peer).or_default();
        if state.live.is_none() {
            state.is_needed = true;
            state.summons.notify_one();
        }
    }

    /// Whether something waits for a peer that is away.
    #[must_use]
    pub fn is_needed(&self, peer: PartyCode) -> bool {
        self.lock().get(&peer).is_some_and(|state| state.is_needed)
    }

    /// What calls the one dialler of this peer: its need, its own arrival, and the return of others.
    #[must_use]
    pub fn summons(&self, peer: PartyCode) -> Summons {
        Summons {
            own: Arc::clone(&self.lock().entry(peer).or_default().summons),
            returns: self.returns.subscribe(),
        }
    }

    /// How many connections stand.
    #[must_use]
    pub fn connected_count(&self) -> usize {
        self.lock().values().filter(|state| state.live.is_some()).count()
    }

    /// A peer, as operators see it.
    #[must_use]
    pub fn view(&self, peer: PartyCode) -> PeerView {
        let states = self.lock();
        let Some(state) = states.get(&peer) else {
            return PeerView::default();
        };
        let last_seen_ms = state.last_seen.load(Ordering::Relaxed);
        PeerView {
            connected: state.live.is_some(),
            dialled: state.live.as_ref().map(|live| live.dialled),
            since: state.since,
            last_seen: (last_seen_ms > 0).then_some(UnixMillis(last_seen_ms)),
            address: state.address,
            greeting: state.greeting.clone(),
            failure: state.failure.clone(),
        }
    }

    /// By how many milliseconds the clock of each connected peer was ahead of ours when it said hello.
    #[must_use]
    pub fn ahead_ms(&self) -> Vec<i64> {
        let states = self.lock();
        let live = states.values().filter(|state| state.live.is_some());
        live.filter_map(|state| Some(state.greeting.as_ref()?.ahead_ms()))
            .collect()
    }

    /// Waits until there is no connection to the peer.
    pub async fn disconnected(&self, peer: PartyCode) {
        let mut changes = self.changed.subscribe();
        while self.connected(peer) {
            // The sender lives as long as `self`.
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Who must have dialled the connection that is kept when there are two.
    fn preferred(&self, peer: PartyCode) -> Dialled {
        if self.own < peer {
            Dialled::ByUs
        } else {
            Dialled::ByPeer
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<PartyCode, State>> {
        // Nothing in here panics while it holds the lock, and the table is whole at every step.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Summons {
    /// Waits for the next call. What came since the last is not lost.
    pub async fn come(&mut self) {
        tokio::select! {
            () = self.own.notified() => {}
            changed = self.returns.changed() => if changed.is_err() {
                // The table is gone, and with it everybody who could call.
                std::future::pending::<()>().await;
            },
        }
    }
}

impl Registration {
    /// Waits until another connection has taken this one's place.
    pub async fn superseded(&self) {
        self.signal.superseded.notified().await;
    }

    /// Waits until somebody doubts that this connection lives.
    pub async fn doubted(&self) {
        self.signal.prove.notified().await;
    }

    /// A frame came.
    pub fn seen(&self, now: UnixMillis) {
        self.last_seen.fetch_max(now.0, Ordering::Relaxed);
    }

    /// Where to note that frames come.
    #[must_use]
    pub fn last_seen(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.last_seen)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut states = self.peers.lock();
        if let Some(state) = states.get_mut(&self.peer)
            && state.live.as_ref().is_some_and(|live| live.link == self.link)
        {
            state.live = None;
            state.lost_at = Some(Instant::now());
            state.since = Some(UnixMillis(self.last_seen.load(Ordering::Relaxed)));
        }
        drop(states);
        self.peers.changed.send_replace(());
    }
}

#[cfg(test)]
mod tests;
