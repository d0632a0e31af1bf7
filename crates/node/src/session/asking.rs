//! Asking a peer for what is not the core's: a newer directory, a chunk, an echo.
//!
//! The core's own requests go through [`Link`](super::Link); they have a queue of their own, which nothing
//! else can fill.

use std::time::Duration;

use protocol::frame::Frame;
use protocol::ids::PartyCode;
use tokio::sync::{mpsc, oneshot};

use super::LinkId;

/// How urgently a stream's bytes go, against the other streams of its connection: the later, the sooner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// Chunks of attachments, below everything else: an emergency overtakes gigabytes.
    Bulk,
    /// As a routine message.
    Routine,
    /// As an urgent one.
    Urgent,
    /// As an emergency.
    Emergency,
    /// Answers: small, and each frees what the other side keeps.
    Answer,
}

/// One request that waits for its stream.
#[derive(Debug)]
pub struct Question {
    /// What is asked.
    pub frame: Frame,
    /// How urgently.
    pub urgency: Urgency,
    /// How long the answer's first byte may take.
    pub patience: Duration,
    /// Told the answer. Once nobody waits for it any more, the stream is given up.
    pub answer: oneshot::Sender<Result<Frame, Unanswered>>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The connection, or the stream, ended first.
    #[error("the connection ended first")]
    Gone,
    /// It took too long.
    #[error("the peer took too long")]
    TooSlow,
    /// The peer asks for patience.
    #[error("the peer is busy")]
    Busy(Duration),
    /// The peer does not know such a request.
    #[error("the peer does not know this request")]
    Unsupported,
    /// The answer is no frame: the connection is being closed.
    #[error("the peer broke the protocol")]
    Misbehaved,
}

/// Asks one peer over one connection. Cheap to clone; of no more use once that connection is gone.
#[derive(Debug, Clone)]
pub struct Asker {
    peer: PartyCode,
    link: LinkId,
    questions: mpsc::Sender<Question>,
}

impl Asker {
    /// An asker, and the end that the connection's task reads; `capacity` questions wait for it at most.
    #[must_use]
    pub fn new(peer: PartyCode, link: LinkId, capacity: usize) -> (Self, mpsc::Receiver<Question>) {
        let (questions, asked) = mpsc::channel(capacity);
        (
            Self {
                peer,
                link,
                questions,
            },
            asked,
        )
    }

    /// Who is asked.
    #[must_use]
    pub fn peer(&self) -> PartyCode {
        self.peer
    }

    /// Over which connection.
    #[must_use]
    pub fn link(&self) -> LinkId {
        self.link
    }

    /// Asks, on a stream of its own. The answer is a whole frame within its limits, and nothing more was
    /// checked of it. Dropping the future gives the stream up.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub async fn ask(&self, frame: Frame, urgency: Urgency, patience: Duration) -> Result<Frame, Unanswered> {
        let (answer, answered) = oneshot::channel();
        let question = Question {
            frame,
            urgency,
            patience,
            answer,
        };
        self.questions
            .send(question)
            .await
            .map_err(|_| Unanswered::Gone)?;
        match answered.await.map_err(|_| Unanswered::Gone)?? {
            Frame::Busy { retry_after_ms } => {
                Err(Unanswered::Busy(Duration::from_millis(retry_after_ms.into())))
            }
            Frame::Unsupported => Err(Unanswered::Unsupported),
            frame => Ok(frame),
        }
    }

    /// Waits until the connection is gone.
    pub async fn closed(&self) {
        self.questions.closed().await;
    }
}

#[cfg(test)]
mod tests;
