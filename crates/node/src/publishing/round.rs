//! One head goes round all witnesses. It is published as soon as the policy's quorum is there; those who come
//! later within the round are added.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::ledger::checkpoint::Checkpoint;
use ::ledger::head::SignedHead;
use ::ledger::note::Note;
use ::ledger::witness::{CosignedHead, Submitter};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::Publisher;
use super::asking::{Question, Told, Trouble};
use super::policy::{KnownWitness, PolicyInUse};
use super::published::Witnessed;
use super::standing::OneWitness;
use crate::limits::{HEADER_COSIGNATURES_MAX, PUBLISHED_EVERY, WITNESS_ANSWER_TIMEOUT};
use crate::wake::{Command, Wake};

/// The head that goes round, with what was collected for it.
pub(super) struct Round {
    cosigned: CosignedHead,
    /// Who has not cosigned it, of those that can be reached.
    open: BTreeSet<String>,
    is_published: bool,
}

/// What one witness said, and where it stands since.
struct Answered {
    witness: KnownWitness,
    submitter: Submitter,
    told: Result<Told, Trouble>,
}

impl Round {
    fn new(head: SignedHead, policy: &PolicyInUse) -> Self {
        let reachable = policy.witnesses.iter().filter(|witness| witness.path.is_some());
        Self {
            cosigned: CosignedHead::new(head),
            open: reachable.map(|witness| witness.name.clone()).collect(),
            is_published: false,
        }
    }

    fn checkpoint(&self) -> &Checkpoint {
        self.cosigned.head().checkpoint()
    }

    /// Whether nobody need be asked any more.
    pub(super) fn is_whole(&self) -> bool {
        self.open.is_empty()
    }
}

impl Publisher {
    /// Takes the newest head round.
    pub(super) async fn publish(&mut self) {
        let Some(head) = self.released() else { return };
        let policy = self.parts.published.policy();
        let mut round = match self.round.take() {
            Some(round) if round.checkpoint() == head.checkpoint() => round,
            _ => Round::new(head, &policy),
        };
        let began = Instant::now();
        let mut asked = self.ask_all(&round, &policy);
        self.publish_if_satisfied(&mut round, &policy).await;
        while !asked.is_empty() {
            // Nobody waits for the slow ones when the quorum is there.
            let patience = match round.is_published {
                true => PUBLISHED_EVERY,
                false => WITNESS_ANSWER_TIMEOUT + Duration::from_secs(1),
            };
            let Ok(Some(answered)) = timeout_at(began + patience, asked.join_next()).await else {
                break;
            };
            let Ok(answered) = answered else { continue };
            if !self.take(&mut round, answered).await {
                // Signing has ended, and with it publishing.
                return;
            }
            if !round.is_published {
                self.publish_if_satisfied(&mut round, &policy).await;
            }
        }
        // Those who came after the quorum, in one.
        self.publish_if_satisfied(&mut round, &policy).await;
        self.round = Some(round);
    }

    fn ask_all(&mut self, round: &Round, policy: &PolicyInUse) -> JoinSet<Answered> {
        let mut asked = JoinSet::new();
        for witness in &policy.witnesses {
            let Some(path) = witness
                .path
                .clone()
                .filter(|_| round.open.contains(&witness.name))
            else {
                continue;
            };
            let question = Question {
                messenger: self.messenger.clone(),
                path,
                reader: Arc::clone(&self.parts.reader),
                head: round.cosigned.head().clone(),
            };
            let known = self.submitters.get(&self.name_of(round, witness)).cloned();
            let mut submitter = known.unwrap_or_else(|| Submitter::new(witness.key.clone(), 0));
            let witness = witness.clone();
            asked.spawn(async move {
                let told = question.ask(&mut submitter).await;
                Answered {
                    witness,
                    submitter,
                    told,
                }
            });
        }
        asked
    }

    /// Takes what one has said; whether anything may still be signed.
    async fn take(&mut self, round: &mut Round, answered: Answered) -> bool {
        let Answered {
            witness,
            submitter,
            told,
        } = answered;
        let name = self.name_of(round, &witness);
        self.submitters.insert(name, submitter);
        match told {
            Ok(Told::Cosigned(lines)) => {
                for line in lines {
                    // Checked by the submitter; of one key the newest counts.
                    let _ = round.cosigned.add(&witness.key, line);
                }
                round.open.remove(&witness.name);
                let (size, now) = (round.checkpoint().size, self.now());
                self.note(&witness, |one| {
                    one.size = size;
                    one.cosigned_at = Some(now);
                    one.trouble = None;
                });
            }
            Ok(Told::Against(theirs)) => return !self.is_against(&witness, theirs).await,
            Err(trouble) => {
                tracing::debug!(witness = witness.name, %trouble, "a head was not cosigned");
                self.note(&witness, |one| one.trouble = Some(trouble.to_string()));
            }
        }
        true
    }

    pub(super) fn note(&self, witness: &KnownWitness, change: impl FnOnce(&mut OneWitness)) {
        self.parts.published.change(|standing| {
            let one = standing.witnesses.entry(witness.name.clone()).or_default();
            one.path = witness.path.as_ref().map(ToString::to_string).unwrap_or_default();
            change(one);
        });
    }

    async fn publish_if_satisfied(&mut self, round: &mut Round, policy: &PolicyInUse) {
        let note = round.cosigned.note();
        let known = self.parts.published.of(&round.checkpoint().origin);
        if known.is_some_and(|known| *known.note() == note) && round.is_published {
            return;
        }
        match policy.policy.evaluate(&note) {
            Ok(evaluation) if evaluation.is_satisfied() => {}
            Ok(_) => return self.fall_behind(round),
            // Each line was checked before it was added.
            Err(error) => return tracing::error!(%error, "our own published head"),
        }
        let Some(witnessed) = Witnessed::of(note.clone()) else {
            return;
        };
        let published = Arc::clone(&self.parts.published);
        let done = tokio::task::spawn_blocking(move || published.publish(witnessed)).await;
        match done {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return tracing::error!(%error, "a head could not be published"),
            Err(_) => return tracing::error!("publishing a head panicked"),
        }
        round.is_published = true;
        let (now, size) = (self.now(), round.checkpoint().size);
        self.parts.metrics.witness.set_published(size);
        let is_newest = self.heads.borrow().size <= size;
        self.parts.published.change(|standing| {
            standing.published_at = Some(now);
            standing.behind_since = (!is_newest).then_some(now);
        });
        let witnessed = Wake::Command(Command::Witnessed(for_headers(&note, round).map(Box::new)));
        // The core outlives this, unless the node stops.
        let _ = self.parts.wakes.send(witnessed).await;
    }

    fn fall_behind(&self, round: &Round) {
        if round.is_published {
            return;
        }
        let now = self.now();
        self.parts.published.change(|standing| {
            standing.behind_since.get_or_insert(now);
        });
    }

    /// Under what a witness's standing is kept: one log and one key.
    fn name_of(&self, round: &Round, witness: &KnownWitness) -> String {
        format!("{} {}", round.checkpoint().origin, witness.key)
    }
}

/// What headers carry of a published head: the ledger's signatures and a few cosignatures; nothing where
/// nobody has cosigned it.
fn for_headers(note: &Note, round: &Round) -> Option<Note> {
    let own = round.cosigned.head().note().signatures().len();
    let lines: Vec<_> = note
        .signatures()
        .iter()
        .take(own + HEADER_COSIGNATURES_MAX)
        .cloned()
        .collect();
    (lines.len() > own).then(|| Note::new(note.text().clone(), lines).ok())?
}
