//! The container: sums of everything, the node's signature over them, and the zip file (RFC 8493,
//! `docs/bundle.md`).

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use protocol::bundle::signature::{BundleSeal, SignedBundle};
use protocol::bundle::sums::{self, Sum};
use protocol::bundle::zip::{Crc32, Layout};
use protocol::bundle::{Bundle, BundlePath, names};
use sha2::{Digest as _, Sha512};

use super::guide::{self, Head};
use super::{ExportError, Exporter, Files};
use crate::attachments::Given;
use crate::keys::succession;
use crate::news::utc;

/// A bundle, ready to be written.
pub struct Bag {
    folder: String,
    files: BTreeMap<BundlePath, File>,
    length_bytes: u64,
}

/// A file of a bag.
struct File {
    content: Content,
    crc: u32,
    length_bytes: u64,
}

enum Content {
    Bytes(Vec<u8>),
    /// Opened once to be sure of it, and once more to be written.
    Attached(Box<Given>),
}

impl Exporter {
    /// Sums, signs and orders the files of a payload; with the key that was in use at the position `end`.
    pub(super) fn pack(
        &self,
        bundle: &Bundle,
        end: u64,
        payload: Files,
        attached: Vec<(BundlePath, Given)>,
    ) -> Result<Bag, ExportError> {
        let mut bag = Bag {
            folder: bundle.folder_name(),
            files: BTreeMap::new(),
            length_bytes: 0,
        };
        let mut sums: BTreeMap<BundlePath, Sum> = BTreeMap::new();
        for (path, bytes) in payload.files {
            sums.insert(path.clone(), Sha512::digest(&bytes).into());
            bag.add(path, bytes);
        }
        for (path, given) in attached {
            let measured = measure(&given)?;
            sums.insert(path.clone(), measured.sum);
            let file = File {
                content: Content::Attached(Box::new(given)),
                crc: measured.crc,
                length_bytes: measured.length_bytes,
            };
            bag.files.insert(path, file);
        }
        let head = self.head_of(bundle, &bag)?;
        let oxum: u64 = bag.files.values().map(|file| file.length_bytes).sum();
        let info = self.bag_info(bundle, oxum, bag.files.len());
        let mut tags: BTreeMap<BundlePath, Sum> = BTreeMap::new();
        let texts = [
            (names::MANIFEST, sums::write(&sums)),
            (names::BAG_DECLARATION, names::BAG_DECLARATION_TEXT.to_owned()),
            (names::BAG_INFO, info),
            (names::VERIFY_TEXT, guide::guide(bundle, &head)),
            (names::VERIFY_PROGRAM, guide::PROGRAM.to_owned()),
        ];
        for (name, text) in texts {
            let path: BundlePath = name.parse().map_err(ExportError::fault)?;
            tags.insert(path.clone(), Sha512::digest(&text).into());
            bag.add(path, text.into_bytes());
        }
        let tag_manifest = sums::write(&tags);
        let seal = BundleSeal::of(
            bundle.case.id,
            self.own,
            bundle.state_at_ms,
            tag_manifest.as_bytes(),
        );
        let key = succession::envelope_key_of_size(&self.keys, &*self.reader, end)?;
        let signed = SignedBundle::sign(&seal, &key);
        bag.add(
            names::SIGNATURE.parse().map_err(ExportError::fault)?,
            signed.as_bytes().to_vec(),
        );
        bag.add(
            names::TAG_MANIFEST.parse().map_err(ExportError::fault)?,
            tag_manifest.into_bytes(),
        );
        bag.length_bytes = bag.measure()?;
        Ok(bag)
    }

