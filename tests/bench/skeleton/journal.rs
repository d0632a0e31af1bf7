//! A journal as bare as it can be: what waits is written and synced together.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::{Context, Result};
use tokio::sync::oneshot;

/// As large as a segment of the node's.
const BYTES: usize = 8 << 20;

type Job = (Vec<u8>, oneshot::Sender<()>);

/// Commits in groups, on a thread of its own that ends with it.
pub struct Journal(Sender<Job>);

impl Journal {
    /// Begins one, of zeros that are on the disk already.
    pub fn create(path: &Path) -> Result<Self> {
        let mut file = File::create(path).with_context(|| format!("making {}", path.display()))?;
        file.write_all(&vec![0; BYTES])?;
        file.sync_all()?;
        let (sender, jobs) = channel();
        std::thread::spawn(move || write(file, &jobs));
        Ok(Self(sender))
    }

    /// Returns when the record is on the disk.
    pub async fn commit(&self, record: Vec<u8>) -> Result<()> {
        let (done, written) = oneshot::channel();
        self.0.send((record, done)).ok().context("the journal ended")?;
        written.await.context("the journal failed")
    }
}

/// Ends, and drops what waits, when the disk fails.
fn write(mut file: File, jobs: &Receiver<Job>) -> Option<()> {
    let mut at = 0;
    while let Ok((mut records, first)) = jobs.recv() {
        let mut waiting = vec![first];
        while let Ok((record, done)) = jobs.try_recv() {
            records.extend_from_slice(&record);
            waiting.push(done);
        }
        if at + records.len() > BYTES {
            at = 0;
        }
        file.seek(SeekFrom::Start(at as u64)).ok()?;
        file.write_all(&records).ok()?;
        file.sync_data().ok()?;
        at += records.len();
        for done in waiting {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
    }
    Some(())
}
