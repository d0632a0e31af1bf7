//! The countries watch each other: cosigned heads with their policy, proofs under them, entangled ledgers, an
//! alarm when nobody cosigns, and a peer that shows two histories.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use e2e::network::{Network, Reach};
use e2e::programs::{Ended, program};
use e2e::running::PATIENCE;
use e2e::speaker::writing::rubbish;
use e2e::speaker::{Line, Persona, Speaker};
use ledger::checkpoint::Checkpoint;
use ledger::hash::leaf_hash;
use ledger::head::SignedHead;
use ledger::note::Note;
use ledger::policy::Policy;
use ledger::proof::ConsistencyProof;
use ledger::tlog_proof::TlogProof;
use ledger::witness::AddCheckpoint;
use protocol::frame::Frame;
use protocol::verifier::ledger_signer;
use serde_json::Value;

/// Waits until a Party's status is as it should be, and gives it.
pub(super) fn wait_until(network: &Network, party: &str, what: impl Fn(&Value) -> bool) -> Result<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ended = network.officer(party, ["node", "status", "--json"])?;
        if let Ok(status) = ended.json()
            && what(&status)
        {
            return Ok(status);
        }
        ensure!(
            Instant::now() < deadline,
            "{party}: {}{}",
            ended.stdout,
            ended.stderr
        );
    }
}

/// Whether everything that the ledger holds is under a published head.
pub(super) fn is_witnessed(status: &Value) -> bool {
    let size = &status["ledger"]["size"];
    size.as_u64() > Some(0) && status["witness"]["published_size"] == *size
}

/// Sends the example request from XA to XB, and waits for its receipt.
pub(super) fn send(network: &Network) -> Result<Value> {
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
    network.officer("XA", arguments)?.expect_code(0)?.json()
}

/// Has `ohrid-verify fork` check a proof about the ledger of a Party.
pub(super) fn verify_fork(network: &Network, party: &str, proof: &str) -> Result<Ended> {
    let key = network.officer(party, ["ledger", "key"])?.expect_code(0)?.stdout;
    let mut verifier = program("ohrid-verify")?;
    Ended::of(verifier.args(["fork", proof, "--key", key.trim()]))?.expect_code(0)
}

/// The bytes of a leaf, from the control socket.
fn leaf(network: &Network, index: u64) -> Result<Vec<u8>> {
    let mut stream = UnixStream::connect(network.node_folder("XA").join("control.sock"))?;
    let path = control::paths::ledger_leaf(index);
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let body = answer
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .context("a body")?;
    Ok(answer.split_off(body + 4))
}

fn ledger(network: &Network, arguments: &[&str]) -> Result<String> {
    let arguments = ["ledger"].iter().chain(arguments).copied();
    Ok(network.officer("XA", arguments)?.expect_code(0)?.stdout)
}

#[test]
fn the_countries_cosign_each_others_ledgers() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let parties = ["XA", "XB", "XC"].map(|party| (party, Reach::Dialled));
    let network = Network::of(folder.path(), &parties)?;
    lag_after_a_second(&network)?;
    let _xa = network.start("XA")?;
    let (xb, xc) = (network.start("XB")?, network.start("XC")?);
    for party in ["XA", "XB", "XC"] {
        wait_until(&network, party, is_witnessed)?;
    }
    send(&network)?;
    let status = wait_until(&network, "XA", is_witnessed)?;

    // What is published satisfies the policy, for whoever has nothing but the two texts.
    let note = Note::parse(ledger(&network, &["witnessed"])?.as_bytes())?;
    let policy = Policy::parse(ledger(&network, &["policy"])?.as_bytes())?;
    let (checkpoint, evaluation) = policy.verify(&note)?;
    ensure!(
        evaluation.is_satisfied() && evaluation.cosigned_by.len() == 2,
        "{evaluation:?}"
    );
    ensure!(
        status["ledger"]["size"].as_u64() <= Some(checkpoint.size),
        "{status:#}"
    );
    let proof = TlogProof::parse(ledger(&network, &["proof", "0", "--witnessed"])?.as_bytes())?;
    let (_, evaluation) = proof.verify_with_policy(&leaf_hash(&leaf(&network, 0)?), &policy)?;
    ensure!(evaluation.is_satisfied(), "{evaluation:?}");

    // A second message brings along what was witnessed after the first.
    send(&network)?;
    wait_until(&network, "XB", is_witnessed)?;
    let entries = network.verified_entries("XB")?;
    ensure!(entries["peer-checkpoint-seen"].as_u64() >= Some(1), "{entries:#}");
    network.verified_entries("XA")?;

    // Nobody cosigns: messages are taken all the same, and it is said.
    xb.kill()?;
    xc.kill()?;
    let request = Network::example_request();
    let arguments = [
        "request",
        "send",
        &request.to_string_lossy(),
        "--to",
        "XB/police",
        "--json",
    ];
    network.officer("XA", arguments)?.expect_code(0)?;
    let lagging = wait_until(&network, "XA", |status| status["witness"]["lagging"] == true)?;
    ensure!(lagging["state"] == "ready", "{lagging:#}");
    let _xb = network.start("XB")?;
    let _xc = network.start("XC")?;
    wait_until(&network, "XA", |status| {
        is_witnessed(status) && status["witness"]["lagging"] == false
    })?;
    Ok(())
}

