//! Reads policy files, strictly, and says in which line what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::{Definition, Policy, PolicyLog, PolicyName, PolicyWitness};
use crate::encoding;
use crate::limits::{MAX_POLICY_BYTES, MAX_POLICY_LINES_OF_A_KIND};
use crate::note::{KeyDecodeError, KeyKind, VerifierKey};

/// The name that stands for no quorum, and can be given to nothing else.
const NONE: &[u8] = b"none";

/// Why bytes are not a policy. Whoever wrote them is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy: {fault}")]
pub struct PolicyDecodeError {
    /// The line, counted from 1; for what is missing, the line after the last.
    pub line: usize,
    /// What is wrong with it.
    pub fault: PolicyFault,
}

/// What can be wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// The file is longer than [`MAX_POLICY_BYTES`].
    #[error("the file is longer than {MAX_POLICY_BYTES} bytes")]
    TooLong,
    /// The last line has no line feed.
    #[error("the line is not ended by a line feed")]
    NotEnded,
    /// A control character other than tab and line feed.
    #[error("the line holds a control character other than the tab")]
    ControlCharacter,
    /// The first word is none of `log`, `witness`, `group` and `quorum`.
    #[error("a line begins with log, witness, group, quorum or #")]
    UnknownKeyword,
    /// Words are missing, or too many.
    #[error("the form is {0}")]
    Form(&'static str),
    /// The key is no verifier key.
    #[error(transparent)]
    Key(#[from] KeyDecodeError),
    /// The key is of the wrong type: a log's is 0x01, a witness's 0x04.
    #[error("a log's key is of type 0x01, and a witness's of type 0x04")]
    WrongKeyKind,
    /// The same public key stands on an earlier line, under whatever name.
    #[error("the same public key stands on an earlier line")]
    DuplicateKey,
    /// The URL is not UTF-8.
    #[error("the URL is not UTF-8")]
    BadUrl,
    /// The name is `none`, which is taken.
    #[error("the name none is taken: it stands for no quorum")]
    ReservedName,
    /// The name stands for something else already.
    #[error("{0} is defined on an earlier line")]
    DuplicateName(PolicyName),
    /// The name is not defined on an earlier line.
    #[error("{0} is not defined on an earlier line")]
    UnknownName(PolicyName),
    /// The name is a member of a group already, or twice of this one.
    #[error("{0} is a member of a group already")]
    DuplicateMember(PolicyName),
    /// The group's number is not `all`, `any`, or a number from 1 to that of its members.
    #[error("a group asks for all, any, or a number from 1 to that of its members")]
    BadThreshold,
    /// More than [`MAX_POLICY_LINES_OF_A_KIND`] logs, witnesses or groups.
    #[error("there are more than {MAX_POLICY_LINES_OF_A_KIND} lines of this kind")]
    TooMany,
    /// There is a quorum line already.
    #[error("there is a quorum line already")]
    SecondQuorum,
    /// There is no quorum line.
    #[error("there is no quorum line")]
    NoQuorum,
}

/// A policy while it is read.
#[derive(Default)]
struct Reading {
    logs: Vec<PolicyLog>,
    definitions: Vec<Definition>,
    group_count: usize,
    /// Where each name was defined.
    places: BTreeMap<PolicyName, usize>,
    /// Definitions that are members of a group.
    members: BTreeSet<usize>,
    public_keys: BTreeSet<[u8; 32]>,
    /// The outer `None` until there is a quorum line.
    quorum: Option<Option<usize>>,
}

impl Policy {
    /// Reads a policy file, strictly.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyDecodeError> {
        let at = |line, fault| PolicyDecodeError { line, fault };
        if bytes.len() > MAX_POLICY_BYTES {
            return Err(at(1, PolicyFault::TooLong));
        }
        let mut reading = Reading::default();
        let mut line_count = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            line_count += 1;
            let read = line.strip_suffix(b"\n").ok_or(PolicyFault::NotEnded);
            read.and_then(|line| reading.read_line(line))
                .map_err(|fault| at(line_count, fault))?;
        }
        let quorum = reading.quorum.ok_or(at(line_count + 1, PolicyFault::NoQuorum))?;
        Ok(Self {
            logs: reading.logs,
            definitions: reading.definitions,
            quorum,
        })
    }
}

impl Reading {
    fn read_line(&mut self, line: &[u8]) -> Result<(), PolicyFault> {
        let forbidden = |byte: &u8| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f;
        if line.iter().any(forbidden) {
            return Err(PolicyFault::ControlCharacter);
        }
        let words: Vec<&[u8]> = line
            .split(|byte| matches!(byte, b' ' | b'\t'))
            .filter(|word| !word.is_empty())
            .collect();
        match words.split_first() {
            None => Ok(()),
            Some((first, _)) if first.starts_with(b"#") => Ok(()),
            Some((&b"log", rest)) => self.read_log(rest),
            Some((&b"witness", rest)) => self.read_witness(rest),
            Some((&b"group", rest)) => self.read_group(rest),
            Some((&b"quorum", rest)) => self.read_quorum(rest),
            Some(_) => Err(PolicyFault::UnknownKeyword),
        }
    }

