//! A file that travels while its recipient's disk fills up: it waits, nothing of it is given, and it arrives
//! whole when there is room again `[TRANSFER]`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use control::client::Client;
use control::types::MessageAttachments;
use e2e::network::Network;

use crate::arena::{Arena, tail};
use crate::power::Disks;
use crate::table::{Harm, Round, found};

/// Long enough that it is seen on its way.
const FILE_BYTES: usize = 48 << 20;

/// How long a file may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// How long it is watched on a full disk.
const WATCHED: Duration = Duration::from_secs(2);

/// XB's disk becomes full in the middle of a file.
pub fn cut_by_full_disk(disks: &mut Disks) -> Result<Round> {
    let network = &disks.arena.network;
    let file = make_file(network, "image.bin", FILE_BYTES)?;
    let message = send(network, &file)?;
    disks.arena.note_accepted(&message);
    let begun = until(&disks.arena, &message, |found| present(found) > 0)?;
    disks.image("XB")?.fill(0)?;
    std::thread::sleep(WATCHED);
    let cut = attachments(&disks.arena, &message)?;
    let was_cut = !begun.complete && !cut.complete;
    let target = disks.arena.network.path("got");
    if was_cut {
        fs::create_dir_all(&target)?;
        let early = get(&disks.arena.network, &message, &target)?;
        if early.is_some() {
            return found(
                Harm::Wrong,
                format!("{message}: a file was given that is not whole"),
            );
        }
    }
    let node = disks.arena.node("XB")?;
    if node.has_ended() {
        return found(
            Harm::Stuck,
            format!("XB ended on a full disk:\n{}", tail(&node.log())),
        );
    }
    disks.image("XB")?.empty()?;
    until(&disks.arena, &message, |found| found.complete)?;
    fs::create_dir_all(&target)?;
    let got = get(&disks.arena.network, &message, &target)?.context("the file is not given")?;
    if got != fs::read(&file)? {
        return found(Harm::Wrong, format!("{message}: the file is another one"));
    }
    fs::remove_dir_all(&target)?;
    disks.arena.see_through(&message)?;
    Ok(if was_cut {
        Round::Survived
    } else {
        Round::NotReached
    })
}

/// Bytes that no layer can make smaller.
pub fn make_file(network: &Network, name: &str, bytes: usize) -> Result<PathBuf> {
    let mut random = e2e::proxy::Random::new(bytes as u64);
    let mut content = Vec::with_capacity(bytes + 8);
    while content.len() < bytes {
        content.extend_from_slice(&random.draw().to_le_bytes());
    }
    content.truncate(bytes);
    let path = network.path(name);
    fs::write(&path, content)?;
    Ok(path)
}

/// Sends the example with a file; the message.
pub fn send(network: &Network, file: &Path) -> Result<String> {
    let (request, file) = (Network::example_request(), file.to_string_lossy());
    let request = request.to_string_lossy();
    let arguments = [
        "request",
        "send",
        &request,
        "--to",
        "XB/police",
        "--json",
        "--attachment",
        &file,
    ];
    let sent = network.officer("XA", arguments)?.expect_code(0)?.json()?;
    Ok(sent["message"].as_str().context("a message")?.to_owned())
}

/// All files of a message; the content of the one, `None` where it is not given.
fn get(network: &Network, message: &str, target: &Path) -> Result<Option<Vec<u8>>> {
    let folder = target.to_string_lossy();
    let got = network.officer(
        "XB",
        ["attachment", "get", message, "--output", &folder, "--json"],
    )?;
    let file = target.join("image.bin");
    match got.code {
        0 => Ok(Some(fs::read(file)?)),
        _ if file.exists() => found(Harm::Wrong, format!("{message}: a part of a file was given")),
        _ => Ok(None),
    }
}

fn present(found: &MessageAttachments) -> u64 {
    found.attachments.iter().map(|one| one.present_bytes).sum()
}

fn attachments(arena: &Arena, message: &str) -> Result<MessageAttachments> {
    let socket = arena.network.node_folder("XB").join("control.sock");
    arena.ask(async {
        let client = Client::connect(&socket).await?.acting_as("duty officer");
        Ok(client.message_attachments(message).await?)
    })
}

/// Asks XB until it is so.
pub fn until(
    arena: &Arena,
    message: &str,
    is_so: impl Fn(&MessageAttachments) -> bool,
) -> Result<MessageAttachments> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // A message that has not arrived is unknown there.
        let answer = attachments(arena, message);
        if let Ok(answer) = &answer
            && is_so(answer)
        {
            return Ok(answer.clone());
        }
        ensure!(
            Instant::now() < deadline,
            "waited in vain for the files of {message}: {answer:?}"
        );
        std::thread::sleep(Duration::from_millis(3));
    }
}
