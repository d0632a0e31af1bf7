//! What travels beside messages: sealed before the message is sent, pulled chunk by chunk, complete only when
//! all of it is durable `[TRANSFER]`. The manifests, which nodes keep and ask each other for, are known
//! to all here: only the files are at stake.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use protocol::attachment::{Attachment, AttachmentNumber, AttachmentParts, ChunkIndex, Manifest};
use protocol::digest::{Commitment, Digest, Salt};
use protocol::entry::Entry;
use protocol::ids::MessageId;
use protocol::index::InboxKey;
use protocol::limits::CHUNK_BYTES;

use super::erasing::Doomed;
use super::happening::Own;
use super::life::Life;
use super::random::Random;
use super::world::{REPORT_LIFETIME, World};
use crate::AttachmentError;
use crate::attachments::StoredFile;

/// All files that were ever sent along, by the commitment to their manifest.
pub(super) type Sealed = Arc<BTreeMap<Commitment, SealedBytes>>;

/// What an erasure must not leave behind.
#[derive(Debug, Clone)]
pub(super) struct Traces {
    pub(super) sealed: Sealed,
    /// Of every payload: its bytes repeat it as well.
    pub(super) salts: Arc<BTreeMap<Commitment, [u8; 32]>>,
}

/// A sealed file.
#[derive(Debug, Clone)]
pub(super) struct SealedBytes {
    pub(super) attachment: Arc<Attachment>,
    bytes: Arc<[u8]>,
}

/// What was pulled of a file so far.
enum Pulled {
    More,
    /// All of it is here, durably.
    Whole,
}

/// A file of message `number`: of one chunk mostly, since these are long.
pub(super) fn sealed(number: u64, random: &mut Random) -> (Commitment, SealedBytes) {
    let mut length = 200 + random.place(9_000);
    if random.chance(30) {
        length += CHUNK_BYTES;
    }
    let seed = Digest::of(&[b"file".as_slice(), &number.to_be_bytes()].concat());
    let bytes: Vec<u8> = (0..length)
        .map(|at| seed.as_bytes()[at % 32] ^ u8::try_from(at / 32 % 251).unwrap_or(0) | 1)
        .collect();
    let parts = AttachmentParts {
        name: "log.csv".parse().unwrap(),
        media_type: "text/csv".parse().unwrap(),
        plaintext_length_bytes: 100,
        plaintext: seed,
        sealed_length_bytes: bytes.len() as u64,
        chunks: bytes.chunks(CHUNK_BYTES).map(Digest::of).collect(),
    };
    let attachment = Arc::new(Attachment::new(parts).unwrap());
    let manifest = Manifest::new(vec![Arc::clone(&attachment)]).unwrap().encode();
    let commitment = Manifest::commitment(&Salt::from_bytes(*seed.as_bytes()), &manifest);
    let bytes = Arc::from(bytes);
    (commitment, SealedBytes { attachment, bytes })
}

impl SealedBytes {
    /// Its first bytes, which are those of no other.
    pub(super) fn beginning(&self) -> [u8; 32] {
        *self.bytes.first_chunk().unwrap()
    }
}

impl Life {
    /// Seals a file, ready to be served, before the message is submitted.
    fn seal(&self, message: MessageId, sealed: &SealedBytes) -> Result<(), AttachmentError> {
        if self.find(sealed)?.is_some() {
            return Ok(());
        }
        let (attachment, bytes) = (&sealed.attachment, &sealed.bytes);
        let number = AttachmentNumber::at_place(0).unwrap();
        let mut file = self.files.begin_sealed(message, number, bytes.len() as u64)?;
        if let Err(error) = file.write_all(bytes) {
            let error = error.downcast::<crate::DiskError>().expect("the disk's");
            return Err(error.into());
        }
        let (name, media_type) = (attachment.name().clone(), attachment.media_type().clone());
        let stored = file.finish(
            name,
            media_type,
            attachment.plaintext_length_bytes(),
            attachment.plaintext(),
        )?;
        assert_eq!(stored.attachment().id(), attachment.id());
        Ok(())
    }

    /// A whole file.
    pub(super) fn find(&self, sealed: &SealedBytes) -> Result<Option<StoredFile>, AttachmentError> {
        self.files.find(Arc::clone(&sealed.attachment))
    }

    /// Whether a notice in its ledger dooms the file of this manifest, carried out or not.
    pub(super) fn has_doomed(&self, manifest: &Commitment, sealed: &Sealed) -> bool {
        let doomed = Doomed::of(&*self.reader, sealed);
        doomed.is_some_and(|doomed| doomed.files.contains(&sealed[manifest].attachment.id()))
    }

