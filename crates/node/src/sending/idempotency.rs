//! `[IDEMPOTENT]` on the local API: which writes came before.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use control::headers::IdempotencyKey;
use control::types::{Fault, SendRequest, Sent};
use protocol::ids::{CaseId, MessageId};
use protocol::time::UnixMillis;
use sha2::{Digest, Sha256};

use super::{Parts, SendError};
use crate::limits::{IDEMPOTENCY_ANSWERS_MAX, IDEMPOTENCY_KEYS_MAX, IDEMPOTENCY_REMEMBERED_FOR};

/// So many pieces of advice are kept before it is looked whether anybody still has them.
const ADVICE_LOOK_AT_MIN: usize = 1_024;

/// The answer to a write, once there is one; locked while it is under way.
pub(super) type Remembered = Arc<tokio::sync::Mutex<Option<Answer>>>;

/// What was answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// All of it, for those answered last: whoever lost one asks again at once.
    Whole(Box<Sent>),
    /// What the ledger does not tell; the rest is made anew from there.
    Recorded {
        /// What was sent.
        message: MessageId,
        /// When the answer was given.
        recorded_at: jiff::Timestamp,
        /// What was said of the draft.
        advice: Box<[Arc<Fault>]>,
    },
}

/// The writes of this process, and those of the processes before it as far as the ledger tells.
#[derive(Debug)]
pub(super) struct Idempotency {
    started_at: UnixMillis,
    /// Cases opened before this process, by the random part of their ids. Read once, when first asked.
    earlier: OnceLock<HashMap<[u8; 10], MessageId>>,
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    by_key: HashMap<String, ([u8; 32], Remembered)>,
    order: VecDeque<String>,
    /// Those whose answers are kept whole, the oldest first.
    whole: VecDeque<Remembered>,
    advice: Advice,
}

/// What was said of drafts, each piece once: much the same is said of most, in half a kilobyte each time.
#[derive(Debug, Default)]
struct Advice {
    pieces: HashSet<Arc<Fault>>,
    /// When there are so many, those that nobody has any more are dropped.
    look_at: usize,
}

impl Advice {
    fn kept(&mut self, faults: Vec<Fault>) -> Box<[Arc<Fault>]> {
        if self.pieces.len() > self.look_at {
            self.pieces.retain(|piece| Arc::strong_count(piece) > 1);
            self.look_at = self.pieces.len() * 2 + ADVICE_LOOK_AT_MIN;
        }
        let kept = faults.into_iter().map(|fault| match self.pieces.get(&fault) {
            Some(piece) => Arc::clone(piece),
            None => {
                let piece = Arc::new(fault);
                self.pieces.insert(Arc::clone(&piece));
                piece
            }
        });
        kept.collect()
    }
}

impl Answer {
    fn shortened(self, advice: &mut Advice) -> Self {
        match self {
            Self::Whole(sent) => match sent.message.parse() {
                Ok(message) => Self::Recorded {
                    message,
                    recorded_at: sent.recorded_at,
                    advice: advice.kept(sent.advice),
                },
                Err(_) => Self::Whole(sent),
            },
            recorded @ Self::Recorded { .. } => recorded,
        }
    }
}

impl Idempotency {
    pub(super) fn new(started_at: UnixMillis) -> Self {
        Self {
            started_at,
            earlier: OnceLock::new(),
            recent: Mutex::default(),
        }
    }

