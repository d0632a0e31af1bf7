//! Whoever is no Party reads the ledger over HTTP and checks it with programs of their own; asks a node for
//! its cosignature; and gets a part of the ledger that verifies by itself, stamped by somebody else.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::network::Network;
use e2e::outsider::{HttpAnswer, TimeStamping, http};
use e2e::programs::{Ended, checkout, program};
use e2e::running::{PATIENCE, Running};

/// Adds lines to a node's configuration.
fn configure(network: &Network, party: &str, lines: &str) -> Result<()> {
    let file = network.node_folder(party).join("node.toml");
    let mut text = std::fs::read_to_string(&file)?;
    text.push_str(lines);
    Ok(std::fs::write(file, text)?)
}

/// A loopback port that is free at this moment.
fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Where a node serves outsiders, as it says itself.
fn public_address(node: &Running) -> Result<SocketAddr> {
    let line = node.wait_for_line("outsiders are served")?;
    let address = line.split("address=").nth(1).context("address")?;
    address.trim().parse().context("an address")
}

fn status(network: &Network, party: &str) -> Result<serde_json::Value> {
    let status = network.officer(party, ["node", "status", "--json"])?;
    status.expect_code(0)?.json()
}

/// Asks again until the answer is as it should be.
fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn send(network: &Network) -> Result<()> {
    let request = Network::example_request();
    let request = request.to_string_lossy();
    network
        .officer("XA", ["request", "send", &request, "--wait", "consigned"])?
        .expect_code(0)
        .map(drop)
}

/// Waits until everything that XA's ledger holds is published, and gives the note.
fn published(network: &Network, address: SocketAddr, origin_path: &str) -> Result<String> {
    until("all of XA's ledger is published", || {
        let status = status(network, "XA")?;
        let answer = http(address, "GET", &format!("/{origin_path}/checkpoint"), b"")?;
        let note = String::from_utf8(answer.body)?;
        let size = note.lines().nth(1).and_then(|size| size.parse::<u64>().ok());
        let is_quiet = status["outbox_pending"] == 0;
        Ok((is_quiet && size.is_some() && size == status["ledger"]["size"].as_u64()).then_some(note))
    })
}

fn python(script: &str, arguments: &[&str]) -> Result<Ended> {
    let script = checkout().join("tests/python").join(script);
    Ended::of(Command::new("python3").arg(script).args(arguments))
}

/// The verifier keys in a tlog-policy, by the word that begins their line.
fn policy_key(policy: &str, word: &str, place: usize) -> Result<String> {
    let line = policy.lines().find(|line| line.starts_with(word));
    let key = line.and_then(|line| line.split_whitespace().nth(place));
    key.map(str::to_owned)
        .with_context(|| format!("{word} in {policy}"))
}

/// The head of a note: its text and the log's own signature, which is the first.
fn head_of(note: &str) -> Result<String> {
    let (text, lines) = note.rsplit_once("\n\n").context("a signed note")?;
    let first = lines.lines().next().context("a signature")?;
    Ok(format!("{text}\n\n{first}\n"))
}

#[test]
fn outsiders_read_the_ledger_and_check_it_with_their_own_programs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    for party in ["XA", "XB"] {
        configure(&network, party, "\n[public]\nlisten = \"127.0.0.1:0\"\n")?;
    }
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    network.wait_until_connected("XA")?;
    send(&network)?;
    let (reads, witness) = (public_address(&xa)?, public_address(&xb)?);
    let origin = status(&network, "XA")?["ledger"]["origin"]
        .as_str()
        .context("origin")?
        .to_owned();
    let path = origin.split_once('/').context("a path")?.1;
    let note = published(&network, reads, path)?;

    // A reader that shares no code with ours, up to the signatures of the log and of XB's node.
    let policy = network
        .officer("XA", ["ledger", "policy"])?
        .expect_code(0)?
        .stdout;
    let (log_key, witness_key) = (
        policy_key(&policy, "log ", 1)?,
        policy_key(&policy, "witness ", 2)?,
    );
    let base = format!("http://{reads}");
    let read = python("check_tiles.py", &[&base, &log_key, &witness_key])?.expect_code(0)?;
    assert!(read.stdout.starts_with("valid: "), "{}", read.stdout);

    the_witness_answers_as_the_specification_says(witness, &origin, &note)?;
    what_belongs_to_a_period_verifies_by_itself(&network)?;
    assert_eq!((xa.stop()?, xb.stop()?), (0, 0));
    Ok(())
}

