//! A copy of the workspace, in which sources are changed and built, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::failed::{Failed, Of};

/// The copy, for one crate.
pub struct Tree {
    pub folder: PathBuf,
    target: PathBuf,
    /// The crate's folder below `crates`.
    name: String,
    package: String,
}

/// An error of the compiler: every place that it points at, the most important first.
pub struct Fault {
    pub message: String,
    /// Files from the workspace's root, and lines.
    pub places: Vec<(String, usize)>,
}

/// What a build came to.
pub enum Built {
    /// The program that runs the tests.
    Tests(PathBuf),
    Faults(Vec<Fault>),
}

impl Tree {
    /// Copies everything that git knows, or would add.
    pub fn copy(root: &Path, target: &Path, name: &str, package: &str) -> Result<Self, Failed> {
        let folder = target.join("trees").join(name);
        let files = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .of("git ls-files")?;
        let wanted: BTreeSet<String> = String::from_utf8_lossy(&files.stdout)
            .split('\0')
            .filter(|name| !name.is_empty() && root.join(name).is_file())
            .map(str::to_owned)
            .collect();
        let tree = Self {
            folder,
            target: target.join("build"),
            name: name.to_owned(),
            package: package.to_owned(),
        };
        for name in &wanted {
            let text = std::fs::read(root.join(name)).of(name)?;
            tree.write(name, &text)?;
        }
        Ok(tree)
    }

    /// Writes a file, unless it is so already: cargo builds again what is newer.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failed> {
        let path = self.folder.join(name);
        if std::fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).of(parent.display())?;
        }
        std::fs::write(&path, bytes).of(path.display())
    }

    /// Builds the crate's own tests, a little optimised: they run thousands of times. What the crate depends
    /// on is built as always, so that it need not be built again.
    pub fn build(&self) -> Result<Built, Failed> {
        let profile = format!("profile.dev.package.{}", self.package);
        let output = Command::new("cargo")
            .args(["test", "--lib", "--no-run", "--locked", "--message-format=json"])
            .args(["--package", &self.package])
            .args(["--config", &format!("{profile}.opt-level=1")])
            .args(["--config", &format!("{profile}.debug=false")])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("CARGO_INCREMENTAL", "0")
            .stderr(Stdio::piped())
            .output()
            .of("cargo")?;
        let messages = Messages::read(&output.stdout, &self.package);
        if output.status.success() {
            return Ok(Built::Tests(messages.program.unwrap_or_default()));
        }
        if messages.faults.is_empty() {
            return Err(Failed::because(String::from_utf8_lossy(&output.stderr)));
        }
        Ok(Built::Faults(messages.faults))
    }

    /// The crate's folder, in which its tests run.
    pub fn home(&self) -> PathBuf {
        self.folder.join("crates").join(&self.name)
    }
}

/// What cargo says, line by line.
#[derive(Deserialize)]
struct Message {
    reason: String,
    message: Option<Diagnostic>,
    target: Option<Named>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    message: String,
    spans: Vec<Shown>,
    children: Vec<Diagnostic>,
}

#[derive(Deserialize)]
struct Shown {
    file_name: String,
    line_start: usize,
    is_primary: bool,
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Shown,
}

struct Messages {
    program: Option<PathBuf>,
    faults: Vec<Fault>,
}

impl Messages {
    fn read(output: &[u8], package: &str) -> Self {
        let mut read = Self {
            program: None,
            faults: Vec::new(),
        };
        for line in String::from_utf8_lossy(output).lines() {
            let Ok(message) = serde_json::from_str::<Message>(line) else {
                continue;
            };
            let library = package.replace('-', "_");
            let ours = message
                .target
                .is_some_and(|t| t.name.replace('-', "_").ends_with(&library));
            match message.reason.as_str() {
                "compiler-artifact" if ours => read.program = message.executable.or(read.program),
                "compiler-message" => read.faults.extend(message.message.and_then(fault)),
                _ => {}
            }
        }
        read
    }
}

fn fault(diagnostic: Diagnostic) -> Option<Fault> {
    if diagnostic.level != "error" {
        return None;
    }
    let mut places = Vec::new();
    for primary in [true, false] {
        for span in diagnostic.spans.iter().filter(|span| span.is_primary == primary) {
            point(span, &mut places);
        }
    }
    for span in diagnostic.children.iter().flat_map(|child| &child.spans) {
        point(span, &mut places);
    }
    // "aborting due to 3 previous errors" points nowhere.
    (!places.is_empty()).then_some(Fault {
        message: diagnostic.message,
        places,
    })
}

/// A place inside a macro is also where the macro was used.
fn point(span: &Shown, places: &mut Vec<(String, usize)>) {
    places.push((span.file_name.clone(), span.line_start));
    if let Some(expansion) = &span.expansion {
        point(&expansion.span, places);
    }
}

/// The faults, by the file and line that they point at first.
pub fn shown(faults: &[Fault]) -> String {
    let mut by_place: BTreeMap<String, &str> = BTreeMap::new();
    for fault in faults {
        let place = fault.places.first().map(|(file, line)| format!("{file}:{line}"));
        by_place.insert(place.unwrap_or_default(), &fault.message);
    }
    let lines = by_place
        .iter()
        .map(|(place, message)| format!("{place}: {message}"));
    lines.take(20).collect::<Vec<_>>().join("\n")
}
