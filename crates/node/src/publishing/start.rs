//! Before the first signature after a start: the ledger is held against what its witnesses have of it
//! `[ROLLBACK]`.
//!
//! All of them are asked at once, and waited for as long as `[witness] start_wait_seconds` says. Nothing is
//! signed to ask, nor to compare: what a witness shows bears our own signature, and is held against the
//! tree as it lies on the disk. That we have shown more before also our own `published` folder may say,
//! where only `data` was put back from a backup.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::ledger::head::SignedHead;
use ::ledger::note::{Note, VerifierKey};
use ::ledger::witness::{Cleared, NotCleared, Standing, StartCheck};
use store::Reader;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::Publisher;
use super::against::Proof;
use super::path::Unreached;
use super::policy::KnownWitness;
use super::standing::Signing;
use super::tree;
use crate::limits::{PUBLISHED_EVERY, WITNESS_ALARM_EVERY};

/// How often it is looked whether another witness can be reached.
const LOOKED_EVERY: Duration = Duration::from_millis(200);

/// What the witnesses have said so far.
#[derive(Default)]
struct Said {
    by_name: BTreeMap<String, (VerifierKey, Standing)>,
}

impl Publisher {
    /// Asks what the witnesses have; returns when signing may begin, or must not.
    pub(super) async fn check_start(&mut self) -> Option<Cleared> {
        let began = Instant::now();
        let until = began + Duration::from_secs(self.parts.settings.start_wait_seconds);
        let mut said = Said::default();
        if let Some(standing) = self.own_published().await {
            self.refuse(vec!["published".to_owned()], proofs([&standing]))
                .await;
            return None;
        }
        let mut said_at: Option<Instant> = None;
        loop {
            let is_late = Instant::now() >= until;
            let open = self.open(&said);
            let deadline = if is_late {
                Instant::now() + PUBLISHED_EVERY
            } else {
                until
            };
            self.ask_open(&mut said, open, deadline).await;
            let all = self.open(&said).is_empty();
            match said.judge(self.parts.settings.needed_at_start) {
                Err(NotCleared::KnowMore(against)) => {
                    let names = against.iter().map(|(name, _)| name.to_string()).collect();
                    let proofs = proofs(against.iter().map(|(_, standing)| standing));
                    self.refuse(names, proofs).await;
                    return None;
                }
                Ok(cleared) if all || Instant::now() >= until => return Some(cleared),
                Err(NotCleared::TooFew { agreed, needed }) if all || is_late => {
                    self.parts
                        .published
                        .change(|standing| standing.signing = Signing::Waiting { agreed, needed });
                    if said_at.is_none_or(|at| at.elapsed() >= WITNESS_ALARM_EVERY) {
                        said_at = Some(Instant::now());
                        let what = "nothing is signed before more witnesses were reached ([witness])";
                        tracing::error!(agreed, needed, "{what}");
                    }
                }
                Ok(_) | Err(NotCleared::TooFew { .. }) => {}
            }
            sleep(LOOKED_EVERY).await;
        }
    }

    /// Who is still to be asked, of those that can be.
    fn open(&self, said: &Said) -> Vec<KnownWitness> {
        let policy = self.parts.published.policy();
        let open = policy
            .witnesses
            .iter()
            .filter(|witness| witness.path.is_some() && !said.by_name.contains_key(&witness.name));
        open.cloned().collect()
    }

    async fn ask_open(&self, said: &mut Said, open: Vec<KnownWitness>, deadline: Instant) {
        let mut asked = JoinSet::new();
        for witness in open {
            let (messenger, origin) = (self.messenger.clone(), self.parts.origin.clone());
            asked.spawn(async move {
                let head = match &witness.path {
                    Some(path) => messenger.head(path, &origin).await,
                    None => Err(Unreached::NotConnected),
                };
                (witness, head)
            });
        }
        while let Ok(Some(answered)) = timeout_at(deadline, asked.join_next()).await {
            let Ok((witness, head)) = answered else { continue };
            match head {
                Ok(head) => {
                    if let Some(standing) = self.hold(head).await {
                        said.by_name.insert(witness.name, (witness.key, standing));
                    }
                }
                Err(Unreached::NotConnected) => {}
                Err(trouble) => {
                    let name = &witness.name;
                    tracing::debug!(witness = name, %trouble, "it did not say what it has of our ledger");
                    self.note(&witness, |one| one.trouble = Some(trouble.to_string()));
                }
            }
        }
    }

    /// Holds what a witness has against our tree; `None` where it shows nothing that our key has signed.
    async fn hold(&self, theirs: Option<Note>) -> Option<Standing> {
        let Some(theirs) = theirs else {
            return Some(Standing::NeverSeen);
        };
        let theirs = self.ours(&theirs)?;
        let ours = self.parts.published.of(&self.parts.origin);
        let ours = ours.and_then(|published| self.ours(published.note()));
        let reader = Arc::clone(&self.parts.reader);
        let held = tokio::task::spawn_blocking(move || held_against(&*reader, ours.as_ref(), &theirs));
        held.await.ok()?
    }

    /// What we have published ourselves, if our tree does not have it.
    async fn own_published(&self) -> Option<Standing> {
        let published = self.parts.published.of(&self.parts.origin)?;
        let theirs = self.ours(published.note())?;
        let reader = Arc::clone(&self.parts.reader);
        let held = tokio::task::spawn_blocking(move || held_against(&*reader, None, &theirs));
        held.await
            .ok()?
            .filter(|standing| *standing != Standing::Continued)
    }
}

impl Said {
    fn judge(&self, needed: usize) -> Result<Cleared, NotCleared> {
        let mut check = StartCheck::default();
        for (key, standing) in self.by_name.values() {
            check.record(key, standing.clone());
        }
        check.finish(needed)
    }
}

/// How a head that our key has signed stands to the tree on the disk. Nothing is signed for it: `ours` is one
/// that was published before. Blocks; `None` when the tree cannot be read.
fn held_against(reader: &dyn Reader, ours: Option<&SignedHead>, theirs: &SignedHead) -> Option<Standing> {
    let (size, root) = (theirs.checkpoint().size, theirs.checkpoint().root);
    if size == 0 {
        return Some(Standing::Continued);
    }
    // The newest log is the one that is signed next.
    let log = reader.logs().pop().filter(|log| size <= log.size);
    if let Some(log) = log {
        match reader.root_at(log.position_of(size)) {
            Ok(known) if known == root => return Some(Standing::Continued),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "our ledger cannot be held against a witness's head");
                return None;
            }
        }
    }
    let lost = || Standing::Lost(Box::new(theirs.clone()));
    let Some(ours) = ours else { return Some(lost()) };
    let mut nodes = tree::nodes(reader, ours.checkpoint());
    let standing = Standing::of(Some(ours), Some(theirs), &mut nodes);
    Some(match standing {
        Ok(against @ (Standing::RolledBack(_) | Standing::Forked(_))) => against,
        // It is against us all the same.
        Ok(_) | Err(_) => lost(),
    })
}

/// What there is to keep.
fn proofs<'a>(against: impl IntoIterator<Item = &'a Standing>) -> Vec<Proof> {
    let proofs = against.into_iter().filter_map(|standing| match standing {
        Standing::RolledBack(rollback) => Some(Proof::Rollback(rollback.clone())),
        Standing::Forked(fork) => Some(Proof::Fork(fork.clone())),
        Standing::NotReached | Standing::NeverSeen | Standing::Continued | Standing::Lost(_) => None,
    });
    proofs.collect()
}
