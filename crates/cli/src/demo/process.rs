//! The nodes' processes. Whatever happens to the demo, none of them is left behind by accident.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use control::client::Client;
use control::types::NodeState;
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::limits::{LOG_TAIL_LINES, POLL_INTERVAL, START_TIMEOUT, STOP_TIMEOUT};
use crate::node::CONFIG_NAME;
use crate::session::SOCKET_NAME;

/// The log's name in a node's folder.
const LOG_NAME: &str = "node.log";

/// The other programs, which lie beside this one.
#[derive(Debug)]
pub(super) struct Programs {
    node: PathBuf,
    pub(super) verify: PathBuf,
}

/// A node that runs as our child. It is killed when this is dropped, unless it was released.
#[derive(Debug)]
pub(super) struct NodeProcess {
    child: Child,
    folder: PathBuf,
    is_released: bool,
}

impl Programs {
    pub(super) fn find() -> Result<Self, Failure> {
        let own = std::env::current_exe()
            .map_err(|error| Failure::failed(format!("cannot find this program's own file: {error}")))?;
        let beside = |name: &str| {
            let path = own.with_file_name(name);
            if path.is_file() {
                return Ok(path);
            }
            let what = format!("{name} does not lie beside {}", own.display());
            let mend = "build all programs: cargo build --workspace";
            Err(Failure::new(Exit::CouldNotCheck, "program_missing", what).mended_by(mend))
        };
        Ok(Self {
            node: beside("ohrid-node")?,
            verify: beside("ohrid-verify")?,
        })
    }

    /// Starts the node of a folder; its log goes to a file there.
    pub(super) fn start(&self, folder: &Path) -> Result<NodeProcess, Failure> {
        let failed = |error: &std::io::Error| Failure::system("cannot start the node of", folder, error);
        // A node that is started again goes on in the same log.
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join(LOG_NAME))
            .map_err(|error| failed(&error))?;
        let child = Command::new(&self.node)
            .arg("--config")
            .arg(folder.join(CONFIG_NAME))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            // Ctrl-C is for the demo, which then stops the nodes in order.
            .process_group(0)
            .spawn()
            .map_err(|error| failed(&error))?;
        Ok(NodeProcess {
            child,
            folder: folder.to_owned(),
            is_released: false,
        })
    }
}

impl NodeProcess {
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the node says that it can serve.
    pub(super) async fn ready(&mut self) -> Result<Client, Failure> {
        let socket = self.folder.join(SOCKET_NAME);
        let end = Instant::now() + START_TIMEOUT;
        while Instant::now() < end {
            if let Some(status) = self.exited()? {
                let what = format!(
                    "the node of {} ended at its start: {status}",
                    self.folder.display()
                );
                return Err(Failure::failed(what).mended_by("its log, above, says why"));
            }
            if let Ok(client) = Client::connect(&socket).await
                && let Ok(status) = client.status().await
                && status.state == NodeState::Ready
            {
                return Ok(client);
            }
            sleep(POLL_INTERVAL).await;
        }
        let seconds = START_TIMEOUT.as_secs();
        let what = format!(
            "the node of {} is not ready after {seconds} s",
            self.folder.display()
        );
        Err(Failure::new(Exit::Temporary, "not_ready", what).mended_by("its log, above, may say why"))
    }

    /// Asks the node to stop, and waits for it; kills it when it takes too long.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::failed(format!("cannot stop a node: {error}"));
        // Nobody has waited for the child yet, so its number is still its own.
        kill_process(Pid::from_child(&self.child), Signal::TERM).map_err(|error| failed(error.into()))?;
        let folder = self.folder.display().to_string();
        let end = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < end {
            match self.exited()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => {
                    return Err(Failure::failed(format!(
                        "the node of {folder} ended with {status}"
                    )));
                }
                None => sleep(POLL_INTERVAL).await,
            }
        }
        let what = format!(
            "the node of {folder} did not stop within {} s",
            STOP_TIMEOUT.as_secs()
        );
        Err(Failure::failed(what).mended_by("it was killed; nothing that it had confirmed is lost"))
    }

    /// Leaves the node running when the demo ends.
    pub(super) fn release(mut self) -> u32 {
        self.is_released = true;
        self.id()
    }

    fn exited(&mut self) -> Result<Option<ExitStatus>, Failure> {
        self.child
            .try_wait()
            .map_err(|error| Failure::failed(format!("cannot look after a node: {error}")))
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        if !self.is_released {
            // A child that has ended already is not signalled: `kill` then does nothing.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// How a program of ours is called from here: by its name where that is enough, by its path otherwise.
pub(super) fn shown(name: &str) -> String {
    let Ok(path) = std::env::current_exe().map(|own| own.with_file_name(name)) else {
        return name.to_owned();
    };
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let is_found = std::env::split_paths(&folders)
        .filter_map(|folder| folder.join(name).canonicalize().ok())
        .next()
        .is_some_and(|found| path.canonicalize().is_ok_and(|own| own == found));
    if is_found {
        return name.to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(&path).display().to_string()
}

/// The end of a node's log, for when something went wrong.
pub(super) fn log_tail(folder: &Path) -> String {
    let path = folder.join(LOG_NAME);
    let Ok(text) = fs::read_to_string(&path) else {
        return String::new();
    };
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(LOG_TAIL_LINES);
    let tail = lines.get(first..).unwrap_or_default();
    format!("--- {}\n{}", path.display(), tail.join("\n"))
}
