#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use convention::message::Kind;

use super::*;
use crate::config::{Config, ConfigError, shown};

fn parse(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    Config::parse_over(
        shown::TEXT,
        "node.toml",
        Path::new("/etc/ohrid"),
        &Environment::of(variables),
    )
}

fn refused(name: &str, value: &str) -> String {
    let said = parse(&[(name, value)]).unwrap_err().to_string();
    assert!(said.contains(&format!("environment variable {name}: ")), "{said}");
    assert!(said.contains("  rule: ") && said.contains("  mend: "), "{said}");
    said
}

#[test]
fn the_environment_goes_over_the_file_in_every_sort_of_value() {
    let config = parse(&[
        ("OHRID__NODE__PARTY", "XB"),
        ("OHRID__LISTEN__ADDRESS", "127.0.0.1:4499"),
        ("OHRID__HEALTH__LISTEN", "127.0.0.1:9633"),
        ("OHRID__LIMITS__STRANGERS", "7"),
        ("OHRID__WITNESS__QUORUM", "3"),
        ("OHRID__FOUR_EYES__KINDS", "refusal, disclosure"),
        ("OHRID__FOUR_EYES__BREAK_GLASS", "true"),
        ("OHRID__POLICY__ENDING_WARNING_DAYS", "[10, 5]"),
        ("OHRID__RETENTION__DAYS", "{ drill = 90 }"),
        ("OHRID_OFFICER", "no business of the node's"),
        ("PATH", "/bin"),
    ])
    .unwrap();
    assert_eq!(config.node.party.as_str(), "XB");
    assert_eq!(config.listen.port(), 4499);
    assert_eq!(config.health_listen.unwrap().port(), 9633);
    assert_eq!(config.limits.strangers, 7);
    assert_eq!(config.witness.quorum, crate::config::Quorum::Of(3));
    assert!(config.four_eyes.kinds.contains(&Kind::Disclosure) && config.four_eyes.kinds.len() == 2);
    assert_eq!(config.retention.days[&Kind::Drill], 90);
}

/// The file alone is no node: what is missing comes from the environment, as in a container.
#[test]
fn a_section_that_the_file_does_not_have_is_made() {
    let text = shown::TEXT
        .replace("[listen]\n", "")
        .replace("address = \"[::]:4433\"\n", "");
    let with = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Config::parse_over(&text, "node.toml", Path::new("."), &Environment::of(variables))
    };
    assert!(
        with(&[])
            .unwrap_err()
            .to_string()
            .contains("missing section [listen]")
    );
    let config = with(&[("OHRID__LISTEN__ADDRESS", "[::1]:1")]).unwrap();
    assert_eq!(config.listen.port(), 1);
}

#[test]
fn what_is_not_known_is_refused_with_a_suggestion() {
    let said = refused("OHRID__LISEN__ADDRESS", "x");
    assert!(
        said.contains("unknown section \"lisen\", did you mean \"listen\"?"),
        "{said}"
    );
    let said = refused("OHRID__NODE__DTA", "x");
    assert!(
        said.contains("unknown key \"dta\" in [node], did you mean \"data\"?"),
        "{said}"
    );
    assert!(refused("OHRID__NODE", "x").contains("unknown key \"\""));
    assert!(refused("OHRID__LOG__LEVEL", "").contains("it is empty"));
}

#[test]
fn a_value_that_does_not_fit_is_refused_by_the_name_of_its_variable() {
    let said = refused("OHRID__LIMITS__STRANGERS", "many");
    assert!(said.contains("limits.strangers: invalid type: string"), "{said}");
    let said = refused("OHRID__NODE__PARTY", "Xb");
    assert!(said.contains("two capital letters"), "{said}");
    let said = refused("OHRID__FOUR_EYES__KINDS", "refusal,disclosre");
    assert!(said.contains("did you mean \"disclosure\"?"), "{said}");
    assert!(refused("OHRID__RETENTION__DAYS", "{ dril = 1 }").contains("did you mean \"drill\"?"));
}

/// Every process of the same user sees it: a secret that stood there is known to others.
#[test]
fn a_secret_has_no_place_in_the_environment_and_is_not_said_again() {
    for key in ["OPENPGP_PASSWORDS", "LEDGER_SEED", "TLS_PRIVATE", "SECRET"] {
        let said = refused(&format!("OHRID__KEYS__{key}"), "canary-4711");
        assert!(said.contains("never from the environment"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
    let seed = "0123456789abcdef".repeat(4);
    for (key, value) in [
        ("ENVELOPE", seed.as_str()),
        ("TLS_KEY", concat!("-----BEGIN ", "PRIVATE KEY-----")),
    ] {
        let said = refused(&format!("OHRID__KEYS__{key}"), value);
        assert!(
            said.contains("a secret itself") && !said.contains(value),
            "{said}"
        );
    }
    // Where it lies is no secret.
    let config = parse(&[("OHRID__KEYS__OPENPGP_PASSWORD", "/run/secrets/password")]).unwrap();
    assert_eq!(config.keys.openpgp_password, Path::new("/run/secrets/password"));
}
