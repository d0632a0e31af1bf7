//! What comes off a stream: frames of every kind, one after the other, as they are and with the length that
//! fits. Whatever the bytes are, nothing panics; no frame is longer than its kind may be; what was accepted is
//! exactly what encoding gives back; and what is in a frame and is read later only is read here as well.
#![no_main]

use ledger::note::Note;
use ledger::tlog_proof::TlogProof;
use ledger::witness::{AddCheckpoint, Answer};
use libfuzzer_sys::fuzz_target;
use protocol::attachment::Manifest;
use protocol::frame::{FRAME_HEAD_BYTES, Frame, FrameHead};

/// Every kind that there is.
const NUMBERS: [u8; 24] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 32, 33, 40, 41, 42, 43, 44, 45, 48, 49, 50, 51, 52, 53,
];

fuzz_target!(|bytes: &[u8]| {
    stream(bytes);
    if let Some((number, body)) = bytes.split_first() {
        let number = NUMBERS[usize::from(*number) % NUMBERS.len()];
        let length = u32::try_from(body.len()).expect("short").to_be_bytes();
        stream(&[&[number], &length[..], body].concat());
    }
});

/// Frames until one is none, or the bytes end.
fn stream(mut bytes: &[u8]) {
    while let Some((head, rest)) = bytes.split_first_chunk::<FRAME_HEAD_BYTES>() {
        let parsed = match FrameHead::parse(head) {
            Ok(parsed) => parsed,
            Err(error) => {
                assert!(error.offset < FRAME_HEAD_BYTES && !error.to_string().is_empty());
                return;
            }
        };
        assert_eq!(parsed.kind.number(), head[0]);
        assert!(parsed.kind.length_bytes().contains(&parsed.length_bytes));
        // A stream that ends within a frame is for the node to notice; a body is never read short.
        let Some((body, after)) = rest.split_at_checked(parsed.length_bytes) else {
            assert!(Frame::decode(parsed, rest).is_err());
            return;
        };
        frame(parsed, head, body);
        bytes = after;
    }
}

fn frame(parsed: FrameHead, head: &[u8], body: &[u8]) {
    let decoded = Frame::decode(parsed, body);
    assert_eq!(Frame::decode_owned(parsed, body.to_vec()), decoded);
    let frame = match decoded {
        Ok(frame) => frame,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    assert_eq!(frame.kind(), parsed.kind);
    assert_eq!(frame.encode(), [head, body].concat(), "a frame has one form");
    later(frame);
}

/// What of a frame is read only where it is used.
fn later(frame: Frame) {
    match frame {
        Frame::Hello(hello) => drop(hello.peek()),
        Frame::Envelope { header, payload } => {
            drop(header.peek());
            let _ = payload.commitment();
        }
        Frame::Receipt(receipt) => drop(receipt.peek()),
        Frame::Rejection(rejection) => drop(rejection.peek()),
        Frame::Consignment(report) => drop(report.peek()),
        Frame::Completion(statement) => drop(statement.peek()),
        Frame::Directory(Some(directory)) => drop(directory.peek()),
        Frame::Manifest(answer) => {
            if let Ok(manifest) = Manifest::decode(&answer.bytes) {
                assert_eq!(manifest.encode(), answer.bytes);
            }
        }
        Frame::AddCheckpoint(body) => {
            if let Ok(request) = AddCheckpoint::parse(&body) {
                assert_eq!(request.to_string().as_bytes(), body);
            }
        }
        Frame::WitnessAnswer { status, body } => {
            for kind in [None, Some("text/x.tlog.size"), Some("text/plain; charset=utf-8")] {
                if let Err(error) = Answer::parse(status, kind, &body) {
                    assert!(!error.to_string().is_empty());
                }
            }
        }
        Frame::Head(Some(note)) => {
            if let Ok(read) = Note::parse(&note) {
                assert_eq!(read.to_string().as_bytes(), note);
            }
        }
        Frame::WitnessedReceipt(Some(proof)) => {
            if let Ok(read) = TlogProof::parse(&proof) {
                assert_eq!(read.to_string().as_bytes(), proof);
            }
        }
        _ => {}
    }
}
