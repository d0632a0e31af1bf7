//! Erasing what was said, so that nothing of it is left on this machine, and the log still verifies
//! `[ERASE]`.
//!
//! *What* is erased: the sealed payload of a message with its salt, its attachments with their manifest, and
//! whatever this node has derived from it: rows of the case index, drafts and notes of sending, reasons for a
//! review. *What stays*: the leaves. They hold commitments that nobody can check a guess against without the
//! salt `[LEAF-PRIVACY]`, and a notice that says which entries were erased, on what basis, by whom.
//!
//! *In which order*, so that no crash leaves a payload missing without a notice, or a notice that is not
//! carried out:
//!
//! 1. An officer asks, another approves ([`orders`]); or the policy's term is over ([`retention`]).
//! 2. [`plan`] says which entries; a case under a legal hold has none.
//! 3. The order and the notices are durable in the ledger. From here on nobody reads the payloads any more,
//!    whether or not they are still there: folds and openers ask the ledger first.
//! 4. [`deletion`] deletes. What was done is noted behind the last notice only when all of it was; so a start
//!    after a crash does it again, and each part of it finds what is left.
//!
//! What the other side has, and what officers exported, this node cannot erase: they are to be told.

mod deletion;
mod orders;
mod plan;
mod retention;

use std::collections::BTreeSet;
use std::sync::Arc;

use control::headers::IdempotencyKey;
use control::types::{Erasure, ErasureOrder, LegalHold};
use protocol::entry::{Entry, Hold};
use protocol::ids::{ActorId, CaseId, Code, NameError, PartyCode};
use protocol::limits::ERASED_ENTRIES_MAX;
use store::Reader;
use tokio::sync::{Mutex, Notify, mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::attachments::{Kept, Transfers};
use crate::cases::{Cases, FindError, IndexError};
use crate::clock::Clock;
use crate::config::Node;
use crate::keys::Keystore;
use crate::limits::erasure::{ERASURE_RETRIED_AFTER, ERASURE_WAITED_FOR, RETENTION_LOOKED_AT_EVERY};
use crate::messages::Messages;
use crate::news::timestamp;
use crate::officers::Acting;
use crate::reviews::Reviews;
use crate::stop::Stop;
use crate::wake::{Command, Recorded, Refused, Wake};
use crate::writer::Eraser;

pub use orders::AskedOrder;
pub use retention::{POLICY_NAME, Policy};

use orders::Orders;
use plan::Plan;

/// What erasing works with.
pub struct Parts {
    /// Our Party.
    pub own: PartyCode,
    /// Where things lie.
    pub node: Node,
    /// Numbers for whoever acts.
    pub keys: Arc<Keystore>,
    /// What is durable.
    pub reader: Arc<dyn Reader>,
    /// The cases.
    pub cases: Arc<Cases>,
    /// What was read.
    pub messages: Arc<Messages>,
    /// Where attachments are kept.
    pub attachments: Kept,
    /// How they get here.
    pub transfers: Arc<Transfers>,
    /// Why something was sent alone.
    pub reviews: Arc<Reviews>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// The core.
    pub wakes: mpsc::Sender<Wake>,
    /// Erases from the store.
    pub eraser: Eraser,
    /// What is kept for how long.
    pub policy: Policy,
}

/// Erases. One for a node.
pub struct Erasing {
    parts: Arc<Parts>,
    orders: Orders,
    /// Held while it is found out what may be erased, and recorded: no hold comes in between.
    recording: Mutex<()>,
    /// There is something to be deleted.
    wanted: Notify,
    /// All notices before this leaf are carried out.
    done: watch::Sender<u64>,
}

/// Why nothing is erased, or held.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// No such case, or more than one.
    #[error(transparent)]
    Case(#[from] FindError),
    /// The basis has not the form that it must have.
    #[error("the basis: {0}")]
    Basis(#[from] NameError),
    /// The case is under a legal hold.
    #[error("the case {case} is held on the basis {basis}: nothing of it is erased")]
    Held {
        /// Which.
        case: String,
        /// On what basis.
        basis: String,
    },
    /// Something of it has yet to be delivered.
    #[error(
        "{0} messages of this case are on their way: they are needed until they and their files are there, \
         or they expire"
    )]
    OnTheirWay(usize),
    /// Nothing is there to be erased.
    #[error("nothing is left of the content of this case")]
    NothingLeft,
    /// No such order.
    #[error("there is no order {0} that waits")]
    UnknownOrder(String),
    /// The key came before, with something else.
    #[error("this idempotency key was used for another order")]
    KeyReused,
    /// Too many wait.
    #[error("too many orders wait: approve or discard some")]
    TooManyOrders,
    /// It is not held.
    #[error("the case {0} is not held")]
    NotHeld(String),
    /// What is due cannot be told, or not yet.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The core does not take it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The machine's fault.
    #[error("{0}")]
    Machine(String),
}

