//! Keeps the case index near the ledger, and watches over the alarms that come by themselves.
//!
//! Nobody depends on the first: whoever asks brings the index up to date. But then most of the work is done.
//! It takes a tenth of a core at most, except after a start with an index that is far behind, when questions
//! are refused until it is not.
//!
//! Alarms follow from the cases, the policy and the time. Here is only noticed that one stands which did not
//! stand before, for `/v1/events` and the metrics; who was away asks `/v1/alarms`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use control::events::EventKind;
use control::types::Alarm;
use protocol::ids::{CaseId, MessageId};
use protocol::time::UnixMillis;
use tokio::time::sleep;

use crate::cases::{Behind, Cases, IndexError, Step};
use crate::clock::Clock;
use crate::limits::{ALARMS_LOOK_EVERY_MAX, FOLLOW_REST_FACTOR, FOLLOW_REST_MAX, FOLLOW_REST_MIN};
use crate::metrics::{Deadlines, Metrics};
use crate::news::{Item, News, timestamp};
use crate::stop::Stop;

/// How often a long catching up is told of, and the table flushed.
const TELL_EVERY: Duration = Duration::from_secs(5);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the watch works with.
pub struct Parts {
    /// The cases.
    pub cases: Arc<Cases>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// When this process started.
    pub started_at: UnixMillis,
    /// Tells what happens.
    pub news: News,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether the node stops.
    pub stop: Stop,
}

/// What tells one alarm from another: case, kind, since when.
type Name = (String, String, jiff::Timestamp);

/// What the watch knows of the last look.
#[derive(Default)]
struct Seen {
    standing: Option<BTreeSet<Name>>,
    look_at: Option<UnixMillis>,
    looked: Option<Instant>,
}

/// Follows until the node stops.
pub async fn run(parts: Parts) {
    let mut stop = parts.stop.clone();
    let parts = Arc::new(parts);
    let mut seen = Seen::default();
    let mut flushed = Instant::now();
    while !stop.is_stopping() {
        let begun = Instant::now();
        let worker = Arc::clone(&parts);
        let stepped = tokio::task::spawn_blocking(move || worker.step(begun)).await;
        let mut rest = (begun.elapsed() * FOLLOW_REST_FACTOR).clamp(FOLLOW_REST_MIN, FOLLOW_REST_MAX);
        match stepped {
            Ok(Ok(step)) if !step.is_last() => {
                if !parts.cases.is_index_near() {
                    rest = Duration::ZERO;
                }
                tracing::info!(size = step.size, of = step.of, "the case index is being made");
            }
            Ok(Ok(step)) => {
                seen = look(&parts, seen, step.folded > 0).await;
                if step.folded > 0 && flushed.elapsed() > TELL_EVERY {
                    flushed = Instant::now();
                    flush(&parts).await;
                }
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the case index cannot follow the ledger");
                rest = FOLLOW_REST_MAX;
            }
            Err(_) => {
                tracing::error!("following the ledger panicked");
                rest = FOLLOW_REST_MAX;
            }
        }
        tokio::select! {
            () = sleep(rest) => {}
            () = stop.stopping() => {}
        }
    }
    flush(&parts).await;
}

impl Parts {
    /// Steps until there is nothing to do, or it is time to tell how far it is.
    fn step(&self, begun: Instant) -> Result<Step, IndexError> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut folded = 0;
        loop {
            // Far behind, questions wait: then it may take half of the machine.
            let threads = if self.cases.is_index_near() {
                1
            } else {
                cores.div_ceil(2)
            };
            let mut step = self.cases.follow(Behind { threads })?;
            folded += step.folded;
            step.folded = folded;
            if step.is_last() || begun.elapsed() > TELL_EVERY || self.stop.is_stopping() {
                return Ok(step);
            }
        }
    }
}

async fn flush(parts: &Arc<Parts>) {
    let cases = Arc::clone(&parts.cases);
    if let Ok(Err(error)) = tokio::task::spawn_blocking(move || cases.flush_index()).await {
        tracing::warn!(%error, "the case index was not written out; a part of it is made again");
    }
}

/// Looks for new alarms, if something happened or it is time.
async fn look(parts: &Arc<Parts>, seen: Seen, happened: bool) -> Seen {
    let now = parts.clock.now();
    let is_time = seen.look_at.is_some_and(|at| at <= now);
    let is_long_ago = seen
        .looked
        .is_none_or(|looked| looked.elapsed() >= ALARMS_LOOK_EVERY_MAX);
    if !happened && !is_time && !is_long_ago {
        return seen;
    }
    let worker = Arc::clone(parts);
    match tokio::task::spawn_blocking(move || worker.cases.alarms_with_emergencies(now)).await {
        Ok(Ok((found, emergencies))) => {
            let standing = found.alarms.iter().map(name).collect();
            let deadlines = deadlines(&found.alarms, now);
            parts.metrics.people.set_deadlines(&deadlines);
            parts.metrics.people.set_emergencies(emergencies);
            parts
                .metrics
                .alarms(found.alarms.iter().map(|alarm| alarm.kind.as_str()));
            let is_new = |alarm: &&Alarm| match &seen.standing {
                Some(before) => !before.contains(&name(alarm)),
                // What stood before this process began is no news.
                None => alarm.raised_at >= timestamp(parts.started_at),
            };
            let new = found.alarms.iter().filter(is_new);
            new.for_each(|alarm| tell(parts, alarm, now));
            Seen {
                standing: Some(standing),
                look_at: found.next,
                looked: Some(Instant::now()),
            }
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "the alarms cannot be told");
            seen
        }
        Err(_) => seen,
    }
}

fn tell(parts: &Parts, alarm: &Alarm, now: UnixMillis) {
    let case = alarm.case.split('@').next().unwrap_or_default();
    let (Ok(message), Ok(case)) = (
        alarm.deadline.because.parse::<MessageId>(),
        case.parse::<CaseId>(),
    ) else {
        return;
    };
    tracing::warn!(ohrid.message = %message, kind = alarm.kind, "an alarm stands");
    parts
        .news
        .tell(EventKind::Alarm, Item::new(message).case(case), now);
}

/// The dates that alarms rest on, by how near they are.
fn deadlines(alarms: &[Alarm], now: UnixMillis) -> Deadlines {
    let mut deadlines = Deadlines::default();
    for alarm in alarms {
        let at = alarm.deadline.at;
        let within = |time: Duration| at <= timestamp(now.plus(time));
        let count = if within(Duration::ZERO) {
            &mut deadlines.overdue
        } else if within(2 * DAY) {
            &mut deadlines.two_days
        } else if within(7 * DAY) {
            &mut deadlines.week
        } else {
            &mut deadlines.later
        };
        *count += 1;
    }
    deadlines
}

fn name(alarm: &Alarm) -> Name {
    (alarm.case.clone(), alarm.kind.clone(), alarm.raised_at)
}
