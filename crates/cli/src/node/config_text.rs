//! The text of `node.toml`, as `ohrid node init` writes it. `config/node.toml` has every key with its
//! default.

use std::net::SocketAddr;

use protocol::key::PublicKey;

use crate::failure::Failure;

/// The configuration's name in a node's folder.
pub(crate) const CONFIG_NAME: &str = "node.toml";

/// The line that `ohrid directory install` replaces.
const TRUSTED: &str = "trusted = ";

/// The file for a new node. It trusts nobody yet: that comes with the directory.
pub(super) fn new(party: &str, name: &str, listen: SocketAddr) -> String {
    format!(
        r#"# Configuration of the node {name}, written by `ohrid node init`.
# Paths are relative to this file. A key that is not known is an error, not a guess.

[node]
party = "{party}"
name = "{name}"
# Where journal, ledger, payloads and index are kept. A local disk; never a network file system.
data = "data"

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
# Days that an expired directory still serves, with an alarm.
grace_days = 14

[control]
# The socket of `ohrid` and `ohrid-console`. Only the node's own user and root are let in.
socket = "control.sock"

[log]
format = "text"
level = "info"
"#
    )
}

/// The same file with other keys to trust; everything else stays byte for byte as it was.
pub(crate) fn trust_text(config: &str, keys: &[PublicKey]) -> Result<String, Failure> {
    let list: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
    let line = format!("{TRUSTED}[{}]", list.join(", "));
    let is_trusted = |text: &str| text.trim_start().starts_with("trusted") && text.contains('=');
    let mut found: usize = 0;
    let lines: Vec<&str> = config
        .lines()
        .map(|text| {
            if is_trusted(text) {
                found += 1;
                line.as_str()
            } else {
                text
            }
        })
        .collect();
    let changed = format!("{}\n", lines.join("\n"));
    // A list over several lines, or none: people edit this file, and we do not guess what they meant.
    let is_whole = toml::from_str::<toml::Table>(&changed).is_ok();
    if found == 1 && is_whole {
        return Ok(changed);
    }
    Err(Failure::failed(format!(
        "{CONFIG_NAME} has no line that begins with `{TRUSTED}` to put the key in"
    ))
    .mended_by(format!("write in [directory]: {line}")))
}

#[cfg(test)]
mod tests;
