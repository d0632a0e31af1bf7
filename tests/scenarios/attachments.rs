//! Files that travel with messages, between real nodes: sealed, pulled, opened; cut off by kill -9 of either
//! side, and taken up with the chunks that are there `[TRANSFER]`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use control::client::Client;
use control::types::MessageAttachments;
use e2e::network::{Network, Reach};
use e2e::programs::Ended;
use protocol::limits::CHUNKS_IN_FLIGHT_PER_SOURCE_MAX;
use serde_json::Value;

/// Far more chunks than are asked for at once.
const LARGE_CHUNKS: usize = 96;

/// How long a whole file may take here: a debug build on a busy machine is slow.
const TRANSFER_PATIENCE: Duration = Duration::from_secs(180);

/// Bytes that no layer can make smaller, and no part of which looks like another.
fn file(network: &Network, name: &str, bytes: usize) -> Result<PathBuf> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ bytes as u64;
    let mut content = Vec::with_capacity(bytes + 8);
    while content.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        content.extend_from_slice(&state.to_le_bytes());
    }
    content.truncate(bytes);
    let path = network.path(name);
    fs::write(&path, content)?;
    Ok(path)
}

fn send(network: &Network, files: &[&Path], more: &[&str]) -> Result<Ended> {
    // The example without its recipients, which each command names.
    let form = fs::read_to_string(Network::example_request())?;
    let lines = form.lines().filter(|line| !line.starts_with("to = "));
    let request = network.path("request.toml");
    fs::write(&request, lines.collect::<Vec<_>>().join("\n"))?;
    let request = request.to_string_lossy();
    let mut arguments = vec!["request", "send", &request, "--json"];
    let files: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    for file in &files {
        arguments.extend(["--attachment", file]);
    }
    arguments.extend(more);
    network.officer("XA", arguments)
}

fn text(value: &Value, pointer: &str) -> Result<String> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    Ok(found
        .with_context(|| format!("no {pointer} in {value:#}"))?
        .to_owned())
}

fn get(network: &Network, party: &str, what: &str, folder: &Path, more: &[&str]) -> Result<Ended> {
    let folder = folder.to_string_lossy();
    let mut arguments = vec!["attachment", "get", what, "--output", &folder, "--json"];
    arguments.extend(more);
    network.officer(party, arguments)
}

/// Asks the node of a Party about a message's attachments until `is_so`.
fn until(
    network: &Network,
    party: &str,
    message: &str,
    is_so: impl Fn(&MessageAttachments) -> bool,
) -> Result<MessageAttachments> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let socket = network.node_folder(party).join("control.sock");
    let deadline = Instant::now() + TRANSFER_PATIENCE;
    runtime.block_on(async {
        let client = Client::connect(&socket).await?.acting_as("duty officer");
        loop {
            // A message that has not arrived yet is unknown there.
            if let Ok(found) = client.message_attachments(message).await {
                if is_so(&found) {
                    return Ok(found);
                }
                ensure!(Instant::now() < deadline, "waited in vain: {found:#?}");
            }
            ensure!(Instant::now() < deadline, "{party} never had message {message}");
        }
    })
}

fn has_final_receipts(found: &MessageAttachments) -> bool {
    !found.receipts.is_empty() && found.receipts.iter().all(|receipt| receipt.complete_at.is_some())
}

/// Several files and two recipients: each gets the same bytes, and gives its own final receipt. What is there
/// already is not fetched again, nothing is written over, and a case shows what came with it.
#[test]
fn files_arrive_byte_for_byte_at_every_recipient() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let reach = Reach::Dialled;
    let network = Network::of(folder.path(), &[("XA", reach), ("XB", reach), ("XC", reach)])?;
    let _nodes = [network.start("XA")?, network.start("XB")?, network.start("XC")?];
    network.wait_until_connected("XA")?;
    let (large, small) = (
        file(&network, "image.bin", 5_000_001)?,
        file(&network, "order.pdf", 200_000)?,
    );
    let sent = send(
        &network,
        &[&large, &small],
        &["--to", "XB/police", "--to", "XC/police"],
    )?;
    let message = text(&sent.expect_code(0)?.json()?, "/message")?;
    let at_sender = until(&network, "XA", &message, has_final_receipts)?;
    assert_eq!(at_sender.receipts.len(), 2, "{at_sender:#?}");

    for party in ["XB", "XC"] {
        let target = network.path(&format!("got-{party}"));
        fs::create_dir(&target)?;
        let got = get(&network, party, &message, &target, &["--wait"])?
            .expect_code(0)?
            .json()?;
        assert_eq!(got.as_array().map(Vec::len), Some(2), "{got:#}");
        for path in [&large, &small] {
            let name = path.file_name().context("a name")?;
            assert!(
                fs::read(path)? == fs::read(target.join(name))?,
                "{party}: {name:?}"
            );
        }
        // Again: it is there. Something else of that name stays, unless --force says otherwise.
        let again = get(&network, party, &message, &target, &[])?
            .expect_code(0)?
            .json()?;
        assert_eq!(again[0]["was_there"], true, "{again:#}");
        fs::write(target.join("order.pdf"), "mine")?;
        get(&network, party, &message, &target, &[])?.expect_code(1)?;
        assert_eq!(fs::read(target.join("order.pdf"))?, b"mine");
        let one = format!("{message}.2");
        get(&network, party, &one, &target, &["--force"])?.expect_code(0)?;
        assert!(fs::read(&small)? == fs::read(target.join("order.pdf"))?);

        let shown = network
            .officer(party, ["case", "show", &message])?
            .expect_code(0)?;
        assert!(
            shown.stdout.contains("attached: image.bin (4.77 MiB"),
            "{}",
            shown.stdout
        );
        assert!(shown.stdout.contains("complete"), "{}", shown.stdout);
        let entries = network.verified_entries(party)?;
        assert_eq!(entries["retrieved"], 1, "opening is noted once: {entries}");
    }
    network.verified_entries("XA")?;
    Ok(())
}

