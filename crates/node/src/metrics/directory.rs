//! What is shown of the directory, and of the node's own keys in it.

use super::Metrics;

impl Metrics {
    /// Registers it.
    pub(super) fn register_directory(&mut self) {
        let r = &mut self.registry;
        r.register(
            "directory_version",
            "Version of the directory in use",
            self.directory_version.clone(),
        );
        r.register(
            "directory_expiry_timestamp_seconds",
            "When the directory in use ends",
            self.directory_expiry_seconds.clone(),
        );
        r.register(
            "key_expiry_timestamp_seconds",
            "When a key of the node's own ends, by kind",
            self.key_expiry.clone(),
        );
        r.register(
            "directory_age_seconds",
            "How long ago the directory in use was signed",
            self.directory_age_seconds.clone(),
        );
        r.register(
            "directory_forks",
            "Proofs of two directories, or key sets, of one number",
            self.directory_forks.clone(),
        );
        r.register(
            "directories_asked_for",
            "Questions to peers for a newer directory, by what came of them",
            self.directories_asked_for.clone(),
        );
    }
}
