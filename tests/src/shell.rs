//! A shell in a folder of its own, which is given one command after another, as a person would. What it
//! starts in the background ends with it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use regex::{Captures, Regex};

use crate::programs::{checkout, folder};

/// How long a whole session may take before it is ended: far beyond what it takes.
const SESSION_SECONDS_MAX: u32 = 900;

/// What our documents need of the checkout.
const OF_THE_CHECKOUT: &[&str] = &["config", "crates", "deploy", "docs", "tests"];

/// A running shell.
pub struct Shell {
    child: Child,
    commands: Option<ChildStdin>,
    ends: BufReader<ChildStdout>,
    place: PathBuf,
    /// Ports of the document, and those that stand for them here: two documents may run at once.
    ports: Vec<(u16, u16)>,
    number: usize,
}

impl Shell {
    /// Starts a shell in the folder `place`, where our programs are in the `PATH`, with these variables.
    ///
    /// # Errors
    /// When it cannot be started, or the programs are not built.
    pub fn start(place: &Path) -> Result<Self> {
        for name in OF_THE_CHECKOUT {
            let there = checkout().join(name);
            if there.is_dir() {
                std::os::unix::fs::symlink(there.canonicalize()?, place.join(name))?;
            }
        }
        let earlier = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(folder()?).chain(std::env::split_paths(&earlier)))?;
        let mut child = Command::new("timeout")
            .args(["--kill-after=10", &SESSION_SECONDS_MAX.to_string()])
            .args(["bash", "--noprofile", "--norc"])
            .current_dir(place)
            .env("PATH", path)
            .env("HOME", place)
            .env_remove("OHRID_OFFICER")
            .env_remove("OHRID_OFFICER_ROLE")
            .env_remove("OHRID_SOCKET")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting bash")?;
        let commands = child.stdin.take();
        let ends = BufReader::new(child.stdout.take().context("its standard output")?);
        let mut shell = Self {
            child,
            commands,
            ends,
            place: place.to_owned(),
            ports: Vec::new(),
            number: 0,
        };
        std::fs::create_dir(shell.said_below())?;
        shell.write("set -u\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n")?;
        Ok(shell)
    }

    /// Runs a command to its end; what it said, as a terminal shows it, and its exit code.
    ///
    /// # Errors
    /// When the shell ended: it is no command, or took too long.
    pub fn run(&mut self, command: &str) -> Result<(String, i32)> {
        self.number += 1;
        let file = self.said_below().join(self.number.to_string());
        let here = self.with_own_ports(command)?;
        self.write(&format!(
            "{{ {here}\n}} > {} 2>&1 < /dev/null\necho \"$?\"\n",
            file.display()
        ))?;
        let mut end = String::new();
        self.ends.read_line(&mut end).context("reading from bash")?;
        let said = std::fs::read_to_string(&file).unwrap_or_default();
        let Ok(code) = end.trim().parse() else {
            bail!("the shell ended at: {command}\n{said}");
        };
        Ok((self.with_ports_of_the_document(&said), code))
    }

    /// Where what is said goes: outside of what the commands look at.
    fn said_below(&self) -> PathBuf {
        self.place.join(".said")
    }

    fn write(&mut self, text: &str) -> Result<()> {
        let commands = self.commands.as_mut().context("the shell has ended")?;
        commands.write_all(text.as_bytes()).context("writing to bash")
    }

    /// The command with ports of loopback addresses that are free here.
    fn with_own_ports(&mut self, command: &str) -> Result<String> {
        let rule = Regex::new(r"\b(127\.0\.0\.1|localhost|0\.0\.0\.0):([1-9][0-9]{3,4})\b")?;
        for found in rule.captures_iter(command) {
            let port = found[2].parse()?;
            if !self.ports.iter().any(|(theirs, _)| *theirs == port) {
                self.ports.push((port, free_port()?));
            }
        }
        let replaced = rule.replace_all(command, |found: &Captures<'_>| {
            let here = self
                .ports
                .iter()
                .find(|(theirs, _)| found[2] == theirs.to_string());
            let port = here.map_or(found[2].to_owned(), |(_, ours)| ours.to_string());
            format!("{}:{port}", &found[1])
        });
        Ok(replaced.into_owned())
    }

    /// What was said with the ports of the document, and `~` for the folder.
    fn with_ports_of_the_document(&self, said: &str) -> String {
        let said = said.replace(&*self.place.to_string_lossy(), "~");
        self.ports.iter().fold(said, |said, (theirs, ours)| {
            said.replace(&format!(":{ours}"), &format!(":{theirs}"))
        })
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // The shell ends at the end of its commands, and ends what it has started.
        self.commands = None;
        let _ = self.child.wait();
    }
}

/// A port that is free for UDP and TCP at this moment.
fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let datagrams = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
        let port = datagrams.local_addr()?.port();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}

#[cfg(test)]
mod tests;
