//! The list of a node's files, one line each, in an order of its own, so that two lists are compared, and a
//! list and the disk, without holding either in memory.
//!
//! ```text
//! ohrid-files/1
//! 0 68 0c36e4df… 20261122T133105Z 1 data/head       (place in the order, length, SHA-256, set, pack, path)
//! ```

use std::cmp::Ordering;
use std::io::{self, BufRead, Write};

/// The first line.
pub(super) const LIST_VERSION: &str = "ohrid-files/1";

/// When a file is copied: before the journal, as a part of it, or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Before,
    Journal,
    After,
}

/// A file of the node, and where its bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) place: Place,
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    pub(super) set: String,
    pub(super) pack: u32,
}

impl Place {
    fn digit(self) -> char {
        match self {
            Self::Before => '0',
            Self::Journal => '1',
            Self::After => '2',
        }
    }

    fn of_digit(digit: &str) -> Option<Self> {
        match digit {
            "0" => Some(Self::Before),
            "1" => Some(Self::Journal),
            "2" => Some(Self::After),
            _ => None,
        }
    }
}

impl Listed {
    /// How it stands to a file in the order of lists: folder by folder, as a walk over the disk comes to
    /// them.
    pub(super) fn order(&self, place: Place, path: &str) -> Ordering {
        let by_path = || self.path.split('/').cmp(path.split('/'));
        self.place.cmp(&place).then_with(by_path)
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Self {
            path,
            bytes,
            sha256,
            set,
            pack,
            ..
        } = self;
        writeln!(out, "{} {bytes} {sha256} {set} {pack} {path}", self.place.digit())
    }

    fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(6, ' ');
        let listed = Self {
            place: Place::of_digit(parts.next()?)?,
            bytes: parts.next()?.parse().ok()?,
            sha256: parts.next()?.to_owned(),
            set: parts.next()?.to_owned(),
            pack: parts.next()?.parse().ok()?,
            path: parts.next()?.to_owned(),
        };
        let is_path = !listed.path.is_empty()
            && listed
                .path
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != "..");
        is_path.then_some(listed)
    }
}

/// Reads a list line by line.
pub(super) struct Lines<R> {
    source: R,
    line: String,
}

impl<R: BufRead> Lines<R> {
    /// Begins; the first line must say that it is such a list.
    pub(super) fn new(source: R) -> io::Result<Self> {
        let mut lines = Self {
            source,
            line: String::new(),
        };
        lines.source.read_line(&mut lines.line)?;
        if lines.line.trim_end() == LIST_VERSION {
            return Ok(lines);
        }
        Err(wrong("this is no list of files that this version knows"))
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Listed>> {
        self.line.clear();
        if self.source.read_line(&mut self.line)? == 0 {
            return Ok(None);
        }
        let line = self.line.strip_suffix('\n');
        let line = line.ok_or_else(|| wrong("the list of files is cut short"))?;
        let listed = Listed::parse(line);
        listed
            .map(Some)
            .ok_or_else(|| wrong("a line of the list of files is none"))
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
