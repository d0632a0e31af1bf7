//! A handshake and no more, to see what stands in the way of a connection.
//!
//! It ends before the hello, so that a connection that stands is neither doubted nor replaced by it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use quinn::{Connection, ConnectionError};
use tokio::time::{sleep, timeout};

use super::endpoint::{BoundEndpoint, DialError};
use super::{CloseCode, refusal};
use crate::limits;

/// How often the connection is asked whether the other side has confirmed the handshake: quinn tells nobody.
const CONFIRMED_ASKED_EVERY: Duration = Duration::from_millis(5);

/// Why a handshake came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// Our socket cannot send there.
    #[error("it cannot be dialled from here: {0}")]
    Undialable(String),
    /// Nothing came back.
    #[error("nothing answers there")]
    Silent,
    /// We refused what the other side showed. The word is that of `ohrid_handshakes_refused_total`.
    #[error("we refused it: {reason} ({detail})")]
    RefusedByUs {
        /// The reason's word.
        reason: &'static str,
        /// As TLS or QUIC says it.
        detail: String,
    },
    /// The other side refused what we showed, or to talk at all.
    #[error("it refused us: {reason} ({detail})")]
    RefusedByPeer {
        /// The reason's word.
        reason: &'static str,
        /// As TLS or QUIC says it.
        detail: String,
    },
}

/// What a handshake showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shaken {
    /// From the first packet to the peer's confirmation.
    pub took: Duration,
    /// The round trip, as QUIC estimates it.
    pub round_trip: Duration,
}

/// Shakes hands with the node `name` at `address`: both certificates were checked on return, each by the
/// other side.
///
/// # Errors
/// [`ProbeError`].
pub async fn probe(endpoint: &BoundEndpoint, address: SocketAddr, name: &str) -> Result<Shaken, ProbeError> {
    let began = Instant::now();
    let shaken = async {
        let connection = endpoint.dial(address, name).await?;
        confirmed(&connection).await?;
        Ok(connection)
    };
    let connection = timeout(limits::HANDSHAKE_TIMEOUT, shaken)
        .await
        .map_err(|_| ProbeError::Silent)?
        .map_err(|error: DialError| blamed(&error))?;
    let shaken = Shaken {
        took: began.elapsed(),
        round_trip: connection.rtt(),
    };
    connection.close(CloseCode::Probe.code(), b"a test of the way");
    Ok(shaken)
}

/// Waits until the server has said that the handshake is done, which it does once it has taken our
/// certificate (RFC 9001 section 4.1.2): that we have taken its own says nothing of that.
async fn confirmed(connection: &Connection) -> Result<(), ConnectionError> {
    loop {
        if let Some(reason) = connection.close_reason() {
            return Err(reason);
        }
        if connection.stats().frame_rx.handshake_done > 0 {
            return Ok(());
        }
        sleep(CONFIRMED_ASKED_EVERY).await;
    }
}

/// An error that we raised was ours to raise; one that came in a packet was the other side's.
fn blamed(error: &DialError) -> ProbeError {
    let error = match error {
        DialError::Connect(error) => return ProbeError::Undialable(error.to_string()),
        DialError::Connection(error) => error,
    };
    let (reason, detail) = (refusal::reason(error), error.to_string());
    match error {
        ConnectionError::TimedOut => ProbeError::Silent,
        ConnectionError::ConnectionClosed(_)
        | ConnectionError::ApplicationClosed(_)
        | ConnectionError::VersionMismatch
        | ConnectionError::Reset => ProbeError::RefusedByPeer { reason, detail },
        ConnectionError::TransportError(_)
        | ConnectionError::CidsExhausted
        | ConnectionError::LocallyClosed => ProbeError::RefusedByUs { reason, detail },
    }
}
