//! The bundle of a case between two real nodes: the same bytes again, checked by the commands of its own
//! `VERIFY.md` with `sha512sum`, `openssl` and `python3`, and by `ohrid-verify`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::network::Network;
use e2e::programs::{Ended, program};
use serde_json::Value;

/// What the example request says, and nothing else that is exported: a selector, and a name.
const SAID: [&str; 2] = ["198.51.100", "Officer 4711"];

/// How long nothing may happen in a case before it is taken for settled.
const QUIET: Duration = Duration::from_millis(600);

/// Longer than an exchange of two messages takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn export(network: &Network, party: &str, case: &str, name: &str, more: &[&str]) -> Result<PathBuf> {
    let path = network.path(name);
    let to = path.to_string_lossy();
    let mut arguments = vec!["case", "export", case, "--to", &to];
    arguments.extend(more);
    network.officer(party, arguments)?.expect_code(0)?;
    Ok(path)
}

/// A request of XA with a file, and XB's acknowledgement; gives the case's number.
fn exchange(network: &Network) -> Result<String> {
    let request = Network::example_request();
    let order = network.path("order of the court.pdf");
    fs::write(&order, "It is ordered.")?;
    let (request, order) = (request.to_string_lossy(), order.to_string_lossy());
    let send = [
        "request",
        "send",
        &request,
        "--to",
        "XB/police",
        "--attachment",
        &order,
        "--wait",
        "consigned",
        "--json",
    ];
    let sent = network.officer("XA", send)?.expect_code(0)?.json()?;
    let case = sent["case"].as_str().context("no case")?.to_owned();
    let answer = [
        "answer",
        "acknowledge",
        &case,
        "--reference",
        "XB-0093",
        "--next-steps",
        "The provider is asked tonight.",
        "--wait",
        "consigned",
    ];
    network.officer("XB", answer)?.expect_code(0)?;
    for party in ["XA", "XB"] {
        settle(network, party, &case)?;
    }
    Ok(case)
}

/// Waits until both sides have recorded what they had to say to each other.
fn settle(network: &Network, party: &str, case: &str) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let (mut entries, mut since) = (0, Instant::now());
    while since.elapsed() < QUIET || entries == 0 {
        let shown = network.officer(party, ["case", "show", case, "--json"])?;
        let shown = shown.expect_code(0)?.json()?;
        let now = shown["timeline"].as_array().map_or(0, Vec::len);
        if now != entries {
            (entries, since) = (now, Instant::now());
        }
        ensure!(Instant::now() < deadline, "{party}: the case never comes to rest");
    }
    Ok(())
}

/// The folder in a zip file, taken out by Python.
fn unzip(zip: &Path, to: &Path) -> Result<PathBuf> {
    let mut python = Command::new("python3");
    python.args(["-m", "zipfile", "-e"]).arg(zip).arg(to);
    Ended::of(&mut python)?.expect_code(0)?;
    let inside = fs::read_dir(to)?.next().context("an empty zip file")??;
    Ok(inside.path())
}