/// kill -9 of recipient and sender, in turns, in the middle: what is there stays, the rest is fetched, and
/// the final receipt is in both ledgers.
#[test]
fn killed_in_the_middle_it_goes_on_with_the_chunks_that_are_there() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let large = file(&network, "image.bin", LARGE_CHUNKS << 20)?;
    let mut sender = network.start("XA")?;
    // Sealed and sent while nobody is there to fetch it.
    let sent = send(&network, &[&large], &["--to", "XB/police"])?;
    let message = text(&sent.expect_code(0)?.json()?, "/message")?;
    let mut recipient = network.start("XB")?;

    let mut present = 0;
    for (turn, victim) in ["XB", "XA", "XB"].iter().enumerate() {
        let goal = ((turn as u64 + 1) * LARGE_CHUNKS as u64 / 5) << 20;
        let found = until(&network, "XB", &message, |found| here(found) >= goal)?;
        assert!(!found.complete, "it was through before the kill number {turn}");
        if *victim == "XB" {
            present = here(&found);
        }
        match *victim {
            "XA" => {
                sender.kill()?;
                sender = network.start("XA")?;
            }
            _ => {
                recipient.kill()?;
                recipient = network.start("XB")?;
            }
        }
    }
    until(&network, "XA", &message, has_final_receipts)?;
    // The last process of the recipient fetched what was missing when the one before was killed, and no more
    // than what was under way when a connection took the place of another.
    let metrics = metrics(&network, "XB")?;
    let fetched = metrics["ohrid_attachment_received_chunks_total"];
    let missing = LARGE_CHUNKS as u64 + 1 - (present >> 20);
    assert!(
        fetched > 0 && fetched <= missing + CHUNKS_IN_FLIGHT_PER_SOURCE_MAX as u64,
        "{fetched} of {missing} chunks were fetched"
    );

    let target = network.path("got");
    fs::create_dir(&target)?;
    get(&network, "XB", &message, &target, &[])?.expect_code(0)?;
    assert!(fs::read(&large)? == fs::read(target.join("image.bin"))?);
    for (party, entry) in [("XA", "completed"), ("XB", "completed")] {
        let entries = network.verified_entries(party)?;
        assert_eq!(entries[entry], 1, "{party}: {entries}");
    }
    for node in [sender, recipient] {
        ensure!(node.stop()? == 0, "a node did not stop in order");
    }
    Ok(())
}

/// How much of a message's files is here, in bytes.
fn here(found: &MessageAttachments) -> u64 {
    found.attachments.iter().map(|one| one.present_bytes).sum()
}

/// The counters of a node, summed over their labels.
fn metrics(network: &Network, party: &str) -> Result<std::collections::BTreeMap<String, u64>> {
    let output = std::process::Command::new("curl")
        .args(["--silent", "--fail", "--unix-socket"])
        .arg(network.node_folder(party).join("control.sock"))
        .arg("http://localhost/metrics")
        .output()?;
    ensure!(output.status.success(), "no metrics");
    let mut sums = std::collections::BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        if let Some((name, value)) = line.rsplit_once(' ')
            && let Ok(value) = value.parse::<f64>()
        {
            let name = name.split('{').next().unwrap_or(name).to_owned();
            *sums.entry(name).or_insert(0) += value as u64;
        }
    }
    Ok(sums)
}

