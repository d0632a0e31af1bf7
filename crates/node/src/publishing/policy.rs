//! Which witnesses must have cosigned: a policy file (c2sp.org/tlog-policy), or one that follows from the
//! directory: the witness keys of all other Parties, and so many of them as `[witness] quorum` says.

use std::fmt::Write as _;

use ::ledger::note::VerifierKey;
use ::ledger::policy::{Policy, PolicyDecodeError};
use protocol::directory::Directory;
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;

use super::path::WitnessPath;
use crate::config;
use crate::limits::PUBLISHED_FILE_BYTES_MAX;
use crate::secret::{self, FileError};

/// The policy in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInUse {
    /// Its text, for whoever wants to hold our checkpoints against it.
    pub text: String,
    /// The same, read.
    pub policy: Policy,
    /// Its witnesses.
    pub witnesses: Vec<KnownWitness>,
}

/// A witness of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWitness {
    /// Its name in the policy.
    pub name: String,
    /// Its key.
    pub key: VerifierKey,
    /// How it is reached; `None` where neither the directory nor the policy says.
    pub path: Option<WitnessPath>,
}

/// Why there is no policy. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file.
    #[error("[witness] policy: {0}")]
    File(#[from] FileError),
    /// What stands in it.
    #[error("{file}: {source}")]
    Decode {
        /// The file, or what takes its place.
        file: String,
        /// What is wrong.
        source: PolicyDecodeError,
    },
}

/// The policy as configuration and directory have it now. Blocks, if it is a file.
///
/// # Errors
/// [`PolicyError`].
pub fn in_use(
    settings: &config::Witness,
    directory: &Directory,
    own: PartyCode,
    now: UnixMillis,
) -> Result<PolicyInUse, PolicyError> {
    let (text, file) = match &settings.policy {
        None => (
            of_directory(settings, directory, own, now),
            "the directory".to_owned(),
        ),
        Some(path) => {
            let bytes = secret::read_public(path, PUBLISHED_FILE_BYTES_MAX)?;
            (
                String::from_utf8_lossy(&bytes).into_owned(),
                path.display().to_string(),
            )
        }
    };
    let policy = Policy::parse(text.as_bytes()).map_err(|source| PolicyError::Decode { file, source })?;
    let witnesses = policy.witnesses().map(|witness| KnownWitness {
        name: witness.name.to_string(),
        key: witness.key.clone(),
        // A connection that stands is better than one that is to be made.
        path: party_of(directory, &witness.key)
            .filter(|party| *party != own)
            .map(WitnessPath::Peer)
            .or_else(|| witness.url.clone().map(WitnessPath::Http)),
    });
    let witnesses = witnesses.collect();
    Ok(PolicyInUse {
        text,
        policy,
        witnesses,
    })
}

/// The policy that follows from the directory.
fn of_directory(
    settings: &config::Witness,
    directory: &Directory,
    own: PartyCode,
    now: UnixMillis,
) -> String {
    let mut text = format!(
        "# From version {} of the directory {}, and quorum = \"{}\".\n",
        directory.version, directory.network, settings.quorum
    );
    // Writing to a string cannot fail.
    for key in directory
        .party(own)
        .into_iter()
        .flat_map(|record| &record.ledger_keys)
    {
        let _ = writeln!(text, "log {}", key.value);
    }
    let mut names = Vec::new();
    for (party, record) in &directory.parties {
        let periods = record.witness_keys.iter().filter(|period| period.covers(now));
        let keys: Vec<&VerifierKey> = periods.map(|period| &period.value).collect();
        match keys.as_slice() {
            _ if *party == own => continue,
            [] => continue,
            [key] => drop(writeln!(text, "witness {party} {key}")),
            // While a Party changes its key, either is good, and it counts once.
            keys => {
                let mut members = String::new();
                for (number, key) in (1..).zip(keys) {
                    let _ = writeln!(text, "witness {party}-{number} {key}");
                    let _ = write!(members, " {party}-{number}");
                }
                let _ = writeln!(text, "group {party} any{members}");
            }
        }
        names.push(party.to_string());
    }
    match settings.quorum.of(names.len()) {
        0 => text.push_str("quorum none\n"),
        needed => {
            let _ = writeln!(text, "group Parties {needed} {}\nquorum Parties", names.join(" "));
        }
    }
    text
}

fn party_of(directory: &Directory, key: &VerifierKey) -> Option<PartyCode> {
    let mut parties = directory.parties.iter();
    parties
        .find(|(_, record)| record.witness_keys.iter().any(|period| period.value == *key))
        .map(|(party, _)| *party)
}

#[cfg(test)]
mod tests;
