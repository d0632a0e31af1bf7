//! `[DIRECTORY]` Threats 2 and 3: a peer that leaves the directory, or whose key or certificate ends, is cut
//! off from what stands, refused what it asks, and does not come back.

use std::sync::atomic::AtomicU64;

use protocol::digest::Digest;
use protocol::directory::Directory;
use protocol::frame::Frame;
use protocol::key::EnvelopeKey;
use protocol::time::UnixMillis;
use rcgen::KeyPair;
use rustls::client::Resumption;

use super::*;
use crate::quic::rates::{Gate, Rate};
use crate::quic::stream::Streams;
use crate::quic::vouching::{self, Vouching};
use crate::testing::Validity;

/// So long that a busy machine connects within it, and no longer than a test may wait.
const A_WHILE: Duration = Duration::from_secs(8);

/// The connection ends, and for this reason.
async fn is_cut_off(connection: &Connection) {
    let end = tokio::time::timeout(PATIENCE, connection.closed()).await.unwrap();
    let code = CloseCode::NotInDirectory.code();
    assert!(
        matches!(&end, ConnectionError::ApplicationClosed(close) if close.error_code == code),
        "{end}"
    );
}

impl Scene {
    /// The members as they are now are the next version, which is in use.
    fn publish(&mut self) {
        self.network.publish();
        self.context.directory.reload(self.context.clock.now()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_leaves_the_directory_is_cut_off() {
    let mut scene = scene();
    let connection = scene.connected(scene.good()).await;
    scene.network.members.truncate(1);
    scene.publish();
    is_cut_off(&connection).await;
}

/// A version that changes nothing for a peer leaves its connection alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stays_is_not_cut_off() {
    let mut scene = scene();
    let connection = scene.connected(scene.good()).await;
    scene.publish();
    let (mut send, mut receive) = connection.open_bi().await.unwrap();
    let ours = scene.context.directory.current();
    let request = Frame::DirectoryRequest {
        version: ours.directory.version,
        digest: ours.digest,
    };
    send.write_all(&request.encode()).await.unwrap();
    let answer = tokio::time::timeout(PATIENCE, receive.read_to_end(64))
        .await
        .unwrap();
    assert_eq!(answer.unwrap(), Frame::Directory(None).encode());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_with_another_tls_key_in_the_directory_is_cut_off() {
    let mut scene = scene();
    let connection = scene.connected(scene.good()).await;
    scene.network.members[1].record.node.tls_pins = vec![Digest::of(b"another key")];
    scene.publish();
    is_cut_off(&connection).await;
}

/// The hello was signed by a key that counts no more: whoever holds it may be somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_with_another_envelope_key_in_the_directory_is_cut_off() {
    let mut scene = scene();
    let connection = scene.connected(scene.good()).await;
    let other = EnvelopeKey::from_seed(&[0xee; 32]).public();
    scene.network.members[1].record.envelope_keys[0].value = other;
    scene.publish();
    is_cut_off(&connection).await;
}

/// Nobody brings a new directory: the key's period ends by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_whose_envelope_key_ends_is_cut_off() {
    let mut scene = scene();
    let end = scene.context.clock.now().plus(A_WHILE);
    scene.network.members[1].record.envelope_keys[0].valid_until = Some(end);
    scene.publish();
    let connection = scene.connected(scene.good()).await;
    is_cut_off(&connection).await;
    assert!(scene.context.clock.now() >= end);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_whose_tls_certificate_ends_is_cut_off() {
    let mut scene = scene();
    let key = KeyPair::from_pem(&scene.good().tls.unwrap().key_pem).unwrap();
    let authority = &scene.network.members[1].authority;
    let short = Stranger {
        tls: Some(authority.certify("node.xb.example", &key, Validity::For(A_WHILE))),
        ..scene.good()
    };
    let connection = scene.connected(short).await;
    is_cut_off(&connection).await;
}

/// Threat 11: once the directory has ended, grace included, nobody vouches for anybody.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_cut_off_when_the_directory_ends() {
    let network = Network::of(&["XA", "XB"]);
    let mut config = network.config(0);
    config.directory.grace_days = 0;
    let now = Clock::default().now();
    let short = network.sign(&Directory {
        issued_at: UnixMillis(now.0 - 1000),
        expires_at: now.plus(A_WHILE),
        ..network.directory(2)
    });
    network.give(0, &short);
    let mut scene = scene_of(network, config);
    let connection = scene.connected(scene.good()).await;
    is_cut_off(&connection).await;
    // Nor is anybody let in again.
    let again = scene.dial(scene.good()).await.unwrap();
    is_cut_off(&again).await;
}

/// Threat 2: a session that was kept is worth nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_left_does_not_come_back_with_a_kept_session() {
    let mut scene = scene();
    let identity = scene.good().tls.unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
    let shown = CertifiedKey::new(
        identity.identity().chain().to_vec(),
        any_supported_type(&key).unwrap(),
    );
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Credulous))
        .with_client_cert_resolver(Arc::new(Shows(Arc::new(shown))));
    config.alpn_protocols = vec![b"ohrid/1".to_vec()];
    config.resumption = Resumption::in_memory_sessions(16);
    config.enable_early_data = true;
    let crypto = QuicClientConfig::try_from(config).unwrap();
    let mut endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    endpoint.set_default_client_config(ClientConfig::new(Arc::new(crypto)));
    let address = scene.address;
    let dial = || endpoint.connect(address, "node.xa.example").unwrap();
    let connection = dial().await.unwrap();
    scene.greet(&connection).await;

    scene.network.members.truncate(1);
    scene.publish();
    is_cut_off(&connection).await;
    let gone = tokio::time::timeout(PATIENCE, scene.woken.recv()).await.unwrap();
    assert!(matches!(gone, Some(Wake::Disconnected { .. })));
    // No session was given that could be resumed, and none is taken.
    let again = match dial().into_0rtt() {
        Ok(_) => panic!("early data without a handshake"),
        Err(connecting) => connecting.await,
    };
    if let Ok(again) = again {
        let asked = async {
            let (mut send, mut receive) = again.open_bi().await.ok()?;
            send.write_all(&Frame::Ping(1).encode()).await.ok()?;
            receive.read(&mut [0; 64]).await.ok()?
        };
        assert_eq!(tokio::time::timeout(PATIENCE, asked).await.unwrap(), None);
    }
    scene.is_counted("unknown_certificate").await;
    assert!(scene.woken.try_recv().is_err(), "the core heard of it");
}

