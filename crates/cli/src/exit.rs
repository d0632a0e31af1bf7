//! How the program ends: one number per meaning, the same in every command.

use std::process::ExitCode;

/// Exit statuses. *Invalid* and *could not check* are never the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It failed, or what was checked is **invalid**.
    Failed,
    /// The command line or a file cannot be understood.
    Usage,
    /// **Could not check**: a key, a proof or a program is missing.
    CouldNotCheck,
    /// A rule or a policy says no.
    Refused,
    /// A second officer must say yes first `[FOUR-EYES]`.
    NeedsSecondPerson,
    /// Another time it may work: nothing has to be changed.
    Temporary,
}

impl Exit {
    /// The number.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::CouldNotCheck => 3,
            Self::Refused => 4,
            Self::NeedsSecondPerson => 5,
            Self::Temporary => 75,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.number())
    }
}
