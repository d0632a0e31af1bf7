#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Witnesses for tests that are about something else.

use std::sync::Arc;

use store::Reader;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::config::Config;
use crate::directory::CurrentDirectory;
use crate::keys::Keystore;
use crate::metrics::Metrics;
use crate::news::News;
use crate::publishing::receipts::Receipts;
use crate::publishing::{Published, policy};
use crate::wake::Wake;
use crate::witness::{Parts, Witnessing};

/// A witness that has seen nothing, and a ledger of which nothing is published.
pub(crate) fn both(
    config: &Config,
    keys: &Arc<Keystore>,
    directory: &Arc<CurrentDirectory>,
    wakes: mpsc::Sender<Wake>,
    reader: Arc<dyn Reader>,
) -> (Witnessing, Receipts) {
    let clock = Arc::new(Clock::default());
    let own = config.node.party;
    let accepted = directory.current();
    let policy = policy::in_use(&config.witness, &accepted.directory, own, clock.now()).unwrap();
    let published = Arc::new(Published::load(&config.node.published, policy));
    let parts = Parts {
        own,
        keys: Arc::clone(keys),
        directory: Arc::clone(directory),
        clock,
        metrics: Arc::new(Metrics::new()),
        news: News::default(),
        wakes,
    };
    let witnessing = Witnessing::new(parts, &config.node.witness);
    witnessing.begin();
    (witnessing, Receipts::new(reader, published))
}
