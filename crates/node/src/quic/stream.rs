//! One stream per exchange: a request frame one way, an answer frame the other.
//!
//! What is costly and pure (signatures, digests, proofs: [`protocol::check`]) happens here, in the
//! stream's own task, so that all cores share it and the core sees only what was checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::check::{Asked, Checked, Circumstances, PeerMisbehaved, check};
use protocol::digest::Digest;
use protocol::envelope::Priority;
use protocol::exchange::{Incoming, Request};
use protocol::frame::Frame;
use protocol::ids::PartyCode;
use quinn::{Connection, RecvStream, SendStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::CloseCode;
use super::budget::Budget;
use super::endpoint::Context;
use super::frames::{self, FrameError};
use super::rates::Gate;
use super::silence::Asking;
use super::vouching::Vouching;
use crate::limits;
use crate::session::{Question, Unanswered, Urgency};
use crate::wake::Wake;

mod attachments;
mod witness;

/// What the streams of one connection share.
pub(super) struct Streams {
    pub(super) context: Arc<Context>,
    pub(super) connection: Connection,
    pub(super) peer: PartyCode,
    pub(super) vouching: Vouching,
    pub(super) budget: Budget,
    /// How many frames a second.
    pub(super) gate: Gate,
    pub(super) last_seen: Arc<AtomicU64>,
    pub(super) asking: Asking,
}

impl Streams {
    /// The peer's next stream, not sooner than the peer may have one. `None` once the connection has ended.
    /// What comes too fast waits unread, in windows that QUIC keeps small.
    pub(super) async fn next(&self) -> Option<(SendStream, RecvStream)> {
        if self.gate.opens().await {
            self.context.metrics.throttled(self.peer);
        }
        let stream = self.connection.accept_bi().await.ok()?;
        self.gate.take(1);
        Some(stream)
    }

    /// Answers a request.
    pub(super) async fn serve(self: Arc<Self>, mut send: SendStream, mut receive: RecvStream) {
        let _ = send.set_priority(stream_priority(Urgency::Answer));
        let room = &self.budget.incoming;
        let received = match frames::read_request(&mut receive, room, limits::FIRST_FRAME_TIMEOUT).await {
            Ok(received) => received,
            Err(FrameError::UnknownKind) => {
                let _ = frames::write(&mut send, Frame::Unsupported).await;
                return;
            }
            Err(FrameError::Malformed(error)) => return self.broke(error.into()).await,
            Err(FrameError::NoRequest(kind)) => return self.broke(PeerMisbehaved::Unexpected(kind)).await,
            Err(FrameError::NoRoom) => return self.put_off(send).await,
            Err(error @ (FrameError::Broken | FrameError::TooSlow)) => {
                if matches!(error, FrameError::TooSlow) {
                    self.context
                        .metrics
                        .stream_given_up(self.peer, "request_too_slow");
                }
                tracing::debug!(peer = %self.peer, %error, "a request came to nothing");
                return;
            }
        };
        self.gate
            .take(received.length_bytes as u64 / limits::FRAME_COUNTED_BYTES);
        // Every request: the directory may have changed since the last.
        if !self.vouching.holds() {
            let why = CloseCode::NotInDirectory;
            return self.connection.close(why.code(), b"not in the directory");
        }
        // Its bytes are in memory until it is answered, wherever it waits meanwhile.
        let (frame, _room) = (received.frame, received.share);
        if let Frame::DirectoryRequest { version, digest } = frame {
            return self.give_directory(send, version, digest).await;
        }
        if Self::is_for_witness(&frame) {
            return self.give_witness(send, frame).await;
        }
        if self.is_shunned() && !matches!(frame, Frame::Ping(_)) {
            return self.shun(send).await;
        }
        if matches!(frame, Frame::ManifestRequest(_) | Frame::ChunkRequest(_)) {
            return self.give_attachment(send, frame).await;
        }
        let checked = match self.check(frame, Asked::Nothing) {
            Ok(checked) => checked,
            Err(what) => return self.broke(what).await,
        };
        let (answer, answered) = oneshot::channel();
        let wake = Wake::Frame {
            incoming: Box::new(self.incoming(checked, None)),
            answer: Some(answer),
        };
        if self.context.wakes.send(wake).await.is_err() {
            return;
        }
        // The core always answers, unless it ends.
        if let Ok(frame) = answered.await {
            self.answer(send, frame).await;
        }
    }

    /// Answers with the directory, or with nothing.
    async fn give_directory(&self, mut send: SendStream, version: u64, digest: Digest) {
        let now = self.context.clock.now();
        self.last_seen.fetch_max(now.0, Ordering::Relaxed);
        let served = self.context.gossip.answer(self.peer, version, digest);
        let (frame, _place) = served.into_parts();
        // Below the answers to messages: it may be megabytes, and no officer waits for it.
        let _ = send.set_priority(stream_priority(Urgency::Routine));
        let sent = async {
            let _ = frames::write(&mut send, frame).await;
            let _ = send.stopped().await;
        };
        if timeout(limits::DIRECTORY_FETCH_TIMEOUT, sent).await.is_err() {
            let _ = send.reset(quinn::VarInt::from_u32(0));
        }
    }

    /// Answers, and waits until the peer has it, or is gone: a stop must not cut it off.
    async fn answer(&self, mut send: SendStream, frame: Frame) {
        let taken = async {
            frames::write(&mut send, frame).await?;
            timeout(limits::ANSWER_TAKEN_WITHIN, send.stopped())
                .await
                .map_err(|_| FrameError::TooSlow)
        };
        if let Err(FrameError::TooSlow) = taken.await {
            self.context
                .metrics
                .stream_given_up(self.peer, "answer_not_taken");
        }
    }

    /// There is no room for what the peer sends: it is to send it again.
    async fn put_off(&self, send: SendStream) {
        self.context.metrics.put_off(self.peer, "no_room");
        let wait_ms = limits::NO_ROOM_RETRY_AFTER.as_millis();
        let retry_after_ms = u32::try_from(wait_ms).unwrap_or(u32::MAX);
        self.answer(send, Frame::Busy { retry_after_ms }).await;
    }

    /// Asks, and tells the core what came of it.
    pub(super) async fn ask(self: Arc<Self>, item: Digest, priority: Priority, request: Request) {
        let _asked = self.asking.begin();
        let wake = match self.answer_to(priority, &request).await {
            Ok(checked) => Wake::Frame {
                incoming: Box::new(self.incoming(checked, Some(item))),
                answer: None,
            },
            Err(error) => {
                tracing::debug!(peer = %self.peer, %error, "a request went unanswered");
                if let AskError::Misbehaved(what) = error {
                    self.broke(what).await;
                }
                Wake::Unanswered(item)
            }
        };
        let _ = self.context.wakes.send(wake).await;
    }

    /// Makes the peer show that it still has this connection: if it was restarted, it resets it.
    pub(super) async fn prove(self: Arc<Self>) {
        let _asked = self.asking.begin();
        let (number, patience) = (self.context.clock.now().0, self.context.request_timeout);
        let opened = timeout(patience, self.connection.open_bi()).await;
        if let Ok(Ok((mut send, mut receive))) = opened
            && frames::write(&mut send, Frame::Ping(number)).await.is_ok()
        {
            let _ = frames::read(&mut receive, &self.budget.incoming, patience).await;
        }
    }

    async fn answer_to(&self, priority: Priority, request: &Request) -> Result<Checked, AskError> {
        let late = |_| AskError::Frame(FrameError::TooSlow);
        // Room and stream first: what waits for a peer that does not read waits in the store.
        let needed_bytes = usize::try_from(length_bytes(request)).unwrap_or(usize::MAX);
        let room = self.budget.outgoing.take(needed_bytes);
        let _room = timeout(self.context.request_timeout, room).await.map_err(late)?;
        let (mut send, mut receive) = timeout(self.context.request_timeout, self.connection.open_bi())
            .await
            .map_err(late)?
            .map_err(|_| AskError::Frame(FrameError::Broken))?;
        let (frame, asked) = match request {
            Request::Envelope { header, payload } => {
                let length_bytes = length_bytes(request);
                let payload = self.context.payloads.load(*payload, length_bytes).await;
                let payload = payload.ok_or(AskError::NoPayload)?;
                let frame = Frame::Envelope {
                    header: header.clone(),
                    payload,
                };
                (frame, Asked::Envelope(header))
            }
            Request::Consignment(report) => (Frame::Consignment(report.clone()), Asked::Consignment(report)),
            Request::Completion(statement) => {
                (Frame::Completion(statement.clone()), Asked::Completion(statement))
            }
        };
        let _ = send.set_priority(stream_priority(match priority {
            Priority::Routine => Urgency::Routine,
            Priority::Urgent => Urgency::Urgent,
            Priority::Emergency => Urgency::Emergency,
        }));
        frames::write(&mut send, frame).await?;
        let room = &self.budget.incoming;
        let received = match frames::read(&mut receive, room, self.patience(request)).await {
            Err(FrameError::Malformed(error)) => return Err(AskError::Misbehaved(error.into())),
            other => other?,
        };
        Ok(self.check(received.frame, asked)?)
    }

    /// Puts a question that is not the core's. Once nobody waits for the answer, the stream is given up.
    pub(super) async fn put(self: Arc<Self>, question: Question) {
        let _asked = self.asking.begin();
        let Question {
            frame,
            urgency,
            patience,
            mut answer,
        } = question;
        let answered = tokio::select! {
            answered = self.answer_to_question(frame, urgency, patience) => answered,
            () = answer.closed() => return,
        };
        // Whoever asked may have gone a moment ago.
        let _ = answer.send(answered);
    }

    async fn answer_to_question(
        &self,
        frame: Frame,
        urgency: Urgency,
        patience: Duration,
    ) -> Result<Frame, Unanswered> {
        let (mut send, mut receive) = timeout(patience, self.connection.open_bi())
            .await
            .map_err(|_| Unanswered::TooSlow)?
            .map_err(|_| Unanswered::Gone)?;
        let _ = send.set_priority(stream_priority(urgency));
        frames::write(&mut send, frame)
            .await
            .map_err(|_| Unanswered::Gone)?;
        match frames::read(&mut receive, &self.budget.incoming, patience).await {
            Ok(received) => {
                let now = self.context.clock.now();
                self.last_seen.fetch_max(now.0, Ordering::Relaxed);
                Ok(received.frame)
            }
            Err(FrameError::TooSlow | FrameError::NoRoom) => Err(Unanswered::TooSlow),
            Err(FrameError::Broken | FrameError::NoRequest(_)) => Err(Unanswered::Gone),
            Err(FrameError::UnknownKind) => Err(Unanswered::Unsupported),
            Err(FrameError::Malformed(error)) => {
                self.broke(error.into()).await;
                Err(Unanswered::Misbehaved)
            }
        }
    }

    /// A large envelope takes its time on a slow line before there can be an answer.
    fn patience(&self, request: &Request) -> Duration {
        let travel = Duration::from_secs(length_bytes(request) / limits::FRAME_RATE_BYTES_PER_SECOND_MIN);
        self.context.request_timeout.saturating_add(travel)
    }

    fn check(&self, frame: Frame, asked: Asked<'_>) -> Result<Checked, PeerMisbehaved> {
        let now = self.context.clock.now();
        self.last_seen.fetch_max(now.0, Ordering::Relaxed);
        let accepted = self.context.directory.current();
        let circumstances = Circumstances {
            peer: self.peer,
            own: self.context.own,
            directory: &accepted.directory,
            now,
            asked,
        };
        let checked = check(frame, &circumstances);
        if let Ok(Checked::UnknownKey(_)) = &checked {
            // It may be that our directory is the older one.
            self.context.gossip.hear(self.peer, 0);
        }
        checked
    }

    fn incoming(&self, frame: Checked, asked: Option<Digest>) -> Incoming {
        Incoming {
            peer: self.peer,
            stream: None,
            asked,
            frame,
            known: None,
        }
    }

    /// The core closes the connection, and remembers it.
    async fn broke(&self, what: PeerMisbehaved) {
        let peer = self.peer;
        let _ = self.context.wakes.send(Wake::Misbehaved { peer, what }).await;
    }
}

/// As QUIC has it: the higher, the sooner; a stream's default is 0.
fn stream_priority(urgency: Urgency) -> i32 {
    match urgency {
        Urgency::Bulk => -8,
        Urgency::Routine => 0,
        Urgency::Urgent => 1,
        Urgency::Emergency => 2,
        Urgency::Answer => 8,
    }
}

/// How long the payload is that goes with a request.
fn length_bytes(request: &Request) -> u64 {
    match request {
        Request::Envelope { header, .. } => {
            header.peek().map_or(0, |(header, _)| header.payload_length_bytes)
        }
        Request::Consignment(_) | Request::Completion(_) => 0,
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the payload is not in the store")]
    NoPayload,
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the peer broke the protocol: {0}")]
    Misbehaved(#[from] PeerMisbehaved),
}
