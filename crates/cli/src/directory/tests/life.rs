//! The whole life of a directory: founded, signed apart, changed, its keys rotated, forked `[DIRECTORY]`.

use std::collections::BTreeSet;

use protocol::directory::SignedDirectory;
use protocol::key::PublicKey;

use super::super::found::{Founders, found};
use super::super::merge::{Merged, merge};
use super::super::rotate::{Turnover, rotate};
use super::super::sign::{NEXT_NAME, Pending, Terms, sign_copy, sign_on};
use super::super::{diff, document, member, request};
use super::*;

const NETWORK: &str = "exercise.example.org";

/// A secretariat of several members, and the node of XA.
pub(super) struct Secretariat {
    root: TempDir,
    /// What the members have in common.
    pub(super) common: PathBuf,
    pub(super) node: PathBuf,
}

pub(super) fn terms() -> Terms {
    Terms {
        expires_in: 30 * DAY,
        above: 0,
        pending: Pending::Kept,
    }
}

/// Keys and threshold, as an operator was told them by telephone.
#[derive(Clone)]
pub(super) struct Told {
    keys: Vec<PublicKey>,
    threshold: usize,
}

impl Told {
    pub(super) fn of(members: &[&Path], threshold: usize) -> Self {
        Self {
            keys: members.iter().map(|folder| key_of(folder)).collect(),
            threshold,
        }
    }

    pub(super) fn about(&self, file: PathBuf) -> VerifyArguments {
        VerifyArguments {
            file,
            key: self.keys.clone(),
            threshold: Some(self.threshold),
            network: None,
        }
    }
}

pub(super) fn key_of(member: &Path) -> PublicKey {
    member::key(member).unwrap().public()
}

impl Secretariat {
    /// Two of three, with the join request of XA in the draft.
    pub(super) fn new() -> Self {
        let root = TempDir::new().unwrap();
        let (common, node) = (root.path().join("secretariat"), root.path().join("xa"));
        let founded = found(&common, NETWORK, 2, &Founders::New(3), now()).unwrap();
        assert_eq!((founded.members.len(), founded.to_sign), (3, None));
        let request = join(&node, 0);
        add(&common, &[request], Present::Kept).unwrap();
        Self { root, common, node }
    }

    pub(super) fn member(&self, number: usize) -> PathBuf {
        self.common.join(format!("members/{number}"))
    }

    /// Another member's folder, elsewhere.
    pub(super) fn newcomer(&self, name: &str) -> PathBuf {
        let folder = self.root.path().join(name);
        member::new(&folder).unwrap();
        folder
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.common.join(name)
    }

    /// A member signs a copy of a file, and sends it back.
    pub(super) fn copy(&self, member: &Path, name: &str) -> PathBuf {
        sign_copy(member, &self.file(name), None).unwrap().file
    }

    /// A signature that no tool of ours would make: with a key that is not in the key set.
    pub(super) fn forged(&self, stranger: &Path, name: &str) -> PathBuf {
        let bytes = std::fs::read(self.file(name)).unwrap();
        let signed = SignedDirectory::from_bytes(&bytes).unwrap();
        let forged = signed.countersign(&member::key(stranger).unwrap()).unwrap();
        let file = self.file("forged.cose");
        std::fs::write(&file, forged.as_bytes()).unwrap();
        file
    }

    pub(super) fn merge(&self, files: &[PathBuf]) -> Merged {
        merge(&self.common, files, Present::Kept, now()).unwrap()
    }

    /// The next version of the directory, signed by these members, each alone.
    pub(super) fn publish(&self, members: &[&Path]) -> u64 {
        let signed = sign_on(&self.common, terms(), now()).unwrap();
        let copies: Vec<_> = members
            .iter()
            .map(|member| self.copy(member, NEXT_NAME))
            .collect();
        assert!(self.merge(&copies).directory.unwrap().is_complete);
        signed.version
    }

    /// The next key set, signed by these members, each alone.
    pub(super) fn rotate(&self, add: &Path, remove: &Path, members: &[&Path]) {
        let turnover = Turnover {
            add: vec![key_of(add)],
            remove: vec![key_of(remove)],
            threshold: None,
        };
        assert!(
            !rotate(&self.common, &turnover, Pending::Kept, now())
                .unwrap()
                .is_complete
        );
        let copies: Vec<_> = members
            .iter()
            .map(|member| self.copy(member, "next-keys.cose"))
            .collect();
        assert!(self.merge(&copies).key_set.unwrap().is_complete);
        assert!(!self.file("next-keys.cose").exists());
    }

