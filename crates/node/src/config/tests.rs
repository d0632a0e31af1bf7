#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use convention::message::Kind;

use super::*;
use crate::four_eyes::BreakGlass;

/// The file that is installed, with every key.
const SHOWN: &str = include_str!("../../../../config/node.toml");

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, "node.toml", Path::new("/etc/ohrid"))
}

#[test]
fn the_shown_file_is_loaded_and_its_paths_are_relative_to_it() {
    let config = parse(SHOWN).unwrap();
    assert_eq!(config.node.party.as_str(), "XA");
    assert_eq!(config.keys.tls_key, Path::new("/etc/ohrid/keys/tls.key.pem"));
    assert_eq!(config.control_socket, Path::new("/etc/ohrid/control.sock"));
    assert_eq!(config.directory.trusted.len(), 1);
}

#[test]
fn the_shown_file_names_every_key_even_those_that_are_off() {
    for (section, known) in super::keys::KEYS {
        let start = SHOWN
            .find(&format!("[{section}]"))
            .unwrap_or_else(|| panic!("[{section}] is not shown"));
        let rest = &SHOWN[start + 1..];
        let part = &rest[..rest.find("\n[").unwrap_or(rest.len())];
        for key in *known {
            let shown = part
                .lines()
                .map(|line| line.trim_start_matches("# ").trim_start_matches('#'));
            assert!(
                shown.clone().any(|line| line.starts_with(&format!("{key} = "))),
                "{section}.{key} is not shown"
            );
        }
    }
}

#[test]
fn a_defaulted_key_may_be_left_out_and_shows_its_default() {
    let config = parse(SHOWN).unwrap();
    let defaults = Limits::default();
    assert_eq!(config.limits.exchanges_per_peer, defaults.exchanges_per_peer);
    assert_eq!(config.limits.strangers, defaults.strangers);
    let short: String = SHOWN.split("[limits]").next().unwrap().to_owned();
    assert!(parse(&short).is_ok());
}

/// `[FOUR-EYES]` A misspelt kind would protect nothing.
#[test]
fn four_eyes_names_kinds_that_exist() {
    let shown = parse(SHOWN).unwrap().four_eyes;
    assert!(shown.kinds.is_empty() && shown.break_glass == BreakGlass::Forbidden);
    let with = |kinds: &str| {
        let text = SHOWN.replace("\nkinds = []", &format!("\nkinds = {kinds}"));
        parse(&text.replace("break_glass = false", "break_glass = true"))
    };
    let policy = with("[\"refusal\", \"preservation-request\"]").unwrap().four_eyes;
    assert!(policy.asks_for(Kind::Refusal) && policy.asks_for(Kind::PreservationRequest));
    assert!(!policy.asks_for(Kind::Note));
    assert_eq!(policy.break_glass, BreakGlass::Allowed);
    let said = with("[\n\"refusal\",\n\"preservation-reqest\"]")
        .unwrap_err()
        .to_string();
    assert!(said.contains("did you mean \"preservation-request\"?"), "{said}");
    let line: usize = said.split(':').nth(1).unwrap().parse().unwrap();
    assert_eq!(SHOWN.lines().nth(line - 3), Some("kinds = []"));
    assert!(with("\"refusal\"").is_err());
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion_and_a_line() {
    let text = SHOWN.replace("[listen]", "[lisen]");
    let said = parse(&text).unwrap_err().to_string();
    assert!(
        said.contains("unknown key \"lisen\", did you mean \"listen\"?"),
        "{said}"
    );
    let line: usize = said.split(':').nth(1).unwrap().parse().unwrap();
    assert_eq!(text.lines().nth(line - 1), Some("[lisen]"));

    let said = parse(&SHOWN.replace("party =", "prty ="))
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("unknown key \"prty\", did you mean \"party\"?"),
        "{said}"
    );

    let said = parse(&SHOWN.replace("party =", "zzzzzzzzz ="))
        .unwrap_err()
        .to_string();
    assert!(said.contains("unknown key \"zzzzzzzzz\"\n"), "{said}");
}

#[test]
fn a_wrong_value_says_what_was_expected_and_where() {
    let said = parse(&SHOWN.replace("\"XA\"", "\"Xa\"")).unwrap_err().to_string();
    assert!(said.contains("two capital letters"), "{said}");
    let said = parse(&SHOWN.replace("[::]:4433", "everywhere"))
        .unwrap_err()
        .to_string();
    assert!(said.starts_with("node.toml:"), "{said}");
    assert!(parse("[node").is_err());
    assert!(parse("node = 3").is_err());
    assert!(
        parse("")
            .unwrap_err()
            .to_string()
            .contains("missing section [node]")
    );
}

