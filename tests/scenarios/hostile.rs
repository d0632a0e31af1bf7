//! A peer that breaks the protocol, against a real node: the threats and faults of security.md, by number.
//!
//! XA is the node under attack. XB and the Parties after it are spoken by hand; XC is a good peer, a real
//! node, which must be served all the while. After each attack XA's ledger has grown by exactly what it
//! should have, and XA says, by close code and metric, what it refused.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::network::{Network, Reach};
use e2e::running::{PATIENCE, Running};
use e2e::speaker::{Line, Persona, Speaker};
use tempfile::TempDir;
use tokio::time::sleep;

mod answers;
mod floods;
mod frames;
mod messages;
mod openpgp;
mod strangers;

/// How often a condition is looked at that nobody tells of.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What one message of the good peer adds to XA's ledger: received, consigned, report delivered.
const LEAVES_OF_A_GOOD_MESSAGE: u64 = 3;

/// What one message of rubbish adds, once the speaker has taken the report on it.
const LEAVES_OF_RUBBISH: u64 = 3;

/// XA under attack, and XC beside it.
struct Scene {
    network: Network,
    xa: Option<Running>,
    xc: Option<Running>,
    address: SocketAddr,
    _folder: TempDir,
}

impl Scene {
    /// Parties XA, XB and XC; XA's configuration has these `[limits]` beside the defaults.
    fn new(limits: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let parties = ["XA", "XB", "XC"].map(|party| (party, Reach::Dialled));
        let network = Network::of(folder.path(), &parties)?;
        limit(&network, limits)?;
        // The example, turned round.
        let mut request: toml::Table = std::fs::read_to_string(Network::example_request())?.parse()?;
        request.insert("to".to_owned(), vec!["XA/police"].into());
        if let Some(data) = request.get_mut("data").and_then(toml::Value::as_table_mut) {
            data.insert("territory".to_owned(), "XA".into());
        }
        std::fs::write(network.path("request.toml"), toml::to_string(&request)?)?;
        let scene = Self {
            xa: Some(network.start("XA")?),
            xc: Some(network.start("XC")?),
            address: network.listen_address("XA")?,
            network,
            _folder: folder,
        };
        scene.serves_the_good_peer()?;
        Ok(scene)
    }

    /// `kill -9`, and up again.
    fn restart(&mut self) -> Result<()> {
        self.xa.take().context("XA")?.kill()?;
        self.xa = Some(self.network.start("XA")?);
        Ok(())
    }

    /// The same with other `[limits]`.
    fn restart_with(&mut self, limits: &str) -> Result<()> {
        limit(&self.network, limits)?;
        self.restart()
    }

    /// The same with the good peer.
    fn restart_good_peer(&mut self) -> Result<()> {
        self.xc.take().context("XC")?.kill()?;
        self.xc = Some(self.network.start("XC")?);
        Ok(())
    }

    fn persona(&self, party: &str) -> Result<Persona> {
        Persona::of(&self.network, party)
    }

    /// One who speaks as `party`.
    fn speaker(&self, party: &str) -> Result<Speaker> {
        Speaker::of(self.persona(party)?)
    }

    /// How XA is.
    fn status(&self) -> Result<serde_json::Value> {
        let answer = ask(&self.network, "XA", control::paths::STATUS)?;
        Ok(serde_json::from_str(&answer)?)
    }

    /// The size of XA's ledger.
    fn size(&self) -> Result<u64> {
        self.status()?["ledger"]["size"].as_u64().context("ledger.size")
    }

    /// XA's metric of this name and labels; 0 while it is not there.
    fn metric(&self, name: &str) -> Result<u64> {
        let text = ask(&self.network, "XA", control::paths::METRICS)?;
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(Ok(0), |value| Ok(value.parse::<f64>()? as u64))
    }

