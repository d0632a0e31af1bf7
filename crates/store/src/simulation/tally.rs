//! What happened in a run, counted: a run that proves something about a fault must have had it.

use std::collections::BTreeMap;
use std::fmt;

/// How often each thing happened.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Tally(BTreeMap<&'static str, u64>);

/// What many seeds together must show, and for how many seeds it comes once at least: a fault that does not
/// happen is not survived.
pub(super) const MUST_HAPPEN: &[(&str, u64)] = &[
    ("messages delivered", 1),
    ("messages expired", 5),
    ("messages refused", 100),
    ("logs begun", 10),
    ("crashes", 1),
    ("crashes at start", 10),
    ("power cuts", 1),
    ("torn tails cut", 10),
    ("torn writes", 5),
    ("writes lost", 5),
    ("writes lost in part", 10),
    ("lengths lost", 50),
    ("names lost", 50),
    ("failed syncs", 10),
    ("pages doomed by failed syncs", 50),
    ("full disks", 5),
    ("erasures recorded", 5),
    ("erasures carried out", 5),
    ("erasures cut short by a crash", 50),
    ("attachments complete", 2),
    ("transfers cut short by a crash", 50),
    ("files erased before they were pulled", 5_000),
    ("heads cosigned", 1),
    ("starts checked by witnesses", 1),
    ("old copies noticed by witnesses", 100),
    ("old copies refused by the head", 100),
    ("clocks set a year back", 20),
    ("clocks set a year ahead", 20),
    ("clocks set minutes back", 20),
    ("clocks set minutes ahead", 20),
    ("clocks standing still", 20),
    ("starts refused by the directory", 50),
    ("indexes lost", 20),
    ("indexes marked wrong", 20),
    ("indexes rebuilt by the operator", 20),
];

impl Tally {
    /// Once more.
    pub(super) fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    pub(super) fn add(&mut self, what: &'static str, times: u64) {
        debug_assert!(MUST_HAPPEN.iter().any(|(known, _)| *known == what), "{what}");
        *self.0.entry(what).or_default() += times;
    }

    /// All of another one as well.
    pub(super) fn join(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// What should have happened in so many seeds, and did not.
    pub(super) fn missing(&self, seeds: u64) -> Vec<&'static str> {
        let missing = MUST_HAPPEN.iter().filter(|(what, every)| {
            // Ten times as many seeds as it takes on average: chance is no excuse then.
            seeds >= 10 * every && self.0.get(what).copied().unwrap_or_default() == 0
        });
        missing.map(|(what, _)| *what).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, _) in MUST_HAPPEN {
            writeln!(
                out,
                "{:>10} {what}",
                self.0.get(what).copied().unwrap_or_default()
            )?;
        }
        Ok(())
    }
}
