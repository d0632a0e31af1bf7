//! Opening what was received, and the automatic report to its sender: readable, unreadable (why), or
//! non-conforming (which rules) `[consignment]`.
//!
//! A received message waits in the index until its report is recorded; so whatever is lost here (a full
//! queue, a crash) is found again by the sweep.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use convention::message::ReceivedMessage;
use convention::rule::Fault;
use protocol::consignment::Verdict;
use protocol::digest::Digest;
use protocol::entry::Entry;
use protocol::envelope::Header;
use protocol::ids::Code;
use protocol::index::InboxKey;
use store::Reader;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::attachments::{Manifests, disagreements};
use crate::cases::{Cases, ERASED};
use crate::clock::Clock;
use crate::limits::{CONSIGNMENT_TRIED_FOR, OPENING_QUEUE_MAX};
use crate::messages::Messages;
use crate::stop::Stop;
use crate::wake::Wake;
use crate::workers::Workers;

/// How often the index is asked for what nobody has opened.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Takes what is to be opened. Cheap to clone; never waits.
#[derive(Debug, Clone)]
pub struct Opener(mpsc::Sender<Job>);

#[derive(Debug)]
struct Job {
    key: InboxKey,
    envelope: Digest,
    index: u64,
}

/// What the opening task works with.
pub struct Parts {
    /// Reads messages.
    pub messages: Arc<Messages>,
    /// Knows the cases.
    pub cases: Arc<Cases>,
    /// What is durable.
    pub reader: Arc<dyn Reader>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// The core.
    pub wakes: mpsc::Sender<Wake>,
    /// Whether the node stops.
    pub stop: Stop,
    /// Open.
    pub workers: Arc<Workers>,
    /// What attachments are: messages that list theirs are held against it.
    pub manifests: Arc<Manifests>,
}

impl Opener {
    /// An opener, and the end that [`run`] reads.
    #[must_use]
    pub fn new() -> (Self, Queue) {
        let (sender, receiver) = mpsc::channel(OPENING_QUEUE_MAX);
        (Self(sender), Queue(receiver))
    }

    /// Has a payload opened. If too many wait, it is left to the sweep.
    pub fn open(&self, key: InboxKey, envelope: Digest, index: u64) {
        let _ = self.0.try_send(Job { key, envelope, index });
    }
}

/// What waits to be opened.
#[derive(Debug)]
pub struct Queue(mpsc::Receiver<Job>);

/// Opens until the node stops.
pub async fn run(parts: Parts, mut queue: Queue) {
    let mut stop = parts.stop.clone();
    let mut manifests = parts.manifests.news();
    let parts = Arc::new(parts);
    let under_way = UnderWay::default();
    let mut sweep = interval(SWEEP_EVERY);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            job = queue.0.recv() => match job {
                Some(job) => start(&parts, &under_way, job).await,
                None => return,
            },
            _ = sweep.tick() => for job in unopened(&parts).await {
                start(&parts, &under_way, job).await;
            },
            // A message may have waited for it.
            Ok(()) = manifests.changed() => for job in unopened(&parts).await {
                start(&parts, &under_way, job).await;
            },
            () = stop.stopping() => return,
        }
    }
}

/// What is being opened, so that nothing is opened twice at once.
type UnderWay = Arc<Mutex<HashSet<InboxKey>>>;

/// One payload that is being opened: until this is dropped.
struct Opening {
    under_way: UnderWay,
    key: InboxKey,
}

impl Opening {
    /// `None` when somebody has begun it already.
    fn begin(under_way: &UnderWay, key: &InboxKey) -> Option<Self> {
        let is_first = lock(under_way).insert(key.clone());
        is_first.then(|| Self {
            under_way: Arc::clone(under_way),
            key: key.clone(),
        })
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The message stays among those that wait; the sweep tries it again.
            tracing::error!(ohrid.message = %self.key.message, "opening a payload panicked");
        }
        lock(&self.under_way).remove(&self.key);
    }
}

fn lock(under_way: &UnderWay) -> MutexGuard<'_, HashSet<InboxKey>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has one payload opened, once it is its turn.
async fn start(parts: &Arc<Parts>, under_way: &UnderWay, job: Job) {
    let Some(opening) = Opening::begin(under_way, &job.key) else {
        return;
    };
    let worker = Arc::clone(parts);
    let open = move || {
        let opening = opening;
        if let Some(wake) = open(&worker, job) {
            // The core outlives what it has to record, unless the node ends.
            let _ = worker.wakes.blocking_send(wake);
        }
        drop(opening);
    };
    parts.workers.give(open).await;
}

