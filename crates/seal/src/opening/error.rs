//! Why a message was not opened, in words for people and in codes that travel.

use super::BindingField;

/// The first check that a message failed. Holds nothing of the message: it may be shown, logged,
/// and told to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Longer than a payload may be.
    #[error("the message is too large")]
    TooLarge,
    /// Not OpenPGP, cut short, or not exactly one encrypted and signed text.
    #[error("the message is not exactly one signed and encrypted OpenPGP message")]
    Malformed,
    /// OpenPGP, but not encrypted.
    #[error("the message is not encrypted")]
    NotEncrypted,
    /// Could be opened with a password.
    #[error("the message can be opened with a password, which is not allowed")]
    PasswordEncrypted,
    /// Compressed inside.
    #[error("the message is compressed, which is not allowed")]
    Compressed,
    /// Encrypted or signed in a way that the policy refuses.
    #[error("the message uses an algorithm or format that is not allowed")]
    AlgorithmRefused,
    /// Not encrypted to our key.
    #[error("the message is not encrypted to this key")]
    NotForUs,
    /// Decryption does not authenticate: damaged, cut short or forged on the way.
    #[error("the ciphertext is damaged, cut short or forged")]
    Damaged,
    /// No signature.
    #[error("the message is not signed")]
    SignatureMissing,
    /// More signatures than one.
    #[error("the message is signed more than once")]
    SignatureCount,
    /// Signed by a key that is none of the sender's.
    #[error("the signer is not the contact point that the envelope names")]
    SignerUnknown,
    /// Signed by a key of the sender that was not valid then.
    #[error("the signer's certificate was not valid when it signed")]
    SignerNotValid,
    /// The signature does not fit the text.
    #[error("the signature is wrong")]
    SignatureBad,
    /// Signed before it was sent or after it was received.
    #[error("the signature was not made between sending and reception")]
    SignatureTime,
    /// The signature was made for somebody else, or for nobody in particular.
    #[error("the signature was not made for this recipient")]
    IntendedRecipient,
    /// The text does not begin with what it belongs to.
    #[error("the signed text does not begin with its message, case, sender and recipients")]
    BindingMissing,
    /// The text belongs to another envelope.
    #[error("the signed text names another {field} than the envelope")]
    Binding {
        /// The first field that differs.
        field: BindingField,
    },
}

impl OpenError {
    /// A short, stable code for consignment reports, logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::Malformed => "malformed",
            Self::NotEncrypted => "not-encrypted",
            Self::PasswordEncrypted => "password-encrypted",
            Self::Compressed => "compressed",
            Self::AlgorithmRefused => "algorithm-refused",
            Self::NotForUs => "not-for-us",
            Self::Damaged => "damaged",
            Self::SignatureMissing => "signature-missing",
            Self::SignatureCount => "signature-count",
            Self::SignerUnknown => "signer-unknown",
            Self::SignerNotValid => "signer-not-valid",
            Self::SignatureBad => "signature-bad",
            Self::SignatureTime => "signature-time",
            Self::IntendedRecipient => "intended-recipient",
            Self::BindingMissing => "binding-missing",
            Self::Binding { .. } => "binding",
        }
    }
}
