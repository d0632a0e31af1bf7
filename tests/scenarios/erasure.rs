//! A case is erased at the node that received it and at the one that sent it: afterwards nothing of it is in
//! any file of either, in no encoding, and both ledgers verify as before `[ERASE]` `[LEAF-PRIVACY]`.

use std::fs;

use anyhow::{Context, Result, ensure};
use e2e::network::Network;
use e2e::scan::{Needles, files_below, found, sealed};
use e2e::speaker::{Persona, Speaker};
use protocol::entry::Entry;
use protocol::envelope::SignedHeader;
use protocol::frame::Frame;
use serde_json::Value;

/// Words and an identifier that stand nowhere else.
const WORDS: &str = "Kestrel-Orchard-4821";
const ADDRESS: &str = "192.0.2.213";
/// The name of a file, and what it begins with.
const FILE_NAME: &str = "harbour-ledger-77.txt";
const FILE_WORDS: &str = "Umbra-Velvet-9034";

#[test]
fn what_was_erased_is_in_no_file_and_the_ledgers_verify() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    configure(&network)?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    network.wait_until_connected("XA")?;
    for party in ["XA", "XB"] {
        officers(&network, party)?;
    }
    let case = tell(&network)?;
    let at_xa = needles(&network, "XA", &case)?;
    let at_xb = needles(&network, "XB", &case)?;
    found_before(&network, &at_xa, &at_xb)?;
    let first = first_receipt(&network, &case)?;
    let envelope = envelope(&network, &case)?;
    for party in ["XA", "XB"] {
        network.verified_entries(party)?;
    }

    four_eyes(&network, &case)?;
    drop(erase(&network, "XA", &case)?);
    let erased = erase(&network, "XB", &case)?;
    assert_eq!(erased["is_complete"], true, "{erased:#}");
    nothing_found(&network, "XA", &at_xa)?;
    nothing_found(&network, "XB", &at_xb)?;
    shown_as_erased(&network, &case)?;
    for party in ["XA", "XB"] {
        let entries = network.verified_entries(party)?;
        assert_eq!(entries["erasure-notice"], 1, "{entries}");
        assert_eq!(entries["erasure-ordered"], 1, "{entries}");
    }

    retention(&network)?;
    // Not after a kill -9 and a start, with the index made anew, and not when it is sent again.
    xb.kill()?;
    ensure!(xa.stop()? == 0, "XA stops");
    let _xb = network.start("XB")?;
    redelivered(&network, envelope, &first)?;
    nothing_found(&network, "XB", &at_xb)?;
    shown_as_erased(&network, &case)?;
    network.verified_entries("XB")?;
    Ok(())
}

/// XA may send an emergency alone; XB keeps drills for no day at all.
fn configure(network: &Network) -> Result<()> {
    let four_eyes = "\n[four_eyes]\nkinds = [\"preservation-request\"]\nbreak_glass = true\n";
    let retention = "\n[retention]\ndays = { drill = 0 }\n";
    for (party, more) in [("XA", four_eyes), ("XB", retention)] {
        let config = network.node_folder(party).join("node.toml");
        fs::write(&config, fs::read_to_string(&config)? + more)?;
    }
    Ok(())
}

fn officers(network: &Network, party: &str) -> Result<()> {
    let duty = format!("duty officer {party}");
    let roles = "officer,approver,operator";
    network
        .officer(party, ["officer", "add", &duty, "--role", roles])?
        .expect_code(0)?;
    network
        .officer(party, ["officer", "add", "second officer", "--role", "approver"])?
        .expect_code(0)?;
    Ok(())
}

/// A drill and a request that stay, and one that does not: sent alone, with a file, and with a draft about it
/// on the other side. Gives the id of its case.
fn tell(network: &Network) -> Result<String> {
    let example = fs::read_to_string(Network::example_request())?;
    let other = example
        .replace("198.51.100.45", ADDRESS)
        .replace("XA-PRES-2026-0117", WORDS)
        .replace(
            "On 9 March 2026 somebody",
            &format!("{WORDS}: on 9 March 2026 somebody"),
        );
    ensure!(other.contains(ADDRESS) && other.matches(WORDS).count() == 2);
    fs::write(network.path("other.toml"), other)?;
    let words = FILE_WORDS.repeat(4_000);
    fs::write(network.path(FILE_NAME), words)?;
    let (form, file) = (network.path("other.toml"), network.path(FILE_NAME));
    let (form, file) = (form.to_string_lossy(), file.to_string_lossy());
    let reason = format!("A life is at stake: {WORDS}.");
    let kept = Network::example_request();
    let kept = kept.to_string_lossy();
    let alone = ["--priority", "emergency", "--break-glass"];
    let [priority, emergency, glass] = alone;
    let wait = ["--wait", "consigned", "--json"];
    let [wait, consigned, json] = wait;
    let sends: [&[&str]; 3] = [
        &["drill", "XB/police", wait, "delivered", json],
        &[
            "request",
            "send",
            &kept,
            priority,
            emergency,
            glass,
            "No names.",
            wait,
            consigned,
            json,
        ],
        &[
            "request",
            "send",
            &form,
            "--attachment",
            &file,
            priority,
            emergency,
            glass,
            &reason,
            wait,
            consigned,
            json,
        ],
    ];
    for arguments in sends {
        network.officer("XA", arguments.iter().copied())?.expect_code(0)?;
    }
    let case = newest_case(network, "XB")?;
    draft_about(network, &case)?;
    until_complete(network, &case)?;
    Ok(case)
}