fn lag_after_a_second(network: &Network) -> Result<()> {
    let file = network.node_folder("XA").join("node.toml");
    let text = std::fs::read_to_string(&file)?;
    let start = "start_wait_seconds = 1\n";
    ensure!(text.contains(start), "{text}");
    Ok(std::fs::write(
        file,
        text.replace(start, &format!("{start}lag_alarm_seconds = 1\n")),
    )?)
}

/// What a speaker shows of a ledger of its Party with one leaf.
struct Shown<'a> {
    line: &'a Line,
    origin: String,
}

impl Shown<'_> {
    async fn ask(&self, old_size: u64, leaf: &str) -> Result<(u16, String)> {
        let signer = ledger_signer(&self.origin, &self.line.persona().ledger_seed)?;
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size: 1,
            root: leaf_hash(leaf.as_bytes()),
        };
        let head = SignedHead::sign(checkpoint, &signer)?;
        let request = AddCheckpoint::new(old_size, ConsistencyProof { hashes: Vec::new() }, &head)?;
        let body = request.to_string().into_bytes();
        match self.line.ask(&Frame::AddCheckpoint(body)).await? {
            Frame::WitnessAnswer { status, body } => Ok((status, String::from_utf8(body)?)),
            other => anyhow::bail!("{:?}", other.kind()),
        }
    }
}

/// Threat 8 `[ROLLBACK]`: a peer that shows two histories is refused; both heads are kept, it is an alarm,
/// and nothing more is exchanged with that Party, while others are served.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_shows_two_histories_is_found_out() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let _xa = network.start("XA")?;
    let speaker = Speaker::of(Persona::of(&network, "XB")?)?;
    let line = speaker.connect(network.listen_address("XA")?).await?;
    let record = line
        .persona()
        .directory
        .party(line.persona().party)
        .context("XB")?;
    let origin = record.ledger_keys[0].value.name().to_owned();
    let shown = Shown {
        line: &line,
        origin: origin.clone(),
    };
    ensure!(
        line.ask(&Frame::HeadRequest(origin.clone())).await? == Frame::Head(None),
        "never seen"
    );
    let (status, lines) = shown.ask(0, "one history").await?;
    ensure!(status == 200 && lines.starts_with('\u{2014}'), "{status} {lines}");
    ensure!(shown.ask(0, "one history").await? == (409, "1\n".to_owned()));

    let payload = rubbish(64)?;
    let header = line.persona().header(&"XA/police".parse()?, &payload)?;
    let envelope = line.persona().envelope(&header, payload);
    ensure!(
        matches!(line.ask(&envelope).await?, Frame::Receipt(_)),
        "still served"
    );

    let (status, _) = shown.ask(1, "another history").await?;
    ensure!(status == 422, "{status}");
    let status = wait_until(&network, "XA", |status| {
        status["witness"]["forks"][0]["party"] == "XB"
    })?;
    ensure!(status["state"] == "ready", "{status:#}");
    let proof = status["witness"]["forks"][0]["proof"].as_str().context("proof")?;
    let key = record.ledger_keys[0].value.to_string();
    let verified = Ended::of(program("ohrid-verify")?.args(["fork", proof, "--key", &key]))?;
    verified.expect_code(0)?;

    // The connection stands, so that it can find out why; and nothing is exchanged over it.
    ensure!(
        matches!(line.ask(&envelope).await?, Frame::Busy { .. }),
        "it is served no more"
    );
    let Frame::Head(Some(head)) = line.ask(&Frame::HeadRequest(origin)).await? else {
        anyhow::bail!("the head is forgotten")
    };
    let head = Checkpoint::parse(Note::parse(&head)?.text().as_str())?;
    ensure!(
        head.root == leaf_hash(b"one history"),
        "another head was cosigned"
    );
    // Also over the next connection.
    let again = speaker.connect(network.listen_address("XA")?).await?;
    ensure!(
        matches!(again.ask(&envelope).await?, Frame::Busy { .. }),
        "a new connection forgets"
    );
    Ok(())
}
