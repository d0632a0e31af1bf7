//! The manual of `ohrid-node`: its examples, and what its pages say beside its arguments.

use manual::{Manual, Section};

/// See the `manual` crate.
pub(crate) static MANUAL: Manual = Manual {
    section: "8",
    examples: include_str!("manual_page/examples.txt"),
    sections: &[EXIT_STATUS, SIGNALS, FILES],
    see_also: &["ohrid-node(8)", "ohrid(1)", "ohrid-node-status(1)"],
};

const EXIT_STATUS: Section = Section {
    title: "EXIT STATUS",
    terms: &[
        (
            "0",
            "It was asked to stop, and finished what was under way; or the configuration is good.",
        ),
        (
            "1",
            "It could not start, or could not go on; the log says why and what mends it.",
        ),
        ("2", "The command line or the configuration is wrong."),
    ],
};

const SIGNALS: Section = Section {
    title: "SIGNALS",
    terms: &[
        ("SIGTERM, SIGINT", "Finish what is under way, then end."),
        (
            "SIGHUP",
            "Read certificates, keys and the directory again; connections go on.",
        ),
    ],
};

const FILES: Section = Section {
    title: "FILES",
    terms: &[
        (
            "/etc/ohrid/node.toml",
            "The configuration of a node that was installed as a package.",
        ),
        (
            "DIR/node.toml",
            "The same of a node that `ohrid node init` has made in DIR.",
        ),
    ],
};

#[cfg(test)]
mod tests;
