//! Asks for the day's stamp. A service that is dead, or answers nonsense, stops nothing: it is an alarm in
//! the log, the metrics, the events and the node's status, and it is asked again.

use std::sync::{Arc, Mutex, PoisonError};

use ::ledger::checkpoint::Checkpoint;
use control::events::EventKind;
use hyper::Method;
use protocol::digest::Digest;
use protocol::limits::TIME_STAMP_BYTES_MAX;
use protocol::time::UnixMillis;
use protocol::time_stamp::{QUERY_CONTENT_TYPE, REPLY_CONTENT_TYPE, TimeStampError, TimeStampQuery};
use tokio::time::{Instant, sleep};

use super::{Stamp, Stamps, day_of};
use crate::clock::Clock;
use crate::limits;
use crate::metrics::Metrics;
use crate::news::News;
use crate::outbound::{HttpUrl, NoAnswer, Question};
use crate::publishing::{Published, Witnessed};
use crate::stop::Stop;

/// What asking works with.
pub(crate) struct Asking {
    /// The service.
    pub(crate) url: HttpUrl,
    /// What was published.
    pub(crate) published: Arc<Published>,
    /// Where stamps are kept.
    pub(crate) stamps: Stamps,
    /// The clock.
    pub(crate) clock: Arc<Clock>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Tells what happens.
    pub(crate) news: News,
    /// Whether the node stops.
    pub(crate) stop: Stop,
}

/// Since when no stamp could be had, and why not, in words.
#[derive(Debug, Default)]
pub struct Failing(Mutex<Option<(UnixMillis, String)>>);

/// Why there is no stamp.
#[derive(Debug, thiserror::Error)]
enum NoStamp {
    #[error("the time-stamping service {0}")]
    NoAnswer(#[from] NoAnswer),
    #[error("the time-stamping service answered with HTTP status {0}")]
    Status(u16),
    #[error("the time-stamping service answered with {0:?} instead of {REPLY_CONTENT_TYPE}")]
    OtherType(String),
    #[error("the time-stamping service: {0}")]
    Stamp(#[from] TimeStampError),
    #[error("the clock of the time-stamping service says {0}, ours {1}: one of the two is wrong")]
    OtherTime(jiff::Timestamp, jiff::Timestamp),
    #[error("the stamp could not be kept: {0}")]
    Disk(std::io::Error),
    #[error("the system gives no randomness: {0}")]
    NoRandomness(getrandom::Error),
    #[error("a task panicked")]
    Panicked,
}

impl NoStamp {
    /// The word of the metric.
    fn reason(&self) -> &'static str {
        match self {
            Self::NoAnswer(_) => "no_answer",
            Self::Status(_) | Self::OtherType(_) => "http",
            Self::Stamp(_) => "no_stamp",
            Self::OtherTime(..) => "clock",
            Self::Disk(_) | Self::NoRandomness(_) | Self::Panicked => "machine",
        }
    }
}

impl Failing {
    /// Since when, and why.
    #[must_use]
    pub fn since(&self) -> Option<(UnixMillis, String)> {
        self.lock().clone()
    }

    /// Notes a failure; whether it is the first one in a row.
    pub(super) fn note(&self, why: impl std::fmt::Display, now: UnixMillis) -> bool {
        let mut state = self.lock();
        let since = state.as_ref().map(|(since, _)| *since);
        *state = Some((since.unwrap_or(now), why.to_string()));
        since.is_none()
    }

    /// A stamp was had.
    pub(super) fn end(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(UnixMillis, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asking {
    /// Asks, each day once there is something to be stamped, until the node stops.
    pub(crate) async fn run(mut self) {
        let mut changes = self.published.changes();
        let mut last_day = self.newest_day().await;
        let mut wait = limits::TIME_STAMP_RETRY_AFTER_MIN;
        let mut not_before = Instant::now();
        loop {
            let today = day_of(self.clock.now());
            let head = changes.borrow_and_update().clone();
            if let Some(head) =
                head.filter(|_| last_day.as_ref() != Some(&today) && Instant::now() >= not_before)
            {
                match self.stamp(&today, &head).await {
                    Ok(stamp) => {
                        self.succeeded(&stamp);
                        last_day = Some(today);
                        wait = limits::TIME_STAMP_RETRY_AFTER_MIN;
                    }
                    Err(why) => {
                        self.failed(&why);
                        not_before = Instant::now() + wait;
                        wait = (wait * 2).min(limits::TIME_STAMP_RETRY_AFTER_MAX);
                    }
                }
            }
            let nothing_yet = changes.borrow().is_none();
            tokio::select! {
                () = sleep(limits::TIME_STAMP_LOOK_EVERY) => {}
                Ok(()) = changes.changed(), if nothing_yet => {}
                () = self.stop.stopping() => return,
            }
        }
    }

    /// The day of the newest stamp of an earlier process.
    async fn newest_day(&self) -> Option<String> {
        let stamps = self.stamps.clone();
        let newest = tokio::task::spawn_blocking(move || stamps.newest()).await;
        let newest = newest.ok().flatten()?;
        self.metrics.outside.newest_stamp(newest.at);
        Some(newest.day)
    }

    /// Asks for the stamp of a head, and keeps it.
    async fn stamp(&self, day: &str, head: &Witnessed) -> Result<Stamp, NoStamp> {
        let note = head.note().to_string();
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).map_err(NoStamp::NoRandomness)?;
        let query = TimeStampQuery::new(Digest::of(note.as_bytes()), nonce);
        let answer = self
            .url
            .ask(Question {
                method: Method::POST,
                below: String::new(),
                content_type: Some(QUERY_CONTENT_TYPE),
                body: query.encode(),
                answer_bytes_max: TIME_STAMP_BYTES_MAX,
            })
            .await?;
        if answer.status != 200 {
            return Err(NoStamp::Status(answer.status));
        }
        let kind = answer.content_type.unwrap_or_default();
        if !kind.trim().eq_ignore_ascii_case(REPLY_CONTENT_TYPE) {
            return Err(NoStamp::OtherType(kind.chars().take(80).collect()));
        }
        let at = query.accept(&answer.body)?.at;
        let now = self.clock.now();
        if at.since(now).max(now.since(at)) > limits::TIME_STAMP_SKEW_MAX {
            let shown = crate::news::timestamp;
            return Err(NoStamp::OtherTime(shown(at), shown(now)));
        }
        let stamp = Stamp {
            day: day.to_owned(),
            at,
            note,
            checkpoint: Checkpoint::clone(head.checkpoint()),
            response: answer.body,
        };
        let (stamps, kept) = (self.stamps.clone(), stamp.clone());
        let written = tokio::task::spawn_blocking(move || stamps.keep(&kept)).await;
        written.map_err(|_| NoStamp::Panicked)?.map_err(NoStamp::Disk)?;
        Ok(stamp)
    }

    fn succeeded(&self, stamp: &Stamp) {
        let size = stamp.checkpoint.size;
        tracing::info!(day = stamp.day, size, "a checkpoint was time-stamped");
        self.stamps.failing().end();
        self.metrics.outside.stamped(stamp.at);
    }

    fn failed(&self, why: &NoStamp) {
        let now = self.clock.now();
        tracing::error!(service = %self.url, %why, "today's checkpoint has no time stamp: asked again later");
        self.metrics.outside.stamp_missed(why.reason());
        if self.stamps.failing().note(why, now) {
            self.news.tell_of_node(EventKind::TimeStampMissed, now);
        }
    }
}
