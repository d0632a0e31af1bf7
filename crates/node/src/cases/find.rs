//! Finding a case by what a person types, and listing cases.

use protocol::ids::{CaseId, MessageId};
use store::ReadError;

use super::{Case, CaseError, Cases};
use std::sync::Arc;

/// Cases read from the index in one go.
const PAGE: usize = 4096;

/// Why no case was found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none.
    #[error("there is no case {0}")]
    Unknown(String),
    /// Too short to stand for a case.
    #[error("{0} is too short: give a case's id, or at least 8 characters of its beginning")]
    TooShort(String),
    /// More than one begins so.
    #[error("{text} stands for {count} cases: give more of the id")]
    Ambiguous {
        /// What was typed.
        text: String,
        /// How many.
        count: usize,
    },
    /// The machine's fault.
    #[error(transparent)]
    Case(#[from] CaseError),
}

impl From<ReadError> for FindError {
    fn from(error: ReadError) -> Self {
        Self::Case(error.into())
    }
}

impl Cases {
    /// The case that a text stands for: its id, the id of one of its messages, or an unambiguous
    /// beginning of its id of at least 8 characters.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn find(&self, text: &str) -> Result<Arc<Case>, FindError> {
        if let Ok(id) = text.parse::<CaseId>() {
            if let Some(case) = self.case(id)? {
                return Ok(case);
            }
            let case = match text.parse::<MessageId>() {
                Ok(message) => self.case_of(message)?,
                Err(_) => None,
            };
            return case.ok_or_else(|| FindError::Unknown(text.to_owned()));
        }
        if text.len() < control::limits::CASE_PREFIX_LENGTH_MIN {
            return Err(FindError::TooShort(text.to_owned()));
        }
        let found: Vec<CaseId> = self
            .ids()?
            .into_iter()
            .filter(|id| id.to_string().starts_with(text))
            .collect();
        match found.as_slice() {
            [one] => self
                .case(*one)?
                .ok_or_else(|| FindError::Unknown(text.to_owned())),
            [] => Err(FindError::Unknown(text.to_owned())),
            several => Err(FindError::Ambiguous {
                text: text.to_owned(),
                count: several.len(),
            }),
        }
    }

    /// The case of a message.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn case_of(&self, message: MessageId) -> Result<Option<Arc<Case>>, CaseError> {
        for index in self.reader.message_entries(message)? {
            let leaf = self.reader.leaf(index)?;
            let entry =
                protocol::entry::Entry::decode(&leaf).map_err(|error| CaseError::Leaf { index, error })?;
            let leaf = super::Leaf::read(index, entry).map_err(|error| CaseError::Leaf { index, error })?;
            if let super::Said::Submitted(header, _) | super::Said::Received(header) = &leaf.said {
                return self.case(header.case);
            }
        }
        Ok(None)
    }

    /// The ids of all cases, in the order of time.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn ids(&self) -> Result<Vec<CaseId>, ReadError> {
        self.ids_after(None)
    }

    /// The ids of all cases after one.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn ids_after(&self, after: Option<CaseId>) -> Result<Vec<CaseId>, ReadError> {
        let mut ids = Vec::new();
        let mut after = after;
        loop {
            let page = self.reader.cases(after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(ids);
            };
            after = Some(*last);
            ids.extend(page);
        }
    }

    /// The latest `limit` cases before `before` in the list, the latest first.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn latest(&self, before: Option<CaseId>, limit: usize) -> Result<Vec<Arc<Case>>, CaseError> {
        let ids = self.ids()?;
        let wanted = ids
            .into_iter()
            .rev()
            .filter(|id| before.is_none_or(|before| *id < before));
        let mut cases = Vec::new();
        for id in wanted.take(limit) {
            cases.extend(self.case(id)?);
        }
        Ok(cases)
    }

    /// The Party whose ledger this is.
    #[must_use]
    pub fn own(&self) -> protocol::ids::PartyCode {
        self.own
    }
}
