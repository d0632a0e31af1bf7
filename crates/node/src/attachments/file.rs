//! One file: chunks asked for several at a time, hashed as they come, and written by one thread.
//!
//! Which chunk is asked for next, [`Pull`] decides. A chunk takes a [`Share`] of memory from before it is
//! asked for until it is on the disk, so that what is under way is bounded for each peer and in all.
//! Whatever ends an attempt, what has come by then is synced, and never asked for again.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use protocol::attachment::{
    Arrival, Attachment, Chunk, ChunkIndex, ChunkRequest, Pull, PullEvent, PullSettings, SourceId,
    VerifiedChunk, WrongChunk,
};
use protocol::check::PeerMisbehaved;
use protocol::frame::{Frame, FrameKind};
use protocol::limits::CHUNK_TIMEOUT;
use store::AttachmentError;
use store::attachments::Receiving;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::sleep;

use super::board::Transfer;
use super::fetching::disk_failed;
use super::shares::Share;
use super::state::Waits;
use super::transfers::Transfers;
use crate::limits::CHUNKS_PULLED_PER_PEER_MAX;
use crate::session::{Asker, Unanswered, Urgency};

/// What the thread that writes a file is given, and what it gives back.
type Writer = mpsc::Sender<(VerifiedChunk, Share)>;
type Writing = JoinHandle<Result<Receiving, AttachmentError>>;

/// One file that is being fetched.
struct Fetching<'a> {
    transfers: &'a Arc<Transfers>,
    transfer: &'a Transfer,
    attachment: &'a Arc<Attachment>,
    pull: Pull,
    source: Option<Asker>,
    requests: JoinSet<Fetched>,
    aborts: HashMap<ChunkIndex, AbortHandle>,
    /// Our place in the line for memory.
    ticket: Option<oneshot::Receiver<Share>>,
    /// Nothing more can be asked for until something happens.
    is_idle: bool,
    writer: Writer,
    present_bytes: u64,
}

/// What a request for a chunk came to.
struct Fetched {
    source: SourceId,
    index: ChunkIndex,
    outcome: Result<(VerifiedChunk, Share), Failed>,
}

/// Why it came to nothing.
enum Failed {
    Wrong(WrongChunk),
    Unexpected(FrameKind),
    Absent,
    Busy(Duration),
    Unanswered,
}

/// Fetches a file, or what is missing of it.
pub(super) async fn fetch_file(
    transfers: &Arc<Transfers>,
    transfer: &Transfer,
    attachment: &Arc<Attachment>,
) -> Result<(), Waits> {
    let (files, wanted) = (Arc::clone(&transfers.parts.kept.files), Arc::clone(attachment));
    let receiving = tokio::task::spawn_blocking(move || files.receive(wanted)).await;
    let receiving = match receiving {
        Ok(Ok(receiving)) => receiving,
        Ok(Err(AttachmentError::Stored)) => return Ok(()),
        Ok(Err(error)) => return Err(disk_failed(error)),
        Err(_) => return Err(Waits::Disk),
    };
    let settings = PullSettings {
        in_flight_max: CHUNKS_PULLED_PER_PEER_MAX,
        ..PullSettings::default()
    };
    let have = receiving.have().clone();
    let present = attachment.chunks().filter(|index| have.contains(*index));
    let lengths = present.filter_map(|index| attachment.chunk_range(index));
    let present_bytes = lengths.map(|range| range.end - range.start).sum();
    let (writer, written) = start_writer(receiving);
    let mut fetching = Fetching {
        transfers,
        transfer,
        attachment,
        pull: Pull::new(attachment, have, settings),
        source: None,
        requests: JoinSet::new(),
        aborts: HashMap::new(),
        ticket: None,
        is_idle: false,
        writer,
        present_bytes,
    };
    fetching.note_progress();
    let fetched = fetching.run().await;
    // The requests that are still out, and then the end of what is written.
    drop(fetching);
    let receiving = match written.await {
        Ok(Ok(receiving)) => receiving,
        Ok(Err(error)) => return Err(disk_failed(error)),
        Err(_) => return Err(Waits::Disk),
    };
    fetched?;
    let finished = tokio::task::spawn_blocking(move || receiving.finish()).await;
    match finished {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(disk_failed(error)),
        Err(_) => Err(Waits::Disk),
    }
}

