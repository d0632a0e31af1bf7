//! Open a sealed message, or say why not; nothing in between.
//!
//! No byte of plaintext leaves before the whole message is decrypted and authenticated, its
//! signature is good, its signer is one of the sender's certificates and was valid when it signed,
//! the time fits, the message was meant for us, and the text inside says what the envelope says
//! (threat 18 of the threat model). What was decrypted of a refused message is wiped.

mod error;
mod message;
pub(crate) mod signature;

use std::fmt;
use std::time::SystemTime;

use zeroize::Zeroizing;

use crate::limits::{ATTACHED_BEFORE_MAX, BODY_BYTES_MAX, CLOCK_SKEW_MAX};
use crate::{Binding, BindingField, Certificate, Fingerprint, SessionKey, UnlockedKey};
use message::{Decrypted, Opener};

pub use error::OpenError;

/// What the one who opens knows beforehand: from the envelope and from the directory.
#[derive(Debug, Clone, Copy)]
pub struct OpenContext<'a> {
    /// Our key. For our own copy of what we sent, the key that sent it.
    pub recipient: &'a UnlockedKey,
    /// The certificates that the directory has for the contact point that claims to have sent this.
    pub senders: &'a [Certificate],
    /// The certificates that the message may have been sealed to: the directory's for all contact
    /// points that may be recipients beside us. Our own and the senders' need not be repeated, so
    /// for a message to one recipient this is empty.
    pub co_recipients: &'a [Certificate],
    /// What the envelope says. `to` holds the envelope's recipient: the text inside must name it,
    /// and may name further ones.
    pub binding: &'a Binding,
    /// When it was received, by the ledger: a signature that had expired by then is refused.
    pub received_at: SystemTime,
    /// When it must have been signed, see [`Window::between`].
    pub window: Window,
}

/// The times at which a signature may have been made, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Not before this.
    pub earliest: SystemTime,
    /// Not after this.
    pub latest: SystemTime,
}

/// A message that passed every check.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The body; wiped on drop.
    pub body: Zeroizing<Vec<u8>>,
    /// What the signed text says of itself; `to` names all recipients.
    pub binding: Binding,
    /// The certificate that signed.
    pub signed_by: Fingerprint,
    /// When it was signed, by the signer's clock, in whole seconds.
    pub signed_at: SystemTime,
}

/// Opens a binary OpenPGP message that [`crate::seal`] or another implementation made.
/// Serves for our own copy of what we sent, too.
///
/// # Errors
/// The first check that failed, see [`OpenError`].
pub fn open(ciphertext: &[u8], context: &OpenContext<'_>) -> Result<Opened, OpenError> {
    reveal(ciphertext, context).map(|(opened, _)| opened)
}

/// The same, and the key of this one message: whoever gets that can open the message as well, and no other.
///
/// # Errors
/// As [`open`].
pub fn reveal(ciphertext: &[u8], context: &OpenContext<'_>) -> Result<(Opened, SessionKey), OpenError> {
    let decrypted = message::decrypt(ciphertext, Opener::Own(context.recipient))?;
    let signed = signature::check(&decrypted.signature, digest(&decrypted)?, context)?;
    let session_key = decrypted.session_key.clone();
    Ok((finish(decrypted, signed, context.binding)?, session_key))
}

/// What somebody knows who checks a message that was for others.
#[derive(Debug, Clone, Copy)]
pub struct Outsider<'a> {
    /// The certificates of the contact point that claims to have sent it.
    pub senders: &'a [Certificate],
    /// Those of the recipient whose envelope it is: the signature must name one of them.
    pub recipients: &'a [Certificate],
    /// Those of all other contact points that it may have been sealed to.
    pub co_recipients: &'a [Certificate],
    /// What the envelope says.
    pub binding: &'a Binding,
    /// When it was recorded: a signature that had expired by then is refused.
    pub received_at: SystemTime,
    /// When it must have been signed, see [`Window::between`].
    pub window: Window,
}

/// Opens a message with the key that [`reveal`] gave away, and checks all that a recipient would check.
///
/// # Errors
/// As [`open`]; [`OpenError::Damaged`] also for the key of another message.
pub fn open_with_session_key(
    ciphertext: &[u8],
    session_key: &SessionKey,
    outsider: &Outsider<'_>,
) -> Result<Opened, OpenError> {
    let decrypted = message::decrypt(ciphertext, Opener::Given(session_key))?;
    let expected = signature::Expected {
        recipients: outsider.recipients.iter().map(Certificate::fingerprint).collect(),
        senders: outsider.senders,
        co_recipients: outsider.co_recipients,
        received_at: outsider.received_at,
        window: outsider.window,
    };
    let signed = signature::check_as(&decrypted.signature, digest(&decrypted)?, &expected)?;
    finish(decrypted, signed, outsider.binding)
}

/// The digest of the text; the parser computed it while it read.
fn digest(decrypted: &Decrypted) -> Result<&[u8], OpenError> {
    decrypted
        .signature
        .computed_digest()
        .ok_or(OpenError::SignatureBad)
}

/// The body, if the text says what the envelope says.
fn finish(
    decrypted: Decrypted,
    (signed_by, signed_at): (Fingerprint, SystemTime),
    expected: &Binding,
) -> Result<Opened, OpenError> {
    let mut text = decrypted.text;
    let (binding, body_start) = Binding::split(&text).ok_or(OpenError::BindingMissing)?;
    if let Some(field) = expected.differs_from(&binding) {
        return Err(OpenError::Binding { field });
    }
    if text.len() - body_start > BODY_BYTES_MAX {
        return Err(OpenError::TooLarge);
    }
    // The header in front goes; what the move leaves behind is wiped with the rest on drop.
    text.drain(..body_start);
    Ok(Opened {
        body: text,
        binding,
        signed_by,
        signed_at,
    })
}

impl Window {
    /// From the time that the sender claims in the header to the time of reception, with
    /// [`CLOCK_SKEW_MAX`] on either side: a message may have waited long in an outbox. Where the sender's
    /// clock is ahead of ours, its claim is the later of the two; how far ahead it may be is for whoever
    /// recorded the message to say.
    #[must_use]
    pub fn between(sent_at: SystemTime, received_at: SystemTime) -> Self {
        let latest = received_at.max(sent_at);
        Self {
            earliest: sent_at
                .checked_sub(CLOCK_SKEW_MAX)
                .unwrap_or(SystemTime::UNIX_EPOCH),
            latest: latest.checked_add(CLOCK_SKEW_MAX).unwrap_or(latest),
        }
    }

    /// The same for what is attached to a message: it was signed before the message, up to
    /// [`ATTACHED_BEFORE_MAX`].
    #[must_use]
    pub fn for_attachment(sent_at: SystemTime, received_at: SystemTime) -> Self {
        let window = Self::between(sent_at, received_at);
        let earliest = window.earliest.checked_sub(ATTACHED_BEFORE_MAX);
        Self {
            earliest: earliest.unwrap_or(SystemTime::UNIX_EPOCH),
            ..window
        }
    }

    fn contains(&self, time: SystemTime) -> bool {
        self.earliest <= time && time <= self.latest
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Opened")
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("binding", &self.binding)
            .field("signed_by", &self.signed_by)
            .field("signed_at", &self.signed_at)
            .finish()
    }
}

#[cfg(test)]
mod tests;
