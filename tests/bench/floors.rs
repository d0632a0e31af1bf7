//! The floors: what the machine can do without us. Each figure of the node is read against these, from
//! the same run, because machines are noisy.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use aws_lc_rs::agreement::{self, PrivateKey, UnparsedPublicKey, X25519};
use protocol::ids::{CaseId, MessageId};
use seal::{Binding, LockedKey, OpenContext, Password, Profile, UnlockedKey, Window};

/// What one round of the floors took. All durations are medians within the round.
#[derive(Debug, Clone)]
pub struct Floors {
    /// One 4 KiB write and its `fdatasync`, into space that is there already.
    pub fdatasync: Duration,
    /// One Ed25519 signature over 256 bytes.
    pub sign: Duration,
    /// One strict verification of it.
    pub verify: Duration,
    /// Seal 1 KiB to one recipient and to ourselves.
    pub seal: Duration,
    /// Open it.
    pub open: Duration,
    /// The cryptography that one message and its receipt need, without any library around it; see
    /// [`pure_cryptography`].
    pub pure: Duration,
    /// One 1 KiB request and a 64-byte answer on a stream of an open quinn connection.
    pub round_trip: Duration,
}

/// What is made once and used in every round.
pub struct Bench {
    sender: UnlockedKey,
    recipient: UnlockedKey,
    binding: Binding,
    signing: ed25519_dalek::SigningKey,
}

impl Bench {
    /// Makes the keys, of the profile that is measured.
    pub fn new(profile: Profile) -> Result<Self> {
        let now = SystemTime::now() - Duration::from_secs(60);
        let password = Password::from("bench".to_owned());
        let unlocked = |name: &str| -> Result<UnlockedKey> {
            Ok(LockedKey::generate(profile, name, now, &password)?.unlock(&password)?)
        };
        let message = MessageId::from_parts(1_700_000_000_000, [7; 10]);
        Ok(Self {
            sender: unlocked("XA/police")?,
            recipient: unlocked("XB/police")?,
            binding: Binding {
                message,
                case: CaseId::opened_by(message),
                from: "XA/police".parse()?,
                to: vec!["XB/police".parse()?],
            },
            signing: ed25519_dalek::SigningKey::from_bytes(&[7; 32]),
        })
    }

    /// One round of everything, on the disk that holds `directory`.
    pub fn round(&self, directory: &Path) -> Result<Floors> {
        let (sign, verify) = self.signatures()?;
        let (seal, open) = self.openpgp()?;
        Ok(Floors {
            fdatasync: fdatasync(directory)?,
            sign,
            verify,
            seal,
            open,
            pure: pure_cryptography(sign, verify)?,
            round_trip: super::quinn_floor::round_trip()?,
        })
    }

    fn signatures(&self) -> Result<(Duration, Duration)> {
        use ed25519_dalek::Signer as _;
        let message = [0x5a; 256];
        let signature = self.signing.sign(&message);
        let key = self.signing.verifying_key();
        let sign = median_of(500, || {
            std::hint::black_box(self.signing.sign(std::hint::black_box(&message)));
            Ok(())
        })?;
        let verify = median_of(500, || {
            Ok(key.verify_strict(std::hint::black_box(&message), &signature)?)
        })?;
        Ok((sign, verify))
    }

    fn openpgp(&self) -> Result<(Duration, Duration)> {
        let body = vec![b'x'; 1024];
        let now = SystemTime::now();
        let recipients = [self.recipient.certificate().clone()];
        let sealed = seal::seal(&self.sender, &recipients, &self.binding, &body, now)?;
        let seal = median_of(200, || {
            std::hint::black_box(seal::seal(&self.sender, &recipients, &self.binding, &body, now)?);
            Ok(())
        })?;
        let senders = [self.sender.certificate().clone()];
        let open = median_of(200, || {
            let context = OpenContext {
                recipient: &self.recipient,
                senders: &senders,
                co_recipients: &[],
                received_at: now,
                binding: &self.binding,
                window: Window::between(now, now),
            };
            std::hint::black_box(seal::open(&sealed, &context).map_err(|e| anyhow::anyhow!("{e}"))?);
            Ok(())
        })?;
        Ok((seal, open))
    }
}

/// What one message cannot do without, in the classical profile: signatures of message, envelope and receipt,
/// each made and verified once; an X25519 key pair and agreement for each of the two who can read it, and the
/// agreement of the one who does. What is symmetric is lost in it at 1 KiB.
fn pure_cryptography(sign: Duration, verify: Duration) -> Result<Duration> {
    let ours = PrivateKey::generate(&X25519)?;
    let peer = ours.compute_public_key()?;
    let agree = median_of(500, || {
        let peer = UnparsedPublicKey::new(&X25519, &peer);
        agreement::agree(&ours, peer, anyhow::anyhow!("no agreement"), |secret| {
            std::hint::black_box(secret);
            Ok(())
        })
    })?;
    let generate = median_of(500, || {
        std::hint::black_box(PrivateKey::generate(&X25519)?.compute_public_key()?);
        Ok(())
    })?;
    Ok((sign + verify) * 3 + generate * 2 + agree * 3)
}

/// The median time of `count` calls.
pub fn median_of(count: usize, mut call: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begin = Instant::now();
        call()?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    Ok(times[count / 2])
}

/// One 4 KiB write and `fdatasync` at a time, going round a file of 4 MiB of zeros.
fn fdatasync(directory: &Path) -> Result<Duration> {
    let path = directory.join("fdatasync-floor");
    let mut file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    let blocks = 1024_u64;
    file.write_all(&vec![0; 4096 * usize::try_from(blocks)?])?;
    file.sync_all()?;
    let block = [0xa5; 4096];
    let mut at = 0;
    let median = median_of(200, || {
        file.seek(SeekFrom::Start((at % blocks) * 4096))?;
        at += 1;
        file.write_all(&block)?;
        Ok(file.sync_data()?)
    })?;
    std::fs::remove_file(path)?;
    Ok(median)
}

/// Shared by the transport floor: bytes that are there once.
pub fn kilobyte() -> Arc<[u8]> {
    vec![0x42; 1024].into()
}