    /// Waits until a metric is at least so high.
    async fn counts(&self, name: &str, at_least: u64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.metric(name)? < at_least {
            let counted = || ask(&self.network, "XA", control::paths::METRICS);
            ensure!(
                Instant::now() < deadline,
                "{name} is not {at_least}:\n{}",
                counted()?
            );
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Waits until XA's ledger has at least so many leaves.
    async fn grows_to(&self, at_least: u64) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.size()? < at_least {
            ensure!(
                Instant::now() < deadline,
                "{} leaves, not {at_least}; XA's log ends with:\n{}",
                self.size()?,
                self.end_of_log()
            );
            sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// The ledger grows to `expected` leaves and, after the good peer was served, to exactly its more.
    async fn has_grown_to(&self, expected: u64) -> Result<()> {
        self.grows_to(expected).await?;
        self.serves_the_good_peer()?;
        let (size, after) = (self.size()?, expected + LEAVES_OF_A_GOOD_MESSAGE);
        ensure!(size == after, "{size} leaves instead of {after}");
        Ok(())
    }

    /// The good peer's officer sends a request, and learns that it arrived and can be read.
    fn serves_the_good_peer(&self) -> Result<()> {
        let before = self.size()?;
        let request = self.network.path("request.toml");
        let request = request.to_string_lossy();
        let arguments = ["request", "send", &request, "--wait", "consigned"];
        let sent = self.network.officer("XC", arguments)?;
        sent.expect_code(0).context("the good peer is not served")?;
        // The last of its leaves is written once XC has said that it has the report.
        let deadline = Instant::now() + PATIENCE;
        while self.size()? < before + LEAVES_OF_A_GOOD_MESSAGE {
            ensure!(Instant::now() < deadline, "the report's delivery is not recorded");
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// What XA last said.
    fn end_of_log(&self) -> String {
        let log = self.xa.as_ref().map(Running::log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    /// Resident memory of XA's process, in bytes (proc(5): `VmRSS`).
    fn resident_bytes(&self) -> Result<u64> {
        let xa = self.xa.as_ref().context("XA")?.id();
        let status = std::fs::read_to_string(format!("/proc/{xa}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line
            .context("VmRSS")?
            .split_whitespace()
            .next()
            .context("its value")?;
        Ok(kib.parse::<u64>()? * 1024)
    }
}

/// Gives XA these `[limits]`, and no others.
fn limit(network: &Network, limits: &str) -> Result<()> {
    let file = network.node_folder("XA").join("node.toml");
    let text = std::fs::read_to_string(&file)?;
    let before = text.split("\n[limits]").next().unwrap_or_default();
    std::fs::write(&file, format!("{before}\n[limits]\n{limits}\n"))?;
    Ok(())
}

/// What the node of `party` answers on its control socket.
fn ask(network: &Network, party: &str, path: &str) -> Result<String> {
    let socket = network.node_folder(party).join("control.sock");
    let mut stream = UnixStream::connect(&socket).context("the control socket")?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer with a body")?;
    Ok(body.to_owned())
}

/// Answers what the node asks on this line as a good peer would, for as long as it stands.
fn attend(line: &Line) -> Result<()> {
    let mut ledger = line.persona().ledger()?;
    let line = line.clone();
    // It ends with the connection; what it could not answer, the node asks again elsewhere.
    tokio::spawn(async move { line.answer_well(&mut ledger).await });
    Ok(())
}

/// Threats 1, 2, 4, 14 and 15: who is nobody, or not who it says.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn strangers() -> Result<()> {
    let mut scene = Scene::new("strangers = 64")?;
    let attacked = &mut scene;
    strangers::strangers_get_no_byte_of_the_application(attacked)
        .await
        .context("strangers_get_no_byte_of_the_application")?;
    strangers::only_its_own_hello_on_its_own_connection_makes_a_peer(attacked)
        .await
        .context("only_its_own_hello_on_its_own_connection_makes_a_peer")?;
    strangers::a_forged_address_gets_one_small_packet_for_a_large_one(attacked)
        .await
        .context("a_forged_address_gets_one_small_packet_for_a_large_one")?;
    floods::half_open_connections_keep_no_peer_out(attacked)
        .await
        .context("half_open_connections_keep_no_peer_out")?;
    scene.stops_in_order()
}

/// Threats 7, 15, 16 and 19, faults 8, 10 and 17: a peer that breaks the protocol, asking and answering.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn frames() -> Result<()> {
    let mut scene = Scene::new("frames_per_peer_per_second = 100")?;
    let attacked = &mut scene;
    frames::a_byte_a_second_is_given_up_and_keeps_nobody_waiting(attacked)
        .await
        .context("a_byte_a_second_is_given_up_and_keeps_nobody_waiting")?;
    frames::gaps_take_no_more_memory_than_the_window(attacked)
        .await
        .context("gaps_take_no_more_memory_than_the_window")?;
    floods::a_flood_of_frames_waits_on_the_wire(attacked)
        .await
        .context("a_flood_of_frames_waits_on_the_wire")?;
    frames::who_breaks_the_protocol_is_told_the_code_and_kept_away(attacked)
        .await
        .context("who_breaks_the_protocol_is_told_the_code_and_kept_away")?;
    answers::a_false_answer_delivers_nothing_and_is_told_its_code(attacked)
        .await
        .context("a_false_answer_delivers_nothing_and_is_told_its_code")?;
    answers::a_server_that_is_silent_is_no_peer_and_one_that_does_not_read_harms_nobody(attacked)
        .await
        .context("a_server_that_is_silent_is_no_peer_and_one_that_does_not_read_harms_nobody")?;
    scene.stops_in_order()
}

/// Threat 5, faults 10, 11, 12, 15 and 16: messages that come again, or are wrong, too large or too many.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn messages() -> Result<()> {
    let mut scene = Scene::new("")?;
    let attacked = &mut scene;
    messages::one_that_is_right_in_all_but_its_payload_is_taken(attacked)
        .await
        .context("one_that_is_right_in_all_but_its_payload_is_taken")?;
    messages::a_replay_is_one_leaf_and_one_receipt(attacked)
        .await
        .context("a_replay_is_one_leaf_and_one_receipt")?;
    messages::a_wrong_message_is_refused_with_its_reason_and_one_leaf(attacked)
        .await
        .context("a_wrong_message_is_refused_with_its_reason_and_one_leaf")?;
    messages::the_largest_payload_and_many_tiny_ones_are_taken(attacked)
        .await
        .context("the_largest_payload_and_many_tiny_ones_are_taken")?;
    openpgp::openpgp_abuse_becomes_unreadable_and_nothing_else(attacked)
        .await
        .context("openpgp_abuse_becomes_unreadable_and_nothing_else")?;
    messages::over_its_quota_a_peer_waits_and_nobody_else_does(attacked)
        .await
        .context("over_its_quota_a_peer_waits_and_nobody_else_does")?;
    scene.stops_in_order()
}

impl Scene {
    /// XA ends as if nothing had happened, and its ledger verifies.
    fn stops_in_order(self) -> Result<()> {
        self.network.verified_entries("XA")?;
        let xa = self.xa.context("XA")?;
        ensure!(xa.stop()? == 0, "XA did not stop in order");
        Ok(())
    }
}

/// Several at once, all of one kind: what became of each.
async fn all<T: Send + 'static>(
    count: u64,
    at_once: usize,
    one: impl Fn(u64) -> std::pin::Pin<Box<dyn Future<Output = T> + Send>>,
) -> Result<Vec<T>> {
    let turns = Arc::new(tokio::sync::Semaphore::new(at_once));
    let mut tasks = Vec::new();
    for number in 0..count {
        let turn = Arc::clone(&turns).acquire_owned().await?;
        let task = one(number);
        tasks.push(tokio::spawn(async move {
            let done = task.await;
            drop(turn);
            done
        }));
    }
    let mut done = Vec::with_capacity(tasks.len());
    for task in tasks {
        done.push(task.await?);
    }
    Ok(done)
}
