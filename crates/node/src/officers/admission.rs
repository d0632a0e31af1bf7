//! The gate: whether somebody may do something, and as whom it is recorded.

use control::types::Role;
use protocol::ids::ActorId;

use super::{Officers, Record};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Write, send, answer.
    Write,
    /// Approve what another has written.
    Approve,
    /// Throw a draft away: its writers and its approvers may.
    Discard,
    /// Run the node.
    Operate,
}

/// Somebody who was let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// The name, as registered.
    pub name: String,
    /// The number in the ledger.
    pub actor: ActorId,
}

/// Who reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// Somebody who can act on what is read.
    Officer(Acting),
    /// Somebody who checks what was done, and need not know what was said.
    Auditor,
    /// Nobody that the register knows, or somebody with other work here.
    Nobody,
}

/// Why somebody was not let through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Every write names its officer.
    #[error("every write names its officer in the header Ohrid-Officer")]
    Nameless,
    /// There is no such officer.
    #[error("no officer {name} is registered here")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The nearest that there is.
        meant: Option<String>,
    },
    /// There was one.
    #[error("{0} is no longer an officer here")]
    Removed(String),
    /// The officer acts from another Unix user only.
    #[error("{name} may act as Unix user {user} only")]
    OtherUser {
        /// The officer.
        name: String,
        /// The user, as it was registered.
        user: String,
    },
    /// This Unix user is none of the operators', and the officer is not bound to it.
    #[error("this Unix user may not act as {0}")]
    NotBound(String),
    /// The officer's roles do not allow it.
    #[error("{name} may not do this: it takes the role {}", needed(*.act))]
    Role {
        /// The officer.
        name: String,
        /// What was wanted.
        act: Act,
    },
    /// Where any name is accepted, a second name is no second person.
    #[error("nobody is registered here, so a second name would prove nothing")]
    NobodyRegistered,
}

impl Act {
    /// The roles of which one is enough.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Write => &[Role::Officer],
            Self::Approve => &[Role::Approver],
            Self::Discard => &[Role::Officer, Role::Approver],
            Self::Operate => &[Role::Operator],
        }
    }
}

impl Denied {
    /// What mends it.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Nameless => "name yourself with --officer NAME or OHRID_OFFICER".to_owned(),
            Self::Unknown { name, meant } => {
                let add =
                    format!("an operator registers officers: ohrid officer add \"{name}\" --role officer");
                match meant {
                    Some(meant) => format!("did you mean \"{meant}\"? otherwise, {add}"),
                    None => add,
                }
            }
            Self::Removed(name) => {
                format!(
                    "an operator can register the name again: ohrid officer add \"{name}\" --role officer"
                )
            }
            Self::OtherUser { .. } | Self::NotBound(_) => {
                "log in as that user; `ohrid officer list` shows who acts from where".to_owned()
            }
            Self::Role { .. } => "`ohrid officer list` shows who may".to_owned(),
            Self::NobodyRegistered => {
                "an operator registers officers and approvers: ohrid officer add NAME --role approver"
                    .to_owned()
            }
        }
    }
}

impl Officers {
    /// Whether the control socket lets this Unix user in at all.
    #[must_use]
    pub fn is_admitted(&self, uid: u32) -> bool {
        let known = self.known.load();
        self.is_operator(uid)
            || known
                .iter()
                .any(|one| one.removed.is_none() && one.is_bound_to(uid))
    }

