//! Wiring of what is towards outsiders: the listener for whoever reads the ledger, and the service that
//! stamps it.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Common;
use crate::public;
use crate::stamps::Asking;

/// Starts what the configuration asks for: by default nothing.
pub(super) fn towards_outsiders(common: &Common, listener: Option<TcpListener>) -> Vec<JoinHandle<()>> {
    let published = || Arc::clone(&common.witnesses.published);
    let listening = listener.map(|listener| {
        let router = public::router(public::Parts {
            published: published(),
            reader: Arc::clone(&common.reader),
            witnessing: common.witnesses.witnessing.clone(),
            directory: Arc::clone(&common.directory),
            metrics: Arc::clone(&common.metrics),
        });
        tokio::spawn(public::serve(listener, router, common.stop.clone()))
    });
    let stamping = common.config.time_stamp.url.clone().map(|url| {
        let asking = Asking {
            url,
            published: published(),
            stamps: common.stamps.clone(),
            clock: Arc::clone(&common.clock),
            metrics: Arc::clone(&common.metrics),
            news: common.news.clone(),
            stop: common.stop.clone(),
        };
        tokio::spawn(asking.run())
    });
    listening.into_iter().chain(stamping).collect()
}