/// XB writes a note about the case, and does not send it.
fn draft_about(network: &Network, case: &str) -> Result<()> {
    let note = fs::read_to_string(Network::example_request().with_file_name("note.toml"))?;
    let about = format!("text = \"About {WORDS}.\"");
    let note = note.lines().filter(|line| !line.starts_with("to = "));
    let note = note.map(|line| if line.starts_with("text = ") { &about } else { line });
    let note = note.collect::<Vec<_>>().join("\n");
    fs::write(network.path("note.toml"), note)?;
    let note = network.path("note.toml");
    let arguments = [
        "request",
        "new",
        "--from-file",
        &note.to_string_lossy(),
        "--case",
        case,
    ];
    network
        .officer("XB", arguments)?
        .expect_code(0)
        .context("a draft")?;
    Ok(())
}

fn newest_case(network: &Network, party: &str) -> Result<String> {
    let cases = network.officer(party, ["case", "list", "--json"])?.json()?;
    Ok(cases[0]["case"].as_str().context("a case")?.to_owned())
}

/// Waits until XA knows that XB has the file.
fn until_complete(network: &Network, case: &str) -> Result<()> {
    let deadline = std::time::Instant::now() + e2e::running::PATIENCE;
    loop {
        let shown = show(network, "XA", case)?;
        let receipts = &shown["messages"][0]["attachment_receipts"];
        if receipts[0]["complete_at"].is_string() {
            return Ok(());
        }
        ensure!(std::time::Instant::now() < deadline, "{shown:#}");
    }
}

fn show(network: &Network, party: &str, case: &str) -> Result<Value> {
    network
        .officer(party, ["case", "show", case, "--json"])?
        .expect_code(0)?
        .json()
}

/// The leaf of a Party's ledger in which the case began.
fn leaves(network: &Network, party: &str, case: &str) -> Result<Vec<(u64, Entry)>> {
    let socket = network.node_folder(party).join("control.sock");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = control::client::Client::connect(&socket)
            .await?
            .acting_as("reader");
        let shown = client.case(case).await?;
        let mut leaves = Vec::new();
        for item in &shown.timeline {
            let leaf = client.ledger_leaf(item.leaf_index).await?;
            leaves.push((item.leaf_index, Entry::decode(&leaf)?));
        }
        Ok(leaves)
    })
}

fn header(network: &Network, party: &str, case: &str) -> Result<SignedHeader> {
    let leaves = leaves(network, party, case)?;
    let found = leaves.into_iter().find_map(|(_, entry)| match entry {
        Entry::Submitted { header, .. } | Entry::Received { header, .. } => Some(header),
        _ => None,
    });
    found.context("the leaf of the request")
}

/// Everything of the case that could lie in this node's folder.
fn needles(network: &Network, party: &str, case: &str) -> Result<Needles> {
    let (header, _) = header(network, party, case)?.peek()?;
    let payload = sealed(&network.node_folder(party).join("data"), &header.payload)?;
    let mut needles = Needles::new();
    for (what, bytes) in [
        ("salt", payload.salt.as_bytes().as_slice()),
        ("ciphertext", &payload.bytes[40..72]),
    ] {
        needles.insert(what.to_owned(), bytes.to_vec());
    }
    // Every part of it, not only its beginning.
    for (number, part) in payload.bytes.chunks_exact(64).enumerate().step_by(7) {
        needles.insert(format!("ciphertext, part {number}"), part.to_vec());
    }
    for text in [WORDS, ADDRESS, FILE_NAME, FILE_WORDS] {
        needles.insert(text.to_owned(), text.as_bytes().to_vec());
    }
    let attached = files_below(&network.node_folder(party).join("data/attachment"))?;
    for (number, file) in attached.iter().enumerate() {
        let bytes = fs::read(file)?;
        for (place, part) in bytes.chunks_exact(64).enumerate().step_by(97) {
            needles.insert(format!("attachment {number}, part {place}"), part.to_vec());
        }
    }
    ensure!(!attached.is_empty(), "the file is here");
    Ok(needles)
}

/// The scan sees what is there: payload, salt and file on both sides; in clear, the reason and the draft.
fn found_before(network: &Network, at_xa: &Needles, at_xb: &Needles) -> Result<()> {
    for (party, needles, clear) in [("XA", at_xa, "reviews"), ("XB", at_xb, "drafts")] {
        let found = found(&network.node_folder(party), needles)?;
        for what in [
            "salt",
            "ciphertext",
            "ciphertext, part 7",
            "attachment 0, part 97",
            WORDS,
        ] {
            assert!(found.contains_key(what), "{what} at {party}: {found:#?}");
        }
        let in_clear = found[WORDS]
            .iter()
            .any(|file| file.to_string_lossy().contains(clear));
        assert!(in_clear, "{found:#?}");
    }
    Ok(())
}

