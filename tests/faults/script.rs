//! What happened before the disk went bad: a story with something of everything that a node stores.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use control::client::Client;
use control::headers::IdempotencyKey;
use control::types::Priority;

use crate::arena::Arena;
use crate::copies;
use crate::pull;
use crate::shown;

/// How long the attached files are: more than one chunk, and less.
const FILES: [(&str, usize); 2] = [("image.bin", 2_500_000), ("order.pdf", 200_000)];

/// What is left of a story: both nodes' folders, stopped.
#[derive(Debug)]
pub struct Story {
    /// How they were half-way.
    pub old: PathBuf,
    /// How they are.
    pub new: PathBuf,
    /// The secretariat's folder beside them.
    pub secretariat: PathBuf,
}

/// Tells the story below `folder`, with so many messages in each half.
pub fn tell(folder: &Path, seed: u64, messages: u64) -> Result<Story> {
    let root = folder.join("story");
    std::fs::create_dir_all(&root)?;
    let mut arena = Arena::begin(&root, seed)?;
    register(&arena, "duty officer")?;
    register(&arena, "duty officer XA")?;
    let story = Story {
        old: folder.join("old"),
        new: folder.join("new"),
        secretariat: root.join("secretariat"),
    };
    for (half, (name, bytes)) in [&story.old, &story.new].into_iter().zip(FILES) {
        for number in 0..messages {
            let mut letter = arena.letter()?;
            if number % 5 == 0 {
                letter.request.priority = Priority::Emergency;
            }
            let message = arena.post(&letter)?;
            arena.see_through(&message)?;
        }
        let file = pull::make_file(&arena.network, name, bytes)?;
        let message = pull::send(&arena.network, &file)?;
        arena.note_accepted(&message);
        pull::until(&arena, &message, |found| found.complete)?;
        arena.see_through(&message)?;
        leave_something_undone(&mut arena, &file)?;
        // Opening a message is noted once: what is asked later must change nothing.
        for party in ["XA", "XB"] {
            let questions = shown::questions(&arena, party)?;
            shown::answers(&arena, party, &questions)?;
        }
        // Its head is published, and cosigned by the other.
        std::thread::sleep(crate::points::AFTERWARDS);
        arena.stop("XA")?;
        arena.stop("XB")?;
        for party in ["xa", "xb"] {
            copies::copy(&root.join(party), &half.join(party))?;
        }
        arena.start("XB")?;
        arena.start("XA")?;
    }
    arena.check()?;
    Ok(story)
}

/// A draft, and a file that waits for its message.
fn leave_something_undone(arena: &mut Arena, file: &Path) -> Result<()> {
    let letter = arena.letter()?;
    let socket = arena.network.node_folder("XA").join("control.sock");
    arena.ask(async {
        let client = Client::connect(&socket).await?.acting_as("duty officer");
        let key: &IdempotencyKey = &letter.key;
        Ok(client.store_draft(&letter.request, key).await?)
    })?;
    let file = file.to_string_lossy();
    let add = ["attachment", "add", &file, "--to", "XB/police", "--json"];
    arena.network.officer("XA", add)?.expect_code(0)?;
    let name = format!("officer number {}", arena.accepted().count());
    register(arena, &name)
}

fn register(arena: &Arena, name: &str) -> Result<()> {
    let add = ["officer", "add", name, "--role", "officer"];
    let added = arena.network.officer("XA", add)?;
    added
        .expect_code(0)
        .map(drop)
        .with_context(|| format!("registering {name}"))
}
