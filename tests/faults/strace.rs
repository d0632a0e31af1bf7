//! Faults at system calls, by strace: it ends the program there, or answers in the kernel's place.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use e2e::programs::folder;
use e2e::running::Running;

/// All calls that a node makes to its disk and its network.
pub const CALLS: &[&str] = &[
    "openat",
    "close",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "writev",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "fallocate",
    "ftruncate",
    "fadvise64",
    "flock",
    "rename",
    "unlink",
    "unlinkat",
    "mkdir",
    "chmod",
    "fchmod",
    "getdents64",
    "statx",
    "statfs",
    "fstatfs",
    "socket",
    "bind",
    "listen",
    "connect",
    "accept4",
    "sendmsg",
    "sendmmsg",
    "sendto",
    "recvmsg",
    "recvmmsg",
    "recvfrom",
    "setsockopt",
    "shutdown",
];

/// What happens at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// The process is killed as it enters the call.
    Kill,
    /// The call is not made, and fails with this error.
    Error(&'static str),
}

impl Blow {
    fn shown(self) -> String {
        match self {
            Self::Kill => "signal=SIGKILL".to_owned(),
            Self::Error(name) => format!("error={name}"),
        }
    }
}

/// Makes sure that there is an strace.
pub fn check() -> Result<()> {
    let version = Command::new("strace").arg("--version").output();
    match version {
        Ok(output) if output.status.success() => Ok(()),
        _ => bail!("strace is missing (Debian package strace)"),
    }
}

/// strace that starts a node, and strikes when any of its threads enters `call` for the `nth` time. Without
/// `--seccomp-bpf`, with which strace 6.1 sends no signal.
pub fn striking(call: &str, nth: u64, blow: Blow, log: &Path) -> Result<Command> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-s", "0"]);
    arm(&mut strace, call, nth, blow, log);
    strace.arg(folder()?.join("ohrid-node"));
    Ok(strace)
}

/// strace that starts a node, and writes down its calls.
pub fn recording(log: &Path) -> Result<Command> {
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-s", "0", "-e"])
        .arg(format!("trace={}", CALLS.join(",")));
    strace.arg("-o").arg(log).arg(folder()?.join("ohrid-node"));
    Ok(strace)
}

/// strace that watches a node that runs already, and one thread of it or all.
pub struct Attached {
    running: Running,
    log: PathBuf,
}

/// Which threads count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Threads {
    /// All; each counts for itself, and the first to come so far is struck.
    All,
    /// The one of this name.
    Named(&'static str),
}

impl Attached {
    /// Lies in wait.
    pub fn striking(
        node: &Running,
        threads: &Threads,
        (call, nth, blow): (&str, u64, Blow),
        log: &Path,
    ) -> Result<Self> {
        let mut strace = Command::new("strace");
        strace.args(["-y", "-s", "0"]);
        arm(&mut strace, call, nth, blow, log);
        Self::to(strace, node, threads, log)
    }

    /// Writes down.
    pub fn recording(node: &Running, log: &Path) -> Result<Self> {
        let mut strace = Command::new("strace");
        strace
            .args(["-s", "0", "-e"])
            .arg(format!("trace={}", CALLS.join(",")));
        strace.arg("-o").arg(log);
        Self::to(strace, node, &Threads::All, log)
    }

    fn to(mut strace: Command, node: &Running, threads: &Threads, log: &Path) -> Result<Self> {
        match threads {
            Threads::All => strace.arg("-f").arg("-p").arg(node.id().to_string()),
            Threads::Named(name) => strace.arg("-p").arg(thread(node.id(), name)?.to_string()),
        };
        let running = Running::start(&mut strace)?;
        running.wait_for_line("attached").context("strace -p")?;
        Ok(Self {
            running,
            log: log.to_owned(),
        })
    }

    /// Lets go of the node, if there still is one; what was written down.
    pub fn end(self) -> Result<String> {
        // strace lets its program go on when it is asked to end; it ends by itself with it.
        if !self.running.has_ended() {
            let id = self.running.id().to_string();
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .context("kill -TERM")?;
        }
        if self.running.wait_for_end().is_err() {
            self.running.kill()?;
        }
        Ok(std::fs::read_to_string(&self.log)?)
    }
}

fn arm(strace: &mut Command, call: &str, nth: u64, blow: Blow, log: &Path) {
    // After an error, whoever syncs again is to be seen as well.
    let traced = match blow {
        Blow::Kill => call.to_owned(),
        Blow::Error(_) => format!("{call},fsync,fdatasync"),
    };
    strace.arg("-e").arg(format!("trace={traced}"));
    strace
        .arg("-e")
        .arg(format!("inject={call}:{}:when={nth}", blow.shown()));
    strace.arg("-o").arg(log);
}

/// The id of a thread by its name (proc(5)).
pub fn thread(process: u32, name: &str) -> Result<u32> {
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let task = task?;
        let called = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if called.trim() == name {
            return task
                .file_name()
                .to_string_lossy()
                .parse()
                .context("a thread's id");
        }
    }
    bail!("no thread of the node is called {name}")
}