fn nothing_found(network: &Network, party: &str, needles: &Needles) -> Result<()> {
    let found = found(&network.node_folder(party), needles)?;
    ensure!(found.is_empty(), "{party}: {found:#?}");
    Ok(())
}

/// Held, it is not erased; not without an order, and not by the approval of whoever asked `[FOUR-EYES]`.
fn four_eyes(network: &Network, case: &str) -> Result<()> {
    let hold = |verb| network.officer("XB", ["case", verb, case, "--basis", "appeal-12"]);
    let erase = || {
        network.officer(
            "XB",
            ["case", "erase", case, "--basis", "court-order-4711", "--json"],
        )
    };
    hold("hold")?.expect_code(0)?;
    let shown = show(network, "XB", case)?;
    assert_eq!(shown["hold"]["basis"], "appeal-12", "{shown:#}");
    ensure!(erase()?.expect_code(0).is_err(), "a held case is not erased");
    hold("release-hold")?.expect_code(0)?;
    let order = erase()?.expect_code(0)?.json()?;
    let order = order["order"].as_str().context("an order")?;
    let own = network.officer("XB", ["case", "approve-erasure", order])?;
    own.expect_code(4)
        .context("nobody approves what the same person asked for")?;
    network
        .officer("XB", ["case", "discard-erasure", order])?
        .expect_code(0)?;
    Ok(())
}

/// One officer asks, another approves.
fn erase(network: &Network, party: &str, case: &str) -> Result<Value> {
    let arguments = ["case", "erase", case, "--basis", "court-order-4711", "--json"];
    let order = network.officer(party, arguments)?.expect_code(0)?.json()?;
    let order = order["order"].as_str().context("an order")?;
    let approve = [
        "case",
        "approve-erasure",
        order,
        "--officer",
        "second officer",
        "--json",
    ];
    network.officer(party, approve)?.expect_code(0)?.json()
}

/// A missing payload is said to be erased, on what basis, by whom: no word of damage.
fn shown_as_erased(network: &Network, case: &str) -> Result<()> {
    let shown = show(network, "XB", case)?;
    let message = &shown["messages"][0];
    assert_eq!(message["erased"]["basis"], "court-order-4711", "{shown:#}");
    assert_eq!(message["erased"]["officer"], "duty officer XB", "{shown:#}");
    assert!(message["body"].is_null(), "{shown:#}");
    let cases = network.officer("XB", ["case", "list", "--json"])?.json()?;
    assert_eq!(cases.as_array().map(Vec::len), Some(3), "{cases:#}");
    Ok(())
}

/// The receipt that XB gave to XA.
fn first_receipt(network: &Network, case: &str) -> Result<Vec<u8>> {
    let leaves = leaves(network, "XA", case)?;
    let receipt = leaves.into_iter().find_map(|(_, entry)| match entry {
        Entry::Delivered { receipt, .. } => Some(receipt.as_bytes().to_vec()),
        _ => None,
    });
    receipt.context("a receipt")
}

/// What XA sent, to be sent again.
fn envelope(network: &Network, case: &str) -> Result<Frame> {
    let signed = header(network, "XA", case)?;
    let (claimed, _) = signed.peek()?;
    let payload = sealed(&network.node_folder("XA").join("data"), &claimed.payload)?;
    Ok(Frame::Envelope {
        header: signed,
        payload,
    })
}

/// `[IDEMPOTENT]` Sent again, it gets its first receipt, byte for byte, and is not stored.
fn redelivered(network: &Network, envelope: Frame, first: &[u8]) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let speaker = Speaker::of(Persona::of(network, "XA")?)?;
        let line = speaker.connect(network.listen_address("XB")?).await?;
        match line.ask(&envelope).await? {
            Frame::Receipt(receipt) => ensure!(receipt.as_bytes() == first, "another receipt"),
            other => anyhow::bail!("no receipt: {other:?}"),
        }
        Ok(())
    })
}

/// The policy erases the drill, and nothing else, once somebody looked at what is due.
fn retention(network: &Network) -> Result<()> {
    let run = |more: &[&str]| {
        let arguments = ["retention", "run", "--json"].iter().chain(more).copied();
        network.officer("XB", arguments)?.expect_code(0)?.json()
    };
    let due = run(&["--dry-run"])?;
    assert_eq!(due["due"][0]["kinds"], serde_json::json!(["drill"]), "{due:#}");
    assert_eq!(due["due"].as_array().map(Vec::len), Some(1), "{due:#}");
    assert_eq!(notices(network)?, 1, "nothing was erased by looking");
    let ran = run(&[])?;
    assert_eq!(ran["is_complete"], true, "{ran:#}");
    assert_eq!(notices(network)?, 2);
    let again = run(&["--dry-run"])?;
    assert_eq!(again["due"].as_array().map(Vec::len), Some(0), "{again:#}");
    Ok(())
}

fn notices(network: &Network) -> Result<u64> {
    let entries = network.verified_entries("XB")?;
    Ok(entries["erasure-notice"].as_u64().unwrap_or(0))
}
