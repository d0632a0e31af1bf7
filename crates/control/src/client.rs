//! Asks the node over its control socket.
//!
//! A connection whose answer was read is kept for the next question. Every answer has a time limit and a size
//! limit, so a client never hangs on a node that is stuck.

mod alarms;
mod attachments;
mod call;
mod connections;
mod erasure;
mod error;
mod export;
mod figures;
mod keys;
mod logs;
mod officers;
mod peers;
mod range;
pub(crate) mod stream;
mod witness;

use std::path::Path;
use std::time::Duration;

use hyper::Method;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::headers::IdempotencyKey;
use crate::limits::{ANSWER_TIMEOUT, LONG_POLL_MS_MAX};
use crate::paths;
use crate::types::{
    CaseDetail, CaseSummary, CheckReport, CheckRequest, DirectorySummary, InboxItem, MessageStatus,
    NodeStatus, ReceiptDocument, SendRequest, Sent, StoredDraft, Wait,
};

pub use attachments::AttachmentContent;
pub use error::ClientError;
pub use export::BundleFile;
pub use stream::EventStream;

use call::{Call, read_bytes, read_json, read_text};
use connections::Connections;

/// A node that answers on its control socket.
#[derive(Debug, Clone)]
pub struct Client {
    officer: Option<String>,
    connections: Connections,
}

impl Client {
    /// Makes sure that a node answers at `socket`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] and [`ClientError::NotAllowed`] say what to do next.
    pub async fn connect(socket: &Path) -> Result<Self, ClientError> {
        call::open(socket).await?;
        Ok(Self {
            officer: None,
            connections: Connections::to(socket),
        })
    }

    /// The same client, for an officer whose name goes with every write.
    #[must_use]
    pub fn acting_as(mut self, officer: &str) -> Self {
        self.officer = Some(officer.to_owned());
        self
    }

