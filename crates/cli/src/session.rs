//! One run of the program: who asks, for whom, on which terminal.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use control::client::Client;

use crate::arguments::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::node::CONFIG_NAME;
use crate::terminal::{Asking, Format, Terminal};

/// The socket's name in a node's folder.
pub(crate) const SOCKET_NAME: &str = "control.sock";

/// Where packages put the node's socket.
pub(crate) const SYSTEM_SOCKET: &str = "/run/ohrid/control.sock";

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) terminal: Terminal,
    global: Global,
}

/// Whether there is a node to ask.
#[derive(Debug)]
pub(crate) enum Reachable {
    /// Yes.
    Node(Box<Client>),
    /// None answers, and nobody named one. Holds what was tried.
    Nothing(PathBuf),
}

impl Session {
    pub(crate) fn new(global: Global) -> Self {
        let format = if global.json { Format::Json } else { Format::Text };
        let asking = if global.no_input {
            Asking::Forbidden
        } else {
            Asking::Allowed
        };
        Self {
            terminal: Terminal::new(format, asking),
            global,
        }
    }

    /// The folder that the command works on.
    pub(crate) fn folder(&self, whose: &str) -> Result<&Path, Failure> {
        self.global
            .dir
            .as_deref()
            .ok_or_else(|| Failure::usage(format!("which folder is {whose}?"), "name it with --dir DIR"))
    }

    /// The folder, where one was named.
    pub(crate) fn folder_if_named(&self) -> Option<&Path> {
        self.global.dir.as_deref()
    }

    /// The node to ask: `--socket`, else that of `--dir`, else `OHRID_SOCKET`, else the current folder's,
    /// else the system's.
    pub(crate) async fn client(&self) -> Result<Client, Failure> {
        let client = Client::connect(&self.socket()).await.map_err(|error| {
            let mut failure = Failure::from(error);
            if let (false, Some(mend)) = (self.is_named(), &mut failure.mend) {
                mend.push_str("\nfor a node elsewhere: --dir DIR, --socket PATH or OHRID_SOCKET");
            }
            failure
        })?;
        Ok(match &self.global.officer {
            Some(officer) => client.acting_as(officer),
            None => client,
        })
    }

    /// The node to ask, if there is one. A node that was named must be there.
    pub(crate) async fn client_if_any(&self) -> Result<Reachable, Failure> {
        match self.client().await {
            Ok(client) => Ok(Reachable::Node(Box::new(client))),
            Err(failure) if failure.exit == Exit::Temporary && !self.is_named() => {
                Ok(Reachable::Nothing(self.socket()))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The node to write to, for an officer who is named by `--officer`, the environment, `otherwise`, or
    /// asked.
    pub(crate) async fn client_for_writing(&self, otherwise: Option<&str>) -> Result<Client, Failure> {
        let officer = self.officer(otherwise)?;
        Ok(self.client().await?.acting_as(&officer))
    }

    /// The officer who acts.
    pub(crate) fn officer(&self, otherwise: Option<&str>) -> Result<String, Failure> {
        let named = self.global.officer.as_deref().or(otherwise).map(str::trim);
        if let Some(officer) = named.filter(|officer| !officer.is_empty()) {
            return Ok(officer.to_owned());
        }
        self.terminal.ask("Your name, officer:").ok_or_else(|| {
            Failure::usage(
                "which officer acts?",
                "name the officer with --officer NAME or OHRID_OFFICER",
            )
        })
    }

    /// Says which command makes sense next, for the same node or folder.
    pub(crate) fn next(&self, command: impl Display) {
        let place = match (&self.global.dir, &self.global.socket) {
            (_, Some(socket)) => format!(" --socket {}", socket.display()),
            (Some(dir), None) => format!(" --dir {}", dir.display()),
            (None, None) => String::new(),
        };
        self.terminal.next(format_args!("{command}{place}"));
    }

    /// Whether somebody said which node is meant.
    fn is_named(&self) -> bool {
        self.global.dir.is_some() || self.global.socket.is_some() || socket_of_environment().is_some()
    }

    fn socket(&self) -> PathBuf {
        if let Some(socket) = &self.global.socket {
            return socket.clone();
        }
        if let Some(folder) = &self.global.dir {
            return socket_of(folder);
        }
        if let Some(socket) = socket_of_environment() {
            return socket;
        }
        let here = Path::new(SOCKET_NAME);
        if here.exists() {
            here.to_owned()
        } else {
            PathBuf::from(SYSTEM_SOCKET)
        }
    }
}

/// The socket of the node in that folder: where its configuration says, if it says so.
fn socket_of(folder: &Path) -> PathBuf {
    let text = std::fs::read_to_string(folder.join(CONFIG_NAME)).unwrap_or_default();
    let config: toml::Table = text.parse().unwrap_or_default();
    let socket = config.get("control").and_then(|control| control.get("socket"));
    folder.join(socket.and_then(toml::Value::as_str).unwrap_or(SOCKET_NAME))
}

/// Read here and not by clap, so that `--dir` goes before it: what was typed now is meant now.
fn socket_of_environment() -> Option<PathBuf> {
    std::env::var_os("OHRID_SOCKET")
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

#[cfg(test)]
mod tests;
