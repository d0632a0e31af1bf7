//! Every key of a node changes, one after the other, under steady traffic both ways: no message fails, none
//! is refused, nothing is restarted, and what was signed before stays as it was. `[ROTATION]`

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::network::{Network, Reach};
use e2e::programs::Ended;
use e2e::running::PATIENCE;
use e2e::speaker::{Persona, Speaker, writing};
use protocol::frame::Frame;
use protocol::receipt::SignedReceipt;
use protocol::x509::CertificateFacts;
use serde_json::Value;

/// How long after its request a new key is used: longer than the directory needs to be everywhere here.
const BEGINS_IN: &str = "4s";

/// What is rotated, in this order: every kind of key.
const KINDS: &[&[&str]] = &[
    &["tls"],
    &["envelope"],
    &["ledger"],
    &["witness"],
    &["openpgp", "police"],
];

/// The secretariat takes XA's request and signs; the others have the directory first.
fn publish(network: &Network) -> Result<()> {
    network.sign_change("XA")?;
    for party in ["XB", "XA"] {
        network.install_directory(party)?;
        network.officer(party, ["node", "reload"])?.expect_code(0)?;
    }
    Ok(())
}

/// The keys of XA's that are in use, by name.
fn in_use(network: &Network) -> Result<Vec<String>> {
    let keys = network
        .officer("XA", ["key", "list", "--json"])?
        .expect_code(0)?
        .json()?;
    let keys = keys.as_array().context("a list")?;
    let used = keys.iter().filter(|key| key["stage"] == "in_use");
    Ok(used
        .filter_map(|key| key["id"].as_str().map(str::to_owned))
        .collect())
}

/// Makes a key, has it published, and waits until the node uses it, which it does by itself.
fn rotate(network: &Network, kind: &[&str]) -> Result<(String, Vec<PathBuf>)> {
    let line = ["key", "rotate"].iter().chain(kind);
    let line = line.chain(&["--in", BEGINS_IN, "--json"]).copied();
    let rotated = network.officer("XA", line)?.expect_code(0)?.json()?;
    let key = rotated["key"].as_str().context("key")?.to_owned();
    let files = rotated["files"].as_array().context("files")?;
    let files = files
        .iter()
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .collect();
    publish(network)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let used = in_use(network)?;
        if used.contains(&key) {
            return Ok((key, files));
        }
        ensure!(
            Instant::now() < deadline,
            "{kind:?}: {key} is not in use, but {used:?}"
        );
    }
}

/// One message after another, each followed until the other side has read it.
fn traffic(network: &Network, from: &str, to: &str, stop: &AtomicBool) -> Result<Vec<Ended>> {
    // The example asks XB for data that are in XB.
    let example = std::fs::read_to_string(Network::example_request())?;
    let request = network.path(&format!("request-of-{from}.toml"));
    std::fs::write(&request, example.replace("XB", to))?;
    let (request, to) = (request.to_string_lossy(), format!("{to}/police"));
    let line = [
        "request",
        "send",
        &request,
        "--to",
        &to,
        "--wait",
        "consigned",
        "--json",
    ];
    let mut ended = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        ended.push(network.officer(from, line)?);
    }
    Ok(ended)
}

/// Every one of these messages was read. That each was receipted as well, the ledgers show.
fn all_read(sent: &[Ended]) -> Result<usize> {
    for one in sent {
        let status = one.clone().expect_code(0)?.json()?;
        let recipient = &status["to"][0];
        ensure!(recipient["consignment"]["verdict"] == "readable", "{status:#}");
    }
    Ok(sent.len())
}

/// XC, by hand: the same envelope, and the receipt that XA gives for it; and the pin that XA shows.
struct Asker {
    runtime: tokio::runtime::Runtime,
    speaker: Speaker,
    envelope: Frame,
}

impl Asker {
    fn new(network: &Network) -> Result<Self> {
        let runtime = tokio::runtime::Runtime::new()?;
        let speaker = runtime.block_on(async { Speaker::of(Persona::of(network, "XC")?) })?;
        let to = Persona::of(network, "XA")?.office()?;
        let payload = writing::rubbish(2_000)?;
        let header = speaker.persona().header(&to, &payload)?;
        let envelope = speaker.persona().envelope(&header, payload);
        Ok(Self {
            runtime,
            speaker,
            envelope,
        })
    }

    /// XC's directory is the first one: it knows none of the new keys, and XA's hello is good all the same.
    fn ask(&self, network: &Network) -> Result<(SignedReceipt, String)> {
        let address = network.listen_address("XA")?;
        self.runtime.block_on(async {
            let line = self.speaker.connect(address).await?;
            let Frame::Receipt(receipt) = line.ask(&self.envelope).await? else {
                anyhow::bail!("no receipt");
            };
            let chain = line.connection.peer_identity().context("a certificate")?;
            let chain = chain.downcast::<Vec<rustls::pki_types::CertificateDer<'static>>>();
            let chain = chain.map_err(|_| anyhow::anyhow!("not a chain"))?;
            let own = chain.first().context("an empty chain")?;
            let pin = CertificateFacts::read(own)?.pin.to_string();
            line.connection.close(0u32.into(), b"");
            Ok((receipt, pin))
        })
    }
}

