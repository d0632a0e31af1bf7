#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[ROLLBACK]` A witness cosigns what it has made durable, and nothing that contradicts it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use ::ledger::checkpoint::Checkpoint;
use ::ledger::hash::leaf_hash;
use ::ledger::note::NoteSigner;
use ::ledger::proof::ConsistencyProof;
use ::ledger::tree::{Batch, Edge};
use ::ledger::witness::{Answer, Status};
use protocol::verifier;
use tokio::sync::mpsc;

use super::forks::Shows;
use super::*;
use crate::testing::Network;

/// XA is the witness, XB has the ledger.
struct Scene {
    network: Network,
    woken: mpsc::Receiver<Wake>,
    witness: Witnessing,
    ledger: NoteSigner,
}

impl Scene {
    fn new() -> Self {
        let network = Network::of(&["XA", "XB"]);
        let (witness, woken) = start(&network);
        let origin = network.members[1].record.ledger_keys[0].value.name().to_owned();
        let ledger = verifier::ledger_signer(&origin, &[10; 32]).unwrap();
        assert_eq!(
            *ledger.verifier_key(),
            network.members[1].record.ledger_keys[0].value
        );
        Self {
            network,
            woken,
            witness,
            ledger,
        }
    }

    /// Another process on the same folder.
    fn restart(&mut self) {
        (self.witness, self.woken) = start(&self.network);
    }

    fn folder(&self) -> PathBuf {
        self.network.config(0).node.witness
    }

    /// The head of the tree of these leaves, and the proof that it continues its first `old_size`.
    fn head(&self, old_size: u64, leaves: &[&str]) -> (SignedHead, ConsistencyProof) {
        let mut hashes = leaves.iter().map(|leaf| leaf_hash(leaf.as_bytes()));
        let mut before = Edge::new();
        (0..old_size)
            .zip(hashes.by_ref())
            .for_each(|(_, leaf)| before.append(leaf));
        let batch = Batch::new(&before, hashes.collect());
        let checkpoint = Checkpoint::of_edge(self.ledger.name(), batch.edge_after()).unwrap();
        let proof = batch
            .prove_consistency()
            .filter(|_| batch.size_after() > old_size);
        let proof = proof.unwrap_or(ConsistencyProof { hashes: Vec::new() });
        (SignedHead::sign(checkpoint, &self.ledger).unwrap(), proof)
    }

    async fn ask(&self, old_size: u64, leaves: &[&str]) -> Answer {
        let (head, proof) = self.head(old_size, leaves);
        let request = AddCheckpoint::new(old_size, proof, &head).unwrap();
        let reply = self.witness.add_checkpoint(request.to_string().as_bytes()).await;
        let (status, body) = (reply.status().code(), reply.body().as_bytes().to_vec());
        Answer::parse(status, Some(reply.content_type()), &body).unwrap()
    }

    fn cosigned_size(&self) -> Option<u64> {
        let note = self.witness.cosigned(self.ledger.name())?;
        // By the ledger and by us.
        assert_eq!(note.signatures().len(), 2);
        let key = &self.network.members[0].record.witness_keys[0].value;
        note.verify(&[key, self.ledger.verifier_key()]).unwrap();
        Some(Checkpoint::parse(note.text().as_str()).unwrap().size)
    }
}

fn start(network: &Network) -> (Witnessing, mpsc::Receiver<Wake>) {
    let config = network.config(0);
    let keys = Arc::new(Keystore::load(config.node.party, &config.keys).unwrap());
    let clock = Arc::new(Clock::default());
    let floor = &config.node.directory_floor;
    let directory = CurrentDirectory::load(&config.directory, floor, None, clock.now()).unwrap();
    let (wakes, woken) = mpsc::channel(16);
    let parts = Parts {
        own: config.node.party,
        keys,
        directory: Arc::new(directory),
        clock,
        metrics: Arc::new(Metrics::new()),
        news: News::default(),
        wakes,
    };
    let witness = Witnessing::new(parts, &config.node.witness);
    witness.begin();
    (witness, woken)
}

