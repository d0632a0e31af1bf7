//! The keys that exist, and what somebody meant who wrote another.

use toml::de::{DeTable, DeValue};

use super::ConfigError;

/// Every section and its keys: `config/node.toml` shows each of them (a test says so).
pub(super) const KEYS: &[(&str, &[&str])] = &[
    ("node", &["party", "name", "data"]),
    ("listen", &["address"]),
    (
        "keys",
        &[
            "tls_certificate",
            "tls_key",
            "envelope",
            "ledger",
            "witness",
            "openpgp_directory",
            "openpgp_password",
        ],
    ),
    (
        "directory",
        &["file", "network", "trusted", "threshold", "grace_days"],
    ),
    (
        "witness",
        &[
            "policy",
            "quorum",
            "needed_at_start",
            "start_wait_seconds",
            "lag_alarm_seconds",
        ],
    ),
    ("control", &["socket", "group"]),
    ("health", &["listen"]),
    ("public", &["listen"]),
    ("time_stamp", &["url"]),
    (
        "limits",
        &[
            "exchanges_per_peer",
            "strangers_per_address",
            "strangers",
            "request_timeout_seconds",
            "attachment_mib_max",
            "attachment_message_mib_max",
            "attachment_peer_mib_max",
            "free_disk_kept_mib",
            "handshakes_per_address_per_second",
            "connections_per_peer_per_minute",
            "frames_per_peer_per_second",
            "frames_mib_per_peer",
            "frames_mib",
            "messages_per_peer_per_hour",
            "message_mib_per_peer_per_hour",
            "emergencies_per_peer_per_hour",
            "emergency_mib_per_peer_per_hour",
            "reports_per_peer_per_hour",
            "rejections_per_peer_per_hour",
        ],
    ),
    (
        "policy",
        &[
            "receipt_within_ms",
            "acknowledgement_within_ms",
            "follow_up_within_days",
            "ending_warning_days",
            "order_renewal_days",
            "zone",
        ],
    ),
    ("four_eyes", &["kinds", "break_glass"]),
    ("retention", &["days"]),
    ("log", &["format", "level"]),
];

/// A suggestion must be nearer than this, in edits: farther off it would only confuse.
const EDITS_MAX: usize = 3;

/// Refuses keys that do not exist.
pub(super) fn check(text: &str, file: &str) -> Result<(), ConfigError> {
    let table = DeTable::parse(text).map_err(|error| ConfigError::Invalid {
        file: file.to_owned(),
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        what: error.message().to_owned(),
    })?;
    let unknown = |key: &str, offset: usize, known: &mut dyn Iterator<Item = &str>| ConfigError::UnknownKey {
        file: file.to_owned(),
        line: line_of(text, offset),
        key: key.to_owned(),
        meant: nearest(key, known),
    };
    for (section, content) in table.get_ref() {
        let name: &str = section.get_ref();
        let Some((_, known)) = KEYS.iter().find(|(known, _)| *known == name) else {
            let mut sections = KEYS.iter().map(|(section, _)| *section);
            return Err(unknown(name, section.span().start, &mut sections));
        };
        let DeValue::Table(keys) = content.get_ref() else {
            continue; // Serde says what was expected.
        };
        for key in keys.keys() {
            let word: &str = key.get_ref();
            if !known.contains(&word) {
                return Err(unknown(word, key.span().start, &mut known.iter().copied()));
            }
        }
    }
    Ok(())
}

/// The line, from 1, that holds the byte at `offset`.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The nearest known word, if one is near.
pub(super) fn nearest(key: &str, known: &mut dyn Iterator<Item = &str>) -> Option<String> {
    known
        .map(|word| (strsim::damerau_levenshtein(key, word), word))
        .filter(|(edits, _)| *edits <= EDITS_MAX)
        .min()
        .map(|(_, word)| word.to_owned())
}
