//! How a witness is reached, and asking it.

use std::fmt;
use std::sync::Arc;

use ::ledger::limits::MAX_WITNESS_ANSWER_BYTES;
use ::ledger::note::Note;
use ::ledger::witness::{AddCheckpoint, Answer};
use protocol::frame::Frame;
use protocol::ids::PartyCode;

use crate::limits::WITNESS_ANSWER_TIMEOUT;
use crate::session::{Peers, Unanswered, Urgency};

/// How a witness is reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WitnessPath {
    /// It is the node of another Party: over `ohrid/1`.
    Peer(PartyCode),
    /// Over HTTP, at the URL that the policy gives: its submission prefix.
    Http(String),
}

impl fmt::Display for WitnessPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Peer(party) => fmt::Display::fmt(party, out),
            Self::Http(url) => out.write_str(url),
        }
    }
}

/// Why a witness could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// No connection stands.
    #[error("not connected")]
    NotConnected,
    /// It did not answer in time.
    #[error("no answer")]
    NoAnswer,
    /// It does not speak the witness protocol, or breaks it.
    #[error("no answer of the witness protocol")]
    NoWitness,
}

/// Asks witnesses, whatever the way to them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Messenger {
    peers: Arc<Peers>,
}

impl Messenger {
    /// One that asks over these connections.
    #[must_use]
    pub fn new(peers: Arc<Peers>) -> Self {
        Self { peers }
    }

    /// Asks for a cosignature. The answer is one of the protocol; nothing in it is checked.
    ///
    /// # Errors
    /// [`Unreached`].
    pub async fn add_checkpoint(
        &self,
        path: &WitnessPath,
        request: &AddCheckpoint,
    ) -> Result<Answer, Unreached> {
        let body = request.to_string();
        match path {
            WitnessPath::Peer(party) => {
                let answer = self.ask(*party, Frame::AddCheckpoint(body.into_bytes())).await?;
                let Frame::WitnessAnswer { status, body } = answer else {
                    return Err(Unreached::NoWitness);
                };
                Answer::parse(status, None, &body).map_err(|_| Unreached::NoWitness)
            }
            WitnessPath::Http(url) => super::http::add_checkpoint(url, body).await,
        }
    }

    /// Asks for the head of a ledger that the witness has cosigned last; `None` where it has none. Nothing
    /// in it is checked.
    ///
    /// # Errors
    /// [`Unreached`].
    pub async fn head(&self, path: &WitnessPath, origin: &str) -> Result<Option<Note>, Unreached> {
        match path {
            WitnessPath::Peer(party) => {
                let answer = self.ask(*party, Frame::HeadRequest(origin.to_owned())).await?;
                let Frame::Head(note) = answer else {
                    return Err(Unreached::NoWitness);
                };
                let note = note.filter(|note| note.len() <= MAX_WITNESS_ANSWER_BYTES);
                let note = note.map(|note| Note::parse(&note)).transpose();
                note.map_err(|_| Unreached::NoWitness)
            }
            WitnessPath::Http(url) => super::http::head(url, origin).await,
        }
    }

    async fn ask(&self, party: PartyCode, question: Frame) -> Result<Frame, Unreached> {
        let asker = self.peers.asker(party).ok_or(Unreached::NotConnected)?;
        // Small, and nobody waits for it: as a routine message.
        let asked = asker
            .ask(question, Urgency::Routine, WITNESS_ANSWER_TIMEOUT)
            .await;
        asked.map_err(|why| match why {
            Unanswered::Gone => Unreached::NotConnected,
            Unanswered::TooSlow | Unanswered::Busy(_) => Unreached::NoAnswer,
            Unanswered::Unsupported | Unanswered::Misbehaved => Unreached::NoWitness,
        })
    }
}
