//! Commands that documents quote in a sentence, and those that our programs name in hints and errors ("Next:
//! ohrid node status"): each must be one that the real programs understand. The programs themselves are
//! asked, by `--help` behind the command: so nothing is done, and what is missing does not count, since a
//! sentence names a command more often than it spells it out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use e2e::documents::Document;
use e2e::programs::{Ended, checkout, program};
use regex::Regex;

/// A program of ours, and something behind it.
const QUOTED: &str = r"^(?:\$ )?(?:sudo )?(ohrid|ohrid-node|ohrid-verify|ohrid-console) (.*)$";

/// The same in a text, up to what ends a command in one of our sentences.
const HINTED: &str = r#"\b(ohrid|ohrid-node|ohrid-verify|ohrid-console) ([a-z{-][^"\\`;,:.()]*)"#;

/// What our programs say about a program, in a sentence that gives no command.
const SENTENCES: &[(&str, &str)] = &[
    ("ohrid-verify", "recomputes"),
    ("ohrid-verify", "does"),
    ("ohrid-verify", "finds"),
];

/// A command of our tasks.
const TASK: &str = r"^(?:\$ )?cargo xtask ([a-z]+)";

/// What stands for the placeholders of documents, where a program would not take the placeholder itself.
const FILLED_IN: &[(&str, &str)] = &[
    ("DATE", "2026-11-22"),
    ("DAY", "2026-11-22"),
    ("INSTANT", "2026-11-22T03:07:00Z"),
    ("TIME", "2026-11-22T03:07:00Z"),
    ("LENGTH", "30d"),
    ("DAYS", "30d"),
    ("N", "7"),
    ("K", "2"),
    ("NUMBER", "7"),
    ("YEAR", "2026"),
    ("PERIOD", "2026-Q3"),
    ("KEY", SOME_KEY),
    ("PARTY", "XB"),
    ("PARTY/OFFICE", "XB/police"),
    ("UUID", SOME_ID),
    ("DRAFT", SOME_ID),
    ("ORDER", SOME_ID),
    ("IP:PORT", "127.0.0.1:4433"),
    ("ADDRESS", "127.0.0.1:4433"),
    ("ZONE", "UTC"),
];
const SOME_KEY: &str = "ed25519:6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
const SOME_ID: &str = "0193aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";

/// What the programs say of themselves, asked once.
#[derive(Default)]
struct Programs(BTreeMap<Vec<String>, Help>);

/// The help page of a command.
struct Help {
    verbs: Vec<String>,
    options: Vec<String>,
}

impl Programs {
    fn help(&mut self, path: &[String]) -> Result<&Help> {
        if !self.0.contains_key(path) {
            let (name, verbs) = path.split_first().context("a program")?;
            let ended = Ended::of(program(name)?.args(verbs).arg("--help"))?.expect_code(0)?;
            let listed = ended.stdout.split("Commands:\n").nth(1).unwrap_or_default();
            let verb = Regex::new("^  ([a-z][a-z-]*)(?: |$)")?;
            let verbs = listed.lines().take_while(|line| !line.is_empty());
            let verbs = verbs.filter_map(|line| Some(verb.captures(line)?[1].to_owned()));
            let option = Regex::new("--[a-z][a-z-]*")?;
            let options = option
                .find_iter(&ended.stdout)
                .map(|found| found.as_str().to_owned());
            let help = Help {
                verbs: verbs.collect(),
                options: options.collect(),
            };
            self.0.insert(path.to_vec(), help);
        }
        self.0.get(path).context("was put there")
    }

    /// Whether nouns, verbs and options are there.
    fn knows(&mut self, name: &str, words: &[String]) -> Result<()> {
        let mut path = vec![name.to_owned()];
        let verb = Regex::new("^[a-z][a-z-]*$")?;
        for word in words {
            let help = self.help(&path)?;
            if help.verbs.is_empty() {
                break;
            }
            // Which verb it is, is filled in while the program runs: so are its options.
            if !verb.is_match(word) {
                return Ok(());
            }
            ensure!(
                help.verbs.contains(word),
                "`{}` has no \"{word}\"",
                path.join(" ")
            );
            path.push(word.clone());
        }
        let help = self.help(&path)?;
        for word in words.iter().filter(|word| word.starts_with("--")) {
            let option = word.split('=').next().unwrap_or_default();
            let known = help.options.iter().any(|known| known == option);
            ensure!(
                known || option == "--version",
                "`{}` has no {option}",
                path.join(" ")
            );
        }
        Ok(())
    }

    /// Whether a program understands a quoted command, as far as it is spelled out.
    fn understand(&mut self, name: &str, rest: &str) -> Result<()> {
        let words = words(rest);
        self.knows(name, &words)?;
        let ended = Ended::of(program(name)?.args(&words).arg("--help"))?;
        ensure!(ended.code == 0, "it ends with {}: {}", ended.code, ended.stderr);
        Ok(())
    }
}

/// The words of a command up to what is the shell's, with something for placeholders.
fn words(line: &str) -> Vec<String> {
    let line = line
        .replace(['\\', '\n', '[', ']'], " ")
        .replace("...", " ")
        .replace('…', " ");
    let mut words: Vec<String> = Vec::new();
    for (at, part) in substituted(&line).split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
            continue;
        }
        for word in part.split_whitespace() {
            if ["|", "&", "&&", "||", ";", ">", ">>", "<", "2>", "#"].contains(&word) {
                return words;
            }
            let word = word.trim_matches(['<', '>', '\'']).trim_end_matches(';');
            let filled = FILLED_IN.iter().find(|(placeholder, _)| *placeholder == word);
            words.push(filled.map_or(word, |(_, value)| value).to_owned());
        }
    }
    words
}

