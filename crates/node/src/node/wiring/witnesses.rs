//! Wiring of witnesses: those whom we cosign for, and those who cosign for us.

use std::sync::Arc;
use std::time::Duration;

use store::Reader;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::{Common, StartError};
use crate::backup::restored::{self, Mark};
use crate::clock::Clock;
use crate::config::Config;
use crate::directory::{CurrentDirectory, LoadError};
use crate::keys::Keystore;
use crate::metrics::Metrics;
use crate::news::News;
use crate::publishing::receipts::Receipts;
use crate::publishing::{self, Published, Publisher, Signing, policy};
use crate::wake::{Recorded, Refused, Wake};
use crate::witness::{self, Witnessing};

/// Both sides.
pub(super) struct Witnesses {
    pub(super) witnessing: Witnessing,
    pub(super) published: Arc<Published>,
    pub(super) receipts: Receipts,
    pub(super) origin: String,
}

/// Whoever waits for the directory's entry, if there is to be one.
pub(super) type Recording = Option<oneshot::Receiver<Result<Recorded, Refused>>>;

/// Both sides, from what lies on the disk.
pub(super) fn lay(
    config: &Config,
    keys: &Arc<Keystore>,
    directory: &Arc<CurrentDirectory>,
    clock: &Arc<Clock>,
    (metrics, news, wakes): (&Arc<Metrics>, &News, &mpsc::Sender<Wake>),
    (reader, origin): (&Arc<dyn Reader>, &str),
) -> Result<Witnesses, StartError> {
    let own = config.node.party;
    let parts = witness::Parts {
        own,
        keys: Arc::clone(keys),
        directory: Arc::clone(directory),
        clock: Arc::clone(clock),
        metrics: Arc::clone(metrics),
        news: news.clone(),
        wakes: wakes.clone(),
    };
    let witnessing = Witnessing::new(parts, &config.node.witness);
    let accepted = directory.current();
    let policy = policy::in_use(&config.witness, &accepted.directory, own, clock.now())?;
    let published = Arc::new(Published::load(&config.node.published, policy));
    let receipts = Receipts::new(Arc::clone(reader), Arc::clone(&published));
    Ok(Witnesses {
        witnessing,
        published,
        receipts,
        origin: origin.to_owned(),
    })
}

/// Who publishes, and allows the first signature. `goes_on_in` is the log of which the next entry will be.
pub(super) fn publisher(common: &Common, goes_on_in: &str) -> Publisher {
    let origin = &common.witnesses.origin;
    let origin = restored::log_to_be_checked(&common.config.node.data, origin, goes_on_in);
    let parts = publishing::Parts {
        own: common.config.node.party,
        settings: common.config.witness.clone(),
        origin: origin.to_owned(),
        directory: Arc::clone(&common.directory),
        keys: Arc::clone(&common.keys),
        clock: Arc::clone(&common.clock),
        reader: Arc::clone(&common.reader),
        peers: Arc::clone(&common.peers),
        metrics: Arc::clone(&common.metrics),
        news: common.news.clone(),
        wakes: common.wakes.clone(),
        published: Arc::clone(&common.witnesses.published),
        witnessing: common.witnesses.witnessing.clone(),
        restored: Mark::of(&common.config.node.data),
        stop: common.stop.clone(),
    };
    Publisher::new(parts, common.health.heads())
}

/// Waits until the ledger was held against its witnesses, as far as they are waited for, and until the
/// directory in use is recorded, if anything may be. A node that may not sign is up all the same.
pub(super) async fn settled(common: &Common, recording: Recording) -> Result<(), StartError> {
    let mut standings = common.witnesses.published.standings();
    // The check ends by itself; it is not waited for longer than it may take.
    let longest = Duration::from_secs(common.config.witness.start_wait_seconds + 2);
    let _ = timeout(
        longest,
        standings.wait_for(|standing| standing.signing.is_settled()),
    )
    .await;
    let is_allowed = standings.borrow().signing == Signing::Allowed;
    match recording {
        Some(recording) if is_allowed => match recording.await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(LoadError::NotRecorded.into()),
        },
        _ => Ok(()),
    }
}