fn the_witness_answers_as_the_specification_says(
    witness: SocketAddr,
    origin: &str,
    note: &str,
) -> Result<()> {
    let size: u64 = note.lines().nth(1).context("size")?.parse()?;
    let head = head_of(note)?;
    let ask = |old: u64, note: &str| {
        let body = format!("old {old}\n\n{note}");
        http(witness, "POST", "/add-checkpoint", body.as_bytes())
    };
    // XB's node has cosigned for XA over their own connection: it is one witness, whatever the way.
    let conflict = ask(0, &head)?;
    assert_eq!(said(&conflict), (409, "text/x.tlog.size"));
    let known: u64 = conflict.text()?.trim_end().parse()?;
    assert_eq!(known, size);
    let again = ask(size, &head)?;
    assert_eq!(said(&again), (200, "text/plain; charset=utf-8"));
    assert!(again.text()?.starts_with('\u{2014}'), "{}", again.text()?);

    assert_eq!(
        ask(size + 1, &head)?.status,
        400,
        "the old size is greater than the new one"
    );
    let unknown = head.replace(origin, "log.example.org/unknown");
    assert_eq!(ask(0, &unknown)?.status, 404);
    let other_size = head.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size + 1), 1);
    assert_eq!(ask(size, &other_size)?.status, 403, "nobody signed this");
    let body = format!("old {size}\n{}\n\n{head}", "A".repeat(43) + "=");
    let proven = http(witness, "POST", "/add-checkpoint", body.as_bytes())?;
    assert_eq!(proven.status, 422, "a proof where there is nothing to prove");
    for malformed in [&b""[..], b"old 0\n", b"old 00\n\n", &[b'x'; 65_537]] {
        let answer = http(witness, "POST", "/add-checkpoint", malformed)?;
        assert_eq!(answer.status, 400, "{} bytes", malformed.len());
    }
    assert_eq!(http(witness, "GET", "/add-checkpoint", b"")?.status, 405);

    let digest = sha256_hex(origin)?;
    let cosigned = http(witness, "GET", &format!("/{digest}/checkpoint"), b"")?;
    assert_eq!(said(&cosigned), (200, "text/plain; charset=utf-8"));
    let (text, lines) = note.rsplit_once("\n\n").context("a signed note")?;
    assert!(
        cosigned.text()?.starts_with(text)
            && cosigned.text()?.contains(lines.lines().next().context("line")?)
    );
    let nobody = sha256_hex("log.example.org/unknown")?;
    assert_eq!(
        http(witness, "GET", &format!("/{nobody}/checkpoint"), b"")?.status,
        404
    );
    // Health and the control API are not for outsiders.
    for elsewhere in ["/", "/metrics", "/v1/status"] {
        assert_eq!(http(witness, "GET", elsewhere, b"")?.status, 404, "{elsewhere}");
    }
    Ok(())
}

fn said(answer: &HttpAnswer) -> (u16, &str) {
    let kind = answer.headers.get("content-type").map(String::as_str);
    (answer.status, kind.unwrap_or_default())
}

