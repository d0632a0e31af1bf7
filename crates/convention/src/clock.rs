//! When something has to be done: the clocks of a case, in two families that are never mixed.
//!
//! *Law*: the end of the 60 days' minimum, of a domestic order, of a preservation `[C29-7]` `[C16-2]`. Each
//! is a [`LawDeadline`], and comes from what the other Party said. *Policy*: a machine's receipt within a
//! minute, an officer's acknowledgement within half an hour, a mutual assistance request within a month. Each
//! is a [`PolicyDeadline`], and comes from our own [`Policy`]: the Convention gives no deadline in hours for
//! answers, and none is invented here. The two are different types, so that no list can hold one for the
//! other.
//!
//! An [`Alarm`] is a clock that has run out, or is about to, seen from one side. Clocks and alarms are never
//! stored: both follow from the case, the policy and the time. So a node that was off for a month shows, once
//! it is back, what it would have shown had it been on.

mod alarm;
mod law;
mod policy;

pub use alarm::{Alarm, AlarmKind, Side};
pub use law::LawDeadline;
pub use policy::{Policy, PolicyClockKind, PolicyDeadline};

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::CaseView;
use crate::party::PartyCode;
use crate::time::{Instant, ZonedInstant};

/// The clocks of a case that still matter, each family the next one first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clocks {
    /// Dates of law.
    pub law: Vec<LawDeadline>,
    /// Dates that our own policy sets.
    pub policy: Vec<PolicyDeadline>,
}

/// One clock, of either family: what an alarm rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "family")]
pub enum Deadline {
    /// A date of law.
    Law(LawDeadline),
    /// A date that our own policy sets.
    Policy(PolicyDeadline),
}

impl Deadline {
    /// When.
    #[must_use]
    pub fn at(&self) -> &ZonedInstant {
        match self {
            Deadline::Law(deadline) => &deadline.at,
            Deadline::Policy(deadline) => &deadline.at,
        }
    }
}

impl Clocks {
    /// What runs out up to a time, of both families, the first one first: `case list --due 7d`.
    #[must_use]
    pub fn due_by(&self, until: Instant) -> Vec<Deadline> {
        let law = self.law.iter().cloned().map(Deadline::Law);
        let policy = self.policy.iter().cloned().map(Deadline::Policy);
        let mut due: Vec<Deadline> = law
            .chain(policy)
            .filter(|deadline| deadline.at().instant() <= until)
            .collect();
        due.sort_by_key(|deadline| deadline.at().instant());
        due
    }
}

impl CaseView {
    /// The clocks that still matter now: those that run, and those that ran out and were not answered.
    #[must_use]
    pub fn clocks(&self, policy: &Policy, now: Instant) -> Clocks {
        Clocks {
            law: law::deadlines(self, now),
            policy: policy::deadlines(self, policy),
        }
    }

    /// The alarms that stand now for a Party to the case, the oldest first. None for anybody else.
    #[must_use]
    pub fn alarms(&self, own: PartyCode, policy: &Policy, now: Instant) -> Vec<Alarm> {
        alarm::alarms(self, own, policy, now)
    }

    /// The times at which the alarms of a Party can change while nothing happens in the case, ascending.
    /// Before the first one there is none; between two of them the same alarms stand. So whoever keeps them
    /// knows without asking at every tick when to look again.
    #[must_use]
    pub fn alarm_times(&self, own: PartyCode, policy: &Policy) -> BTreeSet<Instant> {
        alarm::times(self, own, policy)
    }
}

#[cfg(test)]
mod tests;
