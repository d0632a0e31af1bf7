//! The part of the ledger that belongs to a period.

use ::ledger::tile::Excerpt;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use control::types::{LedgerRange, LedgerRangeQuery};
use protocol::time::UnixMillis;

use super::{Refusal, Shared, blocking};
use crate::excerpts::{self, NoExcerpt};

pub(super) async fn range(
    State(parts): State<Shared>,
    query: Result<Query<LedgerRangeQuery>, QueryRejection>,
) -> Result<Json<LedgerRange>, Refusal> {
    let Query(query) = query?;
    let head = parts.health.head();
    let empty = || Refusal::not_found(NoExcerpt::Empty.to_string());
    let (checkpoint, size) = (head.checkpoint.ok_or_else(empty)?, head.size);
    let period = instant(query.from)..instant(query.until);
    let excerpt = blocking(move || {
        let reader = &*parts.reader;
        // The checkpoint is the newest log's.
        let newest = reader.logs().last().map_or(0, |log| log.first);
        Ok(excerpts::of_period(reader, newest, size, period)?)
    })
    .await?;
    Ok(Json(answer(checkpoint, size, &excerpt)))
}

fn answer(checkpoint: String, size: u64, excerpt: &Excerpt) -> LedgerRange {
    let below_tile = |path: String| path.trim_start_matches("tile/").to_owned();
    LedgerRange {
        checkpoint,
        first: excerpt.entries().start,
        end: excerpt.entries().end,
        excerpt: excerpt.to_string(),
        tiles: excerpt
            .tiles(size)
            .map(|path| below_tile(path.to_string()))
            .collect(),
    }
}

/// Nothing was recorded before 1970.
fn instant(at: jiff::Timestamp) -> UnixMillis {
    UnixMillis(u64::try_from(at.as_millisecond()).unwrap_or_default())
}

impl From<NoExcerpt> for Refusal {
    fn from(error: NoExcerpt) -> Self {
        match error {
            NoExcerpt::Empty => Self::not_found(error.to_string()),
            NoExcerpt::Backwards => Self::malformed(error.to_string()),
            NoExcerpt::Store(error) => error.into(),
            NoExcerpt::NotAnEntry(_) => Self::fault(error),
        }
    }
}
