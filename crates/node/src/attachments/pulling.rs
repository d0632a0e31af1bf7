//! Pulling what is for us: which transfer is next, and what its end gives cause to.
//!
//! One task keeps the board; each transfer that is active has a task of its own ([`super::fetching`]). What
//! has to wait (for its sender, for room, for its turn) has none: it costs a line on the board.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use control::events::EventKind;
use protocol::entry::Entry;
use protocol::ids::PartyCode;
use protocol::index::InboxKey;
use store::Reader;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::board::{Consequences, Job, Transfer};
use super::state::{Ended, Waits};
use super::transfers::Transfers;
use crate::limits::{COMPLETION_TRIED_FOR, TRANSFERS_SWEPT_EVERY};
use crate::news::Item;
use crate::session::LinkId;
use crate::wake::Wake;

/// Pulls until the node stops. On return, everything that was received is durable.
pub async fn run(transfers: Arc<Transfers>) {
    let mut stop = transfers.parts.stop.clone();
    let mut changes = transfers.parts.peers.changes();
    let mut links = BTreeMap::new();
    let mut attempts = JoinSet::new();
    let mut sweep = interval(TRANSFERS_SWEPT_EVERY);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !stop.is_stopping() {
        let rest = start_next(&transfers, &mut attempts);
        tokio::select! {
            () = transfers.changed.notified() => {}
            Ok(()) = changes.changed() => note_connections(&transfers, &mut links),
            Some(ended) = attempts.join_next() => match ended {
                Ok((transfer, ended)) => conclude(&transfers, transfer, ended).await,
                Err(error) => tracing::error!(%error, "the end of a transfer is not known"),
            },
            _ = sweep.tick() => look_through_ledger(&transfers).await,
            () = sleep(rest.unwrap_or(Duration::MAX)), if rest.is_some() => {}
            () = stop.stopping() => {}
        }
    }
    // Each has seen the stop as well, and syncs what it has.
    while attempts.join_next().await.is_some() {}
}

/// Starts what may be started. Says how long until something more may be.
fn start_next(transfers: &Arc<Transfers>, attempts: &mut JoinSet<(Transfer, Ended)>) -> Option<Duration> {
    let now = transfers.parts.clock.now();
    loop {
        let next = transfers.board().next(now, |peer| transfers.is_connected(peer));
        let Some(transfer) = next else { break };
        let worker = Arc::clone(transfers);
        attempts.spawn(async move {
            // A task of its own, so that a panic in it still ends in an answer here.
            let attempt = tokio::spawn(async move { worker.attempt(transfer).await });
            let ended = attempt.await.unwrap_or_else(|error| {
                tracing::error!(%error, peer = %transfer.peer, "a transfer panicked");
                Ended::Waits(Waits::Disk)
            });
            (transfer, ended)
        });
    }
    transfers.note_figures();
    let due = transfers.board().next_due(now)?;
    Some(due.since(now))
}

/// Whoever is connected anew is asked at once for what only it has.
fn note_connections(transfers: &Transfers, links: &mut BTreeMap<PartyCode, LinkId>) {
    let peers = &transfers.parts.peers;
    let now: BTreeMap<PartyCode, LinkId> = peers
        .connected_peers()
        .into_iter()
        .filter_map(|peer| Some((peer, peers.asker(peer)?.link())))
        .collect();
    for (peer, link) in &now {
        if links.get(peer) != Some(link) {
            transfers.board().connected(*peer);
        }
    }
    *links = now;
}

async fn conclude(transfers: &Transfers, transfer: Transfer, ended: Ended) {
    let (peer, now) = (transfer.peer, transfers.parts.clock.now());
    let Consequences { arrived, alarms } = transfers.board().ended(&transfer, ended, now);
    match ended {
        Ended::Complete => tracing::info!(%peer, manifest = %transfer.manifest, "attachments are complete"),
        Ended::Waits(waits) => {
            let waits = waits.word();
            tracing::debug!(%peer, manifest = %transfer.manifest, waits, "attachments wait");
        }
    }
    for message in arrived {
        let wake = Wake::Arrived {
            key: message.key,
            envelope: message.envelope,
            manifest: message.manifest,
            expires_at: now.plus(COMPLETION_TRIED_FOR),
        };
        // The core lives; if not, the node ends, and the next start finds the files whole.
        let _ = transfers.parts.wakes.send(wake).await;
    }
    for (key, waits) in alarms {
        raise_alarm(transfers, &key, waits);
    }
}

/// People must know: nothing is lost, and nothing goes on by itself.
fn raise_alarm(transfers: &Transfers, key: &InboxKey, waits: Waits) {
    let what = waits.sentence();
    let (message, peer) = (key.message, key.from);
    tracing::error!(ohrid.message = %message, %peer, "attachments are not fetched: {what}");
    let kind = EventKind::AttachmentsRefused;
    transfers.parts.metrics.happened(kind.as_str());
    let item = Item::new(key.message).to(key.to.clone());
    transfers.parts.news.tell(kind, item, transfers.parts.clock.now());
}

/// Finds what the ledger says is still to be pulled: after a start, and whatever there was no room for.
pub(crate) async fn look_through_ledger(transfers: &Arc<Transfers>) {
    let this = Arc::clone(transfers);
    let found = tokio::task::spawn_blocking(move || {
        let pulling = this.parts.reader.pulling()?;
        let mut board = this.board();
        board.forget_complete(&pulling);
        let unknown: Vec<_> = pulling.into_iter().filter(|(key, _)| !board.knows(key)).collect();
        drop(board);
        for (key, index) in unknown {
            match job(&*this.parts.reader, key, index) {
                Ok(Some(job)) => drop(this.board().add(job)),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, index, "attachments to be pulled cannot be told"),
            }
        }
        Ok::<_, store::ReadError>(())
    });
    match found.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "what is to be pulled cannot be read"),
        Err(error) => tracing::error!(%error, "looking for what is to be pulled panicked"),
    }
}

/// What the leaf of a received message says; `None` if it is no such leaf.
fn job(reader: &dyn Reader, key: InboxKey, index: u64) -> Result<Option<Job>, String> {
    if reader
        .erased_by(index)
        .map_err(|error| error.to_string())?
        .is_some()
    {
        return Ok(None);
    }
    let leaf = reader.leaf(index).map_err(|error| error.to_string())?;
    let Entry::Received { header, .. } = Entry::decode(&leaf).map_err(|error| error.to_string())? else {
        return Ok(None);
    };
    let envelope = header.digest();
    let (header, _) = header.peek().map_err(|error| error.to_string())?;
    Ok(header.attachments.map(|manifest| Job {
        key,
        envelope,
        manifest,
        index,
        priority: header.priority,
        expires_at: header.expires_at,
    }))
}
