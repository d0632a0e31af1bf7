//! Whether the signatures under a checkpoint are those that a policy asks for, and what is missing.

use std::fmt;

use super::{Definition, Policy, PolicyName};
use crate::checkpoint::{Checkpoint, CheckpointDecodeError};
use crate::cosignature;
use crate::head::keys_of;
use crate::note::{Note, NoteVerifyError, VerifierKey};

/// What came of holding a checkpoint against a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The policy's witnesses that have cosigned validly, in the order of the policy.
    pub cosigned_by: Vec<CosignedBy>,
    /// Every group, or the one witness, of the quorum that is not satisfied and keeps it from being so,
    /// the quorum itself first. Empty when the quorum is satisfied.
    pub lacking: Vec<Lacking>,
}

/// A valid cosignature by a witness of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignedBy {
    /// The witness's name in the policy.
    pub witness: PolicyName,
    /// When it says that it cosigned, in seconds since 1970. If there are more lines by it, the latest.
    pub time_seconds: u64,
}

/// A part of the quorum that is not satisfied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// The group, or the witness where a single one is the quorum.
    pub name: PolicyName,
    /// How many members are satisfied.
    pub satisfied: usize,
    /// How many must be.
    pub needed: usize,
    /// Those that are not.
    pub missing: Vec<PolicyName>,
}

/// Why a checkpoint cannot be held against a policy, or be believed by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyVerifyError {
    /// What was signed is not a checkpoint.
    #[error(transparent)]
    Text(#[from] CheckpointDecodeError),
    /// The policy has no log of this origin.
    #[error("the policy has no log of the checkpoint's origin")]
    UnknownLog,
    /// No log of the policy has signed, or a line that names a key of the policy is invalid.
    #[error(transparent)]
    Signature(#[from] NoteVerifyError),
}

impl Evaluation {
    /// Whether the quorum is satisfied.
    #[must_use]
    pub fn is_satisfied(&self) -> bool {
        self.lacking.is_empty()
    }
}

impl fmt::Display for Lacking {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} of {} needed; missing:",
            self.name, self.satisfied, self.needed
        )?;
        self.missing
            .iter()
            .try_for_each(|name| write!(formatter, " {name}"))
    }
}

impl Policy {
    /// Believes a checkpoint if a log of this policy has signed it, and evaluates the quorum.
    ///
    /// The checkpoint is returned also where the quorum is not satisfied: see [`Evaluation::is_satisfied`].
    pub fn verify(&self, note: &Note) -> Result<(Checkpoint, Evaluation), PolicyVerifyError> {
        let checkpoint = Checkpoint::parse(note.text().as_str())?;
        let all_keys: Vec<&VerifierKey> = self.logs.iter().map(|log| &log.key).collect();
        let keys = keys_of(&checkpoint.origin, &all_keys);
        if keys.is_empty() {
            return Err(PolicyVerifyError::UnknownLog);
        }
        note.verify(&keys)?;
        Ok((checkpoint, self.evaluate(note)?))
    }

    /// Evaluates the quorum for a checkpoint whose log is known and verified from elsewhere.
    ///
    /// An invalid line that names a witness of the policy rejects the whole note, as for every signed note;
    /// lines by others are passed over.
    pub fn evaluate(&self, note: &Note) -> Result<Evaluation, NoteVerifyError> {
        let mut cosigned_by = Vec::new();
        let mut satisfied = Vec::with_capacity(self.definitions.len());
        // In the order of the file: what a group counts was worked out before it.
        for definition in &self.definitions {
            satisfied.push(match definition {
                Definition::Witness(witness) => {
                    let time_seconds = cosigned_at(note, &witness.key)?;
                    let witness = witness.name.clone();
                    cosigned_by.extend(time_seconds.map(|time_seconds| CosignedBy {
                        witness,
                        time_seconds,
                    }));
                    time_seconds.is_some()
                }
                Definition::Group { needed, members, .. } => {
                    members.iter().filter(|member| satisfied[**member]).count() >= *needed
                }
            });
        }
        let lacking = self.lacking(&satisfied);
        Ok(Evaluation { cosigned_by, lacking })
    }

    /// What keeps the quorum from being satisfied. Without recursion: the file decides how deep groups nest.
    fn lacking(&self, satisfied: &[bool]) -> Vec<Lacking> {
        let mut lacking = Vec::new();
        let mut open: Vec<usize> = self.quorum.into_iter().collect();
        while let Some(place) = open.pop() {
            if satisfied[place] {
                continue;
            }
            let definition = &self.definitions[place];
            let (members, needed): (&[usize], usize) = match definition {
                // A witness within a group is named by the group.
                Definition::Witness(_) if self.quorum != Some(place) => continue,
                Definition::Witness(_) => (&[place], 1),
                Definition::Group { members, needed, .. } => (members, *needed),
            };
            let missing: Vec<usize> = members
                .iter()
                .copied()
                .filter(|member| !satisfied[*member])
                .collect();
            lacking.push(Lacking {
                name: definition.name().clone(),
                satisfied: members.len() - missing.len(),
                needed,
                missing: missing
                    .iter()
                    .map(|member| self.definitions[*member].name().clone())
                    .collect(),
            });
            let deeper = missing.into_iter().filter(|member| *member != place);
            open.extend(deeper.rev());
        }
        lacking
    }
}

/// When a witness cosigned, if it did: the latest of its lines, all of which must be valid.
fn cosigned_at(note: &Note, key: &VerifierKey) -> Result<Option<u64>, NoteVerifyError> {
    match note.verify(&[key]) {
        Ok(lines) => Ok(lines.into_iter().filter_map(cosignature::time_seconds).max()),
        Err(NoteVerifyError::NoKnownKey) => Ok(None),
        Err(error) => Err(error),
    }
}
