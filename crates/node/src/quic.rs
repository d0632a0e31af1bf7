//! Connections between nodes: QUIC as security.md section 5.1 sets it, and nothing of the exchange's
//! decisions.
//!
//! What leaves this module knows no QUIC: a [`Link`](crate::session::Link) for what goes out, and
//! [`Wake`](crate::wake::Wake)s for what comes in. A fallback over TCP would make the same two.
//!
//! * `endpoint.rs`: one UDP socket, the settings, who may knock and how often.
//! * `dial.rs`: every Party that has an address is dialled, again and again, until a connection stands.
//! * `redial.rs`: how long it waits in between.
//! * `connection.rs`: from the handshake over the signed hello to the end of a connection.
//! * `probe.rs`: a handshake and no more, to see what stands in the way.
//! * `stream.rs`: one stream per exchange; a request, an answer.
//! * `silence.rs`: noticing that a path is dead.
//! * `frames.rs`: reading a frame, bounded in bytes and in time.
//! * `vouching.rs`: whether the directory still knows the peer.
//! * `admission.rs`: who may knock, how often, and how many at once.
//! * `budget.rs`: how much memory frames take. `rates.rs`: how often anything may come.

pub mod admission;
pub mod budget;
mod connection;
mod connection_ids;
mod dial;
pub mod endpoint;
mod frames;
pub mod probe;
mod rates;
mod redial;
mod refusal;
mod reset_key;
mod silence;
mod stream;
mod vouching;

pub(crate) use dial::dialable;
pub use endpoint::{BoundEndpoint, QuicError};
#[cfg(any(test, fuzzing))]
pub(crate) use frames::in_pieces;

/// Why a connection is closed: the application's error codes of `ohrid/1` that a session layer sends.
/// Those for a peer that broke the protocol begin at 0x101: [`protocol::check::PeerMisbehaved::close_code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum CloseCode {
    /// This node stops; come back later.
    Stopping = 0x01,
    /// Another connection to the same peer is kept.
    Duplicate = 0x02,
    /// The hello was missing, late, not authentic, or in no common version.
    BadHello = 0x03,
    /// The directory does not (any longer) vouch for the certificate.
    NotInDirectory = 0x04,
    /// The peer broke the protocol a moment ago, and is backed off from.
    BackedOff = 0x05,
    /// It was a test of the way here, which ends before the hello.
    Probe = 0x06,
    /// Nothing came for a while although an answer was awaited: another path is tried.
    Silent = 0x07,
}

impl CloseCode {
    /// As QUIC carries it.
    #[must_use]
    pub fn code(self) -> quinn::VarInt {
        quinn::VarInt::from_u32(self as u32)
    }
}
