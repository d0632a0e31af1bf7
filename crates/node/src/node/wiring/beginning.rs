//! What is to be done before a node serves, and what looks at it from then on.

use std::sync::Arc;

use protocol::digest::Digest;
use tokio::task::JoinHandle;

use super::witnesses::Recording;
use super::{Common, StartError};
use crate::{directory, watch};

/// Each accepted version is a ledger entry `[DIRECTORY]`, before anything that is done by it: `recorded` is
/// the newest that the ledger tells of. The entry is the first that the core is given; it becomes durable
/// once the ledger may be signed.
pub(super) fn record_directory(common: &Common, recorded: Option<Digest>) -> Result<Recording, StartError> {
    let accepted = common.directory.current();
    if recorded == Some(accepted.digest) {
        return Ok(None);
    }
    Ok(Some(common.intake.record_first(&accepted)?))
}

/// What looks at alarms and the directory from time to time, and says what it sees.
pub(super) fn watchers(common: &Common) -> [JoinHandle<()>; 2] {
    let cases = watch::run(watch::Parts {
        cases: Arc::clone(&common.cases),
        clock: Arc::clone(&common.clock),
        started_at: common.started_at,
        news: common.news.clone(),
        metrics: Arc::clone(&common.metrics),
        stop: common.stop.clone(),
    });
    let directory = directory::watch(directory::Watch {
        directory: Arc::clone(&common.directory),
        clock: Arc::clone(&common.clock),
        news: common.news.clone(),
        stop: common.stop.clone(),
    });
    [tokio::spawn(cases), tokio::spawn(directory)]
}
