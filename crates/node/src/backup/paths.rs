//! The configuration of a restored node: what `node.toml` says of paths is what the restored folder has,
//! whatever it was on the machine that is lost. All other lines stay as they are.

use std::path::Path;

use crate::config::Config;

/// The text with the paths of a node's folder.
pub(super) fn in_one_folder(text: &str, before: &Config) -> String {
    let keys = &before.keys;
    let key = |file: &Path| format!("keys/{}", name(file));
    let values = [
        ("node", "data", "data".to_owned()),
        ("keys", "tls_certificate", key(&keys.tls_certificate)),
        ("keys", "tls_key", key(&keys.tls_key)),
        ("keys", "envelope", key(&keys.envelope)),
        ("keys", "ledger", key(&keys.ledger)),
        ("keys", "witness", key(&keys.witness)),
        ("keys", "openpgp_directory", "keys/openpgp".to_owned()),
        ("keys", "openpgp_password", key(&keys.openpgp_password)),
        ("directory", "file", "directory.cose".to_owned()),
        ("witness", "policy", "witness.policy".to_owned()),
    ];
    let mut section = String::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.trim().clone_into(&mut section);
        }
        let written = trimmed.split_once('=').map(|(key, _)| key.trim());
        let value = values
            .iter()
            .find(|(in_section, key, _)| *in_section == section && Some(*key) == written);
        lines.push(match value {
            Some((_, key, value)) => format!("{key} = {value:?}"),
            None => line.to_owned(),
        });
    }
    lines.push(String::new());
    lines.join("\n")
}

fn name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
