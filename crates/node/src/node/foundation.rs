//! What a node stands on: its keys, its store, the directory. Blocks.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use protocol::digest::Digest;
use protocol::entry::Entry;
use protocol::exchange::Identity;
use protocol::time::UnixMillis;
use store::{Embedded, Reader, Store};

use super::StartError;
use crate::attachments::manifests::USAGE_FOLDER;
use crate::attachments::{Kept, ManifestError, Manifests, Staging, Usage};
use crate::cases::CaseIndex;
use crate::clock::Clock;
use crate::config::Config;
use crate::directory::CurrentDirectory;
use crate::keys::{Keystore, origin, succession};
use crate::limits;
use crate::officers::Officers;
use crate::reviews::Reviews;

/// The parts that everything else is made of.
pub(super) struct Foundation {
    pub(super) keys: Arc<Keystore>,
    pub(super) officers: Arc<Officers>,
    pub(super) reviews: Arc<Reviews>,
    pub(super) directory: Arc<CurrentDirectory>,
    pub(super) identity: Identity,
    pub(super) store: Box<dyn Store>,
    pub(super) reader: Arc<dyn Reader>,
    pub(super) clock: Arc<Clock>,
    pub(super) index: CaseIndex,
    pub(super) attachments: Kept,
    /// The newest directory that the ledger tells of.
    pub(super) recorded: Option<Digest>,
}

/// Configuration to foundation: keys, store, directory. Blocks.
pub(super) fn lay(config: &Config) -> Result<Foundation, StartError> {
    let path = &config.node.data;
    // Unlocking keys is slow on purpose, and a store takes its time to prove what it has: both at once.
    let (keys, opened) = thread::scope(|scope| {
        let keys = scope.spawn(|| Keystore::load(config.node.party, &config.keys));
        let opened = Embedded::open(path, &store::Settings::default());
        (keys.join(), opened)
    });
    let keys = keys.map_err(|_| StartError::System("unlocking the keys panicked".to_owned()))?;
    let keys = Arc::new(keys?);
    let (store, report) = opened.map_err(|source| StartError::Store {
        path: path.clone(),
        source,
    })?;
    tracing::info!(size = report.size, index = ?report.index, "store opened");
    if let Some(torn) = &report.torn {
        tracing::warn!(?torn, "a batch that nobody was told of was cut off");
    }
    let reader = store.reader();
    let secret = keys.index_secret();
    let index = CaseIndex::open(path, &secret, config.node.party, &config.policy, &*reader)?
        .with_terms(&config.retention);
    let files = Arc::new(store.attachments(config.limits.attachment_settings())?);
    let attachments = kept(config, &keys, files, &*reader)?;
    let clock = Arc::new(Clock::not_before(last_entry_at(&*reader)?));
    let floor = &config.node.directory_floor;
    let recorded = newest_directory(&*reader)?;
    let directory = CurrentDirectory::load(&config.directory, floor, recorded, clock.now())?;
    let accepted = directory.current();
    // An empty ledger says nothing of the time, and a clock may be years behind: what is dated now would be
    // refused for good, as dated ahead.
    clock.raise_floor(accepted.directory.issued_at);
    let now = clock.now();
    keys.check_directory(&config.node.name, &accepted, now)?;
    let record = super::rotating::own_record(&directory, &keys)?;
    let first_origin = origin::of_first_log(&keys, &*reader, path, &record, now)?;
    let identity = succession::identity(&keys, &*reader, &first_origin)?;
    let officers = Arc::new(Officers::load(&config.node.officers, Arc::clone(&keys))?);
    let reviews = Arc::new(Reviews::load(&config.node.reviews, &*reader)?);
    say_who_may_write(config, &officers, &reviews);
    Ok(Foundation {
        officers,
        reviews,
        identity,
        keys,
        directory: Arc::new(directory),
        store: Box::new(store),
        reader,
        clock,
        index,
        attachments,
        recorded: recorded.map(|(_, digest)| digest),
    })
}

/// Attachments: those of messages, and those that wait for one.
fn kept(
    config: &Config,
    keys: &Keystore,
    files: Arc<store::Attachments>,
    reader: &dyn Reader,
) -> Result<Kept, StartError> {
    let secrets = keys.manifest_secrets();
    let is_sent = |leaf: &u64| {
        let entry = reader.leaf(*leaf).ok().and_then(|leaf| Entry::decode(&leaf).ok());
        matches!(entry, Some(Entry::Submitted { .. }))
    };
    let is_recorded = |message| {
        reader
            .message_entries(message)
            .is_ok_and(|leaves| leaves.iter().any(is_sent))
    };
    let staged = &config.node.staged;
    let largest = config.limits.attachments().attachment_bytes_max;
    let staging = Staging::open(Arc::clone(&files), staged, &secrets, largest, is_recorded)?;
    Ok(Kept {
        files,
        manifests: Arc::new(Manifests::open(&config.node.manifests, &secrets)?),
        usage: Arc::new(Usage::open(&config.node.manifests.join(USAGE_FOLDER)).map_err(ManifestError::from)?),
        staging,
    })
}

fn say_who_may_write(config: &Config, officers: &Officers, reviews: &Reviews) {
    if !officers.is_in_force() {
        tracing::warn!("officers: none registered, any name is accepted");
        if !config.four_eyes.kinds.is_empty() {
            tracing::error!("four_eyes: nobody can approve, since nobody is registered: ohrid officer add");
        }
    }
    if reviews.outstanding() > 0 {
        let outstanding = reviews.outstanding();
        tracing::warn!(
            outstanding,
            "messages that were sent without approval wait for review"
        );
    }
}

/// The newest directory among the newest entries: should the floor be lost, the ledger still knows it. One
/// that is farther back is recorded again: better twice than, after a crash at the wrong moment, never.
fn newest_directory(reader: &dyn Reader) -> Result<Option<(u64, Digest)>, StartError> {
    let mut newest = None;
    let logs = reader.logs().into_iter().rev();
    let at_hand = logs
        .skip_while(|log| log.kept == store::Kept::Here)
        .map(|log| log.end())
        .next();
    let recent = reader.size().saturating_sub(limits::DIRECTORY_LOOKED_FOR_IN);
    // What is in cold storage is older than what is looked for.
    let from = recent.max(at_hand.unwrap_or(0));
    reader.leaves(from..reader.size(), &mut |_, leaf| {
        if let Ok(Entry::DirectoryAccepted { version, digest, .. }) = Entry::decode(leaf) {
            newest = newest.max(Some((version, digest)));
        }
        ControlFlow::Continue(())
    })?;
    Ok(newest)
}

/// The clock never shows less than what the ledger has seen.
fn last_entry_at(reader: &dyn Reader) -> Result<UnixMillis, StartError> {
    let Some(last) = reader.size().checked_sub(1) else {
        return Ok(UnixMillis::default());
    };
    let leaf = reader.leaf(last)?;
    let entry = Entry::decode(&leaf).map_err(|error| StartError::System(error.to_string()))?;
    Ok(entry.at())
}
