//! The bundle of a case: all that this node has about it, for whoever must be convinced (`docs/bundle.md`).
//!
//! The same state of a case, exported again in the same way, gives the same bytes: everything in a bundle
//! is a function of the ledger, of what lies beside it, and of what was asked for. Times are those of
//! leaves; the checkpoint under which the leaves are shown is either signed for exactly the case's last
//! leaf, or was cosigned by witnesses, and is then kept with the state ([`pin`]), since witnesses sign anew
//! each time.
//!
//! * [`pin`], [`ledger`]: leaves, statements, proofs, checkpoints.
//! * [`messages`]: what was said, sealed and opened, and what is attached.
//! * [`redaction`]: what is left out, and why.
//! * [`timeline`], [`page`], [`guide`]: for people.
//! * [`bag`]: sums, signature, container.
//!
//! All of it blocks: to be called from threads that may.

mod bag;
mod facts;
mod guide;
mod ledger;
mod messages;
mod page;
pub(crate) mod pin;
mod redaction;
mod timeline;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use ::ledger::note::VerifierKey;
use protocol::bundle::{
    Bundle, BundlePath, CaseName, DirectoryFile, Format, Maker, Secretariat, Version, names,
};
use protocol::ids::PartyCode;
use protocol::key::PublicKey;
use store::{ReadError, Reader};

use crate::attachments::{Giving, GivingError, ManifestError};
use crate::cases::Case;
use crate::clock::Clock;
use crate::directory::CurrentDirectory;
use crate::keys::{KeysError, Keystore};
use crate::limits::EXPORT_BYTES_MAX;
use crate::messages::Messages;
use crate::officers::Officers;
use crate::publishing::{Published, Signing};

pub use bag::Bag;
pub use redaction::{Audience, NotARedaction, Redaction, Wanted};

use facts::Facts;