    /// Lets somebody through the gate, or says why not. Every write passes here `[FOUR-EYES]`.
    ///
    /// # Errors
    /// [`Denied`].
    pub fn admit(&self, act: Act, name: Option<&str>, uid: u32) -> Result<Acting, Denied> {
        let operates = act == Act::Operate && self.is_operator(uid);
        let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
            return if operates {
                Ok(self.unregistered(&format!("Unix user {uid}")))
            } else {
                Err(Denied::Nameless)
            };
        };
        let known = self.known.load();
        if known.is_empty() {
            // As long as nobody is registered, only operators reach the socket.
            return match act {
                Act::Approve => Err(Denied::NobodyRegistered),
                _ if self.is_operator(uid) => Ok(self.unregistered(name)),
                _ => Err(Denied::NotBound(name.to_owned())),
            };
        }
        let mut named = known.iter().filter(|one| one.name == name);
        let Some(record) = named.clone().find(|one| one.removed.is_none()) else {
            return match named.next() {
                _ if operates => Ok(self.unregistered(name)),
                Some(_) => Err(Denied::Removed(name.to_owned())),
                None => Err(Denied::Unknown {
                    name: name.to_owned(),
                    meant: self.nearest(name),
                }),
            };
        };
        self.check_user(record, uid)?;
        if !operates && !act.roles().iter().any(|role| record.roles.contains(role)) {
            return Err(Denied::Role {
                name: record.name.clone(),
                act,
            });
        }
        Ok(record.acting())
    }

    /// Who reads, as far as the ledger notes it: an officer or approver who may act, or while nobody is
    /// registered, anybody with a name. That a message was read is said only of somebody who can act on it.
    #[must_use]
    pub fn reader(&self, name: &str, uid: u32) -> Reader {
        if let Ok(officer) = self.admit(Act::Discard, Some(name), uid) {
            return Reader::Officer(officer);
        }
        let known = self.known.load();
        let is_auditor = |one: &Record| {
            one.removed.is_none() && one.name == name.trim() && one.roles.contains(&Role::Auditor)
        };
        match known.iter().any(is_auditor) {
            true => Reader::Auditor,
            false => Reader::Nobody,
        }
    }

    /// Whether this author of a draft may write now; a name that was registered since it was used counts as
    /// the same.
    #[must_use]
    pub fn may_still_write(&self, author: &Acting) -> bool {
        let known = self.known.load();
        let may = |one: &&Record| one.removed.is_none() && one.roles.contains(&Role::Officer);
        known.iter().filter(may).any(|one| {
            one.actor == author.actor
                || (one.name == author.name && self.keys.actor(&one.name) == author.actor)
        })
    }

    /// Those who may approve what this one wrote.
    #[must_use]
    pub fn approvers_beside(&self, author: &Acting) -> Vec<String> {
        let known = self.known.load();
        let able = known
            .iter()
            .filter(|one| one.removed.is_none() && one.roles.contains(&Role::Approver));
        able.filter(|one| !self.is_same_person(author, one.actor, Some(&one.name)))
            .map(|one| one.name.clone())
            .collect()
    }

    fn check_user(&self, record: &Record, uid: u32) -> Result<(), Denied> {
        match &record.unix_user {
            Some(user) if user.uid == uid => Ok(()),
            Some(user) => Err(Denied::OtherUser {
                name: record.name.clone(),
                user: user.name.clone(),
            }),
            None if self.is_operator(uid) => Ok(()),
            None => Err(Denied::NotBound(record.name.clone())),
        }
    }

    /// The node's own user and root: whoever is either could change the register's file.
    fn is_operator(&self, uid: u32) -> bool {
        uid == self.own_uid || uid == 0
    }

    fn unregistered(&self, name: &str) -> Acting {
        Acting {
            name: name.to_owned(),
            actor: self.keys.actor(name),
        }
    }
}

impl Record {
    fn is_bound_to(&self, uid: u32) -> bool {
        self.unix_user.as_ref().is_some_and(|user| user.uid == uid)
    }

    fn acting(&self) -> Acting {
        Acting {
            name: self.name.clone(),
            actor: self.actor,
        }
    }
}

fn needed(act: Act) -> &'static str {
    match act {
        Act::Write => "officer",
        Act::Approve => "approver",
        Act::Discard => "officer or approver",
        Act::Operate => "operator",
    }
}
