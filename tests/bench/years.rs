//! Ten years of a node: its ledger with so many cases, dated over all that time, and a real node that is
//! started on it. What the disk holds of each case, and what one has to wait for.
//!
//! A node that is asked a thousand times a day has 3,650,000 cases then. Fewer are as far apart as their
//! number says, over the same ten years. Each case is one message, received, opened and reported on: a
//! request for preservation that nobody has answered, so that it is never over; of the last [`DRILLS_SINCE`]
//! each tenth is a drill. Nothing is in it that an officer of ours has written, and no file.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail, ensure};
use control::client::Client;
use control::headers::IdempotencyKey;
use e2e::figures::rss_mib;
use e2e::network::Network;
use e2e::programs::{Ended, checkout, program};
use e2e::requests::{short_request, with_selector};
use protocol::directory::SignedDirectory;
use protocol::key::SecretariatKey;
use seal::{LockedKey, Profile};

use crate::case_store::{self, Calendar, LEAVES_PER_CASE, OPENPGP_KEY, Writer, form_to_us, request};
use crate::cases::first_line;
use crate::floors::median_of;
use crate::table::{Row, complain};

const DAY: Duration = Duration::from_secs(86_400);
const TEN_YEARS: Duration = Duration::from_secs(3_652 * 86_400);

/// The policy erases drills after 90 days, and so what is due is what a month has brought.
const DRILL_DAYS: u32 = 90;
const DRILLS_SINCE: Duration = Duration::from_secs(120 * 86_400);
/// Each so manieth case is one.
const DRILL_EVERY: usize = 10;
/// Longer than the ten years: of these nothing is due.
const REQUEST_DAYS: u32 = 3_700;

/// How often what takes milliseconds is measured.
const REPEATED: usize = 20;

/// Where the node keeps things, below its data folder, and what that is called in the table.
const PARTS: [(&str, &str); 4] = [
    ("ledger", "years: disk for each case, ledger"),
    ("payload", "years: disk for each case, sealed payloads"),
    ("index", "years: disk for each case, the store's index"),
    ("cases", "years: disk for each case, the case index"),
];

/// Fewer are so far apart that no drill may be due.
pub const CASES_MIN: usize = 5_000;

/// What the node's log says when it has kept its policy, and how long that may take.
const KEPT: &str = "the retention policy's terms are over";
const KEPT_WITHIN: Duration = Duration::from_secs(1_800);

/// How long a node is left alone before it is said how much memory it takes.
const REST: Duration = Duration::from_secs(5);

/// All rows about ten years with so many cases.
pub fn measure(folder: &Path, cases: usize, profile: &'static str) -> Result<Vec<Row>> {
    ensure!(
        drills_due(cases) > 0,
        "of so few cases none is over its term: at least {CASES_MIN}"
    );
    let network = Network::of_profile(folder, &["XA", "XB"], profile)?;
    complain("making keys of ten years ago");
    make_old_keys(&network, profile.parse()?)?;
    let own = network.node_folder("XA");
    complain(&format!("writing {cases} cases"));
    let begun = Instant::now();
    writer(&network)?.write(&own.join("data"), cases)?;
    complain(&format!("written in {:.0?}; making the indexes", begun.elapsed()));
    let rebuilt = rebuild(&own)?;
    // What was there before is not a part of the node.
    fs::remove_dir_all(own.join("data/set-aside")).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    let mut rows = vec![Row::of("years: cases, over ten years", "", count(cases))];
    rows.extend(disk(&own.join("data"), cases)?);
    let seconds = |name, took: Duration| Row::of(name, "s", took.as_secs_f64());
    rows.push(seconds(
        "years: rebuild of both indexes, payloads opened",
        rebuilt,
    ));
    complain("starting, listing, sending, proving");
    rows.extend(of_node(&network, cases)?);
    complain("starting with a retention policy");
    rows.extend(of_retention(&network, cases)?);
    Ok(rows)
}

