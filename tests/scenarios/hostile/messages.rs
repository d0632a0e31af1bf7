//! Messages that come again, in wrong names and numbers, too large and too many (threats 5 and 15, faults
//! 10, 11, 12, 15 and 16).

use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::speaker::Line;
use e2e::speaker::writing::rubbish;
use protocol::digest::Salt;
use protocol::envelope::{Priority, SignedHeader};
use protocol::frame::Frame;
use protocol::ids::MessageId;
use protocol::payload::SealedPayload;
use protocol::rejection::RejectionReason;

use super::{LEAVES_OF_RUBBISH, Scene, all, attend};

/// Asks with many frames at once; the answers.
async fn answers(line: &Line, frames: Vec<Frame>, at_once: usize) -> Result<Vec<Frame>> {
    let (line, frames) = (line.clone(), Arc::new(frames));
    let count = frames.len() as u64;
    let answered = all(count, at_once, move |number| {
        let (line, frames) = (line.clone(), Arc::clone(&frames));
        Box::pin(async move { line.ask(&frames[number as usize]).await })
    });
    answered.await?.into_iter().collect()
}

fn reason(answer: &Frame) -> Option<RejectionReason> {
    match answer {
        Frame::Rejection(signed) => signed.peek().ok().map(|(rejection, _)| rejection.reason),
        _ => None,
    }
}

/// The speaker itself can keep the protocol: what it is refused elsewhere is not for its own faults.
pub(super) async fn one_that_is_right_in_all_but_its_payload_is_taken(scene: &mut Scene) -> Result<()> {
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);
    let line = speaker.connect(scene.address).await?;
    assert_eq!(line.ask(&Frame::Ping(7)).await?, Frame::Pong(7));
    let payload = rubbish(2_048)?;
    let persona = speaker.persona();
    let header = persona.header(&"XA/police".parse()?, &payload)?;
    let signed = SignedHeader::sign(&header, &persona.envelope_key());
    let Frame::Receipt(receipt) = line.ask(&persona.envelope(&header, payload)).await? else {
        anyhow::bail!("no receipt");
    };
    receipt.verify(&signed, "XA".parse()?, &persona.directory)?;
    // It could not be opened, and says so; then it is done with us.
    attend(&line)?;
    scene.has_grown_to(before + LEAVES_OF_RUBBISH).await
}

/// Threat 5 and fault 11, `[IDEMPOTENT]`: 10,000 times over three connections and a restart of ours, one leaf
/// and one receipt.
pub(super) async fn a_replay_is_one_leaf_and_one_receipt(scene: &mut Scene) -> Result<()> {
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);
    let payload = rubbish(1_000)?;
    let header = speaker.persona().header(&"XA/police".parse()?, &payload)?;
    let envelope = speaker.persona().envelope(&header, payload);
    let mut receipts = Vec::new();
    for replays in [3_333, 3_333, 3_334] {
        let line = speaker.connect(scene.address).await?;
        attend(&line)?;
        receipts.extend(answers(&line, vec![envelope.clone(); replays], 64).await?);
    }
    // While the first was being written, eight streams wait for it and others are told to ask again.
    let busy = |answer: &Frame| matches!(answer, Frame::Busy { .. });
    receipts.retain(|answer| !busy(answer));
    ensure!(receipts.len() > 9_900, "only {} were answered", receipts.len());
    ensure!(
        receipts.iter().all(|receipt| *receipt == receipts[0]),
        "two receipts"
    );
    ensure!(matches!(receipts[0], Frame::Receipt(_)));
    scene.has_grown_to(before + LEAVES_OF_RUBBISH).await?;

    let size = scene.size()?;
    scene.restart()?;
    let line = speaker.connect(scene.address).await?;
    assert_eq!(
        line.ask(&envelope).await?,
        receipts[0],
        "the first receipt for ever"
    );
    scene.has_grown_to(size).await
}

/// Faults 10, 12 and 15: refused with a signed reason, one leaf each, and never twice.
pub(super) async fn a_wrong_message_is_refused_with_its_reason_and_one_leaf(scene: &mut Scene) -> Result<()> {
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);
    let line = speaker.connect(scene.address).await?;
    let persona = speaker.persona();
    let to = "XA/police".parse()?;
    let good = rubbish(500)?;
    let header = persona.header(&to, &good)?;

    let mut wrong = Vec::new();
    let mut elsewhere = persona.header(&"XC/police".parse()?, &good)?;
    wrong.push((
        persona.envelope(&elsewhere, good.clone()),
        RejectionReason::WrongRecipient,
    ));
    elsewhere.to = "XA/nobody".parse()?;
    wrong.push((
        persona.envelope(&elsewhere, good.clone()),
        RejectionReason::WrongRecipient,
    ));
    let mut nobody = persona.header(&to, &good)?;
    nobody.from = "XB/nobody".parse()?;
    wrong.push((
        persona.envelope(&nobody, good.clone()),
        RejectionReason::UnknownSender,
    ));
    let mut late = persona.header(&to, &good)?;
    // Not before its key was valid, which is as old as the network.
    late.sent_at.0 -= 1_000;
    late.expires_at.0 = late.sent_at.0 + 500;
    wrong.push((persona.envelope(&late, good.clone()), RejectionReason::Expired));
    // Declared and sent differ: in length, and in bytes.
    let mut short = persona.header(&to, &good)?;
    short.payload_length_bytes += 1;
    wrong.push((
        persona.envelope(&short, good.clone()),
        RejectionReason::NotAuthentic,
    ));
    let other_bytes = persona.header(&to, &good)?;
    wrong.push((
        persona.envelope(&other_bytes, rubbish(500)?),
        RejectionReason::NotAuthentic,
    ));
    let mut huge = persona.header(&to, &good)?;
    huge.payload_length_bytes = 16 * 1024 * 1024 + 1;
    wrong.push((persona.envelope(&huge, good.clone()), RejectionReason::TooLarge));

    for (frame, expected) in &wrong {
        let first = line.ask(frame).await?;
        assert_eq!(reason(&first), Some(*expected));
        assert_eq!(
            line.ask(frame).await?,
            first,
            "{expected:?}: refused alike, byte for byte"
        );
    }
    let refused = wrong.len() as u64;
    scene.has_grown_to(before + refused).await?;

    // Equivocation: one id, two messages. The first stays the message; the second is refused.
    attend(&line)?;
    let size = scene.size()?;
    let first = line.ask(&persona.envelope(&header, good.clone())).await?;
    ensure!(matches!(first, Frame::Receipt(_)));
    let mut second = header.clone();
    second.sent_at.0 += 1;
    let refused = line.ask(&persona.envelope(&second, good.clone())).await?;
    assert_eq!(reason(&refused), Some(RejectionReason::IdReused));
    assert_eq!(line.ask(&persona.envelope(&header, good)).await?, first);
    scene.has_grown_to(size + LEAVES_OF_RUBBISH + 1).await
}

