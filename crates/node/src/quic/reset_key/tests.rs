#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// Made with Python's `hmac`.
#[test]
fn is_hmac_sha_256() {
    let key = ResetKey::new(&[0x0b; 32]);
    let mut out = [0; 32];
    key.sign(b"Hi There", &mut out);
    let hex: String = out.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c7a3b1696a0b68cf7"
    );
    assert!(key.verify(b"Hi There", &out).is_ok());
    assert!(key.verify(b"Hi There", &out[..31]).is_err());
    out[0] ^= 1;
    assert!(key.verify(b"Hi There", &out).is_err());
}
