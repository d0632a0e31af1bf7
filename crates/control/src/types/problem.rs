//! What every answer that is not a success says.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was not done. The body of every answer outside 2xx.
///
/// | status | meaning |
/// |---|---|
/// | 400 | malformed request |
/// | 403 | this officer may not do it (`not_allowed`), or not alone (`needs_approval`) |
/// | 404 | no such thing |
/// | 409 | the idempotency key was used with another body, or the state does not allow it |
/// | 413 | too large |
/// | 422 | refused by a rule; `faults` holds all of them |
/// | 429 | busy, try again |
/// | 503 | not ready, or stopping; try again |
/// | 507 | the disk is full |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// For programs: snake case, stable within version 1, such as `refused_by_rule`.
    pub code: String,
    /// For people: what happened.
    pub message: String,
    /// The rule, where one rule is the reason: `C29-2-E`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What mends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
    /// The draft that waits for a second officer, with the code `needs_approval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// All faults of the document that was handed in, not only the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

/// One breach of a rule, or one piece of advice, which has the same shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// The rule's name, without brackets: `C29-2-E`.
    pub rule: String,
    /// Where: a path such as `data.selectors[0].range`. Empty for the document as a whole.
    pub field: String,
    /// What is wrong.
    pub what: String,
    /// What would mend it.
    pub mend: String,
    /// Where the rule comes from, as a lawyer would cite it: `Article 29(2)(e)`.
    pub source: String,
}

impl Problem {
    /// A problem without rule, mend or faults.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            rule: None,
            mend: None,
            draft: None,
            faults: Vec::new(),
        }
    }

    /// The same, with what mends it.
    #[must_use]
    pub fn mended_by(mut self, mend: impl Into<String>) -> Self {
        self.mend = Some(mend.into());
        self
    }

    /// The same, with the faults of the document.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.field.is_empty() {
            write!(out, "{}: ", self.field)?;
        }
        write!(out, "{} [{}]; {}", self.what, self.rule, self.mend)
    }
}
