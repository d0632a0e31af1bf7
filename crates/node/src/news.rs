//! What happens, as it happens, for `/v1/events` and for whoever waits for a message to get somewhere.

use control::events::{Event, EventKind};
use jiff::Timestamp;
use protocol::ids::{CaseId, ContactPoint, MessageId};
use protocol::time::UnixMillis;
use tokio::sync::broadcast;

use crate::limits::EVENTS_BEHIND_MAX;

/// Spreads events to any number of listeners; a slow one loses some, and knows it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct News(broadcast::Sender<Event>);

/// What an event is about.
#[derive(Debug, Clone)]
pub struct Item {
    message: MessageId,
    case: Option<CaseId>,
    to: Option<ContactPoint>,
}

impl Default for News {
    fn default() -> Self {
        Self(broadcast::Sender::new(EVENTS_BEHIND_MAX))
    }
}

impl News {
    /// Tells everybody who listens.
    pub fn tell(&self, event: EventKind, item: Item, at: UnixMillis) {
        if self.0.receiver_count() == 0 {
            return;
        }
        // Nobody left to hear it is no failure.
        let _ = self.0.send(Event {
            event,
            message: item.message.to_string(),
            case: item.case.map(|case| case.to_string()),
            to: item.to.map(|to| to.to_string()),
            at: timestamp(at),
        });
    }

    /// Listens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
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
