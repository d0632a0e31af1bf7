//! One UDP socket for both directions, with the settings of security.md section 5.1.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use protocol::ids::PartyCode;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{
    ClientConfig, Connection, Endpoint, EndpointConfig, Incoming, ServerConfig, TokioRuntime,
    TransportConfig, VarInt,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::admission::Admission;
use super::budget::Memory;
use super::connection;
use super::connection_ids::ConnectionIds;
use super::reset_key::ResetKey;
use super::{CloseCode, dial, refusal};
use crate::attachments::Transfers;
use crate::clock::Clock;
use crate::config::Limits;
use crate::directory::{CurrentDirectory, Gossip};
use crate::keys::Keystore;
use crate::limits;
use crate::metrics::Metrics;
use crate::payloads::Payloads;
use crate::publishing::receipts::Receipts;
use crate::session::{Dialled, Peers};
use crate::stop::Stop;
use crate::tls::{self, TlsError, TlsIdentity};
use crate::wake::Wake;
use crate::witness::Witnessing;

/// What the tasks of all connections share.
pub struct Context {
    /// Our Party.
    pub own: PartyCode,
    /// The clock.
    pub clock: Arc<Clock>,
    /// The directory in use, and the pins that follow from it.
    pub directory: Arc<CurrentDirectory>,
    /// Our keys: hellos are signed with one that the peer knows.
    pub keys: Arc<Keystore>,
    /// Who is connected.
    pub peers: Arc<Peers>,
    /// What nodes tell each other of the directory.
    pub gossip: Arc<Gossip>,
    /// How many strangers at once.
    pub admission: Arc<Admission>,
    /// How much memory frames may take.
    pub memory: Memory,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The core.
    pub wakes: mpsc::Sender<Wake>,
    /// Sealed payloads that are to be sent.
    pub payloads: Payloads,
    /// Serves attachments.
    pub transfers: Arc<Transfers>,
    /// Cosigns peers' checkpoints, and knows whose ledger has forked.
    pub witnessing: Witnessing,
    /// Proves entries under our published heads.
    pub receipts: Receipts,
    /// What an operator may turn.
    pub limits: Limits,
    /// From a request to its answer.
    pub request_timeout: Duration,
    /// Whether the node stops.
    pub stop: Stop,
}

/// A bound socket that can dial and be dialled. Cheap to clone.
#[derive(Clone)]
pub struct BoundEndpoint {
    endpoint: Endpoint,
    /// Swapped when the certificate is renewed, for all clones.
    client: Arc<ArcSwap<ClientConfig>>,
    /// The pin of the certificate that is shown, swapped with it.
    own_pin: Arc<ArcSwap<[u8; 32]>>,
    /// By which certificates are in date.
    clock: Arc<Clock>,
    local: SocketAddr,
}

