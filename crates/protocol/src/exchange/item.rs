//! One item of the outbox: what is sent, until when, and how far it got.

use std::time::Duration;

use super::types::{Request, Transmit};
use crate::decode::DecodeError;
use crate::digest::Digest;
use crate::envelope::Priority;
use crate::ids::{ContactPoint, MessageId, PartyCode};
use crate::index::{OutboxContent, OutboxRecord};
use crate::limits::LINE_BYTES_PER_SECOND_MIN;
use crate::time::UnixMillis;

/// One item and how far it got.
#[derive(Debug)]
pub(super) struct Item {
    /// Its name: the digest of what is sent.
    pub(super) digest: Digest,
    pub(super) peer: PartyCode,
    pub(super) priority: Priority,
    /// The message that it is, or that it reports on.
    pub(super) message: MessageId,
    /// That message's recipient.
    pub(super) to: ContactPoint,
    /// What is sent.
    pub(super) request: Request,
    /// How long the payload that goes with it is.
    payload_bytes: u64,
    /// When it joined the outbox.
    pub(super) recorded_at: UnixMillis,
    pub(super) expires_at: UnixMillis,
    pub(super) stage: Stage,
    /// Attempts in a row without an answer.
    pub(super) attempts: u32,
    /// When people must hear that there is no receipt yet; `None` once they have, and for all but
    /// emergencies.
    pub(super) overdue_at: Option<UnixMillis>,
    /// What stands in `Outbox::timers` for this item.
    pub(super) timer: Option<UnixMillis>,
}

/// Where an item is on its way; the diagram is at the top of `outbox.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// To be sent as soon as the peer is connected and has a slot.
    Ready,
    /// A request is out; without an answer until then, it counts as unanswered.
    Sent { until: UnixMillis },
    /// Not before then, unless the peer connects anew.
    BackingOff { until: UnixMillis },
    /// Its outcome waits for a commit: nothing more is done with it.
    Settled,
}

impl Item {
    /// From its durable record.
    ///
    /// # Errors
    /// When what it holds cannot be read.
    pub(super) fn new(record: OutboxRecord, overdue_after: Duration) -> Result<Self, DecodeError> {
        let mut overdue_at = None;
        let mut payload_bytes = 0;
        let (message, to, request) = match record.content {
            OutboxContent::Envelope(signed) => {
                let (header, _) = signed.peek()?;
                payload_bytes = header.payload_length_bytes;
                if record.priority == Priority::Emergency {
                    overdue_at = Some(record.recorded_at.plus(overdue_after));
                }
                (
                    header.message,
                    header.to,
                    Request::Envelope {
                        header: signed,
                        payload: header.payload,
                    },
                )
            }
            OutboxContent::Consignment(signed) => {
                let (report, _) = signed.peek()?;
                (report.message, report.to, Request::Consignment(signed))
            }
            OutboxContent::Completion(signed) => {
                let (completion, _) = signed.peek()?;
                (completion.message, completion.to, Request::Completion(signed))
            }
        };
        Ok(Self {
            digest: record.item,
            peer: record.peer,
            priority: record.priority,
            message,
            to,
            request,
            payload_bytes,
            recorded_at: record.recorded_at,
            expires_at: record.expires_at,
            // It enters `Ready` as soon as it has its place.
            stage: Stage::Settled,
            attempts: 0,
            overdue_at,
            timer: None,
        })
    }

    /// The request that carries it.
    pub(super) fn transmit(&self) -> Transmit {
        let request = self.request.clone();
        Transmit::Request {
            peer: self.peer,
            item: self.digest,
            priority: self.priority,
            request,
        }
    }

    /// Which message it is, and to whom; `None` for what reports on one.
    pub(super) fn envelope(&self) -> Option<(MessageId, ContactPoint)> {
        let is_envelope = matches!(self.request, Request::Envelope { .. });
        is_envelope.then(|| (self.message, self.to.clone()))
    }

    /// How long it may be on its way, on the slowest line.
    pub(super) fn travel(&self) -> Duration {
        Duration::from_secs(self.payload_bytes / LINE_BYTES_PER_SECOND_MIN as u64)
    }

    /// The first moment at which something is to be done.
    ///
    /// While a request is out, expiry waits for its answer, which may be on its way: at most for the
    /// request's own time-out and its travel.
    pub(super) fn first_due(&self) -> Option<UnixMillis> {
        let moment = match self.stage {
            Stage::Settled => return None,
            Stage::Ready => self.expires_at,
            Stage::BackingOff { until } => until.min(self.expires_at),
            Stage::Sent { until } => until,
        };
        Some(self.overdue_at.map_or(moment, |overdue| overdue.min(moment)))
    }
}