/// Every request is held against the directory, not the connection once in a while: here nothing else closes
/// it.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_request_of_a_peer_that_left_is_refused() {
    let mut scene = scene();
    let config = scene.network.config(0);
    let identity = crate::keys::Keystore::load_tls(&config.keys).unwrap();
    let bound = BoundEndpoint::bind(
        "127.0.0.1:0".parse().unwrap(),
        &identity,
        &scene.context.directory,
        &scene.context.clock,
    )
    .unwrap();
    scene.address = bound.local_address();
    let accepting = bound.endpoint.clone();
    let accepted = tokio::spawn(async move {
        let incoming = accepting.accept().await.unwrap();
        incoming.accept().unwrap().await.unwrap()
    });
    let client = scene.dial(scene.good()).await.unwrap();
    let server = accepted.await.unwrap();
    let (directory, clock) = (&scene.context.directory, &scene.context.clock);
    let shown = vouching::shown(&server, Dialled::ByPeer).unwrap();
    let peer = "XB".parse().unwrap();
    let greeted_with = EnvelopeKey::from_seed(&[9; 32]).public().id();
    let vouching = Vouching::new(
        Arc::clone(directory),
        Arc::clone(clock),
        shown,
        peer,
        greeted_with,
    );
    let streams = Arc::new(Streams {
        context: Arc::clone(&scene.context),
        connection: server.clone(),
        peer,
        vouching,
        budget: scene.context.memory.budget(),
        gate: Gate::new(Rate::new(100, 1)),
        last_seen: Arc::<AtomicU64>::default(),
        asking: crate::quic::silence::Asking::default(),
    });
    let ask = async || {
        let current = scene.context.directory.current();
        let request = Frame::DirectoryRequest {
            version: current.directory.version,
            digest: current.digest,
        };
        let (mut send, mut receive) = client.open_bi().await.unwrap();
        send.write_all(&request.encode()).await.unwrap();
        let (answering, asked) = server.accept_bi().await.unwrap();
        tokio::spawn(Arc::clone(&streams).serve(answering, asked));
        receive.read_to_end(64).await.ok()
    };
    let asked = tokio::time::timeout(PATIENCE, ask()).await.unwrap();
    assert_eq!(asked, Some(Frame::Directory(None).encode()));

    scene.network.members.truncate(1);
    scene.network.publish();
    scene.context.directory.reload(scene.context.clock.now()).unwrap();
    assert_eq!(tokio::time::timeout(PATIENCE, ask()).await.unwrap(), None);
    is_cut_off(&client).await;
}

/// A whole directory that nobody asked for is not even read.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_asked_for_is_not_read() {
    let mut scene = scene();
    let connection = scene.connected(scene.good()).await;
    let (mut send, _receive) = connection.open_bi().await.unwrap();
    // A head that speaks of 32 MiB, and nothing behind it.
    send.write_all(&[33, 0x02, 0, 0, 0]).await.unwrap();
    let woken = tokio::time::timeout(PATIENCE, scene.woken.recv()).await.unwrap();
    assert!(
        matches!(
            woken,
            Some(Wake::Misbehaved {
                what: protocol::check::PeerMisbehaved::Unexpected(protocol::frame::FrameKind::Directory),
                ..
            })
        ),
        "{woken:?}"
    );
}
