//! `cargo xtask fuzz --coverage`: which lines of the parsers the corpus reaches.
//!
//! Each target is built once more, with the compiler's own counters and without optimising, and is run over
//! its corpus and its seeds, without making up anything. What was found and not kept does not count.

use std::path::{Path, PathBuf};

use super::targets::{DECODERS, Target};
use super::{Built, programs};
use crate::run::{Failed, Task, complain, say, target_directory, workspace_root};

/// Counters on every region, and the modules that exist for fuzzing.
const FLAGS: &str = "-Cinstrument-coverage --cfg fuzzing";

/// The lines of one file.
struct Lines {
    file: String,
    all: u32,
    missed: u32,
}

/// Prints the lines that the corpora of these targets reach, file by file.
pub fn coverage(targets: &[&'static Target]) -> Result<(), Failed> {
    let tools = tools()?;
    let folder = target_directory().join("fuzz-coverage");
    let built = Built {
        flags: FLAGS,
        target: folder.clone(),
        profile: "dev",
    };
    let programs = programs(targets, &built)?;
    let profiles = folder.join("profiles");
    // Counters of an earlier build do not fit.
    let _ = std::fs::remove_dir_all(&profiles);
    for target in targets {
        run(&programs, target, &profiles)?;
    }
    let merged = folder.join("merged.profdata");
    let merging = Task::new(&tools.join("llvm-profdata").to_string_lossy())
        .args(["merge", "-sparse", "-o"])
        .args([&merged, &profiles]);
    let (text, is_good) = merging.capture()?;
    if !is_good {
        return Err(Failed::because(text));
    }
    // The first program goes by its place, the others by name: a folder in its place would be taken for one.
    let Some((first, others)) = targets.split_first() else {
        return Ok(());
    };
    let mut report = Task::new(&tools.join("llvm-cov").to_string_lossy())
        .arg("report")
        .arg(format!("-instr-profile={}", merged.display()))
        .arg(programs.join(first.name));
    for target in others {
        report = report.arg("-object").arg(programs.join(target.name));
    }
    let (text, is_good) = report.arg(workspace_root().join("crates")).capture()?;
    if !is_good {
        return Err(Failed::because(text));
    }
    show(&text);
    Ok(())
}

/// Over the corpus and the seeds, once.
fn run(programs: &Path, target: &Target, profiles: &Path) -> Result<(), Failed> {
    let root = workspace_root();
    let corpus = root.join("fuzz").join("corpus").join(target.name);
    let seeds = target.seeds.iter().map(|seeds| root.join(seeds));
    let folders = std::iter::once(corpus).chain(seeds);
    let profile = profiles.join(format!("{}-%p.profraw", target.name));
    let (text, is_good) = Task::new(&programs.join(target.name).to_string_lossy())
        .arg("-runs=0")
        .args(folders.filter(|folder| folder.is_dir()))
        .environment("LLVM_PROFILE_FILE", &profile.to_string_lossy())
        .capture()?;
    if is_good {
        Ok(())
    } else {
        Err(Failed::because(format!("{}:\n{text}", target.name)))
    }
}

/// The tools that belong to the compiler: others may not read what it counts.
fn tools() -> Result<PathBuf, Failed> {
    let (text, _) = Task::new("rustc").args(["--print", "target-libdir"]).capture()?;
    let tools = Path::new(text.trim()).with_file_name("bin");
    if tools.join("llvm-cov").is_file() {
        return Ok(tools);
    }
    Err(Failed::because(
        "llvm-cov is missing: rustup component add llvm-tools",
    ))
}

/// One line for each file with a parser in it, and their sum.
fn show(report: &str) {
    let files: Vec<Lines> = report.lines().filter_map(lines).collect();
    let of = |name: &str| {
        files
            .iter()
            .filter(|lines| is_of(&lines.file, name))
            .collect::<Vec<_>>()
    };
    let (mut all, mut missed) = (0, 0);
    say("parser                                        lines  not reached");
    for name in DECODERS {
        let found = of(name);
        if found.is_empty() {
            complain(&format!("no line of {name} was built"));
        }
        for lines in found {
            say(&format!(
                "{:<44} {:>6} {:>12}",
                lines.file, lines.all, lines.missed
            ));
            all += lines.all;
            missed += lines.missed;
        }
    }
    let reached = 100.0 * f64::from(all - missed) / f64::from(all.max(1));
    say(&format!(
        "{:<44} {all:>6} {missed:>12}   {reached:.1} % reached",
        "all"
    ));
}

/// Whether a file is the module of this name, or within it.
fn is_of(file: &str, name: &str) -> bool {
    let Some((_, rest)) = file.split_once(name) else {
        return false;
    };
    rest == ".rs" || rest.starts_with('/')
}

/// A line of the report: the name, four figures of regions, three of functions, then those of lines.
fn lines(line: &str) -> Option<Lines> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let file = words.first().filter(|name| name.ends_with(".rs"))?;
    Some(Lines {
        file: (*file).to_owned(),
        all: words.get(7)?.parse().ok()?,
        missed: words.get(8)?.parse().ok()?,
    })
}
