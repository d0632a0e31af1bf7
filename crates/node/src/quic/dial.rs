//! Dialling: every Party that has an address, again and again, until a connection stands.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use protocol::directory::Freshness;
use protocol::ids::PartyCode;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::{self, Reached};
use super::endpoint::{BoundEndpoint, Context};
use super::redial::{Need, Rank, Redial};
use crate::limits;
use crate::session::{Dialled, Failure, Summons};

/// Keeps one dialler per Party that the directory gives an address, for as long as the node runs.
pub(super) async fn all(endpoint: BoundEndpoint, context: Arc<Context>) {
    let mut diallers: HashMap<PartyCode, JoinHandle<()>> = HashMap::new();
    let mut changes = context.directory.changes();
    let mut stop = context.stop.clone();
    loop {
        let accepted = context.directory.current();
        let wanted = |party: &PartyCode| {
            let record = accepted.directory.party(*party);
            record.is_some_and(|record| *party != context.own && !record.node.addresses.is_empty())
        };
        diallers.retain(|party, dialler| {
            let keep = wanted(party);
            if !keep {
                dialler.abort();
            }
            keep
        });
        for party in accepted.directory.parties.keys().copied().filter(&wanted) {
            diallers
                .entry(party)
                .or_insert_with(|| tokio::spawn(dial(endpoint.clone(), Arc::clone(&context), party)));
        }
        drop(accepted);
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { break },
            () = stop.stopping() => break,
        }
    }
    for dialler in diallers.values() {
        dialler.abort();
    }
}

/// Dials one Party for ever, with growing waits while it cannot be reached.
async fn dial(endpoint: BoundEndpoint, context: Arc<Context>, party: PartyCode) {
    let mut redial = Redial::new();
    let mut summons = context.peers.summons(party);
    loop {
        context.peers.disconnected(party).await;
        pause(&context, party, &mut redial, &mut summons).await;
        if context.peers.connected(party) {
            redial.reached();
            continue;
        }
        match attempt(&endpoint, &context, party).await {
            Reached::Connected => redial.reached(),
            Reached::Nothing => redial.failed(),
        }
    }
}

/// Waits until it is time to dial, or somebody else has connected us.
async fn pause(context: &Context, party: PartyCode, redial: &mut Redial, summons: &mut Summons) {
    let begun = Instant::now();
    redial.suit(rank(context, party), need(context, party));
    let mut until = begun + redial.wait(random());
    loop {
        tokio::select! {
            () = sleep_until(until) => return,
            () = summons.come() => {
                if context.peers.connected(party) {
                    return;
                }
                redial.suit(rank(context, party), need(context, party));
                // Counted from the last attempt, so that hints in any number cause one attempt in a while.
                until = until.min((begun + redial.hinted(random())).max(Instant::now()));
            }
        }
    }
}

/// Who goes first, as [`Peers`](crate::session::Peers) would decide afterwards.
fn rank(context: &Context, party: PartyCode) -> Rank {
    if context.own < party || is_hidden(context, context.own) {
        Rank::First
    } else {
        Rank::Second
    }
}

fn need(context: &Context, party: PartyCode) -> Need {
    if context.peers.is_needed(party) || is_hidden(context, context.own) {
        Need::Something
    } else {
        Need::None
    }
}

/// Whether nobody can dial this Party `[NAT]`.
fn is_hidden(context: &Context, party: PartyCode) -> bool {
    let accepted = context.directory.current();
    let record = accepted.directory.party(party);
    record.is_none_or(|record| record.node.addresses.is_empty())
}

/// Tries the Party's addresses in turn.
async fn attempt(endpoint: &BoundEndpoint, context: &Arc<Context>, party: PartyCode) -> Reached {
    let accepted = context.directory.current();
    let Some(record) = accepted.directory.party(party) else {
        return Reached::Nothing;
    };
    if context.directory.freshness(context.clock.now()) == Freshness::Expired {
        // Nobody vouches for whoever would answer.
        return Reached::Nothing;
    }
    for written in &record.node.addresses {
        let addresses = match timeout(limits::HANDSHAKE_TIMEOUT, tokio::net::lookup_host(written)).await {
            Ok(Ok(addresses)) => addresses.collect(),
            Ok(Err(error)) => {
                tracing::info!(peer = %party, address = %written, %error, "the address does not resolve");
                failed(context, party, format!("{written} does not resolve: {error}"));
                continue;
            }
            Err(_) => {
                failed(context, party, format!("{written} does not resolve in time"));
                continue;
            }
        };
        for address in dialable(addresses, endpoint.local_address()) {
            if context.peers.connected(party) {
                return Reached::Connected;
            }
            context.metrics.dialled();
            let handshake = endpoint.dial(address, &record.node.name);
            match timeout(limits::HANDSHAKE_TIMEOUT, handshake).await {
                Ok(Ok(connection)) => {
                    // A task of its own: dialling may be given up, the connection's end must be told.
                    let run = connection::run(Arc::clone(context), connection, Dialled::ByUs, None);
                    if matches!(tokio::spawn(run).await, Ok(Reached::Connected)) {
                        return Reached::Connected;
                    }
                }
                Ok(Err(error)) => {
                    tracing::info!(peer = %party, %address, %error, "dialling failed");
                    failed(context, party, format!("dialling {address}: {error}"));
                }
                Err(_) => {
                    tracing::info!(peer = %party, %address, "dialling timed out");
                    failed(context, party, format!("dialling {address}: nothing answers"));
                }
            }
        }
    }
    Reached::Nothing
}

fn failed(context: &Context, party: PartyCode, what: String) {
    let at = context.clock.now();
    context.peers.note_failure(party, Failure { at, what });
}

/// Those that our socket can send to.
pub(crate) fn dialable(addresses: Vec<SocketAddr>, own: SocketAddr) -> Vec<SocketAddr> {
    let mut addresses = addresses;
    addresses.retain(|address| address.is_ipv4() || own.is_ipv6());
    addresses
}

/// Chance, to spread what would happen at once. Without a source of it, nothing is spread.
fn random() -> u32 {
    let mut random = [0; 4];
    match getrandom::fill(&mut random) {
        Ok(()) => u32::from_be_bytes(random),
        Err(_) => u32::MAX,
    }
}