fn open(parts: &Parts, job: Job) -> Option<Wake> {
    let (header, at) = match received(parts, job.index) {
        Ok(found) => found,
        Err(error) => {
            tracing::error!(ohrid.message = %job.key.message, index = job.index, error, "cannot be opened");
            return None;
        }
    };
    let reading = match parts.reader.erased_by(job.index) {
        Ok(None) => parts.messages.read(&header, at),
        // Erased before anybody opened it: its sender is told so `[ERASE]`.
        Ok(Some(_)) => Err(ERASED),
        Err(error) => {
            tracing::error!(ohrid.message = %job.key.message, %error, "cannot be opened");
            return None;
        }
    };
    let verdict = match reading {
        Err(code) => unreadable(code),
        Ok(message) => {
            // Nothing is said of a message whose attachments are not known yet: the sweep asks again.
            let attached = attached(parts, &header, &message)?;
            let profile_weighed = &message.nonconformities;
            let in_case = parts
                .cases
                .objections(header.case, (header.from.party(), header.message));
            let rules = profile_weighed
                .iter()
                .chain(&in_case)
                .chain(&attached)
                .map(|fault| fault.rule.name());
            conformity(rules)
        }
    };
    tracing::info!(ohrid.message = %job.key.message, verdict = word(&verdict), "opened");
    Some(Wake::Opened {
        key: job.key,
        envelope: job.envelope,
        verdict,
        expires_at: parts.clock.now().plus(CONSIGNMENT_TRIED_FOR),
    })
}

/// `[C31]` In what the files of a message are not those that it lists; `None` while they are not known.
fn attached(parts: &Parts, header: &Header, message: &ReceivedMessage) -> Option<Vec<Fault>> {
    let Some(commitment) = &header.attachments else {
        return Some(Vec::new());
    };
    match parts.manifests.manifest(commitment) {
        Ok(Some(manifest)) => Some(disagreements(&message.message, &manifest)),
        Ok(None) => None,
        Err(error) => {
            tracing::error!(ohrid.message = %header.message, %error, "a manifest cannot be read");
            None
        }
    }
}

fn received(parts: &Parts, index: u64) -> Result<(Header, protocol::time::UnixMillis), String> {
    let leaf = parts.reader.leaf(index).map_err(|error| error.to_string())?;
    match Entry::decode(&leaf).map_err(|error| error.to_string())? {
        Entry::Received { at, header, .. } => {
            let (header, _) = header.peek().map_err(|error| error.to_string())?;
            Ok((header, at))
        }
        _ => Err("the leaf is not that of a received message".to_owned()),
    }
}

fn unreadable(code: &str) -> Verdict {
    match code.parse::<Code>() {
        Ok(code) => Verdict::Unreadable { code },
        // Every code of ours and of `seal` is one. If one were not, no rule is named, and yet it is not
        // called readable.
        Err(_) => Verdict::NonConforming { rules: Vec::new() },
    }
}

fn conformity<'a>(rules: impl Iterator<Item = &'a str>) -> Verdict {
    let mut named: Vec<Code> = Vec::new();
    for rule in rules.filter_map(|rule| rule.parse::<Code>().ok()) {
        if !named.contains(&rule) {
            named.push(rule);
        }
    }
    if named.is_empty() {
        Verdict::Readable
    } else {
        Verdict::NonConforming { rules: named }
    }
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Readable => "readable",
        Verdict::Unreadable { .. } => "unreadable",
        Verdict::NonConforming { .. } => "non-conforming",
    }
}

/// What the index says that nobody has opened.
async fn unopened(parts: &Arc<Parts>) -> Vec<Job> {
    let reader = Arc::clone(&parts.reader);
    let found = tokio::task::spawn_blocking(move || {
        let waiting = reader.unopened()?;
        let jobs = waiting.into_iter().filter_map(|(key, index)| {
            let record = reader.inbox(&key).ok().flatten()?;
            Some(Job {
                key,
                envelope: record.envelope,
                index,
            })
        });
        Ok::<_, store::ReadError>(jobs.collect())
    });
    match found.await {
        Ok(Ok(jobs)) => jobs,
        Ok(Err(error)) => {
            tracing::error!(%error, "what waits to be opened cannot be read");
            Vec::new()
        }
        Err(_) => Vec::new(),
    }
}
