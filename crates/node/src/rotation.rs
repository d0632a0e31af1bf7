//! Keys change by themselves `[ROTATION]`: when the directory in use has a new key and its time has come, the
//! node signs with it, without a restart and without a message lost.
//!
//! Whoever makes the next key (`ohrid key rotate`) gives it a first day, and the one before a last day that
//! lies later: in between both are good. The directory with the new key has that first while to reach
//! everybody. From its first day on this node uses the new one; what was signed before stays as it is. A peer
//! that has not heard of the new key by then says `Busy`, and the message goes again until it has.
//!
//! A key whose name is another one is that of another log: with its first day a new log begins, and goes on
//! where the one before ended. That day is the first of January, in UTC, as a rule. From December on it is an
//! alarm if the directory has no such key ([`years`]).
//!
//! Looked at on every new directory, on a reload, and at least every [`ROTATION_REVIEW_EVERY`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger::note::{NoteSigner, VerifierKey};
use protocol::exchange::RecordError;
use protocol::ids::PartyCode;
use protocol::key::KeyId;
use protocol::limits::CHECKPOINT_NOTE_BYTES_MAX;
use protocol::time::UnixMillis;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::sleep;

use crate::clock::Clock;
use crate::directory::{Accepted, CurrentDirectory};
use crate::keys::{Keystore, Refreshed};
use crate::limits::{KEY_ALARM_EVERY, KEY_ENDS_SOON, ROTATION_REVIEW_EVERY};
use crate::metrics::Metrics;
use crate::publishing::Published;
use crate::quic::BoundEndpoint;
use crate::stop::Stop;
use crate::tls::TlsIdentity;
use crate::wake::{Command, Wake};

pub mod terms;
pub mod years;

use terms::Term;
use years::Outlook;

/// What rotation works with.
pub struct Parts {
    /// The keys.
    pub keys: Arc<Keystore>,
    /// What says which are to be used.
    pub directory: Arc<CurrentDirectory>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Shows the TLS certificate.
    pub endpoint: BoundEndpoint,
    /// The core.
    pub wakes: mpsc::Sender<Wake>,
    /// Where the ends of keys are shown.
    pub metrics: Arc<Metrics>,
    /// What witnesses have cosigned: a new log begins with the newest of the old one.
    pub published: Arc<Published>,
}

/// Which keys are in use, and puts the next ones to use.
pub struct Rotation {
    parts: Parts,
    in_use: Mutex<InUse>,
    look_again: Notify,
}

/// The keys in use.
#[derive(Debug, Clone)]
pub struct InUse {
    /// The envelope key.
    pub envelope: KeyId,
    /// The ledger key.
    pub ledger: VerifierKey,
    /// The TLS certificate.
    pub tls: Arc<TlsIdentity>,
}

impl Rotation {
    /// Goes on from the keys that are in use.
    #[must_use]
    pub fn new(parts: Parts, in_use: InUse) -> Self {
        Self {
            parts,
            in_use: Mutex::new(in_use),
            look_again: Notify::new(),
        }
    }

    /// The keys in use.
    #[must_use]
    pub fn in_use(&self) -> InUse {
        self.lock().clone()
    }

    /// Our Party.
    #[must_use]
    pub fn own(&self) -> PartyCode {
        self.parts.keys.party()
    }

    /// Every key of ours that there is, with its first and last day.
    #[must_use]
    pub fn terms(&self) -> Vec<Term> {
        let accepted = self.parts.directory.current();
        terms::of(
            &self.parts.keys,
            &accepted,
            &self.in_use(),
            self.parts.clock.now(),
        )
    }

    /// Reads the key files again, and uses what is to be used by now.
    ///
    /// # Errors
    /// Says which file cannot be used; then the keys are those that were read before.
    pub async fn reload(&self) -> Result<(), String> {
        let read = self.read_again().await;
        self.review().await;
        self.look_again.notify_one();
        read
    }