    pub(super) fn directory(&self) -> PathBuf {
        self.file(DIRECTORY_NAME)
    }

    pub(super) fn install(&self, told: &Told, file: PathBuf) -> Result<u64, crate::failure::Failure> {
        install(&self.node, &told.about(file), now()).map(|directory| directory.version)
    }
}

pub(super) fn moving(node: &Path) -> PathBuf {
    request::request(node, &request_arguments(&["192.0.2.7:4433"]), now())
        .unwrap()
        .file
}

pub(super) fn request_arguments(addresses: &[&str]) -> arguments::RequestArguments {
    arguments::RequestArguments {
        address: addresses.iter().map(|&address| address.to_owned()).collect(),
        unreachable: false,
        party_name: None,
        profile_file: None,
        certificate: Vec::new(),
        new_envelope_key: false,
        overlap: 30 * DAY,
        output: None,
    }
}

/// Copies a folder, as a thief does, or a backup.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn copied(secretariat: &Secretariat, name: &str) -> Secretariat {
    let root = TempDir::new().unwrap();
    let common = root.path().join(name);
    copy_folder(&secretariat.common, &common);
    Secretariat {
        common,
        node: secretariat.node.clone(),
        root,
    }
}

/// Issue 4, point 1, from beginning to end.
#[test]
fn a_directory_lives() {
    let secretariat = Secretariat::new();
    let [one, two, three] = [1, 2, 3].map(|number| secretariat.member(number));
    let told = Told::of(&[&one, &two, &three], 2);

    // Two members sign apart. One is not enough.
    let signed = sign_on(&secretariat.common, terms(), now()).unwrap();
    assert_eq!((signed.version, signed.file), (1, secretariat.file(NEXT_NAME)));
    let (by_one, by_three) = (
        secretariat.copy(&one, NEXT_NAME),
        secretariat.copy(&three, NEXT_NAME),
    );
    let merged = secretariat.merge(std::slice::from_ref(&by_one));
    assert!(!merged.directory.unwrap().is_complete && !secretariat.directory().exists());
    assert!(secretariat.install(&told, by_one).is_err());
    assert!(secretariat.merge(&[by_three]).directory.unwrap().is_complete);
    assert!(!secretariat.file(NEXT_NAME).exists());
    assert_eq!(secretariat.install(&told, secretariat.directory()).unwrap(), 1);
    let first = secretariat.file("first.cose");
    std::fs::copy(secretariat.directory(), &first).unwrap();

    // XA asks for another address; the members see what changes before they sign.
    let request = moving(&secretariat.node);
    let taken = secretariat.merge(std::slice::from_ref(&request)).changes;
    assert_eq!((taken.len(), taken[0].party.as_str()), (1, "XA"));
    assert_eq!(secretariat.publish(&[&two, &three]), 2);
    let read = |path: &Path| document::read(path).unwrap();
    let difference = diff::compare(&read(&first), &read(&secretariat.directory())).unwrap();
    assert_eq!(difference.parties.len(), 1);
    let comes = "address comes: 192.0.2.7:4433".to_owned();
    assert!(difference.parties[0].changes.contains(&comes), "{difference:?}");
    assert_eq!(secretariat.install(&told, secretariat.directory()).unwrap(), 2);

    // Member 1 is robbed. The thief has copied everything else as well.
    let stolen = copied(&secretariat, "stolen");
    let (four, five) = (secretariat.newcomer("four"), secretariat.newcomer("five"));
    secretariat.rotate(&four, &one, &[&two, &three]);
    assert_eq!(secretariat.publish(&[&two, &four]), 3);
    secretariat.rotate(&five, &two, &[&three, &two, &four]);
    assert_eq!(secretariat.publish(&[&four, &five]), 4);

    // A node that was told the first keys follows both rotations, and trusts the last keys from then on.
    assert_eq!(secretariat.install(&told, secretariat.directory()).unwrap(), 4);
    let config = std::fs::read_to_string(secretariat.node.join("node.toml")).unwrap();
    let trusted: BTreeSet<bool> = [
        (&three, true),
        (&four, true),
        (&five, true),
        (&one, false),
        (&two, false),
    ]
    .map(|(member, is_trusted)| config.contains(&key_of(member).to_string()) == is_trusted)
    .into();
    assert_eq!(trusted, BTreeSet::from([true]), "{config}");
    let now_told = Told::of(&[&five, &four, &three], 2);
    assert_eq!(
        secretariat.install(&now_told, secretariat.directory()).unwrap(),
        4
    );

    // What the thief signs, with the keys of that time, counts for nothing.
    let above = Terms { above: 8, ..terms() };
    sign_on(&stolen.common, above, now()).unwrap();
    stolen.merge(&[stolen.copy(&one, NEXT_NAME), stolen.copy(&two, NEXT_NAME)]);
    let failure = secretariat.install(&told, stolen.directory()).unwrap_err();
    assert!(failure.what.contains("withdrawn"), "{failure}");
    assert_eq!(secretariat.install(&told, secretariat.directory()).unwrap(), 4);
}

