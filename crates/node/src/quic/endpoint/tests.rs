#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[MTLS]` Each stranger of security.md by name, against a real endpoint on loopback: nothing of the
//! application is answered, the refusal is counted by its reason, and the node lives.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use store::Store;
use store::memory::MemoryDisk;

use super::*;
use crate::attachments;
use crate::directory::Intake;
use crate::news::News;
use crate::session::Link;
use crate::stop::{Stopper, stop_pair};
use crate::testing::{Network, Tls};
use crate::tls::Pins;

mod certificates;
mod revocation;
mod tls;

use tls::{Credulous, Shows};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A real endpoint of XA, with a network of XA and XB around it.
struct Scene {
    network: Network,
    context: Arc<Context>,
    address: SocketAddr,
    woken: mpsc::Receiver<Wake>,
    links: Vec<Link>,
    _stopper: Stopper,
}

fn scene() -> Scene {
    let network = Network::of(&["XA", "XB"]);
    let config = network.config(0);
    scene_of(network, config)
}

fn scene_of(network: Network, config: crate::config::Config) -> Scene {
    let clock = Arc::new(Clock::default());
    let floor = &config.node.directory_floor;
    let directory = CurrentDirectory::load(&config.directory, floor, None, clock.now()).unwrap();
    let directory = Arc::new(directory);
    // Unlocking a key is slow on purpose, and there is nothing to open.
    std::fs::remove_file(config.keys.openpgp_directory.join("police.key.asc")).unwrap();
    let keys = Keystore::load(config.node.party, &config.keys).unwrap();
    let identity = keys.tls_identities().remove(0);
    let listen = "127.0.0.1:0".parse().unwrap();
    let endpoint = BoundEndpoint::bind(listen, &identity, &directory, &clock).unwrap();
    let address = endpoint.local_address();
    let (stopper, stop) = stop_pair();
    let (wakes, woken) = mpsc::channel(64);
    let (store, _) = MemoryDisk::new().open().unwrap();
    let (peers, metrics) = (Peers::new(config.node.party), Arc::new(Metrics::new()));
    let transfers = Transfers::new(attachments::Parts {
        kept: crate::testing::transfers::kept(
            &network.members[0].folder,
            config.limits.attachment_settings(),
        ),
        reader: store.reader(),
        peers: Arc::clone(&peers),
        clock: Arc::clone(&clock),
        metrics: Arc::clone(&metrics),
        news: News::default(),
        wakes: wakes.clone(),
        limits: config.limits.attachments(),
        stop: stop.clone(),
    });
    let gossip = gossip_of(&directory, &clock, &wakes, &peers, &metrics);
    let keys = Arc::new(keys);
    let (witnessing, receipts) =
        crate::testing::witnesses::both(&config, &keys, &directory, wakes.clone(), store.reader());
    let context = Arc::new(Context {
        own: config.node.party,
        clock,
        directory,
        keys,
        peers,
        gossip,
        admission: Admission::new(&config.limits),
        memory: Memory::new(&config.limits),
        metrics,
        wakes,
        payloads: Payloads::new(store.reader()),
        transfers,
        witnessing,
        receipts,
        limits: config.limits,
        request_timeout: Duration::from_secs(5),
        stop,
    });
    tokio::spawn(endpoint.run(Arc::clone(&context)));
    Scene {
        network,
        context,
        address,
        woken,
        links: Vec::new(),
        _stopper: stopper,
    }
}

/// Learns of directories from peers.
fn gossip_of(
    directory: &Arc<CurrentDirectory>,
    clock: &Arc<Clock>,
    wakes: &mpsc::Sender<Wake>,
    peers: &Arc<Peers>,
    metrics: &Arc<Metrics>,
) -> Arc<Gossip> {
    let (directory, news) = (Arc::clone(directory), News::default());
    let intake = Intake::new(Arc::clone(&directory), Arc::clone(clock), wakes.clone(), news);
    let (peers, metrics) = (Arc::clone(peers), Arc::clone(metrics));
    Gossip::new(directory, Arc::new(intake), peers, metrics, wakes.clone())
}

/// How a stranger differs from a peer.
struct Stranger {
    tls: Option<Tls>,
    alpn: &'static [u8],
    provider: CryptoProvider,
}

impl Scene {
    /// XB's own certificate, which is good.
    fn good(&self) -> Stranger {
        let folder = &self.network.members[1].folder;
        let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
        Stranger {
            tls: Some(Tls {
                chain_pem: read("tls.crt.pem"),
                key_pem: read("tls.key.pem"),
                pin: [0; 32],
            }),
            alpn: b"ohrid/1",
            provider: default_provider(),
        }
    }

    /// Dials; whatever the server has to object comes as the connection's end.
    async fn dial(&self, stranger: Stranger) -> Result<Connection, ConnectionError> {
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(stranger.provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Credulous));
        let mut config = match &stranger.tls {
            Some(tls) => {
                let identity = tls.identity();
                let key = PrivateKeyDer::from_pem_slice(tls.key_pem.as_bytes()).unwrap();
                let key = any_supported_type(&key).unwrap();
                let shown = CertifiedKey::new(identity.chain().to_vec(), key);
                config.with_client_cert_resolver(Arc::new(Shows(Arc::new(shown))))
            }
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![stranger.alpn.to_vec()];
        let crypto = QuicClientConfig::try_from(config).unwrap();
        let mut endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        endpoint.set_default_client_config(ClientConfig::new(Arc::new(crypto)));
        endpoint.connect(self.address, "node.xa.example").unwrap().await
    }

