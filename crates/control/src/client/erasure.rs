//! Erasures, holds and retention `[ERASE]`.

use hyper::Method;

use super::call::read_json;
use super::{Client, ClientError};
use crate::headers::IdempotencyKey;
use crate::limits::ERASURE_TIMEOUT;
use crate::paths;
use crate::types::{CaseOrder, Erasure, ErasureOrder, LegalHold, RetentionReport};

impl Client {
    /// Asks for a case's content to be erased. Nothing is erased before another officer approves
    /// `[FOUR-EYES]`.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for an unknown case, with 409 for one that is held, or of which
    /// something is on its way, or nothing is left.
    pub async fn ask_for_erasure(
        &self,
        order: &CaseOrder,
        key: &IdempotencyKey,
    ) -> Result<ErasureOrder, ClientError> {
        let call = self.call(Method::POST, paths::ERASURES).key(key).json(order)?;
        read_json(call.run().await?).await
    }

    /// The erasures that wait for approval, the oldest first.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn erasure_orders(&self) -> Result<Vec<ErasureOrder>, ClientError> {
        self.get(paths::ERASURES).await
    }

    /// Approves an erasure: it is recorded, and carried out.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for who asked for it and for who is no approver, with 404 for an
    /// unknown order, and as [`Client::ask_for_erasure`].
    pub async fn approve_erasure(&self, order: &str, key: &IdempotencyKey) -> Result<Erasure, ClientError> {
        let path = paths::erasure_approve(order);
        let call = self.call(Method::POST, &path).key(key).within(ERASURE_TIMEOUT);
        read_json(call.run().await?).await
    }

    /// Throws away an order that waits.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for an unknown one.
    pub async fn discard_erasure(&self, order: &str, key: &IdempotencyKey) -> Result<(), ClientError> {
        let call = self.call(Method::POST, &paths::erasure_discard(order)).key(key);
        call.run().await.map(drop)
    }

    /// Keeps a case from being erased.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for an unknown case, with 409 for one that is held.
    pub async fn hold(&self, order: &CaseOrder, key: &IdempotencyKey) -> Result<LegalHold, ClientError> {
        let call = self.call(Method::POST, paths::HOLDS).key(key).json(order)?;
        read_json(call.run().await?).await
    }

    /// Lifts a hold.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for who is no approver, with 404 for a case that is not held.
    pub async fn release_hold(&self, order: &CaseOrder, key: &IdempotencyKey) -> Result<(), ClientError> {
        let call = self
            .call(Method::POST, paths::HOLD_RELEASE)
            .key(key)
            .json(order)?;
        call.run().await.map(drop)
    }

    /// The cases that are held.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn holds(&self) -> Result<Vec<LegalHold>, ClientError> {
        self.get(paths::HOLDS).await
    }

    /// What the retention policy would erase now. Nothing is erased.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn retention(&self) -> Result<RetentionReport, ClientError> {
        let call = self.call(Method::GET, paths::RETENTION).within(ERASURE_TIMEOUT);
        read_json(call.run().await?).await
    }

    /// Erases what is due by the retention policy, now.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for who is no operator.
    pub async fn run_retention(&self, key: &IdempotencyKey) -> Result<RetentionReport, ClientError> {
        let call = self.call(Method::POST, paths::RETENTION_RUN).key(key);
        read_json(call.within(ERASURE_TIMEOUT).run().await?).await
    }
}
