//! Opens a sealed file as a stream.
//!
//! Three threads: one reads and decrypts, chunk by chunk; one takes the packets inside apart and computes
//! the signature's digest; one computes the file's own digest and writes it to the staging place. Whatever
//! is in that place counts only when all three are done and the signature was verified: until then nobody
//! but this module has it.

mod container;
mod packets;

use std::fmt;
use std::io::{Read, Write};
use std::thread;
use std::time::SystemTime;

use protocol::attachment::{Attachment, Label};
use protocol::digest::Digest;
use sequoia_openpgp::types::HashAlgorithm;

use super::pipeline::{Emptying, outcome, pipeline};
use super::{AttachmentBinding, OpenAttachmentError};
use crate::opening::signature;
use crate::{Binding, Fingerprint, OpenContext, OpenError};

/// A file that passed every check.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedAttachment<W> {
    /// The staging place, with the whole file in it, flushed.
    pub staging: W,
    /// What the signed text says of the message that the file belongs to; `to` names all recipients.
    pub message: Binding,
    /// The certificate that signed.
    pub signed_by: Fingerprint,
    /// When it was signed, by the signer's clock, in whole seconds.
    pub signed_at: SystemTime,
}

/// Opens the sealed file that `source` gives into `staging`, and gives that back only if everything is as
/// it should be `[SEAL]` `[TRANSFER]`: the whole message authentic, signed by one of the sender's
/// certificates, meant for us, bound to this message and this label, and the file the one that the manifest
/// names. Needs some megabytes of memory, whatever the file.
///
/// `context` is that of the message which the file is attached to, but that its window is
/// [`crate::Window::for_attachment`].
///
/// # Errors
/// The first check that failed, see [`OpenAttachmentError`]. `staging` is dropped then, with whatever part
/// of the plaintext is in it: it should remove that. It cannot be a reference to something that the caller
/// keeps, so that nobody reads by mistake what was never verified.
pub fn open_attachment<R: Read + Send, W: Write + Send + 'static>(
    source: R,
    staging: W,
    label: &Label,
    attachment: &Attachment,
    context: &OpenContext<'_>,
) -> Result<OpenedAttachment<W>, OpenAttachmentError> {
    let mut container = container::Container::begin(source, context.recipient)?;
    let (plain_in, plain_out) = pipeline(container.chunk_bytes());
    let (file_in, file_out) = pipeline(container.chunk_bytes());
    thread::scope(|scope| {
        let decrypting = scope.spawn(move || container.decrypt_all(&plain_in));
        let limit_bytes = attachment.plaintext_length_bytes();
        let staging = scope.spawn(move || stage_all(staging, &file_out, limit_bytes));
        let parsed = packets::Packets::new(plain_out, file_in).take_apart();
        let (decrypted, staged) = (outcome(decrypting), outcome(staging));
        // In this order: what does not authenticate says nothing; and where one thread failed, the next
        // ones only see that it is gone.
        decrypted?;
        let (staging, length_bytes, plaintext) = staged?;
        let signed = parsed?;
        let (signed_by, signed_at) = signature::check(&signed.signature, &signed.digest, context)?;
        let field = AttachmentBinding::differs(label, context.binding, &signed.binding);
        if let Some(field) = field {
            return Err(OpenAttachmentError::Label { field });
        }
        if length_bytes != attachment.plaintext_length_bytes() || plaintext != attachment.plaintext() {
            return Err(OpenAttachmentError::NotAsInManifest);
        }
        Ok(OpenedAttachment {
            staging,
            message: signed.binding.message,
            signed_by,
            signed_at,
        })
    })
}

/// Writes what comes to the staging place, and ends when it is more than the manifest says.
fn stage_all<W: Write>(
    mut staging: W,
    blocks: &Emptying,
    limit_bytes: u64,
) -> Result<(W, u64, Digest), OpenAttachmentError> {
    let mut hash = super::sha256()?;
    let mut length_bytes = 0_u64;
    while let Some(block) = blocks.full_block() {
        length_bytes += block.len() as u64;
        if length_bytes > limit_bytes {
            return Err(OpenAttachmentError::NotAsInManifest);
        }
        hash.update(&block);
        staging.write_all(&block).map_err(OpenAttachmentError::Staging)?;
        blocks.give_back(block);
    }
    staging.flush().map_err(OpenAttachmentError::Staging)?;
    let mut plaintext = [0; 32];
    hash.digest(&mut plaintext)
        .map_err(|_| OpenError::AlgorithmRefused)?;
    Ok((staging, length_bytes, Digest::from_bytes(plaintext)))
}

/// Hash algorithms that a file may be signed with: the policy looks at the signature when all is read, and
/// until then nobody shall make us compute anything slow or weak.
const HASHES: [HashAlgorithm; 3] = [
    HashAlgorithm::SHA256,
    HashAlgorithm::SHA384,
    HashAlgorithm::SHA512,
];

impl<W> fmt::Debug for OpenedAttachment<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OpenedAttachment")
            .field("message", &self.message)
            .field("signed_by", &self.signed_by)
            .field("signed_at", &self.signed_at)
            .finish_non_exhaustive()
    }
}
