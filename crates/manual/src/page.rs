//! One manual page for each command: what clap knows, and behind it examples, exit status, files, environment
//! and what to read as well.

use std::io::{self, Write as _};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::{Manual, Section, has_commands, shown};

/// The manual that the pages belong to: what stands in the middle of their head line.
const BOOK: &str = "Ohrid";

/// When the examples and sections were last read through as a whole. A day that is said and not found out, so
/// that the same source makes the same pages.
const READ_THROUGH: &str = "2026-11-22";

/// Name and text of every page of a program.
pub(crate) fn pages(command: Command, manual: &Manual) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let source = format!(
        "{} {}",
        command.get_name(),
        command.get_version().unwrap_or_default()
    );
    let mut pages = Vec::new();
    let mut left = vec![(vec![command.get_name().to_owned()], command)];
    while let Some((path, command)) = left.pop() {
        let text = page(&command, &path, &source, manual)?;
        pages.push((format!("{}.{}", path.join("-"), manual.section), text));
        for verb in shown(&command) {
            let below = path.iter().cloned().chain([verb.get_name().to_owned()]);
            left.push((below.collect(), verb.clone()));
        }
    }
    pages.sort();
    Ok(pages)
}

fn page(command: &Command, path: &[String], source: &str, manual: &Manual) -> io::Result<Vec<u8>> {
    let man = Man::new(command.clone())
        .title(path.join("-").to_uppercase())
        .section(manual.section)
        .date(READ_THROUGH)
        .source(source)
        .manual(BOOK);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(&mut text)?;
    }
    if has_commands(command) {
        man.render_subcommands_section(&mut text)?;
    }
    let mut roff = Roff::new();
    if let Some(notes) = command.get_after_help() {
        roff.control("SH", ["NOTES"]);
        for line in notes.to_string().lines() {
            match line.trim() {
                "" => roff.control("PP", []),
                line => roff.text([roman(line)]),
            };
        }
    }
    examples(&mut roff, path, manual);
    for section in manual.sections {
        terms(&mut roff, section);
    }
    see_also(&mut roff, path, manual);
    text.write_all(roff.to_roff().as_bytes())?;
    Ok(text)
}

fn examples(roff: &mut Roff, path: &[String], manual: &Manual) {
    roff.control("SH", ["EXAMPLES"]);
    for (number, example) in manual.examples_of(&path.join(" ")).into_iter().enumerate() {
        if number > 0 {
            roff.control("PP", []);
        }
        roff.text([roman(example.what)]);
        roff.control("PP", []);
        // As it is typed: neither broken nor hyphenated.
        roff.control("RS", ["4"]);
        roff.control("nf", []);
        roff.text([bold(example.line)]);
        roff.control("fi", []);
        roff.control("RE", []);
    }
}

fn terms(roff: &mut Roff, section: &Section) {
    roff.control("SH", [section.title]);
    for (term, meaning) in section.terms {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*meaning)]);
    }
}

/// The page above, and those that the manual names.
fn see_also(roff: &mut Roff, path: &[String], manual: &Manual) {
    let own = format!("{}({})", path.join("-"), manual.section);
    let above = path
        .split_last()
        .map(|(_, above)| above.join("-"))
        .unwrap_or_default();
    let mut pages = vec![];
    if !above.is_empty() {
        pages.push(format!("{above}({})", manual.section));
    }
    for page in manual.see_also {
        if *page != own && !pages.iter().any(|other| other == page) {
            pages.push((*page).to_owned());
        }
    }
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(pages.join(", "))]);
}
