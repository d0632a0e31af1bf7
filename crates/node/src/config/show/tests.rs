#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn of(variables: &[(&str, &str)]) -> Vec<Setting> {
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
    let text = shown::TEXT.split("[limits]").next().unwrap();
    settings(text, "node.toml", &Environment::of(variables)).unwrap()
}

fn one<'s>(settings: &'s [Setting], section: &str, key: &str) -> &'s Setting {
    settings
        .iter()
        .find(|one| (one.section, one.key) == (section, key))
        .unwrap()
}

#[test]
fn each_value_tells_where_it_comes_from() {
    let settings = of(&[
        ("OHRID__LOG__LEVEL", "debug"),
        ("OHRID__FOUR_EYES__KINDS", "refusal,note"),
    ]);
    let keys: usize = KEYS.iter().map(|(_, keys)| keys.len()).sum();
    assert_eq!(settings.len(), keys);
    let party = one(&settings, "node", "party");
    let line = shown::TEXT
        .lines()
        .position(|line| line == "party = \"XA\"")
        .unwrap()
        + 1;
    assert_eq!(party.value.as_deref(), Some("\"XA\""));
    assert_eq!(
        party.place.as_ref().unwrap().to_string(),
        format!("node.toml:{line}:1")
    );
    let level = one(&settings, "log", "level");
    assert_eq!(level.value.as_deref(), Some("\"debug\""));
    assert_eq!(
        level.place,
        Some(Place::Environment("OHRID__LOG__LEVEL".to_owned()))
    );
    assert_eq!(
        one(&settings, "four_eyes", "kinds").value.as_deref(),
        Some("[\"refusal\", \"note\"]")
    );
    // It stands in the file as well, and the environment goes over it.
    let kinds = Some(Place::Environment("OHRID__FOUR_EYES__KINDS".to_owned()));
    assert_eq!(one(&settings, "four_eyes", "kinds").place, kinds);
    let strangers = one(&settings, "limits", "strangers");
    assert_eq!(
        (strangers.value.as_deref(), &strangers.place),
        (Some("512"), &None)
    );
    assert_eq!(one(&settings, "health", "listen").value, None);
}

#[test]
fn what_is_shown_is_a_configuration_that_says_the_same() {
    let settings = of(&[
        ("OHRID__LISTEN__ADDRESS", "[::1]:1"),
        ("OHRID__HEALTH__LISTEN", "[::1]:2"),
    ]);
    let text = text_of(&settings, Origins::Told);
    let config = Config::parse(&text, "shown", std::path::Path::new("")).unwrap();
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.health_listen.unwrap().port(), 2);
    assert!(text.contains("environment variable OHRID__LISTEN__ADDRESS") && text.contains("# default"));
    let text = text_of(&settings, Origins::Left);
    assert!(!text.contains("# default") && Config::parse(&text, "shown", std::path::Path::new("")).is_ok());
}

#[test]
fn programs_get_values_of_their_own_sort() {
    let told = json_of(&of(&[("OHRID__LIMITS__STRANGERS", "9")]));
    let one = told
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["key"] == "strangers")
        .unwrap();
    assert_eq!(one["value"], 9);
    assert_eq!(
        one["origin"],
        json!({ "from": "environment", "variable": "OHRID__LIMITS__STRANGERS" })
    );
}
