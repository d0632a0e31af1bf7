//! The transport's floor: raw quinn on loopback, with the same key agreement as the node, and nothing else.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use protocol::limits::CHUNK_BYTES;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;

use crate::floors::{kilobyte, median_of};

/// What the certificate is for.
const NAME: &str = "floor.example";

/// What asks for a chunk.
const CHUNK_WANTED: &[u8] = b"chunk";

/// A chunk.
static CHUNK: [u8; CHUNK_BYTES] = [0x24; CHUNK_BYTES];

/// The median of 500 exchanges, one at a time, each on a stream of its own.
pub fn round_trip() -> Result<Duration> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let (connection, _endpoints) = runtime.block_on(connect())?;
    let request = kilobyte();
    let median = median_of(500, || runtime.block_on(exchange(&connection, &request)))?;
    connection.close(0_u32.into(), b"done");
    Ok(median)
}

/// Chunks of 1 MiB that are asked for at once, as the node does it.
const CHUNKS_IN_FLIGHT: usize = 8;

/// How long so many bytes take, in chunks of 1 MiB that are asked for several at a time, from memory to
/// nowhere: the line that a transfer of files comes close to.
pub fn bulk(bytes: u64) -> Result<Duration> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let (connection, _endpoints) = connect().await?;
        let left = Arc::new(AtomicU64::new(bytes.div_ceil(CHUNK_BYTES as u64)));
        let begin = Instant::now();
        let mut askers = Vec::new();
        for _ in 0..CHUNKS_IN_FLIGHT {
            askers.push(tokio::spawn(ask_for_chunks(
                connection.clone(),
                Arc::clone(&left),
            )));
        }
        for asker in askers {
            asker.await.context("an asker")??;
        }
        connection.close(0_u32.into(), b"done");
        Ok(begin.elapsed())
    })
}

async fn ask_for_chunks(connection: quinn::Connection, left: Arc<AtomicU64>) -> Result<()> {
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
        .is_ok()
    {
        let (mut send, mut receive) = connection.open_bi().await?;
        send.write_all(CHUNK_WANTED).await?;
        send.finish()?;
        let mut length = 0;
        while let Some(part) = receive.read_chunk(usize::MAX, true).await? {
            length += part.bytes.len();
        }
        anyhow::ensure!(length == CHUNK_BYTES, "a chunk of {length} bytes");
    }
    Ok(())
}

async fn exchange(connection: &quinn::Connection, request: &[u8]) -> Result<()> {
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(request).await?;
    send.finish()?;
    receive.read_to_end(64).await?;
    Ok(())
}

/// A server that answers each stream with 64 bytes, and a client connected to it.
async fn connect() -> Result<(quinn::Connection, (quinn::Endpoint, quinn::Endpoint))> {
    let (server, client) = endpoints()?;
    tokio::spawn(serve(server.clone()));
    let connection = dial(&client, &server).await?;
    Ok((connection, (server, client)))
}

/// Two ends on loopback that show each other the same certificate, with the key agreement of the node.
pub fn endpoints() -> Result<(quinn::Endpoint, quinn::Endpoint)> {
    let certified = rcgen::generate_simple_self_signed(vec![NAME.to_owned()])?;
    let certificate = CertificateDer::from(certified.cert.der().to_vec());
    let key = || {
        PrivateKeyDer::try_from(certified.signing_key.serialize_der())
            .map_err(|why| anyhow::anyhow!("the key: {why}"))
    };
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone())?;
    let roots = Arc::new(roots);
    let provider = Arc::new(provider());

    let asks = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider));
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(asks.build()?)
        .with_single_cert(vec![certificate.clone()], key()?)?;
    tls.alpn_protocols = vec![b"floor".to_vec()];
    let config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    let server = quinn::Endpoint::server(config, loopback)?;

    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key()?)?;
    tls.alpn_protocols = vec![b"floor".to_vec()];
    let mut client = quinn::Endpoint::client(loopback)?;
    client.set_default_client_config(quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(
        tls,
    )?)));
    Ok((server, client))
}

/// Connects the one to the other, which must accept meanwhile.
pub async fn dial(client: &quinn::Endpoint, server: &quinn::Endpoint) -> Result<quinn::Connection> {
    let connecting = client.connect(server.local_addr()?, NAME)?;
    connecting.await.context("connecting")
}

fn provider() -> rustls::crypto::CryptoProvider {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.kx_groups = vec![rustls::crypto::aws_lc_rs::kx_group::X25519MLKEM768];
    provider
}

async fn serve(server: quinn::Endpoint) -> Option<()> {
    let connection = server.accept().await?.await.ok()?;
    loop {
        let (mut send, mut receive) = connection.accept_bi().await.ok()?;
        tokio::spawn(async move {
            let read = receive.read_to_end(64 * 1024).await;
            let answer: &[u8] = match &read {
                Ok(asked) if asked == CHUNK_WANTED => &CHUNK,
                _ => &[0x24; 64],
            };
            if read.is_ok() && send.write_all(answer).await.is_ok() {
                // The client may be gone already; then there is nobody to tell.
                let _ = send.finish();
            }
        });
    }
}
