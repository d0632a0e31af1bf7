//! The cases: folded from the ledger's leaves and the messages that they speak of, whenever somebody
//! asks, and never stored.
//!
//! A fold is kept as long as no leaf joins the case. What lists, alarms and searches need of many cases at
//! once stands in [`index`], which is made from the same folds. Blocks (disk, OpenPGP): to be called from
//! threads that may.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use convention::case::{CaseView, MessageView};
use convention::message::Kind;
use convention::rule::Fault;
use protocol::entry::Entry;
use protocol::ids::{CaseId, ContactPoint, MessageId, PartyCode};
use protocol::time::UnixMillis;
use store::{ReadError, Reader};

use crate::limits::CASES_CACHED_MAX;
use crate::messages::Messages;
use crate::wake::Submitted;

mod facts;
mod find;
mod index;
pub(crate) mod lines;
mod threads;

pub use facts::{ERASED, Leaf, Said, Told};
pub use find::FindError;
pub use index::{Behind, CaseIndex, IndexError, OpenIndexError, RenewalError, StandingAlarms, Step, Wanted};
pub use threads::MessageKey;

use facts::Known;
use threads::Threads;

/// Folds cases.
pub struct Cases {
    own: PartyCode,
    reader: Arc<dyn Reader>,
    messages: Arc<Messages>,
    index: CaseIndex,
    cache: Mutex<HashMap<CaseId, Arc<Folded>>>,
}

/// What one id was folded into, and from which leaves.
struct Folded {
    indices: Vec<u64>,
    erased: Erased,
    cases: Vec<Arc<Case>>,
}

/// Which entries are erased, each with the leaf of its notice.
type Erased = BTreeMap<u64, u64>;

