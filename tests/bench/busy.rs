//! Many busy peers: a hundred of them send to one node, and one of them sends most of it, as the network is
//! planned for. What the quiet ones have to wait meanwhile, and what so many cost.
//!
//! The peers are spoken by hand, all in this process, on the same cores; what they send was sealed before.
//! Each message is opened by the node, and reported on; each receipt is verified afterwards.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use e2e::figures::{cpu_time, metric, rss_peak_mib};
use e2e::network::{Member, Network, free_address};
use e2e::speaker::{Line, Persona, Speaker};
use hdrhistogram::Histogram;
use protocol::digest::Salt;
use protocol::envelope::SignedHeader;
use protocol::frame::Frame;
use protocol::payload::SealedPayload;
use seal::{Binding, Certificate};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::case_store::{message_between, openpgp_key, request};
use crate::peers::codes;
use crate::table::{Row, complain};

/// How many peers, and how many messages they send in all.
#[derive(Debug, Clone, Copy)]
pub struct Traffic {
    pub peers: usize,
    pub messages: usize,
}

/// Of ten messages so many are those of one peer.
const LOUD_OF_TEN: usize = 8;
/// How many of its messages that peer has under way at once.
const LOUD_AT_ONCE: usize = 32;

/// Within this the last report is delivered.
const ALL_WITHIN: Duration = Duration::from_secs(60);
/// Between two looks at that.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A message, ready to be sent.
struct Letter {
    header: SignedHeader,
    frame: Frame,
}

/// What the node gave for a message.
type Given = (SignedHeader, Frame);

/// What a part of the traffic came to.
struct Came {
    latency_us: Histogram<u64>,
    given: Vec<Given>,
}

/// One peer, connected.
struct Peer {
    line: Line,
    persona: Persona,
    letters: Vec<Letter>,
}

/// Runs one node under the traffic of so many peers.
pub fn measure(folder: &Path, traffic: Traffic) -> Result<Vec<Row>> {
    ensure!(
        traffic.peers >= 2,
        "one loud peer, and quiet ones: at least 2 peers"
    );
    let network = founded(folder, traffic.peers)?;
    let node = network.start("XA")?;
    let address = network.listen_address("XA")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    complain(&format!("sealing the messages of {} peers", traffic.peers));
    let mut peers = connected(&runtime, &network, address, traffic)?;
    let quiet_letters = |peers: &mut [Peer], share: usize| -> Vec<(Line, Letter)> {
        let mut letters = Vec::new();
        for _ in 0..share {
            let all = peers.iter_mut();
            letters.extend(all.filter_map(|peer| Some((peer.line.clone(), peer.letters.pop()?))));
        }
        letters
    };
    let (loud, quiet) = peers.split_first_mut().context("a peer")?;
    let half = quiet.first().map_or(0, |peer| peer.letters.len() / 2);
    let (before, during) = (quiet_letters(quiet, half), quiet_letters(quiet, half));
    complain("the quiet peers alone, one message at a time");
    let alone = runtime.block_on(one_by_one(before))?;
    complain("all of them");
    let count = loud.letters.len() + during.len();
    let (cpu, begun) = (cpu_time(node.id())?, Instant::now());
    let loud = (loud.line.clone(), std::mem::take(&mut loud.letters));
    let (loud, quiet) = runtime.block_on(together(loud, during))?;
    let elapsed = begun.elapsed();
    // Received, reported on, and the report delivered.
    let sent = alone.given.len() + loud.given.len() + quiet.given.len();
    await_entries(&network, sent * 3)?;
    let all_done = begun.elapsed();
    let cpu = cpu_time(node.id())?.saturating_sub(cpu);
    let rss_mib = rss_peak_mib(node.id())?;

    let given = [&alone, &loud, &quiet].into_iter().flat_map(|came| &came.given);
    for (header, frame) in given {
        verified(&peers[0].persona, header, frame)?;
    }
    network.verified_entries("XA")?;
    ensure!(node.stop()? == 0, "the node did not stop in order");
    Ok(rows(&Measured {
        receipted_per_second: count as f64 / elapsed.as_secs_f64(),
        done_per_second: count as f64 / all_done.as_secs_f64(),
        cpu_us: cpu.as_secs_f64() * 1e6 / count as f64,
        rss_mib,
        alone: &alone,
        loud: &loud,
        quiet: &quiet,
    }))
}

