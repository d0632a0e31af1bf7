//! The skeleton: the bare steps of an exchange and nothing else. No rules, no ledger, no queue that survives,
//! no retry, no control socket. What the node is measured against: it does all of this, and the rest.
//!
//! For each message: seal 1 KiB, sign its envelope, commit it with `fdatasync`, send it over QUIC with
//! certificates on both sides, verify, commit, sign a receipt, verify that, commit it, and open the message
//! on the other side. Both ends are in this process, on two threads; OpenPGP is done as the library's
//! examples do it ([`openpgp`]).

mod journal;
mod openpgp;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use quinn::{Connection, Endpoint, RecvStream, SendStream};
use tokio::task::JoinSet;

use crate::quinn_floor::{dial, endpoints};
use e2e::figures::cpu_time;
use journal::Journal;
use openpgp::Correspondents;

/// What goes before a payload: as long as an envelope's header, which is what is signed.
const ENVELOPE_BYTES: usize = 256;
const SIGNATURE_BYTES: usize = 64;
/// As long as a receipt with its proof.
const RECEIPT_BYTES: usize = 512;
const BODY_BYTES: usize = 1024;
/// As long as such a body is once it is sealed: what a payload has where nothing is sealed.
pub const SEALED_BYTES: usize = BODY_BYTES + 512;
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

/// Which steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steps {
    /// All of them.
    All,
    /// The payload is random bytes, as long as a sealed one: what a node does that only forwards.
    WithoutOpenPgp,
}

/// What a run of it took.
#[derive(Debug, Clone, Copy)]
pub struct Ran {
    count: usize,
    elapsed: Duration,
    cpu: Duration,
}

impl Ran {
    /// Messages receipted and opened, in a second.
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    /// Time on a core, of both ends.
    pub fn cpu_per_message(&self) -> Duration {
        self.cpu / u32::try_from(self.count).unwrap_or(u32::MAX)
    }
}

/// One end: its key and its journal.
struct End {
    signing: SigningKey,
    peer: VerifyingKey,
    journal: Journal,
    openpgp: Arc<Correspondents>,
    steps: Steps,
}

/// Sends `count` messages, `in_flight` at a time, with journals in `folder`.
pub fn run(folder: &Path, steps: Steps, in_flight: usize, count: usize) -> Result<Ran> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let keys = [1, 2].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let openpgp = Arc::new(Correspondents::new()?);
    let end = |own: usize| -> Result<Arc<End>> {
        Ok(Arc::new(End {
            signing: keys[own].clone(),
            peer: keys[1 - own].verifying_key(),
            journal: Journal::create(&folder.join(format!("skeleton-{own}")))?,
            openpgp: Arc::clone(&openpgp),
            steps,
        }))
    };
    let (sender, recipient) = (end(0)?, end(1)?);
    runtime.block_on(async {
        let (server, client) = endpoints()?;
        let serving = tokio::spawn(serve(server.clone(), Arc::clone(&recipient), count));
        let connection = dial(&client, &server).await?;
        let before = cpu_time(std::process::id())?;
        let begin = Instant::now();
        let left = Arc::new(AtomicUsize::new(count));
        let mut workers = JoinSet::new();
        for _ in 0..in_flight {
            let (sender, connection, left) = (Arc::clone(&sender), connection.clone(), Arc::clone(&left));
            workers.spawn(async move {
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    sender.send(&connection).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker??;
        }
        let _open = serving.await??;
        let ran = Ran {
            count,
            elapsed: begin.elapsed(),
            cpu: cpu_time(std::process::id())?.saturating_sub(before),
        };
        connection.close(0_u32.into(), b"done");
        client.wait_idle().await;
        Ok(ran)
    })
}

impl End {
    async fn send(&self, connection: &Connection) -> Result<()> {
        let payload = match self.steps {
            Steps::All => {
                let openpgp = Arc::clone(&self.openpgp);
                tokio::task::spawn_blocking(move || openpgp.seal(&[b'x'; BODY_BYTES])).await??
            }
            Steps::WithoutOpenPgp => vec![0x42; SEALED_BYTES],
        };
        let mut message = vec![0x11; ENVELOPE_BYTES];
        let signature = self.signing.sign(&message);
        message.extend_from_slice(&signature.to_bytes());
        message.extend_from_slice(&payload);
        self.journal.commit(message.clone()).await?;
        let (mut send, mut receive) = connection.open_bi().await?;
        send.write_all(&message).await?;
        send.finish()?;
        let receipt = receive.read_to_end(RECEIPT_BYTES + SIGNATURE_BYTES).await?;
        let (said, signature) = receipt.split_at_checked(RECEIPT_BYTES).context("a receipt")?;
        self.peer
            .verify_strict(said, &Signature::from_slice(signature)?)?;
        self.journal.commit(receipt).await
    }

    /// Receives, answers, and opens.
    async fn receive(self: Arc<Self>, mut send: SendStream, mut receive: RecvStream) -> Result<()> {
        let message = receive.read_to_end(MESSAGE_BYTES_MAX).await?;
        let (header, rest) = message.split_at_checked(ENVELOPE_BYTES).context("a header")?;
        let (signature, payload) = rest.split_at_checked(SIGNATURE_BYTES).context("a signature")?;
        self.peer
            .verify_strict(header, &Signature::from_slice(signature)?)?;
        let payload = payload.to_vec();
        self.journal.commit(message).await?;
        let mut receipt = vec![0x22; RECEIPT_BYTES];
        let signature = self.signing.sign(&receipt);
        receipt.extend_from_slice(&signature.to_bytes());
        send.write_all(&receipt).await?;
        send.finish()?;
        if self.steps == Steps::All {
            let openpgp = Arc::clone(&self.openpgp);
            let body = tokio::task::spawn_blocking(move || openpgp.open(&payload)).await??;
            ensure!(body.len() == BODY_BYTES, "another body");
        }
        Ok(())
    }
}

/// Takes so many messages; the connection, which would end with whoever drops it.
async fn serve(server: Endpoint, recipient: Arc<End>, count: usize) -> Result<Connection> {
    let connection = server.accept().await.context("a connection")?.await?;
    let mut taken = JoinSet::new();
    for _ in 0..count {
        let (send, receive) = connection.accept_bi().await?;
        taken.spawn(Arc::clone(&recipient).receive(send, receive));
        while let Some(done) = taken.try_join_next() {
            done??;
        }
    }
    while let Some(done) = taken.join_next().await {
        done??;
    }
    Ok(connection)
}
