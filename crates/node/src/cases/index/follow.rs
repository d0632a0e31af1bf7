//! Following the ledger.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::thread;

use protocol::entry::Entry;
use protocol::ids::MessageId;
use protocol::index::{IndexChange, index_changes};

use super::keys::{self, CaseKey, Sort};
use super::row::{CaseRow, InboxRow, Timed};
use super::*;
use crate::cases::{Case, Cases, Said, lines};
use crate::limits::{
    CATCH_UP_LEAVES_MAX, FOLLOW_CASES_PER_THREAD_MIN, FOLLOW_STEP_LEAVES, SELECTORS_PER_CASE_MAX,
    UNREAD_RETRIED_MAX, WAITING_PER_CASE_MAX,
};

/// How many threads may fold at once.
#[derive(Debug, Clone, Copy)]
pub struct Behind {
    /// That many.
    pub threads: usize,
}

/// What a step of following came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The leaves that the index was made from.
    pub size: u64,
    /// The ledger's.
    pub of: u64,
    /// The cases that were folded.
    pub folded: usize,
}

impl Step {
    /// Whether the index follows the whole ledger.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.size >= self.of
    }
}

impl Cases {
    /// Brings the index up to the ledger's size, so that whoever has written something finds it.
    ///
    /// # Errors
    /// [`IndexError::BeingMade`] where that would take longer than anybody waits: right after it was begun
    /// anew for a large ledger.
    pub fn caught_up(&self) -> Result<(), IndexError> {
        let wanted = self.reader.size();
        loop {
            let size = self.index.size.load(Ordering::Acquire);
            if size >= wanted && self.index.is_settled.load(Ordering::Acquire) {
                return Ok(());
            }
            if wanted.saturating_sub(size) > CATCH_UP_LEAVES_MAX {
                return Err(IndexError::BeingMade { size, of: wanted });
            }
            self.follow(Behind { threads: 1 })?;
        }
    }

    /// How many leaves there are that the index does not follow yet.
    #[must_use]
    pub fn index_behind_leaves(&self) -> u64 {
        let size = self.index.size.load(Ordering::Acquire);
        self.reader.size().saturating_sub(size)
    }

    /// Whether so few that a question waits until the index has caught up.
    #[must_use]
    pub fn is_index_near(&self) -> bool {
        self.index_behind_leaves() <= CATCH_UP_LEAVES_MAX
    }

    /// Takes the next leaves into the index. Whoever comes meanwhile waits for it.
    ///
    /// # Errors
    /// When the index, the ledger or a payload is damaged.
    pub fn follow(&self, behind: Behind) -> Result<Step, IndexError> {
        let mut progress = self.index.progress();
        let of = self.reader.size();
        self.retime(&mut progress)?;
        let size = progress.made_from.size;
        if size >= of && !progress.retry_unread {
            self.index.is_settled.store(true, Ordering::Release);
            return Ok(Step { size, of, folded: 0 });
        }
        if size >= progress.until {
            progress.fresh.clear();
            (progress.from, progress.until) = (size, of);
        }
        let end = of.min(size + FOLLOW_STEP_LEAVES);
        let mut touched = self.touched(size..end, &mut progress)?;
        touched.retain(|id| !progress.fresh.contains(id));
        let ids: Vec<CaseId> = touched.into_iter().collect();
        let mut changes = self.rows_of_all(&ids, behind)?;
        changes.extend(self.index.counts()?);
        let made_from = MadeFrom {
            size: end,
            root: *self.reader.root_at(end).map_err(CaseError::from)?.as_bytes(),
            ..progress.made_from.clone()
        };
        self.index.noticed(self.index.apply(changes, &made_from))?;
        progress.fresh.extend(&ids);
        self.index.size.store(end, Ordering::Release);
        self.index.is_settled.store(true, Ordering::Release);
        progress.made_from = made_from;
        let folded = ids.len();
        Ok(Step {
            size: end,
            of,
            folded,
        })
    }

