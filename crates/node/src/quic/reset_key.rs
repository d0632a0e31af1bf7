//! HMAC-SHA-256 (RFC 2104) with a key that outlives the process, for stateless resets (RFC 9000
//! section 10.3): a node that was restarted can tell its peers that their connections are gone.

use quinn::crypto::{CryptoError, HmacKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

const BLOCK_BYTES: usize = 64;

/// The key, padded to a block.
pub(super) struct ResetKey(Zeroizing<[u8; BLOCK_BYTES]>);

impl ResetKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(block)
    }

    fn code(&self, data: &[u8]) -> [u8; 32] {
        let keyed = |pad: u8| Sha256::new().chain_update(self.0.map(|byte| byte ^ pad));
        let inner = keyed(0x36).chain_update(data).finalize();
        keyed(0x5c).chain_update(inner).finalize().into()
    }
}

impl HmacKey for ResetKey {
    fn sign(&self, data: &[u8], signature_out: &mut [u8]) {
        for (to, from) in signature_out.iter_mut().zip(self.code(data)) {
            *to = from;
        }
    }

    fn signature_len(&self) -> usize {
        32
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let code = self.code(data);
        let differing = code.iter().zip(signature).fold(0, |sum, (a, b)| sum | (a ^ b));
        if signature.len() == code.len() && differing == 0 {
            Ok(())
        } else {
            Err(CryptoError)
        }
    }
}

#[cfg(test)]
mod tests;
