//! Publishing: the newest head of our ledger goes to all witnesses, every second or two while it changes, and
//! is *published* once those have cosigned it whom the policy asks for.
//!
//! It is a task of its own, and never in the way of messages: it reads released heads from a watch, so that
//! it sees the newest only and nobody waits for it.
//!
//! Before anything is signed after a start, the ledger is held against what its witnesses have of it
//! (`start.rs`); and should a witness know more of it later, or another history, signing and publishing end
//! at once, and what proves it is kept `[ROLLBACK]`.
//!
//! * `policy.rs`: who must have cosigned. `path.rs`, `http.rs`: how a witness is reached.
//! * `start.rs`: the check before the first signature. `round.rs`: one head, all witnesses. `asking.rs`: one
//!   of them.
//! * `against.rs`: what is done when a witness knows more.
//! * `published.rs`: what is published. `standing.rs`: how it goes.
//! * `receipts.rs`: the proof of one entry under a published head. `second_stage.rs`: asking a peer for its.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ::ledger::head::SignedHead;
use ::ledger::note::{Note, VerifierKey};
use ::ledger::witness::Submitter;
use control::events::EventKind;
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;
use store::Reader;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use crate::backup::restored::{self, Mark};
use crate::clock::Clock;
use crate::config;
use crate::directory::CurrentDirectory;
use crate::health::Head;
use crate::keys::Keystore;
use crate::limits::{FORKS_LOOKED_FOR_EVERY, PUBLISHED_EVERY, UNWITNESSED_ASKED_EVERY, WITNESS_ALARM_EVERY};
use crate::metrics::Metrics;
use crate::news::News;
use crate::session::Peers;
use crate::stop::Stop;
use crate::wake::{Command, Wake};
use crate::witness::Witnessing;

mod against;
mod asking;
mod http;
pub mod path;
pub mod policy;
mod published;
pub mod receipts;
mod round;
pub mod second_stage;
pub mod standing;
mod start;
mod tree;

pub use path::{Messenger, WitnessPath};
pub use policy::{PolicyError, PolicyInUse};
pub use published::{Published, Witnessed};
pub use standing::{Signing, Standing};

use round::Round;

/// What publishing works with.
pub struct Parts {
    /// Our Party.
    pub own: PartyCode,
    /// `[witness]`.
    pub settings: config::Witness,
    /// The ledger's origin at the start.
    pub origin: String,
    /// Who the witnesses are.
    pub directory: Arc<CurrentDirectory>,
    /// Our ledger keys.
    pub keys: Arc<Keystore>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Our ledger.
    pub reader: Arc<dyn Reader>,
    /// Ways to witnesses.
    pub peers: Arc<Peers>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Tells people.
    pub news: News,
    /// The core.
    pub wakes: mpsc::Sender<Wake>,
    /// What is published.
    pub published: Arc<Published>,
    /// Keeps proofs.
    pub witnessing: Witnessing,
    /// That the store was restored from a backup.
    pub restored: Option<Mark>,
    /// Whether the node stops.
    pub stop: Stop,
}

/// Publishes.
pub struct Publisher {
    parts: Parts,
    messenger: Messenger,
    /// Released heads.
    heads: watch::Receiver<Head>,
    /// What is known of each witness, by its key.
    submitters: HashMap<String, Submitter>,
    /// The head that is going round, or went last.
    round: Option<Round>,
    said_at: Option<Instant>,
    looked_at: Instant,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    /// The node stops.
    Stop,
}

impl Publisher {
    /// A publisher of the heads that come.
    #[must_use]
    pub fn new(parts: Parts, heads: watch::Receiver<Head>) -> Self {
        Self {
            messenger: Messenger::new(Arc::clone(&parts.peers)),
            parts,
            heads,
            submitters: HashMap::new(),
            round: None,
            said_at: None,
            looked_at: Instant::now(),
        }
    }

    /// Runs until the node stops. Nothing is signed before this has allowed it.
    pub async fn run(mut self) {
        let mut stop = self.parts.stop.clone();
        self.mind_the_restore();
        let cleared = tokio::select! {
            cleared = self.check_start() => cleared,
            () = stop.stopping() => return,
        };
        if let Some(cleared) = cleared {
            // Should it stay, the next start asks as many.
            if let Some(Err(error)) = self.parts.restored.take().map(Mark::clear) {
                tracing::error!(%error, "the mark of a restored store stays");
            }
            self.parts
                .published
                .change(|standing| standing.signing = Signing::Allowed);
            self.parts.witnessing.begin();
            let allow = Wake::Command(Command::AllowSigning(cleared));
            if self.parts.wakes.send(allow).await.is_err() {
                return;
            }
        }
        let mut peers = self.parts.peers.changes();
        let mut directories = self.parts.directory.changes();
        let mut heads = self.heads.clone();
        loop {
            let began = Instant::now();
            tokio::select! {
                next = self.turn() => if next == Next::Stop { return },
                () = stop.stopping() => return,
            }
            // Not sooner than that, whatever comes; then as soon as there is a reason to.
            let not_before = sleep_until(began + PUBLISHED_EVERY);
            tokio::select! { () = not_before => {}, () = stop.stopping() => return }
            let again = sleep_until(Instant::now() + self.patience());
            tokio::select! {
                Ok(()) = heads.changed() => {}
                Ok(()) = peers.changed() => {}
                Ok(()) = directories.changed() => self.change_policy().await,
                () = again => {}
                () = stop.stopping() => return,
            }
        }
    }

