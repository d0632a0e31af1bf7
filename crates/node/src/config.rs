//! The configuration file: strict TOML, so that a slip of the pen is an error with a suggestion and
//! never a default in silence. `config/node.toml` shows every key.
//!
//! Paths are relative to the file. No secret stands in it: only the paths of secrets.
//!
//! * `written.rs`: the sections as they are written, and how they become a [`Config`].
//! * `keys.rs`, `shown.rs`: which keys there are, and what `config/node.toml` says of them.
//! * `environment.rs`, `source.rs`: what lies over the file, and where each word stands.
//! * `show.rs`, `schema.rs`, `check.rs`: `ohrid-node config show`, `schema` and `check`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use convention::clock::Policy;
use protocol::ids::PartyCode;
use serde::Deserialize;
use toml::de::DeTable;

use crate::four_eyes::Policy as FourEyes;
use crate::limits::CONFIG_BYTES_MAX;
use crate::secret;

pub mod check;
mod directory;
mod environment;
mod four_eyes;
mod keys;
mod limits;
mod public;
mod retention;
mod schema;
pub mod show;
mod shown;
mod source;
mod witness;
mod written;

pub use self::limits::Limits;
pub(crate) use self::limits::bytes;

pub use directory::Directory;
pub use environment::Environment;
pub use public::{Public, TimeStamp};
pub use schema::schema;
pub use source::{Fault, Place};
pub use witness::{Quorum, Witness};

use source::Source;
use written::Sections;

const TOML_RULE: &str = "the configuration is TOML, in UTF-8";

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
    /// How long a stop waits for what is under way.
    pub stop_grace: Duration,
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
    /// Words of it are wrong: all that could be found at once.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Faulty(Vec<Fault>),
}

fn suggestion(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |key| format!(", did you mean \"{key}\"?"))
}

impl Config {
    /// Reads and checks the file, and what the environment says over it. Touches no key: see [`crate::keys`].
    ///
    /// # Errors
    /// When the file cannot be read; else with all faults that can be told at once, each with its place.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        let environment = Environment::of_process();
        Self::parse_over(&text, &path.display().to_string(), folder, &environment)
    }

    /// Reads `text`, which is called `file` in errors; its paths are relative to `folder`.
    ///
    /// # Errors
    /// With all faults that can be told at once.
    pub fn parse(text: &str, file: &str, folder: &Path) -> Result<Self, ConfigError> {
        Self::parse_over(text, file, folder, &Environment::default())
    }

    /// The same, with what the environment says over it.
    ///
    /// # Errors
    /// With all faults that can be told at once.
    pub fn parse_over(
        text: &str,
        file: &str,
        folder: &Path,
        environment: &Environment,
    ) -> Result<Self, ConfigError> {
        let (overrides, mut faults) = environment.over(text.len());
        let source = Source {
            text,
            file,
            overrides: &overrides,
        };
        let mut table = document(&source, &mut faults);
        faults.extend(keys::take_unknown(&mut table, &source));
        let config = Sections::new(table, source, &mut faults).read(folder);
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(ConfigError::Faulty(faults)),
        }
    }
}

/// The text of a configuration.
///
/// # Errors
/// When the file cannot be read, or is no text.
pub fn read(path: &Path) -> Result<String, ConfigError> {
    let bytes = secret::read_public(path, CONFIG_BYTES_MAX)?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let source = Source {
            text: &String::from_utf8_lossy(&error.as_bytes()[..at]),
            file: &path.display().to_string(),
            overrides: &[],
        };
        let mend = "save the file as UTF-8".to_owned();
        ConfigError::Faulty(vec![source.fault(
            at,
            "the file is not UTF-8".to_owned(),
            TOML_RULE,
            mend,
        )])
    })
}

/// The file with the environment over it. What is no TOML is told, and the rest of it is read as far as
/// possible.
fn document<'t>(source: &Source<'t>, faults: &mut Vec<Fault>) -> DeTable<'t> {
    let (table, errors) = DeTable::parse_recoverable(source.text);
    faults.extend(errors.iter().map(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let mend = "write it as config/node.toml shows".to_owned();
        source.fault(at, error.message().to_owned(), TOML_RULE, mend)
    }));
    let mut table = table.into_inner();
    for over in source.overrides {
        over.apply(&mut table);
    }
    table
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
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
