//! The bundle: all that a node has about one case, with what is needed to check it. `docs/bundle.md` is the
//! format; here are its table of contents, `data/bundle.json`, and what frames it.
//!
//! Whoever makes a bundle and whoever checks one share these types, and nothing else. The table of contents
//! is JSON, since people read it; it is read strictly all the same: what [`Bundle::parse`] accepts is exactly
//! what [`Bundle::to_json`] prints, and every file in it has the one name that its place gives it
//! ([`names`]). An example is `golden/bundle.json`; its beginning:
//!
//! ```text
//! {
//!   "format": "ohrid-bundle",
//!   "version": 1,
//!   "network": "exercise.example.org",
//!   "made_by": {
//!     "party": "XA",
//!     "node": "node.xa.example.org"
//!   },
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`names`] | which file lies where |
//! | [`path`] | what a path in a bundle looks like |
//! | [`signature`] | the node's signature over the whole |
//! | [`sums`] | the manifests of BagIt (RFC 8493) |
//! | [`zip`] | the one form of the zip file |

mod form;
pub mod names;
pub mod path;
mod rules;
pub mod signature;
pub mod sums;
mod word;
pub mod zip;

use serde::{Deserialize, Serialize};

use crate::digest::Commitment;
use crate::ids::{CaseId, Code, ContactPoint, MessageId, PartyCode};
use crate::key::PublicKey;
use crate::limits::BUNDLE_JSON_BYTES_MAX;
use crate::time::UnixMillis;

pub use form::{Format, Version};
pub use path::BundlePath;
pub use rules::Broken;
pub use word::{Direction, LeafKind, Part, Why};

/// `data/bundle.json`: what is what in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Always `ohrid-bundle`.
    pub format: Format,
    /// Always 1.
    pub version: Version,
    /// The network's name.
    pub network: String,
    /// Whose node made the bundle.
    pub made_by: Maker,
    /// The case.
    pub case: CaseName,
    /// The state that is shown: the greatest time of the leaves and of the checkpoints.
    pub state_at_ms: UnixMillis,
    /// By whom the node believes directories: a claim.
    pub secretariat: Secretariat,
    /// The directories that were in use, ascending by version.
    pub directories: Vec<DirectoryFile>,
    /// The logs in which the leaves stand, oldest first.
    pub logs: Vec<Log>,
    /// Every leaf of the case, ascending by log and index.
    pub leaves: Vec<Leaf>,
    /// Every message of the case, in the order of the ledger.
    pub messages: Vec<Message>,
    /// What is not in the bundle, ascending by message and part.
    pub left_out: Vec<LeftOut>,
}

/// Whose node made the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// The Party.
    pub party: PartyCode,
    /// The node's name.
    pub node: String,
}

/// The case, in all its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseName {
    /// The id of its first message.
    pub id: CaseId,
    /// The Party whose message that is.
    pub opener: PartyCode,
    /// What people call it.
    pub reference: String,
}

/// The keys by which the node believes directories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secretariat {
    /// How many must have signed.
    pub threshold: u32,
    /// Of these.
    pub keys: Vec<PublicKey>,
}

/// A signed directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryFile {
    /// Its version.
    pub version: u64,
    /// Where it is.
    pub file: BundlePath,
}

/// A log, up to the checkpoint under which its leaves are shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Its origin.
    pub origin: String,
    /// How many leaves it had.
    pub size: u64,
    /// The signed note.
    pub checkpoint: BundlePath,
    /// The time for which its keys are judged.
    pub dated_at_ms: UnixMillis,
    /// By which directory.
    pub directory: u64,
    /// Whether it bears cosignatures.
    pub is_witnessed: bool,
}

/// A leaf of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// The log's number, from 1.
    pub log: u32,
    /// The index in that log.
    pub index: u64,
    /// When it was recorded.
    pub at_ms: UnixMillis,
    /// What it is.
    pub kind: LeafKind,
    /// The number of the message that it speaks of; none for an erasure notice.
    pub message: Option<u32>,
    /// Its bytes.
    pub file: BundlePath,
    /// Its inclusion proof.
    pub proof: BundlePath,
    /// The version of the directory that was in use when it was recorded.
    pub directory: u64,
    /// The signed statement in it, for the kinds that have one.
    pub statement: Option<BundlePath>,
    /// For a receipt: what stands in the other node's log.
    pub peer: Option<PeerLeaf>,
}

