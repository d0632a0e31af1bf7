//! The configuration file: strict TOML, so that a slip of the pen is an error with a suggestion and
//! never a default in silence. `config/node.toml` shows every key.
//!
//! Paths are relative to the file. No secret stands in it: only the paths of secrets.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use convention::clock::Policy;
use protocol::ids::PartyCode;
use serde::Deserialize;

use crate::four_eyes::Policy as FourEyes;
use crate::limits::CONFIG_BYTES_MAX;
use crate::secret;

mod directory;
mod four_eyes;
mod keys;
mod limits;
mod public;
mod retention;
mod witness;

pub use self::limits::Limits;
pub(crate) use self::limits::bytes;

pub use directory::Directory;
pub use public::{Public, TimeStamp};
pub use witness::{Quorum, Witness};

/// A configuration that was read whole and understood.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who we are.
    pub node: Node,
    /// Where peers reach us.
    pub listen: SocketAddr,
    /// Where our keys lie.
    pub keys: Keys,
    /// The network's directory.
    pub directory: Directory,
    /// Who must have seen our ledger.
    pub witness: Witness,
    /// The control socket's path.
    pub control_socket: PathBuf,
    /// The Unix group that may reach the control socket beside the node's own user, by name or number.
    pub control_group: Option<String>,
    /// Which kinds of message need a second officer `[FOUR-EYES]`.
    pub four_eyes: FourEyes,
    /// Where `/metrics`, `/livez` and `/readyz` are also served, if anywhere.
    pub health_listen: Option<SocketAddr>,
    /// What outsiders may ask of us.
    pub public: Public,
    /// Who stamps our checkpoints with the time.
    pub time_stamp: TimeStamp,
    /// What may be turned.
    pub limits: Limits,
    /// When we want to be reminded: the clocks of policy, which are nobody's law.
    pub policy: Policy,
    /// What is kept for how long `[ERASE]`.
    pub retention: crate::erasure::Policy,
    /// How to log.
    pub log: Log,
}

/// `[node]`
#[derive(Debug, Clone)]
pub struct Node {
    /// The Party that this node serves.
    pub party: PartyCode,
    /// The node's DNS name, as in its TLS certificate and in the directory.
    pub name: String,
    /// The store's folder.
    pub data: PathBuf,
    /// Where drafts lie: `drafts` beside the store.
    pub drafts: PathBuf,
    /// The register of officers: `officers.json` beside the store.
    pub officers: PathBuf,
    /// What waits for a review: `reviews` beside the store.
    pub reviews: PathBuf,
    /// What attachments are: `manifests` beside the store.
    pub manifests: PathBuf,
    /// Which attachments wait for their message: `staged` beside the store.
    pub staged: PathBuf,
    /// Which erasures wait for approval, and which are carried out: `erasures` beside the store.
    pub erasures: PathBuf,
    /// Where the newest directory's version is noted: `directory.floor` beside the store.
    pub directory_floor: PathBuf,
    /// The time stamps of checkpoints: `stamps` beside the store.
    pub stamps: PathBuf,
    /// Where every accepted directory is kept, and the proofs of forks: `directories` beside the store.
    pub directories: PathBuf,
    /// The heads of peers' ledgers that were cosigned, and the proofs of forks: `witness` beside the store.
    pub witness: PathBuf,
    /// The newest of our heads that were cosigned: `published` beside the store.
    pub published: PathBuf,
}

/// `[keys]`: paths.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Certificate chain, PEM, the node's own first.
    pub tls_certificate: PathBuf,
    /// PKCS#8, PEM.
    pub tls_key: PathBuf,
    /// Seed of the envelope key.
    pub envelope: PathBuf,
    /// Seed of the ledger key.
    pub ledger: PathBuf,
    /// Seed of the witness key.
    pub witness: PathBuf,
    /// Folder of `OFFICE.key.asc`.
    pub openpgp_directory: PathBuf,
    /// The password of those.
    pub openpgp_password: PathBuf,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Lines for people or for machines.
    pub format: LogFormat,
    /// A `tracing` filter, such as `info` or `info,node::quic=debug`.
    pub level: String,
}

/// `[log] format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
    /// Each line with its priority before it, for the journal of systemd.
    Journald,
}

/// What is wrong with the configuration. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration: {0}")]
    Unreadable(#[from] secret::FileError),
    /// A key that does not exist.
    #[error("{file}:{line}: unknown key \"{key}\"{}", suggestion(.meant.as_deref()))]
    UnknownKey {
        /// The file.
        file: String,
        /// Its line.
        line: usize,
        /// The key as written, with its section.
        key: String,
        /// The nearest key that exists.
        meant: Option<String>,
    },
    /// Not TOML, or a value that does not fit.
    #[error("{file}:{line}: {what}")]
    Invalid {
        /// The file.
        file: String,
        /// Its line.
        line: usize,
        /// What was expected.
        what: String,
    },
}

fn suggestion(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |key| format!(", did you mean \"{key}\"?"))
}

