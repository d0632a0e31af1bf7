//! Many cases: what a country has after years. Off the default path, because sealing a hundred thousand
//! payloads and opening them again takes minutes: `--cases 100000`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use control::client::Client;
use control::types::{CheckRequest, RelatedCase};
use convention::case::{CaseFact, CaseView, Event};
use convention::message::Message;
use e2e::figures::scrape;
use e2e::network::Network;
use e2e::programs::{Ended, program};
use protocol::ids::MessageId;
use protocol::time::UnixMillis;
use serde_json::json;

use crate::case_store::{Writer, message, request};
use crate::floors::median_of;
use crate::table::{Row, complain};

/// How often what takes milliseconds is measured.
const REPEATED: usize = 20;

/// The time of the synthetic facts.
const BEGIN_MS: u64 = 1_780_000_000_000;

/// All rows about so many cases.
pub fn measure(folder: &Path, cases: usize) -> Result<Vec<Row>> {
    let folding = fold(cases)?;
    let network = Network::make(folder)?;
    let (own, peer) = (network.node_folder("XA"), network.node_folder("XB"));
    let draft = request(&Network::example_request())?;
    complain(&format!("writing {cases} cases"));
    let writer = Writer::new(&peer, &own, draft)?;
    let written = timed(|| writer.write(&own.join("data"), cases))?;
    complain(&format!("written in {written:.0?}; making the indexes"));
    let config = own.join("node.toml");
    let rebuilt = timed(|| {
        let mut command = program("ohrid-node")?;
        command.arg("--config").arg(&config).arg("rebuild-index");
        Ended::of(&mut command)?.expect_code(0).map(drop)
    })?;
    complain("starting, listing, searching");
    let begin = Instant::now();
    let node = network.start("XA")?;
    let started = begin.elapsed();
    let first = first_line(&own, &["case", "list"])?;
    let list = median_of(REPEATED, || first_line(&own, &["case", "list"]).map(drop))?;
    let due = median_of(REPEATED, || {
        first_line(&own, &["case", "list", "--due", "7d"]).map(drop)
    })?;
    let related = related(&own)?;
    let scraped = median_of(REPEATED, || scrape(&network, "XA").map(drop))?;
    ensure!(node.stop()? == 0, "the node did not stop in order");
    Ok(vec![
        row(
            "cases: fold of all of them, two facts and a receipt each",
            folding,
            "ms",
        ),
        row("cases: rebuild of both indexes, payloads opened", rebuilt, "ms"),
        row("cases: start-up until ready", started, "ms"),
        row(
            "cases: case list to first line, right after start-up",
            first,
            "ms",
        ),
        row("cases: case list to first line, median", list, "ms"),
        row("cases: case list --due 7d to first line, median", due, "ms"),
        row(
            "cases: check of a draft with related cases, median",
            related,
            "ms",
        ),
        row("cases: scrape of the metrics, median", scraped, "ms"),
    ])
}

fn row(name: &'static str, took: Duration, unit: &'static str) -> Row {
    Row::of(name, unit, took.as_secs_f64() * 1000.0)
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed())
}

/// Folds so many cases, each of a request that came, an acknowledgement's place left open, and a delivery.
fn fold(cases: usize) -> Result<Duration> {
    let draft = request(&Network::example_request())?;
    let id = MessageId::from_parts(BEGIN_MS, [7; 10]);
    let received = Message::read(&message(&draft, id, UnixMillis(BEGIN_MS))?.to_json())?;
    let at = convention::time::Instant::from_unix_ms(i64::try_from(BEGIN_MS)?)?;
    let (case, id) = (received.message.case(), received.message.id());
    let to = "XA/police".parse()?;
    let facts = vec![
        CaseFact::received(received, at),
        CaseFact::event(case, id, Event::Received, at),
        CaseFact::event(case, id, Event::Delivered { to }, at),
    ];
    timed(|| {
        for _ in 0..cases {
            std::hint::black_box(CaseView::fold(std::hint::black_box(&facts).clone()));
        }
        Ok(())
    })
}

/// From the start of `ohrid` to the first line that it prints.
pub fn first_line(folder: &Path, arguments: &[&str]) -> Result<Duration> {
    let begin = Instant::now();
    let mut child = program("ohrid")?
        .arg("--no-input")
        .arg("--dir")
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().context("its output")?);
    output.read_line(&mut line)?;
    let took = begin.elapsed();
    std::io::copy(&mut output, &mut std::io::sink())?;
    ensure!(
        child.wait()?.success() && !line.is_empty(),
        "ohrid {arguments:?} printed nothing"
    );
    Ok(took)
}

/// A draft with an address that a hundred cases have.
fn related(folder: &Path) -> Result<Duration> {
    let mut draft = request(&Network::example_request())?;
    draft["to"] = json!(["XB/police"]);
    draft["data"]["territory"] = json!("XB");
    draft["data"]["selectors"] = json!([{ "type": "email", "value": "SOMEBODY0@example.org" }]);
    let request: CheckRequest = serde_json::from_value(json!({ "draft": draft }))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = runtime.block_on(Client::connect(&folder.join("control.sock")))?;
    median_of(REPEATED, || {
        let report = runtime.block_on(client.check(&request))?;
        let found: &[RelatedCase] = &report.related;
        ensure!(!found.is_empty(), "no related case was found");
        Ok(())
    })
}