fn writer(network: &Network) -> Result<Writer> {
    let (own, peer) = (network.node_folder("XA"), network.node_folder("XB"));
    let calendar = Calendar {
        span: TEN_YEARS,
        drill: form_to_us(&checkout().join("config/examples/drill.toml"))?,
        drill_every: DRILL_EVERY,
        drills_since: DRILLS_SINCE,
    };
    let writer = Writer::new(&peer, &own, request(&Network::example_request())?)?;
    Ok(writer.with_calendar(calendar))
}

/// A signature is good only if its key was there before: so both Parties get keys that are older than the
/// first case, and the secretariat signs a directory that names them.
fn make_old_keys(network: &Network, profile: Profile) -> Result<()> {
    let created_at = SystemTime::now() - TEN_YEARS - DAY;
    let secretariat = network.path("secretariat");
    let file = secretariat.join("directory.cose");
    let mut directory = SignedDirectory::from_bytes(&fs::read(&file)?)?.peek()?;
    for (party, record) in &mut directory.parties {
        let folder = network.node_folder(party.as_str());
        let password = case_store::openpgp_password(&folder)?;
        for office in &mut record.contact_points {
            let key = LockedKey::generate(profile, &office.office.to_string(), created_at, &password)?;
            fs::write(folder.join(OPENPGP_KEY), key.to_bytes())?;
            office.certificates = vec![key.certificate().to_bytes()];
        }
    }
    directory.version += 1;
    let key = SecretariatKey::from_seed(&case_store::seed(&secretariat.join("secretariat.seed"))?);
    fs::write(&file, SignedDirectory::sign(&directory, &key)?.as_bytes())?;
    network.install_directory("XA")?;
    network.install_directory("XB")
}

fn rebuild(own: &Path) -> Result<Duration> {
    let begun = Instant::now();
    let mut command = program("ohrid-node")?;
    command
        .arg("--config")
        .arg(own.join("node.toml"))
        .arg("rebuild-index");
    Ended::of(&mut command)?.expect_code(0)?;
    Ok(begun.elapsed())
}

/// What the disk holds of each case, in whole blocks, part by part.
fn disk(data: &Path, cases: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut sum = 0;
    for (part, name) in PARTS {
        let bytes = bytes_on_disk(&data.join(part))?;
        sum += bytes;
        rows.push(Row::of(name, "B", bytes as f64 / count(cases)));
    }
    let name = "years: disk for each case, all of these";
    rows.push(Row::of(name, "B", sum as f64 / count(cases)));
    rows.push(Row::of(
        "years: disk, all of these",
        "MiB",
        sum as f64 / f64::from(1 << 20),
    ));
    Ok(rows)
}

fn bytes_on_disk(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            // stat(2): blocks of 512 bytes, whatever the file system has.
            bytes += metadata.blocks() * 512;
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(bytes)
}

/// Starts the node, and asks it for everything.
fn of_node(network: &Network, cases: usize) -> Result<Vec<Row>> {
    let own = network.node_folder("XA");
    let begun = Instant::now();
    let node = network.start("XA")?;
    let started = begun.elapsed();
    let first = first_line(&own, &["case", "list"])?;
    let list = median_of(REPEATED, || first_line(&own, &["case", "list"]).map(drop))?;
    let due = median_of(REPEATED, || {
        first_line(&own, &["case", "list", "--due", "7d"]).map(drop)
    })?;
    std::thread::sleep(REST);
    let rss = rss_mib(node.id())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = runtime.block_on(client(&own))?;
    let sent = sending(&runtime, &client)?;
    let proved = proving(&runtime, &client, cases)?;
    ensure!(node.stop()? == 0, "the node did not stop in order");
    let micros = "years: an inclusion proof by the control socket, median";
    Ok(vec![
        millis("years: start-up until ready", started),
        millis("years: case list to first line, right after start-up", first),
        millis("years: case list to first line, median", list),
        millis("years: case list --due 7d to first line, median", due),
        Row::of("years: RSS after that", "MiB", rss),
        millis("years: sending one message, until it is durable, median", sent),
        Row::of(micros, "µs", proved.as_secs_f64() * 1e6),
    ])
}

