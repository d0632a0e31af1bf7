//! Finding a case by what a person types, and listing cases.

use std::sync::Arc;

use convention::check_words::CheckWords;
use convention::number::{CaseNumber, CaseNumberError};
use protocol::ids::{CaseId, MessageId, PartyCode};
use store::ReadError;

use super::{Case, CaseError, Cases, IndexError};

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
    /// Several Parties use this id.
    #[error("{text} is used by several Parties: name one of the cases {}", .cases.join(", "))]
    Shared {
        /// What was typed.
        text: String,
        /// The cases, each by a name that is its own.
        cases: Vec<String>,
    },
    /// A number that was misheard.
    #[error("{text} is no case's number: {error}")]
    Number {
        /// What was typed.
        text: String,
        /// What is wrong with it.
        error: CaseNumberError,
    },
    /// The machine's fault.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The machine's fault, or only for a while.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl From<ReadError> for FindError {
    fn from(error: ReadError) -> Self {
        Self::Case(error.into())
    }
}

impl Cases {
    /// The case that a text stands for: its number as people say it `[CASE-NUMBER]`, its id, the id or the
    /// four check words of one of its messages, or an unambiguous beginning of its id of at least 8
    /// characters; each with `@` and the Party that opened the case where several cases have that id.
    ///
    /// # Errors
    /// When there is none, or more than one, or a number was misheard.
    pub fn find(&self, text: &str) -> Result<Arc<Case>, FindError> {
        let unknown = || FindError::Unknown(text.to_owned());
        let (id, opener) = match text.split_once('@') {
            Some((id, party)) => (id, Some(party.parse::<PartyCode>().map_err(|_| unknown())?)),
            None => (text, None),
        };
        let mut found = match self.as_spoken(id)? {
            Some(found) => found,
            None => self.with_id_or_prefix(id)?,
        };
        found.retain(|case| opener.is_none_or(|opener| case.opener == opener));
        match found.as_slice() {
            [] => {
                let message = id.parse::<MessageId>().map_err(|_| unknown())?;
                let case = self.case_of(message)?;
                case.filter(|case| opener.is_none_or(|opener| case.opener == opener))
                    .ok_or_else(unknown)
            }
            [one] => Ok(Arc::clone(one)),
            several => Err(FindError::Shared {
                text: text.to_owned(),
                cases: several.iter().map(|case| case.name()).collect(),
            }),
        }
    }

    /// Whether the text is the id of a case in which no message has an id that is wanted. Nothing is folded:
    /// where that cannot be told from ids alone, the answer is no.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn surely_holds_no(
        &self,
        text: &str,
        is_wanted: impl Fn(MessageId) -> bool,
    ) -> Result<bool, FindError> {
        let id = text.split_once('@').map_or(text, |(id, _)| id);
        let Ok(id) = id.parse::<CaseId>() else {
            return Ok(false);
        };
        let messages = self.reader.case_messages(id)?;
        Ok(!messages.is_empty() && !messages.iter().any(|(message, _)| is_wanted(*message)))
    }

    /// The cases with a number, or with a message that has these check words: what is said on the telephone.
    /// `None` where the text is neither.
    fn as_spoken(&self, text: &str) -> Result<Option<Vec<Arc<Case>>>, FindError> {
        if let Ok(words) = text.parse::<CheckWords>() {
            return Ok(Some(self.with_check_words(words)?));
        }
        match CaseNumber::heard(text) {
            Ok(number) => Ok(Some(self.numbered(number)?)),
            Err(CaseNumberError::Shape) => Ok(None),
            Err(error) => Err(FindError::Number {
                text: text.to_owned(),
                error,
            }),
        }
    }

    fn with_id_or_prefix(&self, text: &str) -> Result<Vec<Arc<Case>>, FindError> {
        if let Ok(id) = text.parse::<CaseId>() {
            return Ok(self.with_id(id)?);
        }
        if text.len() < control::limits::CASE_PREFIX_LENGTH_MIN {
            return Err(FindError::TooShort(text.to_owned()));
        }
        let Some(prefix) = whole_bytes(text) else {
            return Ok(Vec::new());
        };
        let mut ids = self.ids_with(&prefix)?;
        ids.retain(|id| id.to_string().starts_with(text));
        match (ids.len(), ids.first()) {
            (1, Some(one)) => Ok(self.with_id(*one)?),
            (0, _) | (_, None) => Ok(Vec::new()),
            (count, _) => Err(FindError::Ambiguous {
                text: text.to_owned(),
                count,
            }),
        }
    }

    /// The case of the message with this id: ours, or else the only one that has it.
    ///
    /// # Errors
    /// When several Parties have sent something under this id, or what is stored cannot be read.
    pub fn case_of(&self, message: MessageId) -> Result<Option<Arc<Case>>, FindError> {
        let ids = self.cases_that_name(message)?;
        let mut found = Vec::new();
        for id in ids {
            found.extend(self.with_id(id)?);
        }
        let ours = found
            .iter()
            .find(|case| case.messages.contains_key(&(self.own, message)));
        if let Some(ours) = ours {
            return Ok(Some(Arc::clone(ours)));
        }
        found.retain(|case| case.key_of(message).is_some());
        if found.len() > 1 {
            return Err(FindError::Shared {
                text: message.to_string(),
                cases: found.iter().map(|case| case.name()).collect(),
            });
        }
        Ok(found.pop())
    }

    /// The ids of all cases, in the order of time.
    ///
    /// # Errors
    /// When the store's index cannot be read.
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

    /// The Party whose ledger this is.
    #[must_use]
    pub fn own(&self) -> protocol::ids::PartyCode {
        self.own
    }
}

/// The bytes that the beginning of an id stands for, without a last half byte; `None` where no id begins so.
fn whole_bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|character| *character != '-')
        .map(|character| u8::try_from(character.to_digit(16)?).ok())
        .collect();
    let digits = digits.filter(|digits| digits.len() <= 32)?;
    let pairs = digits.chunks_exact(2);
    Some(pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}
