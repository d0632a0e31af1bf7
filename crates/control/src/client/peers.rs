//! The peers, and a test of the way to one.

use std::time::Duration;

use hyper::Method;

use super::call::read_json;
use super::{Client, ClientError};
use crate::paths;
use crate::types::{PeerDetail, PeerTest};

/// A test resolves names, dials every address and waits for an echo; the node gives up before this.
const TEST_TIMEOUT: Duration = Duration::from_secs(75);

impl Client {
    /// Every other Party's node.
    ///
    /// # Errors
    /// As for every question: see [`ClientError`].
    pub async fn peers(&self) -> Result<Vec<PeerDetail>, ClientError> {
        self.get(paths::PEERS).await
    }

    /// Tests the way to a Party's node, step by step. Nothing is recorded.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 404 for a Party that the directory does not know. That something does
    /// not work is no error: the test says so.
    pub async fn test_peer(&self, party: &str) -> Result<PeerTest, ClientError> {
        let call = self.call(Method::POST, &paths::peer_test(party));
        read_json(call.within(TEST_TIMEOUT).run().await?).await
    }
}