/// The line with a key where the shell would put what another command says: `$(cat secretariat.pub)`.
fn substituted(line: &str) -> String {
    let mut text = line.to_owned();
    while let Some(from) = text.find("$(") {
        let to = text[from..].find(')').map_or(text.len(), |at| from + at + 1);
        text.replace_range(from..to, SOME_KEY);
    }
    text
}

/// What a document quotes: in backticks, in lines that stand indented, and in blocks that are not run.
fn quoted(document: &Document) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut prose = String::new();
    let mut is_fenced = false;
    for line in document.text.lines() {
        if line.trim_start().starts_with("```") {
            is_fenced = !is_fenced;
        } else if !is_fenced {
            if line.starts_with("    ") {
                found.push(line.trim().to_owned());
            }
            prose.push_str(line);
            prose.push(' ');
        }
    }
    let inline = Regex::new("`([^`]+)`")?;
    found.extend(inline.captures_iter(&prose).map(|quote| quote[1].to_owned()));
    for block in &document.blocks {
        found.extend(block.steps.iter().map(|step| step.command.replace("\\\n", " ")));
    }
    Ok(found)
}

#[test]
fn commands_that_documents_quote_are_understood() -> Result<()> {
    let (ours, task) = (Regex::new(QUOTED)?, Regex::new(TASK)?);
    let tasks = std::fs::read_to_string(checkout().join("xtask/src/main.rs"))?;
    let mut programs = Programs::default();
    let (mut seen, mut faults) = (0, Vec::new());
    for document in Document::all()? {
        for quote in quoted(&document)? {
            if let Some(found) = ours.captures(&quote) {
                seen += 1;
                if let Err(fault) = programs.understand(&found[1], &found[2]) {
                    faults.push(format!("{}: {quote}\n  {fault:#}", document.name));
                }
            } else if let Some(found) = task.captures(&quote) {
                let arm = format!("\"{}\" =>", &found[1]);
                if !tasks.contains(&arm) {
                    faults.push(format!("{}: {quote}\n  xtask has no such task", document.name));
                }
            }
        }
    }
    ensure!(seen > 20, "only {seen} commands were found");
    ensure!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults.join("\n")
    );
    Ok(())
}

/// The programs' own sources without their tests: path and text.
fn sources() -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![checkout().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let is_test = |name: &std::ffi::OsStr| name == "tests" || name == "tests.rs";
            if path.file_name().is_some_and(is_test) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)?;
                found.push((path, text));
            }
        }
    }
    Ok(found)
}

/// What a source hints at: not in comments, save what is shown as help.
fn hints(text: &str) -> Result<Vec<(String, String)>> {
    let joined = Regex::new("\\\\\n\\s*")?.replace_all(text, "").into_owned();
    let hinted = Regex::new(HINTED)?;
    let code = joined.lines().filter(|line| !line.trim_start().starts_with("//"));
    let help = joined
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("/// "));
    let quoted = help.flat_map(|line| line.split('`').skip(1).step_by(2));
    let found = code.chain(quoted).flat_map(|line| hinted.captures_iter(line));
    Ok(found
        .map(|found| (found[1].to_owned(), found[2].to_owned()))
        .collect())
}

#[test]
fn commands_that_our_programs_hint_at_are_there() -> Result<()> {
    let mut programs = Programs::default();
    let (mut seen, mut faults) = (0, Vec::new());
    for (path, text) in sources()? {
        for (name, rest) in hints(&text)? {
            seen += 1;
            let rest = rest.split(" ohrid").next().unwrap_or_default();
            let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            let begins = (name.as_str(), words.first().map_or("", String::as_str));
            if SENTENCES.contains(&begins) {
                continue;
            }
            if let Err(fault) = programs.knows(&name, &words) {
                let path = path.strip_prefix(checkout()).unwrap_or(Path::new(""));
                faults.push(format!("{}: {name} {rest}\n  {fault:#}", path.display()));
            }
        }
    }
    ensure!(seen > 100, "only {seen} hints were found");
    ensure!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults.join("\n")
    );
    Ok(())
}

#[test]
fn what_no_program_understands_is_found() -> Result<()> {
    let mut programs = Programs::default();
    for (name, rest) in [
        ("ohrid", "node status --wait 30s"),
        ("ohrid", "directory install FILE --key KEY"),
        ("ohrid", "case export REF [--redact PART] | less"),
        ("ohrid-verify", "period DIR --from DATE --until DATE"),
        ("ohrid-node", "--config FILE rebuild-index"),
    ] {
        programs
            .understand(name, rest)
            .with_context(|| format!("{name} {rest}"))?;
    }
    for (name, rest) in [
        ("ohrid", "node statsu"),
        ("ohrid", "node status --wiat 30s"),
        ("ohrid", "node status --wait soon"),
        ("ohrid", "case hide REF"),
        ("ohrid-verify", "period DIR --from yesterday"),
        ("ohrid-node", "--config FILE build-index"),
    ] {
        ensure!(
            programs.understand(name, rest).is_err(),
            "{name} {rest} is taken for good"
        );
    }
    Ok(())
}
