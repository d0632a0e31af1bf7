//! A node as a witness of the others' ledgers, as `node::witness` does it: judge, persist, cosign, answer.
//! The heads that it has cosigned lie on its disk, which fails like the rest of it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use ledger::cosignature::Cosigner;
use ledger::head::SignedHead;
use ledger::note::VerifierKey;
use ledger::witness::{AddCheckpoint, PersistError, Reply, Swapped, Witness, monitoring_path};
use protocol::directory::Directory;
use protocol::ids::PartyCode;
use protocol::time::UnixMillis;

use super::keys::witness_key;
use crate::disk::{self, Disk, DiskError};

/// The longest head that is read.
const HEAD_BYTES_MAX: usize = 64 * 1024;

pub(super) struct Witnessing {
    witness: Witness,
    disk: Disk,
    folder: PathBuf,
    /// The ledgers whose head this process has made durable.
    durable: BTreeSet<String>,
}

pub(super) fn witness_of(party: PartyCode) -> Witness {
    let name = format!("node.{}.example/witness", party.as_str().to_lowercase());
    Witness::new(Cosigner::new(&name, witness_key(party)).unwrap())
}

/// The keys that may sign for a ledger.
pub(super) fn keys_of<'a>(directory: &'a Directory, origin: &str) -> Vec<&'a VerifierKey> {
    let records = directory.parties.values();
    let keys = records.flat_map(|record| record.ledger_keys.iter().map(|period| &period.value));
    keys.filter(|key| key.name() == origin).collect()
}

impl Witnessing {
    pub(super) fn new(party: PartyCode, disk: &Disk) -> Self {
        Self {
            witness: witness_of(party),
            disk: disk.clone(),
            folder: disk.root().join("witness"),
            durable: BTreeSet::new(),
        }
    }

    /// The head of a ledger that was cosigned last.
    pub(super) fn head(&self, origin: &str) -> Option<SignedHead> {
        let bytes = disk::read(&self.file(origin), HEAD_BYTES_MAX).unwrap()?;
        Some(SignedHead::from_stored(&bytes).expect("a head is written whole or not at all"))
    }

    /// Answers a request for a cosignature. An error is the disk's: what lies on it now is not known.
    pub(super) fn answer(
        &mut self,
        directory: &Directory,
        request: AddCheckpoint,
        time: UnixMillis,
    ) -> Result<Reply, DiskError> {
        let origin = request.origin().to_owned();
        let stored = self.head(&origin);
        let swap = match request.judge(&keys_of(directory, &origin), stored.as_ref()) {
            Ok(swap) => swap,
            Err(refusal) => return Ok(refusal.to_reply()),
        };
        let persisted = swap.persist(|swap| {
            assert!(swap.applies_to(stored.as_ref()));
            // A head that another process has left may not be durable yet.
            if !swap.is_repetition() || !self.durable.contains(&origin) {
                self.disk.create_directory(&self.folder)?;
                let note = swap.head().note().to_string();
                self.disk.write_durably(&self.file(&origin), note.as_bytes())?;
                self.durable.insert(origin.clone());
            }
            Ok(Swapped::Done)
        });
        match persisted {
            Ok(persisted) => Ok(self.witness.cosign(persisted, time.0 / 1_000).unwrap().to_reply()),
            Err(PersistError::Overtaken(refusal)) => Ok(refusal.to_reply()),
            Err(PersistError::Store(error)) => Err(error),
        }
    }

    fn file(&self, origin: &str) -> PathBuf {
        let path = monitoring_path(origin);
        let digest = path.split('/').next().unwrap_or_default();
        self.folder.join(format!("{digest}.head"))
    }
}
