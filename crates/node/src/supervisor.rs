//! What systemd is told (sd_notify(3)): ready, what the node does, that it is alive, that it reads again,
//! that it stops. Without systemd nothing is told.
//!
//! The protocol is datagrams of `NAME=value` lines to one Unix socket. That is all of it that is used here,
//! so no crate is: `libsystemd` would be C in the process that holds the keys, and `sd-notify` does what
//! stands below.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::sleep;

use crate::pulse::Wellness;
use crate::stop::Stop;

/// How often the status line is told anew where no watchdog waits.
const STATUS_EVERY: Duration = Duration::from_secs(10);

/// The watchdog is fed so many times in its time, so that one late answer is no death.
const FED_PER_TIME: u32 = 3;

/// systemd, if it started us and wants to know.
#[derive(Debug, Default)]
pub struct Supervisor {
    told: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Supervisor {
    /// As the environment of this process says.
    ///
    /// # Errors
    /// When it names a socket that cannot be one: whoever waits for us would wait in vain.
    pub fn of_process() -> io::Result<Self> {
        let text = |name| std::env::var(name).ok();
        let is_ours = text("WATCHDOG_PID").is_none_or(|id| id == std::process::id().to_string());
        let watchdog = text("WATCHDOG_USEC")
            .filter(|_| is_ours)
            .and_then(|time| time.parse().ok());
        Self::new(
            std::env::var_os("NOTIFY_SOCKET").as_deref(),
            watchdog.map(Duration::from_micros),
        )
    }

    /// Tells this socket, and feeds a watchdog with that patience. A name that begins with `@` is an
    /// abstract one.
    ///
    /// # Errors
    /// When the socket's name cannot be one.
    pub fn new(socket: Option<&OsStr>, watchdog: Option<Duration>) -> io::Result<Self> {
        let Some(name) = socket.filter(|name| !name.is_empty()) else {
            return Ok(Self::default());
        };
        let address = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(name)?,
        };
        Ok(Self {
            told: Some((UnixDatagram::unbound()?, address)),
            watchdog: watchdog.filter(|time| !time.is_zero()),
        })
    }

    /// Whether anybody listens.
    #[must_use]
    pub fn listens(&self) -> bool {
        self.told.is_some()
    }

    /// The node is being started.
    pub fn starting(&self) {
        self.tell("STATUS=starting: unlocking keys, opening the ledger");
    }

    /// It takes work: for the first time, or again after reading.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={status}"));
    }

    /// It reads its directory and keys again. The time tells systemd which of two reloads this is.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        self.tell(&format!(
            "RELOADING=1\nMONOTONIC_USEC={micros}\nSTATUS=reading directory and keys again"
        ));
    }

    /// It stops.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=stopping: nothing new is taken, what is under way is finished");
    }

    /// Feeds the watchdog and tells the status, until the node stops: as long as core and writer are felt.
    pub async fn watch(&self, wellness: Wellness, mut stop: Stop) {
        if !self.listens() {
            return;
        }
        let every = self.watchdog.map_or(STATUS_EVERY, |time| time / FED_PER_TIME);
        loop {
            match wellness.feel(every).await {
                Ok(()) => self.alive(&wellness.line()),
                Err(silent) => {
                    tracing::error!(%silent, "the watchdog is not fed");
                    self.tell(&format!("STATUS={silent}"));
                }
            }
            tokio::select! {
                () = sleep(every) => {}
                () = stop.stopping() => return,
            }
        }
    }

    fn alive(&self, status: &str) {
        let fed = if self.watchdog.is_some() {
            "WATCHDOG=1\n"
        } else {
            ""
        };
        self.tell(&format!("{fed}STATUS={status}"));
    }

    /// A datagram that is lost is no reason to stop a node that works.
    fn tell(&self, what: &str) {
        if let Some((socket, address)) = &self.told
            && let Err(error) = socket.send_to_addr(what.as_bytes(), address)
        {
            tracing::warn!(%error, "systemd could not be told");
        }
    }
}

#[cfg(test)]
mod tests;
