//! Two officers for what the policy names, one alone where a life depends on it, and drills: on the command
//! line, between two real nodes.

use std::fs;

use anyhow::{Context, Result};
use e2e::network::Network;
use e2e::transcript::Transcript;

const REQUEST: &str = "{config}/preservation-request.toml --to XB/police";

/// `[FOUR-EYES]` Not before another officer approved, and never by the author's own approval; both are in the
/// ledger. Break-glass sends at once, and is marked until another officer has looked.
#[test]
fn the_transcript_of_four_eyes() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let policy = "\n[four_eyes]\nkinds = [\"preservation-request\"]\nbreak_glass = true\n";
    let config = network.node_folder("XA").join("node.toml");
    fs::write(&config, fs::read_to_string(&config)? + policy)?;
    let _xa = network.start("XA")?;
    let _xb = network.start("XB")?;
    network.wait_until_connected("XA")?;
    let mut story = Transcript::of(&network)?;

    story.tell("XA has two officers. The second one may approve.");
    story.say(
        "XA",
        "ohrid officer add \"duty officer XA\" --role officer,approver",
        0,
    )?;
    story.say(
        "XA",
        "ohrid officer add \"second officer XA\" --role officer,approver",
        0,
    )?;
    story.say("XA", "ohrid officer list", 0)?;

    story.tell("Somebody whom nobody registered sends nothing.");
    story.say(
        "XA",
        &format!("ohrid request send {REQUEST} --officer \"nobody\""),
        4,
    )?;

    story.tell("The duty officer sends a request: it waits for the second.");
    story.say("XA", &format!("ohrid request send {REQUEST}"), 5)?;
    let drafts = story.look("XA", &["request", "drafts"])?;
    let draft = drafts[0]["draft"].as_str().context("a draft")?.to_owned();
    story.call("draft", &draft);
    story.say("XA", "ohrid request drafts", 0)?;
    story.tell("The second officer reads it. The author cannot approve it.");
    story.say(
        "XA",
        "ohrid request show {draft} --officer \"second officer XA\"",
        0,
    )?;
    story.say("XA", "ohrid request approve {draft}", 4)?;
    assert_eq!(sent(&network)?, 0, "nothing was sent before");
    story.tell("The second officer can, and it goes.");
    story.say(
        "XA",
        "ohrid request approve {draft} --officer \"second officer XA\" --wait consigned",
        0,
    )?;
    assert_eq!(sent(&network)?, 1);

    alone(&mut story)?;
    story.compare("four_eyes")?;

    let entries = network.verified_entries("XA")?;
    assert_eq!(entries["submitted"], 2, "{entries}");
    assert_eq!(
        entries["approved"], 2,
        "both approvals are in the ledger: {entries}"
    );
    Ok(())
}

/// Break-glass, and the review.
fn alone(story: &mut Transcript<'_>) -> Result<()> {
    story.tell("At night, with a life at stake, the duty officer sends alone.");
    story.say(
        "XA",
        &format!(
            "ohrid request send {REQUEST} --priority emergency --break-glass \"A life is at stake; \
             nobody else is here.\" --wait consigned"
        ),
        0,
    )?;
    let reviews = story.look("XA", &["request", "reviews"])?;
    let alone = reviews[0]["message"].as_str().context("a review")?.to_owned();
    story.call("alone", &alone);
    story.say("XA", "ohrid request reviews", 0)?;
    story.tell("In the morning the second officer looks at it.");
    story.say("XA", "ohrid request approve {alone}", 4)?;
    story.say(
        "XA",
        "ohrid request approve {alone} --officer \"second officer XA\"",
        0,
    )?;
    story.say("XA", "ohrid request reviews", 0)?;
    Ok(())
}

/// How many messages XA's ledger says it sent.
fn sent(network: &Network) -> Result<u64> {
    Ok(network.verified_entries("XA")?["submitted"].as_u64().unwrap_or(0))
}

/// `[DRILL]` Answered by the machine and by a human, measured, and counted in the statistics, where what was
/// asked in earnest is counted apart.
#[test]
fn the_transcript_of_a_drill() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let _xa = network.start("XA")?;
    let _xb = network.start("XB")?;
    network.wait_until_connected("XA")?;
    let mut story = Transcript::of(&network)?;
    story.tell("Is somebody there?");
    story.say("XA", "ohrid drill XB/police --wait delivered", 0)?;
    story.say("XB", "ohrid inbox", 0)?;
    let cases = story.look("XB", &["case", "list"])?;
    let case = cases[0]["case"].as_str().context("a case")?.to_owned();
    story.call("drill", &case);
    story.say(
        "XB",
        "ohrid answer acknowledge {drill} --reference XB-1 --next-steps \"None: a drill.\" --wait consigned",
        0,
    )?;
    story.say("XA", "ohrid case list", 0)?;
    let (year, _) = cases[0]["opened_at"].as_str().context("opened_at")?.split_at(4);
    let statistics = story.look("XA", &["report", "statistics", "--period", year])?;
    let drills = &statistics["total"]["sent"]["drills"];
    assert_eq!(drills["held"], 1, "{statistics:#}");
    assert_eq!(drills["answered"]["count"], 1, "{statistics:#}");
    assert_eq!(
        statistics["total"]["sent"]["requests"]["total"], 0,
        "{statistics:#}"
    );
    story.compare("drill")
}
