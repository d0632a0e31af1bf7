//! The manual of `ohrid-verify`: its examples, and what its pages say beside its arguments.

use manual::{Manual, Section};

/// See the `manual` crate.
pub(crate) static MANUAL: Manual = Manual {
    section: "1",
    examples: include_str!("manual_page/examples.txt"),
    sections: &[EXIT_STATUS, FILES],
    see_also: &["ohrid-verify(1)", "ohrid(1)", "openssl(1)"],
};

const EXIT_STATUS: Section = Section {
    title: "EXIT STATUS",
    terms: &[
        ("0", "Valid: everything was checked, and nothing is wrong."),
        (
            "1",
            "Invalid: something is wrong, whatever else could or could not be checked.",
        ),
        ("2", "The command line is not what it should be."),
        (
            "3",
            "Could not check: nothing was found to be wrong, but a key, the directory or a part is not at \
             hand, or only a sample was asked for. It is not valid.",
        ),
    ],
};

const FILES: Section = Section {
    title: "FILES",
    terms: &[
        (
            "DIR/checkpoint, DIR/tile/",
            "The export of a ledger (C2SP tlog-tiles).",
        ),
        (
            "DIR.vkey",
            "Beside it: the key that signed it. Used where --key is left out.",
        ),
        (
            "directory.cose",
            "Beside DIR: the network's signed directory. Used where --directory is left out.",
        ),
        (
            "secretariat.pub",
            "Beside DIR, or beside a bundle: the secretariat's public key. Get it from the secretariat, not \
             from whoever gave you the export. Used where --secretariat is left out.",
        ),
    ],
};

#[cfg(test)]
mod tests;
