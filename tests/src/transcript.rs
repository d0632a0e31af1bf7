//! A conversation on the command line, written down as people see it, and compared with the one that is
//! checked in: what differs from run to run (ids, times, places in a ledger) has a name instead.
//!
//! `OHRID_REGENERATE=1 cargo test --workspace -- transcript` writes them anew; the difference is then to be
//! read as a person would read it.

use std::io::Read as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::differing::StandIns;
use crate::network::Network;
use crate::programs::checkout;

/// A conversation between the officers of a network.
pub struct Transcript<'n> {
    network: &'n Network,
    text: String,
    names: Vec<(String, String)>,
    stand_ins: StandIns,
}

impl<'n> Transcript<'n> {
    /// Nothing said yet.
    ///
    /// # Errors
    /// When one of our own patterns is none.
    pub fn of(network: &'n Network) -> Result<Self> {
        let folder = network.path("").to_string_lossy().into_owned();
        let names = vec![
            (folder.trim_end_matches('/').to_owned(), "<folder>".to_owned()),
            (
                checkout().join("config/examples").to_string_lossy().into_owned(),
                "<config>".to_owned(),
            ),
        ];
        Ok(Self {
            network,
            text: String::new(),
            names,
            stand_ins: StandIns::of_transcripts()?,
        })
    }

    /// Calls something by a name, in commands (`{name}`) and in what is written down (`<name>`).
    pub fn call(&mut self, name: &str, real: &str) {
        self.names.push((real.to_owned(), format!("<{name}>")));
    }

    /// A line between commands: what happens in the world.
    pub fn tell(&mut self, words: &str) {
        self.text.push_str(&format!("# {words}\n\n"));
    }

    /// Runs a command line as the officer of a Party, and writes down what it said. Words are parted by
    /// blanks; double quotes keep them together.
    ///
    /// # Errors
    /// When it ends with another exit code.
    pub fn say(&mut self, party: &str, line: &str, code: i32) -> Result<()> {
        let mut real = line.to_owned();
        for (text, name) in &self.names {
            let asked = name.replace('<', "{").replace('>', "}");
            real = real.replace(&asked, text);
        }
        let words = words(&real);
        let words = words.iter().map(String::as_str).skip(1);
        let mut command = self.network.officer_command(party, words)?;
        let (said, code_now) = said(&mut command)?;
        ensure!(
            code_now == code,
            "{party}$ {line}\nexit code {code_now} instead of {code}\n{said}"
        );
        self.text.push_str(&format!("{party}$ {real}\n{said}"));
        if code != 0 {
            self.text.push_str(&format!("(exit status {code})\n"));
        }
        self.text.push('\n');
        Ok(())
    }

    /// Runs a command with `--json` beside the transcript, without writing it down.
    ///
    /// # Errors
    /// When it fails, or does not answer with JSON.
    pub fn look(&self, party: &str, arguments: &[&str]) -> Result<serde_json::Value> {
        let arguments = arguments.iter().copied().chain(["--json"]);
        self.network.officer(party, arguments)?.expect_code(0)?.json()
    }

    /// Compares with `tests/transcripts/NAME.txt`. Blanks and line ends do not count: where a line is
    /// broken depends on the length of what has a name now.
    ///
    /// # Errors
    /// When it is another conversation; with what was said now.
    pub fn compare(&self, name: &str) -> Result<()> {
        let path = checkout().join("tests/transcripts").join(format!("{name}.txt"));
        let now = self.named();
        if std::env::var_os("OHRID_REGENERATE").is_some() {
            std::fs::write(&path, &now).with_context(|| path.display().to_string())?;
        }
        let kept = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let squeezed = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let (kept_words, now_words) = (squeezed(&kept), squeezed(&now));
        let parting = kept_words
            .iter()
            .zip(&now_words)
            .position(|(one, other)| one != other);
        let parting = parting.unwrap_or(kept_words.len().min(now_words.len()));
        let around = |words: &[String]| {
            let from = parting.saturating_sub(12).min(words.len());
            words[from..words.len().min(parting + 12)].join(" ")
        };
        ensure!(
            kept_words == now_words,
            "{} says otherwise\nkept: … {} …\nnow:  … {} …\nall of it:\n{now}",
            path.display(),
            around(&kept_words),
            around(&now_words)
        );
        Ok(())
    }

    /// What was said, with names for what differs.
    fn named(&self) -> String {
        let mut text = self.text.clone();
        // The longest first: a path may begin with another.
        let mut names = self.names.clone();
        names.sort_by_key(|(real, _)| std::cmp::Reverse(real.len()));
        for (real, name) in &names {
            text = text.replace(real, name);
        }
        self.stand_ins.put_into(&text)
    }
}

/// What a command says, results and talk in the order in which a terminal shows them, and its exit code.
fn said(command: &mut Command) -> Result<(String, i32)> {
    let (mut reader, writer) = std::io::pipe().context("making a pipe")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("the pipe's second end")?)
        .stderr(writer)
        .spawn()
        .with_context(|| format!("starting {command:?}"))?;
    // Our own copies of the pipe's end go, or it would never be at its end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut said = Vec::new();
    reader.read_to_end(&mut said).context("reading what it says")?;
    let status = child.wait().context("waiting for its end")?;
    Ok((
        String::from_utf8_lossy(&said).into_owned(),
        status.code().unwrap_or(-1),
    ))
}

/// The words of a command line.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
