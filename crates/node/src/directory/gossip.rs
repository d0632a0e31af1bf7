//! Gossip: nodes tell each other which directory they have, and fetch newer ones from any peer. The signature
//! matters, not the source `[DIRECTORY]`.
//!
//! One request does all of it: "this is the version that I have, and its digest; give me yours, if it is
//! newer, or another one of the same version". Whoever is asked and has an older one asks back. Each node
//! asks a peer when a connection to it stands, all of them when a newer version is in use here, and all again
//! every few minutes, should something have been lost. So a version goes along a chain of nodes of which only
//! the first was given it, and two Parties that were told different things find out.
//!
//! What a hostile peer can cost is bounded: one question is under way at a time, with an end to its patience,
//! so at most one directory of at most 32 MiB is in memory; and a peer whose answer was of no use is not
//! asked again for a minute, then two, up to an hour. To ask us costs it a request per answer, and it gets a
//! whole directory only every few seconds, while few others do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::check::PeerMisbehaved;
use protocol::digest::Digest;
use protocol::directory::{DirectoryError, KeySetError, SignedDirectory};
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::{CurrentDirectory, Intake, LoadError, Reloaded};
use crate::limits::{
    DIRECTORY_ANSWER_TIMEOUT, DIRECTORY_ASKED_AGAIN_AFTER, DIRECTORY_ASKED_EVERY, DIRECTORY_FETCH_TIMEOUT,
    DIRECTORY_PEER_RESTS_MIN, DIRECTORY_SERVED_AT_ONCE_MAX, DIRECTORY_SERVED_EVERY,
};
use crate::metrics::Metrics;
use crate::session::{Asker, Peers, Unanswered, Urgency};
use crate::stop::Stop;
use crate::wake::Wake;

mod plan;

use plan::Plan;

/// What gossip works with.
struct Parts {
    directory: Arc<CurrentDirectory>,
    intake: Arc<Intake>,
    peers: Arc<Peers>,
    metrics: Arc<Metrics>,
    wakes: mpsc::Sender<Wake>,
}

/// Asks and answers.
pub struct Gossip {
    parts: Parts,
    plan: Mutex<Plan>,
    /// Somebody may be worth asking now.
    stirred: Notify,
    /// Places for answers that carry a whole directory.
    places: Arc<Semaphore>,
    /// When a peer last got a whole one.
    served: Mutex<HashMap<PartyCode, Instant>>,
}

/// An answer, and the place it holds until it was written.
#[derive(Debug)]
pub struct Served {
    /// The answer.
    pub frame: Frame,
    place: Option<OwnedSemaphorePermit>,
}

impl Served {
    /// The answer, and the place that is to be held until it was written.
    #[must_use]
    pub fn into_parts(self) -> (Frame, Option<OwnedSemaphorePermit>) {
        (self.frame, self.place)
    }
}

/// How asking a peer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It gave a newer one, which is in use.
    Newer,
    /// It has nothing that we do not have.
    Nothing,
    /// It has another one of our version, or another key set: an alarm, and no use in asking soon.
    Forked,
    /// The connection ended first.
    Gone,
    /// It did not answer in time.
    TooSlow,
    /// It is busy.
    Busy,
    /// What it gave is of no use.
    Refused,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Newer => "newer",
            Self::Nothing => "nothing_newer",
            Self::Forked => "fork",
            Self::Gone => "gone",
            Self::TooSlow => "too_slow",
            Self::Busy => "busy",
            Self::Refused => "refused",
        }
    }
}

impl Gossip {
    /// Gossip about this directory.
    #[must_use]
    pub fn new(
        directory: Arc<CurrentDirectory>,
        intake: Arc<Intake>,
        peers: Arc<Peers>,
        metrics: Arc<Metrics>,
        wakes: mpsc::Sender<Wake>,
    ) -> Arc<Self> {
        Arc::new(Self {
            parts: Parts {
                directory,
                intake,
                peers,
                metrics,
                wakes,
            },
            plan: Mutex::default(),
            stirred: Notify::new(),
            places: Arc::new(Semaphore::new(DIRECTORY_SERVED_AT_ONCE_MAX)),
            served: Mutex::default(),
        })
    }

    /// Answers a peer that has this version, with this digest. What the peer claims is noted: if it has a
    /// newer one, or another of ours, it is asked.
    pub fn answer(&self, peer: PartyCode, version: u64, digest: Digest) -> Served {
        self.answer_at(peer, version, digest, Instant::now())
    }

