//! What is done when a witness has seen what our key has signed and our ledger does not have `[ROLLBACK]`:
//! the proof is kept, signing and publishing end for the life of the process, and people are told.

use std::sync::Arc;

use ::ledger::fork::{Comparison, ForkProof, Rollback, compare};
use ::ledger::note::Note;
use control::events::EventKind;

use super::Publisher;
use super::policy::KnownWitness;
use super::standing::Signing;
use super::tree;
use crate::wake::{Command, Wake};

/// What is kept.
pub(super) enum Proof {
    Fork(Box<ForkProof>),
    Rollback(Box<Rollback>),
}

/// Says in the log that nothing is signed.
pub(super) fn say(witnesses: &[String]) {
    tracing::error!(
        witnesses = witnesses.join(" "),
        "NOTHING IS SIGNED: witnesses have seen entries that this ledger has signed and does not have. \
         Either an old backup was put back, or another node runs with these keys. The proof is in \
         witness/forks. \
         Mend: stop every other node with these keys; put the newest data back; if it is lost, go on in \
         another log (docs/backup.md); then start this node again"
    );
}

impl Publisher {
    /// A witness says that it knows more of our ledger, and shows this head. Whether it is so: then signing
    /// has ended.
    pub(super) async fn is_against(&mut self, witness: &KnownWitness, theirs: Option<Note>) -> bool {
        let trouble = |what: &str| self.note(witness, |one| one.trouble = Some(what.to_owned()));
        let Some(theirs) = theirs.and_then(|note| self.ours(&note)) else {
            // No witness can stop us by a mere claim.
            tracing::warn!(
                witness = witness.name,
                "it says that it knows more of our ledger, and cannot show it"
            );
            trouble("it says that it knows more of our ledger, and cannot show it");
            return false;
        };
        let Some(ours) = self.released() else { return false };
        let reader = Arc::clone(&self.parts.reader);
        let compared = tokio::task::spawn_blocking(move || {
            let mut nodes = tree::nodes(&*reader, ours.checkpoint());
            compare(&ours, &theirs, &mut nodes)
        });
        let proof = match compared.await {
            Ok(Ok(Comparison::RolledBack(rollback))) => Proof::Rollback(rollback),
            Ok(Ok(Comparison::Forked(fork))) => Proof::Fork(fork),
            Ok(Ok(Comparison::Consistent)) => {
                trouble("what it shows of our ledger is ours");
                return false;
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "our head cannot be held against a witness's");
                return false;
            }
            Err(_) => return false,
        };
        self.refuse(vec![witness.name.clone()], vec![proof]).await;
        true
    }

    /// Signs and publishes nothing more.
    pub(super) async fn refuse(&mut self, witnesses: Vec<String>, proofs: Vec<Proof>) {
        // First of all.
        let _ = self.parts.wakes.send(Wake::Command(Command::StopSigning)).await;
        say(&witnesses);
        self.said_at = Some(tokio::time::Instant::now());
        let now = self.now();
        self.parts.metrics.witness.set_signing_refused();
        let event = EventKind::LedgerFork;
        self.parts.metrics.happened(event.as_str());
        self.parts.news.tell_of_node(event, now);
        let witnessing = self.parts.witnessing.clone();
        let kept = tokio::task::spawn_blocking(move || {
            for proof in proofs {
                match proof {
                    Proof::Fork(fork) => witnessing.keep_own_fork(&fork),
                    Proof::Rollback(rollback) => witnessing.keep_own_rollback(&rollback),
                }
            }
        });
        if kept.await.is_err() {
            tracing::error!("keeping the proof panicked");
        }
        self.parts.witnessing.end();
        self.parts.published.change(|standing| {
            standing.signing = Signing::Refused {
                witnesses,
                since: now,
            };
        });
    }
}
