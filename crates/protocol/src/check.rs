//! Everything about a frame that is costly and pure: signatures, digests, proofs. May run on any thread,
//! before the exchange sees the frame.

use crate::attachment::WrongChunk;
use crate::completion::{Completion, SignedCompletion, VerifiedCompletion};
use crate::consignment::{Consignment, SignedConsignment, VerifiedConsignment};
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::directory::{Directory, UnknownKey};
use crate::envelope::{Header, SignedHeader, VerifiedEnvelope};
use crate::frame::{Frame, FrameKind};
use crate::ids::PartyCode;
use crate::index::InboxKey;
use crate::limits::{DATED_AHEAD_MAX, PAYLOAD_BYTES_MAX};
use crate::payload::SealedPayload;
use crate::receipt::{ReceiptError, SignedReceipt, VerifiedReceipt};
use crate::rejection::{Rejection, RejectionReason, SignedRejection};
use crate::statement::{Claim, NotAuthentic};
use crate::time::UnixMillis;

/// What a frame is held against.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The Party that TLS and hello have authenticated.
    pub peer: PartyCode,
    /// This node's Party.
    pub own: PartyCode,
    /// The directory in use.
    pub directory: &'a Directory,
    /// The time.
    pub now: UnixMillis,
    /// What the frame answers, if it came on a stream of ours.
    pub asked: Asked<'a>,
}