    fn read_log(&mut self, words: &[&[u8]]) -> Result<(), PolicyFault> {
        let (key, url) = match words {
            [key] => (key, None),
            [key, url] => (key, Some(*url)),
            _ => return Err(PolicyFault::Form("log <vkey> [<url>]")),
        };
        if self.logs.len() == MAX_POLICY_LINES_OF_A_KIND {
            return Err(PolicyFault::TooMany);
        }
        let key = self.read_key(key, KeyKind::Ed25519)?;
        let url = read_url(url)?;
        self.logs.push(PolicyLog { key, url });
        Ok(())
    }

    fn read_witness(&mut self, words: &[&[u8]]) -> Result<(), PolicyFault> {
        let (name, key, url) = match words {
            [name, key] => (name, key, None),
            [name, key, url] => (name, key, Some(*url)),
            _ => return Err(PolicyFault::Form("witness <name> <vkey> [<url>]")),
        };
        if self.definitions.len() - self.group_count == MAX_POLICY_LINES_OF_A_KIND {
            return Err(PolicyFault::TooMany);
        }
        let witness = PolicyWitness {
            name: self.new_name(name)?,
            key: self.read_key(key, KeyKind::CosignatureV1)?,
            url: read_url(url)?,
        };
        self.define(Definition::Witness(Box::new(witness)));
        Ok(())
    }

    fn read_group(&mut self, words: &[&[u8]]) -> Result<(), PolicyFault> {
        let [name, needed, member_names @ ..] = words else {
            return Err(PolicyFault::Form("group <name> <all|any|number> <member>..."));
        };
        if member_names.is_empty() {
            return Err(PolicyFault::Form("group <name> <all|any|number> <member>..."));
        }
        if self.group_count == MAX_POLICY_LINES_OF_A_KIND {
            return Err(PolicyFault::TooMany);
        }
        let name = self.new_name(name)?;
        let needed = match *needed {
            b"all" => member_names.len(),
            b"any" => 1,
            number => {
                let number = str::from_utf8(number).ok().and_then(encoding::parse_decimal);
                let number = number.and_then(|number| usize::try_from(number).ok());
                let possible = number.filter(|number| (1..=member_names.len()).contains(number));
                possible.ok_or(PolicyFault::BadThreshold)?
            }
        };
        let mut members = Vec::with_capacity(member_names.len());
        for member in member_names {
            let place = self.place_of(member)?;
            if !self.members.insert(place) {
                return Err(PolicyFault::DuplicateMember(PolicyName(member.to_vec())));
            }
            members.push(place);
        }
        self.group_count += 1;
        self.define(Definition::Group {
            name,
            needed,
            members,
        });
        Ok(())
    }

    fn read_quorum(&mut self, words: &[&[u8]]) -> Result<(), PolicyFault> {
        let [name] = words else {
            return Err(PolicyFault::Form("quorum <name|none>"));
        };
        if self.quorum.is_some() {
            return Err(PolicyFault::SecondQuorum);
        }
        self.quorum = Some(match *name {
            NONE => None,
            name => Some(self.place_of(name)?),
        });
        Ok(())
    }

    /// A key that stands on no earlier line. One key for two purposes is refused as well: an Ed25519
    /// cosignature does not say who made it.
    fn read_key(&mut self, word: &[u8], kind: KeyKind) -> Result<VerifierKey, PolicyFault> {
        let text = str::from_utf8(word).map_err(|_| KeyDecodeError::Malformed)?;
        let key = VerifierKey::parse(text)?;
        if key.kind() != kind {
            return Err(PolicyFault::WrongKeyKind);
        }
        if !self.public_keys.insert(key.verifying_key().to_bytes()) {
            return Err(PolicyFault::DuplicateKey);
        }
        Ok(key)
    }

    fn new_name(&self, word: &[u8]) -> Result<PolicyName, PolicyFault> {
        let name = PolicyName(word.to_vec());
        if word == NONE {
            return Err(PolicyFault::ReservedName);
        }
        if self.places.contains_key(&name) {
            return Err(PolicyFault::DuplicateName(name));
        }
        Ok(name)
    }

    fn place_of(&self, word: &[u8]) -> Result<usize, PolicyFault> {
        let name = PolicyName(word.to_vec());
        let place = self.places.get(&name).copied();
        place.ok_or(PolicyFault::UnknownName(name))
    }

    fn define(&mut self, definition: Definition) {
        self.places
            .insert(definition.name().clone(), self.definitions.len());
        self.definitions.push(definition);
    }
}

fn read_url(word: Option<&[u8]>) -> Result<Option<String>, PolicyFault> {
    let as_text = |word| str::from_utf8(word).map(str::to_owned);
    word.map(as_text).transpose().map_err(|_| PolicyFault::BadUrl)
}

#[cfg(test)]
mod tests;
