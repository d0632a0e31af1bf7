//! The transport's floor: raw quinn on loopback, with the same key agreement as the node, and nothing else.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::floors::{kilobyte, median_of};

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

async fn exchange(connection: &quinn::Connection, request: &[u8]) -> Result<()> {
    let (mut send, mut receive) = connection.open_bi().await?;
    send.write_all(request).await?;
    send.finish()?;
    receive.read_to_end(64).await?;
    Ok(())
}

/// A server that answers each stream with 64 bytes, and a client connected to it.
async fn connect() -> Result<(quinn::Connection, (quinn::Endpoint, quinn::Endpoint))> {
    let certified = rcgen::generate_simple_self_signed(vec!["floor.example".to_owned()])?;
    let certificate = CertificateDer::from(certified.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der())
        .map_err(|why| anyhow::anyhow!("the key: {why}"))?;
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));

    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)?;
    tls.alpn_protocols = vec![b"floor".to_vec()];
    let config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    let server = quinn::Endpoint::server(config, loopback)?;
    tokio::spawn(serve(server.clone()));

    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate)?;
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"floor".to_vec()];
    let mut client = quinn::Endpoint::client(loopback)?;
    client.set_default_client_config(quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(
        tls,
    )?)));
    let connection = client
        .connect(server.local_addr()?, "floor.example")?
        .await
        .context("connecting")?;
    Ok((connection, (server, client)))
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
            if read.is_ok() && send.write_all(&[0x24; 64]).await.is_ok() {
                // The client may be gone already; then there is nobody to tell.
                let _ = send.finish();
            }
        });
    }
}
