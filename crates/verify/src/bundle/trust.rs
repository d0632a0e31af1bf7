//! Who is believed: the directories in a bundle, if the secretariat has signed them, and the node's signature
//! over the whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use protocol::bundle::signature::{BundleSeal, SignedBundle};
use protocol::bundle::{Bundle, names};
use protocol::digest::Digest;
use protocol::directory::{Directory, DirectoryError, SignedDirectory, Trust};
use protocol::ids::PartyCode;
use protocol::key::PublicKey;
use protocol::limits::{DIRECTORY_BYTES_MAX, SIGNED_BYTES_MAX};
use protocol::statement::NotAuthentic;

use super::bag::{find, tell};
use super::container::Container;
use crate::limits::BUNDLE_MANIFEST_BYTES_MAX;
use crate::report::Report;
use crate::statements::Witnesses;
use crate::trust::{Sources, load_secretariat};

/// The directories of a bundle that could be read, by version.
#[derive(Debug, Default)]
pub struct Directories(BTreeMap<u64, (Directory, Digest)>);

impl Directories {
    /// Reads every directory that the bundle names, and checks who signed it: enough of the keys that the
    /// auditor has brought, and of those by which the node says that it believes directories.
    ///
    /// Without keys of the auditor's, that could not be checked. A directory that is not signed as it must be
    /// is a finding; it is used all the same, so that what else is wrong is found too.
    pub fn load(
        path: &Path,
        container: &Container,
        bundle: &Bundle,
        sources: &Sources,
        report: &mut Report,
    ) -> Self {
        let brought = load_secretariat(path, sources, report);
        let claimed = (&bundle.secretariat.keys, bundle.secretariat.threshold as usize);
        let mut known = BTreeMap::new();
        for named in &bundle.directories {
            let file = named.file.as_str();
            let bytes = match container.read(file, DIRECTORY_BYTES_MAX) {
                Ok(bytes) => bytes,
                Err(error) => {
                    tell(error, file, report);
                    continue;
                }
            };
            let read = SignedDirectory::from_bytes(&bytes)
                .map_err(DirectoryError::from)
                .and_then(|signed| Ok((signed.peek()?, signed.digest()?, signed)));
            let (directory, digest, signed) = match read {
                Ok(read) => read,
                Err(error) => {
                    find(report, file, error);
                    continue;
                }
            };
            if directory.version != named.version || directory.network != bundle.network {
                find(
                    report,
                    file,
                    "the directory has another version or network than bundle.json says",
                );
            }
            let mut check = |keys: &[PublicKey], threshold, who: &str| {
                if let Err(error) = opened(&signed, &directory, keys, threshold) {
                    find(report, file, format!("by the secretariat's keys {who}: {error}"));
                }
            };
            check(claimed.0, claimed.1, "that bundle.json names");
            if let Some(keys) = &brought {
                let threshold = sources.threshold.unwrap_or(keys.len() / 2 + 1);
                check(keys, threshold, "as the auditor knows them");
            }
            known.insert(directory.version, (directory, digest));
        }
        if let Some((newest, _)) = known.values().next_back() {
            report.directory = Some((newest.network.clone(), newest.version));
        }
        Self(known)
    }

    /// The directory of a version, with whose ledger is looked at; `None` if it could not be read, which was
    /// said.
    #[must_use]
    pub fn witnesses(&self, version: u64, own: PartyCode) -> Option<Witnesses<'_>> {
        let (directory, digest) = self.0.get(&version)?;
        Some(Witnesses {
            directory,
            directory_digest: *digest,
            own,
        })
    }

    /// The newest one.
    #[must_use]
    pub fn newest(&self) -> Option<&Directory> {
        self.0.values().next_back().map(|(directory, _)| directory)
    }
}

/// Its expiry does not matter here: it speaks about the time in which the statements were made.
fn opened(
    signed: &SignedDirectory,
    claimed: &Directory,
    keys: &[PublicKey],
    threshold: usize,
) -> Result<(), DirectoryError> {
    let trust = Trust {
        network: claimed.network.clone(),
        keys: keys.to_vec(),
        threshold,
        expiry_grace: Duration::ZERO,
    };
    signed.open(&trust, claimed.issued_at, None).map(|_| ())
}

/// The node's signature: over this tag manifest, and so over every other file, for this case and this state.
pub fn check_seal(container: &Container, bundle: &Bundle, directories: &Directories, report: &mut Report) {
    let name = names::SIGNATURE;
    // That they are missing was said.
    let Ok(tag_manifest) = container.read(names::TAG_MANIFEST, BUNDLE_MANIFEST_BYTES_MAX) else {
        return;
    };
    let bytes = match container.read(name, SIGNED_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(super::container::FileError::Missing) => return,
        Err(error) => return tell(error, name, report),
    };
    let signed = match SignedBundle::from_bytes(&bytes) {
        Ok(signed) => signed,
        Err(error) => return find(report, name, error),
    };
    let expected = BundleSeal::of(
        bundle.case.id,
        bundle.made_by.party,
        bundle.state_at_ms,
        &tag_manifest,
    );
    match signed.peek() {
        Ok((seal, _)) if seal == expected => {}
        Ok(_) => return find(report, name, "the signature is about another bundle"),
        Err(error) => return find(report, name, error),
    }
    let Some(newest) = directories.newest() else {
        return report.could_not_check("the node's signature: no directory of the bundle can be read");
    };
    match signed.verify(newest) {
        Ok(_) => report.signatures_valid += 1,
        Err(NotAuthentic::UnknownKey(unknown)) => {
            find(
                report,
                name,
                format!("the directory in the bundle has not the key: {unknown}"),
            );
        }
        Err(error) => find(report, name, error),
    }
}
