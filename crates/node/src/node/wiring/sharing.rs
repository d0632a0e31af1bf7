//! What the local API answers from.

use std::sync::Arc;

use ::ledger::note::VerifierKey;
use tokio::sync::Semaphore;

use super::super::sockets::Sockets;
use super::Common;
use crate::api;
use crate::attachments::Giving;
use crate::erasure::Erasing;
use crate::limits;
use crate::publishing::second_stage::SecondStage;
use crate::reachability::Reachability;
use crate::readings::Readings;
use crate::reloading::Reloading;
use crate::rotation::Rotation;
use crate::sending::{self, Sending};

/// What the local API answers from.
pub(super) fn shared(
    common: &Common,
    sockets: &Sockets,
    (rotation, reloading): (&Arc<Rotation>, &Arc<Reloading>),
    erasing: &Arc<Erasing>,
    first_ledger_key: VerifierKey,
) -> api::Shared {
    let node = &common.config.node;
    Arc::new(api::Parts {
        own: node.party,
        node: node.clone(),
        listen: sockets.listen,
        keys: Arc::clone(&common.keys),
        first_ledger_key,
        workers: Arc::clone(&common.workers),
        rotation: Arc::clone(rotation),
        reloading: Arc::clone(reloading),
        started_at: common.started_at,
        clock: Arc::clone(&common.clock),
        directory: Arc::clone(&common.directory),
        peers: Arc::clone(&common.peers),
        reachability: Reachability::new(
            node.party,
            Arc::clone(&common.clock),
            Arc::clone(&common.directory),
            Arc::clone(&common.peers),
            sockets.endpoint.clone(),
        ),
        reader: Arc::clone(&common.reader),
        cases: Arc::clone(&common.cases),
        sending: sending(common),
        officers: Arc::clone(&common.officers),
        four_eyes: common.config.four_eyes.clone(),
        reviews: Arc::clone(&common.reviews),
        erasing: Arc::clone(erasing),
        attachments: common.attachments.clone(),
        transfers: Arc::clone(&common.transfers),
        witnessing: common.witnesses.witnessing.clone(),
        published: Arc::clone(&common.witnesses.published),
        receipts: common.witnesses.receipts.clone(),
        second_stage: SecondStage::new(
            &node.published,
            common.config.witness.clone(),
            Arc::clone(&common.directory),
            Arc::clone(&common.clock),
            Arc::clone(&common.peers),
        ),
        giving: Giving::new(node.party, &common.keys, &common.directory, &common.transfers),
        files: Arc::new(Semaphore::new(limits::FILES_AT_ONCE_MAX)),
        readings: Readings::new(common.wakes.clone()),
        wakes: common.wakes.clone(),
        news: common.news.clone(),
        health: Arc::clone(&common.health),
        stamps: common.stamps.clone(),
        time_stamp_service: common.config.time_stamp.url.clone(),
        metrics: Arc::clone(&common.metrics),
        drafts_counted: api::DraftsCounted::default(),
        stop: common.stop.clone(),
        stopper: common.stopper.clone(),
    })
}

fn sending(common: &Common) -> Sending {
    Sending::new(
        sending::Parts {
            keys: Arc::clone(&common.keys),
            directory: Arc::clone(&common.directory),
            cases: Arc::clone(&common.cases),
            messages: Arc::clone(&common.messages),
            reader: Arc::clone(&common.reader),
            clock: Arc::clone(&common.clock),
            peers: Arc::clone(&common.peers),
            wakes: common.wakes.clone(),
            workers: Arc::clone(&common.workers),
            four_eyes: common.config.four_eyes.clone(),
            reviews: Arc::clone(&common.reviews),
            attachments: common.attachments.clone(),
        },
        common.started_at,
    )
}
