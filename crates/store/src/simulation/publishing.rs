//! A node's own ledger before its witnesses: it asks them for cosignatures while it runs, and what they know
//! of it before it signs anything `[ROLLBACK]`.

use std::collections::BTreeMap;

use ledger::head::SignedHead;
use ledger::proof::NodeId;
use ledger::tile::{TilePath, TileReader};
use ledger::witness::{Answer, CosignedHead, NotCleared, Outcome, Reply, Standing, StartCheck, Submitter};

use protocol::exchange::Signing;

use super::happening::{Asking, Happening, Own};
use super::life::Life;
use super::parties::party;
use super::watch::first_of;
use super::witnesses::{keys_of, witness_of};
use super::world::World;
use crate::contract::Reader;

/// How many witnesses must have answered before a node signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needed {
    /// It signs at once.
    None,
    One,
    All,
}

/// What a node knows of its witnesses.
#[derive(Default)]
pub(super) struct Publishing {
    newest: Option<SignedHead>,
    is_due: bool,
    /// By the number of the node.
    submitters: BTreeMap<usize, Submitter>,
    /// The one answer that is awaited of each: what was asked before, or twice, is answered in vain.
    awaited: BTreeMap<usize, u64>,
    cosigned: Option<CosignedHead>,
}

impl Publishing {
    /// The newest head of this log that was cosigned.
    pub(super) fn witnessed(&self, origin: &str) -> Option<String> {
        let cosigned = self.cosigned.as_ref();
        let of_log = cosigned.filter(|cosigned| cosigned.head().checkpoint().origin == origin);
        of_log.map(|cosigned| cosigned.note().to_string())
    }

    /// A head was signed. Says whether that is to be published, by and by.
    pub(super) fn signed(&mut self, note: &str) -> bool {
        let head = SignedHead::from_stored(note.as_bytes()).unwrap();
        let origin = |head: &SignedHead| head.checkpoint().origin.clone();
        if self.newest.as_ref().map(origin) != Some(origin(&head)) {
            self.submitters.clear();
        }
        self.newest = Some(head);
        !std::mem::replace(&mut self.is_due, true)
    }
}

impl World {
    pub(super) fn needed(&self) -> usize {
        match self.needed {
            Needed::None => 0,
            Needed::One => 1,
            Needed::All => self.nodes.len() - 1,
        }
    }

    /// The newest head goes to everybody who is connected.
    pub(super) fn publish(&mut self, node: usize) {
        self.life(node).publishing.is_due = false;
        for witness in 0..self.nodes.len() {
            if witness != node {
                self.ask_witness(node, witness);
            }
        }
    }

    fn ask_witness(&mut self, node: usize, witness: usize) {
        let pair = (node.min(witness), node.max(witness));
        let Some(connection) = self.connections.get(&pair).copied() else {
            return;
        };
        let life = self.life(node);
        let Some(head) = life.publishing.newest.clone() else {
            return;
        };
        let submitters = &mut life.publishing.submitters;
        let key = || witness_of(party(witness)).verifier_key().clone();
        let submitter = submitters
            .entry(witness)
            .or_insert_with(|| Submitter::new(key(), 0));
        if submitter.known_size() == head.checkpoint().size {
            return;
        }
        let first = first_of(life.party, &*life.reader, &head.checkpoint().origin);
        let request = {
            let mut nodes = nodes(&*life.reader, first, head.checkpoint().size);
            let request = submitter.request(&head, &mut nodes);
            request.expect("no witness knows more than was signed")
        };
        self.numbers += 1;
        let number = self.numbers;
        self.life(node).publishing.awaited.insert(witness, number);
        let asking = Asking { number, request };
        for _ in 0..self.copies() {
            let (after_ms, asking) = (self.delay_ms(), asking.clone());
            let (node, from) = (witness, node);
            let asked = Happening::AskWitness {
                node,
                from,
                connection,
                asking,
            };
            self.later(after_ms, asked);
        }
    }

    /// A witness is asked.
    pub(super) fn witness_asked(&mut self, node: usize, from: usize, connection: u64, asking: &Asking) {
        let time = self.time_of(node);
        let life = self.life(node);
        let request = &asking.request;
        let (directory, origin, size) = (
            life.directory.clone(),
            request.origin().to_owned(),
            request.new_size(),
        );
        // Not before its own ledger was held against its witnesses: an old copy has forgotten some.
        let reply = if life.exchange.signing() == Signing::Allowed {
            match life.witnessing.answer(&directory, request.clone(), time) {
                Ok(reply) => reply,
                Err(error) => return self.fail(node, &error),
            }
        } else {
            Reply::overloaded()
        };
        if reply.status().code() == 200 {
            self.told.count("heads cosigned");
            self.nodes[node].watch.cosigned(&origin, size);
        }
        for _ in 0..self.copies() {
            let (after_ms, asking, reply) = (self.delay_ms(), asking.clone(), reply.clone());
            let (node, from) = (from, node);
            let says = Happening::WitnessSays {
                node,
                from,
                connection,
                asking,
                reply,
            };
            self.later(after_ms, says);
        }
    }