    /// Every byte of it is there.
    pub(super) fn check_file(&self, sealed: &SealedBytes) {
        let stored = self
            .find(sealed)
            .unwrap()
            .expect("a file that is complete is lost");
        for index in sealed.attachment.chunks() {
            stored
                .read_chunk(index)
                .expect("a file that is complete is damaged");
        }
    }

    /// Takes the next chunk from the sender's file.
    fn pull(
        &mut self,
        key: &InboxKey,
        sealed: &SealedBytes,
        from: &StoredFile,
        is_doubled: bool,
    ) -> Result<(Pulled, bool), AttachmentError> {
        let mut is_resumed = false;
        if !self.receiving.contains_key(key) {
            let receiving = match self.files.receive(Arc::clone(&sealed.attachment)) {
                Err(AttachmentError::Stored) => return Ok((Pulled::Whole, false)),
                receiving => receiving?,
            };
            is_resumed = receiving.have().present() > 0;
            self.receiving.insert(key.clone(), receiving);
        }
        let receiving = self.receiving.get_mut(key).expect("it was put there");
        if let Some(missing) = receiving.have().first_missing(ChunkIndex(0)) {
            let bytes = from.read_to_serve(missing)?;
            let chunk = sealed.attachment.check_chunk(missing, bytes).unwrap();
            receiving.write(&chunk)?;
            if is_doubled {
                receiving.write(&chunk)?;
            }
        }
        if receiving.have().is_full() {
            let receiving = self.receiving.remove(key).expect("it is there");
            receiving.finish()?;
            return Ok((Pulled::Whole, is_resumed));
        }
        Ok((Pulled::More, is_resumed))
    }
}

impl World {
    /// Whether a message's files are sealed; if not now, by and by, or the node has failed.
    pub(super) fn seals(&mut self, node: usize, message: MessageId, manifest: Commitment) -> bool {
        let sealed = Arc::clone(&self.sealed);
        match self.life(node).seal(message, &sealed[&manifest]) {
            Ok(()) => true,
            Err(error) if error.is_disk_full() => false,
            Err(error) => {
                self.fail(node, &error);
                false
            }
        }
    }

    /// The next chunk of what was sent along with a received message.
    pub(super) fn fetch(&mut self, node: usize, key: InboxKey) {
        let life = self.life(node);
        if !life.reader.pulling().unwrap().iter().any(|(one, _)| *one == key) {
            return;
        }
        let record = life.reader.inbox(&key).unwrap().expect("it is pulled");
        let index = crate::index::deciding_leaf(&record);
        let Entry::Received { header, .. } = Entry::decode(&life.reader.leaf(index).unwrap()).unwrap() else {
            panic!("what is pulled was received");
        };
        let manifest = header.peek().unwrap().0.attachments.expect("it is pulled");
        let all = Arc::clone(&self.sealed);
        let sealed = &all[&manifest];
        let sender = self.number_of(key.from);
        let pair = (node.min(sender), node.max(sender));
        let is_connected = self.connections.contains_key(&pair);
        let is_old = self.nodes[sender].is_old_copy();
        let from = self.nodes[sender]
            .life
            .as_ref()
            .filter(|_| is_connected && !is_old);
        let Some(from) = from else {
            return self.own(700, node, Own::Fetch(key));
        };
        // It may have been erased since: a sender whose message expired without a receipt does not know that
        // it arrived. It answers that there is no such file, and people see to it [ERASE].
        if from.has_doomed(&manifest, &all) {
            return self.told.count("files erased before they were pulled");
        }
        let from = match from.find(sealed) {
            Ok(from) => from.expect("a file that was sent along is lost"),
            Err(error) => {
                self.own(700, node, Own::Fetch(key));
                return self.fail(sender, &error);
            }
        };
        let (after_ms, is_doubled) = (self.delay_ms(), self.random.chance(self.weather.duplication));
        match self.life(node).pull(&key, sealed, &from, is_doubled) {
            Ok((pulled, is_resumed)) => {
                if is_resumed {
                    self.told.count("transfers cut short by a crash");
                }
                match pulled {
                    Pulled::More => self.own(after_ms, node, Own::Fetch(key)),
                    Pulled::Whole => {
                        let (time, expires_at) = (self.time_of(node), self.now.plus(REPORT_LIFETIME));
                        self.told.count("attachments complete");
                        let exchange = &mut self.life(node).exchange;
                        exchange.complete(time, key, record.envelope, manifest, expires_at);
                        self.collect(node);
                    }
                }
            }
            Err(error) if error.is_disk_full() => {
                self.life(node).receiving.remove(&key);
                self.own(500, node, Own::Fetch(key));
            }
            Err(error) => self.fail(node, &error),
        }
    }
}
