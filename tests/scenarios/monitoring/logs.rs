//! One message in two logs: every step is there under its id, and nothing that was said.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;

/// What of a request may stand in a log: codes that are no content.
const PUBLIC: &[&str] = &["XB/police"];

/// Every text that the example request says, long enough that it cannot be there by chance.
fn said() -> Result<Vec<String>> {
    let text = std::fs::read_to_string(Network::example_request())?;
    let mut said = Vec::new();
    texts(&toml::Value::Table(text.parse()?), &mut said);
    // A word of a form, such as a category, says nothing of anybody.
    let is_word = |text: &str| {
        text.chars()
            .all(|letter| letter.is_ascii_lowercase() || letter == '-')
    };
    said.retain(|text| text.len() > 8 && !is_word(text) && !PUBLIC.contains(&text.as_str()));
    // A selector's value may be short, and is the last thing that may be seen.
    said.push("198.51.100.".to_owned());
    ensure!(said.len() > 30, "{said:?}");
    Ok(said)
}

fn texts(value: &toml::Value, found: &mut Vec<String>) {
    match value {
        // Escaped in JSON, a text of several lines would not be found: each line is looked for.
        toml::Value::String(text) => found.extend(text.lines().map(|line| line.trim().to_owned())),
        toml::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        toml::Value::Table(values) => values.iter().for_each(|(_, value)| texts(value, found)),
        _ => {}
    }
}

/// Every line of every secret file of a node.
fn secrets(folder: &Path) -> Result<Vec<String>> {
    let mut secrets = Vec::new();
    for file in e2e::scan::files_below(&folder.join("keys"))? {
        let name = file.to_string_lossy().into_owned();
        let is_public = name.ends_with(".crt.pem") || name.ends_with(".pub") || name.ends_with(".vkey");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| line.len() >= 16 && !line.starts_with("-----"));
        if !is_public {
            secrets.extend(lines.map(str::to_owned));
        }
    }
    ensure!(secrets.len() > 4, "the keys lie elsewhere");
    Ok(secrets)
}

/// The steps that a log tells of one message.
fn steps(log: &str, message: &str) -> Vec<String> {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let about = lines.filter(|line| line["fields"]["ohrid.message"] == message);
    about
        .filter_map(|line| Some(line["fields"]["message"].as_str()?.to_owned()))
        .collect()
}

/// Which of the steps are not told.
fn missing<'w>(steps: &[String], wanted: &[&'w str]) -> Vec<&'w str> {
    let untold = wanted.iter().filter(|step| !steps.iter().any(|one| one == *step));
    untold.copied().collect()
}

/// A request can be followed through by its message id across both nodes; no content and no name is in a
/// log at any level, in the metrics, or in what health says. Rule 8 of the house; threat 20.
#[test]
fn one_message_is_followed_through_both_logs_and_nothing_said_is_in_them() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    ["XA", "XB"]
        .iter()
        .try_for_each(|party| watched(&network, party, "trace"))?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    let addresses = [health_address(&xa)?, health_address(&xb)?];
    network.wait_until_connected("XA")?;
    let sent = send(&network)?;
    let message = sent["message"].as_str().context("its id")?.to_owned();
    // An officer of the other side reads it, so that all of it was opened there.
    let case = sent["case"].as_str().context("its case")?;
    network
        .officer("XB", ["case", "show", case, "--json"])?
        .expect_code(0)?;

    let told_here = steps(&xa.log(), &message);
    let told_there = steps(&xb.log(), &message);
    let none: [&str; 0] = [];
    let here = ["submitted", "receipt recorded", "consigned"];
    assert_eq!(missing(&told_here, &here), none, "{told_here:?}");
    let there = ["received", "receipt released", "opened", "consigned"];
    assert_eq!(missing(&told_there, &there), none, "{told_there:?}");

    let mut places = BTreeMap::new();
    for (party, address) in [("XA", addresses[0]), ("XB", addresses[1])] {
        for path in ["/metrics", "/readyz", "/readyz?verbose", "/livez"] {
            let answer = http(address, "GET", path, b"")?;
            places.insert(format!("{party}{path}"), answer.text()?.to_owned());
        }
    }
    places.insert("XA's log".to_owned(), xa.log());
    places.insert("XB's log".to_owned(), xb.log());
    let mut needles = said()?;
    needles.extend(["duty officer XA", "duty officer XB"].map(str::to_owned));
    for party in ["XA", "XB"] {
        needles.extend(secrets(&network.node_folder(party))?);
    }
    for (place, text) in &places {
        assert!(text.len() > 2, "{place} says nothing");
        for needle in &needles {
            assert!(!text.contains(needle.as_str()), "{place} holds {needle:?}");
        }
    }
    // The message's id is for the log alone.
    let others = places.iter().filter(|(place, _)| !place.ends_with("log"));
    for (place, text) in others {
        assert!(!text.contains(&message), "{place} names a message");
    }
    Ok(())
}
