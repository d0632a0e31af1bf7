//! From what a node stands on to a node that runs: channels, tasks and sockets, and which has which end.

use std::sync::{Arc, mpsc::sync_channel};
use std::thread;
use std::time::Duration;

use protocol::exchange::{Exchange, Identity, Restored, Settings, Signing};
use protocol::limits::EMERGENCY_OVERDUE_AFTER;
use protocol::time::UnixMillis;
use store::{Reader, Store};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::foundation::Foundation;
use super::sockets::{self, Sockets};
use super::{Node, StartError, rotating};
use crate::api;
use crate::attachments::{self, Kept, Transfers};
use crate::cases::{CaseIndex, Cases};
use crate::clock::Clock;
use crate::config::Config;
use crate::control_socket;
use crate::directory::{CurrentDirectory, Gossip, Intake};
use crate::drafts::Drafts;
use crate::driver::{self, Driver};
use crate::health::Health;
use crate::keys::Keystore;
use crate::limits;
use crate::messages::Messages;
use crate::metrics::Metrics;
use crate::news::News;
use crate::officers::Officers;
use crate::opening::{self, Opener};
use crate::payloads::Payloads;
use crate::pulse::Wellness;
use crate::quic::BoundEndpoint;
use crate::quic::endpoint::Context;
use crate::quic::{admission::Admission, budget::Memory};
use crate::reloading::Reloading;
use crate::reviews::Reviews;
use crate::rotation::{self, InUse, Rotation};
use crate::session::Peers;
use crate::stamps::Stamps;
use crate::stop::{Stop, Stopper, stop_pair};
use crate::wake::Wake;
use crate::workers::Workers;
use crate::writer::{self, Eraser, ToErase};

/// Commits and notes on their way to the writer: one of each.
const JOBS_MAX: usize = 2;

mod beginning;
mod erasing;
mod outside;
mod sharing;
mod witnesses;

use beginning::{record_directory, watchers};
use outside::towards_outsiders;
use sharing::shared;
use witnesses::{Witnesses, publisher};

/// What most parts have in common.
struct Common {
    config: Config,
    keys: Arc<Keystore>,
    officers: Arc<Officers>,
    reviews: Arc<Reviews>,
    directory: Arc<CurrentDirectory>,
    reader: Arc<dyn Reader>,
    clock: Arc<Clock>,
    started_at: UnixMillis,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    news: News,
    peers: Arc<Peers>,
    intake: Arc<Intake>,
    messages: Arc<Messages>,
    cases: Arc<Cases>,
    attachments: Kept,
    transfers: Arc<Transfers>,
    workers: Arc<Workers>,
    witnesses: Witnesses,
    stamps: Stamps,
    wakes: mpsc::Sender<Wake>,
    stopper: Stopper,
    stop: Stop,
}

/// Foundation to node.
pub(super) async fn build(config: Config, foundation: Foundation) -> Result<Node, StartError> {
    let tls = rotating::tls_identity(&foundation)?;
    let sockets = sockets::bind(&config, &foundation, &tls).await?;
    let mut in_use = rotating::in_use(&foundation.identity, tls);
    let first_ledger_key = in_use.ledger.clone();
    let (wakes, woken) = mpsc::channel(limits::WAKES_MAX);
    let Foundation {
        keys,
        officers,
        reviews,
        directory,
        identity,
        store,
        reader,
        clock,
        index,
        attachments,
        recorded,
    } = foundation;
    let kept = (officers, reviews, index, attachments);
    let origin = first_ledger_key.name();
    let common = common(config, keys, kept, directory, (reader, origin), clock, wakes)?;
    let (opener, queue) = Opener::new();
    let (eraser, to_erase) = Eraser::new();
    let (driver, writer) = core(&common, identity, &mut in_use, (store, to_erase), woken, opener)?;
    let publisher = publisher(&common, in_use.ledger.name());
    let erasing = erasing::erasing(&common, eraser);
    let (rotation, reloading) = keys_in_turn(&common, &sockets.endpoint, in_use);
    let shared = shared(
        &common,
        &sockets,
        (&rotation, &reloading),
        &erasing,
        first_ledger_key,
    );
    let recording = record_directory(&common, recorded)?;
    let opening = opening(&common, queue);
    let (listen, endpoint) = (sockets.listen, sockets.endpoint.clone());
    let mut servers = serve(&common, sockets, shared);
    servers.push(tokio::spawn(opening));
    servers.push(tokio::spawn(erasing.run(common.stop.clone())));
    servers.push(tokio::spawn(attachments::pulling::run(Arc::clone(
        &common.transfers,
    ))));
    servers.extend(watchers(&common));
    servers.push(tokio::spawn(rotation.run(common.stop.clone())));
    servers.push(tokio::spawn(publisher.run()));
    witnesses::settled(&common, recording).await?;
    tracing::info!(address = %listen, "listening");
    let wellness = wellness(&common);
    Ok(Node {
        listen,
        endpoint,
        metrics: common.metrics,
        reloading,
        wellness,
        stop_grace: common.config.node.stop_grace,
        wakes: common.wakes,
        news: common.news,
        #[cfg(test)]
        transfers: common.transfers,
        stopper: common.stopper,
        stop: common.stop,
        driver: Some(driver),
        servers,
        writer,
    })
}