#[test]
fn a_withdrawn_key_no_longer_counts() {
    let secretariat = Secretariat::new();
    let [one, two, three] = [1, 2, 3].map(|number| secretariat.member(number));
    secretariat.publish(&[&one, &two]);
    let four = secretariat.newcomer("four");
    secretariat.rotate(&four, &one, &[&two, &three]);
    sign_on(&secretariat.common, terms(), now()).unwrap();
    let refused = sign_copy(&one, &secretariat.file(NEXT_NAME), None).unwrap_err();
    assert_eq!(refused.exit, Exit::Refused);
    let copies = [
        secretariat.forged(&one, NEXT_NAME),
        secretariat.copy(&two, NEXT_NAME),
    ];
    assert!(!secretariat.merge(&copies).directory.unwrap().is_complete);
    let by_four = secretariat.copy(&four, NEXT_NAME);
    assert!(secretariat.merge(&[by_four]).directory.unwrap().is_complete);
}

#[test]
fn a_fork_is_noticed_and_kept() {
    let secretariat = Secretariat::new();
    let [one, two, three] = [1, 2, 3].map(|number| secretariat.member(number));
    let told = Told::of(&[&one, &two, &three], 2);
    let other = copied(&secretariat, "other");
    secretariat.publish(&[&one, &two]);
    secretariat.install(&told, secretariat.directory()).unwrap();
    let longer = Terms {
        expires_in: 31 * DAY,
        ..terms()
    };
    sign_on(&other.common, longer, now()).unwrap();
    other.merge(&[other.copy(&one, NEXT_NAME), other.copy(&two, NEXT_NAME)]);
    let failure = secretariat.install(&told, other.directory()).unwrap_err();
    assert!(failure.what.contains("two directories of version 1"), "{failure}");
    let read = |path: PathBuf| std::fs::read(path).unwrap();
    assert_eq!(
        read(secretariat.node.join(DIRECTORY_NAME)),
        read(secretariat.directory())
    );
    let kept = std::fs::read_dir(&secretariat.node)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let forks: Vec<_> = kept
        .filter(|path| path.to_string_lossy().contains("directory.fork-1-"))
        .collect();
    assert_eq!(forks.len(), 1);
    assert_eq!(read(forks[0].clone()), read(other.directory()));
}

/// Who begins with one key, and operators who have configured that one, lose nothing when there are more.
#[test]
fn one_key_becomes_three() {
    let network = network();
    add(
        &network.secretariat,
        std::slice::from_ref(&network.join_request),
        Present::Kept,
    )
    .unwrap();
    sign(&network.secretariat, 30 * DAY, now()).unwrap();
    let file = network.secretariat.join(DIRECTORY_NAME);
    install(
        &network.node,
        &verify_arguments(file.clone(), &network.key),
        now(),
    )
    .unwrap();
    let root = TempDir::new().unwrap();
    let newcomers = ["two", "three"].map(|name| root.path().join(name));
    let add_keys = newcomers
        .iter()
        .map(|folder| member::new(folder).unwrap().key.0)
        .collect();
    let turnover = Turnover {
        add: add_keys,
        remove: Vec::new(),
        threshold: Some(2),
    };
    let rotated = rotate(&network.secretariat, &turnover, Pending::Kept, now()).unwrap();
    assert!(!rotated.is_complete, "two of the new keys must sign");
    let copy = sign_copy(&newcomers[1], &rotated.file, None).unwrap().file;
    let merged = merge(&network.secretariat, &[copy], Present::Kept, now()).unwrap();
    assert!(merged.key_set.unwrap().is_complete);
    sign_on(&network.secretariat, terms(), now()).unwrap();
    let copy = sign_copy(&newcomers[0], &network.secretariat.join(NEXT_NAME), None)
        .unwrap()
        .file;
    let merged = merge(&network.secretariat, &[copy], Present::Kept, now()).unwrap();
    assert!(merged.directory.unwrap().is_complete);
    let directory = install(&network.node, &verify_arguments(file, &network.key), now()).unwrap();
    assert_eq!(directory.version, 2);
}