/// Starts the node with a retention policy, which it keeps by itself as soon as it runs; and asks what is due
/// once it has done so.
fn of_retention(network: &Network, cases: usize) -> Result<Vec<Row>> {
    let own = network.node_folder("XA");
    with_terms(&own)?;
    let node = network.start("XA")?;
    let begun = Instant::now();
    let line = node.wait_for_line_within(KEPT, KEPT_WITHIN)?;
    let kept = begun.elapsed();
    let erased = line.rsplit_once("messages=").context("how many")?.1;
    let erased: usize = erased.trim().parse().context(line.clone())?;
    ensure!(erased >= drills_due(cases), "{erased} drills were due: {line}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = runtime.block_on(client(&own))?;
    let begun = Instant::now();
    let looked = runtime.block_on(client.retention());
    let took = begun.elapsed();
    let mut rows = vec![
        Row::of("years: retention, messages over their term", "", count(erased)),
        millis(
            "years: retention, from ready until their notice is recorded",
            kept,
        ),
    ];
    match looked {
        Ok(report) => {
            ensure!(report.due.is_empty(), "what was erased is due again");
            rows.push(millis("years: retention, a look afterwards (dry run)", took));
        }
        // What takes too long for the control socket is no reason to say nothing of the rest.
        Err(error) => complain(&format!("the dry run gave no answer after {took:.0?}: {error}")),
    }
    rows.push(Row::of("years: RSS after retention", "MiB", rss_mib(node.id())?));
    ensure!(node.stop()? == 0, "the node did not stop in order");
    Ok(rows)
}

async fn client(own: &Path) -> Result<Client> {
    Ok(Client::connect(&own.join("control.sock"))
        .await?
        .acting_as("benchmark"))
}

fn millis(name: &'static str, took: Duration) -> Row {
    Row::of(name, "ms", took.as_secs_f64() * 1000.0)
}

/// The node gets a retention policy.
fn with_terms(own: &Path) -> Result<()> {
    let file = own.join("node.toml");
    let text = fs::read_to_string(&file)?;
    let days = format!("days = {{ drill = {DRILL_DAYS}, preservation-request = {REQUEST_DAYS} }}");
    let with = match text.contains("\ndays = {}") {
        true => text.replace("\ndays = {}", &format!("\n{days}")),
        false if !text.contains("\n[retention]") => format!("{text}\n[retention]\n{days}\n"),
        false => bail!("the configuration has terms already"),
    };
    Ok(fs::write(&file, with)?)
}

/// One message after the other: the other node does not run, so that nothing but the sending is measured.
fn sending(runtime: &tokio::runtime::Runtime, client: &Client) -> Result<Duration> {
    let request = short_request(&["XB/police"])?;
    let mut number = 0;
    median_of(REPEATED, || {
        number += 1;
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
        let request = with_selector(&request, number)?;
        let key = IdempotencyKey::from_random(random);
        runtime.block_on(client.send(&request, &key))?;
        Ok(())
    })
}

/// Proofs of entries that lie all over the ledger, none twice.
fn proving(runtime: &tokio::runtime::Runtime, client: &Client, cases: usize) -> Result<Duration> {
    let size = u64::try_from(cases)? * LEAVES_PER_CASE;
    let mut number = 0_u64;
    median_of(REPEATED * 10, || {
        number += 1;
        // By a prime that is greater than any length, so that they lie everywhere.
        let index = number.wrapping_mul(4_294_967_311) % size;
        let proof = runtime.block_on(client.ledger_proof(index, None))?;
        ensure!(!proof.is_empty(), "no proof");
        Ok(())
    })
}

/// How many drills are over their term at least: where the cases are far apart, one may be missing at an end.
fn drills_due(cases: usize) -> usize {
    let days = |of: Duration| usize::try_from(of.as_secs() / DAY.as_secs()).unwrap_or(usize::MAX);
    let drills = cases * (days(DRILLS_SINCE) - DRILL_DAYS as usize) / (days(TEN_YEARS) * DRILL_EVERY);
    drills.saturating_sub(1)
}

fn count(number: usize) -> f64 {
    number as f64
}
