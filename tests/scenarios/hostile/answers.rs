//! A peer that breaks the protocol when it is asked: it is dialled by XA, or takes what XA sends (threats 4
//! and 7, faults 10 and 12).

use anyhow::{Result, ensure};
use e2e::network::Network;
use e2e::speaker::writing::rubbish;
use e2e::speaker::{Line, Speaker, send};
use protocol::envelope::SignedHeader;
use protocol::frame::Frame;
use protocol::receipt::SignedReceipt;
use quinn::{SendStream, TransportConfig};

use super::{Scene, attend};

/// `PeerMisbehaved::close_code`.
const UNEXPECTED: u32 = 0x102;
const OTHER_ITEM: u32 = 0x104;
const BAD_RECEIPT: u32 = 0x106;

impl Scene {
    /// XA's officer sends a request to `party`, and does not wait.
    fn sends_to(&self, party: &str) -> Result<()> {
        let request = Network::example_request();
        let (request, to) = (request.to_string_lossy(), format!("{party}/police"));
        let arguments = ["request", "send", &request, "--to", &to];
        self.network.officer("XA", arguments)?.expect_code(0)?;
        Ok(())
    }

    /// What waits for this peer.
    fn pending(&self, party: &str) -> Result<u64> {
        let status = self.status()?;
        let peers = status["peers"].as_array().cloned().unwrap_or_default();
        let peer = peers.iter().find(|peer| peer["party"] == party);
        Ok(peer
            .and_then(|peer| peer["pending_messages"].as_u64())
            .unwrap_or(0))
    }
}

/// The next envelope that XA sends on this line.
async fn envelope(line: &Line) -> Result<(SignedHeader, SendStream)> {
    loop {
        match line.request().await? {
            (Frame::Envelope { header, .. }, answer) => return Ok((header, answer)),
            (Frame::Ping(number), answer) => send(answer, &Frame::Pong(number).encode()).await?,
            (_, answer) => send(answer, &Frame::Unsupported.encode()).await?,
        }
    }
}

/// False answers to an envelope, and the code that each is told; none where it may be our own directory that
/// is old.
fn false_answers(line: &Line, header: &SignedHeader) -> Result<Vec<(&'static str, Frame, Option<u32>)>> {
    let persona = line.persona();
    let payload = rubbish(10)?;
    let other = persona.header(&"XA/police".parse()?, &payload)?;
    let other = SignedHeader::sign(&other, &persona.envelope_key());
    let mut stranger = persona.clone();
    stranger.ledger_seed[0] ^= 1;
    let receipt = |receipt: SignedReceipt| Frame::Receipt(receipt);
    Ok(vec![
        (
            "a proof that leads nowhere",
            receipt(persona.ledger()?.record_falsely(header)?),
            Some(BAD_RECEIPT),
        ),
        (
            "the receipt of another",
            receipt(persona.ledger()?.record(&other)?),
            Some(OTHER_ITEM),
        ),
        (
            "no answer at all",
            Frame::Hello(line.signed_hello()?),
            Some(UNEXPECTED),
        ),
        (
            "a ledger that nobody knows",
            receipt(stranger.ledger()?.record(header)?),
            None,
        ),
    ])
}

/// Threat 7 and fault 10: what proves nothing is not believed; its message stays queued and is sent again,
/// the same bytes, until there is a true receipt.
pub(super) async fn a_false_answer_delivers_nothing_and_is_told_its_code(scene: &mut Scene) -> Result<()> {
    let speaker = scene.speaker("XB")?;
    let mut line = speaker.connect(scene.address).await?;
    scene.sends_to("XB")?;
    let size = scene.size()?;
    let (first, mut answer) = envelope(&line).await?;
    for at in 0..4 {
        let (what, false_answer, code) = false_answers(&line, &first)?.swap_remove(at);
        send(answer, &false_answer.encode()).await?;
        if let Some(code) = code {
            assert_eq!(line.close_code().await?, code, "{what}");
            scene
                .counts("ohrid_peers_misbehaved_total{peer=\"XB\"}", 1)
                .await?;
            // It forgets, so that the next breach is the first again.
            scene.restart()?;
            line = speaker.connect(scene.address).await?;
        }
        assert_eq!(scene.pending("XB")?, 1, "{what}");
        let (again, next) = envelope(&line).await?;
        ensure!(again.as_bytes() == first.as_bytes(), "{what}: other bytes");
        answer = next;
    }
    assert_eq!(scene.size()?, size, "nothing of it is recorded");
    let receipt = line.persona().ledger()?.record(&first)?;
    send(answer, &Frame::Receipt(receipt).encode()).await?;
    scene.grows_to(size + 1).await?;
    assert_eq!(scene.pending("XB")?, 0);
    scene.has_grown_to(size + 1).await
}

/// Threat 4: a TLS server that says no hello is no peer, and what is to go to it stays queued. One that says
/// it, and then never reads, keeps nobody else waiting.
pub(super) async fn a_server_that_is_silent_is_no_peer_and_one_that_does_not_read_harms_nobody(
    scene: &mut Scene,
) -> Result<()> {
    let address = scene.network.listen_address("XB")?;
    let speaker = Speaker::at(scene.persona("XB")?, address, TransportConfig::default())?;
    // It dials at once when it starts.
    scene.restart()?;
    scene.sends_to("XB")?;
    let silent = speaker.be_dialled().await?;
    let status = scene.status()?;
    let connected = status["peers"].as_array().into_iter().flatten();
    let connected = connected.filter(|peer| peer["connected"] == true);
    let connected: Vec<_> = connected.map(|peer| peer["party"].as_str()).collect();
    ensure!(!connected.contains(&Some("XB")), "{connected:?}");
    assert_eq!(scene.pending("XB")?, 1);
    // XA gives up, and dials again.
    silent.connection.closed().await;
    let line = speaker.be_connected().await?;
    // It asks without end, and reads no answer: its streams are given up, and its own affair.
    let mut unread = Vec::new();
    for number in 0..300 {
        unread.push(line.say(&Frame::Ping(number).encode()).await?);
    }
    scene.serves_the_good_peer()?;
    // And it takes what was queued, as soon as it behaves.
    let size = scene.size()?;
    attend(&line)?;
    // XA may have had enough of that connection, and dial again.
    tokio::spawn(async move {
        while let Ok(line) = speaker.be_connected().await {
            attend(&line)?;
        }
        Ok::<(), anyhow::Error>(())
    });
    scene.has_grown_to(size + 1).await?;
    assert_eq!(scene.pending("XB")?, 0);
    drop(unread);
    Ok(())
}
