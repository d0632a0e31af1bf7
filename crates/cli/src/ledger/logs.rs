//! `ohrid ledger logs`: the logs that the ledger consists of.

use control::client::Client;
use control::types::{LedgerLog, LogState};

use crate::failure::Failure;
use crate::session::Session;
use crate::table;

pub(super) async fn run(session: &Session) -> Result<(), Failure> {
    let logs = session.client().await?.ledger_logs().await?;
    session.terminal.result(&logs, |logs| {
        let row = |log: &LedgerLog| {
            let state = match log.state {
                LogState::Growing => "grows",
                LogState::Ended => "ended",
                LogState::Away => "in cold storage",
            };
            let (size, first) = (log.size.to_string(), log.first.to_string());
            vec![log.origin.clone(), size, first, state.to_owned()]
        };
        let rows: Vec<_> = logs.iter().map(row).collect();
        table::table(&["Log", "Entries", "From position", "State"], &rows)
    });
    Ok(())
}

/// The log that is named, by its year or its whole origin; the newest if none is.
pub(super) async fn find(client: &Client, named: Option<&str>) -> Result<LedgerLog, Failure> {
    let mut logs = client.ledger_logs().await?;
    let is_named = |log: &LedgerLog| {
        named.is_none_or(|named| log.origin == named || log.origin.rsplit('/').next() == Some(named))
    };
    let place = logs.iter().rposition(is_named);
    let place = place.ok_or_else(|| {
        let what = format!("the ledger has no log {}", named.unwrap_or_default());
        Failure::usage(what, "ohrid ledger logs names them")
    })?;
    Ok(logs.swap_remove(place))
}