#[tokio::test]
async fn what_was_cosigned_is_known_after_a_restart() {
    let mut scene = Scene::new();
    assert_eq!(scene.cosigned_size(), None);
    assert!(matches!(scene.ask(0, &["a", "b"]).await, Answer::Cosigned(lines) if lines.len() == 1));
    assert_eq!(scene.cosigned_size(), Some(2));
    scene.restart();
    assert_eq!(scene.cosigned_size(), Some(2));
    // It does not begin anew, whoever says that it should.
    let conflict = Answer::Conflict { known_size: 2 };
    assert_eq!(scene.ask(0, &["x"]).await, conflict);
    assert_eq!(scene.ask(1, &["a", "b", "c"]).await, conflict);
    assert!(matches!(
        scene.ask(2, &["a", "b", "c"]).await,
        Answer::Cosigned(_)
    ));
    // The same again is no other history, and makes no other file.
    assert!(matches!(
        scene.ask(3, &["a", "b", "c"]).await,
        Answer::Cosigned(_)
    ));
    assert_eq!(fs::read_dir(scene.folder()).unwrap().count(), 1);
}

/// Found by the simulation: an old copy of a machine went on cosigning from what it remembered of the others'
/// ledgers, before its own witnesses had told it that it was one, and after.
#[tokio::test]
async fn nothing_is_cosigned_before_our_own_ledger_is_trusted() {
    let mut scene = Scene::new();
    assert!(matches!(scene.ask(0, &["a"]).await, Answer::Cosigned(_)));
    scene.witness.end();
    let later = Answer::Refused(Status::Overloaded);
    assert_eq!(scene.ask(1, &["a", "b"]).await, later);
    scene.restart();
    scene.witness.end();
    assert_eq!(scene.ask(1, &["a"]).await, later);
    // What it has cosigned is shown all the same, without a new cosignature.
    assert!(scene.witness.cosigned(scene.ledger.name()).is_some());
    scene.witness.begin();
    assert!(matches!(scene.ask(1, &["a"]).await, Answer::Cosigned(_)));
}

/// Found while the simulation was written: a process that was killed between giving a head its name and
/// syncing that left a head which the next one cosigned, and a power cut then took away.
#[tokio::test]
async fn a_head_that_another_process_has_left_is_made_durable_before_it_is_cosigned() {
    let mut scene = Scene::new();
    assert!(matches!(scene.ask(0, &["a"]).await, Answer::Cosigned(_)));
    let file = fs::read_dir(scene.folder())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let written = || fs::metadata(&file).unwrap().ino();
    let before = written();
    assert!(matches!(scene.ask(1, &["a"]).await, Answer::Cosigned(_)));
    assert_eq!(written(), before, "a repetition is not written again");
    scene.restart();
    assert!(matches!(scene.ask(1, &["a"]).await, Answer::Cosigned(_)));
    let anew = written();
    assert_ne!(anew, before, "it is written anew, once");
    assert!(matches!(scene.ask(1, &["a"]).await, Answer::Cosigned(_)));
    assert_eq!(written(), anew);
}

/// Threat 8: both heads are kept, and nothing is exchanged with that Party any more.
#[tokio::test]
async fn a_ledger_with_two_histories_leaves_a_proof_behind() {
    let mut scene = Scene::new();
    let party = scene.network.members[1].party;
    assert!(matches!(scene.ask(0, &["a", "b"]).await, Answer::Cosigned(_)));
    assert!(!scene.witness.has_forked(party));
    assert_eq!(
        scene.ask(2, &["a", "c"]).await,
        Answer::Refused(Status::Unprocessable)
    );
    assert!(matches!(scene.woken.recv().await, Some(Wake::Forked(told)) if told == party));
    // Again, and by a 409: one proof is enough.
    assert_eq!(
        scene.ask(0, &["a", "c"]).await,
        Answer::Conflict { known_size: 2 }
    );
    let [proof] = scene.witness.forks().standing().try_into().unwrap();
    assert_eq!((proof.party, proof.shows, proof.size), (party, Shows::Fork, 2));
    let bytes = fs::read(scene.witness.forks().path(&proof)).unwrap();
    let fork = ForkProof::parse(&bytes).unwrap();
    fork.verify(&[scene.ledger.verifier_key()]).unwrap();
    scene.restart();
    assert!(scene.witness.has_forked(party));
    assert_eq!(scene.cosigned_size(), Some(2));
    // The operator has settled it.
    fs::remove_file(scene.witness.forks().path(&proof)).unwrap();
    let witness = scene.witness.clone();
    tokio::task::spawn_blocking(move || witness.look_again())
        .await
        .unwrap();
    assert!(!scene.witness.has_forked(party));
    assert!(matches!(scene.woken.recv().await, Some(Wake::Forked(told)) if told == party));
}

