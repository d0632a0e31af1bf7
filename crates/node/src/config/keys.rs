//! The keys that exist, and what somebody meant who wrote another.

use toml::de::{DeTable, DeValue};

use super::source::{Fault, Source};

/// Every section and its keys: `config/node.toml` shows each of them (a test says so).
pub(super) const KEYS: &[(&str, &[&str])] = &[
    ("node", &["party", "name", "data", "stop_grace_seconds"]),
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

const RULE: &str = "every key is one of those that config/node.toml shows";

/// Tells the keys that do not exist, and takes them out: nothing more is said of them.
pub(super) fn take_unknown(table: &mut DeTable<'_>, source: &Source<'_>) -> Vec<Fault> {
    let faults = unknown(table, source);
    let is_known = |section: &str| KEYS.iter().any(|(known, _)| *known == section);
    for section in names(table, &is_known) {
        table.remove(section.as_str());
    }
    for (section, known) in KEYS {
        // What is no table, serde names.
        if let Some(DeValue::Table(keys)) = table.get_mut(*section).map(toml::Spanned::get_mut) {
            for key in names(keys, &|key| known.contains(&key)) {
                keys.remove(key.as_str());
            }
        }
    }
    faults
}

/// The keys of a table that are not known.
fn names(table: &DeTable<'_>, is_known: &dyn Fn(&str) -> bool) -> Vec<String> {
    let keys = table.keys().map(|key| key.get_ref().to_string());
    keys.filter(|key| !is_known(key)).collect()
}

fn unknown(table: &DeTable<'_>, source: &Source<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut unknown = |key: &str, offset: usize, known: &mut dyn Iterator<Item = &str>| {
        let meant = nearest(key, known);
        let mend = match &meant {
            Some(meant) => format!("write \"{meant}\", or remove it"),
            None => "remove it".to_owned(),
        };
        let what = format!("unknown key \"{key}\"{}", super::suggestion(meant.as_deref()));
        faults.push(source.fault(offset, what, RULE, mend));
    };
    for (section, content) in table {
        let name: &str = section.get_ref();
        let Some((_, known)) = KEYS.iter().find(|(known, _)| *known == name) else {
            let mut sections = KEYS.iter().map(|(section, _)| *section);
            unknown(name, section.span().start, &mut sections);
            continue;
        };
        let DeValue::Table(keys) = content.get_ref() else {
            continue;
        };
        for key in keys.keys() {
            let word: &str = key.get_ref();
            if !known.contains(&word) {
                unknown(word, key.span().start, &mut known.iter().copied());
            }
        }
    }
    faults
}

/// The nearest known word, if one is near.
pub(super) fn nearest(key: &str, known: &mut dyn Iterator<Item = &str>) -> Option<String> {
    known
        .map(|word| (strsim::damerau_levenshtein(key, word), word))
        .filter(|(edits, _)| *edits <= EDITS_MAX)
        .min()
        .map(|(_, word)| word.to_owned())
}