fn sha256_hex(text: &str) -> Result<String> {
    let script = "import hashlib, sys; print(hashlib.sha256(sys.argv[1].encode()).hexdigest())";
    let output = Command::new("python3").args(["-c", script, text]).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn what_belongs_to_a_period_verifies_by_itself(network: &Network) -> Result<()> {
    let exports = network.path("export");
    std::fs::create_dir_all(&exports)?;
    std::fs::copy(
        network.path("secretariat/secretariat.pub"),
        exports.join("secretariat.pub"),
    )?;
    let export = exports.join("period");
    let (from, until) = ("2020-01-01", "2100-01-01");
    let output = export.to_string_lossy();
    network
        .officer(
            "XA",
            [
                "ledger", "export", "--output", &output, "--from", from, "--to", until,
            ],
        )?
        .expect_code(0)?;
    assert!(export.join("excerpt").is_file());
    let verify = |command: &[&str]| {
        let mut verify = program("ohrid-verify")?;
        verify
            .arg(command[0])
            .arg(&export)
            .args(&command[1..])
            .arg("--json");
        Ended::of(&mut verify)
    };
    let listed = verify(&["period", "--from", from, "--until", until])?
        .expect_code(0)?
        .json()?;
    assert_eq!(
        (&listed["counts"]["sent"], &listed["counts"]["receipted"]),
        (&1.into(), &1.into())
    );

    // An hour in which nothing happened: the last entry before it shows so.
    std::fs::remove_dir_all(&export)?;
    let (from, until) = ("2099-01-01T00:00:00Z", "2099-01-01T01:00:00Z");
    network
        .officer(
            "XA",
            [
                "ledger", "export", "--output", &output, "--from", from, "--to", until,
            ],
        )?
        .expect_code(0)?;
    let listed = verify(&["period", "--from", from, "--until", until])?
        .expect_code(0)?
        .json()?;
    assert_eq!(listed["counts"]["sent"], 0);
    verify(&["ledger"])?.expect_code(3)?;
    Ok(())
}

/// Exchange stopped elsewhere because a time-stamping service was down (X-Road).
#[test]
fn a_dead_time_stamping_service_stops_nothing_and_a_live_one_is_checked_by_openssl() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let service = free_port()?;
    configure(
        &network,
        "XA",
        &format!("\n[time_stamp]\nurl = \"http://{service}/tsr\"\n"),
    )?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    network.wait_until_connected("XA")?;
    // Nobody answers there: an alarm, and everything goes on.
    send(&network)?;
    let problem = until("the alarm", || {
        let state = status(&network, "XA")?["time_stamp"].clone();
        Ok(state["problem"].as_str().map(str::to_owned))
    })?;
    assert!(problem.contains("cannot be reached"), "{problem}");
    let shown = network.officer("XA", ["node", "status"])?.expect_code(0)?.stdout;
    assert!(
        shown.contains("ALARM") && shown.contains("no time stamp since"),
        "{shown}"
    );
    assert_eq!(xa.stop()?, 0);

    let stamping = TimeStamping::start(&folder.path().join("tsa"), service)?;
    let xa = network.start("XA")?;
    until("the stamp", || {
        Ok(status(&network, "XA")?["time_stamp"]["newest"]["day"]
            .as_str()
            .map(drop))
    })?;
    let export = network.path("export/xa");
    let output = export.to_string_lossy();
    let exported = network
        .officer("XA", ["ledger", "export", "--output", &output, "--json"])?
        .expect_code(0)?
        .json()?;
    let stamps = exported["stamps"].as_str().context("stamps")?;
    let mut files: Vec<_> = std::fs::read_dir(stamps)?.collect::<std::io::Result<_>>()?;
    files.sort_by_key(std::fs::DirEntry::path);
    let [checkpoint, response] = files.as_slice() else {
        anyhow::bail!("{} files in {stamps}", files.len());
    };
    let verify = |data: &std::path::Path| {
        let mut openssl = Command::new("openssl");
        openssl.args(["ts", "-verify", "-in"]).arg(response.path());
        openssl
            .arg("-data")
            .arg(data)
            .arg("-CAfile")
            .arg(stamping.authority());
        Ended::of(&mut openssl)
    };
    verify(&checkpoint.path())?.expect_code(0)?;
    assert_ne!(verify(&response.path())?.code, 0, "a stamp is of one thing only");
    assert_eq!((xa.stop()?, xb.stop()?), (0, 0));
    Ok(())
}

/// XA's policy names XB's node at an address of HTTP: then its cosignature comes that way.
#[test]
fn a_witness_of_a_policy_file_is_asked_over_http() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let witness = free_port()?;
    configure(&network, "XB", &format!("\n[public]\nlisten = \"{witness}\"\n"))?;
    let (xa, xb) = (network.start("XA")?, network.start("XB")?);
    let policy = network
        .officer("XA", ["ledger", "policy"])?
        .expect_code(0)?
        .stdout;
    let key = policy_key(&policy, "witness ", 2)?;
    assert_eq!(xa.stop()?, 0);
    let file = network.node_folder("XA").join("witness.policy");
    std::fs::write(
        file,
        format!("witness public {key} http://{witness}\nquorum public\n"),
    )?;
    configure(&network, "XA", "\n[public]\nlisten = \"127.0.0.1:0\"\n")?;
    let config = network.node_folder("XA").join("node.toml");
    let text = std::fs::read_to_string(&config)?;
    std::fs::write(
        &config,
        text.replace("[witness]\n", "[witness]\npolicy = \"witness.policy\"\n"),
    )?;
    let xa = network.start("XA")?;
    let reads = public_address(&xa)?;
    let origin = status(&network, "XA")?["ledger"]["origin"]
        .as_str()
        .context("origin")?
        .to_owned();
    let note = published(&network, reads, origin.split_once('/').context("a path")?.1)?;
    let name = key.split('+').next().context("name")?;
    assert!(
        note.lines().last().is_some_and(|line| line.contains(name)),
        "{note}"
    );
    assert_eq!((xa.stop()?, xb.stop()?), (0, 0));
    Ok(())
}
