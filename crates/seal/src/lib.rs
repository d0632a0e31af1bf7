//! Who may read it: OpenPGP certificates, sign-then-encrypt, and opening under a strict policy.
//!
//! Everything that an officer writes travels as one OpenPGP message (RFC 9580), signed by the
//! sender's contact point and encrypted to the recipients and to the sender `[SEAL]`. This crate
//! makes and opens these messages and keeps the keys for it. It knows no network, no disk and no
//! clock of its own: times are arguments, and certificates come from the directory.
//!
//! * [`Certificate`]: a public certificate, parsed and checked once, then cheap to clone and use.
//! * [`LockedKey`] and [`UnlockedKey`]: a secret key at rest, and ready for use.
//! * [`seal`]: body and [`Binding`] → OpenPGP message.
//! * [`open`]: OpenPGP message → body, or an [`OpenError`] and not one byte of plaintext.
//! * [`reveal`] and [`open_with_session_key`]: the same for whoever must be convinced and has no key.
//! * [`attachment`]: the same for files of any length, as streams `[TRANSFER]`.
//! * [`backup`]: streams for the day on which a machine is lost: encrypted, and not signed.
//!
//! A party's own copy of what it sent is the same message: the sender is always among the
//! recipients, so [`open`] serves for both sides.
//!
//! # What GnuPG can and cannot do
//!
//! Messages are of one kind only: SEIPDv2, the authenticated encryption of RFC 9580. The older
//! SEIPDv1 is refused when opening and never made, because its plaintext cannot be authenticated
//! before it is released. Keys and certificates of the profile `compatible` can be imported into
//! GnuPG (tried with 2.2.40), which can check signatures made with them; but a GnuPG without RFC 9580
//! cannot read the messages, and its own certificates do not announce that it could. Such a
//! recipient is a [`SealError::RecipientUnusable`] that names it ([`Unusable::TooOld`]), never a silent
//! fall-back. Sequoia's `sq` reads them.

pub mod attachment;
pub mod backup;
mod binding;
mod certificate;
mod curve25519;
mod fingerprint;
#[cfg(any(test, fuzzing))]
pub mod hostile;
mod key;
pub mod limits;
mod opening;
mod password;
mod policy;
mod profile;
mod sealing;
mod session_key;
#[cfg(any(test, fuzzing))]
#[cfg_attr(fuzzing, allow(dead_code))]
mod testing;

pub use binding::{Binding, BindingError, BindingField};
pub use certificate::{Certificate, CertificateError, Unusable};
pub use fingerprint::{Fingerprint, FingerprintError};
pub use key::{GenerateError, KeyFileError, LockedKey, UnlockError, UnlockedKey};
pub use opening::{OpenContext, OpenError, Opened, Outsider, Window, open, open_with_session_key, reveal};
pub use password::Password;
pub use profile::{Profile, ProfileError};
pub use sealing::{SealError, seal};
pub use session_key::{SessionKey, SessionKeyError};

// `openssl-sys` is never called by us: naming it makes its `vendored` feature build the OpenSSL that
// sequoia links (see Cargo.toml).
use openssl_sys as _;
