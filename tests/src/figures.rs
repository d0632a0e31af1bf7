//! What a running node costs, and what it counts.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::network::Network;

/// How long nodes are watched to say that they rest, and how much of a core they may use meanwhile.
const GLANCE: Duration = Duration::from_millis(250);
const RESTING_SHARE: f64 = 0.04;

/// How long work that was put off may take after a load.
const REST_WITHIN: Duration = Duration::from_secs(60);

/// User and system time of a process so far (proc(5): fields 14 and 15 of `stat`, in ticks of 10 ms).
///
/// # Errors
/// When there is no such process.
pub fn cpu_time(process: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit(')').next().context("the fields after the name")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64> { Ok(fields.get(at).context("a field")?.parse()?) };
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// Waits until these processes together do next to nothing: what is measured next is not to pay for what they
/// put off while they were busy.
///
/// # Errors
/// When they do not come to rest within a minute, or one has ended.
pub fn await_rest(processes: &[u32]) -> Result<()> {
    let used = || {
        processes
            .iter()
            .map(|process| cpu_time(*process))
            .sum::<Result<Duration>>()
    };
    let until = Instant::now() + REST_WITHIN;
    while Instant::now() < until {
        let before = used()?;
        std::thread::sleep(GLANCE);
        let used = used()?.saturating_sub(before);
        if used.as_secs_f64() <= GLANCE.as_secs_f64() * RESTING_SHARE {
            return Ok(());
        }
    }
    anyhow::bail!("the nodes do not come to rest within {REST_WITHIN:?}")
}

/// The peak of a process's resident memory in MiB (proc(5): `VmHWM`).
///
/// # Errors
/// When there is no such process.
pub fn rss_peak_mib(process: u32) -> Result<f64> {
    memory_mib(process, "VmHWM:")
}

/// A process's resident memory in MiB, now (proc(5): `VmRSS`).
///
/// # Errors
/// When there is no such process.
pub fn rss_mib(process: u32) -> Result<f64> {
    memory_mib(process, "VmRSS:")
}

/// How many threads a process has, and how often they gave up a core to wait for something, so far.
///
/// # Errors
/// When there is no such process.
pub fn threads_and_waits(process: u32) -> Result<(usize, u64)> {
    let mut waits = 0;
    let mut threads = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // A thread may end while it is looked at.
        let Ok(status) = std::fs::read_to_string(task?.path().join("status")) else {
            continue;
        };
        threads += 1;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        waits += line.and_then(|line| line.trim().parse::<u64>().ok()).unwrap_or(0);
    }
    Ok((threads, waits))
}

/// One of a running node's metrics, by its whole name with its labels:
/// `ohrid_events_total{event="expired"}`. One that was never counted is 0.
///
/// # Errors
/// When the node does not answer.
pub fn metric(network: &Network, party: &str, name: &str) -> Result<f64> {
    let answer = scrape(network, party)?;
    let value = answer
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(Ok(0.0), |value| value.trim().parse().context("a number"))
}

/// All of a running node's metrics, with the head of the answer.
///
/// # Errors
/// When the node does not answer.
pub fn scrape(network: &Network, party: &str) -> Result<String> {
    ask(network, party, "/metrics")
}

/// What a running node answers on a path of its control socket, with the head of the answer.
///
/// # Errors
/// When it does not answer, or with another status than 200.
pub fn ask(network: &Network, party: &str, path: &str) -> Result<String> {
    let socket = network.node_folder(party).join("control.sock");
    let mut stream = UnixStream::connect(&socket).with_context(|| socket.display().to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    Ok(answer)
}

fn memory_mib(process: u32, field: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with(field));
    let value = line
        .and_then(|line| line.split_whitespace().nth(1))
        .context("memory")?;
    Ok(value.parse::<f64>()? / 1024.0)
}
