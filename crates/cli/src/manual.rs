//! The manual of `ohrid`: its examples, and what its pages say beside its arguments.

use std::path::PathBuf;
use std::process::ExitCode;

use ::manual::{Manual, Section};
use clap::{Args, CommandFactory as _};

use crate::arguments::Arguments;

/// See the `manual` crate.
pub(crate) static MANUAL: Manual = Manual {
    section: "1",
    examples: concat!(
        include_str!("manual/officers.txt"),
        "\n",
        include_str!("manual/operators.txt")
    ),
    sections: &[EXIT_STATUS, ENVIRONMENT, FILES],
    see_also: &["ohrid(1)", "ohrid-verify(1)", "ohrid-console(8)", "ohrid-node(8)"],
};

const EXIT_STATUS: Section = Section {
    title: "EXIT STATUS",
    terms: &[
        ("0", "It is done; or what was checked is valid."),
        ("1", "It failed; or what was checked is invalid."),
        (
            "2",
            "The command line, or a file that it names, is not what it should be.",
        ),
        (
            "3",
            "It could not be checked: a key or a proof is missing. Neither valid nor invalid.",
        ),
        (
            "4",
            "A rule of the Convention or of the node's policy forbids it. Nothing was sent or recorded.",
        ),
        (
            "5",
            "A second officer must approve it; it is kept as a draft until then.",
        ),
        (
            "75",
            "Not now: the node cannot be reached, or something has to come first. Try again later.",
        ),
    ],
};

const ENVIRONMENT: Section = Section {
    title: "ENVIRONMENT",
    terms: &[
        (
            "OHRID_OFFICER",
            "The officer who acts, where --officer is left out.",
        ),
        (
            "OHRID_OFFICER_ROLE",
            "The officer's rank or function, where --role is left out.",
        ),
        (
            "OHRID_SOCKET",
            "The node's control socket, where neither --socket nor --dir is given.",
        ),
        ("NO_COLOR", "Set to anything: no colours."),
    ],
};

const FILES: Section = Section {
    title: "FILES",
    terms: &[
        (
            "/run/ohrid/control.sock",
            "The control socket of a node that was installed as a package: where nothing else is named \
             and ./control.sock is not there.",
        ),
        ("DIR/control.sock", "The same of the node in the folder DIR."),
        ("DIR/node.toml", "That node's configuration."),
        ("DIR/keys/", "That node's keys: for its own user only."),
    ],
};

/// Options of the hidden command `manual`.
#[derive(Debug, Args)]
pub(crate) struct ManualArguments {
    /// The folder to write below
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
}

/// Writes pages and completions.
pub(crate) fn run(arguments: &ManualArguments) -> ExitCode {
    ::manual::write_and_say(&arguments.output, Arguments::command(), &MANUAL)
}

#[cfg(test)]
mod tests;
