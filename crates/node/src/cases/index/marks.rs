//! Finding cases by what they have in common `[RELATED]`, by their numbers `[CASE-NUMBER]`, and by the check
//! words of their messages.
//!
//! What the index finds is looked up in the case before it is shown where more than one case has the same
//! id: whoever uses another Party's id shall not be shown in that one's place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use control::types::RelatedCase;
use convention::check_words::CheckWords;
use convention::number::CaseNumber;
use protocol::ids::CaseId;

use super::keys::{self, Sort};
use super::row::CaseRow;
use super::*;
use crate::cases::{Case, Cases, MessageKey, lines};
use crate::limits::{INDEX_PAGE_ROWS, RELATED_MAX};

impl Cases {
    /// `[RELATED]` Other cases of ours in which one of these selectors appears, the latest first, at most
    /// [`RELATED_MAX`]. The index is taken as it is: see [`Cases::caught_up`].
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn related_to(
        &self,
        selectors: &BTreeSet<String>,
        except: Option<CaseId>,
    ) -> Result<Vec<RelatedCase>, IndexError> {
        let mut common: BTreeMap<CaseId, Vec<String>> = BTreeMap::new();
        for selector in selectors {
            for id in self.marked(Sort::Selector, selector, RELATED_MAX + 1)? {
                if Some(id) != except {
                    common.entry(id).or_default().push(selector.clone());
                }
            }
        }
        let mut related = Vec::new();
        for (id, selectors) in common.into_iter().rev() {
            if related.len() >= RELATED_MAX {
                break;
            }
            related.extend(self.related_cases(id, &selectors)?);
        }
        related.truncate(RELATED_MAX);
        Ok(related)
    }

    fn related_cases(&self, id: CaseId, selectors: &[String]) -> Result<Vec<RelatedCase>, IndexError> {
        let prefix = keys::cases_with(id.first_message().as_bytes());
        let rows = self.index.scan(&prefix, b"", INDEX_PAGE_ROWS)?;
        let shares_id = rows.len() > 1;
        let mut found = Vec::new();
        for stored in &rows {
            let row: CaseRow = self.index.noticed(self.index.opened(stored))?;
            let mut selectors = selectors.to_vec();
            if shares_id {
                let case = keys::case_at_end(&stored.0).map(|case| self.with_key(&case));
                let case = case.transpose()?.flatten();
                let own = case.map(|case| case.selectors()).unwrap_or_default();
                selectors.retain(|selector| own.contains(selector));
            }
            if !selectors.is_empty() {
                found.push(RelatedCase {
                    case: row.summary.case,
                    reference: row.summary.reference,
                    peer: row.summary.peer,
                    state: row.summary.state,
                    opened_at: row.summary.opened_at,
                    selectors,
                });
            }
        }
        Ok(found)
    }

    /// The cases with this number: one, if all Parties keep to the rule that numbers are their own.
    pub(in crate::cases) fn numbered(&self, number: CaseNumber) -> Result<Vec<Arc<Case>>, IndexError> {
        self.caught_up()?;
        let mut found = Vec::new();
        for id in self.marked(Sort::Number, &number.to_string(), INDEX_PAGE_ROWS)? {
            let cases = self.with_id(id)?.into_iter();
            found.extend(cases.filter(|case| case.view.number == Some(number)));
        }
        Ok(found)
    }

    /// The cases with a message that has these check words.
    pub(in crate::cases) fn with_check_words(&self, words: CheckWords) -> Result<Vec<Arc<Case>>, IndexError> {
        self.caught_up()?;
        let words = words.to_string();
        let mut found = Vec::new();
        for id in self.marked(Sort::CheckWords, &words, INDEX_PAGE_ROWS)? {
            let has_it = |case: &Arc<Case>| {
                let mut told = case.messages.values();
                told.any(|told| lines::check_words(&told.header.payload) == words)
            };
            found.extend(self.with_id(id)?.into_iter().filter(has_it));
        }
        Ok(found)
    }

    /// The ids of the cases whose ids, as bytes, begin so.
    pub(in crate::cases) fn ids_with(&self, prefix: &[u8]) -> Result<BTreeSet<CaseId>, IndexError> {
        self.caught_up()?;
        let rows = self.index.scan(&keys::cases_with(prefix), b"", INDEX_PAGE_ROWS)?;
        Ok(rows
            .iter()
            .filter_map(|(key, _)| Some(keys::case_at_end(key)?.0))
            .collect())
    }

    /// The cases that a mark leads to, the latest first.
    fn marked(&self, sort: Sort, text: &str, limit: usize) -> Result<Vec<CaseId>, IndexError> {
        let index = &self.index;
        let prefix = keys::marked(sort, &index.vault.mark(sort.name(), text));
        let rows = index.noticed(index.table.scan_back(&prefix, b"", limit))?;
        Ok(rows.iter().filter_map(|(key, _)| keys::id_at_end(key)).collect())
    }
}

impl Case {
    /// The selectors of all messages that can be read, in their one spelling.
    #[must_use]
    pub fn selectors(&self) -> BTreeSet<String> {
        self.messages
            .keys()
            .flat_map(|key| self.selectors_of(*key))
            .collect()
    }

    /// The selectors of one message.
    #[must_use]
    pub fn selectors_of(&self, message: MessageKey) -> BTreeSet<String> {
        let told = self.messages.get(&message);
        let read = told.and_then(|told| told.reading.as_ref().ok());
        let selectors = read.map(|read| read.message.normalised_selectors());
        let selectors = selectors.unwrap_or_default();
        selectors.iter().map(ToString::to_string).collect()
    }
}
