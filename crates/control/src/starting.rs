//! How a node is started: what the next steps and the mends tell people to type.

use std::path::Path;

/// Where the Debian package's unit looks for the configuration.
pub const SYSTEM_CONFIG: &str = "/etc/ohrid/node.toml";

/// The command that starts the node with this configuration. That of the package runs as its own Unix user,
/// under its unit: started by hand as root it would leave files that the unit cannot open.
#[must_use]
pub fn start_command(config: &Path) -> String {
    if config == Path::new(SYSTEM_CONFIG) {
        "systemctl start ohrid-node".to_owned()
    } else {
        format!("ohrid-node --config {}", config.display())
    }
}

#[cfg(test)]
mod tests;
