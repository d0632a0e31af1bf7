//! Officers, approvals and reviews.

use hyper::Method;

use super::call::read_json;
use super::{Client, ClientError};
use crate::headers::IdempotencyKey;
use crate::paths;
use crate::types::{Approval, DraftDetail, NewOfficer, Officer, Review, Sent};

impl Client {
    /// Everybody who is or was registered, in the order of their names.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn officers(&self) -> Result<Vec<Officer>, ClientError> {
        self.get(paths::OFFICERS).await
    }

    /// Registers an officer. From the first one on, nobody else may write.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for who is no operator, with 409 where the name is taken.
    pub async fn add_officer(&self, new: &NewOfficer, key: &IdempotencyKey) -> Result<Officer, ClientError> {
        let call = self.call(Method::POST, paths::OFFICERS).key(key).json(new)?;
        read_json(call.run().await?).await
    }

    /// Removes an officer, who may not act any more. The name stays for history.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for who is no operator, with 404 for an unknown name.
    pub async fn remove_officer(&self, name: &str, key: &IdempotencyKey) -> Result<Officer, ClientError> {
        let call = self.call(Method::POST, &paths::officer_remove(name)).key(key);
        read_json(call.run().await?).await
    }

    /// A stored draft, with what it says.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for an unknown draft, with 403 for an auditor.
    pub async fn draft(&self, draft: &str) -> Result<DraftDetail, ClientError> {
        self.get(&paths::draft(draft)).await
    }

    /// Approves a stored draft, which is sent at once: both are recorded together `[FOUR-EYES]`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for its author and for who is no approver, with 422 when it breaks
    /// a rule by now.
    pub async fn approve_draft(&self, draft: &str, key: &IdempotencyKey) -> Result<Sent, ClientError> {
        let call = self.call(Method::POST, &paths::draft_approve(draft)).key(key);
        read_json(call.run().await?).await
    }

    /// Throws a stored draft away.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for an unknown draft.
    pub async fn discard_draft(&self, draft: &str, key: &IdempotencyKey) -> Result<(), ClientError> {
        let call = self.call(Method::POST, &paths::draft_discard(draft)).key(key);
        call.run().await.map(drop)
    }

    /// Messages that were sent without the approval they need, and wait for a review.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn reviews(&self) -> Result<Vec<Review>, ClientError> {
        self.get(paths::REVIEWS).await
    }

    /// Approves a message that was sent without approval, after the fact.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for who sent it and for who is no approver, with 409 where nothing
    /// is to be reviewed.
    pub async fn approve_message(
        &self,
        message: &str,
        key: &IdempotencyKey,
    ) -> Result<Approval, ClientError> {
        let call = self.call(Method::POST, &paths::message_approve(message)).key(key);
        read_json(call.run().await?).await
    }
}