    /// The place for the answer to this key, which has come with this body, and with no other.
    pub(super) fn remember(&self, key: &IdempotencyKey, body: [u8; 32]) -> Result<Remembered, SendError> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, answer)) = recent.by_key.get(key.as_str()) {
            return if *before == body {
                Ok(Arc::clone(answer))
            } else {
                Err(SendError::KeyReused)
            };
        }
        let answer = Remembered::default();
        recent
            .by_key
            .insert(key.as_str().to_owned(), (body, Arc::clone(&answer)));
        recent.order.push_back(key.as_str().to_owned());
        while recent.order.len() > IDEMPOTENCY_KEYS_MAX {
            if let Some(oldest) = recent.order.pop_front() {
                recent.by_key.remove(&oldest);
            }
        }
        Ok(answer)
    }

    /// Keeps this answer whole, and of the oldest one only what the ledger does not tell.
    pub(super) fn answered(&self, place: Remembered) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = &mut *recent;
        recent.whole.push_back(place);
        if recent.whole.len() <= IDEMPOTENCY_ANSWERS_MAX {
            return;
        }
        let oldest = recent.whole.pop_front();
        // Whoever reads it just now keeps it whole.
        if let Some(mut answer) = oldest.as_ref().and_then(|oldest| oldest.try_lock().ok()) {
            *answer = answer.take().map(|answer| answer.shortened(&mut recent.advice));
        }
    }

    /// Whether it is known already, without asking a disk, that no earlier process opened a case for the key
    /// with this hash.
    pub(super) fn opened_no_case(&self, random: [u8; 10]) -> bool {
        let wanted = random_part_of(MessageId::from_parts(0, random));
        let earlier = self.earlier.get();
        earlier.is_some_and(|earlier| !earlier.contains_key(&wanted))
    }

    /// The message that an earlier process recorded for the key with this hash. Blocks.
    pub(super) fn earlier(
        &self,
        parts: &Parts,
        random: [u8; 10],
        case: Option<&str>,
    ) -> Result<Option<MessageId>, SendError> {
        let wanted = random_part_of(MessageId::from_parts(0, random));
        if let Some(case) = case {
            // Most messages are sent once: then no case need be folded to know it.
            let is_wanted = |id: MessageId| random_part_of(id) == wanted;
            if parts.cases.surely_holds_no(case, is_wanted)? {
                return Ok(None);
            }
            let case = parts.cases.find(case)?;
            let ours = case
                .messages
                .iter()
                .filter(|(_, told)| told.ours)
                .map(|((_, id), _)| *id);
            return Ok(ours.into_iter().find(|id| is_wanted(*id)));
        }
        if self.earlier.get().is_none() {
            let since_ms = self.started_at.0.saturating_sub(window_ms());
            let since = CaseId::opened_by(MessageId::from_parts(since_ms, [0; 10]));
            let opened = parts
                .cases
                .ids_after(Some(since))
                .map_err(|error| SendError::Machine(error.to_string()))?;
            let first: HashMap<_, _> = opened
                .into_iter()
                .map(|case| (random_part_of(case.first_message()), case.first_message()))
                .collect();
            // Two that ask at once read the same.
            let _ = self.earlier.set(first);
        }
        Ok(self
            .earlier
            .get()
            .and_then(|earlier| earlier.get(&wanted))
            .copied())
    }
}

/// What must be the same when a key comes again. Files that were sealed anew have other names, and are the
/// same where their number and what the form says of them is.
pub(super) fn body(request: &SendRequest) -> [u8; 32] {
    let request = SendRequest {
        attachments: vec![String::new(); request.attachments.len()],
        ..request.clone()
    };
    Sha256::digest(serde_json::to_vec(&request).unwrap_or_default()).into()
}

/// The random part of the id of the message that is sent under this key.
pub(super) fn random_part(key: &IdempotencyKey) -> [u8; 10] {
    let digest: [u8; 32] = Sha256::new()
        .chain_update(b"ohrid/1 message id\n")
        .chain_update(key.as_str())
        .finalize()
        .into();
    let mut random = [0; 10];
    random.copy_from_slice(&digest[..10]);
    random
}

/// What is left of the random part in an id, beside version and variant.
fn random_part_of(id: MessageId) -> [u8; 10] {
    let mut random = [0; 10];
    random.copy_from_slice(&id.as_bytes()[6..]);
    random
}

fn window_ms() -> u64 {
    u64::try_from(IDEMPOTENCY_REMEMBERED_FOR.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