/// What a receipt speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerLeaf {
    /// The leaf that the other node wrote.
    pub leaf: BundlePath,
    /// Its proof, as the receipt has it.
    pub proof: BundlePath,
    /// Its proof under a checkpoint with cosignatures, if the node has one.
    pub witnessed: Option<BundlePath>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who sent it.
    pub from: ContactPoint,
    /// For whom: one for each header, in the order of the ledger.
    pub to: Vec<ContactPoint>,
    /// Which way.
    pub direction: Direction,
    /// Its kind, where it can be read.
    pub kind: Option<Code>,
    /// When it was sent: the sender's claim.
    pub sent_at_ms: UnixMillis,
    /// What its headers commit to.
    #[serde(with = "form::hexadecimal")]
    pub commitment: Commitment,
    /// The sealed original's length, in bytes.
    pub length_bytes: u64,
    /// What it says.
    pub content: Option<BundlePath>,
    /// The sealed original.
    pub sealed: Option<BundlePath>,
    /// The salt of the commitment.
    pub salt: Option<BundlePath>,
    /// What opens the sealed original.
    pub session_key: Option<BundlePath>,
    /// What is attached, where the headers commit to something.
    pub attachments: Option<Attachments>,
}

/// What is attached to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachments {
    /// What its headers commit to.
    #[serde(with = "form::hexadecimal")]
    pub commitment: Commitment,
    /// The list.
    pub manifest: Option<BundlePath>,
    /// The salt of the commitment.
    pub salt: Option<BundlePath>,
    /// Those that are in the bundle, ascending.
    pub files: Vec<AttachmentFile>,
}

/// An opened attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentFile {
    /// Its number in the manifest, from 1.
    pub number: u32,
    /// Where it is.
    pub file: BundlePath,
}

/// Something that is not in the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// What.
    pub part: Part,
    /// Of which message, by its number.
    pub message: u32,
    /// Why.
    pub why: Why,
}

/// Why bytes are not a `bundle.json`. Whoever wrote them is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Longer than [`BUNDLE_JSON_BYTES_MAX`].
    #[error("bundle.json is longer than {BUNDLE_JSON_BYTES_MAX} bytes")]
    TooLong,
    /// Not JSON, or not of this shape.
    #[error("bundle.json, line {line}, column {column}: {what}")]
    Shape {
        /// Where.
        line: usize,
        /// Where in it.
        column: usize,
        /// What is wrong, without content.
        what: &'static str,
    },
    /// The same could be written otherwise: only one form is read.
    #[error("bundle.json is not in its one form")]
    Form,
    /// Its parts contradict each other.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl Bundle {
    /// Reads a `bundle.json`, strictly. Nothing of what it claims is checked, but that it can be.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > BUNDLE_JSON_BYTES_MAX {
            return Err(BundleError::TooLong);
        }
        let bundle: Self = serde_json::from_slice(bytes).map_err(|error| BundleError::Shape {
            line: error.line(),
            column: error.column(),
            what: match error.classify() {
                serde_json::error::Category::Data => "not a field or value that can stand here",
                serde_json::error::Category::Eof => "the text ends too early",
                _ => "not JSON",
            },
        })?;
        rules::check(&bundle)?;
        if bundle.to_json().as_bytes() == bytes {
            Ok(bundle)
        } else {
            Err(BundleError::Form)
        }
    }

    /// The text of `bundle.json`. The same bundle always gives the same text.
    #[must_use]
    pub fn to_json(&self) -> String {
        #[expect(
            clippy::expect_used,
            reason = "strings, numbers and lists of them have no form that JSON lacks"
        )]
        let text = serde_json::to_string_pretty(self).expect("plain data");
        text + "\n"
    }

    /// Whether its parts can stand beside each other, as [`Bundle::parse`] asks: for whoever makes one.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), Broken> {
        rules::check(self)
    }

    /// The one folder at the top of the zip file.
    #[must_use]
    pub fn folder_name(&self) -> String {
        names::folder(&self.case.reference)
    }
}

#[cfg(test)]
mod tests;
