//! Sending: from an officer's form to a message that is sealed, signed and durable.
//!
//! `[IDEMPOTENT]` The same idempotency key is the same message. The key's hash is the random part of
//! the message's id, so a key is known again after a restart too: among the cases opened in the 48 hours
//! before it, or among the messages of the case that is written to. What does not survive a restart is
//! the body that came with the key: whether a repeated write says something else is noticed only in the
//! life of one process.

use std::sync::Arc;

use control::headers::IdempotencyKey;
use control::types::{CheckReport, CheckRequest, Fault, SendRequest, Sent};
use protocol::envelope::Priority;
use protocol::exchange::{Oversight, Submission};
use protocol::ids::{ActorId, MessageId};
use protocol::time::UnixMillis;
use seal::SealError;
use store::Reader;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinError;

use crate::attachments::Kept;
use crate::attachments::staging::{Claim, StagingError};
use crate::cases::{CaseError, Cases, FindError};
use crate::clock::Clock;
use crate::directory::CurrentDirectory;
use crate::four_eyes::{Policy, Withheld};
use crate::keys::Keystore;
use crate::limits::{RELATED_BEHIND_LEAVES_MAX, ROUTINE_TRIED_FOR, SEALING_MAX, URGENT_TRIED_FOR};
use crate::messages::Messages;
use crate::officers::Acting;
use crate::reviews::Reviews;
use crate::session::Peers;
use crate::wake::{Refused, Wake};
use crate::workers::Workers;

mod answer;
mod attaching;
mod beside;
mod content;
mod idempotency;
mod preflight;
mod prepare;
mod sealing;
mod submitting;

use answer::{recorded, sent};
pub use attaching::{Attaching, Begun};
use beside::{Beside, Common};
use idempotency::{Answer, Idempotency, random_part};
pub(crate) use prepare::fault;
use submitting::{Submitting, submit};

/// What sending works with.
pub struct Parts {
    /// Our keys.
    pub keys: Arc<Keystore>,
    /// The directory in use.
    pub directory: Arc<CurrentDirectory>,
    /// The cases.
    pub cases: Arc<Cases>,
    /// Learns what was sealed.
    pub messages: Arc<Messages>,
    /// What is durable.
    pub reader: Arc<dyn Reader>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Who is connected.
    pub peers: Arc<Peers>,
    /// The core.
    pub wakes: mpsc::Sender<Wake>,
    /// Judge and seal.
    pub workers: Arc<Workers>,
    /// What needs a second officer.
    pub four_eyes: Policy,
    /// What was sent without one.
    pub reviews: Arc<Reviews>,
    /// Where attachments are kept.
    pub attachments: Kept,
}

/// Who answers for a message.
#[derive(Debug, Clone)]
pub struct Signers {
    /// Who wrote it.
    pub author: Acting,
    /// Who approved it, where somebody did `[FOUR-EYES]`.
    pub approved_by: Option<ActorId>,
}

/// How a message is to be sent.
struct Wish {
    priority: control::types::Priority,
    break_glass: Option<String>,
}

/// Sends. Cheap to clone.
#[derive(Clone)]
pub struct Sending {
    parts: Arc<Parts>,
    idempotency: Arc<Idempotency>,
    /// Those that are sealed, or wait for it.
    queue: Arc<Semaphore>,
}

