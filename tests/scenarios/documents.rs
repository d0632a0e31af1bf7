//! The commands in our documents are run, as they stand there, so that documents cannot lie: in a fresh
//! folder, with the real programs. A wrong exit code fails, and so does another answer than that shown.
//! What marks a block means stands in `tests/src/documents.rs`.
//!
//! `OHRID_DOCUMENT=docs/officer.md` runs the blocks of that document only.

mod quoted;
mod unrun;

use anyhow::{Context, Result, bail, ensure};
use e2e::differing::{StandIns, compare};
use e2e::documents::{Block, Document, Step};
use e2e::network::{Network, for_all};
use e2e::programs::checkout;
use e2e::running::Running;
use e2e::shell::Shell;

use unrun::UNRUN;

/// A session of a document: blocks that go on from each other.
struct Session {
    document: String,
    blocks: Vec<Block>,
}

impl Session {
    /// Runs it whole.
    fn run(&self) -> Result<()> {
        let place = tempfile::tempdir()?;
        let _nodes = self.stage(place.path())?;
        let mut shell = Shell::start(place.path())?;
        let stand_ins = StandIns::of_documents()?;
        let mut learned: Vec<(String, String)> = Vec::new();
        for block in &self.blocks {
            if let Some(party) = &block.at {
                let folder = party.to_lowercase();
                let speaks = format!(
                    "export OHRID_SOCKET=~/{folder}/control.sock OHRID_OFFICER='Officer 4711 of {party}' \
                     OHRID_OFFICER_ROLE='duty officer'"
                );
                shell.run(&speaks)?;
            }
            for step in &block.steps {
                let place = || format!("{}:{}: $ {}", self.document, step.line, step.command);
                learned.extend(run_step(&mut shell, step, &learned, &stand_ins).with_context(place)?);
            }
        }
        Ok(())
    }

    /// What the first block wants to find. The nodes run until they are dropped.
    fn stage(&self, place: &std::path::Path) -> Result<Vec<Running>> {
        let Some(stage) = self.blocks.first().and_then(|block| block.with.as_deref()) else {
            return Ok(Vec::new());
        };
        ensure!(
            stage == "two-nodes",
            "{}: no stage is called {stage}",
            self.document
        );
        let network = Network::make(place)?;
        let nodes = vec![network.start("XA")?, network.start("XB")?];
        network.wait_until_connected("XA")?;
        network.wait_until_connected("XB")?;
        Ok(nodes)
    }
}

/// Runs one command; which ids and numbers of the document are which here.
fn run_step(
    shell: &mut Shell,
    step: &Step,
    learned: &[(String, String)],
    stand_ins: &StandIns,
) -> Result<Vec<(String, String)>> {
    let command = learned.iter().fold(step.command.clone(), |text, (theirs, ours)| {
        text.replace(theirs, ours)
    });
    let (said, code) = shell.run(&command)?;
    ensure!(
        code == step.code,
        "exit code {code} instead of {}\n{said}",
        step.code
    );
    if step.shown.trim().is_empty() {
        return Ok(Vec::new());
    }
    compare(&step.shown, &said, stand_ins)
}

/// Why a block is not run, if it is on the list.
fn why_unrun(document: &str, block: &str) -> Option<&'static str> {
    let listed = UNRUN
        .iter()
        .find(|(name, blocks, _)| *name == document && blocks.contains(&block));
    listed.map(|(_, _, why)| *why)
}

#[test]
fn the_commands_in_documents_work_as_they_stand() -> Result<()> {
    let only = std::env::var("OHRID_DOCUMENT").ok();
    let mut sessions = Vec::new();
    for document in Document::all()? {
        if only.as_ref().is_some_and(|only| *only != document.name) {
            continue;
        }
        for session in document.sessions()? {
            let blocks = session
                .into_iter()
                .filter(|block| why_unrun(&document.name, &block.name).is_none());
            let blocks: Vec<Block> = blocks.cloned().collect();
            if !blocks.is_empty() {
                sessions.push(Session {
                    document: document.name.clone(),
                    blocks,
                });
            }
        }
    }
    ensure!(!sessions.is_empty(), "there is nothing to run");
    let faults = std::sync::Mutex::new(Vec::new());
    for_all(&sessions, |session| {
        if let Err(fault) = session.run() {
            faults
                .lock()
                .expect("nobody panics with it")
                .push(format!("{fault:#}"));
        }
        Ok(())
    })?;
    let faults = faults.into_inner().expect("nobody panics with it");
    ensure!(faults.is_empty(), "{}", faults.join("\n\n"));
    Ok(())
}

#[test]
fn every_block_has_a_name_and_what_is_not_run_a_reason() -> Result<()> {
    let documents = Document::all()?;
    for document in &documents {
        for block in &document.blocks {
            ensure!(
                !block.name.is_empty() && !block.steps.is_empty(),
                "{}:{}: a block of commands needs a name (```console NAME) and a command",
                document.name,
                block.line
            );
        }
        document.sessions()?;
    }
    for (name, blocks, why) in UNRUN {
        let Some(document) = documents.iter().find(|document| document.name == *name) else {
            bail!("unrun.rs lists {name}, which is not there");
        };
        for block in *blocks {
            let found = document.blocks.iter().any(|other| other.name == *block);
            ensure!(
                found && !why.is_empty(),
                "unrun.rs: {name} has no block \"{block}\", or no reason"
            );
        }
    }
    Ok(())
}

#[test]
fn the_two_commands_are_those_of_xtask() -> Result<()> {
    let readme = std::fs::read_to_string(checkout().join("README.md"))?;
    for command in ["demo", "test"] {
        assert!(readme.contains(&format!("$ cargo xtask {command}\n")));
    }
    let help = std::fs::read_to_string(checkout().join("xtask/src/main.rs"))?;
    assert!(help.contains("\"demo\" =>") && help.contains("\"test\" =>"));
    Ok(())
}
