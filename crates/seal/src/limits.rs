//! Every limit of this crate, in one place, with its unit and its reason.

use std::time::Duration;

/// A certificate or key file, armored or binary. A certificate with post-quantum keys throughout is
/// 22.6 KB.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// A user id in a certificate that we make; a name and an address fit many times over.
pub const USER_ID_BYTES_MAX: usize = 256;

/// Contact points that one message may name as recipients, and certificates it is encrypted to
/// beside the sender's own. security.md speaks of 4 because it has one recipient in mind; the
/// envelope allows a message to several Parties, and a contact point may have a certificate for
/// each of its officers.
pub const RECIPIENTS_MAX: usize = 16;

/// Encrypted session keys (PKESK packets) that an incoming message may begin with: one for each
/// recipient, one for the sender.
pub const SESSION_KEYS_MAX: usize = RECIPIENTS_MAX + 1;

/// The body that may be sealed: what fits into a payload together with headers and signatures.
pub const BODY_BYTES_MAX: usize = protocol::limits::PAYLOAD_BYTES_MAX - SEALING_BYTES_MAX;

/// What sealing may add to a body: session keys for [`SESSION_KEYS_MAX`] recipients (an ML-KEM-768
/// one is 1.2 KB), headers, an ML-DSA-65 signature (3.4 KB), and an authentication tag of 16 bytes
/// for each 4 KiB of plaintext (64 KiB for 16 MiB).
pub const SEALING_BYTES_MAX: usize = 256 * 1024;

/// The header lines in front of a body (see [`crate::Binding`]).
pub const BINDING_BYTES_MAX: usize = 2048;

/// Every text that is opened is shorter: the lines of [`RECIPIENTS_MAX`] recipients do not fill
/// [`BINDING_BYTES_MAX`].
pub const TEXT_BYTES_MAX: usize = BODY_BYTES_MAX + BINDING_BYTES_MAX;

/// The smallest chunk of authenticated encryption that is opened. Each chunk costs a cipher
/// set-up, so a message in chunks of 64 bytes would cost sixty times more to open than to send.
pub const CHUNK_BYTES_MIN: usize = 1024;

/// How far the sender's clock may be off from ours.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(5 * 60);

/// The plaintext of one step of authenticated encryption of an attachment. Setting up the cipher for a step
/// costs some microseconds, which 4 KiB are not worth; this fits into a core's own cache.
pub const ATTACHMENT_AEAD_CHUNK_BYTES: usize = 256 * 1024;

/// The smallest such step that is opened: so long that the front of a file, with its binding, is in the
/// first one.
pub const ATTACHMENT_AEAD_CHUNK_BYTES_MIN: usize = 64 * 1024;

/// The largest (RFC 9580 section 5.13.2). It bounds the memory that opening needs.
pub const ATTACHMENT_AEAD_CHUNK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What authenticates each step.
pub const AEAD_TAG_BYTES: usize = 16;

/// The parts that a packet of unknown length is written in; a power of two.
pub const PARTIAL_BODY_BYTES: usize = 256 * 1024;

/// The smallest partial part that is read (RFC 9580 section 4.2.1.4 says so for the first one).
pub const PARTIAL_BODY_BYTES_MIN: u32 = 512;

/// Buffers between two of the threads that seal or open an attachment: enough that a thread which waits for
/// the disk does not stop the others at once. At 256 KiB each and three at work, some 3 MiB in all.
pub const PIPELINE_BLOCKS: usize = 4;

/// One encrypted session key in front of an attachment; an ML-KEM-1024 one is 1.7 KB.
pub const SESSION_KEY_PACKET_BYTES_MAX: usize = 4 * 1024;

/// A signature or one-pass signature in an attachment: an ML-DSA-87 one is 4.7 KB.
pub const SIGNATURE_PACKET_BYTES_MAX: usize = 16 * 1024;

/// Padding behind the signature of an attachment.
pub const PADDING_BYTES_MAX: u64 = 1024 * 1024;

/// How long before its message an attachment may have been sealed: large files take minutes, and a message
/// may wait some days for the second officer who approves it.
pub const ATTACHED_BEFORE_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What is kept of an encrypted backup while it is opened, so that its form is known before any of it is
/// given.
pub const BACKUP_BUFFER_BYTES: usize = 256 * 1024;