/// The Parties: only the node's address is in the directory, the others dial it.
fn founded(folder: &Path, peers: usize) -> Result<Network> {
    let parties = codes(peers + 1)?;
    complain(&format!("making the keys of {} Parties", parties.len()));
    let members = parties.iter().enumerate().map(|(number, party)| {
        let listen = free_address()?;
        Ok(Member {
            party: party.clone(),
            address: (number == 0).then(|| listen.clone()),
            listen,
        })
    });
    let members = members.collect::<Result<Vec<_>>>()?;
    Network::of_members_with_profile(folder, &members, "compatible")
}

/// All peers, each with its messages: the first has most of them.
fn connected(
    runtime: &tokio::runtime::Runtime,
    network: &Network,
    address: SocketAddr,
    traffic: Traffic,
) -> Result<Vec<Peer>> {
    let draft = request(&Network::example_request())?;
    let loud = traffic.messages * LOUD_OF_TEN / 10;
    // Half of a quiet peer's are sent before, for comparison.
    let quiet = 2 * ((traffic.messages - loud) / (traffic.peers - 1).max(1)).max(1);
    let parties = codes(traffic.peers + 1)?;
    let mut peers = Vec::new();
    for (number, party) in parties.iter().skip(1).enumerate() {
        let persona = Persona::of(network, party)?;
        let count = if number == 0 { loud } else { quiet };
        let letters = letters(network, &persona, &draft, count)?;
        let line = runtime.block_on(async {
            let line = Speaker::of(persona.clone())?.connect(address).await?;
            anyhow::Ok(line)
        })?;
        let (answering, mut ledger) = (line.clone(), persona.ledger()?);
        runtime.spawn(async move { answering.answer_well(&mut ledger).await });
        peers.push(Peer {
            line,
            persona,
            letters,
        });
    }
    Ok(peers)
}

fn letters(network: &Network, persona: &Persona, draft: &Value, count: usize) -> Result<Vec<Letter>> {
    let sender = openpgp_key(&network.node_folder(persona.party.as_str()))?;
    let to = "XA/police".parse()?;
    let record = persona
        .directory
        .contact_point(&to)
        .context("the node's office")?;
    let certificate = Certificate::from_bytes(record.certificates.first().context("a certificate")?)?;
    let recipients = [certificate];
    let letter = |_| {
        let payload = |bytes: Vec<u8>| SealedPayload {
            salt: Salt::from_bytes([0x5a; 32]),
            bytes: bytes.into(),
        };
        let mut header = persona.header(&to, &payload(Vec::new()))?;
        let binding = Binding {
            message: header.message,
            case: header.case,
            from: header.from.clone(),
            to: vec![header.to.clone()],
        };
        let offices = (&header.from, &header.to);
        let body = message_between(offices, draft, header.message, header.sent_at)?.to_json();
        let sealed = seal::seal(&sender, &recipients, &binding, &body, SystemTime::now())?;
        let payload = payload(sealed);
        header.payload = payload.commitment();
        header.payload_length_bytes = payload.bytes.len() as u64;
        let header = SignedHeader::sign(&header, &persona.envelope_key());
        Ok(Letter {
            frame: Frame::Envelope {
                header: header.clone(),
                payload,
            },
            header,
        })
    };
    (0..count).map(letter).collect()
}

/// One message after the other.
async fn one_by_one(letters: Vec<(Line, Letter)>) -> Result<Came> {
    let mut came = Came::nothing()?;
    for (line, letter) in letters {
        came.send(&line, letter).await?;
    }
    Ok(came)
}