    /// A witness answers.
    pub(super) fn witness_says(&mut self, node: usize, witness: usize, asking: &Asking, reply: &Reply) {
        let life = self.life(node);
        let request = &asking.request;
        if life.publishing.awaited.get(&witness) != Some(&asking.number) {
            return;
        }
        life.publishing.awaited.remove(&witness);
        let body = reply.body().as_bytes();
        let answer = Answer::parse(reply.status().code(), Some(reply.content_type()), body).unwrap();
        let Some(submitter) = life.publishing.submitters.get_mut(&witness) else {
            return;
        };
        let head = life.publishing.newest.clone();
        let is_of_log = head.is_some_and(|head| head.checkpoint().origin == request.origin());
        if !is_of_log {
            return;
        }
        match submitter.handle_answer(request, answer) {
            Ok(Outcome::Cosigned(lines)) => {
                let key = submitter.witness_key().clone();
                let head = SignedHead::from_stored(request.note().to_string().as_bytes()).unwrap();
                let mut cosigned = CosignedHead::new(head);
                for line in lines {
                    cosigned.add(&key, line).unwrap();
                }
                life.exchange.set_witnessed(Some(&cosigned.note()));
                life.publishing.cosigned = Some(cosigned);
            }
            Ok(Outcome::AskAgain) => self.ask_witness(node, witness),
            // An answer that came late.
            Err(_) | Ok(Outcome::Refused(_)) => {}
            Ok(against) => panic!("{}: {against:?}, of what it has itself signed", party(witness)),
        }
    }

    /// The ledger is held against what its witnesses have; signing begins, is waited for, or does not begin.
    pub(super) fn check_start(&mut self, node: usize) {
        let mut check = StartCheck::default();
        let origin = self.life(node).identity().ledger.name().to_owned();
        for witness in 0..self.nodes.len() {
            let Some(other) = self.nodes[witness].life.as_ref().filter(|_| witness != node) else {
                continue;
            };
            let theirs = other.witnessing.head(&origin);
            let life = self.nodes[node].life.as_ref().expect("it is checking");
            check.record(witness_of(other.party).verifier_key(), standing(life, theirs));
        }
        let needed = self.needed();
        match check.finish(needed) {
            Ok(cleared) => {
                let is_old = self.nodes[node].is_old_copy();
                assert!(!is_old, "{}: an old copy is signed", party(node));
                let time = self.time_of(node);
                self.life(node).exchange.allow_signing(time, &cleared);
                self.told.count("starts checked by witnesses");
                self.collect(node);
            }
            Err(NotCleared::TooFew { .. }) => self.own(300, node, Own::CheckStart),
            Err(NotCleared::KnowMore(_)) => {
                let is_old = self.nodes[node].is_old_copy();
                assert!(is_old, "{}: witnesses know more than it has", party(node));
                self.told.count("old copies noticed by witnesses");
                self.trace
                    .note(self.now, format_args!("{}: an old copy is noticed", party(node)));
                let time = self.time_of(node);
                self.life(node).exchange.stop_signing(time);
                self.own(2_000, node, Own::PutBack);
            }
        }
    }
}

/// As `node::publishing::start` holds it: a head that bears our own signature, against the tree on the disk.
fn standing(life: &Life, theirs: Option<SignedHead>) -> Standing {
    let Some(theirs) = theirs else {
        return Standing::NeverSeen;
    };
    let checkpoint = theirs.checkpoint();
    let verified = SignedHead::verify(theirs.note(), &keys_of(&life.directory, &checkpoint.origin));
    assert_eq!(
        verified.as_ref(),
        Ok(&theirs),
        "a witness has what we never signed"
    );
    let log = life.reader.logs().pop().filter(|log| checkpoint.size <= log.size);
    let root = log.map(|log| life.reader.root_at(log.position_of(checkpoint.size)).unwrap());
    if root == Some(checkpoint.root) {
        Standing::Continued
    } else {
        Standing::Lost(Box::new(theirs))
    }
}

/// Reads nodes of the tree of the log that begins at this position, when it had this size.
fn nodes(
    reader: &dyn Reader,
    first: u64,
    size: u64,
) -> impl FnMut(NodeId) -> Result<ledger::hash::Hash, String> {
    let fetch = move |path: TilePath| {
        let tile = reader.tile_of(first, &path).map_err(|error| error.to_string())?;
        tile.ok_or_else(|| format!("no tile {path}"))
    };
    let mut tiles = TileReader::new(size, fetch);
    move |id| tiles.node(id).map_err(|error| error.to_string())
}
