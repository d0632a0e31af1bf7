//! Asking one witness to cosign one head.

use std::sync::Arc;

use ::ledger::head::SignedHead;
use ::ledger::note::{Note, SignatureLine};
use ::ledger::witness::{AddCheckpoint, Outcome, RequestError, Status, Submitter, WitnessMisbehaved};
use store::Reader;

use super::path::{Messenger, Unreached, WitnessPath};
use super::tree::{self, TreeError};
use crate::limits::WITNESS_REQUESTS_MAX;

/// What a witness said.
#[derive(Debug)]
pub(super) enum Told {
    /// It has cosigned.
    Cosigned(Vec<SignatureLine>),
    /// It knows more of our ledger than we do, or another history; and the head that it knows, if it gives
    /// one.
    Against(Option<Note>),
}

/// Why a witness has not cosigned.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{0}")]
    Unreached(#[from] Unreached),
    #[error("it refuses: {}", .0.code())]
    Refused(Status),
    #[error("{0}")]
    Misbehaved(#[from] WitnessMisbehaved),
    #[error("our tree: {0}")]
    Tree(String),
    #[error("it names another size each time")]
    Undecided,
}

/// What it takes to ask.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) messenger: Messenger,
    pub(super) path: WitnessPath,
    pub(super) reader: Arc<dyn Reader>,
    pub(super) head: SignedHead,
}

/// Why there is no request.
enum NoRequest {
    /// The witness stands beyond our head.
    RolledBack,
    Trouble(Trouble),
}

impl Question {
    /// Asks until the witness has decided. `submitter` learns where it stands.
    pub(super) async fn ask(&self, submitter: &mut Submitter) -> Result<Told, Trouble> {
        for _ in 0..WITNESS_REQUESTS_MAX {
            let request = match self.request(submitter).await {
                Ok(request) => request,
                Err(NoRequest::RolledBack) => return self.against().await,
                Err(NoRequest::Trouble(trouble)) => return Err(trouble),
            };
            let answer = self.messenger.add_checkpoint(&self.path, &request).await?;
            match submitter.handle_answer(&request, answer)? {
                Outcome::Cosigned(lines) => return Ok(Told::Cosigned(lines)),
                Outcome::AskAgain => {}
                Outcome::RolledBack { .. } | Outcome::Contradicted { .. } => return self.against().await,
                Outcome::Refused(status) => return Err(Trouble::Refused(status)),
            }
        }
        Err(Trouble::Undecided)
    }

    /// The head that the witness has: what it claims counts for nothing without our own signature.
    async fn against(&self) -> Result<Told, Trouble> {
        let origin = &self.head.checkpoint().origin;
        Ok(Told::Against(self.messenger.head(&self.path, origin).await?))
    }

    async fn request(&self, submitter: &Submitter) -> Result<AddCheckpoint, NoRequest> {
        let (submitter, this) = (submitter.clone(), self.clone());
        let made = tokio::task::spawn_blocking(move || {
            let mut nodes = tree::nodes(&*this.reader, this.head.checkpoint());
            submitter.request(&this.head, &mut nodes)
        });
        let trouble = |what: String| NoRequest::Trouble(Trouble::Tree(what));
        match made.await {
            Ok(Ok(request)) => Ok(request),
            Ok(Err(RequestError::<TreeError>::RolledBack { .. })) => Err(NoRequest::RolledBack),
            Ok(Err(error)) => Err(trouble(error.to_string())),
            Err(error) => Err(trouble(error.to_string())),
        }
    }
}
