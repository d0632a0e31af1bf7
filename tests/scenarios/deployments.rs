//! What `deploy/container` and `deploy/kubernetes` promise. No cluster and no container engine run here:
//! the files are read, and what they say to our programs is said to the real ones.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use e2e::network::Network;
use e2e::programs::{Ended, checkout, folder};

fn read(file: &str) -> Result<String> {
    std::fs::read_to_string(checkout().join("deploy").join(file)).with_context(|| file.to_owned())
}

/// The last stage is what runs: without a shell, not as root, with an entry that needs none.
#[test]
fn the_image_has_no_shell_and_no_root() -> Result<()> {
    let text = read("container/Containerfile")?;
    let last = text.rsplit("\nFROM ").next().context("a stage")?;
    ensure!(last.starts_with("scratch\n"), "{last}");
    let words: Vec<(&str, &str)> = last
        .lines()
        .filter_map(|line| line.split_once(' '))
        .skip(1)
        .collect();
    let of = |word: &str| {
        words
            .iter()
            .find(|(name, _)| *name == word)
            .map(|(_, rest)| *rest)
    };
    ensure!(
        of("RUN").is_none() && of("ADD").is_none(),
        "nothing is run in the image: {last}"
    );
    ensure!(of("USER") == Some("65532:65532"), "{last}");
    ensure!(
        of("ENTRYPOINT").is_some_and(|entry| entry.starts_with("[\"/usr/bin/ohrid-node\", ")),
        "{last}"
    );
    ensure!(of("EXPOSE") == Some("4433/udp"), "{last}");
    ensure!(
        !text.contains("TOKEN") && !text.contains("PASSWORD"),
        "no secret is built in"
    );
    Ok(())
}

/// Pod Security Standards, "restricted", and a root that cannot be written; one writer; probes that exist.
#[test]
fn the_pods_are_restricted_and_there_is_one_node() -> Result<()> {
    for file in ["kubernetes/ohrid-node.yaml", "kubernetes/ohrid-init.yaml"] {
        let text = read(file)?;
        for needed in [
            "runAsNonRoot: true",
            "runAsUser: 65532",
            "type: RuntimeDefault",
            "allowPrivilegeEscalation: false",
            "readOnlyRootFilesystem: true",
            "drop: [\"ALL\"]",
            "automountServiceAccountToken: false",
        ] {
            ensure!(text.contains(needed), "{file}: {needed}");
        }
        let forbidden = [
            "privileged: true",
            "hostNetwork",
            "hostPath",
            "hostPID",
            "kind: Secret",
        ];
        ensure!(!forbidden.iter().any(|word| text.contains(word)), "{file}");
    }
    let node = read("kubernetes/ohrid-node.yaml")?;
    ensure!(
        node.contains("replicas: 1\n")
            && node.contains("ReadWriteOncePod")
            && node.contains("whenDeleted: Retain")
    );
    ensure!(node.contains("path: /livez,") && node.contains("path: /readyz,"));
    Ok(())
}

/// The variables of the manifest go over a configuration that `ohrid node init` makes with the job's
/// arguments.
#[test]
fn what_the_manifests_say_to_our_programs_is_understood() -> Result<()> {
    let place = tempfile::tempdir()?;
    let init = read("kubernetes/ohrid-init.yaml")?;
    let line = init
        .lines()
        .find_map(|line| line.trim().strip_prefix("args: "))
        .context("args")?;
    let arguments: Vec<String> = serde_json::from_str(line)?;
    let there = place.path().join("node");
    let there = there.to_string_lossy();
    let arguments: Vec<&str> = arguments
        .iter()
        .map(|word| {
            if word.starts_with('/') {
                there.as_ref()
            } else {
                word.as_str()
            }
        })
        .collect();
    Network::in_folder(place.path()).ohrid(arguments)?;
    let node = read("kubernetes/ohrid-node.yaml")?;
    let mut shown = Command::new(folder()?.join("ohrid-node"));
    shown
        .arg("--config")
        .arg(place.path().join("node/node.toml"))
        .args(["config", "show", "--origin"]);
    let mut names = Vec::new();
    let mut lines = node.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("- name: OHRID__") {
            let value = lines
                .next()
                .and_then(|line| line.strip_prefix("value: "))
                .context("a value")?;
            let name = format!("OHRID__{name}");
            shown.env(&name, value.trim_matches('"'));
            names.push(name);
        }
    }
    let said = Ended::of(&mut shown)?.expect_code(0)?.stdout;
    ensure!(names.len() == 2, "{names:?}");
    for name in names {
        ensure!(
            said.contains(&format!("environment variable {name}")),
            "{name}\n{said}"
        );
    }
    Ok(())
}
