//! The text of `node.toml`, as `ohrid node init` writes it. `config/node.toml` has every key with its
//! default.

use std::net::SocketAddr;

use protocol::key::PublicKey;

use crate::failure::Failure;
use crate::session::{SOCKET_NAME, SYSTEM_SOCKET};

/// The configuration's name in a node's folder.
pub(crate) const CONFIG_NAME: &str = "node.toml";

/// The keys whose lines `ohrid directory install` replaces.
const TRUSTED: &str = "trusted";
const THRESHOLD: &str = "threshold";
const NETWORK: &str = "network";

/// Where a node keeps what it writes while it runs, as it stands in its configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) data: &'static str,
    pub(super) socket: &'static str,
}

/// Everything in the node's own folder.
pub(super) const IN_FOLDER: Places = Places {
    data: "data",
    socket: SOCKET_NAME,
};

/// Where the systemd unit lets it write.
pub(super) const SYSTEM: Places = Places {
    data: "/var/lib/ohrid/data",
    socket: SYSTEM_SOCKET,
};

/// The file for a new node. It trusts nobody yet: that comes with the directory.
pub(super) fn new(party: &str, name: &str, listen: SocketAddr, places: Places) -> String {
    let Places { data, socket } = places;
    format!(
        r#"#:schema /usr/share/ohrid/node.schema.json
# Configuration of the node {name}, written by `ohrid node init`.
# Paths are relative to this file. A key that is not known is an error, not a guess.

[node]
party = "{party}"
name = "{name}"
# Where journal, ledger, payloads and index are kept. A local disk; never a network file system.
data = "{data}"

[listen]
# UDP address and port for peers. Open this port in the firewall.
address = "{listen}"

[keys]
# Secrets: readable by their owner only. A file of the same name in $CREDENTIALS_DIRECTORY goes first.
tls_certificate = "keys/tls.crt.pem"
tls_key = "keys/tls.key.pem"
envelope = "keys/envelope.seed"
ledger = "keys/ledger.seed"
witness = "keys/witness.seed"
openpgp_directory = "keys/openpgp"
openpgp_password = "keys/openpgp.password"

[directory]
# The network's signed directory, and the secretariat's keys that sign it: `ohrid directory install`.
file = "directory.cose"
trusted = []
# How many of them must have signed, at least; all of them where this is left out.
# threshold = 1
# The network's name: a directory of another one is refused, even if the same key signed it.
# network = ""
# Days that an expired directory still serves, with an alarm.
grace_days = 14

[witness]
# How many of the other Parties must have cosigned a checkpoint of this node's ledger for it to count as
# witnessed: "majority", "all", a number such as "3", or "none". No message waits for them.
quorum = "majority"
# How long the node asks them after a start, before it signs, whether they know more of its ledger.
start_wait_seconds = 5

[control]
# The socket of `ohrid` and `ohrid-console`. Only the node's own user and root are let in.
socket = "{socket}"

[log]
format = "text"
level = "info"
"#
    )
}

/// The same file with other keys to trust, so many of which must sign, for this network; everything else
/// stays byte for byte as it was. A file of an earlier release has no line for the threshold: then it gets
/// one.
pub(crate) fn trust_text(
    config: &str,
    keys: &[PublicKey],
    threshold: usize,
    network: &str,
) -> Result<String, Failure> {
    if network.contains(|letter: char| letter.is_control() || matches!(letter, '"' | '\\')) {
        return Err(Failure::invalid(format!(
            "{network:?} cannot be written into {CONFIG_NAME}"
        )));
    }
    let list: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
    let trusted = format!("{TRUSTED} = [{}]", list.join(", "));
    let needed = format!("{THRESHOLD} = {threshold}");
    let pinned = format!("{NETWORK} = \"{network}\"");
    let commented = |line: &str| key_of(line.trim_start_matches(['#', ' '])).map(str::to_owned);
    let has_threshold = config
        .lines()
        .any(|line| commented(line).as_deref() == Some(THRESHOLD));
    let (mut trusted_found, mut threshold_found, mut network_found) = (0, 0, 0);
    let mut lines: Vec<&str> = Vec::new();
    for line in config.lines() {
        if key_of(line) == Some(TRUSTED) {
            trusted_found += 1;
            lines.push(&trusted);
            if !has_threshold {
                threshold_found += 1;
                lines.push(&needed);
            }
        } else if commented(line).as_deref() == Some(THRESHOLD) {
            threshold_found += 1;
            lines.push(&needed);
        } else if commented(line).as_deref() == Some(NETWORK) {
            network_found += 1;
            lines.push(&pinned);
        } else {
            lines.push(line);
        }
    }
    let changed = format!("{}\n", lines.join("\n"));
    // A list over several lines, or none: people edit this file, and we do not guess what they meant.
    let is_whole = toml::from_str::<toml::Table>(&changed).is_ok();
    if (trusted_found, threshold_found, network_found) == (1, 1, 1) && is_whole {
        return Ok(changed);
    }
    let what = format!(
        "{CONFIG_NAME} does not have one line each for `{TRUSTED}`, `{THRESHOLD}` and `{NETWORK}` to change"
    );
    Err(Failure::failed(what).mended_by(format!("write in [directory]:\n{trusted}\n{needed}\n{pinned}")))
}

fn key_of(line: &str) -> Option<&str> {
    line.split_once('=').map(|(key, _)| key.trim())
}

#[cfg(test)]
mod tests;
