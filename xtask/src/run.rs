//! Running other programs: echo the command, inherit the streams, and fail with its name.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

/// The programs that people are given: what is packed, and has a manual.
pub const PROGRAMS: &[&str] = &["ohrid-node", "ohrid", "ohrid-verify", "ohrid-console"];

/// How they are built, and the folder that they are in then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// As `cargo build` does: in seconds, large and slow.
    Debug,
    /// As they are given away.
    #[default]
    Release,
}

impl Profile {
    /// Where cargo puts the programs.
    pub fn folder(self) -> PathBuf {
        target_directory().join(match self {
            Self::Debug => "debug",
            Self::Release => "release",
        })
    }

    /// Builds [`PROGRAMS`] and none of those that measure and test. All in one go: for one of them alone,
    /// dependencies would be built anew, with fewer features.
    pub fn build(self) -> Result<(), Failed> {
        let mut task = Task::new("cargo").args(["build", "--workspace", "--locked"]);
        for program in PROGRAMS {
            task = task.args(["--bin", program]);
        }
        match self {
            Self::Debug => task.run(),
            Self::Release => task.arg("--release").run(),
        }
    }
}

/// Why a task did not succeed, in words for the person who ran it.
pub struct Failed(String);

impl Failed {
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A program to be run, with its arguments.
pub struct Task(Command);

impl Task {
    /// Runs in the workspace's root, whatever folder the user stands in.
    pub fn new(program: &str) -> Self {
        let mut command = Command::new(program);
        command.current_dir(workspace_root());
        Self(command)
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.0.arg(argument);
        self
    }

    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.0.args(arguments);
        self
    }

    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Shows the command, runs it with our streams, and waits for it.
    pub fn run(mut self) -> Result<(), Failed> {
        complain(&format!("$ {}", self.shown()));
        let status = self
            .0
            .status()
            .map_err(|e| Failed(format!("could not start {}: {e}", self.shown())))?;
        if status.success() {
            Ok(())
        } else {
            Err(Failed(format!("{} ended with {status}", self.shown())))
        }
    }

    /// Runs it quietly; its output, and whether it succeeded.
    pub fn capture(mut self) -> Result<(String, bool), Failed> {
        let output = self
            .0
            .output()
            .map_err(|e| Failed(format!("could not start {}: {e}", self.shown())))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok((text, output.status.success()))
    }

    fn shown(&self) -> String {
        let words = std::iter::once(self.0.get_program()).chain(self.0.get_args());
        words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
    }
}

/// The root of the workspace: the parent of this crate's folder.
pub fn workspace_root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

/// Where cargo puts what it builds.
pub fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || workspace_root().join("target"),
        |set| workspace_root().join(set),
    )
}

/// To the person, on standard output.
#[expect(clippy::print_stdout, reason = "a command line program talks to a person")]
pub fn say(text: &str) {
    println!("{text}");
}

/// To the person, beside the results.
#[expect(clippy::print_stderr, reason = "a command line program talks to a person")]
pub fn complain(text: &str) {
    eprintln!("{text}");
}
