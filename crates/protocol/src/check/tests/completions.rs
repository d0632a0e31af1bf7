//! Nobody can say in another's name that a file has arrived, and nothing of a transfer is an answer to the
//! core `[TRANSFER]`.

use super::*;
use crate::attachment::{AttachmentId, ChunkIndex, ChunkRequest, ManifestRequest};

fn said(completion: &Completion, key: &EnvelopeKey) -> Result<Checked, PeerMisbehaved> {
    let directory = directory();
    let circumstances = Circumstances {
        peer: xb(),
        own: xa(),
        ..at_xb(&directory)
    };
    check(
        Frame::Completion(SignedCompletion::sign(completion, key)),
        &circumstances,
    )
}

#[test]
fn a_completion_is_by_the_peer_to_us() {
    let Ok(Checked::Completion(verified)) = said(&completion(), &key_of_xb()) else {
        panic!()
    };
    assert_eq!(verified.completion(), &completion());
    assert_eq!(verified.digest(), verified.signed().digest());
    let for_another = Completion {
        from: xb(),
        ..completion()
    };
    assert_eq!(
        said(&for_another, &key_of_xb()).unwrap_err(),
        PeerMisbehaved::OtherItem
    );
    let in_our_name = Completion {
        to: police_of_xa(),
        ..completion()
    };
    assert_eq!(
        said(&in_our_name, &key_of_xb()).unwrap_err(),
        PeerMisbehaved::OtherParty
    );
    assert!(matches!(
        said(&completion(), &key_of_xa()),
        Ok(Checked::UnknownKey(_))
    ));
    let ahead = Completion {
        completed_at: NOW.plus(2 * DAY),
        ..completion()
    };
    assert!(matches!(said(&ahead, &key_of_xb()), Ok(Checked::Misdated)));
    let garbage = Frame::Completion(SignedCompletion::from_bytes(b"garbage").unwrap());
    let error = check(garbage, &at_xb(&directory())).unwrap_err();
    assert!(matches!(error, PeerMisbehaved::Malformed(_)));
}

#[test]
fn what_answers_a_completion_and_what_does_not() {
    let (directory, sent) = (directory(), signed_header());
    let statement = SignedCompletion::sign(&completion(), &key_of_xb());
    let answered = |frame| {
        let circumstances = Circumstances {
            asked: Asked::Completion(&statement),
            ..at_xa(&directory, &sent)
        };
        check(frame, &circumstances)
    };
    assert!(matches!(
        answered(Frame::Recorded(statement.digest())),
        Ok(Checked::Recorded(digest)) if digest == statement.digest()
    ));
    assert!(matches!(
        answered(Frame::Busy { retry_after_ms: 7 }),
        Ok(Checked::Busy { .. })
    ));
    assert!(matches!(answered(Frame::Unsupported), Ok(Checked::Unsupported)));
    let other = answered(Frame::Recorded(Digest::of(b"other")));
    assert_eq!(other.unwrap_err(), PeerMisbehaved::OtherItem);
    let frames = [
        Frame::Absent,
        Frame::Completion(statement.clone()),
        Frame::ManifestRequest(ManifestRequest(manifest_commitment())),
        Frame::ChunkRequest(ChunkRequest {
            attachment: AttachmentId::from_bytes([7; 32]),
            index: ChunkIndex(0),
        }),
    ];
    for frame in frames {
        let kind = frame.kind();
        assert_eq!(answered(frame).unwrap_err(), PeerMisbehaved::Unexpected(kind));
    }
}