    /// A store that was restored from a backup is held against more witnesses than another one.
    fn mind_the_restore(&mut self) {
        if self.parts.restored.is_some() {
            let witnesses = self.parts.published.policy().witnesses.len();
            let needed = restored::needed(&self.parts.settings, witnesses);
            self.parts.settings.needed_at_start = needed;
            tracing::warn!(
                needed,
                "this store was restored from a backup: witnesses are asked first"
            );
        }
    }

    /// One look at everything: the newest head goes round, alarms are raised.
    async fn turn(&mut self) -> Next {
        if self.looked_at.elapsed() >= FORKS_LOOKED_FOR_EVERY {
            self.looked_at = Instant::now();
            let witnessing = self.parts.witnessing.clone();
            let _ = tokio::task::spawn_blocking(move || witnessing.look_again()).await;
        }
        let signing = self.parts.published.standing().signing;
        if matches!(signing, Signing::Allowed) {
            self.publish().await;
        }
        self.mind_the_lag();
        self.repeat_alarms();
        Next::GoOn
    }

    /// How long nothing need be done if nothing happens.
    fn patience(&self) -> Duration {
        let is_whole = self.round.as_ref().is_none_or(Round::is_whole);
        let standing = self.parts.published.standing();
        match (standing.signing, is_whole) {
            (Signing::Allowed, false) => UNWITNESSED_ASKED_EVERY,
            _ => FORKS_LOOKED_FOR_EVERY,
        }
    }

    /// The directory has changed, and with it the witnesses.
    async fn change_policy(&mut self) {
        let (settings, own) = (self.parts.settings.clone(), self.parts.own);
        let (accepted, now) = (self.parts.directory.current(), self.parts.clock.now());
        let made =
            tokio::task::spawn_blocking(move || policy::in_use(&settings, &accepted.directory, own, now));
        match made.await {
            Ok(Ok(policy)) => {
                if *self.parts.published.policy() != policy {
                    self.parts.published.set_policy(policy);
                    // The head that went round is to be held against the new one.
                    self.round = None;
                }
            }
            Ok(Err(error)) => tracing::error!(%error, "the policy of witnesses stays as it was"),
            Err(_) => tracing::error!("reading the policy of witnesses panicked"),
        }
    }

    /// What was released and is not published for too long is an alarm: log, metric, event.
    fn mind_the_lag(&mut self) {
        let now = self.parts.clock.now();
        let before = self.parts.published.standing();
        let limit = Duration::from_secs(self.parts.settings.lag_alarm_seconds);
        let lags = before.behind_since.is_some_and(|since| now.since(since) >= limit);
        self.parts
            .metrics
            .witness
            .set_lag(before.behind_since.map(|since| now.since(since)));
        if lags && !before.is_lagging {
            let event = EventKind::WitnessLag;
            self.parts.metrics.happened(event.as_str());
            self.parts.news.tell_of_node(event, now);
        }
        if lags != before.is_lagging {
            self.said_at = None;
            self.parts.published.change(|standing| standing.is_lagging = lags);
            if !lags {
                tracing::info!("the ledger's newest head has its quorum of cosignatures again");
            }
        }
    }

    /// Says again what is still wrong.
    fn repeat_alarms(&mut self) {
        if self.said_at.is_some_and(|at| at.elapsed() < WITNESS_ALARM_EVERY) {
            return;
        }
        let standing = self.parts.published.standing();
        match &standing.signing {
            Signing::Refused { witnesses, .. } => against::say(witnesses),
            _ if standing.is_lagging => {
                let trouble: Vec<String> = standing
                    .witnesses
                    .iter()
                    .filter_map(|(name, one)| Some(format!("{name}: {}", one.trouble.as_ref()?)))
                    .collect();
                let what = "what this ledger has signed is without its quorum of cosignatures";
                tracing::error!(witnesses = trouble.join("; "), "{what}");
            }
            _ => return,
        }
        self.said_at = Some(Instant::now());
    }

    /// The newest head that was released, with our ledger's signatures.
    fn released(&self) -> Option<SignedHead> {
        let note = self.heads.borrow().checkpoint.clone()?;
        self.ours(&Note::parse(note.as_bytes()).ok()?)
    }

    /// A note, if one of our ledger keys has signed it as a checkpoint of ours.
    fn ours(&self, note: &Note) -> Option<SignedHead> {
        let origin = note.text().as_str().lines().next().unwrap_or_default();
        let keys = self.parts.keys.ledger_verifiers(origin);
        let keys: Vec<&VerifierKey> = keys.iter().collect();
        SignedHead::verify(note, &keys).ok()
    }

    fn now(&self) -> UnixMillis {
        self.parts.clock.now()
    }
}
