//! What a time-stamping service answers (RFC 3161). Whatever the bytes are, nothing panics; and what is taken
//! for the stamp of one thing is never taken for that of another.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::digest::Digest;
use protocol::time_stamp::{TimeStamp, TimeStampError, TimeStampQuery};

/// The golden answer is the stamp of this, with this nonce.
const STAMPED: &[u8] = b"node.example/ledger\n";
const NONCE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

fuzz_target!(|bytes: &[u8]| {
    let imprint = Digest::of(STAMPED);
    let accepted = TimeStampQuery::new(imprint, NONCE).accept(bytes);
    let kept = TimeStamp::of_kept(bytes, &imprint);
    match accepted {
        Ok(stamp) => {
            assert_eq!(kept, Ok(stamp));
            let other_nonce = TimeStampQuery::new(imprint, [9; 8]).accept(bytes);
            assert_eq!(other_nonce, Err(TimeStampError::OtherNonce));
            let other_bytes = TimeStamp::of_kept(bytes, &Digest::of(b"other"));
            assert_eq!(other_bytes, Err(TimeStampError::OtherBytes));
        }
        Err(TimeStampError::OtherNonce) => assert!(kept.is_ok()),
        Err(error) => assert_eq!(kept, Err(error)),
    }
});