    /// The cases that leaves speak of.
    fn touched(&self, range: Range<u64>, progress: &mut Progress) -> Result<BTreeSet<CaseId>, IndexError> {
        let mut ids = BTreeSet::new();
        let (mut messages, mut erased) = (BTreeSet::new(), Vec::new());
        let mut wrong = None;
        // Of a ledger that is taken from its beginning, every case comes by itself, and is folded whole.
        let is_whole = progress.from == 0;
        let until = progress.until;
        let visited = self.reader.leaves(range, &mut |index, leaf| {
            let changes = Entry::decode(leaf).and_then(|entry| {
                progress.retry_unread |= matches!(entry, Entry::DirectoryAccepted { .. });
                index_changes(index, &entry)
            });
            match changes {
                Ok(changes) => {
                    for change in changes {
                        match change {
                            IndexChange::LinkCase { case, .. } => drop(ids.insert(case)),
                            IndexChange::PutErased { entry, .. } => erased.push(entry),
                            IndexChange::LinkMessage { message, .. } if !is_whole || index >= until => {
                                messages.insert(message);
                            }
                            _ => {}
                        }
                    }
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    wrong = Some(CaseError::Leaf { index, error });
                    ControlFlow::Break(())
                }
            }
        });
        visited.map_err(CaseError::from)?;
        if let Some(error) = wrong {
            return Err(error.into());
        }
        for message in messages {
            ids.extend(self.cases_that_name(message)?);
        }
        // What a case says without what was erased takes the place of what it said, also where it was folded
        // a moment ago.
        for id in self.cases_of(&erased)? {
            progress.fresh.remove(&id);
            ids.insert(id);
        }
        if std::mem::take(&mut progress.retry_unread) {
            // A new directory or a new key may make readable what was not.
            for (key, _) in self.index.scan(keys::UNREAD, b"", UNREAD_RETRIED_MAX)? {
                if let Some(id) = keys::id_at_end(&key) {
                    progress.fresh.remove(&id);
                    ids.insert(id);
                }
            }
        }
        Ok(ids)
    }

    /// The cases under whose ids a message with this id was sent or received.
    pub(in crate::cases) fn cases_that_name(
        &self,
        message: MessageId,
    ) -> Result<BTreeSet<CaseId>, CaseError> {
        let mut ids = BTreeSet::new();
        for index in self.reader.message_entries(message)? {
            let leaf = match self.reader.leaf(index) {
                // What is at hand names the case as well, or the case is listed as it was.
                Err(ReadError::InColdStorage { .. }) => continue,
                leaf => leaf?,
            };
            let entry = Entry::decode(&leaf).map_err(|error| CaseError::Leaf { index, error })?;
            let leaf =
                crate::cases::Leaf::read(index, entry).map_err(|error| CaseError::Leaf { index, error })?;
            if let Said::Submitted(header, _) | Said::Received(header, _) = &leaf.said {
                ids.insert(header.case);
            }
        }
        Ok(ids)
    }

    /// The rows of many cases, folded on some threads.
    fn rows_of_all(&self, ids: &[CaseId], behind: Behind) -> Result<Vec<DerivedChange>, IndexError> {
        let threads = behind.threads.max(1);
        let share = ids.len().div_ceil(threads).max(FOLLOW_CASES_PER_THREAD_MIN);
        let rows_of = |ids: &[CaseId]| {
            let mut changes = Vec::new();
            for id in ids {
                self.rows_of(*id, &mut changes)?;
            }
            Ok(changes)
        };
        if ids.len() <= share {
            return rows_of(ids);
        }
        thread::scope(|scope| {
            let shares: Vec<_> = ids
                .chunks(share)
                .map(|share| scope.spawn(move || rows_of(share)))
                .collect();
            let mut changes = Vec::new();
            for share in shares {
                let rows = share
                    .join()
                    .map_err(|_| IndexError::Table(ReadError::Index("folding a case panicked".to_owned())))?;
                changes.extend(rows?);
            }
            Ok(changes)
        })
    }

    /// Replaces the rows of the cases under one id.
    fn rows_of(&self, id: CaseId, changes: &mut Vec<DerivedChange>) -> Result<(), IndexError> {
        let index = &self.index;
        let cases = match self.with_id(id) {
            Err(CaseError::Read(error @ ReadError::InColdStorage { .. })) => {
                tracing::warn!(case = %id, %error, "the case is listed as it was");
                return Ok(());
            }
            cases => cases?,
        };
        for row in index.scan(&keys::cases_with(id.first_message().as_bytes()), b"", usize::MAX)? {
            let Some(case) = keys::case_at_end(&row.0) else {
                continue;
            };
            let old: CaseRow = index.noticed(index.opened(&row))?;
            changes.push((row.0, None));
            remove_timed(&case, &old.timed, changes);
            for (at, sender, message) in &old.waiting {
                if let (Ok(sender), Ok(message)) = (sender.parse(), message.parse()) {
                    changes.push((keys::inbox(keys::WAITING, *at, id, sender, message), None));
                }
            }
        }
        changes.push((keys::unread(id), None));
        for case in cases {
            index.add(&case, changes)?;
        }
        Ok(())
    }

