//! What is to be done before a node serves, and what looks at it from then on.

use std::sync::Arc;

use protocol::digest::Digest;
use tokio::task::JoinHandle;

use super::{Common, StartError};
use crate::{directory, watch};

/// Each accepted version is a ledger entry `[DIRECTORY]`, before it is used: `recorded` is the newest that
/// the ledger tells of.
pub(super) async fn record_directory(common: &Common, recorded: Option<Digest>) -> Result<(), StartError> {
    let accepted = common.directory.current();
    if recorded == Some(accepted.digest) {
        return Ok(());
    }
    Ok(common.intake.record(&accepted).await?)
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
