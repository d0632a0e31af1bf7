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
use super::endpoint::Context;
use super::frames::{self, Budget, FrameError};
use super::silence::Asking;
use super::vouching::Vouching;
use crate::limits;
use crate::session::{Question, Unanswered, Urgency};
use crate::wake::Wake;

mod attachments;

/// What the streams of one connection share.
pub(super) struct Streams {
    pub(super) context: Arc<Context>,
    pub(super) connection: Connection,
    pub(super) peer: PartyCode,
    pub(super) vouching: Vouching,
    pub(super) budget: Budget,
    pub(super) last_seen: Arc<AtomicU64>,
    pub(super) asking: Asking,
}

impl Streams {
    /// Answers a request.
    pub(super) async fn serve(self: Arc<Self>, mut send: SendStream, mut receive: RecvStream) {
        let _ = send.set_priority(stream_priority(Urgency::Answer));
        let frame = match frames::read_request(&mut receive, &self.budget, limits::FIRST_FRAME_TIMEOUT).await
        {
            Ok(frame) => frame,
            Err(FrameError::UnknownKind) => {
                let _ = frames::write(&mut send, Frame::Unsupported).await;
                return;
            }
            Err(FrameError::Malformed(error)) => return self.broke(error.into()).await,
            Err(FrameError::NoRequest(kind)) => return self.broke(PeerMisbehaved::Unexpected(kind)).await,
            Err(error @ (FrameError::Broken | FrameError::TooSlow)) => {
                tracing::debug!(peer = %self.peer, %error, "a request came to nothing");
                return;
            }
        };
        // Every request: the directory may have changed since the last.
        if !self.vouching.holds() {
            let why = CloseCode::NotInDirectory;
            return self.connection.close(why.code(), b"not in the directory");
        }
        if let Frame::DirectoryRequest { version, digest } = frame {
            return self.give_directory(send, version, digest).await;
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
            let _ = frames::write(&mut send, frame).await;
            // Until the peer has it, or is gone: dropping the stream must not cut it off.
            let _ = send.stopped().await;
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
        let number = self.context.clock.now().0;
        if let Ok((mut send, mut receive)) = self.connection.open_bi().await
            && frames::write(&mut send, Frame::Ping(number)).await.is_ok()
        {
            let _ = frames::read(&mut receive, &self.budget, self.context.request_timeout).await;
        }
    }

    async fn answer_to(&self, priority: Priority, request: &Request) -> Result<Checked, AskError> {
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
        let (mut send, mut receive) = timeout(self.context.request_timeout, self.connection.open_bi())
            .await
            .map_err(|_| AskError::Frame(FrameError::TooSlow))?
            .map_err(|_| AskError::Frame(FrameError::Broken))?;
        let _ = send.set_priority(stream_priority(match priority {
            Priority::Routine => Urgency::Routine,
            Priority::Urgent => Urgency::Urgent,
            Priority::Emergency => Urgency::Emergency,
        }));
        frames::write(&mut send, frame).await?;
        let frame = match frames::read(&mut receive, &self.budget, self.patience(request)).await {
            Err(FrameError::Malformed(error)) => return Err(AskError::Misbehaved(error.into())),
            other => other?,
        };
        Ok(self.check(frame, asked)?)
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
        match frames::read(&mut receive, &self.budget, patience).await {
            Ok(frame) => {
                let now = self.context.clock.now();
                self.last_seen.fetch_max(now.0, Ordering::Relaxed);
                Ok(frame)
            }
            Err(FrameError::TooSlow) => Err(Unanswered::TooSlow),
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
