//! What can go wrong between a client and the node, by who is at fault.

use std::path::PathBuf;
use std::time::Duration;

use crate::types::Problem;

/// Why a question got no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The machine: nothing listens there.
    #[error(
        "no node answers at {}: is it running? Start it with: {}",
        .socket.display(),
        crate::starting::start_command(.config)
    )]
    NotRunning {
        /// The socket that was tried.
        socket: PathBuf,
        /// Where the configuration that belongs to this socket usually lies.
        config: PathBuf,
    },
    /// The caller: the socket belongs to another user.
    #[error(
        "the control socket {} belongs to another user: run this as the node's user, or as root",
        .socket.display()
    )]
    NotAllowed {
        /// The socket that was tried.
        socket: PathBuf,
    },
    /// The caller: the path is longer than a Unix socket's address can be.
    #[error(
        "{} cannot be the path of a control socket: a Unix socket's path has at most 107 bytes",
        .socket.display()
    )]
    NotASocketPath {
        /// The path.
        socket: PathBuf,
    },
    /// The node understood, and said no.
    #[error("{problem}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        problem: Box<Problem>,
        /// By which the request is found in the node's log.
        request_id: Option<String>,
    },
    /// The node did not answer in time.
    #[error("the node did not answer within {} s; `ohrid node status` shows how it is", .after.as_secs())]
    TimedOut {
        /// How long was waited.
        after: Duration,
    },
    /// The connection broke: the node stopped, or is not a node.
    #[error("the connection to the node broke: {0}")]
    Broken(String),
    /// The caller: the file that was to be handed over cannot be read.
    #[error("the file cannot be read: {0}")]
    File(#[source] std::io::Error),
    /// The answer is larger than any answer of a node.
    #[error("the node's answer is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The answer is not what version 1 of the API says.
    #[error("the node's answer could not be read: {0}; are `ohrid` and `ohrid-node` of the same release?")]
    NotUnderstood(String),
}

impl ClientError {
    /// Whether the same question can be expected to succeed later, unchanged.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 429 | 503),
            Self::NotRunning { .. } | Self::TimedOut { .. } | Self::Broken(_) => true,
            Self::NotAllowed { .. }
            | Self::NotASocketPath { .. }
            | Self::File(_)
            | Self::TooLarge { .. }
            | Self::NotUnderstood(_) => false,
        }
    }
}