/// Why a message was not sent. Nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The request itself cannot be understood. The caller's to mend.
    #[error("{0}")]
    Malformed(String),
    /// The draft breaks rules. The officer's to mend, all at once.
    #[error("the draft cannot be sent as it stands")]
    Faults(Vec<Fault>),
    /// No such case, or more than one.
    #[error(transparent)]
    Case(#[from] FindError),
    /// The key came before, with something else.
    #[error("this idempotency key was used for another message")]
    KeyReused,
    /// The core does not take it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// `[FOUR-EYES]` It does not go out like this.
    #[error(transparent)]
    Withheld(#[from] Withheld),
    /// A certificate cannot be sealed to.
    #[error("the message cannot be sealed: {0}")]
    Seal(#[from] SealError),
    /// Its attachments.
    #[error(transparent)]
    Attachments(#[from] StagingError),
    /// The machine's fault.
    #[error("{0}")]
    Machine(String),
}

/// A message that is sealed, and what goes with it.
struct Ready {
    submission: Submission,
    advice: Vec<Fault>,
    beside: Beside,
    common: Common,
    claim: Option<Claim>,
}

impl From<CaseError> for SendError {
    fn from(error: CaseError) -> Self {
        Self::Case(error.into())
    }
}

impl Sending {
    /// Sends by these parts, in a process that started at that time.
    #[must_use]
    pub fn new(parts: Parts, started_at: UnixMillis) -> Self {
        Self {
            idempotency: Arc::new(Idempotency::new(started_at)),
            queue: Arc::new(Semaphore::new(SEALING_MAX)),
            parts: Arc::new(parts),
        }
    }

    /// Whether a draft could be sent. Nothing is recorded.
    ///
    /// # Errors
    /// What speaks against it; with [`SendError::Faults`], all of it.
    pub async fn check(&self, request: CheckRequest) -> Result<CheckReport, SendError> {
        let parts = Arc::clone(&self.parts);
        let (prepared, preflight, related) = blocking(move || {
            let now = parts.clock.now();
            let claim = attaching::claim(&parts, &request.attachments, now)?;
            let id = message_id(claim.as_ref(), now, fresh_random()?);
            let mut prepared = prepare::prepare(&parts, &request, id, now)?;
            attaching::check(claim.as_ref(), &mut prepared)?;
            let intention = preflight::intention(prepared.message.kind(), &request.draft);
            let preflight = preflight::reports(&parts, &prepared.to, &intention, now)?;
            let related = beside::common(&prepared, u64::MAX).cases(&parts);
            Ok((prepared, preflight, related))
        })
        .await?;
        Ok(CheckReport {
            conforming: true,
            advice: prepared.advice,
            preflight,
            related,
            needs_approval: self.parts.four_eyes.asks_for(prepared.message.kind()),
        })
    }

    /// Sends; the message is durable on return.
    ///
    /// # Errors
    /// What speaks against it; then nothing was recorded.
    pub async fn send(
        &self,
        request: SendRequest,
        signers: Signers,
        key: &IdempotencyKey,
    ) -> Result<Sent, SendError> {
        let body = idempotency::body(&request);
        let remembered = self.idempotency.remember(key, body)?;
        // Whoever repeats a write that is under way waits for it.
        let mut answer = remembered.lock().await;
        match &*answer {
            Some(Answer::Whole(sent)) => return Ok(Sent::clone(sent)),
            Some(Answer::Recorded {
                message,
                recorded_at,
                advice,
            }) => {
                let told = self.sent_before(*message).await?;
                return Ok(Sent {
                    recorded_at: *recorded_at,
                    advice: advice.iter().map(|piece| Fault::clone(piece)).collect(),
                    ..told
                });
            }
            None => {}
        }
        let sent = match self.recorded_earlier(key, &request).await? {
            Some(sent) => sent,
            None => self.send_new(request, signers, key).await?,
        };
        *answer = Some(Answer::Whole(Box::new(sent.clone())));
        drop(answer);
        self.idempotency.answered(remembered);
        Ok(sent)
    }

    /// The answer to a write of this process, made anew from what it recorded.
    async fn sent_before(&self, message: MessageId) -> Result<Sent, SendError> {
        let parts = Arc::clone(&self.parts);
        let found = blocking(move || recorded(&parts, message)).await?;
        found.ok_or_else(|| SendError::Machine(format!("{message} was recorded, and is not found")))
    }

    async fn send_new(
        &self,
        request: SendRequest,
        signers: Signers,
        key: &IdempotencyKey,
    ) -> Result<Sent, SendError> {
        let _place = self.queue.try_acquire().map_err(|_| Refused::Busy)?;
        // `[RELATED]` No message waits for the folds of others while there are others to be sent: related
        // cases are then those that the index has.
        let fold_max = match self.queue.available_permits() + 1 {
            SEALING_MAX => RELATED_BEHIND_LEAVES_MAX,
            _ => 0,
        };
        let parts = Arc::clone(&self.parts);
        let sealed_key = key.clone();
        let work = move || {
            let ready = make_ready(&parts, request, &signers, &sealed_key, fold_max)?;
            let (mut submitting, common) = submit(&parts.wakes, ready);
            // While it becomes durable and is on its way.
            submitting.beside.related = common.cases(&parts);
            Ok(submitting)
        };
        let submitting = ended(self.parts.workers.run(work).await)?;
        let Submitting {
            message, case, alone, ..
        } = submitting;
        let submitted = submitting.answered.await.unwrap_or(Err(Refused::Stopping));
        // When the node stops nobody knows whether it was recorded: the next start looks.
        let is_certain = !matches!(submitted, Ok(_) | Err(Refused::Stopping));
        if alone && is_certain {
            self.parts.reviews.close(message);
        }
        let submitted = submitted?;
        if let Some(claim) = submitting.claim {
            blocking(move || {
                claim.sent();
                Ok(())
            })
            .await?;
        }
        Ok(sent(
            message,
            case,
            &submitted,
            submitting.advice,
            submitting.beside,
        ))
    }

    /// What an earlier process recorded under this key.
    async fn recorded_earlier(
        &self,
        key: &IdempotencyKey,
        request: &SendRequest,
    ) -> Result<Option<Sent>, SendError> {
        if !request.attachments.is_empty() {
            let (parts, key, request) = (Arc::clone(&self.parts), key.clone(), request.clone());
            return blocking(move || attaching::recorded_earlier(&parts, &key, &request)).await;
        }
        let random = random_part(key);
        if request.case.is_none() && self.idempotency.opened_no_case(random) {
            return Ok(None);
        }
        let (parts, idempotency) = (Arc::clone(&self.parts), Arc::clone(&self.idempotency));
        let case = request.case.clone();
        blocking(
            move || match idempotency.earlier(&parts, random, case.as_deref())? {
                Some(message) => recorded(&parts, message),
                None => Ok(None),
            },
        )
        .await
    }
}

/// Judges a message, and seals it if nothing speaks against it. So many leaves are folded for its related
/// cases. Blocks.
fn make_ready(
    parts: &Parts,
    request: SendRequest,
    signers: &Signers,
    key: &IdempotencyKey,
    fold_max: u64,
) -> Result<Ready, SendError> {
    let now = parts.clock.now();
    let (priority, expires_at) = urgency(&request, now);
    let wish = Wish {
        priority: request.priority,
        break_glass: request.break_glass.clone(),
    };
    let claim = attaching::claim(parts, &request.attachments, now)?;
    let id = message_id(claim.as_ref(), now, random_part(key));
    let mut prepared = prepare::prepare(parts, &request.into(), id, now)?;
    attaching::check(claim.as_ref(), &mut prepared)?;
    let oversight = sealing::oversight(parts, &mut prepared, signers, &wish)?;
    let prepared = beside::numbered(parts, prepared, now);
    let payload = sealing::seal(parts, &prepared, now)?;
    let beside = beside::of_new(parts, &prepared, &payload.commitment())?;
    let common = beside::common(&prepared, fold_max);
    let attachments = attaching::commit(parts, claim.as_ref(), key)?;
    if let (Oversight::SentAlone, Some(reason)) = (oversight, &wish.break_glass) {
        sealing::open_review(parts, &prepared, signers, reason, now)?;
    }
    let reply = prepared.message.in_reply_to();
    let submission = Submission {
        message: id,
        case: prepared.case,
        in_reply_to: reply.and_then(|reply| MessageId::from_bytes(*reply.as_bytes()).ok()),
        from: prepared.from,
        to: prepared.to,
        sent_at: now,
        expires_at,
        priority,
        payload,
        attachments,
        actor: signers.author.actor,
        oversight,
    };
    Ok(Ready {
        submission,
        advice: prepared.advice,
        beside,
        common,
        claim,
    })
}

/// The id of a message: settled by its attachments, or else by its idempotency key.
fn message_id(claim: Option<&Claim>, now: UnixMillis, random: [u8; 10]) -> MessageId {
    claim.map_or_else(|| MessageId::from_parts(now.0, random), Claim::message)
}

fn urgency(request: &SendRequest, now: UnixMillis) -> (Priority, UnixMillis) {
    let (priority, tried_for) = match request.priority {
        control::types::Priority::Routine => (Priority::Routine, ROUTINE_TRIED_FOR),
        control::types::Priority::Urgent => (Priority::Urgent, URGENT_TRIED_FOR),
        control::types::Priority::Emergency => (Priority::Emergency, URGENT_TRIED_FOR),
    };
    let asked = request
        .expires_at
        .and_then(|at| u64::try_from(at.as_millisecond()).ok());
    (priority, asked.map_or(now.plus(tried_for), UnixMillis))
}

fn fresh_random() -> Result<[u8; 10], SendError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|error| SendError::Machine(error.to_string()))?;
    Ok(random)
}

/// Runs what may wait for a disk, or takes long, off the threads that serve sockets.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SendError> + Send + 'static,
) -> Result<T, SendError> {
    ended(tokio::task::spawn_blocking(work).await)
}

/// What became of a piece of work.
fn ended<T>(work: Result<Result<T, SendError>, JoinError>) -> Result<T, SendError> {
    work.unwrap_or_else(|_| Err(SendError::Machine("a task of the node panicked".to_owned())))
}
