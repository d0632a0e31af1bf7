//! A real Prometheus, as Debian packages it, on a loopback port, for as long as a test needs it.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::outsider::http;
use crate::programs::{Ended, checkout};
use crate::running::{PATIENCE, Running};

/// A Prometheus that scrapes some nodes by the files of `deploy/prometheus/`. It ends with its owner.
pub struct Prometheus {
    address: SocketAddr,
    running: Running,
}

/// The folder with the alerts.
#[must_use]
pub fn deployed() -> PathBuf {
    checkout().join("deploy/prometheus")
}

impl Prometheus {
    /// Starts it in a folder, with the alerts that are deployed and the configuration that is deployed, but
    /// for the targets, and a second between scrapes.
    ///
    /// # Errors
    /// When there is none on this machine (`cargo xtask setup` installs it), or it does not become ready.
    pub fn start(folder: &Path, targets: &[SocketAddr]) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        std::fs::copy(deployed().join("alerts.yml"), folder.join("alerts.yml"))?;
        let written = std::fs::read_to_string(deployed().join("prometheus.yml"))?;
        let targets: Vec<String> = targets.iter().map(|target| format!("\"{target}\"")).collect();
        let config = written
            .replace("_interval: 15s", "_interval: 1s")
            .replace("[\"127.0.0.1:9633\"]", &format!("[{}]", targets.join(", ")));
        ensure!(
            config.contains(&targets.join(", ")) && config.contains("scrape_interval: 1s"),
            "the deployed configuration is another one"
        );
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, config)?;
        let address = free_port()?;
        let running = Running::start(
            Command::new("prometheus")
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.tsdb.path={}", folder.join("tsdb").display()))
                .arg(format!("--web.listen-address={address}")),
        )?;
        running.wait_for_line("Server is ready to receive web requests")?;
        Ok(Self { address, running })
    }

    /// What an expression is now: the result's list.
    ///
    /// # Errors
    /// When Prometheus does not take the expression; with what it says.
    pub fn query(&self, expression: &str) -> Result<Vec<Value>> {
        let answer = self.ask(&format!("/api/v1/query?query={}", escaped(expression)))?;
        let result = answer.pointer("/data/result").and_then(Value::as_array);
        Ok(result.with_context(|| answer.to_string())?.clone())
    }

    /// Waits until an expression has so many results.
    ///
    /// # Errors
    /// When that takes longer than [`PATIENCE`]; with what Prometheus logged.
    pub fn wait_for(&self, expression: &str, results: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.query(expression)?.len() < results {
            ensure!(
                Instant::now() < deadline,
                "{expression} has not {results} results\n{}",
                self.running.log()
            );
        }
        Ok(())
    }

    /// What its API says at a path.
    ///
    /// # Errors
    /// When it does not say that all is well.
    pub fn ask(&self, path: &str) -> Result<Value> {
        let answer = http(self.address, "GET", path, b"")?;
        let is_chunked = answer
            .headers
            .get("transfer-encoding")
            .is_some_and(|how| how == "chunked");
        let body = if is_chunked {
            joined(&answer.body).context("chunks")?
        } else {
            answer.body
        };
        let json: Value = serde_json::from_slice(&body).context("JSON")?;
        ensure!(json["status"] == "success", "{path}: {json:#}");
        Ok(json)
    }
}

/// Runs promtool with something on its standard input.
///
/// # Errors
/// When it cannot be started.
pub fn promtool(arguments: &[&str], input: &[u8]) -> Result<Ended> {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("promtool: cargo xtask setup installs it")?;
    // Dropped after writing, so that promtool sees the end of it.
    let mut stdin = child.stdin.take().context("its input")?;
    stdin.write_all(input)?;
    drop(stdin);
    Ok(Ended::from(child.wait_with_output()?))
}

/// A body that came in chunks (RFC 9112, section 7.1).
fn joined(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        let chunk = &rest[end + 2..];
        body.extend_from_slice(chunk.get(..length)?);
        rest = chunk.get(length + 2..)?;
    }
}

fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Percent-encoded, as a query wants it.
fn escaped(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(letter).collect()
}