/// What we asked on the stream that a frame came on.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// Nothing: the peer opened the stream, the frame is a request.
    Nothing,
    /// To record this envelope.
    Envelope(&'a SignedHeader),
    /// To record this report.
    Consignment(&'a SignedConsignment),
    /// To record that all attachments are complete.
    Completion(&'a SignedCompletion),
    /// Whether it is there.
    Ping(u64),
}

/// A frame that was checked.
#[derive(Debug, Clone)]
pub enum Checked {
    /// Request: to be recorded, unless it was before.
    Envelope(VerifiedEnvelope),
    /// Request: an envelope that is to be refused.
    Refusable(Refusable),
    /// Request: a report to be recorded, unless it was before.
    Consignment(VerifiedConsignment),
    /// Request: a completion to be recorded, unless it was before.
    Completion(VerifiedCompletion),
    /// Request: answer with the same number.
    Ping(u64),
    /// Request or answer: signed by a key that our directory does not have. It may be that ours is old: fetch
    /// a newer one; answer a request with `Busy`, take an answer as none.
    UnknownKey(UnknownKey),
    /// Request or answer: dated more than a day ahead of our clock, or, for an answer, more than a day before
    /// what it answers. Some clock is wrong, and it may be ours; what was signed cannot be dated anew. Answer
    /// a request with `Busy`, take an answer as none.
    Misdated,
    /// Answer: the receipt for what we sent.
    Receipt(VerifiedReceipt),
    /// Answer: the signed refusal of what we sent.
    Rejection {
        /// As it travelled.
        signed: SignedRejection,
        /// What it says.
        rejection: Rejection,
    },
    /// Answer: the peer has recorded our report or completion with this digest.
    Recorded(Digest),
    /// Answer: try later.
    Busy {
        /// When; nobody need wait longer than for a retry of our own.
        retry_after_ms: u32,
    },
    /// Answer to our ping.
    Pong,
    /// Answer: the peer does not know this kind of request.
    Unsupported,
}

/// An envelope that is to be refused, unless these very bytes were received before (then its first
/// receipt is due again, `[IDEMPOTENT]`: look for `key` first and compare `rejection.envelope`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusable {
    /// What to sign, record and answer.
    pub rejection: Rejection,
    /// Under which key to keep the outcome; none where the header was not authentic, so that nobody can
    /// use up an id that is not theirs.
    pub key: Option<InboxKey>,
}

/// A peer broke the protocol: tell it the code, close the connection, back off. Named by what it did.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerMisbehaved {
    /// Bytes that are not a frame, or not a statement of the kind that the frame names.
    #[error(transparent)]
    Malformed(#[from] DecodeError),
    /// A frame that has no place here: an answer to nothing, a request as an answer.
    #[error("a frame of kind {0:?} has no place here")]
    Unexpected(FrameKind),
    /// An envelope, or a report, in another Party's name.
    #[error("the peer speaks in another Party's name")]
    OtherParty,
    /// An answer that is about something else than what was asked.
    #[error("the answer is about something else than what was asked")]
    OtherItem,
    /// A statement whose signature is not by the key that it names.
    #[error("a statement's signature is not by the key that it names")]
    BadSignature,
    /// A receipt that proves nothing.
    #[error(transparent)]
    BadReceipt(ReceiptError),
    /// A chunk that is not what the manifest says, or not the one that was asked for `[TRANSFER]`.
    #[error(transparent)]
    WrongChunk(WrongChunk),
    /// A manifest that is not what the header commits to, or no manifest.
    #[error("the manifest is not the one that the message's header commits to")]
    WrongManifest,
}

/// Checks a frame. What is not authentic never gets past here as anything but a refusal.
///
/// # Errors
/// [`PeerMisbehaved`], where the protocol is broken; what can be refused by a signed answer is
/// [`Checked::Refusable`] instead.
pub fn check(frame: Frame, circumstances: &Circumstances<'_>) -> Result<Checked, PeerMisbehaved> {
    let kind = frame.kind();
    match (frame, circumstances.asked) {
        (Frame::Envelope { header, payload }, Asked::Nothing) => {
            check_envelope(header, payload, circumstances)
        }
        (Frame::Consignment(report), Asked::Nothing) => check_report(report, circumstances),
        (Frame::Completion(statement), Asked::Nothing) => check_completion(statement, circumstances),
        (Frame::Ping(number), Asked::Nothing) => Ok(Checked::Ping(number)),
        (Frame::Receipt(receipt), Asked::Envelope(sent)) => check_receipt(&receipt, sent, circumstances),
        (Frame::Rejection(rejection), Asked::Envelope(sent)) => {
            check_rejection(rejection, sent, circumstances)
        }
        (Frame::Recorded(digest), Asked::Consignment(report)) if digest == report.digest() => {
            Ok(Checked::Recorded(digest))
        }
        (Frame::Recorded(digest), Asked::Completion(statement)) if digest == statement.digest() => {
            Ok(Checked::Recorded(digest))
        }
        (Frame::Pong(number), Asked::Ping(asked)) if number == asked => Ok(Checked::Pong),
        (Frame::Recorded(_), Asked::Consignment(_) | Asked::Completion(_))
        | (Frame::Pong(_), Asked::Ping(_)) => Err(PeerMisbehaved::OtherItem),
        (
            Frame::Busy { retry_after_ms },
            Asked::Envelope(_) | Asked::Consignment(_) | Asked::Completion(_),
        ) => Ok(Checked::Busy { retry_after_ms }),
        (
            Frame::Unsupported,
            Asked::Envelope(_) | Asked::Consignment(_) | Asked::Completion(_) | Asked::Ping(_),
        ) => Ok(Checked::Unsupported),
        _ => Err(PeerMisbehaved::Unexpected(kind)),
    }
}

/// An envelope: who, whether it is for us, when, what; the costly last.
fn check_envelope(
    signed: SignedHeader,
    payload: SealedPayload,
    circumstances: &Circumstances<'_>,
) -> Result<Checked, PeerMisbehaved> {
    let digest = signed.digest();
    let refuse = |message, reason, key| {
        let rejected_at = circumstances.now;
        let rejection = Rejection {
            message,
            envelope: digest,
            reason,
            rejected_at,
        };
        Ok(Checked::Refusable(Refusable { rejection, key }))
    };
    let Ok(claim) = Claim::<Header>::parse(signed.as_bytes()) else {
        return refuse(None, RejectionReason::Malformed, None);
    };
    let message = claim.statement.message;
    // TLS and hello have shown who speaks: nobody brings another Party's messages.
    if claim.statement.from.party() != circumstances.peer {
        return Err(PeerMisbehaved::OtherParty);
    }
    let (header, signed_by) = match claim.verify(&[], circumstances.peer, circumstances.directory) {
        Ok(verified) => verified,
        Err(NotAuthentic::UnknownKey(unknown)) => return Ok(Checked::UnknownKey(unknown)),
        Err(_) => return refuse(Some(message), RejectionReason::NotAuthentic, None),
    };
    let fault = match fault_of(&header, &payload, circumstances) {
        // It stays in our ledger, so it must be what it says: an auditor will look at it.
        None => match header.verify_sender_checkpoint(circumstances.directory) {
            Ok(()) => None,
            Err(NotAuthentic::UnknownKey(unknown)) => return Ok(Checked::UnknownKey(unknown)),
            Err(_) => Some(RejectionReason::NotAuthentic),
        },
        fault => fault,
    };
    match fault {
        None => Ok(Checked::Envelope(VerifiedEnvelope {
            header,
            signed,
            digest,
            payload,
            signed_by,
        })),
        Some(reason) => {
            let key = InboxKey {
                from: circumstances.peer,
                message,
                to: header.to,
            };
            refuse(Some(message), reason, Some(key))
        }
    }
}

/// Why an authentic header, with this payload, is to be refused all the same.
///
/// A clock that is ahead by up to [`DATED_AHEAD_MAX`] is no reason: the receipt carries our time beside the
/// sender's claim, and a message must not be lost because a clock is wrong.
fn fault_of(
    header: &Header,
    payload: &SealedPayload,
    circumstances: &Circumstances<'_>,
) -> Option<RejectionReason> {
    let Circumstances {
        own, directory, now, ..
    } = *circumstances;
    if header.to.party() != own || directory.contact_point(&header.to).is_none() {
        Some(RejectionReason::WrongRecipient)
    } else if directory.contact_point(&header.from).is_none() {
        Some(RejectionReason::UnknownSender)
    } else if header.payload_length_bytes > PAYLOAD_BYTES_MAX as u64 {
        Some(RejectionReason::TooLarge)
    } else if !header.has_possible_times() || is_dated_ahead(header.sent_at, now) {
        Some(RejectionReason::Malformed)
    } else if header.expires_at <= now {
        Some(RejectionReason::Expired)
    } else if header.payload_length_bytes != payload.bytes.len() as u64
        || header.payload != payload.commitment()
    {
        Some(RejectionReason::NotAuthentic)
    } else {
        None
    }
}

/// A report: by the peer's office, to us, signed by the peer.
fn check_report(
    signed: SignedConsignment,
    circumstances: &Circumstances<'_>,
) -> Result<Checked, PeerMisbehaved> {
    let claim = Claim::<Consignment>::parse(signed.as_bytes())?;
    if claim.statement.to.party() != circumstances.peer {
        return Err(PeerMisbehaved::OtherParty);
    }
    if claim.statement.from != circumstances.own {
        return Err(PeerMisbehaved::OtherItem);
    }
    let consignment = match claim.verify(&[], circumstances.peer, circumstances.directory) {
        Ok((consignment, _)) => consignment,
        Err(error) => return unbelievable(error),
    };
    if is_dated_ahead(consignment.opened_at, circumstances.now) {
        return Ok(Checked::Misdated);
    }
    let digest = signed.digest();
    Ok(Checked::Consignment(VerifiedConsignment {
        consignment,
        signed,
        digest,
    }))
}

/// A completion: by the peer's office, to us, signed by the peer.
fn check_completion(
    signed: SignedCompletion,
    circumstances: &Circumstances<'_>,
) -> Result<Checked, PeerMisbehaved> {
    let claim = Claim::<Completion>::parse(signed.as_bytes())?;
    if claim.statement.to.party() != circumstances.peer {
        return Err(PeerMisbehaved::OtherParty);
    }
    if claim.statement.from != circumstances.own {
        return Err(PeerMisbehaved::OtherItem);
    }
    let completion = match claim.verify(&[], circumstances.peer, circumstances.directory) {
        Ok((completion, _)) => completion,
        Err(error) => return unbelievable(error),
    };
    if is_dated_ahead(completion.completed_at, circumstances.now) {
        return Ok(Checked::Misdated);
    }
    let digest = signed.digest();
    Ok(Checked::Completion(VerifiedCompletion {
        completion,
        signed,
        digest,
    }))
}

fn check_receipt(
    receipt: &SignedReceipt,
    sent: &SignedHeader,
    circumstances: &Circumstances<'_>,
) -> Result<Checked, PeerMisbehaved> {
    let verified = match receipt.verify(sent, circumstances.peer, circumstances.directory) {
        Ok(verified) => verified,
        Err(ReceiptError::NotAuthentic(error)) => return unbelievable(error),
        Err(ReceiptError::OtherEnvelope) => return Err(PeerMisbehaved::OtherItem),
        Err(error) => return Err(PeerMisbehaved::BadReceipt(error)),
    };
    if is_misdated(verified.receipt().received_at, sent, circumstances)? {
        return Ok(Checked::Misdated);
    }
    Ok(Checked::Receipt(verified))
}

fn check_rejection(
    signed: SignedRejection,
    sent: &SignedHeader,
    circumstances: &Circumstances<'_>,
) -> Result<Checked, PeerMisbehaved> {
    let claim = Claim::<Rejection>::parse(signed.as_bytes())?;
    let (header, _) = sent.peek()?;
    let about_other_message = claim
        .statement
        .message
        .is_some_and(|message| message != header.message);
    if claim.statement.envelope != sent.digest() || about_other_message {
        return Err(PeerMisbehaved::OtherItem);
    }
    let rejection = match claim.verify(&[], circumstances.peer, circumstances.directory) {
        Ok((rejection, _)) => rejection,
        Err(error) => return unbelievable(error),
    };
    if is_misdated(rejection.rejected_at, sent, circumstances)? {
        return Ok(Checked::Misdated);
    }
    Ok(Checked::Rejection { signed, rejection })
}

/// An answer cannot be older than what it answers, nor of days to come. Without this, a stolen key
/// whose period is over could still sign answers that are dated back into it.
///
/// It is no breach of the protocol either: whoever recorded something while a clock was set wrongly gives
/// that same answer for ever `[IDEMPOTENT]`, and to close the connection on each of them would stop all
/// else.
fn is_misdated(
    dated: UnixMillis,
    sent: &SignedHeader,
    circumstances: &Circumstances<'_>,
) -> Result<bool, PeerMisbehaved> {
    let (header, _) = sent.peek()?;
    let before_sent = dated.plus(DATED_AHEAD_MAX) < header.sent_at;
    Ok(before_sent || is_dated_ahead(dated, circumstances.now))
}

fn is_dated_ahead(dated: UnixMillis, now: UnixMillis) -> bool {
    dated > now.plus(DATED_AHEAD_MAX)
}

/// A statement that cannot be believed: an unknown key may be our fault, the rest is the peer's.
fn unbelievable(error: NotAuthentic) -> Result<Checked, PeerMisbehaved> {
    match error {
        NotAuthentic::UnknownKey(unknown) => Ok(Checked::UnknownKey(unknown)),
        NotAuthentic::Malformed(error) => Err(PeerMisbehaved::Malformed(error)),
        NotAuthentic::BadSignature => Err(PeerMisbehaved::BadSignature),
    }
}

#[cfg(test)]
mod tests;
