//! `ohrid key list`: the node's keys and their days, as the running node sees them.

use control::types::{KeyKind, KeyStage, KeyTerm};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::session::Session;
use crate::{table, when};

pub(super) async fn run(session: &Session) -> Result<(), Failure> {
    let keys = session.client().await?.keys().await?;
    let zone = when::local_zone();
    session.terminal.result(&keys, |keys| text(keys, &zone));
    if let Some(key) = keys.iter().find(|key| key.ends_soon) {
        let word = word(key.kind);
        match key.kind {
            KeyKind::Authority => session.terminal.say(
                "The certificate authority ends soon: make another one, and have it named in the directory.",
            ),
            KeyKind::Tls => session.next("ohrid certificate renew"),
            _ => {
                let office = key.office.as_deref().and_then(|office| office.split_once('/'));
                let office = office.map(|(_, name)| format!(" {name}")).unwrap_or_default();
                session.next(format_args!("ohrid key rotate {word}{office}"));
            }
        }
    }
    Ok(())
}

/// Which key in use ends first, and whether that is an alarm; none while all are open.
pub(crate) fn status_line(keys: &[KeyTerm], zone: &TimeZone) -> Option<String> {
    let ending = keys
        .iter()
        .filter(|key| key.stage == KeyStage::InUse && !key.succeeded);
    let first = ending.min_by_key(|key| key.valid_until.unwrap_or(Timestamp::MAX))?;
    let end = when::both(first.valid_until?, zone);
    let alarm = if first.ends_soon {
        "  SOON: ohrid key list"
    } else {
        ""
    };
    Some(format!("{} ends first, {end}{alarm}", word(first.kind)))
}

/// One line for each key.
fn text(keys: &[KeyTerm], zone: &TimeZone) -> String {
    let day = |at: Option<Timestamp>| at.map_or_else(|| "-".to_owned(), |at| when::both(at, zone));
    let rows: Vec<Vec<String>> = keys
        .iter()
        .map(|key| {
            let whose = key.office.as_deref().unwrap_or_default();
            vec![
                format!("{} {whose}", word(key.kind)).trim_end().to_owned(),
                state(key),
                day(key.valid_from),
                day(key.valid_until),
                short(&key.id),
            ]
        })
        .collect();
    table::table(&["KEY", "STATE", "FROM", "UNTIL", "NAME"], &rows)
}

fn word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Authority => "authority",
        KeyKind::Tls => "tls",
        KeyKind::Envelope => "envelope",
        KeyKind::Ledger => "ledger",
        KeyKind::Witness => "witness",
        KeyKind::Openpgp => "openpgp",
    }
}

fn state(key: &KeyTerm) -> String {
    let stage = match key.stage {
        KeyStage::Next => "next",
        KeyStage::InUse => "in use",
        KeyStage::Overlap => "still good",
        KeyStage::Former => "over",
    };
    let mut text = stage.to_owned();
    if !key.in_directory {
        text.push_str(", not in the directory");
    }
    if !key.held && key.kind != KeyKind::Authority {
        text.push_str(", no key file here");
    }
    if key.ends_soon {
        text.push_str(", ENDS SOON");
    }
    text
}

/// Enough of a name to tell keys apart; the whole is in `--json`.
fn short(id: &str) -> String {
    const LETTERS: usize = 24;
    // A C2SP vkey's name is the same for all keys of a ledger: what tells them apart stands behind it.
    let telling = id.split_once('+').map_or(id, |(_, key)| key);
    telling.chars().take(LETTERS).collect()
}
