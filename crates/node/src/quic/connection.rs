//! One connection, from the end of the handshake to its own end.
//!
//! Nobody counts as connected who has not said a hello, signed by the envelope key that the directory
//! names, over this very TLS connection: a client that `connect` called successful may have been
//! refused a moment later (threat 4 of security.md).

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use protocol::frame::Frame;
use protocol::hello::{EXPORTER_LABEL, Hello, SignedHello};
use protocol::ids::PartyCode;
use protocol::key::KeyId;
use protocol::time::UnixMillis;
use quinn::{Connection, VarInt};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};

use super::admission::{Introduction, NotNow, Place};
use super::endpoint::Context;
use super::frames;
use super::rates::{Gate, Rate};
use super::silence::{Asking, Silence};
use super::vouching::{self, Vouching};
use super::{CloseCode, stream};
use crate::limits;
use crate::session::{Admitted, Dialled, Failure, Greeting, Link, Outgoing, Question, Registration};
use crate::wake::Wake;

/// The version of the protocol that this node speaks.
const PROTOCOL_VERSION: u16 = 1;

/// How far a connection got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// Not even the hello.
    Nothing,
    /// It was the peer's connection, for a while.
    Connected,
}

/// One more connection, for as long as this lives.
struct Standing(Gauge);

impl Standing {
    fn new(connections: &Gauge) -> Self {
        connections.inc();
        Self(connections.clone())
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Serves the connection until it ends. `place` is given back once the peer has shown who it is.
pub(super) async fn run(
    context: Arc<Context>,
    connection: Connection,
    dialled: Dialled,
    place: Option<Place>,
) -> Reached {
    let _standing = Standing::new(&context.metrics.connections);
    let Some((vouching, hello)) = introduce(&context, &connection, dialled).await else {
        return Reached::Nothing;
    };
    let peer = hello.party;
    drop(place);
    let address = connection.remote_address();
    let now = context.clock.now();
    let (registration, asked) = match context.peers.admit(peer, dialled, address, now) {
        Admitted::Yes(registration, asked) => (registration, asked),
        Admitted::Duplicate => {
            connection.close(CloseCode::Duplicate.code(), b"duplicate");
            // The other one stands: as far as dialling goes, the peer was reached.
            return Reached::Connected;
        }
        Admitted::BackedOff => {
            connection.close(CloseCode::BackedOff.code(), b"backed off");
            return Reached::Nothing;
        }
    };
    tracing::info!(%peer, %address, ?dialled, directory_version = hello.directory_version, "connected");
    context.gossip.hear(peer, hello.directory_version);
    context.metrics.queues.connected(peer);
    note_hello(&context, peer, hello);
    context.admission.recognise(address.ip());
    connection.set_receive_window(VarInt::from_u32(limits::CONNECTION_WINDOW_BYTES));
    connection.set_max_concurrent_bi_streams(VarInt::from_u32(context.limits.exchanges_per_peer));
    let (link, wanted) = Link::new(registration.link, peer, limits::REQUESTS_PER_PEER_MAX);
    if context.wakes.send(Wake::Connected(link)).await.is_err() {
        connection.close(CloseCode::Stopping.code(), b"stopping");
        return Reached::Connected;
    }
    // A task of its own, so that a panic in it still ends in `Disconnected` below.
    let link = registration.link;
    let served = tokio::spawn(serve(
        Arc::clone(&context),
        connection.clone(),
        vouching,
        registration,
        (wanted, asked),
    ));
    if served.await.is_err() {
        tracing::error!(%peer, "the connection's task panicked");
        connection.close(VarInt::from_u32(0), b"");
    }
    tracing::info!(%peer, reason = %ending(&connection), "disconnected");
    let _ = context.wakes.send(Wake::Disconnected { peer, link }).await;
    Reached::Connected
}

/// TLS says who it may be; the signed hello, that it is.
async fn introduce(
    context: &Context,
    connection: &Connection,
    dialled: Dialled,
) -> Option<(Vouching, Hello)> {
    let shown = vouching::shown(connection, dialled);
    let now = context.clock.now();
    let known = shown.and_then(|shown| {
        let peer = vouching::certified(&context.directory, &shown.0, shown.1, now)?;
        (peer != context.own).then_some((shown, peer))
    });
    let Some((shown, peer)) = known else {
        context.metrics.handshake_refused("unknown_certificate");
        connection.close(CloseCode::NotInDirectory.code(), b"not in the directory");
        return None;
    };
    let Ok(_greeting) = may_greet(context, peer, dialled) else {
        connection.close(CloseCode::BackedOff.code(), b"too many connections");
        return None;
    };
    match timeout(limits::HELLO_TIMEOUT, greet(context, connection, peer, dialled)).await {
        Ok(Ok((hello, key))) => {
            let (directory, clock) = (Arc::clone(&context.directory), Arc::clone(&context.clock));
            Some((Vouching::new(directory, clock, shown, peer, key), hello))
        }
        Ok(Err(what)) => {
            // A connection that its dialler lost interest in is no refusal of ours.
            if connection.close_reason().is_none() {
                context.metrics.handshake_refused("hello");
                tracing::warn!(%peer, what, "hello refused");
            } else {
                tracing::info!(%peer, reason = %ending(connection), "ended before the hello");
            }
            // Whoever dialled us and went away before the hello may only have tested the way.
            if connection.close_reason().is_none() || dialled == Dialled::ByUs {
                note_failure(
                    context,
                    peer,
                    &format!("the hello: {what} ({})", ending(connection)),
                );
            }
            connection.close(CloseCode::BadHello.code(), b"hello");
            None
        }
        Err(_) => {
            context.metrics.handshake_refused("hello_timeout");
            note_failure(context, peer, "it sent no whole hello in time");
            connection.close(CloseCode::BadHello.code(), b"hello");
            None
        }
    }
}

/// A peer that dials us may have so many hellos under way, and so many connections a minute.
fn may_greet(context: &Context, peer: PartyCode, dialled: Dialled) -> Result<Option<Introduction>, NotNow> {
    match dialled {
        Dialled::ByUs => Ok(None),
        Dialled::ByPeer => {
            let introduction = context.admission.greet(peer, Instant::now().into_std());
            if let Err(refused) = &introduction {
                context.metrics.handshake_refused(refused.of_peer());
            }
            introduction.map(Some)
        }
    }
}

/// Hello both ways, on the first stream, which the dialler opens.
async fn greet(
    context: &Context,
    connection: &Connection,
    peer: PartyCode,
    dialled: Dialled,
) -> Result<(Hello, KeyId), &'static str> {
    let mut exporter = [0; 32];
    connection
        .export_keying_material(&mut exporter, EXPORTER_LABEL, b"")
        .map_err(|_| "no TLS exporter")?;
    let accepted = context.directory.current();
    let key = context.keys.hello_key(&accepted, context.clock.now());
    let key = key.ok_or("no envelope key of ours is valid now")?;
    let ours = SignedHello::sign(
        &Hello {
            party: context.own,
            versions: vec![PROTOCOL_VERSION],
            features: Vec::new(),
            directory_version: accepted.directory.version,
            clock: context.clock.now(),
        },
        &exporter,
        &key,
    );
    let budget = context.memory.budget();
    let (mut send, mut receive) = match dialled {
        Dialled::ByUs => connection.open_bi().await,
        Dialled::ByPeer => connection.accept_bi().await,
    }
    .map_err(|_| "no stream")?;
    // The one that was dialled says nothing before it has seen who dials.
    if dialled == Dialled::ByUs {
        frames::write(&mut send, Frame::Hello(ours.clone()))
            .await
            .map_err(|_| "not sent")?;
    }
    let received = frames::read(&mut receive, &budget.incoming, limits::HELLO_TIMEOUT)
        .await
        .map_err(|_| "no frame")?;
    let Frame::Hello(theirs) = received.frame else {
        return Err("another frame stands first");
    };
    let (_, key) = theirs.peek().map_err(|_| "malformed")?;
    let hello = theirs
        .verify(peer, &exporter, &accepted.directory, context.clock.now())
        .map_err(|_| "not authentic")?;
    if !hello.versions.contains(&PROTOCOL_VERSION) {
        return Err("no common version");
    }
    if dialled == Dialled::ByPeer {
        frames::write(&mut send, Frame::Hello(ours))
            .await
            .map_err(|_| "not sent")?;
    }
    Ok((hello, key))
}

/// Streams in, requests out, and everything that ends a connection.
async fn serve(
    context: Arc<Context>,
    connection: Connection,
    vouching: Vouching,
    registration: Registration,
    (mut wanted, mut asked): (mpsc::Receiver<Outgoing>, mpsc::Receiver<Question>),
) {
    let peer = vouching.peer();
    let streams = Arc::new(stream::Streams {
        context: Arc::clone(&context),
        connection: connection.clone(),
        peer,
        vouching,
        budget: context.memory.budget(),
        gate: Gate::new(Rate::new(
            context.limits.frames_per_peer_per_second.get(),
            limits::FRAMES_BURST_SECONDS,
        )),
        last_seen: registration.last_seen(),
        asking: Asking::default(),
    });
    let mut answers = JoinSet::new();
    let mut directory_changes = context.directory.changes();
    let mut stop = context.stop.clone();
    let mut review = interval_at(next_review(context.clock.now()), limits::REVIEW_EVERY);
    review.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silence = Silence::new(Instant::now());
    let mut look = interval(limits::SILENCE_LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let close = |code: CloseCode, why: &str| connection.close(code.code(), why.as_bytes());
    loop {
        tokio::select! {
            accepted = streams.next() => match accepted {
                Some((send, receive)) => { answers.spawn(Arc::clone(&streams).serve(send, receive)); }
                None => return,
            },
            Some(answered) = answers.join_next() => if answered.is_err() {
                tracing::error!(%peer, "the task of a stream panicked");
            },
            outgoing = wanted.recv() => match outgoing {
                Some(Outgoing::Request { item, priority, request }) => {
                    tokio::spawn(Arc::clone(&streams).ask(item, priority, request));
                }
                Some(Outgoing::Close(code)) => {
                    context.peers.back_off(peer);
                    return connection.close(VarInt::from_u32(code), b"");
                }
                // The core has another link to this peer, or ends.
                None => return close(CloseCode::Duplicate, "duplicate"),
            },
            Some(question) = asked.recv() => { tokio::spawn(Arc::clone(&streams).put(question)); }
            () = registration.superseded() => return close(CloseCode::Duplicate, "duplicate"),
            () = registration.doubted() => { tokio::spawn(Arc::clone(&streams).prove()); }
            _ = review.tick() => if !streams.vouching.holds() {
                return close(CloseCode::NotInDirectory, "not in the directory");
            },
            now = look.tick(), if streams.asking.is_any() => {
                if silence.is_too_long(now, connection.stats().udp_rx.datagrams) {
                    return close(CloseCode::Silent, "silent");
                }
            },
            Ok(()) = directory_changes.changed() => review.reset_immediately(),
            () = stop.stopping_links() => {
                let last = async { while answers.join_next().await.is_some() {} };
                let _ = timeout(limits::LAST_ANSWERS_TIMEOUT, last).await;
                return close(CloseCode::Stopping, "stopping");
            }
        }
    }
}

fn note_hello(context: &Context, peer: PartyCode, hello: Hello) {
    let now = context.clock.now();
    let skew = now.since(hello.clock).max(hello.clock.since(now));
    if skew > limits::CLOCK_SKEW_MAX {
        tracing::warn!(%peer, skew_seconds = skew.as_secs(), "the peer's clock differs from ours");
    }
    context.peers.note_greeting(
        peer,
        Greeting {
            at: now,
            versions: hello.versions,
            directory_version: hello.directory_version,
            clock: hello.clock,
        },
    );
}

fn note_failure(context: &Context, peer: PartyCode, what: &str) {
    let (at, what) = (context.clock.now(), what.to_owned());
    context.peers.note_failure(peer, Failure { at, what });
}

/// All connections are reviewed in the same moments: a hundred idle ones wake the process once in a while,
/// and not all the time.
fn next_review(now: UnixMillis) -> Instant {
    let every_ms = u64::try_from(limits::REVIEW_EVERY.as_millis()).unwrap_or(u64::MAX);
    Instant::now() + Duration::from_millis(every_ms - now.0 % every_ms)
}

fn ending(connection: &Connection) -> String {
    connection
        .close_reason()
        .map_or_else(|| "open".to_owned(), |reason| reason.to_string())
}
