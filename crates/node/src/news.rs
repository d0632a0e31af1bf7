//! What happens, as it happens, for `/v1/events` and for whoever waits for a message to get somewhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use control::events::{Event, EventKind};
use jiff::Timestamp;
use protocol::ids::{CaseId, ContactPoint, MessageId};
use protocol::time::UnixMillis;
use tokio::sync::{Notify, broadcast};

use crate::limits::EVENTS_BEHIND_MAX;

/// Spreads events to any number of listeners; a slow one loses some, and knows it. Cheap to clone.
///
/// Whoever waits for one message is woken by what is about that one only: with many on their way, waking
/// everybody for everything would cost more than sending them.
#[derive(Debug, Clone)]
pub struct News {
    events: broadcast::Sender<Event>,
    followed: Arc<Mutex<HashMap<MessageId, Vec<Arc<Notify>>>>>,
}

/// One message, followed from now on. What happened to it and was not yet awaited is not lost.
#[derive(Debug)]
pub struct Following {
    news: News,
    message: MessageId,
    happened: Arc<Notify>,
}

/// What an event is about.
#[derive(Debug, Clone)]
pub struct Item {
    message: MessageId,
    case: Option<CaseId>,
    to: Option<ContactPoint>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            events: broadcast::Sender::new(EVENTS_BEHIND_MAX),
            followed: Arc::default(),
        }
    }
}

impl News {
    /// Tells everybody who listens.
    pub fn tell(&self, event: EventKind, item: Item, at: UnixMillis) {
        for follower in self.lock().get(&item.message).into_iter().flatten() {
            follower.notify_one();
        }
        if self.events.receiver_count() == 0 {
            return;
        }
        // Nobody left to hear it is no failure.
        let _ = self.events.send(Event {
            event,
            message: item.message.to_string(),
            case: item.case.map(|case| case.to_string()),
            to: item.to.map(|to| to.to_string()),
            at: timestamp(at),
        });
    }

    /// Tells of what is about the node, and no message.
    pub fn tell_of_node(&self, event: EventKind, at: UnixMillis) {
        // Nobody who hears it is no failure.
        let _ = self.events.send(Event {
            event,
            message: String::new(),
            case: None,
            to: None,
            at: timestamp(at),
        });
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Follows one message from now on.
    #[must_use]
    pub fn follow(&self, message: MessageId) -> Following {
        let happened = Arc::<Notify>::default();
        self.lock()
            .entry(message)
            .or_default()
            .push(Arc::clone(&happened));
        Following {
            news: self.clone(),
            message,
            happened,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MessageId, Vec<Arc<Notify>>>> {
        // The table is whole at every step.
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Following {
    /// Waits until something has happened to the message since the last call.
    pub async fn happened(&self) {
        self.happened.notified().await;
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let mut followed = self.news.lock();
        if let Some(followers) = followed.get_mut(&self.message) {
            followers.retain(|one| !Arc::ptr_eq(one, &self.happened));
            if followers.is_empty() {
                followed.remove(&self.message);
            }
        }
    }
}

impl Item {
    /// About this message.
    #[must_use]
    pub fn new(message: MessageId) -> Self {
        Self {
            message,
            case: None,
            to: None,
        }
    }

    /// And this recipient.
    #[must_use]
    pub fn to(self, to: ContactPoint) -> Self {
        self.to_if_known(Some(to))
    }

    /// And this recipient, where there is one.
    #[must_use]
    pub fn to_if_known(mut self, to: Option<ContactPoint>) -> Self {
        self.to = to;
        self
    }

    /// And this case.
    #[must_use]
    pub fn case(mut self, case: CaseId) -> Self {
        self.case = Some(case);
        self
    }
}

/// A time as the local API writes it.
#[must_use]
pub fn timestamp(at: UnixMillis) -> Timestamp {
    let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}

/// A time as bundles have it: RFC 3339, UTC, always with milliseconds.
#[must_use]
pub fn utc(at: UnixMillis) -> String {
    format!("{:.3}", timestamp(at))
}

#[cfg(test)]
mod tests;