/// What feels whether core and writer are alive.
fn wellness(common: &Common) -> Wellness {
    Wellness::new(
        common.config.node.party,
        common.wakes.clone(),
        Arc::clone(&common.health),
        Arc::clone(&common.peers),
        Arc::clone(&common.directory),
    )
}

/// Opens what was received, one message after the other.
fn opening(common: &Common, queue: opening::Queue) -> impl Future<Output = ()> + Send + use<> {
    opening::run(
        opening::Parts {
            messages: Arc::clone(&common.messages),
            cases: Arc::clone(&common.cases),
            reader: Arc::clone(&common.reader),
            clock: Arc::clone(&common.clock),
            wakes: common.wakes.clone(),
            stop: common.stop.clone(),
            workers: Arc::clone(&common.workers),
            manifests: Arc::clone(&common.attachments.manifests),
        },
        queue,
    )
}

fn common(
    config: Config,
    keys: Arc<Keystore>,
    (officers, reviews, index, attachments): (Arc<Officers>, Arc<Reviews>, CaseIndex, Kept),
    directory: Arc<CurrentDirectory>,
    (reader, origin): (Arc<dyn Reader>, &str),
    clock: Arc<Clock>,
    wakes: mpsc::Sender<Wake>,
) -> Result<Common, StartError> {
    let own = config.node.party;
    let (stopper, stop) = stop_pair();
    let (metrics, news, peers) = (Arc::new(Metrics::new()), News::default(), Peers::new(own));
    let intake = Intake::new(
        Arc::clone(&directory),
        Arc::clone(&clock),
        wakes.clone(),
        news.clone(),
    );
    let messages = Arc::new(Messages::new(
        own,
        Arc::clone(&keys),
        Arc::clone(&directory),
        Payloads::new(Arc::clone(&reader)),
    ));
    let transfers = Transfers::new(attachments::Parts {
        kept: attachments.clone(),
        reader: Arc::clone(&reader),
        peers: Arc::clone(&peers),
        clock: Arc::clone(&clock),
        metrics: Arc::clone(&metrics),
        news: news.clone(),
        wakes: wakes.clone(),
        limits: config.limits.attachments(),
        stop: stop.clone(),
    });
    let tellers = (&metrics, &news, &wakes);
    let witnesses = witnesses::lay(&config, &keys, &directory, &clock, tellers, (&reader, origin))?;
    Ok(Common {
        keys,
        officers,
        reviews,
        directory,
        witnesses,
        stamps: Stamps::new(&config.node.stamps),
        started_at: clock.now(),
        clock,
        metrics,
        health: Arc::new(Health::new(&reader.edge())),
        news,
        peers,
        intake: Arc::new(intake),
        cases: Arc::new(Cases::new(own, Arc::clone(&reader), Arc::clone(&messages), index)),
        messages,
        attachments,
        transfers,
        workers: Arc::new(Workers::new().map_err(|error| StartError::System(error.to_string()))?),
        reader,
        config,
        wakes,
        stopper,
        stop,
    })
}

