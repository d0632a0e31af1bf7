//! What is no frame, or has no place where it comes (threats 16 and 19, faults 10 and 17).

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::speaker::floods;
use e2e::speaker::tap::Tap;
use e2e::speaker::writing::rubbish;
use e2e::speaker::{Line, Speaker};
use protocol::consignment::{Consignment, SignedConsignment, Verdict};
use protocol::digest::Digest;
use protocol::frame::Frame;
use quinn::congestion::CubicConfig;
use quinn::{RecvStream, TransportConfig, VarInt};
use tokio::time::timeout;

use super::{LEAVES_OF_A_GOOD_MESSAGE, Scene};

/// `PeerMisbehaved::close_code`.
const MALFORMED: u32 = 0x101;
const UNEXPECTED: u32 = 0x102;
const OTHER_PARTY: u32 = 0x103;
const OTHER_ITEM: u32 = 0x104;
const BAD_SIGNATURE: u32 = 0x105;
/// `CloseCode::BackedOff`.
const BACKED_OFF: u32 = 0x05;

/// A frame's head, whatever it announces.
fn head(kind: u8, length_bytes: u32) -> Vec<u8> {
    [&[kind][..], &length_bytes.to_be_bytes()].concat()
}

/// A report by `to` on a message of `from`, signed by the speaker.
fn report(line: &Line, from: &str, to: &str) -> Result<Frame> {
    let payload = rubbish(16)?;
    let header = line.persona().header(&"XA/police".parse()?, &payload)?;
    let report = Consignment {
        message: header.message,
        from: from.parse()?,
        to: to.parse()?,
        envelope: Digest::of(b"an envelope"),
        verdict: Verdict::Readable,
        opened_at: e2e::speaker::now(),
    };
    let key = line.persona().envelope_key();
    Ok(Frame::Consignment(SignedConsignment::sign(&report, &key)))
}

/// Everything that breaks the protocol by one frame, and the code that it is told.
fn breaches(scene: &Scene, line: &Line) -> Result<Vec<(&'static str, Vec<u8>, u32)>> {
    let other = scene.persona("XC")?;
    let payload = rubbish(64)?;
    let header = other.header(&"XA/police".parse()?, &payload)?;
    let mut unsigned = report(line, "XA", "XB/police")?.encode();
    if let Some(last) = unsigned.last_mut() {
        *last ^= 1;
    }
    let longest = 2 + 32 + 16 * 1024 + 16 * 1024 * 1024;
    Ok(vec![
        (
            "a byte more than the longest envelope",
            head(2, longest + 1),
            MALFORMED,
        ),
        ("a ping of nine bytes", head(8, 9), MALFORMED),
        (
            "an answer to nothing",
            Frame::Recorded(Digest::of(b"")).encode(),
            UNEXPECTED,
        ),
        (
            "another Party's envelope",
            other.envelope(&header, payload).encode(),
            OTHER_PARTY,
        ),
        (
            "another Party's report",
            report(line, "XA", "XC/police")?.encode(),
            OTHER_PARTY,
        ),
        (
            "a report on what was not ours",
            report(line, "XC", "XB/police")?.encode(),
            OTHER_ITEM,
        ),
        ("a report with another signature", unsigned, BAD_SIGNATURE),
    ])
}

/// Faults 10 and 17: told the code, closed, counted, kept away; nothing is recorded and others are served.
pub(super) async fn who_breaks_the_protocol_is_told_the_code_and_kept_away(scene: &mut Scene) -> Result<()> {
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);
    // What is not known is no breach: a later version may know it.
    let line = speaker.connect(scene.address).await?;
    let mut answer = line.say(&head(200, 5)).await?;
    assert_eq!(answer.read_to_end(64).await?, Frame::Unsupported.encode());
    assert_eq!(line.ask(&Frame::Ping(1)).await?, Frame::Pong(1));
    for at in 0..breaches(scene, &line)?.len() {
        let line = speaker.connect(scene.address).await?;
        let (what, bytes, code) = breaches(scene, &line)?.swap_remove(at);
        line.say(&bytes).await?;
        assert_eq!(line.close_code().await?, code, "{what}");
        scene
            .counts("ohrid_peers_misbehaved_total{peer=\"XB\"}", 1)
            .await?;
        let again = speaker.dial(scene.address).await?;
        // Whether the hello's answer is seen before the close is a matter of chance.
        let _ = again.greet().await;
        assert_eq!(again.close_code().await?, BACKED_OFF, "{what}: back at once");
        // It forgets, so that the next breach is the first again.
        scene.restart()?;
    }
    scene.has_grown_to(before).await
}