fn files_of(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.strip_prefix(folder)?.to_owned(), fs::read(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// The same by `ohrid-verify`, which shares nothing with the script but the format.
fn verify_with_ours(network: &Network, path: &Path) -> Result<Ended> {
    let secretariat = network.path("secretariat/secretariat.pub");
    Ended::of(
        program("ohrid-verify")?
            .arg("bundle")
            .arg(path)
            .arg("--secretariat")
            .arg(secretariat),
    )
}

fn verify(bundle: &Path, more: &[&str]) -> Result<Ended> {
    Ended::of(
        Command::new("python3")
            .arg("verify.py")
            .args(more)
            .current_dir(bundle),
    )
}

/// The blocks of commands in `VERIFY.md`, each with what else it needs.
fn blocks(guide: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = guide.lines();
    while let Some(line) = lines.next() {
        if let Some(needs) = line.strip_prefix("```sh") {
            let commands: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push((needs.trim().to_owned(), commands.join("\n")));
        }
    }
    blocks
}

/// Runs every command of `VERIFY.md`; gives how many blocks were run.
fn follow_guide(bundle: &Path) -> Result<usize> {
    let guide = fs::read_to_string(bundle.join("VERIFY.md"))?;
    ensure!(
        !guide.contains("{{"),
        "a name in VERIFY.md has no value:\n{guide}"
    );
    let mut count = 0;
    for (needs, commands) in blocks(&guide) {
        let is_here = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !needs.is_empty() && !is_here(&needs) {
            // What only this program can do is left to machines that have it.
            continue;
        }
        let mut shell = Command::new("sh");
        let ended = Ended::of(shell.args(["-euc", &commands]).current_dir(bundle))?;
        ended.expect_code(0).with_context(|| commands.clone())?;
        count += 1;
    }
    Ok(count)
}

/// The table of contents.
fn contents(bundle: &Path) -> Result<Value> {
    Ok(serde_json::from_slice(&fs::read(
        bundle.join("data/bundle.json"),
    )?)?)
}

/// Exported twice it is the same, as a zip file and as a folder; and its own guide shows that it is right, on
/// either side, also without its content. `[LEAF-PRIVACY]`
#[test]
fn a_bundle_is_checked_with_the_tools_that_its_guide_names() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::make(folder.path())?;
    let _nodes = [network.start("XA")?, network.start("XB")?];
    network.wait_until_connected("XA")?;
    let case = exchange(&network)?;

    let first = export(&network, "XA", &case, "first.zip", &["--attachments"])?;
    // Another case between the two: the ledger has grown, and this case is as it was.
    let request = Network::example_request();
    let send = [
        "request",
        "send",
        &request.to_string_lossy(),
        "--to",
        "XB/police",
        "--wait",
        "delivered",
    ];
    network.officer("XA", send)?.expect_code(0)?;
    let again = export(&network, "XA", &case, "again.zip", &["--attachments"])?;
    ensure!(
        fs::read(&first)? == fs::read(&again)?,
        "the same state gives other bytes"
    );
    let as_folder = export(&network, "XA", &case, "folder", &["--attachments"])?;
    let bundle = unzip(&first, &network.path("unzipped"))?;
    ensure!(
        files_of(&bundle)? == files_of(&as_folder)?,
        "folder and zip file differ"
    );

    for path in [&first, &as_folder] {
        verify_with_ours(&network, path)?.expect_code(0)?;
    }

    ensure!(follow_guide(&bundle)? >= 7, "too few commands in VERIFY.md");
    let anchor = fs::read_to_string(network.path("secretariat/secretariat.pub"))?;
    let said = verify(&bundle, &["--secretariat", anchor.trim()])?.expect_code(0)?;
    ensure!(said.stdout.ends_with("VALID\n"), "{}", said.stdout);
    let stranger = "ed25519:gUZkDwJJOvT7xU/jM4jnXcLJN64LdyfMKyr7G3UZmj4=";
    verify(&bundle, &["--secretariat", stranger])?.expect_code(1)?;
    let order = bundle.join("data/messages/1/attachments/1-order_of_the_court.pdf");
    assert_eq!(fs::read(order)?, b"It is ordered.");

    let other_side = export(&network, "XB", &case, "other-side", &["--no-session-keys"])?;
    follow_guide(&other_side)?;
    // What it says is shown, and nothing that opens what was sealed.
    verify_with_ours(&network, &other_side)?.expect_code(3)?;
    let (ours, theirs) = (contents(&bundle)?, contents(&other_side)?);
    for number in [0, 1] {
        assert_eq!(
            ours["messages"][number]["commitment"],
            theirs["messages"][number]["commitment"]
        );
    }
    redacted(&network, &case)?;
    tampered(&bundle)
}

fn redacted(network: &Network, case: &str) -> Result<()> {
    let redacted = export(
        network,
        "XA",
        case,
        "redacted",
        &["--redact", "content", "--attachments"],
    )?;
    follow_guide(&redacted)?;
    let said = verify(&redacted, &[])?.expect_code(0)?;
    ensure!(
        said.stdout.contains("left out: content of message 1 (redacted)"),
        "{}",
        said.stdout
    );
    for (path, content) in files_of(&redacted)? {
        let holds = |text: &&str| content.windows(text.len()).any(|part| part == text.as_bytes());
        ensure!(!SAID.iter().any(holds), "{} tells what was said", path.display());
    }
    // The same texts are there where nothing is left out, so the search could have found them.
    let whole = export(network, "XA", case, "whole", &["--no-session-keys"])?;
    let page = fs::read_to_string(whole.join("data/case.html"))?;
    ensure!(
        SAID.iter().all(|text| page.contains(text)),
        "the page does not tell what was said"
    );
    Ok(())
}

/// One bit of anything: the sums show it; and where the sums were made to fit, the signatures do.
fn tampered(bundle: &Path) -> Result<()> {
    let contents = contents(bundle)?;
    let leaf = contents["leaves"][0]["file"].as_str().context("no leaf")?;
    let statement = contents["leaves"][0]["statement"]
        .as_str()
        .context("no statement")?;
    for path in [
        leaf,
        statement,
        "data/case.html",
        "data/messages/1/sealed.pgp",
        "data/ledger/1/checkpoint",
    ] {
        let whole = fs::read(bundle.join(path))?;
        let mut flipped = whole.clone();
        let middle = flipped.len() / 2;
        flipped[middle] ^= 1;
        fs::write(bundle.join(path), &flipped)?;
        let sums = fs::read_to_string(bundle.join("manifest-sha512.txt"))?;
        let check = "sha512sum --check --strict --quiet manifest-sha512.txt";
        let shell = Ended::of(Command::new("sh").args(["-c", check]).current_dir(bundle))?;
        ensure!(shell.code != 0, "{path} may be changed");
        let refit = "for i in manifest-sha512.txt tagmanifest-sha512.txt; do \
                     cut -c131- $i | xargs sha512sum > $i.new; mv $i.new $i; done";
        Ended::of(Command::new("sh").args(["-c", refit]).current_dir(bundle))?.expect_code(0)?;
        let said = verify(bundle, &[])?;
        ensure!(
            said.code == 1,
            "{path} may be changed, with its sums:\n{}",
            said.stdout
        );
        fs::write(bundle.join(path), &whole)?;
        fs::write(bundle.join("manifest-sha512.txt"), sums)?;
        let restore =
            "cut -c131- tagmanifest-sha512.txt | xargs sha512sum > new && mv new tagmanifest-sha512.txt";
        Ended::of(Command::new("sh").args(["-c", restore]).current_dir(bundle))?.expect_code(0)?;
    }
    verify(bundle, &[])?.expect_code(0)?;
    Ok(())
}