    /// The case with this key.
    pub(crate) fn with_key(&self, (id, opener): &CaseKey) -> Result<Option<Arc<Case>>, CaseError> {
        let cases = self.with_id(*id)?;
        Ok(cases.into_iter().find(|case| case.opener == *opener))
    }
}

impl CaseIndex {
    /// All rows of a case.
    pub(super) fn add(&self, case: &Case, changes: &mut Vec<DerivedChange>) -> Result<(), IndexError> {
        let key: CaseKey = (case.id, case.opener);
        let mut row = CaseRow::of(case, self.own, &self.policies);
        let mut selectors = BTreeSet::new();
        for told in case.messages.values() {
            let words = lines::check_words(&told.header.payload);
            self.mark(Sort::CheckWords, &words, case.id, changes);
            match &told.reading {
                Ok(read) => selectors.extend(read.message.normalised_selectors()),
                Err(_) if told.erased_by.is_some() => {}
                Err(_) => changes.push((keys::unread(case.id), Some(Vec::new()))),
            }
        }
        for selector in selectors.iter().take(SELECTORS_PER_CASE_MAX) {
            self.mark(Sort::Selector, selector.as_str(), case.id, changes);
        }
        if let Some(number) = case.view.number {
            self.mark(Sort::Number, &number.to_string(), case.id, changes);
            if case.opener == self.own {
                self.numbers.note(number);
            }
        }
        for ((sender, message), item) in lines::inbox_items(case, self.own) {
            let Some(told) = case.messages.get(&(sender, message)) else {
                continue;
            };
            let at = item.received_at.as_millisecond();
            if item.needs_action && row.waiting.len() < WAITING_PER_CASE_MAX {
                row.waiting.push((at, sender.to_string(), message.to_string()));
                changes.push((
                    keys::inbox(keys::WAITING, at, case.id, sender, message),
                    Some(Vec::new()),
                ));
            }
            let read = told
                .reading
                .as_ref()
                .map(|read| read.message.normalised_selectors());
            let selectors = read.unwrap_or_default();
            let mut line = InboxRow {
                item: Some(item),
                selectors: selectors.iter().map(ToString::to_string).collect(),
            };
            let line_key = keys::inbox(keys::INBOX, at, case.id, sender, message);
            let json = Zeroizing::new(line.fitted_json().unwrap_or_default());
            let sealed = self.noticed(self.sealed_json(&line_key, &json))?;
            changes.push((line_key, Some(sealed)));
        }
        self.put(&key, &mut row, changes)
    }

    /// The case's own row, and its places in the tables of times.
    pub(super) fn put(
        &self,
        case: &CaseKey,
        row: &mut CaseRow,
        changes: &mut Vec<DerivedChange>,
    ) -> Result<(), IndexError> {
        for at in &row.timed.deadlines {
            changes.push((keys::timed(keys::DEADLINES, *at, case), Some(Vec::new())));
        }
        if let Some(at) = row.timed.first_alarm {
            changes.push((keys::timed(keys::ALARMS, at, case), Some(Vec::new())));
        }
        if let Some(at) = row.timed.first_over {
            changes.push((keys::timed(keys::TERMS, at, case), Some(Vec::new())));
        }
        let key = keys::case(case);
        let json = Zeroizing::new(row.fitted_json().unwrap_or_default());
        let sealed = self.noticed(self.sealed_json(&key, &json))?;
        changes.push((key, Some(sealed)));
        Ok(())
    }

    fn mark(&self, sort: Sort, text: &str, id: CaseId, changes: &mut Vec<DerivedChange>) {
        let mark = self.vault.mark(sort.name(), text);
        changes.push((keys::marked_case(sort, &mark, id), Some(Vec::new())));
    }
}

pub(super) fn remove_timed(case: &CaseKey, timed: &Timed, changes: &mut Vec<DerivedChange>) {
    for at in &timed.deadlines {
        changes.push((keys::timed(keys::DEADLINES, *at, case), None));
    }
    if let Some(at) = timed.first_alarm {
        changes.push((keys::timed(keys::ALARMS, at, case), None));
    }
    if let Some(at) = timed.first_over {
        changes.push((keys::timed(keys::TERMS, at, case), None));
    }
}
