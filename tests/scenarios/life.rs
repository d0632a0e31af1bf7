//! The life of a case, as two officers live it on the command line, between two real nodes.

use anyhow::{Context, Result};
use e2e::network::Network;
use e2e::transcript::Transcript;
use serde_json::Value;

fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.with_context(|| format!("no {pointer} in {value:#}"))
}

/// From the request through preserve, warn, decide, extend, notice, decision and disclosure to the outcome;
/// each message with its receipt, and the same case on both sides at the end. `[CASE-STATE]`, `[C29-6]`,
/// `[C29-7]`, `[C27-4]`, `[CASE-NUMBER]`
#[test]
fn the_transcript_of_the_life_of_a_case() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let _xa = network.start("XA")?;
    let _xb = network.start("XB")?;
    std::fs::write(
        network.path("log-ins.csv"),
        "time,address\n2026-03-09T05:41:00Z,198.51.100.45\n",
    )?;
    network.wait_until_connected("XA")?;
    let mut story = Transcript::of(&network)?;

    story.tell("The evidence lies on a server in XB. XA's officer writes the request in a file.");
    story.say(
        "XA",
        "ohrid request check {config}/preservation-request.toml --to XB/police",
        0,
    )?;
    story.say(
        "XA",
        "ohrid request send {config}/preservation-request.toml --to XB/police --wait consigned",
        0,
    )?;
    let cases = story.look("XA", &["case", "list"])?;
    let case = text(&cases, "/0/case")?.to_owned();
    let number = text(&cases, "/0/reference")?.to_owned();
    story.call("case", &case);
    story.call("number", &number);

    warned(&mut story)?;
    extended(&mut story)?;
    granted(&mut story)?;

    story.tell("What was preserved for the case is released.");
    story.say("XB", "ohrid inbox", 0)?;
    story.say(
        "XB",
        "ohrid answer release {number} --reason disclosed --wait consigned",
        0,
    )?;

    story.tell("The case is closed, and is the same on both sides.");
    story.say("XA", "ohrid case list", 0)?;
    story.say("XB", "ohrid case list", 0)?;
    story.say("XB", "ohrid inbox", 0)?;
    story.say("XA", "ohrid alarms", 0)?;
    let (year, _) = number.trim_start_matches("XA-").split_at(4);
    story.say("XA", &format!("ohrid report statistics --period {year}"), 0)?;
    story.compare("life_of_a_case")?;
    both_sides_agree(&story, &case, &number)
}

/// XB warns, XA decides, XB preserves.
fn warned(story: &mut Transcript<'_>) -> Result<()> {
    story.tell("XB's officer takes charge, and sees that the provider would warn its customer.");
    story.say("XB", "ohrid inbox", 0)?;
    story.say(
        "XB",
        "ohrid answer acknowledge {number} --reference XB-0093 --next-steps \"The providers are asked \
         tonight.\" --wait consigned",
        0,
    )?;
    story.say(
        "XB",
        "ohrid answer warn {number} --ground confidentiality-threatened --explanation \"The provider \
         tells its customers of every order.\" --meanwhile \"Nothing was sent to the provider.\" --wait \
         consigned",
        0,
    )?;

    story.tell("XA decides: the data are gone by the end of the month.");
    story.say(
        "XA",
        "ohrid answer decide {number} proceed --reasons \"The server is deleted at the end of the \
         month.\" --wait consigned",
        0,
    )?;
    story.tell("XB reports what is preserved: ninety days.");
    story.say(
        "XB",
        "ohrid answer preserve {number} --reference XB-0093 --scope \"An image of the server, log-ins, \
         flow records.\" --category subscriber --category traffic --category content --custodian \
         \"Example Hosting Ltd\" --until +90d --order-reference 2211/2026 --order-authority \
         \"Prosecutor on duty\" --order-until +90d --wait consigned",
        0,
    )?;
    story.say("XA", "ohrid case list", 0)?;

    story.tell("A decision that is not XB's to make is not sent.");
    story.say(
        "XB",
        "ohrid answer decide {number} proceed --reasons \"Not mine to decide.\"",
        4,
    )?;
    Ok(())
}

/// XA asks for longer, and XB preserves for longer.
fn extended(story: &mut Transcript<'_>) -> Result<()> {
    story.tell("Translation takes time. XA asks for longer, XB has the order renewed.");
    story.say(
        "XA",
        "ohrid answer extend {number} --until +170d --reasons \"The request for mutual assistance is \
         being translated.\" --wait consigned",
        0,
    )?;
    story.say(
        "XB",
        "ohrid answer preserve {number} --reference XB-0093 --scope \"As before.\" --category content \
         --custodian \"Example Hosting Ltd\" --until +170d --wait consigned",
        0,
    )?;
    Ok(())
}

/// Mutual assistance is asked for, decided, given, and used.
fn granted(story: &mut Transcript<'_>) -> Result<()> {
    story.tell("The request for mutual assistance goes by courier; from now on the data do not lapse.");
    story.say(
        "XA",
        "ohrid answer notice {number} --reference XA-MLA-0088 --sent +0s --channel courier \
         --from-authority \"Ministry of Justice of XA\" --to-authority \"Ministry of Justice of XB\" \
         --wait consigned",
        0,
    )?;
    story.say(
        "XB",
        "ohrid answer decide-assistance {number} granted --authority \"Court of the capital of XB\" \
         --reference IC-318 --grants \"All data that are preserved.\" --wait consigned",
        0,
    )?;
    story.say(
        "XB",
        "ohrid answer disclose {number} --description \"Everything that was preserved.\" --attachment \
         {folder}/log-ins.csv --wait consigned",
        0,
    )?;
    story.say(
        "XA",
        "ohrid answer outcome {number} --usefulness used-in-proceedings --feedback \"The author was \
         indicted. Thank you.\" --wait consigned",
        0,
    )?;
    Ok(())
}

/// The same number, the same messages with the same check words, the same state.
fn both_sides_agree(story: &Transcript<'_>, case: &str, number: &str) -> Result<()> {
    let shown = ["XA", "XB"].map(|party| story.look(party, &["case", "show", case]));
    let [asking, asked] = shown;
    let (asking, asked) = (asking?, asked?);
    for side in [&asking, &asked] {
        assert_eq!(text(side, "/summary/state")?, "closed");
        assert_eq!(text(side, "/summary/reference")?, number);
        assert!(number.starts_with("XA-"), "{number}");
    }
    let said = |side: &Value| -> Result<Vec<(String, String, String)>> {
        let messages = side.pointer("/messages").and_then(Value::as_array);
        let messages = messages.context("messages")?;
        let told = |message: &Value| {
            let part = |name: &str| text(message, name).map(str::to_owned);
            Ok((part("/message")?, part("/kind")?, part("/check_words")?))
        };
        messages.iter().map(told).collect()
    };
    let (ours, theirs) = (said(&asking)?, said(&asked)?);
    assert_eq!(ours, theirs, "the same messages, with the same check words");
    assert_eq!(ours.len(), 12);
    let by_number = story.look("XB", &["case", "show", number])?;
    assert_eq!(text(&by_number, "/summary/case")?, case);
    Ok(())
}
