//! `cargo xtask package`: the Debian package `ohrid`, and a trial of it in a Debian that is new.
//!
//! The package itself is cargo-deb's work; what goes into it stands in `crates/node/Cargo.toml`. A release
//! is built for release; `--debug` packs what `cargo build` has made, which is enough to try the package
//! and takes seconds.

mod root;
mod trial;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::machine;
use crate::man;
use crate::run::{Failed, PROGRAMS, Profile, Task, complain, say, target_directory, workspace_root};

/// The release of cargo-deb that the package was last tried with.
const CARGO_DEB: &str = "3.8.0";

const USAGE: &str = "usage: cargo xtask package [--debug] [--try] [--transcript FILE]";

/// What was asked for.
#[derive(Debug, Default)]
struct Asked {
    profile: Profile,
    trial: bool,
    transcript: Option<PathBuf>,
}

/// Builds the package; with `--try`, installs it into two new Debians and lets them talk.
pub fn package(options: &[String]) -> Result<(), Failed> {
    let asked = read(options)?;
    machine::install_missing(&[machine::TO_BUILD, machine::TO_PACKAGE])?;
    let folder = asked.profile.folder();
    asked.profile.build()?;
    write_sbom(&folder.join("sbom.cdx.json"))?;
    write_manual(&folder)?;
    let package = pack(&asked)?;
    say(&format!("{}", package.display()));
    say(&sizes(&folder, &package)?);
    lintian(&package)?;
    if asked.trial {
        trial::trial(&package, asked.transcript.as_deref())?;
    }
    Ok(())
}

fn read(options: &[String]) -> Result<Asked, Failed> {
    let mut asked = Asked::default();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--debug" => asked.profile = Profile::Debug,
            "--try" => asked.trial = true,
            "--transcript" => {
                let file = options.next().ok_or_else(|| Failed::because(USAGE))?;
                asked.transcript = Some(workspace_root().join(file));
            }
            _ => return Err(Failed::because(USAGE)),
        }
    }
    Ok(asked)
}

/// cargo-deb, which is installed if it is not there.
fn pack(asked: &Asked) -> Result<PathBuf, Failed> {
    if !machine::on_path("cargo-deb") {
        Task::new("cargo")
            .args(["install", "--locked", "--version", CARGO_DEB, "cargo-deb"])
            .run()?;
    }
    let folder = target_directory().join("package");
    fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    let output = folder.join("ohrid.deb");
    let mut task = Task::new("cargo")
        .args([
            "deb",
            "--package",
            "ohrid-node",
            "--no-build",
            "--strip",
            "--locked",
            "--output",
        ])
        .arg(&output);
    if asked.profile == Profile::Debug {
        // What is only tried need not be small.
        task = task.args(["--profile", "dev", "--fast"]);
    }
    task.run()?;
    Ok(output)
}

/// Manual pages and completions, beside the programs that they are of. Pages of commands that are no more
/// must not come into the package with them.
fn write_manual(folder: &Path) -> Result<(), Failed> {
    let manual = folder.join("manual");
    if manual.exists() {
        fs::remove_dir_all(&manual).map_err(|error| failed(&manual, &error))?;
    }
    man::write(folder, &manual)?;
    // As Debian has them. cargo-deb would do it for a release only.
    Task::new("gzip")
        .args(["-9", "--no-name", "--recursive"])
        .arg(manual.join("share/man"))
        .run()
}

/// The list of what is linked, beside the programs.
fn write_sbom(file: &Path) -> Result<(), Failed> {
    let metadata = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(workspace_root())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failed::because(format!("cargo metadata: {error}")))?;
    let list = File::create(file).map_err(|error| failed(file, &error))?;
    let metadata = metadata.stdout.map_or_else(Stdio::null, Stdio::from);
    let status = Command::new("python3")
        .args(["deploy/debian/sbom.py", "Cargo.lock"])
        .current_dir(workspace_root())
        .stdin(metadata)
        .stdout(list)
        .status()
        .map_err(|error| Failed::because(format!("python3: {error}")))?;
    match status.success() {
        true => Ok(()),
        false => Err(Failed::because("the list of what is linked could not be written")),
    }
}

/// How large everything is, as it was built and as it is installed.
fn sizes(folder: &Path, package: &Path) -> Result<String, Failed> {
    let mut table = format!("{:<16}{:>14}{:>14}\n", "", "built", "installed");
    let unpacked = target_directory().join("package").join("unpacked");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked).map_err(|error| failed(&unpacked, &error))?;
    }
    Task::new("dpkg-deb")
        .arg("--extract")
        .arg(package)
        .arg(&unpacked)
        .run()?;
    for program in PROGRAMS {
        let built = mib(&folder.join(program))?;
        let installed = mib(&unpacked.join("usr/bin").join(program))?;
        table.push_str(&format!("{program:<16}{built:>14}{installed:>14}\n"));
    }
    table.push_str(&format!("{:<16}{:>14}{:>14}", "ohrid.deb", "", mib(package)?));
    Ok(table)
}

fn mib(file: &Path) -> Result<String, Failed> {
    let bytes = fs::metadata(file).map_err(|error| failed(file, &error))?.len();
    Ok(format!("{}.{} MiB", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20))
}

/// Debian's own rules: errors end it, the rest is told.
fn lintian(package: &Path) -> Result<(), Failed> {
    let (said, good) = Task::new("lintian")
        .args(["--fail-on", "error", "--tag-display-limit", "0", "--allow-root"])
        .arg(package)
        .capture()?;
    complain(said.trim());
    match good {
        true => Ok(()),
        false => Err(Failed::because("lintian finds errors in the package")),
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failed {
    Failed::because(format!("{}: {error}", path.display()))
}