    /// The socket at which the node answers.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.connections.socket()
    }

    /// How the node is.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn status(&self) -> Result<NodeStatus, ClientError> {
        self.get(paths::STATUS).await
    }

    /// The directory in use, without its keys.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 while the node has none.
    pub async fn directory(&self) -> Result<DirectorySummary, ClientError> {
        self.get(paths::DIRECTORY).await
    }

    /// The directory's signed bytes.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 while the node has none.
    pub async fn directory_document(&self) -> Result<Vec<u8>, ClientError> {
        self.get_bytes(paths::DIRECTORY_DOCUMENT).await
    }

    /// Whether a draft could be sent. Nothing is recorded.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 422 and all faults, when it breaks a rule.
    pub async fn check(&self, request: &CheckRequest) -> Result<CheckReport, ClientError> {
        read_json(
            self.call(Method::POST, paths::DRAFTS_CHECK)
                .json(request)?
                .run()
                .await?,
        )
        .await
    }

    /// Sends a message. It is durably recorded when this returns. The same `key` again is the same message
    /// `[IDEMPOTENT]`, so a caller that lost the answer may simply ask again.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 422 and all faults, when it breaks a rule.
    pub async fn send(&self, request: &SendRequest, key: &IdempotencyKey) -> Result<Sent, ClientError> {
        read_json(
            self.call(Method::POST, paths::MESSAGES)
                .key(key)
                .json(request)?
                .run()
                .await?,
        )
        .await
    }

    /// Stores a draft in the node, outside the ledger.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 422 and all faults, when it breaks a rule.
    pub async fn store_draft(
        &self,
        request: &SendRequest,
        key: &IdempotencyKey,
    ) -> Result<StoredDraft, ClientError> {
        read_json(
            self.call(Method::POST, paths::DRAFTS)
                .key(key)
                .json(request)?
                .run()
                .await?,
        )
        .await
    }

    /// The drafts that the node keeps.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn drafts(&self) -> Result<Vec<StoredDraft>, ClientError> {
        self.get(paths::DRAFTS).await
    }

    /// Sends a stored draft.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for an unknown draft, with 422 when it breaks a rule by now.
    pub async fn send_draft(&self, draft: &str, key: &IdempotencyKey) -> Result<Sent, ClientError> {
        read_json(
            self.call(Method::POST, &paths::draft_send(draft))
                .key(key)
                .run()
                .await?,
        )
        .await
    }

    /// Where a message is, now.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for a message that is not ours.
    pub async fn message(&self, message: &str) -> Result<MessageStatus, ClientError> {
        self.get(&paths::message(message, None)).await
    }

    /// Waits until `wait` is reached for every recipient, or `timeout` is over. Which of the two, the answer
    /// says (`reached`).
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for a message that is not ours.
    pub async fn wait_for(
        &self,
        message: &str,
        wait: Wait,
        timeout: Duration,
    ) -> Result<MessageStatus, ClientError> {
        let end = Instant::now() + timeout;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let poll_ms = u64::try_from(left.as_millis())
                .unwrap_or(u64::MAX)
                .min(LONG_POLL_MS_MAX);
            let path = paths::message(message, Some((wait, poll_ms)));
            let answer = self
                .call(Method::GET, &path)
                .within(Duration::from_millis(poll_ms) + ANSWER_TIMEOUT)
                .run()
                .await?;
            let status: MessageStatus = read_json(answer).await?;
            if status.reached || Instant::now() >= end {
                return Ok(status);
            }
        }
    }

    /// The receipt that `to` gave for a message.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 while there is none.
    pub async fn receipt(&self, message: &str, to: &str) -> Result<ReceiptDocument, ClientError> {
        self.get(&paths::message_receipt(message, to)).await
    }

    /// What was received.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn inbox(&self) -> Result<Vec<InboxItem>, ClientError> {
        self.get(paths::INBOX).await
    }

    /// A page of cases, latest first: `before` is the last case of the page before.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn cases(
        &self,
        limit: Option<u32>,
        before: Option<&str>,
    ) -> Result<Vec<CaseSummary>, ClientError> {
        self.get(&paths::cases(limit, before)).await
    }

    /// One case, by its id, an unambiguous beginning of it, or the id of any of its messages.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 when there is none, with 409 when several begin so.
    pub async fn case(&self, reference: &str) -> Result<CaseDetail, ClientError> {
        self.get(&paths::case(reference)).await
    }

    /// What happens from now on.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn events(&self) -> Result<EventStream, ClientError> {
        Ok(EventStream::new(
            self.call(Method::GET, paths::EVENTS).run().await?,
        ))
    }

    /// The ledger's verifier key: one line.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn ledger_key(&self) -> Result<String, ClientError> {
        self.get_text(paths::LEDGER_KEY).await
    }

    /// The latest checkpoint: a signed note.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 while the ledger is empty.
    pub async fn ledger_checkpoint(&self) -> Result<String, ClientError> {
        self.get_text(paths::LEDGER_CHECKPOINT).await
    }

    /// A tile or entry bundle, by its tlog-tiles path without the leading `tile/`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for one that the latest checkpoint does not cover.
    pub async fn ledger_tile(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        self.get_bytes(&paths::ledger_tile(path)).await
    }

    /// A tlog-proof for a leaf, in the tree of `size` or the latest.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for a leaf or a size that does not exist.
    pub async fn ledger_proof(&self, index: u64, size: Option<u64>) -> Result<String, ClientError> {
        self.get_text(&paths::ledger_proof(index, size)).await
    }

    /// One leaf's bytes.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for a leaf that does not exist.
    pub async fn ledger_leaf(&self, index: u64) -> Result<Vec<u8>, ClientError> {
        self.get_bytes(&paths::ledger_leaf(index)).await
    }

    /// Asks the node to stop, as SIGTERM does. It finishes what is under way after this returns.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn stop(&self, key: &IdempotencyKey) -> Result<(), ClientError> {
        self.call(Method::POST, paths::NODE_STOP)
            .key(key)
            .run()
            .await
            .map(drop)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        read_json(self.call(Method::GET, path).run().await?).await
    }

    async fn get_bytes(&self, path: &str) -> Result<Vec<u8>, ClientError> {
        read_bytes(self.call(Method::GET, path).run().await?).await
    }

    async fn get_text(&self, path: &str) -> Result<String, ClientError> {
        read_text(self.call(Method::GET, path).run().await?).await
    }

    fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call::new(&self.connections, method, path, self.officer.as_deref())
    }
}

#[cfg(test)]
mod tests;
