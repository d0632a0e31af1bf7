//! Policy files (c2sp.org/tlog-policy): which logs are believed, and which witnesses must have cosigned.
//!
//! ```text
//! # One log, three witnesses in two places.
//! log node.example/ledger+1e689d06+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs
//! witness X1 peer.example/w1+0cf4264d+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY https://peer.example/w1
//! witness X2 <vkey>
//! witness Y1 <vkey>
//! group X any X1 X2
//! group X-and-Y all X Y1
//! quorum X-and-Y
//! ```
//!
//! One statement a line; words are parted by spaces and tabs. A group is satisfied by `all` of its members,
//! by `any`, or by a number of them. Members and the quorum name what was defined on lines above, so no
//! definition is circular, and each name is a member of one group at most, so no witness counts twice.
//! `quorum none` asks for no cosignature. Bytes above 0x7f are taken as they are: names are compared byte
//! by byte.
//!
//! The names of a policy are its own affair: a witness is known by its key.

mod evaluate;
mod parse;

use std::fmt;

use crate::note::VerifierKey;

pub use evaluate::{CosignedBy, Evaluation, Lacking, PolicyVerifyError};
pub use parse::{PolicyDecodeError, PolicyFault};

/// A policy that can be evaluated. Made by [`Policy::parse`] only, so what is in it fits together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    /// Witnesses and groups in the order in which they were defined; members stand before their groups.
    definitions: Vec<Definition>,
    /// The place of the definition that must be satisfied; none where nothing is asked for.
    quorum: Option<usize>,
}

/// A log that a policy believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key (type 0x01), named like its origin.
    pub key: VerifierKey,
    /// Where it is, if the policy says.
    pub url: Option<String>,
}

/// A witness that a policy knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name in this policy.
    pub name: PolicyName,
    /// Its key (type 0x04).
    pub key: VerifierKey,
    /// Its submission prefix, if the policy says.
    pub url: Option<String>,
}

/// The name of a witness or group within a policy: bytes, which need not be a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyName(Vec<u8>);

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Definition {
    Witness(Box<PolicyWitness>),
    Group {
        name: PolicyName,
        /// How many members must be satisfied: 1 to all.
        needed: usize,
        /// Places of earlier definitions.
        members: Vec<usize>,
    },
}

impl Policy {
    /// The logs that the policy believes. There may be none, where the log is known from elsewhere.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses that the policy knows, in the order of the file. Not all need be part of the quorum.
    pub fn witnesses(&self) -> impl Iterator<Item = &PolicyWitness> {
        self.definitions.iter().filter_map(|definition| match definition {
            Definition::Witness(witness) => Some(&**witness),
            Definition::Group { .. } => None,
        })
    }

    /// Whether the policy asks for any cosignature.
    #[must_use]
    pub fn asks_for_witnesses(&self) -> bool {
        self.quorum.is_some()
    }
}

impl Definition {
    fn name(&self) -> &PolicyName {
        match self {
            Self::Witness(witness) => &witness.name,
            Self::Group { name, .. } => name,
        }
    }
}

impl PolicyName {
    /// The name's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for PolicyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.0), formatter)
    }
}

#[cfg(test)]
mod tests;
