//! Who is nobody, or not who it says (threats 1, 2, 4 and 14).

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use e2e::network::node_name;
use e2e::speaker::{Persona, Speaker};
use protocol::frame::Frame;
use protocol::hello::SignedHello;
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Scene;

/// A certificate of XB's node that its own CA did not issue, over a key that nobody pinned.
fn self_signed() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let key = KeyPair::generate_for(&PKCS_ED25519)?;
    let certificate = CertificateParams::new(vec![node_name("XB")])?.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|why| anyhow::anyhow!("{why}"))?;
    Ok((certificate.der().clone(), key))
}

/// Not one byte of the application comes back, whatever is asked.
async fn gets_nothing(scene: &Scene, persona: Persona) -> Result<()> {
    let speaker = Speaker::of(persona)?;
    // With TLS 1.3 a client may believe for a moment that it is in; asking shows that it is not.
    let Ok(line) = speaker.dial(scene.address).await else {
        return Ok(());
    };
    let hello = Frame::Hello(line.signed_hello()?).encode();
    if let Ok(mut answer) = line.say(&hello).await {
        let answer = timeout(Duration::from_secs(20), answer.read_to_end(1024)).await?;
        ensure!(!answer.is_ok_and(|bytes| !bytes.is_empty()), "it was answered");
    }
    line.connection.closed().await;
    Ok(())
}

pub(super) async fn strangers_get_no_byte_of_the_application(scene: &mut Scene) -> Result<()> {
    let before = scene.size()?;
    let refused = |reason: &str| format!("ohrid_handshakes_refused_total{{reason=\"{reason}\"}}");

    let mut nobody = scene.persona("XB")?;
    nobody.chain.clear();
    gets_nothing(scene, nobody).await?;
    scene.counts(&refused("no_certificate"), 1).await?;

    let mut own_word = scene.persona("XB")?;
    let (certificate, key) = self_signed()?;
    (own_word.chain, own_word.tls_key) = (vec![certificate], key);
    gets_nothing(scene, own_word).await?;
    scene.counts(&refused("unknown_certificate"), 1).await?;

    // XB's true certificate, without its key.
    let mut thief = scene.persona("XB")?;
    thief.tls_key = self_signed()?.1;
    gets_nothing(scene, thief).await?;
    scene.counts(&refused("bad_signature"), 1).await?;

    let mut other_tongue = scene.persona("XB")?;
    other_tongue.alpn = b"h3".to_vec();
    gets_nothing(scene, other_tongue).await?;
    scene.counts(&refused("alpn"), 1).await?;

    scene.has_grown_to(before).await
}

/// Threat 4, and the hellos of threat 1: TLS alone makes nobody a peer.
pub(super) async fn only_its_own_hello_on_its_own_connection_makes_a_peer(scene: &mut Scene) -> Result<()> {
    const BAD_HELLO: u32 = 0x03;
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);

    // Something else first.
    let line = speaker.dial(scene.address).await?;
    line.say(&Frame::Ping(1).encode()).await?;
    assert_eq!(line.close_code().await?, BAD_HELLO);

    // In another Party's name, signed by our own key; and in ours, signed by another's.
    for (named, signer) in [("XC", "XB"), ("XB", "XC")] {
        let line = speaker.dial(scene.address).await?;
        let mut hello = line.hello();
        hello.party = named.parse()?;
        let key = scene.persona(signer)?.envelope_key();
        let forged = SignedHello::sign(&hello, &line.exporter()?, &key);
        line.say(&Frame::Hello(forged).encode()).await?;
        assert_eq!(line.close_code().await?, BAD_HELLO, "{named} signed by {signer}");
    }

    // Recorded on one connection, played back on another.
    let first = speaker.dial(scene.address).await?;
    let recorded = Frame::Hello(first.signed_hello()?).encode();
    let second = speaker.dial(scene.address).await?;
    second.say(&recorded).await?;
    assert_eq!(second.close_code().await?, BAD_HELLO);

    // None at all: the first of the two is closed in its time.
    assert_eq!(first.close_code().await?, BAD_HELLO);
    scene
        .counts("ohrid_handshakes_refused_total{reason=\"hello_timeout\"}", 1)
        .await?;
    // Of three connections of one peer that say nothing, one has no place beside the other two: whichever the
    // node comes to last, which need not be the one that was dialled last.
    let mut silent = JoinSet::new();
    for _ in 0..3 {
        let line = speaker.dial(scene.address).await?;
        silent.spawn(async move { line.close_code().await });
    }
    let first = silent.join_next().await.context("three connections")??;
    assert_eq!(first?, 0x05, "too many at once");
    drop(silent);

    scene.has_grown_to(before).await
}

/// Threat 14: whoever forges an address makes us send little to it, and nothing twice.
pub(super) async fn a_forged_address_gets_one_small_packet_for_a_large_one(scene: &mut Scene) -> Result<()> {
    // What a handshake begins with, caught on its way to a socket that is not XA's.
    let trap = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    trap.set_read_timeout(Some(Duration::from_secs(20)))?;
    let speaker = scene.speaker("XB")?;
    let trapped = trap.local_addr()?;
    let dialling = tokio::spawn(async move { speaker.dial(trapped).await.is_ok() });
    let mut first = vec![0; 2048];
    let length = trap.recv(&mut first)?;
    first.truncate(length);
    dialling.abort();
    ensure!(length >= 1200, "a first packet of {length} bytes");

    // Sent on from an address that does not answer, as a forged one would not.
    let victim = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    victim.set_read_timeout(Some(Duration::from_secs(20)))?;
    victim.send_to(&first, scene.address)?;
    let mut answer = [0; 2048];
    let answered = victim
        .recv(&mut answer)
        .context("the packet that proves an address")?;
    ensure!(answered * 4 < length, "{answered} bytes for {length}");
    victim.set_read_timeout(Some(Duration::from_secs(2)))?;
    ensure!(victim.recv(&mut answer).is_err(), "a second packet for one");

    // A flood of them is not answered at all beyond what one address may need; the good peer is served.
    let mut sent = 1;
    while scene.metric("ohrid_handshakes_refused_total{reason=\"flood\"}")? == 0 {
        for _ in 0..200 {
            victim.send_to(&first, scene.address)?;
        }
        sent += 200;
        ensure!(sent < 200_000, "every one of {sent} is answered");
    }
    scene.serves_the_good_peer()?;
    victim.set_nonblocking(true)?;
    let mut bytes = 0;
    while let Ok(length) = victim.recv(&mut answer) {
        bytes += length;
    }
    ensure!(bytes < sent * length / 4, "{bytes} bytes for {sent} packets");
    Ok(())
}
