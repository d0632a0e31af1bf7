//! XA's officers, who write all the time, while something happens to a node.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Result, anyhow};
use control::client::Client;
use control::types::Wait;

use crate::arena::Letter;

/// How many write at once.
const WRITERS: usize = 3;

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// What XA's officers were told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Letters that were begun: of some, nobody knows whether they were taken.
    pub letters: Vec<Letter>,
    /// Messages that XA's node said that it has.
    pub accepted: Vec<String>,
    /// Messages of which XA's node said that XB has them, with a verified receipt.
    pub delivered: Vec<String>,
}

/// Officers who write.
pub struct Traffic {
    told: Arc<Mutex<Told>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Traffic {
    /// Begins to send these letters, one after the other.
    pub fn begin(socket: PathBuf, letters: Vec<Letter>) -> Self {
        let (told, is_over) = (Arc::<Mutex<Told>>::default(), Arc::<AtomicBool>::default());
        let shared = (Arc::clone(&told), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let queue = Arc::new(Mutex::new(letters));
            runtime.block_on(async {
                let officers: Vec<_> = (0..WRITERS)
                    .map(|_| {
                        let (told, is_over) = (Arc::clone(&shared.0), Arc::clone(&shared.1));
                        tokio::spawn(write(socket.clone(), Arc::clone(&queue), told, is_over))
                    })
                    .collect();
                for officer in officers {
                    officer.await?;
                }
                Ok(())
            })
        });
        Self {
            told,
            is_over,
            thread: Some(thread),
        }
    }

    /// No more; what they were told.
    pub fn end(mut self) -> Result<Told> {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().map_err(|_| anyhow!("an officer panicked"))??;
        }
        Ok(lock(&self.told).clone())
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn write(
    socket: PathBuf,
    queue: Arc<Mutex<Vec<Letter>>>,
    told: Arc<Mutex<Told>>,
    is_over: Arc<AtomicBool>,
) {
    let is_over = || is_over.load(Ordering::Relaxed);
    while !is_over() {
        let Some(letter) = lock(&queue).pop() else { return };
        lock(&told).letters.push(letter.clone());
        let mut message = None;
        while message.is_none() && !is_over() {
            message = hand_in(&socket, &letter).await;
            if message.is_none() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        let Some(message) = message else { return };
        lock(&told).accepted.push(message.clone());
        while !is_over() {
            if is_delivered(&socket, &message).await {
                lock(&told).delivered.push(message);
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn hand_in(socket: &std::path::Path, letter: &Letter) -> Option<String> {
    let asked = async {
        let client = Client::connect(socket).await.ok()?.acting_as("duty officer");
        client.send(&letter.request, &letter.key).await.ok()
    };
    // A node that is stopped never answers.
    let sent = tokio::time::timeout(Duration::from_secs(1), asked).await.ok()??;
    Some(sent.message)
}

async fn is_delivered(socket: &std::path::Path, message: &str) -> bool {
    let asked = async {
        let client = Client::connect(socket).await.ok()?.acting_as("duty officer");
        let status = client.wait_for(message, Wait::Delivered, Duration::from_millis(200));
        Some(status.await.ok()?.reached)
    };
    let answer = tokio::time::timeout(Duration::from_secs(1), asked).await;
    matches!(answer, Ok(Some(true)))
}
