//! The sections as they are written, before paths are resolved, and how they become a [`Config`]. Each
//! section is read by itself, so that a fault in one does not hide the faults of the others.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use convention::clock::Policy;
use protocol::ids::PartyCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};

use super::directory::WrittenDirectory;
use super::four_eyes::WrittenFourEyes;
use super::retention::WrittenRetention;
use super::source::{Fault, Source};
use super::witness::WrittenWitness;
use super::{Config, Keys, Node, from_text, shown};
use crate::limits::{STOP_GRACE, STOP_GRACE_MAX};

/// What a value must be, where serde says that it is something else.
const RULE: &str = "each key has the sort of value that config/node.toml shows";
const RULE_OF_STOPPING: &str = "a stop that waits for ever is none";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenNode {
    #[serde(deserialize_with = "from_text")]
    party: PartyCode,
    name: String,
    #[serde(default = "default_data")]
    data: PathBuf,
    stop_grace_seconds: Option<Spanned<u64>>,
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

/// The sections that are still to be read, and the faults of those that were.
pub(super) struct Sections<'t, 'f> {
    table: DeTable<'t>,
    source: Source<'t>,
    faults: &'f mut Vec<Fault>,
}

impl<'t, 'f> Sections<'t, 'f> {
    pub(super) fn new(table: DeTable<'t>, source: Source<'t>, faults: &'f mut Vec<Fault>) -> Self {
        Self {
            table,
            source,
            faults,
        }
    }

    /// All of them; `None` when one of those that must be there cannot be used. Every fault is told.
    pub(super) fn read(mut self, folder: &Path) -> Option<Config> {
        let node = self.needed::<WrittenNode>("node");
        let listen = self.needed::<WrittenListen>("listen");
        let keys = self.needed::<WrittenKeys>("keys");
        let directory = self.needed::<WrittenDirectory>("directory");
        let witness = self.optional::<WrittenWitness>("witness");
        let control = self.optional::<WrittenControl>("control");
        let health = self.optional::<WrittenHealth>("health");
        let public = self.optional("public");
        let time_stamp = self.optional("time_stamp");
        let four_eyes = self.optional::<WrittenFourEyes>("four_eyes").policy(&self.source);
        let four_eyes = self.told(four_eyes);
        let retention = self
            .optional::<WrittenRetention>("retention")
            .policy(&self.source);
        let retention = self.told(retention);
        let limits = self.optional("limits");
        let policy = self.optional::<Policy>("policy");
        let log = self.optional("log");
        let directory = directory.and_then(|directory| {
            self.told(directory.check(&self.source))?;
            Some(directory.resolve(folder))
        });
        let node = node.and_then(|node| self.node(node, folder));
        Some(Config {
            node: node?,
            listen: listen?.address,
            keys: keys?.resolve(folder),
            directory: directory?,
            witness: witness.resolve(folder),
            control_socket: folder.join(control.socket),
            control_group: control.group,
            four_eyes: four_eyes?,
            health_listen: health.listen,
            public,
            time_stamp,
            limits,
            policy,
            retention: retention?,
            log,
        })
    }

    fn node(&mut self, written: WrittenNode, folder: &Path) -> Option<Node> {
        let stop_grace = match &written.stop_grace_seconds {
            None => STOP_GRACE,
            Some(seconds) => {
                let grace = Duration::from_secs(*seconds.get_ref());
                if grace.is_zero() || grace > STOP_GRACE_MAX {
                    let most = STOP_GRACE_MAX.as_secs();
                    let what = format!("node.stop_grace_seconds is from 1 to {most}");
                    let mend = format!("write stop_grace_seconds = {}", STOP_GRACE.as_secs());
                    let fault = self
                        .source
                        .fault(seconds.span().start, what, RULE_OF_STOPPING, mend);
                    self.faults.push(fault);
                    return None;
                }
                grace
            }
        };
        Some(Node::beside(written, stop_grace, folder))
    }

    fn told<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.faults.push(fault)).ok()
    }

    /// A section without which there is no node.
    fn needed<T: DeserializeOwned>(&mut self, name: &'static str) -> Option<T> {
        let Some((_, content)) = self.take(name) else {
            let mut keys = shown::REQUIRED.iter().filter(|(section, _)| *section == name);
            let lines = keys
                .by_ref()
                .filter_map(|(section, key)| shown::find(section, key));
            let lines: Vec<String> = lines
                .map(|shown| format!("{} = {}", shown.key, shown.value))
                .collect();
            let mend = format!("write it, for example:\n[{name}]\n{}", lines.join("\n"));
            let what = format!("missing section [{name}]");
            let fault = self.source.fault(self.source.text.len(), what, RULE, mend);
            self.faults.push(fault);
            return None;
        };
        self.section(name, content)
    }

    /// A section of which every key has a default, or is off.
    fn optional<T: DeserializeOwned + Default>(&mut self, name: &'static str) -> T {
        let content = self.take(name);
        content
            .and_then(|(_, content)| self.section(name, content))
            .unwrap_or_default()
    }

    fn take(&mut self, name: &str) -> Option<(Spanned<DeString<'t>>, Spanned<DeValue<'t>>)> {
        self.table.remove_entry(name)
    }

    fn section<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        content: Spanned<DeValue<'t>>,
    ) -> Option<T> {
        let whole = content.span();
        let places = places(&content);
        T::deserialize(ValueDeserializer::from(content))
            .map_err(|error| {
                let span = error.span().unwrap_or(whole);
                let key = places.iter().find(|(_, place)| place.contains(&span.start));
                let shown = key.and_then(|(key, _)| shown::find(name, key));
                let mend = match shown {
                    Some(shown) => format!("for example: {} = {}", shown.key, shown.value),
                    None => format!("see [{name}] in config/node.toml"),
                };
                let what = match shown {
                    Some(shown) => format!("{name}.{}: {}", shown.key, error.message()),
                    None => format!("[{name}]: {}", error.message()),
                };
                self.faults.push(self.source.fault(span.start, what, RULE, mend));
            })
            .ok()
    }
}

/// The keys of a section, and where their values stand.
fn places(content: &Spanned<DeValue<'_>>) -> Vec<(String, Range<usize>)> {
    let keys = content.get_ref().as_table().into_iter().flatten();
    keys.map(|(key, value)| (key.get_ref().to_string(), value.span()))
        .collect()
}

impl WrittenKeys {
    fn resolve(self, folder: &Path) -> Keys {
        Keys {
            tls_certificate: folder.join(self.tls_certificate),
            tls_key: folder.join(self.tls_key),
            envelope: folder.join(self.envelope),
            ledger: folder.join(self.ledger),
            witness: folder.join(self.witness),
            openpgp_directory: folder.join(self.openpgp_directory),
            openpgp_password: folder.join(self.openpgp_password),
        }
    }
}

impl Node {
    /// With what lies beside the store.
    fn beside(written: WrittenNode, stop_grace: Duration, folder: &Path) -> Self {
        let data = folder.join(&written.data);
        Self {
            party: written.party,
            name: written.name,
            stop_grace,
            drafts: data.with_file_name("drafts"),
            officers: data.with_file_name("officers.json"),
            reviews: data.with_file_name("reviews"),
            manifests: data.with_file_name("manifests"),
            staged: data.with_file_name("staged"),
            erasures: data.with_file_name("erasures"),
            directory_floor: data.with_file_name("directory.floor"),
            stamps: data.with_file_name("stamps"),
            directories: data.with_file_name("directories"),
            witness: data.with_file_name("witness"),
            published: data.with_file_name("published"),
            data,
        }
    }
}
