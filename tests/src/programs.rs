//! The programs under test: the real ones, built beside the test that runs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};

/// The folder with the programs (`target/debug` or `target/release`).
///
/// # Errors
/// When they are not built: `cargo test` alone builds only what a test links.
pub fn folder() -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding our own program")?;
    let beside = own.parent().context("our own program's folder")?;
    let folder = if beside.ends_with("deps") {
        beside.parent().unwrap_or(beside)
    } else {
        beside
    };
    for name in ["ohrid", "ohrid-node", "ohrid-verify"] {
        if !folder.join(name).is_file() {
            bail!(
                "{name} is not in {}: run `cargo build --workspace --bins` first",
                folder.display()
            );
        }
    }
    Ok(folder.to_path_buf())
}

/// One of our programs, ready for arguments.
///
/// # Errors
/// See [`folder`].
pub fn program(name: &str) -> Result<Command> {
    Ok(Command::new(folder()?.join(name)))
}

/// The root of the checkout, for files such as `config/examples`.
#[must_use]
pub fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a program said and how it ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// Runs `command` to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn of(command: &mut Command) -> Result<Self> {
        let output = command
            .output()
            .with_context(|| format!("starting {command:?}"))?;
        Ok(Self::from(output))
    }

    /// Fails, with all that was said, unless it ended with `code`.
    ///
    /// # Errors
    /// When it ended otherwise.
    pub fn expect_code(self, code: i32) -> Result<Self> {
        ensure!(
            self.code == code,
            "exit code {} instead of {code}\n--- stdout\n{}\n--- stderr\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        Ok(self)
    }

    /// Standard output as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.stdout).with_context(|| format!("not JSON:\n{}", self.stdout))
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