impl Config {
    /// Reads and checks the file. Touches no key: see [`crate::keys`].
    ///
    /// # Errors
    /// On the first fault, with its line.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let bytes = secret::read_public(path, CONFIG_BYTES_MAX)?;
        let text = String::from_utf8(bytes).map_err(|_| ConfigError::Invalid {
            file: path.display().to_string(),
            line: 1,
            what: "the file is not UTF-8".to_owned(),
        })?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        Self::parse(&text, &path.display().to_string(), folder)
    }

    /// Reads `text`, which is called `file` in errors; its paths are relative to `folder`.
    ///
    /// # Errors
    /// On the first fault, with its line.
    pub fn parse(text: &str, file: &str, folder: &Path) -> Result<Self, ConfigError> {
        keys::check(text, file)?;
        let written: Written = toml::from_str(text).map_err(|error| ConfigError::Invalid {
            file: file.to_owned(),
            line: keys::line_of(text, error.span().map_or(0, |span| span.start)),
            what: error.message().to_owned(),
        })?;
        let four_eyes = written.four_eyes.policy(text, file)?;
        let retention = written.retention.policy(text, file)?;
        written.directory.check(text, file)?;
        Ok(written.resolve(folder, four_eyes, retention))
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

/// The file as it is written, before paths are resolved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    node: WrittenNode,
    listen: WrittenListen,
    keys: WrittenKeys,
    directory: directory::WrittenDirectory,
    #[serde(default)]
    witness: witness::WrittenWitness,
    #[serde(default)]
    control: WrittenControl,
    #[serde(default)]
    health: WrittenHealth,
    #[serde(default)]
    public: Public,
    #[serde(default)]
    time_stamp: TimeStamp,
    #[serde(default)]
    four_eyes: four_eyes::WrittenFourEyes,
    #[serde(default)]
    retention: retention::WrittenRetention,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    policy: Policy,
    #[serde(default)]
    log: Log,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNode {
    #[serde(deserialize_with = "from_text")]
    party: PartyCode,
    name: String,
    #[serde(default = "default_data")]
    data: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenListen {
    address: SocketAddr,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKeys {
    tls_certificate: PathBuf,
    tls_key: PathBuf,
    envelope: PathBuf,
    ledger: PathBuf,
    witness: PathBuf,
    openpgp_directory: PathBuf,
    openpgp_password: PathBuf,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenControl {
    socket: PathBuf,
    group: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct WrittenHealth {
    listen: Option<SocketAddr>,
}

impl Default for WrittenControl {
    fn default() -> Self {
        Self {
            socket: PathBuf::from("control.sock"),
            group: None,
        }
    }
}

fn default_data() -> PathBuf {
    PathBuf::from("data")
}

impl Written {
    fn resolve(self, folder: &Path, four_eyes: FourEyes, retention: crate::erasure::Policy) -> Config {
        let keys = self.keys;
        Config {
            node: Node {
                party: self.node.party,
                name: self.node.name,
                data: folder.join(&self.node.data),
                drafts: folder.join(&self.node.data).with_file_name("drafts"),
                officers: folder.join(&self.node.data).with_file_name("officers.json"),
                reviews: folder.join(&self.node.data).with_file_name("reviews"),
                manifests: folder.join(&self.node.data).with_file_name("manifests"),
                staged: folder.join(&self.node.data).with_file_name("staged"),
                erasures: folder.join(&self.node.data).with_file_name("erasures"),
                directory_floor: folder.join(&self.node.data).with_file_name("directory.floor"),
                stamps: folder.join(&self.node.data).with_file_name("stamps"),
                directories: folder.join(&self.node.data).with_file_name("directories"),
                witness: folder.join(&self.node.data).with_file_name("witness"),
                published: folder.join(&self.node.data).with_file_name("published"),
            },
            listen: self.listen.address,
            keys: Keys {
                tls_certificate: folder.join(keys.tls_certificate),
                tls_key: folder.join(keys.tls_key),
                envelope: folder.join(keys.envelope),
                ledger: folder.join(keys.ledger),
                witness: folder.join(keys.witness),
                openpgp_directory: folder.join(keys.openpgp_directory),
                openpgp_password: folder.join(keys.openpgp_password),
            },
            directory: self.directory.resolve(folder),
            witness: self.witness.resolve(folder),
            control_socket: folder.join(self.control.socket),
            control_group: self.control.group,
            four_eyes,
            health_listen: self.health.listen,
            public: self.public,
            time_stamp: self.time_stamp,
            limits: self.limits,
            policy: self.policy,
            retention,
            log: self.log,
        }
    }
}

fn from_text<'de, D, T>(input: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(input)?;
    text.parse().map_err(serde::de::Error::custom)
}

fn from_texts<'de, D, T>(input: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let texts = Vec::<String>::deserialize(input)?;
    texts
        .iter()
        .map(|text| text.parse().map_err(serde::de::Error::custom))
        .collect()
}

#[cfg(test)]
mod tests;
