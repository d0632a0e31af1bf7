//! What several keys of the secretariat sign, each on a machine of its own: directories and key sets.
//!
//! Nobody needs to have all copies at once, nor in any order: what merging gives depends only on which valid
//! signatures there are.

use crate::decode::DecodeError;

/// Why copies cannot be merged. Whoever hands them in is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// One is not of this kind at all.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// They do not say the same, or there is none: a signature counts for its own document only.
    #[error("these are not copies of one document")]
    Different,
}

/// Gives a type for jointly signed bytes what all of them can do.
macro_rules! jointly_signed {
    ($name:ident, $content:expr) => {
        impl $name {
            /// The digest of what was signed: the same whoever has signed it. This is what is recorded, and
            /// what two documents of one number are compared by.
            ///
            /// # Errors
            /// When the bytes are not of this kind.
            pub fn digest(&self) -> Result<$crate::digest::Digest, $crate::decode::DecodeError> {
                let signed = $crate::cose::SignMany::parse($content, self.as_bytes())?;
                Ok($crate::digest::Digest::of(signed.payload))
            }

            /// Which of `keys` have validly signed it, each once.
            ///
            /// # Errors
            /// When the bytes are not of this kind.
            pub fn signers(
                &self,
                keys: &[$crate::key::PublicKey],
            ) -> Result<Vec<$crate::key::PublicKey>, $crate::decode::DecodeError> {
                Ok($crate::cose::SignMany::parse($content, self.as_bytes())?.signers(keys))
            }

            /// The same document, signed by this key alone: to be merged with what the others have signed.
            ///
            /// # Errors
            /// When the bytes are not of this kind.
            pub fn countersign(
                &self,
                key: &$crate::key::SecretariatKey,
            ) -> Result<Self, $crate::decode::DecodeError> {
                let signed = $crate::cose::SignMany::parse($content, self.as_bytes())?;
                Self::from_bytes(&$crate::cose::sign_many($content, signed.payload, &[key]))
            }

            /// One document with the valid signatures by `keys` of all copies. The same signatures give the
            /// same bytes, in whatever order they are merged; those by other keys are left out.
            ///
            /// # Errors
            /// [`MergeError`](crate::directory::MergeError), when they are not copies of one document.
            pub fn merge(
                copies: &[Self],
                keys: &[$crate::key::PublicKey],
            ) -> Result<Self, $crate::directory::MergeError> {
                let parsed: Result<Vec<_>, _> = copies
                    .iter()
                    .map(|copy| $crate::cose::SignMany::parse($content, copy.as_bytes()))
                    .collect();
                let merged = $crate::cose::gather(&parsed?, keys);
                let merged = merged.ok_or($crate::directory::MergeError::Different)?;
                Ok(Self::from_bytes(&merged)?)
            }
        }
    };
}
pub(super) use jointly_signed;