/// Threat 15 and fault 8: a byte a second, on every stream that a peer may have. Each is given up within
/// seconds, and the others of the node do not notice.
pub(super) async fn a_byte_a_second_is_given_up_and_keeps_nobody_waiting(scene: &mut Scene) -> Result<()> {
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);
    let line = speaker.connect(scene.address).await?;
    let resident = scene.resident_bytes()?;
    let flood = floods::slow(&line, 512);
    let too_slow = "ohrid_streams_given_up_total{peer=\"XB\",reason=\"request_too_slow\"}";
    scene.counts(too_slow, 1).await?;
    scene.serves_the_good_peer()?;
    let grown = scene.resident_bytes()?.saturating_sub(resident);
    ensure!(grown < 48 << 20, "{} MiB for 512 streams", grown >> 20);
    // A few are read, slowly, and given up; for others there is no room beside those, and they are told so.
    scene.counts(too_slow, 30).await?;
    scene
        .counts(
            "ohrid_requests_put_off_total{peer=\"XB\",reason=\"no_room\"}",
            256,
        )
        .await?;
    drop(flood);
    // The peer itself is served as soon as it behaves.
    assert_eq!(line.ask(&Frame::Ping(1)).await?, Frame::Pong(1));
    // One good message was served meanwhile.
    scene.has_grown_to(before + LEAVES_OF_A_GOOD_MESSAGE).await
}

/// Threat 16: data with gaps fill the window of a connection, and no more than that.
pub(super) async fn gaps_take_no_more_memory_than_the_window(scene: &mut Scene) -> Result<()> {
    let before = scene.size()?;
    // Nothing is ever taken to be lost, so that no gap is filled.
    let mut transport = TransportConfig::default();
    let mut congestion = CubicConfig::default();
    congestion.initial_window(64 << 20);
    transport
        .packet_threshold(u32::MAX)
        .time_threshold(1e6)
        .congestion_controller_factory(Arc::new(congestion))
        .max_idle_timeout(Some(VarInt::from_u32(30_000).into()));
    let tap = Arc::new(Tap::default());
    let anywhere = ([127, 0, 0, 1], 0).into();
    let speaker = Speaker::tapped(scene.persona("XB")?, anywhere, transport, Arc::clone(&tap))?;
    let line = speaker.connect(scene.address).await?;
    // The peer is connected for good, and its window open, before the gaps begin.
    assert_eq!(line.ask(&Frame::Ping(1)).await?, Frame::Pong(1));
    let resident = scene.resident_bytes()?;
    tap.lose_every_other();
    let frame = [head(2, 1024 * 1024), vec![0x5a; 512 * 1024 - 5]].concat();
    let filled: Result<Vec<RecvStream>, _> = timeout(Duration::from_secs(20), async {
        let mut streams = Vec::new();
        for _ in 0..16 {
            let (mut sending, receiving) = line.connection.open_bi().await?;
            sending.write_all(&frame).await?;
            streams.push(receiving);
        }
        anyhow::Ok(streams)
    })
    .await
    .unwrap_or_else(|_| Ok(Vec::new()));
    let grown = scene.resident_bytes()?.saturating_sub(resident);
    drop(filled);
    ensure!(
        grown < 16 << 20,
        "{} MiB for the gaps of one connection",
        grown >> 20
    );
    scene.has_grown_to(before).await
}
