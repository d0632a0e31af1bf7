//! Whether the directory in use vouches for a connection's peer, now.
//!
//! Asked when the handshake is done, before every request is answered, whenever the directory changes, and
//! every few seconds, since certificates and keys end by themselves (threat 3 of security.md).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::directory::Freshness;
use protocol::ids::PartyCode;
use protocol::key::KeyId;
use protocol::time::UnixMillis;
use quinn::Connection;
use rustls::pki_types::{CertificateDer, UnixTime};

use crate::clock::Clock;
use crate::directory::CurrentDirectory;
use crate::session::Dialled;
use crate::tls::pins::Role;

/// A peer as it has shown itself.
pub(super) struct Vouching {
    directory: Arc<CurrentDirectory>,
    clock: Arc<Clock>,
    chain: Vec<CertificateDer<'static>>,
    role: Role,
    peer: PartyCode,
    /// The envelope key that signed its hello.
    greeted_with: KeyId,
    /// For which version, and in which second, the answer was last yes: to verify a chain for each of
    /// thousands of requests in a second would show nothing new.
    last: Mutex<Option<(u64, u64)>>,
}

/// The chain that a connection's peer has shown, and its part in the handshake.
pub(super) fn shown(
    connection: &Connection,
    dialled: Dialled,
) -> Option<(Vec<CertificateDer<'static>>, Role)> {
    let identity = connection.peer_identity()?;
    let chain = identity.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    let role = match dialled {
        Dialled::ByUs => Role::Server,
        Dialled::ByPeer => Role::Client,
    };
    Some((*chain, role))
}

/// The Party that the directory, as it is now, knows by this chain. Once it has expired, it knows nobody.
pub(super) fn certified(
    directory: &CurrentDirectory,
    chain: &[CertificateDer<'_>],
    role: Role,
    now: UnixMillis,
) -> Option<PartyCode> {
    if directory.freshness(now) == Freshness::Expired {
        return None;
    }
    let now = UnixTime::since_unix_epoch(Duration::from_millis(now.0));
    let pins = directory.pins().load();
    Some(pins.authenticate(chain, role, now).ok()?.party)
}

impl Vouching {
    pub(super) fn new(
        directory: Arc<CurrentDirectory>,
        clock: Arc<Clock>,
        (chain, role): (Vec<CertificateDer<'static>>, Role),
        peer: PartyCode,
        greeted_with: KeyId,
    ) -> Self {
        Self {
            directory,
            clock,
            chain,
            role,
            peer,
            greeted_with,
            last: Mutex::default(),
        }
    }

    /// Who it is.
    pub(super) fn peer(&self) -> PartyCode {
        self.peer
    }

    /// Whether the peer is still who it has shown itself to be, with its certificate and the key of its
    /// hello.
    pub(super) fn holds(&self) -> bool {
        let now = self.clock.now();
        let accepted = self.directory.current();
        let asked = (accepted.directory.version, now.0 / 1000);
        if *self.last() == Some(asked) {
            return true;
        }
        let holds = certified(&self.directory, &self.chain, self.role, now) == Some(self.peer)
            && accepted
                .directory
                .envelope_key(self.peer, self.greeted_with, now)
                .is_ok();
        *self.last() = holds.then_some(asked);
        holds
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<(u64, u64)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
