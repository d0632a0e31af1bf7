//! What breaks a rule is refused with all its faults, and nothing is recorded.

use anyhow::Result;
use e2e::network::Network;
use e2e::programs::Ended;

/// The size of a Party's ledger.
fn ledger_size(network: &Network, party: &str) -> Result<u64> {
    let status = network
        .officer(party, ["node", "status", "--json"])?
        .expect_code(0)?
        .json()?;
    Ok(status["ledger"]["size"].as_u64().expect("ledger.size"))
}

/// Sends the example request, changed by `change`, as XA's officer.
fn send_changed(network: &Network, change: impl FnOnce(&mut toml::Table)) -> Result<Ended> {
    let mut request: toml::Table = std::fs::read_to_string(Network::example_request())?.parse()?;
    change(&mut request);
    let file = network.path("changed.toml");
    std::fs::write(&file, toml::to_string(&request)?)?;
    network.officer(
        "XA",
        ["request", "send", &file.to_string_lossy(), "--to", "XB/police"],
    )
}

/// The first selector of a request: an IP address.
fn first_selector(request: &mut toml::Table) -> &mut toml::Table {
    request["data"]["selectors"][0]
        .as_table_mut()
        .expect("a selector")
}

fn refused(ended: &Ended, rules: &[&str]) {
    assert_eq!(ended.code, 4, "{}{}", ended.stdout, ended.stderr);
    for rule in rules {
        assert!(ended.stderr.contains(rule), "no {rule} in\n{}", ended.stderr);
    }
}

/// `[C29-2-E]`, `[C29-2-C]`, `[TIME-BOTH]`: a request without its necessity, with an address without a time
/// range, with a zone that does not exist; one by one, and all at once.
#[test]
fn a_faulty_request_is_refused_whole_and_nothing_is_recorded() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let _xa = network.start("XA")?;
    let _xb = network.start("XB")?;
    let before = (ledger_size(&network, "XA")?, ledger_size(&network, "XB")?);
    let no_necessity = |request: &mut toml::Table| {
        let preservation = request["preservation"].as_table_mut().expect("preservation");
        preservation
            .remove("necessity")
            .expect("the example has a necessity");
    };
    let no_range = |request: &mut toml::Table| {
        first_selector(request)
            .remove("range")
            .expect("the example has a range");
    };
    let wrong_zone = |request: &mut toml::Table| {
        let from = "2026-03-09T07:41:00[Europe/Bukarest]";
        let until = "2026-03-09T08:10:00[Europe/Bukarest]";
        let range =
            toml::Table::from_iter([("from", from), ("until", until)].map(|(k, v)| (k.to_owned(), v.into())));
        first_selector(request).insert("range".to_owned(), range.into());
    };
    refused(&send_changed(&network, no_necessity)?, &["C29-2-E"]);
    refused(&send_changed(&network, no_range)?, &["C29-2-C"]);
    let ended = send_changed(&network, wrong_zone)?;
    refused(&ended, &["Bukarest"]);
    assert!(
        ended.stderr.contains("Europe/Bucharest"),
        "it says what mends it:\n{}",
        ended.stderr
    );
    let all = send_changed(&network, |request| {
        no_necessity(request);
        wrong_zone(request);
        request["offence"]
            .as_table_mut()
            .expect("offence")
            .remove("facts");
    })?;
    refused(&all, &["C29-2-E", "C29-2-B", "Bukarest"]);
    assert_eq!(
        (ledger_size(&network, "XA")?, ledger_size(&network, "XB")?),
        before,
        "something was recorded"
    );
    Ok(())
}

/// `[C29-5]`: a refusal on a ground that the Convention does not have.
#[test]
fn a_refusal_on_an_invented_ground_is_refused_and_nothing_is_recorded() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let _xa = network.start("XA")?;
    let _xb = network.start("XB")?;
    let request = Network::example_request();
    let request = request.to_string_lossy();
    let arguments = [
        "request",
        "send",
        &request,
        "--to",
        "XB/police",
        "--wait",
        "consigned",
        "--json",
    ];
    let sent = network.officer("XA", arguments)?.expect_code(0)?.json()?;
    let case = sent["case"].as_str().expect("case");
    let invented = [
        "answer",
        "refuse",
        case,
        "--ground",
        "too-busy",
        "--reasons",
        "We are too busy.",
    ];
    let ended = network.officer("XB", invented)?;
    assert!(
        [2, 4].contains(&ended.code),
        "exit {}: {}",
        ended.code,
        ended.stderr
    );
    for permitted in ["political-offence", "essential-interests"] {
        assert!(
            ended.stderr.contains(permitted),
            "it does not offer {permitted}:\n{}",
            ended.stderr
        );
    }
    let entries = network.verified_entries("XB")?;
    assert!(
        entries["submitted"].is_null(),
        "something was recorded: {entries}"
    );
    let permitted = [
        "answer",
        "refuse",
        case,
        "--article",
        "29(5)(b)",
        "--ground",
        "essential-interests",
        "--reasons",
        "The system belongs to the armed forces.",
        "--wait",
        "consigned",
    ];
    network.officer("XB", permitted)?.expect_code(0)?;
    let shown = network
        .officer("XA", ["case", "show", case, "--json"])?
        .expect_code(0)?
        .json()?;
    assert_eq!(shown["summary"]["state"], "refused", "{shown}");
    Ok(())
}