/// `[ROTATION]` `[IDEMPOTENT]` TLS, envelope, ledger, witness and OpenPGP key of XA, with messages both ways
/// all the while.
#[test]
fn every_key_changes_under_load_and_no_message_fails() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let parties = [
        ("XA", Reach::Dialled),
        ("XB", Reach::Dialled),
        ("XC", Reach::DialsOnly),
    ];
    let network = Network::of(folder.path(), &parties)?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    let ids = (xa.id(), xb.id());
    let asker = Asker::new(&network)?;
    let (first, old_pin) = asker.ask(&network)?;

    let stop = AtomicBool::new(false);
    let (rotated, there, back) = thread::scope(|scope| {
        let there = scope.spawn(|| traffic(&network, "XA", "XB", &stop));
        let back = scope.spawn(|| traffic(&network, "XB", "XA", &stop));
        let rotated: Result<Vec<_>> = KINDS.iter().map(|kind| rotate(&network, kind)).collect();
        stop.store(true, Ordering::Relaxed);
        (rotated, there.join(), back.join())
    });
    let rotated = rotated.with_context(|| format!("XA:\n{}\nXB:\n{}", xa.log(), xb.log()))?;
    let sent = [there, back].map(|sent| sent.expect("the thread of the traffic"));
    for sent in sent {
        let read = all_read(&sent?).with_context(|| format!("XA:\n{}\nXB:\n{}", xa.log(), xb.log()))?;
        ensure!(read > KINDS.len(), "only {read} messages were under way");
    }
    ensure!(
        !xa.has_ended() && !xb.has_ended() && (xa.id(), xb.id()) == ids,
        "a node was restarted"
    );

    let used = in_use(&network)?;
    for (key, files) in &rotated {
        ensure!(used.contains(key), "{key} is no longer in use");
        ensure!(files.iter().all(|file| file.exists()));
    }
    let (again, new_pin) = asker.ask(&network)?;
    ensure!(
        again == first,
        "the first receipt is another one after the rotation"
    );
    ensure!(
        new_pin != old_pin && new_pin == rotated[0].0,
        "{new_pin} is shown"
    );

    ensure!(xa.stop()? == 0);
    let _xa = network.start("XA")?;
    let (restarted, _) = asker.ask(&network)?;
    ensure!(
        restarted == first,
        "the first receipt is another one after the restart"
    );
    ensure!(in_use(&network)?.iter().all(|key| used.contains(key)));
    confirmed(&network, "XA", "XB")?;
    confirmed(&network, "XB", "XA")?;
    both_ledgers_hold(&network)
}

/// Waits until nothing waits any more for the node of `peer`, which is connected.
fn confirmed(network: &Network, party: &str, peer: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = network.officer(party, ["node", "status", "--json"])?;
        let status = status.expect_code(0)?.json()?;
        let mut peers = status["peers"].as_array().context("peers")?.iter();
        let peer = peers.find(|one| one["party"] == peer).context("the peer")?;
        if peer["connected"] == true && peer["pending_messages"] == 0 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{peer:#}");
    }
}

/// Both verify, with the keys of their times; nothing was refused.
fn both_ledgers_hold(network: &Network) -> Result<()> {
    let changed = |entries: &Value, kind: &str| entries[kind].as_u64().unwrap_or(0);
    let ours = network.verified_entries("XA")?;
    assert_eq!(changed(&ours, "key-changed"), 1, "{ours:#}");
    assert_eq!(changed(&ours, "ledger-key-changed"), 1, "{ours:#}");
    let theirs = network.verified_entries("XB")?;
    for entries in [&ours, &theirs] {
        assert_eq!(changed(entries, "rejected"), 0, "{entries:#}");
        assert_eq!(changed(entries, "expired"), 0, "{entries:#}");
        assert!(changed(entries, "delivered") > 0, "{entries:#}");
        assert_eq!(
            changed(entries, "submitted"),
            changed(entries, "delivered"),
            "{entries:#}"
        );
    }
    Ok(())
}

/// `ohrid certificate`: not due is exit 0; a renewed certificate is shown after a reload, without a restart
/// and without the secretariat.
#[test]
fn a_certificate_is_renewed_under_a_running_node() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let (xa, _xb) = (network.start("XA")?, network.start("XB")?);
    let json = |line: &[&str]| -> Result<Value> {
        let line = line.iter().copied().chain(["--json"]);
        network.officer("XA", line)?.expect_code(0)?.json()
    };
    assert_eq!(json(&["certificate", "renew"])?["state"], "not_due");
    let ends = |status: &Value| {
        status["certificates"][0]["valid_until"]
            .as_str()
            .map(str::to_owned)
    };
    let before = ends(&json(&["certificate", "status"])?);
    // The dates are whole seconds, and must be later ones.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(1) {
        network.wait_until_connected("XA")?;
    }
    assert_eq!(json(&["certificate", "renew", "--force"])?["state"], "renewed");
    assert!(ends(&json(&["certificate", "status"])?) > before);
    assert_eq!(json(&["node", "reload"])?["directory_version"], 1);
    xa.wait_for_line("another TLS certificate is in use")?;
    let status = json(&["node", "status"])?;
    let keys = status["keys"].as_array().context("keys")?;
    let tls = keys.iter().find(|key| key["kind"] == "tls").context("tls")?;
    assert!(tls["seconds_left"].as_u64() > Some(396 * 86_400), "{tls:#}");
    all_read(&[network.officer(
        "XA",
        [
            "request",
            "send",
            &Network::example_request().to_string_lossy(),
            "--to",
            "XB/police",
            "--wait",
            "consigned",
            "--json",
        ],
    )?])?;
    Ok(())
}