/// The loud peer's, many at once, and between them the quiet ones': each is sent when its share of the loud
/// peer's has been receipted, and waits for nobody else's.
async fn together(loud: (Line, Vec<Letter>), quiet: Vec<(Line, Letter)>) -> Result<(Came, Came)> {
    let (count, quiet_count) = (loud.1.len(), quiet.len());
    let (progress, _) = watch::channel(0_usize);
    let progress = Arc::new(progress);
    let mut quiet_ones = JoinSet::new();
    for (number, (line, letter)) in quiet.into_iter().enumerate() {
        let mut heard = progress.subscribe();
        let due = number * count / quiet_count.max(1);
        quiet_ones.spawn(async move {
            let _ = heard.wait_for(|done| *done >= due).await?;
            one_by_one(vec![(line, letter)]).await
        });
    }
    let (line, letters) = loud;
    let letters = Arc::new(tokio::sync::Mutex::new(letters));
    let mut loud_ones = JoinSet::new();
    for _ in 0..LOUD_AT_ONCE {
        let (line, letters, progress) = (line.clone(), Arc::clone(&letters), Arc::clone(&progress));
        loud_ones.spawn(async move {
            let mut came = Came::nothing()?;
            loop {
                let next = letters.lock().await.pop();
                let Some(letter) = next else { break };
                came.send(&line, letter).await?;
                progress.send_modify(|done| *done += 1);
            }
            anyhow::Ok(came)
        });
    }
    Ok((all(loud_ones).await?, all(quiet_ones).await?))
}

async fn all(mut parts: JoinSet<Result<Came>>) -> Result<Came> {
    let mut whole = Came::nothing()?;
    while let Some(part) = parts.join_next().await {
        let part = part??;
        whole.latency_us.add(part.latency_us)?;
        whole.given.extend(part.given);
    }
    Ok(whole)
}

impl Came {
    fn nothing() -> Result<Self> {
        Ok(Self {
            latency_us: Histogram::new(3)?,
            given: Vec::new(),
        })
    }

    async fn send(&mut self, line: &Line, letter: Letter) -> Result<()> {
        let begun = Instant::now();
        let given = line.ask(&letter.frame).await?;
        self.latency_us
            .record(u64::try_from(begun.elapsed().as_micros())?)?;
        self.given.push((letter.header, given));
        Ok(())
    }

    fn p99(&self) -> f64 {
        self.latency_us.value_at_quantile(0.99) as f64
    }
}

/// A receipt for that header, by the node.
fn verified(anybody: &Persona, header: &SignedHeader, given: &Frame) -> Result<()> {
    let Frame::Receipt(receipt) = given else {
        anyhow::bail!("instead of a receipt: {:?}", given.kind());
    };
    receipt.verify(header, "XA".parse()?, &anybody.directory)?;
    Ok(())
}

/// Waits until the node's ledger has so many entries.
fn await_entries(network: &Network, at_least: usize) -> Result<()> {
    let until = Instant::now() + ALL_WITHIN;
    while metric(network, "XA", "ohrid_ledger_size")? < at_least as f64 {
        ensure!(Instant::now() < until, "there are not {at_least} entries yet");
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

struct Measured<'a> {
    receipted_per_second: f64,
    done_per_second: f64,
    cpu_us: f64,
    rss_mib: f64,
    alone: &'a Came,
    loud: &'a Came,
    quiet: &'a Came,
}

fn rows(measured: &Measured<'_>) -> Vec<Row> {
    let over = |came: &Came| came.p99() / measured.alone.p99();
    vec![
        Row::of(
            "busy: messages/s received and receipted",
            "/s",
            measured.receipted_per_second,
        ),
        Row::of(
            "busy: messages/s opened, and their reports delivered",
            "/s",
            measured.done_per_second,
        ),
        Row::of(
            "busy: CPU of the node per message, all of that",
            "µs",
            measured.cpu_us,
        ),
        Row::of("busy: RSS of the node, peak", "MiB", measured.rss_mib)
            .over(measured.rss_mib / 100.0, "100 MiB"),
        Row::of(
            "busy: p99 of a quiet peer's receipt, one message at a time",
            "µs",
            measured.alone.p99(),
        ),
        Row::of(
            "busy: p99 of a quiet peer's receipt, while one sends 80 %",
            "µs",
            measured.quiet.p99(),
        )
        .over(over(measured.quiet), "the same one at a time"),
        Row::of(
            "busy: p99 of the receipt of the one that sends 80 %",
            "µs",
            measured.loud.p99(),
        )
        .over(over(measured.loud), "a quiet peer's alone"),
    ]
}
