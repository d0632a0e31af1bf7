//! A witness that is asked by a log which lies: requests in any order, from two histories, with any proof,
//! old sizes that are not so, and lines that nobody asked for. Whatever comes, what was cosigned once is the
//! beginning of everything that is cosigned later, and what is stored can be read again.
#![no_main]

use std::sync::LazyLock;

use ledger::SigningKey;
use ledger::checkpoint::Checkpoint;
use ledger::cosignature::Cosigner;
use ledger::hash::{Hash, leaf_hash};
use ledger::head::SignedHead;
use ledger::limits::MAX_NOTE_SIGNATURES;
use ledger::note::{KeyId, NoteSigner};
use ledger::proof::{NodeId, prove_consistency, read_root};
use ledger::tree::{Batch, Edge};
use ledger::witness::{AddCheckpoint, Refusal, Status, Swapped, Witness};
use libfuzzer_sys::fuzz_target;

/// The histories are the same up to here.
const COMMON: u64 = 5;
/// The greatest size that the log shows.
const SIZE_MAX: u8 = 32;

struct World {
    log: NoteSigner,
    histories: [Vec<Hash>; 2],
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let leaf = |history: u8, number: u8| {
        let differs = u64::from(number) >= COMMON;
        leaf_hash(&[number, if differs { history } else { 0 }])
    };
    let history = |which| (0..SIZE_MAX).map(|number| leaf(which, number)).collect();
    World {
        log: NoteSigner::new("node.example/ledger", SigningKey::from_bytes(&[7; 32])).expect("a name"),
        histories: [history(1), history(2)],
    }
});

/// Takes from the fuzzer's bytes; zeros when they are used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }
}

fuzz_target!(|bytes: &[u8]| {
    let world = &*WORLD;
    let witness = Witness::new(
        Cosigner::new("peer.example/w1", SigningKey::from_bytes(&[9; 32])).expect("a name"),
    );
    let mut bytes = Bytes(bytes);
    let mut stored: Option<SignedHead> = None;
    let mut cosigned: Vec<Checkpoint> = Vec::new();
    while !bytes.0.is_empty() {
        let body = request(world, &mut bytes);
        let Ok(request) = AddCheckpoint::parse(body.as_bytes()) else {
            continue;
        };
        assert_eq!(request.to_string(), body);
        let old_size = request.old_size();
        let swap = match request.judge(&[world.log.verifier_key()], stored.as_ref()) {
            Ok(swap) => swap,
            Err(refusal) => {
                check_refusal(world, &refusal, old_size, stored.as_ref());
                continue;
            }
        };
        let before = stored.clone();
        let persisted = swap.persist(|swap| {
            assert!(swap.applies_to(before.as_ref()));
            stored = Some(swap.head().clone());
            Ok::<_, ()>(Swapped::Done)
        });
        let answer = witness.cosign(persisted.expect("it was stored"), 1_700_000_000).expect("a time");
        answer
            .note()
            .verify(&[witness.verifier_key(), world.log.verifier_key()])
            .expect("what is served is signed by both");
        let head = stored.as_ref().expect("it was stored");
        let text = head.note().to_string();
        assert_eq!(SignedHead::from_stored(text.as_bytes()).as_ref(), Ok(head));
        cosigned.push(head.checkpoint().clone());
    }
    check_one_history(world, &cosigned);
});

/// A request: sizes, history, proof and lines as the bytes say.
fn request(world: &World, bytes: &mut Bytes<'_>) -> String {
    let shape = bytes.next();
    let (old_size, new_size) = (u64::from(bytes.next()) % 33, u64::from(bytes.next()) % 33);
    let leaves = &world.histories[usize::from(shape & 1)];
    let mut checkpoint = Checkpoint {
        origin: world.log.name().to_owned(),
        size: new_size,
        root: read_root(new_size, &mut |id| Ok::<_, ()>(node(leaves, id))).expect("a tree"),
    };
    if shape & 2 != 0 {
        checkpoint.root = leaf_hash(&[bytes.next()]);
    }
    let proof = prove_consistency(old_size, new_size, &mut |id| Ok::<_, ()>(node(leaves, id)));
    let mut hashes = proof.map(|proof| proof.hashes).unwrap_or_default();
    for _ in 0..(shape >> 2) % 4 {
        let at = usize::from(bytes.next());
        match bytes.next() % 3 {
            0 => hashes.insert(at % (hashes.len() + 1), leaf_hash(&[bytes.next()])),
            1 if !hashes.is_empty() => drop(hashes.remove(at % hashes.len())),
            _ if !hashes.is_empty() => {
                let place = at % hashes.len();
                hashes[place] = leaf_hash(&[bytes.next()]);
            }
            _ => {}
        }
    }
    let Ok(head) = SignedHead::sign(checkpoint, &world.log) else {
        return String::new();
    };
    let mut note = head.note().clone();
    for _ in 0..(shape >> 4) % 4 {
        let mut line = note.signatures()[0].clone();
        match bytes.next() % 3 {
            0 => line.key_id = KeyId::from_bytes([bytes.next(); 4]),
            1 => line.signature = vec![bytes.next(); 64],
            _ => line.signature.truncate(usize::from(bytes.next())),
        }
        assert!(note.signatures().len() < MAX_NOTE_SIGNATURES);
        let _ = note.push(line);
    }
    let hashes: String = hashes.iter().map(|hash| hash.to_base64() + "\n").collect();
    format!("old {old_size}\n{hashes}\n{note}")
}

fn node(leaves: &[Hash], id: NodeId) -> Hash {
    let first = (id.index as usize) << id.level;
    Batch::new(&Edge::new(), leaves[first..first + (1 << id.level)].to_vec()).root_after()
}

fn check_refusal(world: &World, refusal: &Refusal, old_size: u64, stored: Option<&SignedHead>) {
    let known_size = stored.map_or(0, |head| head.checkpoint().size);
    let reply = refusal.to_reply();
    assert_ne!(reply.status(), Status::Cosigned);
    if reply.status() == Status::Conflict {
        assert_ne!(old_size, known_size, "a conflict is about the old size");
    }
    if let Some(fork) = refusal.fork() {
        fork.verify(&[world.log.verifier_key()]).expect("what is kept as a proof holds");
    }
}

/// All that was cosigned lies on one history, and never goes back.
fn check_one_history(world: &World, cosigned: &[Checkpoint]) {
    assert!(cosigned.is_sorted_by_key(|head| head.size));
    let of_history = |head: &Checkpoint, leaves: &[Hash]| {
        read_root(head.size, &mut |id| Ok::<_, ()>(node(leaves, id))) == Ok(head.root)
    };
    let is_one = |leaves: &Vec<Hash>| cosigned.iter().all(|head| of_history(head, leaves));
    // The log may also have begun with a root that is of neither: a witness cannot know. What follows it
    // cannot be proved to continue it, so it stays the only one.
    let stays = |first: &Checkpoint| cosigned.iter().all(|head| head == first || head.size == 0);
    let first = cosigned.iter().find(|head| head.size > 0);
    assert!(world.histories.iter().any(is_one) || first.is_some_and(stays));
}