    /// The stranger gets no byte of the application, and is counted under this reason.
    async fn refuses(&mut self, stranger: Stranger, reason: &str) {
        if let Ok(connection) = self.dial(stranger).await {
            // With TLS 1.3 a client may believe that it is in; asking shows that it is not.
            let asked = async {
                let (mut send, mut receive) = connection.open_bi().await.ok()?;
                send.write_all(b"\x08\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01")
                    .await
                    .ok()?;
                receive.read(&mut [0; 64]).await.ok()?
            };
            assert_eq!(tokio::time::timeout(PATIENCE, asked).await.unwrap(), None);
            connection.closed().await;
        }
        self.is_counted(reason).await;
        assert!(self.woken.try_recv().is_err(), "the core heard of it");
        self.lives().await;
    }

    async fn is_counted(&self, reason: &str) {
        let line = format!("ohrid_handshakes_refused_total{{reason=\"{reason}\"}} 1");
        let counted = async {
            while !self.context.metrics.text().contains(&line) {
                tokio::task::yield_now().await;
            }
        };
        if tokio::time::timeout(PATIENCE, counted).await.is_err() {
            panic!("{line} is not in:\n{}", self.context.metrics.text());
        }
    }

    /// A good peer is let in.
    async fn lives(&mut self) {
        let connection = self.connected(self.good()).await;
        connection.close(0u32.into(), b"");
        let gone = tokio::time::timeout(PATIENCE, self.woken.recv()).await.unwrap();
        assert!(matches!(gone, Some(Wake::Disconnected { .. })));
    }

    /// XB is let in, with what it shows.
    async fn connected(&mut self, shown: Stranger) -> Connection {
        let connection = self.dial(shown).await.unwrap();
        self.greet(&connection).await;
        connection
    }

    /// XB says its hello, and is answered.
    async fn greet(&mut self, connection: &Connection) {
        let mut exporter = [0; 32];
        let label = protocol::hello::EXPORTER_LABEL;
        connection
            .export_keying_material(&mut exporter, label, b"")
            .unwrap();
        let hello = protocol::hello::Hello {
            party: "XB".parse().unwrap(),
            versions: vec![1],
            features: Vec::new(),
            directory_version: 1,
            clock: self.context.clock.now(),
        };
        // XB's envelope key, as `Network` makes it.
        let key = protocol::key::EnvelopeKey::from_seed(&[9; 32]);
        let signed = protocol::hello::SignedHello::sign(&hello, &exporter, &key);
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        let frame = protocol::frame::Frame::Hello(signed).encode();
        send.write_all(&frame).await.unwrap();
        send.finish().unwrap();
        let answer = tokio::time::timeout(PATIENCE, receive.read_to_end(4096)).await;
        let answer = answer.unwrap().unwrap();
        assert_eq!(answer[0], frame[0], "a hello answers a hello");
        let connected = tokio::time::timeout(PATIENCE, self.woken.recv()).await.unwrap();
        let Some(Wake::Connected(link)) = connected else {
            panic!("{connected:?}");
        };
        assert_eq!(link.peer.as_str(), "XB");
        // As the core does: a link that is let go ends its connection.
        self.links.push(link);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_classical_only_client_is_refused() {
    let mut scene = scene();
    let mut provider = default_provider();
    provider.kx_groups = vec![kx_group::X25519, kx_group::SECP256R1];
    let stranger = Stranger {
        provider,
        ..scene.good()
    };
    scene.refuses(stranger, "handshake").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_application_protocol_is_refused() {
    let mut scene = scene();
    let stranger = Stranger {
        alpn: b"h3",
        ..scene.good()
    };
    scene.refuses(stranger, "alpn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_port_is_not_answered() {
    let mut scene = scene();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    // Nothing of it, save that a version which nobody speaks is answered with those that are spoken
    // (RFC 9000 section 6): the least lengths are below what that needs.
    for (length, first) in [
        (0, 0u8),
        (1, 0xff),
        (21, 0x40),
        (600, 0x00),
        (1100, 0xc0),
        (1199, 0x7f),
    ] {
        let mut bytes: Vec<u8> = (0..length).map(|at: u32| at.to_le_bytes()[0]).collect();
        if let Some(byte) = bytes.first_mut() {
            *byte = first;
        }
        socket.send_to(&bytes, scene.address).unwrap();
    }
    scene.lives().await;
    let mut buffer = [0; 2048];
    while let Ok((length, _)) = socket.recv_from(&mut buffer) {
        // A stateless reset is allowed; it is shorter than what called for it, and says nothing.
        assert!(
            length < 1200 && buffer[0] & 0x80 == 0,
            "answered with {length} bytes"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_hello_is_not_connected() {
    let mut scene = scene();
    let connection = scene.dial(scene.good()).await.unwrap();
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    let ping = protocol::frame::Frame::Ping(1).encode();
    send.write_all(&ping).await.unwrap();
    assert!(receive.read_to_end(64).await.is_err());
    connection.closed().await;
    scene.is_counted("hello").await;
    assert!(scene.woken.try_recv().is_err());
    scene.lives().await;
}

/// What we dial is held to the same: another Party's good certificate is not the one that was dialled.
#[tokio::test(flavor = "multi_thread")]
async fn a_dialler_is_not_content_with_another_partys_certificate() {
    let scene = scene();
    let identity = scene.good().tls.unwrap().identity();
    let directory = &scene.context.directory;
    let (listen, clock) = ("127.0.0.1:0".parse().unwrap(), &scene.context.clock);
    let dialler = BoundEndpoint::bind(listen, &identity, directory, clock).unwrap();
    // XA answers where XC was looked for.
    assert!(dialler.dial(scene.address, "node.xc.example").await.is_err());
    assert!(dialler.dial(scene.address, "node.xa.example").await.is_ok());
    // Without pins nobody is known.
    directory.pins().store(Arc::new(Pins::default()));
    assert!(dialler.dial(scene.address, "node.xa.example").await.is_err());
}
