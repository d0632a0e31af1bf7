//! The three kinds of certificate that we make.

use std::fmt;
use std::str::FromStr;

/// Which algorithms a new certificate has. What a *message* uses follows from the certificates of
/// its sender and recipients, each by its own: profiles mix freely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Version 6 (RFC 9580): signs with Ed25519, is encrypted to with ML-KEM-768+X25519 (RFC 9980).
    /// What is recorded today stays unreadable to a quantum computer later.
    #[default]
    Default,
    /// Version 4: Ed25519 and X25519 in their older encodings, for Parties whose tools do not know
    /// version 6. Announces SEIPDv2 all the same (see the crate's documentation on GnuPG).
    Compatible,
    /// Version 6 with post-quantum signatures as well: ML-DSA-65+Ed25519, ML-KEM-768+X25519.
    PostQuantum,
}

/// Not the name of a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a profile is one of default, compatible, pqc")]
pub struct ProfileError;

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, ProfileError> {
        match text {
            "default" => Ok(Self::Default),
            "compatible" => Ok(Self::Compatible),
            "pqc" => Ok(Self::PostQuantum),
            _ => Err(ProfileError),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Default => "default",
            Self::Compatible => "compatible",
            Self::PostQuantum => "pqc",
        })
    }
}