    /// The key that has signed the last checkpoint.
    fn head_of(&self, bundle: &Bundle, bag: &Bag) -> Result<Head, ExportError> {
        let log = bundle.logs.last();
        let log = log.ok_or_else(|| ExportError::fault("a bundle without a log"))?;
        let note = match bag.files.get(&log.checkpoint).map(|file| &file.content) {
            Some(Content::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        };
        let keys = self
            .directory
            .ledger_keys_ever(self.own, &log.origin, log.dated_at_ms);
        Ok(Head::of(&note, &keys.iter().collect::<Vec<_>>()))
    }

    fn bag_info(&self, bundle: &Bundle, length_bytes: u64, files: usize) -> String {
        let current = self.directory.current();
        let record = current.directory.party(self.own);
        let name = record.map_or(self.own.as_str(), |record| record.name.as_str());
        let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
        let at = utc(bundle.state_at_ms);
        let day = at.get(..10).unwrap_or_default();
        let Bundle { case, made_by, .. } = bundle;
        format!(
            "Source-Organization: {name}\nExternal-Identifier: {}\nExternal-Description: Case {} as seen \
             by {}\nBagging-Date: {day}\nPayload-Oxum: {length_bytes}.{files}\nBag-Software-Agent: Ohrid\n",
            case.id, case.reference, made_by.party
        )
    }
}

impl Bag {
    /// How long the zip file is, in bytes.
    #[must_use]
    pub fn length_bytes(&self) -> u64 {
        self.length_bytes
    }

    /// What the file is called, where nobody calls it otherwise.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.zip", self.folder)
    }

    /// Writes the zip file. What is attached is opened and checked once more on the way.
    ///
    /// # Errors
    /// When `sink` fails, or what is attached is not what it was a moment ago; then what was written is to be
    /// thrown away.
    pub fn write(self, sink: impl Write + Send + 'static) -> Result<(), ExportError> {
        let mut layout = Layout::new(&self.folder);
        let shared = Shared(Arc::new(Mutex::new(sink)));
        let mut out = shared.clone();
        for (path, file) in self.files {
            let before = layout.entry(&path, file.crc, file.length_bytes);
            out.write_all(&before.map_err(too_large)?)
                .map_err(ExportError::fault)?;
            match file.content {
                Content::Bytes(bytes) => out.write_all(&bytes).map_err(ExportError::fault)?,
                Content::Attached(given) => given.give(shared.clone())?,
            }
        }
        let after = layout.finish().map_err(too_large)?;
        out.write_all(&after).map_err(ExportError::fault)
    }

    fn add(&mut self, path: BundlePath, bytes: Vec<u8>) {
        let file = File {
            crc: Crc32::of(&bytes),
            length_bytes: bytes.len() as u64,
            content: Content::Bytes(bytes),
        };
        self.files.insert(path, file);
    }

    fn measure(&self) -> Result<u64, ExportError> {
        let mut layout = Layout::new(&self.folder);
        let mut length = 0;
        for (path, file) in &self.files {
            let before = layout.entry(path, file.crc, file.length_bytes);
            length += before.map_err(too_large)?.len() as u64 + file.length_bytes;
        }
        Ok(length + layout.finish().map_err(too_large)?.len() as u64)
    }
}

fn too_large(error: protocol::bundle::zip::ZipError) -> ExportError {
    ExportError::TooLarge(format!(
        "{error}; leave attachments out, and get them with ohrid attachment get"
    ))
}

/// What there is to know of a file before it is written.
struct Measured {
    crc: u32,
    sum: Sum,
    length_bytes: u64,
}

fn measure(given: &Given) -> Result<Measured, ExportError> {
    let measuring = Measuring {
        crc: Crc32::new(),
        sum: Sha512::new(),
        length_bytes: 0,
    };
    let shared = Shared(Arc::new(Mutex::new(measuring)));
    given.give(shared.clone())?;
    let measured = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Measured {
        crc: measured.crc.value(),
        sum: measured.sum.clone().finalize().into(),
        length_bytes: measured.length_bytes,
    })
}

/// Takes a file in, and keeps its sums only.
struct Measuring {
    crc: Crc32,
    sum: Sha512,
    length_bytes: u64,
}

impl Write for Measuring {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.crc.update(bytes);
        self.sum.update(bytes);
        self.length_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whoever opens a file takes its sink; the next file goes to the same one.
struct Shared<W>(Arc<Mutex<W>>);

impl<W> Clone for Shared<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: Write> Write for Shared<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}
