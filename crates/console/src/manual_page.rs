//! The manual of `ohrid-console`: its examples, and what its pages say beside its arguments.

use manual::{Manual, Section};

/// See the `manual` crate.
pub(crate) static MANUAL: Manual = Manual {
    section: "8",
    examples: include_str!("manual_page/examples.txt"),
    sections: &[EXIT_STATUS, FILES],
    see_also: &["ohrid-console(8)", "ohrid(1)", "ohrid-node(8)"],
};

const EXIT_STATUS: Section = Section {
    title: "EXIT STATUS",
    terms: &[
        ("0", "It was asked to stop."),
        ("1", "It could not start; the log says why."),
        ("2", "The command line is wrong."),
    ],
};

const FILES: Section = Section {
    title: "FILES",
    terms: &[
        (
            "/etc/ohrid/console.toml",
            "The configuration of a console that was installed as a package.",
        ),
        (
            "/run/ohrid/control.sock",
            "The control socket of a node that was installed as a package.",
        ),
    ],
};

#[cfg(test)]
mod tests;