    /// Changes keys when their time has come, until the node stops.
    pub async fn run(self: Arc<Self>, mut stop: Stop) {
        let mut changes = self.parts.directory.changes();
        let mut said: BTreeMap<String, UnixMillis> = BTreeMap::new();
        loop {
            self.review().await;
            self.show(&mut said);
            tokio::select! {
                () = sleep(self.until_next()) => {}
                () = self.look_again.notified() => {}
                changed = changes.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    if let Err(error) = self.read_again().await {
                        tracing::error!(error, "the keys stay as they were");
                    }
                }
                () = stop.stopping() => return,
            }
        }
    }

    async fn read_again(&self) -> Result<(), String> {
        let keys = Arc::clone(&self.parts.keys);
        match tokio::task::spawn_blocking(move || keys.refresh()).await {
            Ok(Ok(Refreshed::More)) => tracing::info!("a key that was not there before was read"),
            Ok(Ok(Refreshed::Same)) => {}
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err("reading the keys panicked".to_owned()),
        }
        Ok(())
    }

    /// Uses what is to be used now.
    async fn review(&self) {
        let accepted = self.parts.directory.current();
        let now = self.parts.clock.now();
        self.review_tls(now);
        self.review_envelope(&accepted, now).await;
        self.review_ledger(&accepted, now).await;
    }

    fn review_tls(&self, now: UnixMillis) {
        let pins = self.parts.directory.pins().load_full();
        let Some(wanted) = self.parts.keys.tls_wanted(&pins, now) else {
            return;
        };
        let before = self.in_use().tls;
        if before.chain() == wanted.chain() {
            return;
        }
        match self.parts.endpoint.renew(&wanted, &self.parts.directory) {
            Ok(()) => {
                let pin = wanted.facts().pin;
                self.lock().tls = wanted;
                tracing::info!(key = %pin, "another TLS certificate is in use");
            }
            Err(error) => tracing::error!(%error, "the TLS certificate stays as it was"),
        }
    }

    async fn review_envelope(&self, accepted: &Accepted, now: UnixMillis) {
        let record = accepted.directory.party(self.own());
        let Some(wanted) = record.and_then(|record| self.parts.keys.envelope_wanted(record, now)) else {
            return;
        };
        let id = wanted.id();
        if self.in_use().envelope == id {
            return;
        }
        let change = |answer| Command::ChangeEnvelopeKey {
            key: Box::new(wanted),
            answer,
        };
        if self.ask(change).await {
            self.lock().envelope = id;
            tracing::info!(key = %id, "another envelope key is in use");
        }
    }

    async fn review_ledger(&self, accepted: &Accepted, now: UnixMillis) {
        let record = accepted.directory.party(self.own());
        let Some(wanted) = record.and_then(|record| self.parts.keys.ledger_wanted(record, now)) else {
            return;
        };
        let key = wanted.verifier_key().clone();
        let before = self.in_use().ledger;
        if before == key {
            return;
        }
        if before.name() != key.name() {
            return self.begin_log(wanted).await;
        }
        let change = |answer| Command::ChangeLedgerKey {
            signer: Box::new(wanted),
            answer,
        };
        if self.ask(change).await {
            tracing::info!(%key, "another ledger key is in use");
            self.lock().ledger = key;
        }
    }

    /// The year is over, or the directory says so: its key for another log has come to be used.
    async fn begin_log(&self, wanted: NoteSigner) {
        let key = wanted.verifier_key().clone();
        let published = self.parts.published.of(self.in_use().ledger.name());
        let witnessed = published.map(|published| published.note().to_string());
        let begin = |answer| Command::BeginLog {
            signer: Box::new(wanted),
            // What is longer, with the cosignatures of fifty Parties, does not go into a leaf.
            witnessed: witnessed.filter(|note| note.len() <= CHECKPOINT_NOTE_BYTES_MAX),
            answer,
        };
        if self.ask(begin).await {
            tracing::info!(%key, "a new log begins");
            self.lock().ledger = key;
        }
    }

    /// Asks the core; whether it has taken the change. If not, it is asked again at the next look.
    async fn ask(&self, change: impl FnOnce(oneshot::Sender<Result<(), RecordError>>) -> Command) -> bool {
        let (answer, answered) = oneshot::channel();
        if self
            .parts
            .wakes
            .send(Wake::Command(change(answer)))
            .await
            .is_err()
        {
            return false;
        }
        match answered.await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a key was not changed, or a log not begun; it is tried again");
                false
            }
            // The node stops.
            Err(_) => false,
        }
    }

    /// Until something may have to be changed.
    fn until_next(&self) -> Duration {
        let now = self.parts.clock.now();
        let begins = self.terms().into_iter().filter_map(|term| term.used_from);
        let next = begins.filter(|begin| *begin > now).min();
        next.map_or(ROTATION_REVIEW_EVERY, |begin| {
            begin.since(now).min(ROTATION_REVIEW_EVERY)
        })
    }

    /// Shows the ends in the metrics, and says in the log which are near.
    fn show(&self, said: &mut BTreeMap<String, UnixMillis>) {
        let now = self.parts.clock.now();
        let terms = self.terms();
        self.parts.metrics.directory.set_key_terms(&terms);
        self.show_next_log(now, said);
        for term in terms.iter().filter(|term| term.ends_soon(now, KEY_ENDS_SOON)) {
            let last = said.entry(term.id.clone()).or_default();
            if now < last.plus(KEY_ALARM_EVERY) {
                continue;
            }
            *last = now;
            let office = term.office.as_deref().unwrap_or_default();
            let days_left = term.days_left(now).unwrap_or_default();
            let what = "a key ends and has no successor: ohrid key list says what to do";
            tracing::error!(
                kind = term.kind.as_str(),
                key = term.id,
                office,
                days_left,
                "{what}"
            );
        }
    }

    /// Says in the log that the year's log ends, and nobody has named the next.
    fn show_next_log(&self, now: UnixMillis, said: &mut BTreeMap<String, UnixMillis>) {
        let in_use = self.in_use().ledger;
        let accepted = self.parts.directory.current();
        let record = accepted.directory.party(self.own());
        let keys = &self.parts.keys;
        let named = record.map_or(&[][..], |record| &record.ledger_keys);
        let outlook = years::outlook(in_use.name(), named, |key| keys.ledger_signer(key).is_some(), now);
        let is_missing = outlook != Outlook::Good;
        self.parts.metrics.directory.set_next_log_missing(is_missing);
        let Outlook::Missing { year, days_left } = outlook else {
            return;
        };
        let last = said.entry(in_use.name().to_owned()).or_default();
        if now < last.plus(KEY_ALARM_EVERY) {
            return;
        }
        *last = now;
        self.parts.metrics.happened("next_log_missing");
        let what = "the log of this year has no successor in the directory: \
                    ohrid key rotate ledger --next-log YEAR";
        tracing::error!(origin = in_use.name(), next_year = year, days_left, "{what}");
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, InUse> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
