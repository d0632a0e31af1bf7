//! The node's own keys.

use hyper::Method;

use super::call::read_json;
use super::{Client, ClientError};
use crate::headers::IdempotencyKey;
use crate::paths;
use crate::types::{KeyTerm, Reloaded};

impl Client {
    /// Every key of the node, with its days.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn keys(&self) -> Result<Vec<KeyTerm>, ClientError> {
        self.get(paths::KEYS).await
    }

    /// Has directory and keys read again, as SIGHUP does. What cannot be used stays as it was, and is named
    /// in [`Reloaded::problem`].
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for who is no operator.
    pub async fn reload(&self, key: &IdempotencyKey) -> Result<Reloaded, ClientError> {
        let call = self.call(Method::POST, paths::RELOAD).key(key);
        read_json(call.run().await?).await
    }
}