/// Why there is no endpoint.
#[derive(Debug, thiserror::Error)]
pub enum QuicError {
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl BoundEndpoint {
    /// Binds `address`. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the address is taken, or the TLS identity is unusable.
    pub fn bind(
        address: SocketAddr,
        identity: &TlsIdentity,
        directory: &CurrentDirectory,
        clock: &Arc<Clock>,
    ) -> Result<Self, QuicError> {
        let failed = |source| QuicError::Bind { address, source };
        let server = tls::server_config(identity, Arc::clone(directory.pins()), Arc::clone(clock))?;
        let client = tls::client_config(identity, Arc::clone(directory.pins()), Arc::clone(clock))?;
        let mut process_key = [0; 32];
        getrandom::fill(&mut process_key).map_err(|error| failed(error.into()))?;
        let socket = UdpSocket::bind(address).map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        let endpoint = Endpoint::new(
            endpoint_config(identity, process_key),
            Some(server_config(server)),
            socket,
            Arc::new(TokioRuntime),
        )
        .map_err(failed)?;
        Ok(Self {
            endpoint,
            client: Arc::new(ArcSwap::from_pointee(client_config(client))),
            own_pin: Arc::new(ArcSwap::from_pointee(own_pin(identity))),
            clock: Arc::clone(clock),
            local,
        })
    }

    /// The address that was really bound.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// The pin of the certificate that this node shows: SHA-256 of its key.
    #[must_use]
    pub fn own_pin(&self) -> [u8; 32] {
        **self.own_pin.load()
    }

    /// Takes a new TLS identity for connections to come; those that stand go on.
    ///
    /// # Errors
    /// When the identity is unusable; the old one stays.
    pub fn renew(&self, identity: &TlsIdentity, directory: &CurrentDirectory) -> Result<(), QuicError> {
        let clock = || Arc::clone(&self.clock);
        let server = tls::server_config(identity, Arc::clone(directory.pins()), clock())?;
        let client = tls::client_config(identity, Arc::clone(directory.pins()), clock())?;
        self.client.store(Arc::new(client_config(client)));
        self.own_pin.store(Arc::new(own_pin(identity)));
        self.endpoint.set_server_config(Some(server_config(server)));
        Ok(())
    }

    /// Accepts and dials until the node stops.
    pub async fn run(self, context: Arc<Context>) {
        let dialling = tokio::spawn(dial::all(self.clone(), Arc::clone(&context)));
        let mut stop = context.stop.clone();
        loop {
            tokio::select! {
                incoming = self.endpoint.accept() => match incoming {
                    Some(incoming) => knock(incoming, &context),
                    None => break,
                },
                () = stop.stopping() => break,
            }
        }
        // Nobody new from here on; what stands is closed once its last answers are out.
        self.endpoint.set_server_config(None);
        // It ends with the stop, and its diallers with it.
        let _ = dialling.await;
    }

    /// Closes what is still open, and waits until the peers were told.
    pub async fn close(&self) {
        self.endpoint.close(CloseCode::Stopping.code(), b"stopping");
        let _ = timeout(Duration::from_secs(1), self.endpoint.wait_idle()).await;
    }

    /// Dials; the handshake is done on return, the hello is not.
    pub(super) async fn dial(&self, address: SocketAddr, name: &str) -> Result<Connection, DialError> {
        let connecting =
            self.endpoint
                .connect_with(ClientConfig::clone(&self.client.load()), address, name)?;
        Ok(connecting.await?)
    }
}

/// Why dialling failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error(transparent)]
    Connect(#[from] quinn::ConnectError),
    #[error(transparent)]
    Connection(#[from] quinn::ConnectionError),
}

/// Somebody knocks: prove the address, find a place, shake hands.
fn knock(incoming: Incoming, context: &Arc<Context>) {
    let (address, now) = (incoming.remote_address().ip(), Instant::now());
    if !incoming.remote_address_validated() {
        // One small packet, so that nobody can use us to flood a third party; no state is kept.
        if !context.admission.answers(address, now) {
            context.metrics.handshake_refused("flood");
            incoming.ignore();
        } else if incoming.may_retry() {
            let _ = incoming.retry();
        } else {
            incoming.refuse();
        }
        return;
    }
    let place = match context.admission.admit(address, now) {
        Ok(place) => place,
        Err(refused) => {
            context.metrics.handshake_refused(refused.of_stranger());
            incoming.refuse();
            return;
        }
    };
    let context = Arc::clone(context);
    tokio::spawn(async move {
        let address = incoming.remote_address();
        let shaken = async { incoming.accept()?.await };
        let refused = match timeout(limits::HANDSHAKE_TIMEOUT, shaken).await {
            Ok(Ok(connection)) => {
                connection::run(context, connection, Dialled::ByPeer, Some(place)).await;
                return;
            }
            Ok(Err(error)) => (refusal::reason(&error), error.to_string()),
            Err(_) => ("timeout", "the handshake took too long".to_owned()),
        };
        let (reason, detail) = refused;
        context.metrics.handshake_refused(reason);
        tracing::warn!(%address, reason, detail, "handshake refused");
    });
}

/// A chain that TLS took has a certificate that can be read; one that has none is pinned by nobody.
fn own_pin(identity: &TlsIdentity) -> [u8; 32] {
    let own = identity.chain().first();
    own.and_then(|own| tls::pins::pin_of(own).ok())
        .unwrap_or_default()
}

fn endpoint_config(identity: &TlsIdentity, process_key: [u8; 32]) -> EndpointConfig {
    let mut config = EndpointConfig::new(Arc::new(ResetKey::new(&identity.derived_key("stateless reset"))));
    config.cid_generator(move || Box::new(ConnectionIds::new(&process_key)));
    config
}

fn server_config(tls: QuicServerConfig) -> ServerConfig {
    let mut config = ServerConfig::with_crypto(Arc::new(tls));
    config.transport_config(Arc::new(transport(None)));
    config.max_incoming(limits::INCOMING_MAX);
    config.incoming_buffer_size(limits::INCOMING_BUFFER_BYTES_MAX);
    config.incoming_buffer_size_total(limits::INCOMING_BUFFERS_BYTES_MAX);
    config.migration(false);
    config
}

fn client_config(tls: QuicClientConfig) -> ClientConfig {
    let mut config = ClientConfig::new(Arc::new(tls));
    config.transport_config(Arc::new(transport(Some(limits::KEEP_ALIVE_EVERY))));
    config
}

/// Only the dialling side keeps a connection alive: one of the two is enough.
fn transport(keep_alive: Option<Duration>) -> TransportConfig {
    let mut config = TransportConfig::default();
    let idle_ms = u32::try_from(limits::IDLE_TIMEOUT.as_millis()).unwrap_or(u32::MAX);
    config
        .max_concurrent_bidi_streams(VarInt::from_u32(limits::STREAMS_BEFORE_HELLO_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(limits::STREAM_WINDOW_BYTES))
        // More once the hello was checked.
        .receive_window(VarInt::from_u32(limits::WINDOW_BEFORE_HELLO_BYTES))
        .send_window(limits::SEND_WINDOW_BYTES)
        // One frame after the other: on a slow line many at once would all be too slow.
        .send_fairness(false)
        .max_idle_timeout(Some(VarInt::from_u32(idle_ms).into()))
        .keep_alive_interval(keep_alive)
        .datagram_receive_buffer_size(None);
    config
}

#[cfg(test)]
mod tests;
