//! Alarms about the directory, in the log and as events: that it ends, that it has ended, and forks. They are
//! repeated for as long as they stand.

use std::sync::Arc;
use std::time::Duration;

use control::events::EventKind;
use protocol::directory::Freshness;
use tokio::time::interval;

use super::CurrentDirectory;
use crate::clock::Clock;
use crate::limits;
use crate::news::News;
use crate::stop::Stop;

/// What the watch works with.
pub struct Watch {
    /// The directory.
    pub directory: Arc<CurrentDirectory>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Tells what happens.
    pub news: News,
    /// Whether the node stops.
    pub stop: Stop,
}

/// Says in the log, and goes on saying, what is wrong with the directory in use. Until the node stops.
pub async fn watch(mut parts: Watch) {
    let mut often = interval(limits::DIRECTORY_ALARM_EVERY);
    let mut forks = parts.directory.forks_changes();
    let mut known = 0;
    loop {
        tokio::select! {
            _ = often.tick() => parts.say_how_fresh(),
            Ok(()) = forks.changed() => {}
            () = parts.stop.stopping() => return,
        }
        let standing = parts.directory.forks();
        standing.iter().for_each(|proof| proof.raise_alarm());
        if standing.len() > known {
            parts
                .news
                .tell_of_node(EventKind::DirectoryFork, parts.clock.now());
        }
        known = standing.len();
    }
}

impl Watch {
    fn say_how_fresh(&self) {
        let now = self.clock.now();
        let accepted = self.directory.current();
        let version = accepted.directory.version;
        match self.directory.freshness(now) {
            Freshness::Current => {
                let left = accepted.directory.expires_at.since(now);
                if left < limits::DIRECTORY_ENDS_SOON {
                    let left_hours = left.as_secs() / Duration::from_secs(60 * 60).as_secs();
                    tracing::warn!(
                        version,
                        left_hours,
                        "the directory ends soon: ask for a newer one"
                    );
                }
            }
            Freshness::Grace => tracing::error!(
                version,
                "the directory has ended and serves for a grace period only: install a newer one"
            ),
            Freshness::Expired => tracing::error!(
                version,
                "the directory has ended: nothing is exchanged until a newer one is installed"
            ),
        }
    }
}
