//! What a peer sends of attachments: manifests, requests, chunks. Whatever the bytes are, nothing panics,
//! and what was accepted is exactly what encoding gives back; names lead nowhere; and a puller stays within
//! its window whatever comes in which order.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::attachment::{
    Chunk, ChunkIndex, ChunkRequest, ChunkSet, FileName, Manifest, ManifestAnswer, ManifestRequest, Pull,
    PullSettings, SourceId,
};
use protocol::completion::SignedCompletion;
use protocol::frame::{Frame, FrameHead};
use protocol::time::UnixMillis;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = ChunkRequest::decode(bytes) {
        assert_eq!(request.encode(), bytes);
    }
    if let Ok(request) = ManifestRequest::decode(bytes) {
        assert_eq!(request.encode(), bytes);
    }
    if let Ok(answer) = ManifestAnswer::decode(bytes) {
        assert_eq!(answer.encode(), bytes);
    }
    if let Ok(chunk) = Chunk::decode(bytes.to_vec()) {
        assert_eq!(
            [&Chunk::encode_head(chunk.index), chunk.bytes.as_slice()].concat(),
            bytes
        );
    }
    // The same as whole frames, and a signed completion as both ledgers keep it.
    if let Some((head, rest)) = bytes.split_first_chunk()
        && let Ok(head) = FrameHead::parse(head)
        && let Ok(frame) = Frame::decode_owned(head, rest.to_vec())
    {
        assert_eq!(frame.encode(), bytes);
        assert_eq!(Frame::decode(head, rest), Ok(frame));
    }
    if let Ok(completion) = SignedCompletion::from_bytes(bytes) {
        let _ = completion.peek();
    }
    if let Ok(name) = String::from_utf8_lossy(bytes).parse::<FileName>() {
        assert!(!name.as_str().contains(['/', '\\', '\0', '\n']));
    }
    if let Ok(manifest) = Manifest::decode(bytes) {
        assert_eq!(manifest.encode(), bytes);
        for (_, attachment) in manifest.attachments() {
            pull(attachment, bytes);
        }
    }
});

/// Whoever answers is late, busy, gone or wrong, as the bytes say.
fn pull(attachment: &protocol::attachment::Attachment, bytes: &[u8]) {
    let settings = PullSettings::default();
    let mut pull = Pull::new(attachment, ChunkSet::none_of(attachment), settings);
    let mut now = UnixMillis(0);
    for byte in bytes.iter().take(1_000) {
        let source = SourceId(u64::from(byte % 4));
        let index = ChunkIndex(u32::from(byte / 32));
        match byte % 7 {
            0 | 1 => pull.handle_connected(source),
            2 => pull.handle_disconnected(source),
            3 => pull.handle_busy(
                source,
                index,
                std::time::Duration::from_secs(u64::from(*byte)),
                now,
            ),
            4 => pull.handle_unanswered(source, index, now),
            5 => pull.handle_timeout(now),
            _ => match attachment.check_chunk(index, vec![*byte]) {
                Ok(chunk) => drop(pull.handle_chunk(source, &chunk, now)),
                Err(wrong) => pull.handle_wrong(source, wrong),
            },
        }
        while pull.poll_request(now).is_some() {}
        while pull.poll_event().is_some() {}
        assert!(pull.in_flight() <= settings.in_flight_max);
        now = pull.poll_timeout().unwrap_or(now).max(now);
    }
}
