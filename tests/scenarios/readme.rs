//! The commands in the README are run, as they stand there.

use std::process::Command;

use anyhow::Result;
use e2e::programs::{Ended, checkout, folder};

/// The commands of the fenced blocks whose opening line is ```` ```console by-hand ````.
fn commands_by_hand(readme: &str) -> Vec<String> {
    let mut commands = Vec::new();
    for block in readme.split("```console by-hand\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        commands.extend(
            block
                .lines()
                .filter_map(|line| line.strip_prefix("$ "))
                .map(str::to_owned),
        );
    }
    commands
}

#[test]
fn the_commands_by_hand_work_as_they_stand() -> Result<()> {
    let place = tempfile::tempdir()?;
    let readme = std::fs::read_to_string(checkout().join("README.md"))?;
    let commands = commands_by_hand(&readme);
    assert!(commands.len() > 8, "{commands:?}");
    std::os::unix::fs::symlink(
        checkout().canonicalize()?.join("config"),
        place.path().join("config"),
    )?;
    // Nodes that the README starts in the background end with the shell, whatever happens.
    let script = format!(
        "set -eu\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n{}\n",
        commands.join("\n")
    );
    let path = std::env::join_paths(std::iter::once(folder()?).chain(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    )))?;
    let ended = Ended::of(
        Command::new("bash")
            .arg("-c")
            .arg(&script)
            .current_dir(place.path())
            .env("PATH", path),
    )?;
    ended.expect_code(0)?;
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