impl From<store::ReadError> for ErasureError {
    fn from(error: store::ReadError) -> Self {
        Self::Case(error.into())
    }
}

impl From<std::io::Error> for ErasureError {
    fn from(error: std::io::Error) -> Self {
        Self::Machine(error.to_string())
    }
}

impl Erasing {
    /// Erases by these parts. Nothing is done before [`Erasing::run`].
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let orders = Orders::new(&parts.node.erasures);
        Arc::new(Self {
            parts: Arc::new(parts),
            orders,
            recording: Mutex::new(()),
            wanted: Notify::new(),
            done: watch::Sender::new(0),
        })
    }

    /// An officer asks for the erasure of a case's content. It waits for another officer `[FOUR-EYES]`.
    ///
    /// # Errors
    /// [`ErasureError`]; then nothing waits.
    pub async fn ask(
        &self,
        case: &str,
        basis: &str,
        asking: &Acting,
        key: &IdempotencyKey,
    ) -> Result<ErasureOrder, ErasureError> {
        let (parts, orders) = (Arc::clone(&self.parts), self.orders.clone());
        let (text, basis, asking, key) = (case.to_owned(), basis.to_owned(), asking.clone(), key.clone());
        blocking(move || {
            let basis: Code = basis.parse()?;
            let case = parts.cases.find(&text)?;
            let plan = Plan::of_case(&*parts.reader, &case, parts.clock.now())?;
            let order = ErasureOrder {
                order: key.as_str().to_owned(),
                case: case.name(),
                reference: case.reference(),
                basis: basis.as_str().to_owned(),
                asked_by: asking.name,
                asked_at: timestamp(parts.clock.now()),
                messages: plan.messages.len() as u64,
            };
            orders.keep(AskedOrder {
                order,
                actor: asking.actor.to_string(),
            })
        })
        .await
    }

    /// The orders that wait, the oldest first.
    ///
    /// # Errors
    /// What the disk says.
    pub async fn orders(&self) -> Result<Vec<AskedOrder>, ErasureError> {
        let orders = self.orders.clone();
        blocking(move || orders.list()).await
    }

    /// An order that waits.
    ///
    /// # Errors
    /// [`ErasureError::UnknownOrder`], and what the disk says.
    pub async fn order(&self, name: &str) -> Result<AskedOrder, ErasureError> {
        let (orders, name) = (self.orders.clone(), name.to_owned());
        blocking(move || orders.find(&name)).await
    }

    /// Throws away an order that waits.
    ///
    /// # Errors
    /// As [`Erasing::order`].
    pub async fn discard(&self, name: &str) -> Result<(), ErasureError> {
        let (orders, name) = (self.orders.clone(), name.to_owned());
        blocking(move || {
            orders.find(&name)?;
            Ok(orders.remove(&name)?)
        })
        .await
    }

    /// A second officer has approved the order, who is another person than whoever asked: that was looked at
    /// by whoever calls. Returns when it is carried out, or when that takes longer than anybody waits.
    ///
    /// # Errors
    /// [`ErasureError`]; then no notice was recorded.
    pub async fn approve(&self, asked: AskedOrder, approver: ActorId) -> Result<Erasure, ErasureError> {
        let one_at_a_time = self.recording.lock().await;
        let basis: Code = asked.order.basis.parse()?;
        let actor: ActorId = asked.actor.parse()?;
        let (parts, name) = (Arc::clone(&self.parts), asked.order.case.clone());
        let (case, plan) = blocking(move || {
            let case = parts.cases.find(&name)?;
            let plan = Plan::of_case(&*parts.reader, &case, parts.clock.now())?;
            deletion::discard_drafts(&parts, &case)?;
            Ok((case.id, plan))
        })
        .await?;
        self.record(Entry::ErasureOrdered {
            at: self.parts.clock.now(),
            case,
            basis: basis.clone(),
            actor,
            approver,
        })
        .await?;
        let notices = self.notify(&plan.entries, &basis, actor).await?;
        let (orders, order) = (self.orders.clone(), asked.order.order.clone());
        blocking(move || Ok(orders.remove(&order)?)).await?;
        drop(one_at_a_time);
        let is_complete = self.carried_out(&notices).await;
        let last = notices.last().map(|recorded| recorded.at).unwrap_or_default();
        Ok(Erasure {
            case: asked.order.case,
            basis: asked.order.basis,
            messages: plan.messages.len() as u64,
            entries: plan.entries,
            notices: notices.iter().map(|recorded| recorded.index).collect(),
            at: timestamp(last),
            is_complete,
        })
    }

    /// Puts a case under a legal hold, or lifts it.
    ///
    /// # Errors
    /// [`ErasureError`]; then nothing was recorded.
    pub async fn hold(
        &self,
        case: &str,
        basis: &str,
        hold: Hold,
        actor: ActorId,
    ) -> Result<LegalHold, ErasureError> {
        let _one_at_a_time = self.recording.lock().await;
        let basis: Code = basis.parse()?;
        let (parts, text) = (Arc::clone(&self.parts), case.to_owned());
        let (id, name) = blocking(move || {
            let case = parts.cases.find(&text)?;
            match (hold, plan::hold_of(&*parts.reader, case.id)?) {
                (Hold::Placed, Some(held)) => Err(ErasureError::Held {
                    case: case.name(),
                    basis: held.as_str().to_owned(),
                }),
                (Hold::Released, None) => Err(ErasureError::NotHeld(case.name())),
                _ => Ok((case.id, case.name())),
            }
        })
        .await?;
        let recorded = self
            .record(Entry::HoldChanged {
                at: self.parts.clock.now(),
                case: id,
                basis: basis.clone(),
                actor,
                hold,
            })
            .await?;
        Ok(LegalHold {
            case: name,
            basis: basis.as_str().to_owned(),
            officer: None,
            at: timestamp(recorded.at),
            leaf_index: recorded.index,
        })
    }

    /// Deletes what notices say, from those that a crash has interrupted on, and looks at the retention
    /// policy from time to time, until the node stops.
    pub async fn run(self: Arc<Self>, mut stop: Stop) {
        let mut looks = interval(RETENTION_LOOKED_AT_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_stopping() {
            let worked_off = self.work_off().await;
            if let Err(error) = &worked_off {
                tracing::warn!(%error, "an erasure is recorded and not ended yet; it is tried again");
            }
            tokio::select! {
                () = self.wanted.notified() => {}
                () = sleep(ERASURE_RETRIED_AFTER), if worked_off.is_err() => {}
                _ = looks.tick() => self.keep_terms(&mut looks).await,
                () = stop.stopping() => return,
            }
        }
    }

    /// Records notices for these entries.
    async fn notify(
        &self,
        entries: &[u64],
        basis: &Code,
        actor: ActorId,
    ) -> Result<Vec<Recorded>, ErasureError> {
        let mut notices = Vec::new();
        for entries in entries.chunks(ERASED_ENTRIES_MAX) {
            let notice = Entry::ErasureNotice {
                at: self.parts.clock.now(),
                entries: entries.to_vec(),
                basis: basis.clone(),
                actor,
            };
            notices.push(self.record(notice).await?);
            self.wanted.notify_one();
        }
        Ok(notices)
    }

    async fn record(&self, entry: Entry) -> Result<Recorded, ErasureError> {
        let (answer, answered) = oneshot::channel();
        let entry = Box::new(entry);
        let command = Wake::Command(Command::RecordDurably { entry, answer });
        let sent = self.parts.wakes.send(command).await;
        sent.map_err(|_| Refused::Stopping)?;
        Ok(answered.await.map_err(|_| Refused::Stopping)??)
    }

    /// Whether these notices are carried out, once they are or nobody waits any longer.
    async fn carried_out(&self, notices: &[Recorded]) -> bool {
        let Some(last) = notices.last() else {
            return true;
        };
        let mut done = self.done.subscribe();
        let reached = done.wait_for(|done| *done > last.index);
        timeout(ERASURE_WAITED_FOR, reached)
            .await
            .is_ok_and(|reached| reached.is_ok())
    }
}

/// The ids of cases, for whoever deletes.
type CaseIds = BTreeSet<CaseId>;

/// Runs what may wait for a disk off the threads that serve sockets.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ErasureError> + Send + 'static,
) -> Result<T, ErasureError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(ErasureError::Machine("a task of the node panicked".to_owned())))
}
