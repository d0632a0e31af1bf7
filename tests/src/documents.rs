//! The commands in our documents, as people read them.
//!
//! A fenced block that opens with `console NAME` holds commands (`$ `, gone on with `> `) and, below a
//! command, what it says; a command that is meant to fail ends with the line `(exit status 4)`. Behind the
//! name:
//!
//! | word | meaning |
//! |---|---|
//! | `after=NAME` | goes on in the shell and the folder of an earlier block of the same document |
//! | `with=two-nodes` | in the folder are two running nodes, `xa` and `xb`, and `secretariat` |
//! | `at=XA` | an officer of that Party gives the commands: `OHRID_SOCKET`, `OHRID_OFFICER` |
//!
//! `tests/scenarios/documents.rs` runs them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::programs::checkout;

/// One command of a block, what is shown below it, and how it ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Step {
    /// The line of the document.
    pub line: usize,
    /// The command, of several lines where it is gone on with.
    pub command: String,
    /// What is shown below; empty where nothing is.
    pub shown: String,
    /// The exit code: 0 where nothing else is said.
    pub code: i32,
}

/// One fenced block of commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Its name; empty where it has none.
    pub name: String,
    /// The line of the document where it opens.
    pub line: usize,
    /// The block that it goes on from.
    pub after: Option<String>,
    /// What the folder holds before the first command.
    pub with: Option<String>,
    /// The Party whose officer gives the commands.
    pub at: Option<String>,
    /// The commands.
    pub steps: Vec<Step>,
}

/// A document with its blocks.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its path in the checkout.
    pub name: String,
    /// The whole of it.
    pub text: String,
    /// Its blocks of commands, in order.
    pub blocks: Vec<Block>,
}

impl Document {
    /// Reads the blocks of a text.
    ///
    /// # Errors
    /// When a fence is not closed, or has a word that nobody knows; with the line.
    pub fn read(name: &str, text: &str) -> Result<Self> {
        let mut blocks = Vec::new();
        let mut lines = text.lines().enumerate();
        while let Some((at, line)) = lines.next() {
            let indentation = line.len() - line.trim_start().len();
            let Some(info) = line.trim_start().strip_prefix("```") else {
                continue;
            };
            let mut body = Vec::new();
            loop {
                let (number, line) = lines
                    .next()
                    .with_context(|| format!("{name}:{}: a fence is not closed", at + 1))?;
                if line.trim() == "```" {
                    break;
                }
                body.push((number + 1, line.get(indentation..).unwrap_or_default()));
            }
            let mut words = info.split_whitespace();
            match words.next() {
                Some("console") => {
                    let block = opened(words, at + 1).and_then(|block| with_steps(block, &body));
                    blocks.push(block.with_context(|| name.to_owned())?);
                }
                Some("sh" | "bash" | "shell" | "shell-session") => bail!(
                    "{name}:{}: commands stand in a block that opens with ```console NAME: they are run",
                    at + 1
                ),
                _ => {}
            }
        }
        Ok(Self {
            name: name.to_owned(),
            text: text.to_owned(),
            blocks,
        })
    }

    /// All documents of the checkout that speak of commands.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn all() -> Result<Vec<Self>> {
        let root = checkout();
        let mut paths = vec![];
        for name in ["README.md", "SECURITY.md", "CONTRIBUTING.md", "ARCHITECTURE.md"] {
            paths.push(root.join(name));
        }
        for folder in ["docs", "deploy", "certs", "config"] {
            markdown_below(&root.join(folder), &mut paths)?;
        }
        paths.sort();
        let read = |path: PathBuf| {
            let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            let text = std::fs::read_to_string(&path).with_context(|| name.clone())?;
            Self::read(&name, &text)
        };
        paths.into_iter().map(read).collect()
    }

    /// The blocks in sessions: each goes on where the one before it ended.
    ///
    /// # Errors
    /// When a name is given twice, or a block goes on from one that is not there or has been gone on from.
    pub fn sessions(&self) -> Result<Vec<Vec<&Block>>> {
        let mut sessions: Vec<Vec<&Block>> = Vec::new();
        for block in &self.blocks {
            let place = format!("{}:{}", self.name, block.line);
            let twice = self.blocks.iter().filter(|other| other.name == block.name);
            ensure!(
                twice.count() == 1,
                "{place}: the name \"{}\" is there twice",
                block.name
            );
            let Some(after) = &block.after else {
                sessions.push(vec![block]);
                continue;
            };
            ensure!(
                block.with.is_none(),
                "{place}: with= belongs to the first block of a session"
            );
            let session = sessions
                .iter_mut()
                .find(|session| session.last().is_some_and(|last| last.name == *after))
                .with_context(|| format!("{place}: no session ends with \"{after}\" before this block"))?;
            session.push(block);
        }
        Ok(sessions)
    }
}

/// Markdown files in a folder, if it is there, and below.
fn markdown_below(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            markdown_below(&path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
    Ok(())
}

/// A block by the words of its opening line.
fn opened<'a>(words: impl Iterator<Item = &'a str>, line: usize) -> Result<Block> {
    let mut block = Block {
        line,
        ..Block::default()
    };
    for word in words {
        match word.split_once('=') {
            None if block.name.is_empty() => word.clone_into(&mut block.name),
            Some(("after", name)) => block.after = Some(name.to_owned()),
            Some(("with", stage)) => block.with = Some(stage.to_owned()),
            Some(("at", party)) => block.at = Some(party.to_owned()),
            _ => bail!("line {line}: what is \"{word}\"? See tests/src/documents.rs"),
        }
    }
    Ok(block)
}

/// The block with its commands.
fn with_steps(mut block: Block, body: &[(usize, &str)]) -> Result<Block> {
    for (line, text) in body {
        if let Some(command) = text.strip_prefix("$ ") {
            block.steps.push(Step {
                line: *line,
                command: command.to_owned(),
                ..Step::default()
            });
            continue;
        }
        let Some(step) = block.steps.last_mut() else {
            bail!("line {line}: a block of commands begins with \"$ \"");
        };
        let status = text
            .strip_prefix("(exit status ")
            .and_then(|rest| rest.strip_suffix(')'));
        if let Some(code) = status {
            step.code = code.parse().with_context(|| format!("line {line}: {text}"))?;
        } else if let (Some(more), true) = (text.strip_prefix("> "), step.shown.is_empty()) {
            step.command.push('\n');
            step.command.push_str(more);
        } else {
            step.shown.push_str(text);
            step.shown.push('\n');
        }
    }
    Ok(block)
}

#[cfg(test)]
mod tests;