    fn answer_at(&self, peer: PartyCode, version: u64, digest: Digest, now: Instant) -> Served {
        let current = self.parts.directory.current();
        let ours = (current.directory.version, current.digest);
        if version > ours.0 || (version == ours.0 && digest != ours.1) {
            self.hear(peer, version);
        }
        let without_place = |frame| Served { frame, place: None };
        if version > ours.0 || (version, digest) == ours {
            return without_place(Frame::Directory(None));
        }
        let busy = Frame::Busy {
            retry_after_ms: u32::try_from(DIRECTORY_SERVED_EVERY.as_millis()).unwrap_or(u32::MAX),
        };
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return without_place(busy);
        };
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        served.retain(|_, at| now.duration_since(*at) < DIRECTORY_SERVED_EVERY);
        if served.contains_key(&peer) {
            return without_place(busy);
        }
        served.insert(peer, now);
        Served {
            frame: Frame::Directory(Some(current.signed.clone())),
            place: Some(place),
        }
    }

    /// A peer says that it has this version; or shows, by a key that we do not know, that it has a newer one.
    pub fn hear(&self, peer: PartyCode, version: u64) {
        self.plan().hear(peer, version);
        self.stirred.notify_one();
    }

    /// Asks until the node stops.
    pub async fn run(self: Arc<Self>, mut stop: Stop) {
        let mut peers = self.parts.peers.changes();
        let mut versions = self.parts.directory.changes();
        let mut often = interval(DIRECTORY_ASKED_EVERY);
        often.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.plan().connected(&self.parts.peers.connected_peers());
            while let Some(peer) = self.next() {
                tokio::select! {
                    outcome = self.ask(peer) => self.ended(peer, outcome),
                    () = stop.stopping() => return,
                }
                self.plan().connected(&self.parts.peers.connected_peers());
            }
            let rested = self.plan().next_at();
            tokio::select! {
                Ok(()) = peers.changed() => {}
                Ok(()) = versions.changed() => self.plan().all_again(),
                _ = often.tick() => self.plan().all_again(),
                () = self.stirred.notified() => {}
                () = sleep_until(rested.unwrap_or_else(Instant::now)), if rested.is_some() => {}
                () = stop.stopping() => return,
            }
        }
    }

    fn next(&self) -> Option<PartyCode> {
        self.plan().next(Instant::now())
    }

    fn ended(&self, peer: PartyCode, outcome: Outcome) {
        self.parts.metrics.directory.asked(outcome.as_str());
        let now = Instant::now();
        let mut plan = self.plan();
        match outcome {
            Outcome::Newer | Outcome::Nothing => plan.was_of_use(peer, now + DIRECTORY_ASKED_AGAIN_AFTER),
            Outcome::Busy => plan.rests(peer, now + DIRECTORY_SERVED_EVERY),
            Outcome::Forked => plan.rests(peer, now + DIRECTORY_ASKED_EVERY),
            // It may have been the wrong moment, for once.
            Outcome::Gone => plan.failed(peer, now, DIRECTORY_ASKED_AGAIN_AFTER),
            Outcome::TooSlow | Outcome::Refused => plan.failed(peer, now, DIRECTORY_PEER_RESTS_MIN),
        }
    }

    async fn ask(&self, peer: PartyCode) -> Outcome {
        let Some(asker) = self.parts.peers.asker(peer) else {
            return Outcome::Gone;
        };
        let current = self.parts.directory.current();
        let (version, digest) = (current.directory.version, current.digest);
        drop(current);
        let request = Frame::DirectoryRequest { version, digest };
        let asked = asker.ask(request, Urgency::Routine, DIRECTORY_ANSWER_TIMEOUT);
        match timeout(DIRECTORY_FETCH_TIMEOUT, asked).await {
            Ok(Ok(Frame::Directory(None))) => self.nothing(peer, version),
            Ok(Ok(Frame::Directory(Some(signed)))) => self.take(peer, signed).await,
            Ok(Ok(other)) => {
                let what = PeerMisbehaved::Unexpected(other.kind());
                let _ = self.parts.wakes.send(Wake::Misbehaved { peer, what }).await;
                Outcome::Refused
            }
            Ok(Err(error)) => unanswered(&asker, error),
            Err(_) => unanswered(&asker, Unanswered::TooSlow),
        }
    }

    /// A peer that has spoken of a newer one, and does not give it, has spoken untruly.
    fn nothing(&self, peer: PartyCode, version: u64) -> Outcome {
        if self.plan().claimed(peer) > version {
            tracing::warn!(%peer, "the peer does not give the newer directory that it spoke of");
            return Outcome::Refused;
        }
        Outcome::Nothing
    }

    async fn take(&self, peer: PartyCode, signed: SignedDirectory) -> Outcome {
        match self
            .parts
            .intake
            .offer(signed, format!("the node of {peer}"))
            .await
        {
            Ok(Reloaded::Newer) => {
                tracing::info!(%peer, "the newer directory came from a peer");
                Outcome::Newer
            }
            Ok(Reloaded::Same) => Outcome::Nothing,
            Err(LoadError::Refused {
                source: DirectoryError::Fork { .. } | DirectoryError::KeySet(KeySetError::Fork { .. }),
                ..
            }) => Outcome::Forked,
            Err(error @ LoadError::NotRecorded) => {
                tracing::warn!(%error, "a newer directory");
                Outcome::Busy
            }
            Err(error) => {
                tracing::warn!(%peer, %error, "the directory that the peer gives is refused");
                Outcome::Refused
            }
        }
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        // The plan is whole at every step.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unanswered(asker: &Asker, error: Unanswered) -> Outcome {
    let peer = asker.peer();
    tracing::debug!(%peer, %error, "the question for a newer directory went unanswered");
    match error {
        Unanswered::Busy(_) => Outcome::Busy,
        Unanswered::Gone => Outcome::Gone,
        Unanswered::TooSlow => Outcome::TooSlow,
        // A release that cannot be asked, or no frame at all.
        Unanswered::Unsupported | Unanswered::Misbehaved => Outcome::Refused,
    }
}

#[cfg(test)]
mod tests;
