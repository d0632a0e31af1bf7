//! Witnesses that are asked over HTTP (c2sp.org/tlog-witness): those of a policy file that are no Party's
//! node.

use ::ledger::note::Note;
use ::ledger::witness::Answer;

use super::path::Unreached;

/// `POST <submission prefix>/add-checkpoint`.
///
/// # Errors
/// [`Unreached`].
pub(super) async fn add_checkpoint(url: &str, _body: String) -> Result<Answer, Unreached> {
    tracing::debug!(url, "witnesses are not asked over HTTP by this release");
    Err(Unreached::NotConnected)
}

/// `GET <monitoring prefix>/<SHA-256 of the origin>/checkpoint`.
///
/// # Errors
/// [`Unreached`].
pub(super) async fn head(url: &str, _origin: &str) -> Result<Option<Note>, Unreached> {
    tracing::debug!(url, "witnesses are not asked over HTTP by this release");
    Err(Unreached::NotConnected)
}