/// A head that cannot be read is not the same as none: who forgets signs a second history.
#[tokio::test]
async fn a_damaged_or_foreign_head_is_never_overwritten() {
    let mut scene = Scene::new();
    assert!(matches!(scene.ask(0, &["a", "b"]).await, Answer::Cosigned(_)));
    let file = fs::read_dir(scene.folder())
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let good = fs::read_to_string(&file).unwrap();
    for bad in [
        "",
        "node",
        &good[..good.len() - 9],
        &good.replace("node.xb", "node.xc"),
    ] {
        fs::write(&file, bad).unwrap();
        scene.restart();
        assert_eq!(
            scene.ask(0, &["x"]).await,
            Answer::Refused(Status::Overloaded),
            "{bad}"
        );
        assert_eq!(scene.witness.cosigned(scene.ledger.name()), None);
        assert_eq!(fs::read_to_string(&file).unwrap(), bad);
    }
    fs::write(&file, &good).unwrap();
    scene.restart();
    assert_eq!(scene.ask(0, &["x"]).await, Answer::Conflict { known_size: 2 });
}

/// `[DURABLE]` What could not be stored is not cosigned.
#[tokio::test]
async fn without_a_disk_nothing_is_cosigned() {
    let scene = Scene::new();
    // A file lies where the folder should.
    fs::write(scene.folder(), "").unwrap();
    assert_eq!(scene.ask(0, &["a"]).await, Answer::Refused(Status::Overloaded));
    fs::remove_file(scene.folder()).unwrap();
    assert!(matches!(scene.ask(0, &["a"]).await, Answer::Cosigned(_)));
}

#[tokio::test]
async fn nobody_is_witnessed_whom_the_directory_does_not_name() {
    let mut scene = Scene::new();
    let own = scene.network.members[0].record.ledger_keys[0]
        .value
        .name()
        .to_owned();
    for (origin, seed) in [("node.xd.example/ledger/2026", 10), (own.as_str(), 2)] {
        scene.ledger = verifier::ledger_signer(origin, &[seed; 32]).unwrap();
        assert_eq!(
            scene.ask(0, &["a"]).await,
            Answer::Refused(Status::UnknownLog),
            "{origin}"
        );
    }
    let origin = scene.network.members[1].record.ledger_keys[0]
        .value
        .name()
        .to_owned();
    scene.ledger = verifier::ledger_signer(&origin, &[77; 32]).unwrap();
    assert_eq!(scene.ask(0, &["a"]).await, Answer::Refused(Status::NotSigned));
    assert_eq!(
        scene.witness.add_checkpoint(b"old 1").await.status(),
        Status::Malformed
    );
    assert!(!scene.folder().join("forks").exists());
}

/// Each head costs syncs of the disk: nobody can have more of them than a ledger needs.
#[tokio::test]
async fn heads_that_come_too_fast_are_put_off() {
    let scene = Scene::new();
    assert!(matches!(scene.ask(0, &["a"]).await, Answer::Cosigned(_)));
    // Within the time of the test there is room for one or two more, not for all.
    let leaves = vec!["a"; 21];
    let (mut stands_at, mut put_off) = (1, 0);
    for _ in 0..20 {
        match scene.ask(stands_at as u64, &leaves[..=stands_at]).await {
            Answer::Refused(Status::Overloaded) => put_off += 1,
            answer => {
                assert!(matches!(answer, Answer::Cosigned(_)), "{answer:?}");
                stands_at += 1;
            }
        }
    }
    assert!(put_off > 0);
}
