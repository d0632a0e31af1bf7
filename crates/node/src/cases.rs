//! The cases: folded from the ledger's leaves and the messages that they speak of, whenever somebody
//! asks, and never stored.
//!
//! A fold is kept as long as no leaf joins the case. Blocks (disk, OpenPGP): to be called from threads
//! that may.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use convention::case::CaseView;
use convention::rule::Fault;
use protocol::digest::Digest;
use protocol::entry::Entry;
use protocol::ids::{CaseId, ContactPoint, MessageId, PartyCode};
use protocol::time::UnixMillis;
use store::{ReadError, Reader};

use crate::limits::CASES_CACHED_MAX;
use crate::messages::Messages;
use crate::wake::Submitted;

mod facts;
mod find;

pub use facts::{Leaf, Said, Told};
pub use find::FindError;

/// Folds cases.
pub struct Cases {
    own: PartyCode,
    reader: Arc<dyn Reader>,
    messages: Arc<Messages>,
    cache: Mutex<HashMap<CaseId, Arc<Case>>>,
}

/// A case, and what it was folded from.
#[derive(Debug)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The view of the law on it.
    pub view: CaseView,
    /// Every leaf that speaks of it, in the order of the ledger.
    pub leaves: Vec<Leaf>,
    /// Every message, with what it says where it can be read.
    pub messages: BTreeMap<MessageId, Told>,
}

/// Why a case cannot be shown. The machine's fault.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// What is stored cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A leaf cannot be read.
    #[error("leaf {index}: {error}")]
    Leaf {
        /// Which.
        index: u64,
        /// Why.
        error: protocol::decode::DecodeError,
    },
}

impl Cases {
    /// The cases of this ledger.
    #[must_use]
    pub fn new(own: PartyCode, reader: Arc<dyn Reader>, messages: Arc<Messages>) -> Self {
        Self {
            own,
            reader,
            messages,
            cache: Mutex::default(),
        }
    }

    /// The case; `None` when the ledger does not know it.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn case(&self, id: CaseId) -> Result<Option<Arc<Case>>, CaseError> {
        let indices = self.indices(id)?;
        if indices.is_empty() {
            return Ok(None);
        }
        if let Some(known) = self.lock().get(&id)
            && known
                .leaves
                .iter()
                .map(|leaf| leaf.index)
                .eq(indices.iter().copied())
        {
            return Ok(Some(Arc::clone(known)));
        }
        let case = Arc::new(self.fold(id, indices)?);
        let mut cache = self.lock();
        if cache.len() >= CASES_CACHED_MAX {
            // Which one goes matters little: a fold takes a millisecond.
            let some = cache.keys().next().copied();
            some.map(|some| cache.remove(&some));
        }
        cache.insert(id, Arc::clone(&case));
        Ok(Some(case))
    }

    /// What the case makes of one of its messages, beyond what the message alone shows. `[CASE-STATE]`
    #[must_use]
    pub fn objections(&self, case: CaseId, message: MessageId) -> Vec<Fault> {
        let text = message.to_string();
        match self.case(case) {
            Ok(Some(case)) => {
                let views = case.view.messages.iter();
                let found = views.filter(|view| view.id.to_string() == text);
                found.flat_map(|view| view.nonconformities.clone()).collect()
            }
            Ok(None) => Vec::new(),
            Err(error) => {
                tracing::error!(%case, %error, "the case cannot be folded");
                Vec::new()
            }
        }
    }

    /// The leaves that speak of the case's messages, ascending.
    fn indices(&self, case: CaseId) -> Result<Vec<u64>, CaseError> {
        let messages: BTreeSet<MessageId> = self
            .reader
            .case_messages(case)?
            .into_iter()
            .map(|(message, _)| message)
            .collect();
        let mut indices = BTreeSet::new();
        for message in messages {
            indices.extend(self.reader.message_entries(message)?);
        }
        Ok(indices.into_iter().collect())
    }

    fn fold(&self, id: CaseId, indices: Vec<u64>) -> Result<Case, CaseError> {
        let mut leaves = Vec::with_capacity(indices.len());
        for index in indices {
            let entry =
                Entry::decode(&self.reader.leaf(index)?).map_err(|error| CaseError::Leaf { index, error })?;
            let leaf = Leaf::read(index, entry).map_err(|error| CaseError::Leaf { index, error })?;
            leaves.push(leaf);
        }
        let mut messages = BTreeMap::new();
        let mut facts = Vec::with_capacity(leaves.len());
        for leaf in &leaves {
            facts.extend(facts::of_leaf(id, leaf, &self.messages, &mut messages));
        }
        Ok(Case {
            id,
            view: CaseView::fold(facts),
            leaves,
            messages,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CaseId, Arc<Case>>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Case {
    /// What was recorded when this message of ours was sent.
    #[must_use]
    pub fn submission_of(&self, message: MessageId) -> Submitted {
        let mut submitted = Submitted {
            leaves: Vec::new(),
            recorded_at: UnixMillis::default(),
        };
        for leaf in &self.leaves {
            if let Said::Submitted(header, _) = &leaf.said
                && header.message == message
            {
                submitted.leaves.push((header.to.clone(), leaf.index));
                submitted.recorded_at = leaf.at;
            }
        }
        submitted
    }

    /// The leaf that records that we sent this message to this recipient.
    #[must_use]
    pub fn header_to(&self, message: MessageId, to: &ContactPoint) -> Option<u64> {
        self.leaves.iter().find_map(|leaf| match &leaf.said {
            Said::Submitted(header, _) if header.message == message && header.to == *to => Some(leaf.index),
            _ => None,
        })
    }

    /// The digest of the envelope by which we sent this message to this recipient.
    #[must_use]
    pub fn envelope_to(&self, message: MessageId, to: &ContactPoint) -> Option<Digest> {
        self.leaves.iter().find_map(|leaf| match &leaf.said {
            Said::Submitted(header, envelope) if header.message == message && header.to == *to => {
                Some(*envelope)
            }
            _ => None,
        })
    }

    /// Whether we are the Party that asks.
    #[must_use]
    pub fn is_requested_by(&self, party: PartyCode) -> bool {
        let requesting = self.view.requesting.as_ref();
        requesting.is_some_and(|requesting| requesting.as_str() == party.as_str())
    }
}