/// A thread that writes what it is given, and syncs at the end: files are slow, and must keep nobody waiting.
fn start_writer(mut receiving: Receiving) -> (Writer, Writing) {
    let (writer, mut chunks) = mpsc::channel::<(VerifiedChunk, Share)>(CHUNKS_PULLED_PER_PEER_MAX);
    let written = tokio::task::spawn_blocking(move || {
        while let Some((chunk, share)) = chunks.blocking_recv() {
            receiving.write(&chunk)?;
            drop((chunk, share));
        }
        receiving.sync()?;
        Ok(receiving)
    });
    (writer, written)
}

impl Fetching<'_> {
    async fn run(&mut self) -> Result<(), Waits> {
        let mut stop = self.transfers.parts.stop.clone();
        let mut changes: watch::Receiver<()> = self.transfers.parts.peers.changes();
        self.look_for_source()?;
        loop {
            if let ControlFlow::Break(ended) = self.note_events().await {
                return ended;
            }
            if self.ticket.is_none() && !self.is_idle {
                self.ticket = Some(self.transfers.pulled.request(self.transfer.peer));
            }
            let now = self.transfers.parts.clock.now();
            let rest = self.pull.poll_timeout().map(|due| due.since(now));
            tokio::select! {
                share = granted(&mut self.ticket) => self.ask_next(share),
                Some(done) = self.requests.join_next() => {
                    self.is_idle = false;
                    // One that was given up has nothing to say.
                    if let Ok(fetched) = done {
                        self.take(fetched).await?;
                    }
                }
                Ok(()) = changes.changed() => {
                    self.is_idle = false;
                    self.look_for_source()?;
                }
                () = sleep(rest.unwrap_or(Duration::MAX)), if rest.is_some() => {
                    self.is_idle = false;
                    self.pull.handle_timeout(self.transfers.parts.clock.now());
                }
                () = self.writer.closed() => return Err(Waits::Disk),
                () = stop.stopping() => return Err(Waits::Turn),
            }
        }
    }

    /// Asks over the connection that stands now.
    fn look_for_source(&mut self) -> Result<(), Waits> {
        let asker = self.transfers.parts.peers.asker(self.transfer.peer);
        let before = self.source.as_ref().map(Asker::link);
        let now = asker.as_ref().map(Asker::link);
        if before != now {
            if let Some(gone) = before {
                self.pull.handle_disconnected(SourceId(gone.0));
            }
            if let Some(new) = now {
                self.pull.handle_connected(SourceId(new.0));
            }
            self.source = asker;
        }
        if self.source.is_some() {
            Ok(())
        } else {
            Err(Waits::Connection)
        }
    }

    /// What the pull has to say; `Break` where it is at its end.
    async fn note_events(&mut self) -> ControlFlow<Result<(), Waits>> {
        while let Some(event) = self.pull.poll_event() {
            match event {
                PullEvent::Complete => return ControlFlow::Break(Ok(())),
                PullEvent::Misbehaved { wrong, .. } => {
                    let what = PeerMisbehaved::WrongChunk(wrong);
                    let waits = self.transfers.blame(self.transfer, what).await;
                    return ControlFlow::Break(Err(waits));
                }
                PullEvent::Lacking { .. } => return ControlFlow::Break(Err(Waits::Absent)),
                PullEvent::Late { index, .. } => {
                    if let Some(request) = self.aborts.remove(&index) {
                        request.abort();
                    }
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Asks for the next chunk, now that there is room for one.
    fn ask_next(&mut self, share: Share) {
        self.ticket = None;
        let now = self.transfers.parts.clock.now();
        let Some((source, request)) = self.pull.poll_request(now) else {
            self.is_idle = true;
            return;
        };
        let Some(asker) = self.source.clone() else {
            return;
        };
        let (transfers, attachment) = (Arc::clone(self.transfers), Arc::clone(self.attachment));
        let ask = async move {
            let index = request.index;
            let outcome = ask(&transfers, &asker, attachment, request, share).await;
            Fetched {
                source,
                index,
                outcome,
            }
        };
        self.aborts.insert(request.index, self.requests.spawn(ask));
    }

    async fn take(&mut self, fetched: Fetched) -> Result<(), Waits> {
        let Fetched {
            source,
            index,
            outcome,
        } = fetched;
        self.aborts.remove(&index);
        let now = self.transfers.parts.clock.now();
        match outcome {
            Ok((chunk, share)) => {
                if self.pull.handle_chunk(source, &chunk, now) == Arrival::New {
                    let length = chunk.bytes().len();
                    self.present_bytes += length as u64;
                    self.transfers.parts.metrics.transfers.received(length);
                    self.note_progress();
                    self.writer.send((chunk, share)).await.map_err(|_| Waits::Disk)?;
                }
            }
            Err(Failed::Wrong(wrong)) => self.pull.handle_wrong(source, wrong),
            Err(Failed::Absent) => self.pull.handle_absent(source),
            Err(Failed::Busy(wait)) => self.pull.handle_busy(source, index, wait, now),
            Err(Failed::Unanswered) => self.pull.handle_unanswered(source, index, now),
            Err(Failed::Unexpected(kind)) => {
                let what = PeerMisbehaved::Unexpected(kind);
                return Err(self.transfers.blame(self.transfer, what).await);
            }
        }
        Ok(())
    }

    fn note_progress(&self) {
        let mut board = self.transfers.board();
        board.progressed(self.transfer, self.attachment.id(), self.present_bytes);
    }
}

/// A share, when it is our turn; never, where none was asked for.
async fn granted(ticket: &mut Option<oneshot::Receiver<Share>>) -> Share {
    if let Some(waiting) = ticket
        && let Ok(share) = waiting.await
    {
        return share;
    }
    std::future::pending().await
}

/// Asks for one chunk, and holds it against the manifest on a thread that may take its time.
async fn ask(
    transfers: &Transfers,
    asker: &Asker,
    attachment: Arc<Attachment>,
    request: ChunkRequest,
    share: Share,
) -> Result<(VerifiedChunk, Share), Failed> {
    let index = request.index;
    let answer = asker
        .ask(Frame::ChunkRequest(request), Urgency::Bulk, CHUNK_TIMEOUT)
        .await;
    let bytes = match answer {
        Ok(Frame::Chunk(Chunk { index: said, bytes })) if said == index => bytes,
        Ok(Frame::Chunk(_)) => return Err(Failed::Wrong(WrongChunk::Content { index })),
        Ok(Frame::Absent) | Err(Unanswered::Unsupported) => return Err(Failed::Absent),
        Ok(other) => return Err(Failed::Unexpected(other.kind())),
        Err(Unanswered::Busy(wait)) => return Err(Failed::Busy(wait)),
        Err(Unanswered::Gone | Unanswered::TooSlow | Unanswered::Misbehaved) => {
            return Err(Failed::Unanswered);
        }
    };
    let Ok(worker) = Arc::clone(&transfers.workers).acquire_owned().await else {
        return Err(Failed::Unanswered);
    };
    let checked = tokio::task::spawn_blocking(move || {
        let _worker = worker;
        attachment.check_chunk(index, bytes)
    });
    match checked.await {
        Ok(Ok(chunk)) => Ok((chunk, share)),
        Ok(Err(wrong)) => Err(Failed::Wrong(wrong)),
        Err(_) => Err(Failed::Unanswered),
    }
}