#[test]
fn a_secret_has_no_place_in_the_file() {
    let text = SHOWN.replace("[log]", "[keys]\npassword = \"x\"\n[log]");
    assert!(parse(&text).is_err());
}

/// `[DIRECTORY]` Threat 12: whoever names several keys has not said that one of them is enough.
#[test]
fn without_a_threshold_all_trusted_keys_must_sign() {
    let keys: Vec<String> = [1, 2, 3]
        .map(|seed| protocol::key::SecretariatKey::from_seed(&[seed; 32]))
        .iter()
        .map(|key| format!("\"{}\"", key.public()))
        .collect();
    let at = SHOWN.find("trusted = ").unwrap();
    let end = at + SHOWN[at..].find('\n').unwrap();
    let with = |threshold: &str| {
        let trusted = format!("trusted = [{}]", keys.join(", "));
        let text = format!("{}{trusted}{}", &SHOWN[..at], &SHOWN[end..]);
        parse(&text.replace("\nthreshold = 1\n", threshold))
    };
    assert_eq!(with("\n").unwrap().directory.threshold, 3);
    assert_eq!(with("\nthreshold = 2\n").unwrap().directory.threshold, 2);
    for bad in ["\nthreshold = 0\n", "\nthreshold = 4\n"] {
        let ConfigError::Faulty(faults) = with(bad).unwrap_err() else {
            panic!("the text was read");
        };
        assert!(faults[0].what.starts_with("threshold"), "{faults:?}");
        assert_eq!(faults.len(), 1);
    }
    assert!(with("\nthreshold = -1\n").is_err());
    // A node that has no directory yet trusts nobody, and its configuration is good.
    let text = SHOWN
        .replace(&SHOWN[at..end], "trusted = []")
        .replace("\nthreshold = 1\n", "\n");
    assert_eq!(parse(&text).unwrap().directory.threshold, 1);
}

/// What an operator needs at 3 am: all faults at once, each with its place, its rule and what mends it.
#[test]
fn all_faults_are_told_at_once_with_line_column_rule_and_mend() {
    let text = SHOWN
        .replace("[::]:4433", "everywhere")
        .replace("\ngrace_days = 14", "\ngrace_dys = 14")
        .replace("\nstrangers = 512", "\nstrangers = \"many\"")
        .replace("format = \"text\"", "format = \"colour\"");
    let ConfigError::Faulty(faults) = parse(&text).unwrap_err() else {
        panic!("the text was read");
    };
    let said = faults
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n");
    for (word, mend) in [
        ("\"everywhere\"", "for example: address = \"[::]:4433\""),
        ("grace_dys", "write \"grace_days\", or remove it"),
        ("\"many\"", "for example: strangers = 512"),
        ("\"colour\"", "for example: format = \"text\""),
    ] {
        let line = text.lines().position(|line| line.contains(word)).unwrap();
        let column = text.lines().nth(line).unwrap().find(word).unwrap();
        let place = format!("node.toml:{}:{}: ", line + 1, column + 1);
        let fault = said
            .split("node.toml:")
            .find(|fault| format!("node.toml:{fault}").starts_with(&place));
        let fault = fault.unwrap_or_else(|| panic!("{place} is not in\n{said}"));
        assert!(
            fault.contains("\n  rule: ") && fault.contains(&format!("\n  mend: {mend}")),
            "{fault}"
        );
    }
    assert_eq!(faults.len(), 4, "{said}");
}

#[test]
fn the_grace_of_a_stop_is_bounded() {
    let with = |grace: &str| parse(&SHOWN.replace("stop_grace_seconds = 20", grace));
    assert_eq!(with("").unwrap().node.stop_grace, crate::limits::STOP_GRACE);
    let five = with("stop_grace_seconds = 5").unwrap();
    assert_eq!(five.node.stop_grace, Duration::from_secs(5));
    for bad in [0, 61] {
        let said = with(&format!("stop_grace_seconds = {bad}"))
            .unwrap_err()
            .to_string();
        assert!(said.contains("from 1 to 60"), "{said}");
    }
}
