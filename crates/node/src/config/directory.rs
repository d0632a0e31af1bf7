//! `[directory]`: where the directory lies, and who must have signed it.

use std::path::{Path, PathBuf};

use protocol::key::PublicKey;
use serde::Deserialize;
use toml::Spanned;

use super::from_texts;
use super::source::{Fault, Source};

const RULE: &str = "some of the trusted keys, or all, must have signed a directory [DIRECTORY]";

/// `[directory]`
#[derive(Debug, Clone)]
pub struct Directory {
    /// The signed directory.
    pub file: PathBuf,
    /// The network's name, if it is pinned: directories of two networks never mix.
    pub network: Option<String>,
    /// Keys of the secretariat that we trust: all of one key set, of which later ones follow.
    pub trusted: Vec<PublicKey>,
    /// How many of them must have signed, at least. All of them, where the file does not say.
    pub threshold: usize,
    /// Days that an expired directory still serves, with an alarm.
    pub grace_days: u32,
}

/// As it is written, before paths are resolved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenDirectory {
    file: PathBuf,
    network: Option<String>,
    #[serde(deserialize_with = "from_texts")]
    trusted: Vec<PublicKey>,
    threshold: Option<Spanned<usize>>,
    #[serde(default = "default_grace_days")]
    grace_days: u32,
}

impl WrittenDirectory {
    /// With its paths below `folder`.
    pub(super) fn resolve(self, folder: &Path) -> Directory {
        Directory {
            file: folder.join(&self.file),
            network: self.network.clone(),
            threshold: self.threshold(),
            trusted: self.trusted,
            grace_days: self.grace_days,
        }
    }

    /// Whoever names keys and no threshold has not said that fewer are enough.
    fn threshold(&self) -> usize {
        let all = self.trusted.len().max(1);
        self.threshold.as_ref().map_or(all, |written| *written.get_ref())
    }

    /// A threshold of 0 would believe anybody, and one above the number of keys nobody.
    pub(super) fn check(&self, source: &Source<'_>) -> Result<(), Fault> {
        let all = self.trusted.len();
        match &self.threshold {
            Some(written) if *written.get_ref() == 0 || *written.get_ref() > all => {
                let what =
                    format!("threshold: how many of the {all} trusted keys must have signed, 1 at least");
                let mend = format!("write threshold = {}, or leave it out", all.max(1));
                Err(source.fault(written.span().start, what, RULE, mend))
            }
            _ => Ok(()),
        }
    }
}

fn default_grace_days() -> u32 {
    14
}
