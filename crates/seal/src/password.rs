//! The password that locks a secret key at rest.

use std::fmt;

use sequoia_openpgp::crypto;

/// A password. It is kept encrypted in memory, wiped on drop, and never printed.
#[derive(Clone)]
pub struct Password {
    secret: crypto::Password,
    is_empty: bool,
}

impl Password {
    /// What sequoia takes.
    pub(crate) fn secret(&self) -> &crypto::Password {
        &self.secret
    }

    /// Whether nothing at all was given: that locks nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }
}

impl From<Vec<u8>> for Password {
    /// Takes the bytes as they are: a trailing newline of a password file is the caller's to strip.
    fn from(bytes: Vec<u8>) -> Self {
        let is_empty = bytes.is_empty();
        Self {
            secret: bytes.into(),
            is_empty,
        }
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Password(..)")
    }
}