/// What bundles are made from.
pub struct Exporter {
    /// Our Party.
    pub own: PartyCode,
    /// Our node's name.
    pub node_name: String,
    /// Where it is kept which checkpoint a state was shown under.
    pub pins: PathBuf,
    /// The keys by which directories are believed, and how many of them must have signed.
    pub secretariat: (Vec<PublicKey>, usize),
    /// Our keys.
    pub keys: Arc<Keystore>,
    /// The ledger key while the ledger tells of no other.
    pub first_ledger_key: VerifierKey,
    /// The directory in use, and those before it.
    pub directory: Arc<CurrentDirectory>,
    /// What is durable.
    pub reader: Arc<dyn Reader>,
    /// Opens what is sealed.
    pub messages: Arc<Messages>,
    /// Attachments.
    pub giving: Arc<Giving>,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Who is who.
    pub officers: Arc<Officers>,
    /// What witnesses have cosigned of our own logs.
    pub published: Arc<Published>,
}

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What is stored cannot be read. The machine's fault.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A key that is needed is not here. The operator's to mend.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A directory that was in use is not in the archive any more. The operator's to mend.
    #[error("directory {0} was in use when the case was recorded, and is not in the archive any more")]
    NoDirectory(u64),
    /// What is attached cannot be read.
    #[error(transparent)]
    Giving(#[from] GivingError),
    /// The same.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Something is to be left out of a message that there is not. Whoever asks is at fault.
    #[error("the case has no message {0}")]
    NoMessage(u32),
    /// Nothing may be signed now: the ledger was not held against its witnesses yet, or they contradict it
    /// `[ROLLBACK]`.
    #[error("this node may not sign anything now: ohrid node status says why")]
    MayNotSign,
    /// More than one bundle takes.
    #[error("the bundle would be too large: {0}")]
    TooLarge(String),
    /// This program is at fault, or the ledger is damaged.
    #[error("the bundle cannot be made: {0}")]
    Fault(String),
    /// The pin could not be kept.
    #[error("which checkpoint the case is shown under could not be kept: {0}")]
    Pin(#[from] std::io::Error),
}

/// The files of a payload while it is put together.
#[derive(Debug, Default)]
struct Files {
    files: BTreeMap<BundlePath, Vec<u8>>,
    length_bytes: usize,
}

impl Files {
    /// Adds a file, whose place is its own.
    fn add(&mut self, path: BundlePath, bytes: Vec<u8>) -> Result<BundlePath, ExportError> {
        self.length_bytes = self.length_bytes.saturating_add(bytes.len());
        if self.length_bytes > EXPORT_BYTES_MAX {
            let most = EXPORT_BYTES_MAX / (1024 * 1024);
            return Err(ExportError::TooLarge(format!(
                "its messages are longer than {most} MiB; leave their content out (--redact content)"
            )));
        }
        self.files.insert(path.clone(), bytes);
        Ok(path)
    }

    /// The same for one of the fixed names.
    fn add_fixed(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), ExportError> {
        let path = name.parse().map_err(ExportError::fault)?;
        self.add(path, bytes).map(drop)
    }
}

impl ExportError {
    fn fault(error: impl std::fmt::Display) -> Self {
        Self::Fault(error.to_string())
    }
}

impl Exporter {
    /// Whether it is worth waiting a moment for witnesses: they have cosigned our log before, and not yet
    /// this state of the case, which was never shown.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn awaits_witnesses(&self, case: &Case) -> Result<bool, ExportError> {
        let facts = Facts::of(case, &*self.reader)?;
        let Some(last) = facts.leaves.last() else {
            return Ok(false);
        };
        self.is_watched_and_not_covered(&facts, last.index + 1)
    }

    /// Puts together the bundle of a case as it is now. Files that are attached are opened once here, to be
    /// sure of them, and once more when the bag is written.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn export(&self, case: &Case, wanted: &Wanted) -> Result<Bag, ExportError> {
        let mut files = Files::default();
        // `[ROLLBACK]`: a bundle is signed, and so may be the checkpoint in it.
        if self.published.standing().signing != Signing::Allowed {
            return Err(ExportError::MayNotSign);
        }
        let facts = Facts::of(case, &*self.reader)?;
        if let Some(number) = wanted.greatest_number()
            && facts.message(number).is_none()
        {
            return Err(ExportError::NoMessage(number));
        }
        let mut shown = self.show_ledger(&facts, &mut files)?;
        let told = self.tell_messages(&facts, wanted, &mut files)?;
        let versions = shown.directories();
        let mut directories = Vec::with_capacity(versions.len());
        for version in versions {
            let signed = self.directory.signed(version);
            let signed = signed.ok_or(ExportError::NoDirectory(version))?;
            directories.push(DirectoryFile {
                version,
                file: files.add(names::directory(version), signed.as_bytes().to_vec())?,
            });
        }
        let current = self.directory.current();
        let (keys, threshold) = &self.secretariat;
        let bundle = Bundle {
            format: Format::Bundle,
            version: Version,
            network: current.directory.network.clone(),
            made_by: Maker {
                party: self.own,
                node: self.node_name.clone(),
            },
            case: CaseName {
                id: case.id,
                opener: case.opener,
                reference: case.reference(),
            },
            state_at_ms: shown.state_at(),
            secretariat: Secretariat {
                threshold: u32::try_from(*threshold).unwrap_or(u32::MAX),
                keys: keys.clone(),
            },
            directories,
            logs: std::mem::take(&mut shown.logs),
            leaves: std::mem::take(&mut shown.leaves),
            messages: told.messages,
            left_out: told.left_out,
        };
        bundle.check().map_err(ExportError::fault)?;
        let lines = self.timeline(&facts, &bundle, &shown.behind);
        files.add_fixed(names::CONTENTS, bundle.to_json().into_bytes())?;
        files.add_fixed(names::TIMELINE_JSONL, timeline::json_lines(&lines))?;
        files.add_fixed(names::TIMELINE_CSV, timeline::csv(&lines))?;
        let page = page::page(&page::Shown {
            case,
            facts: &facts,
            bundle: &bundle,
            contents: &told.contents,
            lists: &told.lists,
            lines: &lines,
        });
        files.add_fixed(names::PAGE, page.into_bytes())?;
        self.pack(&bundle, shown.end, files, told.attached)
    }
}
