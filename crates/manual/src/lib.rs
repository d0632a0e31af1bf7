//! What our programs say of themselves, beside what clap makes of their arguments: examples below each help
//! page, one manual page for each command, and completions for shells.
//!
//! Each program has a [`Manual`], a table of examples and of sections, and a hidden command `manual` that
//! calls [`write_and_say`]; `cargo xtask man` gives it for all four. Help page and manual page are made of
//! one definition and the same examples, so they cannot tell different things. A test of each program lets
//! its own parser read every example.

mod page;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Command, Parser};
use clap_complete::Shell;

/// Where manual pages go, below the folder that holds `share`: `man1`, `man8`.
const PAGES: &str = "share/man";

/// How a shell's completions of a program are called.
type FileName = fn(&str) -> String;

/// Where completions go, as in Debian's packages: the shell, the folder, the file's name for a program.
const COMPLETIONS: &[(Shell, &str, FileName)] = &[
    (Shell::Bash, "share/bash-completion/completions", str::to_owned),
    (Shell::Zsh, "share/zsh/vendor-completions", |program| {
        format!("_{program}")
    }),
    (Shell::Fish, "share/fish/vendor_completions.d", |program| {
        format!("{program}.fish")
    }),
];

/// What a program's manual says beside its arguments.
#[derive(Debug, Clone, Copy)]
pub struct Manual {
    /// The section of its pages: 1 for commands of everybody, 8 for what operators run.
    pub section: &'static str,
    /// At least one for each command: a sentence, and on a line that begins with four blanks the command that
    /// it is about; between two of them an empty line.
    pub examples: &'static str,
    /// Sections of every page, such as FILES: a title, and terms with what they mean.
    pub sections: &'static [Section],
    /// Pages and documents to read as well.
    pub see_also: &'static [&'static str],
}

/// A command line, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Example {
    /// The whole line, as it is typed.
    line: String,
    /// What for, in one sentence.
    what: String,
}

/// A section of a page: its title, and terms with what they mean.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// In capitals, as manual pages have it.
    pub title: &'static str,
    /// A term, and what it means.
    pub terms: &'static [(&'static str, &'static str)],
}

impl Manual {
    /// All examples, in their order.
    fn examples(&self) -> Vec<Example> {
        let mut examples = Vec::new();
        for paragraph in self.examples.split("\n\n") {
            let (lines, what): (Vec<&str>, Vec<&str>) =
                paragraph.lines().partition(|line| line.starts_with("    "));
            if !paragraph.trim().is_empty() {
                examples.push(Example {
                    line: lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" "),
                    what: what.join(" ").trim().to_owned(),
                });
            }
        }
        examples
    }

    /// The examples of a command (`ohrid request send`), and of all commands below it where it has some.
    fn examples_of(&self, command: &str) -> Vec<Example> {
        let mut examples = self.examples();
        examples.retain(|example| {
            let below = example.line.strip_prefix(command);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        examples
    }
}

/// What was typed, by a definition whose help pages have their examples. A program that cannot understand it
/// says so and ends, as with [`Parser::parse`].
#[must_use]
pub fn arguments<T: Parser>(manual: &Manual) -> T {
    try_arguments(manual).unwrap_or_else(|error| error.exit())
}

/// The same, for a program that ends by itself.
///
/// # Errors
/// What clap says: help and version come as errors, too.
pub fn try_arguments<T: Parser>(manual: &Manual) -> Result<T, clap::Error> {
    let mut definition = with_examples(T::command(), manual);
    let matches = definition.try_get_matches_from_mut(std::env::args_os())?;
    T::from_arg_matches(&matches).map_err(|error| error.format(&mut definition))
}

/// The program's definition with its examples below the help page of each command that has no commands of its
/// own.
fn with_examples(command: Command, manual: &Manual) -> Command {
    let path = command.get_name().to_owned();
    below(command, &path, manual)
}

fn below(command: Command, path: &str, manual: &Manual) -> Command {
    if has_commands(&command) {
        return command.mut_subcommands(|verb| {
            let path = format!("{path} {}", verb.get_name());
            below(verb, &path, manual)
        });
    }
    let mut text = String::new();
    for example in manual.examples_of(path) {
        text.push_str(&format!("\n  {}\n      {}", example.line, example.what));
    }
    if text.is_empty() {
        return command;
    }
    let earlier = command.get_after_help().map(|help| format!("{help}\n\n"));
    command.after_help(format!("{}Examples:{text}", earlier.unwrap_or_default()))
}

fn has_commands(command: &Command) -> bool {
    shown(command).next().is_some()
}

/// The commands of a command that people are told about.
fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set() && verb.get_name() != "help")
}

/// The commands of a program that have no commands of their own: `ohrid request send`.
fn commands(command: &Command) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![(command.get_name().to_owned(), command)];
    while let Some((path, command)) = left.pop() {
        if !has_commands(command) {
            found.push(path.clone());
        }
        left.extend(shown(command).map(|verb| (format!("{path} {}", verb.get_name()), verb)));
    }
    found.sort();
    found
}

/// What is wrong with the examples of a program: a command that has none, one of a command that is not there,
/// one that says nothing, and one that the program itself would not understand. For the program's own test.
#[must_use]
pub fn faults(command: &Command, manual: &Manual) -> Vec<String> {
    let mut faults = Vec::new();
    for name in commands(command) {
        if manual.examples_of(&name).is_empty() {
            faults.push(format!("`{name}` has no example"));
        }
    }
    for example in manual.examples() {
        if example.what.is_empty() {
            faults.push(format!("{}: what for?", example.line));
        }
        if let Err(error) = command.clone().try_get_matches_from(words(&example.line)) {
            faults.push(format!("{}: {error}", example.line));
        }
    }
    faults
}

/// The words of a line, up to what is the shell's. Double quotes keep words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
            continue;
        }
        for word in part.split_whitespace() {
            if ["|", ">", "&&"].contains(&word) {
                return words;
            }
            words.push(word.to_owned());
        }
    }
    words
}

/// Writes a program's manual pages and completions below `folder`, which may be there: in `share/man/man1`
/// and so on, as they lie below `/usr`.
fn write_to(folder: &Path, command: Command, manual: &Manual) -> io::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    let pages = folder.join(PAGES).join(format!("man{}", manual.section));
    for (name, text) in page::pages(command.clone(), manual)? {
        write(&pages, &name, &text, &mut written)?;
    }
    let program = command.get_name().to_owned();
    for (shell, below, name) in COMPLETIONS {
        let mut text = Vec::new();
        clap_complete::generate(*shell, &mut command.clone(), &program, &mut text);
        write(&folder.join(below), &name(&program), &text, &mut written)?;
    }
    Ok(written)
}

/// The same as all that a program does: how many files, or why not, and how it ends.
#[must_use]
pub fn write_and_say(folder: &Path, command: Command, manual: &Manual) -> ExitCode {
    let (text, code) = match write_to(folder, command, manual) {
        Ok(written) => (
            format!("{} files below {}", written.len(), folder.display()),
            ExitCode::SUCCESS,
        ),
        Err(error) => (format!("cannot write the manual: {error}"), ExitCode::FAILURE),
    };
    // There is nobody else to tell when standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
    code
}

fn write(folder: &Path, name: &str, text: &[u8], written: &mut Vec<PathBuf>) -> io::Result<()> {
    let path = folder.join(name);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(named)?;
    fs::write(&path, text).map_err(named)?;
    written.push(path);
    Ok(())
}

#[cfg(test)]
mod tests;