/// Fault 15 and 16: the largest payload to the byte, and many of one byte; OpenPGP bombs are rubbish like
/// any other, and cost no memory.
pub(super) async fn the_largest_payload_and_many_tiny_ones_are_taken(scene: &mut Scene) -> Result<()> {
    const CAP: usize = 16 * 1024 * 1024;
    const TINY: u64 = 300;
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);
    let (persona, to) = (speaker.persona(), "XA/police".parse()?);
    let line = speaker.connect(scene.address).await?;
    attend(&line)?;
    let resident = scene.resident_bytes()?;
    // A packet of compressed data (RFC 9580 section 5.6), and one of a password's (5.3).
    let bombs = [&[0xc8, 0xff, 0x02][..], &[0xc3, 0x0d, 0x04, 0x09]];
    let bombs = bombs.map(|begin| SealedPayload {
        salt: Salt::from_bytes([7; 32]),
        bytes: [begin, &[0; 400_000]].concat().into(),
    });
    let mut frames = Vec::new();
    for payload in [rubbish(CAP - 1)?, rubbish(CAP)?].into_iter().chain(bombs) {
        let header = persona.header(&to, &payload)?;
        frames.push(persona.envelope(&header, payload));
    }
    let large = frames.len() as u64;
    for answer in answers(&line, frames, 4).await? {
        ensure!(matches!(answer, Frame::Receipt(_)), "{:?}", answer.kind());
    }
    let grown = scene.resident_bytes()?.saturating_sub(resident);
    ensure!(grown < (4 * CAP as u64) + (64 << 20), "{} MiB", grown >> 20);

    let mut tiny = Vec::new();
    for _ in 0..TINY {
        let payload = rubbish(1)?;
        let header = persona.header(&to, &payload)?;
        tiny.push(persona.envelope(&header, payload));
    }
    for answer in answers(&line, tiny, 64).await? {
        ensure!(matches!(answer, Frame::Receipt(_)), "{:?}", answer.kind());
    }
    scene
        .has_grown_to(before + (large + TINY) * LEAVES_OF_RUBBISH)
        .await
}

/// Over its quota a peer is put off, with a reason in the metrics and without a leaf; its emergencies, the
/// first answers to what it sends again, and other peers are not.
pub(super) async fn over_its_quota_a_peer_waits_and_nobody_else_does(scene: &mut Scene) -> Result<()> {
    scene.restart_with("messages_per_peer_per_hour = 20")?;
    let (before, speaker) = (scene.size()?, scene.speaker("XB")?);
    let (persona, to) = (speaker.persona(), "XA/police".parse()?);
    let line = speaker.connect(scene.address).await?;
    attend(&line)?;
    let mut frames = Vec::new();
    for number in 0..60 {
        let payload = rubbish(200)?;
        let mut header = persona.header(&to, &payload)?;
        header.message = MessageId::from_parts(header.sent_at.0, [number; 10]);
        if number >= 55 {
            header.priority = Priority::Emergency;
        }
        frames.push(persona.envelope(&header, payload));
    }
    let first = answers(&line, frames.clone(), 1).await?;
    let taken = first
        .iter()
        .filter(|answer| matches!(answer, Frame::Receipt(_)))
        .count();
    let busy = first.iter().filter(|answer| match answer {
        Frame::Busy { retry_after_ms } => *retry_after_ms > 60_000,
        _ => false,
    });
    assert_eq!((taken, busy.count()), (25, 35), "20 messages and 5 emergencies");
    let again = answers(&line, frames, 1).await?;
    ensure!(
        again[..20] == first[..20] && again[55..] == first[55..],
        "first answers"
    );
    let put_off = "ohrid_requests_put_off_total{peer=\"XB\",reason=\"quota_messages\"}";
    scene.counts(put_off, 70).await?;
    scene.has_grown_to(before + 25 * LEAVES_OF_RUBBISH).await
}
