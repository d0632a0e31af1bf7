//! The verbs of `ohrid answer`: a table each for the side that was asked, for the side that asks, and for
//! both.

mod asked;
mod asking;
mod either;

use super::verb::Verb;

/// Every verb, in the order in which a case goes.
pub(crate) fn verbs() -> impl Iterator<Item = &'static Verb> {
    asked::VERBS.iter().chain(asking::VERBS).chain(either::VERBS)
}