/// Before all of it is here, nothing is given; and what a file was sealed for, and what its message lists, is
/// held to.
#[test]
fn nothing_is_given_early_or_to_others() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let reach = Reach::Dialled;
    let network = Network::of(folder.path(), &[("XA", reach), ("XB", reach), ("XC", reach)])?;
    let sender = network.start("XA")?;
    let small = file(&network, "order.pdf", 3_000_000)?;
    let path = small.to_string_lossy();

    // Sealed for XB, so it goes to nobody else.
    let add = ["attachment", "add", &path, "--to", "XB/police", "--json"];
    let staged = network.officer("XA", add)?.expect_code(0)?.json()?;
    let name = text(&staged, "/0/attachment")?;
    let others = ["--to", "XB/police", "--to", "XC/police", "--attached", &name];
    let problem = send(&network, &[], &others)?.expect_code(4)?.json()?;
    assert_eq!(problem["code"], "attachments_do_not_fit", "{problem:#}");
    let waiting = network.officer("XA", ["attachment", "list", "--staged", "--json"])?;
    assert_eq!(waiting.json()?[0]["attachment"], name.as_str());
    // A message that would be refused is refused before anything is sealed.
    let nowhere = send(&network, &[&small], &["--to", "XD/police"])?;
    assert_ne!(nowhere.code, 0, "{}", nowhere.stdout);
    let waiting = network.officer("XA", ["attachment", "list", "--staged", "--json"])?;
    assert_eq!(waiting.json()?.as_array().map(Vec::len), Some(1));

    let sent = send(&network, &[], &["--to", "XB/police", "--attached", &name])?.expect_code(0)?;
    let message = text(&sent.json()?, "/message")?;
    assert_eq!(Some(message.as_str()), name.strip_suffix(".1"));

    // The sender goes as soon as the message is there: perhaps before any of its file.
    let recipient = network.start("XB")?;
    recipient.wait_for_line(&message)?;
    sender.kill()?;
    let target = network.path("got");
    fs::create_dir(&target)?;
    let early = get(&network, "XB", &message, &target, &[])?;
    if early.code != 0 {
        let early = early.expect_code(75)?.json()?;
        assert_eq!(early["code"], "attachment_arriving", "{early:#}");
        assert_eq!(fs::read_dir(&target)?.count(), 0);
    }
    let _sender = network.start("XA")?;
    get(&network, "XB", &message, &target, &["--wait"])?.expect_code(0)?;
    assert!(fs::read(&small)? == fs::read(target.join("order.pdf"))?);
    Ok(())
}

/// A recipient that has no room for a file says so, fetches nothing, and serves everything else.
#[test]
fn a_file_that_is_too_large_for_a_node_is_refused_there() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let config = network.node_folder("XB").join("node.toml");
    let limits = "\n[limits]\nattachment_mib_max = 1\n";
    fs::write(&config, fs::read_to_string(&config)? + limits)?;
    let _nodes = [network.start("XA")?, network.start("XB")?];
    let large = file(&network, "image.bin", 3_000_000)?;
    let sent = send(&network, &[&large], &["--to", "XB/police", "--wait", "delivered"])?.expect_code(0)?;
    let message = text(&sent.json()?, "/message")?;
    let found = until(&network, "XB", &message, |found| {
        found.attachments.iter().any(|one| one.why.is_some())
    })?;
    assert!(!found.complete, "{found:#?}");
    let target = network.path("got");
    let refused = get(&network, "XB", &message, &target, &[])?;
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    send(&network, &[], &["--to", "XB/police", "--wait", "consigned"])?.expect_code(0)?;
    Ok(())
}

/// `[ERASE]`: the sender's case is not erased while its recipient still has to fetch the files, so that it
/// never waits for what is gone; it is once they are there, and once the message has expired.
#[test]
fn a_case_is_not_erased_before_its_files_are_with_their_recipient() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let config = network.node_folder("XB").join("node.toml");
    let plain = fs::read_to_string(&config)?;
    fs::write(&config, format!("{plain}\n[limits]\nattachment_mib_max = 1\n"))?;
    let (_xa, xb) = (network.start("XA")?, network.start("XB")?);
    for name in ["duty officer XA", "second officer"] {
        let add = ["officer", "add", name, "--role", "officer,approver"];
        network.officer("XA", add)?.expect_code(0)?;
    }
    let large = file(&network, "image.bin", 3_000_000)?;
    let to_police = ["--to", "XB/police", "--wait", "delivered"];
    let sent = send(&network, &[&large], &to_police)?.expect_code(0)?.json()?;
    let (message, case) = (text(&sent, "/message")?, text(&sent, "/case")?);
    let erase = ["case", "erase", &case, "--basis", "court-order-4711", "--json"];
    let refused = network.officer("XA", erase)?;
    assert_ne!(refused.code, 0, "{refused:?}");
    assert_eq!(refused.json()?["code"], "on_their_way", "{refused:?}");

    ensure!(xb.stop()? == 0, "XB stops");
    fs::write(&config, plain)?;
    let _xb = network.start("XB")?;
    until(&network, "XA", &message, has_final_receipts)?;
    let order = network.officer("XA", erase)?.expect_code(0)?.json()?;
    let order = text(&order, "/order")?;
    let approve = [
        "case",
        "approve-erasure",
        &order,
        "--officer",
        "second officer",
        "--json",
    ];
    let erased = network.officer("XA", approve)?.expect_code(0)?.json()?;
    assert_eq!(erased["is_complete"], true, "{erased:#}");
    let target = network.path("got");
    fs::create_dir(&target)?;
    get(&network, "XB", &message, &target, &[])?.expect_code(0)?;
    assert!(fs::read(&large)? == fs::read(target.join("image.bin"))?);
    Ok(())
}
