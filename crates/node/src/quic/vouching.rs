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
use protocol::x509::CertificateFacts;
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
    /// When the first of its certificates ends; the beginning of time where that cannot be read.
    chain_ends_at: UnixMillis,
    last: Mutex<Option<Yes>>,
}

/// The last time that the answer was yes.
#[derive(Debug, Clone, Copy)]
struct Yes {
    /// By which version of the directory.
    version: u64,
    /// In which second: to look again for each of thousands of requests in a second would show nothing new.
    second: u64,
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
        let ends = chain
            .iter()
            .map(|der| CertificateFacts::read(der).map(|facts| facts.not_after));
        let chain_ends_at = ends.map(Result::unwrap_or_default).min().unwrap_or_default();
        Self {
            directory,
            clock,
            chain,
            role,
            peer,
            greeted_with,
            chain_ends_at,
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
        let (version, second) = (accepted.directory.version, now.0 / 1000);
        let last = self.last().filter(|last| last.version == version);
        if last.is_some_and(|last| last.second == second) {
            return true;
        }
        // A chain that this version vouched for goes on to be good until one of its certificates ends: to
        // verify the signatures of a hundred idle peers every few seconds would be most of what they cost.
        let is_certified = if last.is_some() && now < self.chain_ends_at {
            self.directory.freshness(now) != Freshness::Expired
        } else {
            certified(&self.directory, &self.chain, self.role, now) == Some(self.peer)
        };
        let holds = is_certified
            && accepted
                .directory
                .envelope_key(self.peer, self.greeted_with, now)
                .is_ok();
        *self.last() = holds.then_some(Yes { version, second });
        holds
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Yes>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
