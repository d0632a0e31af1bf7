//! `cargo xtask man`: manual pages and shell completions of the four programs, each written by the program
//! itself, in the folders that they have below `/usr`; and what a checker of manual pages thinks of them.

use std::path::{Path, PathBuf};

use crate::machine;
use crate::run::{self, Failed, PROGRAMS, Profile, Task, complain};

/// Builds the programs, and lets each write its manual below `--output DIR` (`manual` in the target folder
/// where it is left out). `--release` builds as for a package.
pub fn man(options: &[String]) -> Result<(), Failed> {
    let mut output = run::target_directory().join("manual");
    let mut profile = Profile::Debug;
    let mut left = options.iter();
    while let Some(option) = left.next() {
        match (option.as_str(), left.as_slice().first()) {
            ("--output", Some(folder)) => {
                output = std::env::current_dir()
                    .map_err(|error| Failed::because(format!("where are we? {error}")))?
                    .join(folder);
                left.next();
            }
            ("--release", _) => profile = Profile::Release,
            _ => {
                return Err(Failed::because(
                    "usage: cargo xtask man [--release] [--output DIR]",
                ));
            }
        }
    }
    machine::install_missing(&[machine::TO_BUILD])?;
    profile.build()?;
    write(&profile.folder(), &output)?;
    run::say(&output.to_string_lossy());
    Ok(())
}

/// Lets each of the programs that were built into `programs` write its manual below `output`, and checks it.
pub fn write(programs: &Path, output: &Path) -> Result<(), Failed> {
    for program in PROGRAMS {
        Task::new(&programs.join(program).to_string_lossy())
            .args(["manual", "--output"])
            .arg(output)
            .run()?;
    }
    check(output)
}

/// mandoc, or groff, where one of them is on the machine, has nothing to say about any page.
fn check(output: &Path) -> Result<(), Failed> {
    let mut pages = Vec::new();
    for section in ["man1", "man8"] {
        let folder = output.join("share/man").join(section);
        let listed = std::fs::read_dir(&folder)
            .map_err(|error| Failed::because(format!("{}: {error}", folder.display())))?;
        pages.extend(listed.filter_map(|entry| Some(entry.ok()?.path())));
    }
    pages.sort();
    let checker: &[&str] = match (machine::on_path("mandoc"), machine::on_path("groff")) {
        (true, _) => &["mandoc", "-Tlint", "-Wwarning"],
        (false, true) => &["groff", "-Kutf8", "-man", "-Tutf8", "-ww", "-z"],
        (false, false) => {
            complain("neither mandoc nor groff is here: the pages are not checked");
            return Ok(());
        }
    };
    let Some((program, options)) = checker.split_first() else {
        return Ok(());
    };
    let pages: Vec<&PathBuf> = pages.iter().collect();
    let (said, _) = Task::new(program).args(options).args(&pages).capture()?;
    // clap_mangen puts a break beside the space before possible values: harmless, and not ours.
    let is_ours = |line: &&str| !line.contains("skipping paragraph macro: br");
    let said: Vec<&str> = said.lines().filter(is_ours).collect();
    if said.is_empty() {
        complain(&format!(
            "{program} has nothing to say about {} pages",
            pages.len()
        ));
        return Ok(());
    }
    Err(Failed::because(format!(
        "{program} about the manual pages:\n{}",
        said.join("\n")
    )))
}