/// A case, and what it was folded from.
#[derive(Debug)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// The Party whose message opened it, or would have.
    pub opener: PartyCode,
    /// Whether another case has the same id, so that the id alone does not name this one.
    pub shares_id: bool,
    /// The view of the law on it.
    pub view: CaseView,
    /// Every leaf that speaks of it, in the order of the ledger.
    pub leaves: Vec<Leaf>,
    /// Every message, with what it says where it can be read.
    pub messages: BTreeMap<MessageKey, Told>,
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
    pub fn new(own: PartyCode, reader: Arc<dyn Reader>, messages: Arc<Messages>, index: CaseIndex) -> Self {
        Self {
            own,
            reader,
            messages,
            index,
            cache: Mutex::default(),
        }
    }

    /// The cases with this id: as a rule one; none when the ledger does not know it.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn with_id(&self, id: CaseId) -> Result<Vec<Arc<Case>>, CaseError> {
        let indices = self.indices(id)?;
        if indices.is_empty() {
            return Ok(Vec::new());
        }
        let erased = self.erased(&indices)?;
        if let Some(known) = self.lock().get(&id)
            && known.indices == indices
            && known.erased == erased
        {
            return Ok(known.cases.clone());
        }
        let cases = self.fold(id, &indices, &erased)?;
        let mut cache = self.lock();
        if cache.len() >= CASES_CACHED_MAX {
            // Which one goes matters little: a fold takes a millisecond.
            let some = cache.keys().next().copied();
            some.map(|some| cache.remove(&some));
        }
        let folded = Folded {
            indices,
            erased,
            cases: cases.clone(),
        };
        cache.insert(id, Arc::new(folded));
        Ok(cases)
    }

    /// What reads the messages.
    #[must_use]
    pub fn messages(&self) -> &Arc<Messages> {
        &self.messages
    }

    /// Keeps no fold in memory `[ERASE]`.
    pub fn forget_folds(&self) {
        self.lock().clear();
    }

    /// Lets the index write out what it has.
    ///
    /// # Errors
    /// When that fails; then a part of it is made again at the next start.
    pub fn flush_index(&self) -> Result<(), IndexError> {
        self.index.flush()
    }

    /// What the case makes of one of its messages, beyond what the message alone shows. `[CASE-STATE]`
    #[must_use]
    pub fn objections(&self, case: CaseId, message: MessageKey) -> Vec<Fault> {
        match self.with_id(case) {
            Ok(cases) => cases
                .iter()
                .find(|case| case.messages.contains_key(&message))
                .and_then(|case| case.view_of(message))
                .map(|view| view.nonconformities.clone())
                .unwrap_or_default(),
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

    /// Those of these leaves whose payloads are erased: they are not read, whether or not they are still
    /// there.
    fn erased(&self, indices: &[u64]) -> Result<Erased, CaseError> {
        let mut erased = Erased::new();
        for index in indices {
            if let Some(notice) = self.reader.erased_by(*index)? {
                erased.insert(*index, notice);
            }
        }
        Ok(erased)
    }

    fn fold(&self, id: CaseId, indices: &[u64], erased: &Erased) -> Result<Vec<Arc<Case>>, CaseError> {
        let mut leaves = Vec::with_capacity(indices.len());
        let mut known = Known::default();
        for &index in indices {
            let entry =
                Entry::decode(&self.reader.leaf(index)?).map_err(|error| CaseError::Leaf { index, error })?;
            let leaf = Leaf::read(index, entry).map_err(|error| CaseError::Leaf { index, error })?;
            known.note(id, &leaf);
            leaves.push(leaf);
        }
        let openers = self.openers(id, &leaves, erased);
        let mut parts: BTreeMap<PartyCode, Vec<Leaf>> = BTreeMap::new();
        for mut leaf in leaves {
            leaf.about = known.about(&leaf);
            // What speaks of no message of this case is another case's, or nobody's.
            if let Some(opener) = leaf.about.and_then(|about| openers.get(&about)) {
                parts.entry(*opener).or_default().push(leaf);
            }
        }
        let shares_id = parts.len() > 1;
        let cases = parts.into_iter().map(|(opener, leaves)| {
            let messages = self.tell(opener, &leaves, erased);
            let facts = leaves
                .iter()
                .filter_map(|leaf| facts::of_leaf(id, leaf, &known, &messages));
            Arc::new(Case {
                id,
                opener,
                shares_id,
                view: CaseView::fold(facts),
                leaves,
                messages,
            })
        });
        Ok(cases.collect())
    }

    /// For each message, the Party that opened the case it belongs to.
    fn openers(&self, id: CaseId, leaves: &[Leaf], erased: &Erased) -> BTreeMap<MessageKey, PartyCode> {
        let headers = || {
            leaves.iter().filter_map(move |leaf| match &leaf.said {
                Said::Submitted(header, _) | Said::Received(header, _) if header.case == id => {
                    Some((header, leaf))
                }
                _ => None,
            })
        };
        let mut threads = Threads::new(self.own, id);
        for (header, leaf) in headers()
            .filter(|(header, _)| threads.is_opened_by(header))
            .collect::<Vec<_>>()
        {
            let reading = match erased.contains_key(&leaf.index) {
                true => Err(facts::ERASED),
                false => self.messages.read(header, leaf.at),
            };
            let named = reading.iter().flat_map(|read| read.message.to());
            let named: Vec<PartyCode> = named.filter_map(|to| to.party().as_str().parse().ok()).collect();
            threads.open(header, named);
        }
        let mut openers = BTreeMap::new();
        for (header, _) in headers() {
            let key = (header.from.party(), header.message);
            // Of several recipients' envelopes the first says where the message belongs.
            openers.entry(key).or_insert_with(|| threads.opener(header));
        }
        openers
    }

    /// The messages of one case, and which of them count.
    fn tell(&self, opener: PartyCode, leaves: &[Leaf], erased: &Erased) -> BTreeMap<MessageKey, Told> {
        let mut told = BTreeMap::new();
        for leaf in leaves {
            let (header, ours) = match &leaf.said {
                Said::Submitted(header, _) => (header, true),
                Said::Received(header, _) => (header, false),
                _ => continue,
            };
            let notice = erased.get(&leaf.index).copied();
            facts::tell(header, ours, (leaf.at, notice), &self.messages, &mut told);
        }
        let rank = |(party, _): &MessageKey, told: &Told| {
            (*party != self.own, *party != opener, told.recorded_at, *party)
        };
        let mut first = BTreeMap::new();
        for (key, one) in &told {
            let rank = rank(key, one);
            let best = first.entry(key.1).or_insert(rank);
            *best = rank.min(*best);
        }
        for (key, one) in &mut told {
            one.counts = first.get(&key.1) == Some(&rank(key, one));
        }
        told
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<CaseId, Arc<Folded>>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Case {
    /// How the case is named: by its id, and where another has the same id, with its opener after an `@`.
    #[must_use]
    pub fn name(&self) -> String {
        if self.shares_id {
            format!("{}@{}", self.id, self.opener)
        } else {
            self.id.to_string()
        }
    }

    /// What people call it: the number that its Party gave it `[CASE-NUMBER]`, or its name where it has none.
    /// Where another Party uses the same id, only the name tells the two apart.
    #[must_use]
    pub fn reference(&self) -> String {
        match self.view.number {
            Some(number) if !self.shares_id => number.to_string(),
            _ => self.name(),
        }
    }

    /// The key of the message with this id: ours, or else the one that counts.
    #[must_use]
    pub fn key_of(&self, message: MessageId) -> Option<MessageKey> {
        let mut found = self.messages.iter().filter(|((_, id), _)| *id == message);
        found.find(|(_, told)| told.counts).map(|(key, _)| *key)
    }

    /// The kind of a message that can be read.
    #[must_use]
    pub fn kind_of(&self, message: &MessageKey) -> Option<Kind> {
        let read = self.messages.get(message)?.reading.as_ref().ok()?;
        Some(read.message.kind())
    }

    /// From when on the terms of retention count `[ERASE]`: from the last thing that happened in a case that
    /// is over. A drill asks for nothing that could be over.
    #[must_use]
    pub fn terms_count_from(&self) -> Option<UnixMillis> {
        let is_drill = || {
            let first = self.key_of(self.id.first_message());
            first.is_some_and(|key| self.kind_of(&key) == Some(Kind::Drill))
        };
        if self.view.state.is_open() && !is_drill() {
            return None;
        }
        self.leaves.iter().map(|leaf| leaf.at).max()
    }

    /// What the law makes of a message; none where the case does not count it.
    #[must_use]
    pub fn view_of(&self, message: MessageKey) -> Option<&MessageView> {
        self.messages.get(&message).filter(|told| told.counts)?;
        let views = &self.view.messages;
        views
            .iter()
            .find(|view| view.id.as_bytes() == message.1.as_bytes())
    }

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

    /// Whether we are the Party that asks.
    #[must_use]
    pub fn is_requested_by(&self, party: PartyCode) -> bool {
        let requesting = self.view.requesting.as_ref();
        requesting.is_some_and(|requesting| requesting.as_str() == party.as_str())
    }
}

#[cfg(test)]
mod tests;