/// The core and the writer.
fn core(
    common: &Common,
    identity: Identity,
    in_use: &mut InUse,
    (store, to_erase): (Box<dyn Store>, ToErase),
    woken: mpsc::Receiver<Wake>,
    opener: Opener,
) -> Result<(JoinHandle<()>, thread::JoinHandle<()>), StartError> {
    let edge = common.reader.edge();
    let restored = Restored {
        log_first: common.reader.size() - edge.size(),
        edge,
        outbox: common.reader.outbox()?,
    };
    let record = rotating::own_record(&common.directory, &common.keys)?;
    let mut exchange = Exchange::new(common.started_at, identity, &settings(&common.config)?, restored)
        .map_err(|error| StartError::System(format!("the ledger's outbox: {error}")))?;
    rotating::catch_up(&mut exchange, in_use, &common.keys, &record, common.started_at);
    let (jobs, work) = sync_channel(JOBS_MAX);
    let writer = writer::start(
        store,
        work,
        to_erase,
        common.wakes.clone(),
        Arc::clone(&common.metrics),
        Arc::clone(&common.health),
    )
    .map_err(|error| StartError::System(error.to_string()))?;
    let driver = Driver::new(driver::Parts {
        exchange,
        wakes: woken,
        jobs,
        reader: Arc::clone(&common.reader),
        clock: Arc::clone(&common.clock),
        metrics: Arc::clone(&common.metrics),
        health: Arc::clone(&common.health),
        opener,
        transfers: Arc::clone(&common.transfers),
        news: common.news.clone(),
        peers: Arc::clone(&common.peers),
        witnessing: common.witnesses.witnessing.clone(),
        stop: common.stop.clone(),
    });
    Ok((tokio::spawn(driver.run()), writer))
}

/// Who changes keys, and who reads them again.
fn keys_in_turn(common: &Common, endpoint: &BoundEndpoint, in_use: InUse) -> (Arc<Rotation>, Arc<Reloading>) {
    let parts = rotation::Parts {
        keys: Arc::clone(&common.keys),
        directory: Arc::clone(&common.directory),
        clock: Arc::clone(&common.clock),
        endpoint: endpoint.clone(),
        wakes: common.wakes.clone(),
        metrics: Arc::clone(&common.metrics),
        published: Arc::clone(&common.witnesses.published),
    };
    let rotation = Arc::new(Rotation::new(parts, in_use));
    let reloading = Reloading::new(
        Arc::clone(&common.directory),
        Arc::clone(&common.intake),
        Arc::clone(&rotation),
    );
    (rotation, Arc::new(reloading))
}

/// Starts everything that serves a socket.
fn serve(common: &Common, sockets: Sockets, shared: api::Shared) -> Vec<JoinHandle<()>> {
    let limits = common.config.limits;
    let gossip = Gossip::new(
        Arc::clone(&common.directory),
        Arc::clone(&common.intake),
        Arc::clone(&common.peers),
        Arc::clone(&common.metrics),
        common.wakes.clone(),
    );
    let context = Arc::new(Context {
        own: common.config.node.party,
        clock: Arc::clone(&common.clock),
        directory: Arc::clone(&common.directory),
        keys: Arc::clone(&common.keys),
        peers: Arc::clone(&common.peers),
        gossip: Arc::clone(&gossip),
        admission: Admission::new(&limits),
        memory: Memory::new(&limits),
        metrics: Arc::clone(&common.metrics),
        wakes: common.wakes.clone(),
        payloads: Payloads::new(Arc::clone(&common.reader)),
        transfers: Arc::clone(&common.transfers),
        witnessing: common.witnesses.witnessing.clone(),
        receipts: common.witnesses.receipts.clone(),
        limits,
        request_timeout: Duration::from_secs(limits.request_timeout_seconds),
        stop: common.stop.clone(),
    });
    let control = api::control_router(Arc::clone(&shared));
    let mut servers = vec![
        tokio::spawn(
            sockets
                .control
                .serve(control, Arc::clone(&common.officers), common.stop.clone()),
        ),
        tokio::spawn(sockets.endpoint.run(context)),
        tokio::spawn(gossip.run(common.stop.clone())),
    ];
    if let Some(listener) = sockets.health {
        let router = api::health_router(shared);
        let stop = common.stop.clone();
        servers.push(tokio::spawn(control_socket::serve_health(listener, router, stop)));
    }
    servers.extend(towards_outsiders(common, sockets.public));
    servers.push(tokio::spawn(attachments::staging::look_through(
        Arc::clone(&common.attachments.staging),
        Drafts::new(&common.config.node.drafts),
        Arc::clone(&common.clock),
        common.stop.clone(),
    )));
    servers
}

fn settings(config: &Config) -> Result<Settings, StartError> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(|error| StartError::System(error.to_string()))?;
    Ok(Settings {
        request_timeout: Duration::from_secs(config.limits.request_timeout_seconds),
        jitter_seed: u64::from_be_bytes(seed),
        // Officers who want to hear of any missing receipt sooner hear of an emergency's sooner as well.
        emergency_overdue_after: Duration::from_millis(config.policy.receipt_within_ms)
            .min(EMERGENCY_OVERDUE_AFTER),
        quotas: config.limits.quotas(),
        // Until the ledger was held against its witnesses.
        signing: Signing::Held,
        ..Settings::default()
    })
}
