//! The configuration: strict TOML. `config/console.toml` has every key with a comment.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use convention::time::{UnknownZone, Zone};
use serde::Deserialize;

/// What the console needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// The node's control socket.
    pub(crate) socket: PathBuf,
    /// Where browsers reach the console: always loopback.
    pub(crate) listen: SocketAddr,
    /// The office's time zone, for times beside UTC.
    pub(crate) zone: Zone,
}

/// What the command line says; it goes before the file.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) socket: Option<PathBuf>,
    pub(crate) listen: Option<SocketAddr>,
}

/// Why there is no configuration. The operator is at fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{name}: {message}")]
    Malformed { name: String, message: String },
    #[error("time_zone: {wrong}; {}", .wrong.mend())]
    Zone { wrong: UnknownZone },
    #[error(
        "{0} can be reached from other machines, and the console has no login yet: listen on 127.0.0.1 \
         or [::1], and reach it through an SSH tunnel"
    )]
    NotLoopback(SocketAddr),
    #[error("no control socket: name it with --socket PATH or in the configuration")]
    NoSocket,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    node: WrittenNode,
    web: WrittenWeb,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenNode {
    socket: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenWeb {
    listen: Option<SocketAddr>,
    time_zone: Option<String>,
}

impl Config {
    /// Reads the file, if there is one; paths in it are relative to it.
    pub(crate) fn load(path: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let Some(path) = path else {
            return Self::resolve(Written::default(), Path::new(""), overrides);
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let written = Self::parse(&text, &path.display().to_string())?;
        Self::resolve(written, path.parent().unwrap_or(Path::new("")), overrides)
    }

    fn parse(text: &str, name: &str) -> Result<Written, ConfigError> {
        toml::from_str(text).map_err(|error| ConfigError::Malformed {
            name: name.to_owned(),
            // It shows the line, and the keys that there are.
            message: error.to_string(),
        })
    }

    fn resolve(written: Written, folder: &Path, overrides: Overrides) -> Result<Self, ConfigError> {
        let socket = overrides
            .socket
            .or(written.node.socket.map(|socket| folder.join(socket)));
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let listen = overrides.listen.or(written.web.listen).unwrap_or(default);
        if !listen.ip().is_loopback() {
            return Err(ConfigError::NotLoopback(listen));
        }
        let zone = match written.web.time_zone {
            None => Zone::utc(),
            Some(name) => Zone::named(&name).map_err(|wrong| ConfigError::Zone { wrong })?,
        };
        Ok(Self {
            socket: socket.ok_or(ConfigError::NoSocket)?,
            listen,
            zone,
        })
    }
}

#[cfg(test)]
mod tests;
