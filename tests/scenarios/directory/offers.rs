//! What a node is offered and must not take: twelve directories, each wrong in its own way (security.md,
//! fault row 14), by its operator's file and by a peer that is spoken by hand.

use std::path::Path;
use std::time::Duration;

use e2e::speaker::{Persona, Speaker};
use protocol::directory::{Directory, KeySet, SignedDirectory, SignedKeySet};
use protocol::frame::Frame;
use protocol::key::{PublicKey, SecretariatKey};
use protocol::time::UnixMillis;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The keys of the members, and of a stranger.
struct Keys {
    one: SecretariatKey,
    two: SecretariatKey,
    three: SecretariatKey,
    stranger: SecretariatKey,
}

impl Keys {
    fn public(&self) -> [PublicKey; 3] {
        [&self.one, &self.two, &self.three].map(|key| key.public())
    }

    fn of(secretariat: &Secretariat<'_>) -> Result<Self> {
        let key = |member: &str| -> Result<SecretariatKey> {
            let text = std::fs::read_to_string(secretariat.member(member).join("secretariat.seed"))?;
            let mut seed = [0; 32];
            for (byte, at) in seed.iter_mut().zip((0..64).step_by(2)) {
                *byte = u8::from_str_radix(text.get(at..at + 2).context("a seed")?, 16)?;
            }
            Ok(SecretariatKey::from_seed(&seed))
        };
        Ok(Self {
            one: key("1")?,
            two: key("2")?,
            three: key("3")?,
            stranger: SecretariatKey::from_seed(&[0x77; 32]),
        })
    }
}

fn signed(
    directory: &Directory,
    key_sets: &[SignedKeySet],
    by: &[&SecretariatKey],
) -> Result<SignedDirectory> {
    let draft = SignedDirectory::draft(directory, key_sets)?;
    let mut copies = vec![draft.clone()];
    for key in by {
        copies.push(draft.countersign(key)?);
    }
    let keys: Vec<PublicKey> = by.iter().map(|key| key.public()).collect();
    Ok(SignedDirectory::merge(&copies, &keys)?)
}

fn signed_set(key_set: &KeySet, by: &[&SecretariatKey]) -> Result<SignedKeySet> {
    let draft = SignedKeySet::draft(key_set)?;
    let mut copies = vec![draft.clone()];
    for key in by {
        copies.push(draft.countersign(key)?);
    }
    let keys: Vec<PublicKey> = by.iter().map(|key| key.public()).collect();
    Ok(SignedKeySet::merge(&copies, &keys)?)
}

/// What is offered: by its name, the bytes.
type Offer = (&'static str, Vec<u8>);

/// What those can make who hold too few keys, or none that count. In use is `second`, signed by members 1
/// and 2.
fn by_thieves(keys: &Keys, second: &SignedDirectory) -> Result<Vec<Offer>> {
    let sets = second.key_sets()?;
    let in_force = sets.last().context("a key set")?.peek()?;
    let third = Directory {
        version: 3,
        ..second.peek()?
    };
    let lowered = KeySet::first("example", 1, &keys.public(), in_force.issued_at())?;
    let lowered = [signed_set(&lowered, &[&keys.one])?];
    let handed_over = in_force.next(1, &[keys.one.public()], in_force.issued_at())?;
    let mine = [sets.clone(), vec![signed_set(&handed_over, &[&keys.one])?]].concat();
    let by = |what, sets: &[SignedKeySet], by: &[&SecretariatKey]| -> Result<Offer> {
        Ok((what, signed(&third, sets, by)?.as_bytes().to_vec()))
    };
    Ok(vec![
        by("one signature", &sets, &[&keys.one])?,
        by("one signature twice", &sets, &[&keys.one, &keys.one])?,
        by("a stranger's signature", &sets, &[&keys.one, &keys.stranger])?,
        by("no key sets", &[], &[&keys.one, &keys.two])?,
        by("a lowered threshold", &lowered, &[&keys.one])?,
        by("a key set of the thief's own", &mine, &[&keys.one])?,
    ])
}

/// What the secretariat itself has signed, and is not to be taken all the same: old, forked, ended,
/// elsewhere.
fn of_the_secretariat(keys: &Keys, first: &SignedDirectory, second: &SignedDirectory) -> Result<Vec<Offer>> {
    let sets = second.key_sets()?;
    let in_use = second.peek()?;
    let longer = Directory {
        expires_at: in_use.expires_at.plus(DAY),
        ..in_use.clone()
    };
    let third = Directory {
        version: 3,
        ..in_use.clone()
    };
    let elsewhere = Directory {
        network: "elsewhere".to_owned(),
        ..third.clone()
    };
    let ended = Directory {
        issued_at: UnixMillis(in_use.issued_at.0 - 60 * 86_400_000),
        expires_at: UnixMillis(in_use.issued_at.0 - 30 * 86_400_000),
        ..third.clone()
    };
    let far = Directory {
        version: 1 << 40,
        ..third.clone()
    };
    let elsewhere_set = KeySet::first("elsewhere", 2, &keys.public(), in_use.issued_at)?;
    let elsewhere_sets = [signed_set(&elsewhere_set, &[&keys.one, &keys.two])?];
    let both = |what, directory: &Directory, sets: &[SignedKeySet]| -> Result<Offer> {
        Ok((
            what,
            signed(directory, sets, &[&keys.one, &keys.two])?
                .as_bytes()
                .to_vec(),
        ))
    };
    let mut touched = both("one that was touched", &third, &sets)?;
    let middle = touched.1.len() / 2;
    touched.1[middle] ^= 1;
    Ok(vec![
        ("an older version", first.as_bytes().to_vec()),
        both("a fork", &longer, &sets)?,
        both("another network", &elsewhere, &elsewhere_sets)?,
        both("one that has ended", &ended, &sets)?,
        both("a version far ahead", &far, &sets)?,
        touched,
    ])
}

/// None of twelve is taken, while the node runs and at its next start; the fork is an alarm that outlives
/// both.
#[test]
fn none_of_twelve_bad_directories_is_taken() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::in_folder(folder.path());
    let mut secretariat = Secretariat::found(&network, &[("XA", Reach::Dialled), ("XB", Reach::DialsOnly)])?;
    let read =
        |path: &Path| -> Result<SignedDirectory> { Ok(SignedDirectory::from_bytes(&std::fs::read(path)?)?) };
    let first = read(&secretariat.directory())?;
    secretariat.publish(&["1", "2"])?;
    secretariat.install("XA")?;
    let second = read(&secretariat.directory())?;
    let a = Node::start(&network, "XA")?;
    a.has_version(2)?;
    let keys = Keys::of(&secretariat)?;
    let mut bad = of_the_secretariat(&keys, &first, &second)?;
    bad.extend(by_thieves(&keys, &second)?);
    assert_eq!(bad.len(), 12);
    let file = network.node_folder("XA").join("directory.cose");
    for (number, (what, bytes)) in bad.iter().enumerate() {
        std::fs::write(&file, bytes)?;
        a.hang_up()?;
        let refused = "the directory stays as it was";
        let deadline = Instant::now() + PATIENCE;
        while a.running.log().matches(refused).count() <= number {
            ensure!(Instant::now() < deadline, "{what}:\n{}", a.running.log());
            std::thread::yield_now();
        }
        assert_eq!(a.status()?["directory"]["version"], 2, "{what}");
    }
    let forks = a.status()?["directory"]["forks"].clone();
    assert_eq!(forks.as_array().map(Vec::len), Some(1), "{forks:#}");
    let proof = forks[0]["proof"].as_str().context("proof")?;
    assert_eq!(std::fs::read(proof)?, bad[1].1, "both are kept");
    assert_eq!(
        std::fs::read(network.node_folder("XA").join("directories/2.cbor"))?,
        second.as_bytes()
    );
    let shown = network.officer("XA", ["node", "status"])?.expect_code(0)?;
    assert!(shown.stdout.contains("ALARM"), "{}", shown.stdout);
    assert_eq!(a.running.stop()?, 0);

    // At a start: what was accepted stays, whatever lies in the file.
    for (what, bytes) in [&bad[0], &bad[5], &bad[6]] {
        std::fs::write(&file, bytes)?;
        let a = Node::start(&network, "XA")?;
        let status = a.status()?;
        assert_eq!(status["directory"]["version"], 2, "{what}");
        assert_eq!(status["directory"]["forks"][0]["number"], 2);
        assert_eq!(a.running.stop()?, 0);
    }
    let told = Ended::of(
        e2e::programs::program("ohrid")?
            .args(["directory", "show"])
            .arg(&file),
    )?;
    assert!(told.stderr.contains("ALARM") || told.code != 0, "{}", told.stderr);
    Ok(())
}

/// A peer offers what it should not: a fork is kept as proof, garbage and untruths cost the peer its turn,
/// and a good version is taken from whoever brings it.
#[test]
fn what_peers_offer_is_judged_by_its_signatures() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::in_folder(folder.path());
    let parties = [
        ("XA", Reach::Dialled),
        ("XB", Reach::DialsOnly),
        ("XC", Reach::DialsOnly),
        ("XD", Reach::DialsOnly),
    ];
    let mut secretariat = Secretariat::found(&network, &parties)?;
    let first = SignedDirectory::from_bytes(&std::fs::read(secretariat.directory())?)?;
    let keys = Keys::of(&secretariat)?;
    secretariat.publish(&["2", "3"])?;
    let second = SignedDirectory::from_bytes(&std::fs::read(secretariat.directory())?)?;
    let a = Node::start(&network, "XA")?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let address = network.listen_address("XA")?;
        let speaker = |party: &str| -> Result<Speaker> { Speaker::of(Persona::of(&network, party)?) };
        let (xb, xc, xd) = (speaker("XB")?, speaker("XC")?, speaker("XD")?);
        // A thief's, signed by one.
        let line = xb.connect(address).await?;
        let stolen = signed(&second.peek()?, &second.key_sets()?, &[&keys.one])?;
        offer(&line, Some(stolen)).await?;
        a.running
            .wait_for_line("the directory that the peer gives is refused")?;
        // Another one of the version in use, signed as it must be.
        let other = Directory {
            expires_at: first.peek()?.expires_at.plus(DAY),
            ..first.peek()?
        };
        let fork = signed(&other, &first.key_sets()?, &[&keys.one, &keys.two])?;
        let line = xc.connect(address).await?;
        offer(&line, Some(fork.clone())).await?;
        let status = a.until("a fork", |status| status["directory"]["forks"][0]["number"] == 1)?;
        let proof = status["directory"]["forks"][0]["proof"]
            .as_str()
            .context("proof")?;
        assert_eq!(std::fs::read(proof)?, fork.as_bytes());
        assert_eq!(status["directory"]["version"], 1);
        // The true one, from whoever has it.
        let line = xd.connect(address).await?;
        offer(&line, Some(second.clone())).await?;
        a.has_version(2)?;
        // And XA gives it on, to whoever asks with an older one, and tells those who stay.
        let (told, mut answer) = line.request().await?;
        assert_eq!(told, asking(&second)?);
        answer.write_all(&Frame::Directory(None).encode()).await?;
        answer.finish()?;
        assert_eq!(
            line.ask(&asking(&first)?).await?,
            Frame::Directory(Some(second.clone()))
        );
        assert_eq!(line.ask(&asking(&second)?).await?, Frame::Directory(None));
        Ok(())
    })
}

fn asking(have: &SignedDirectory) -> Result<Frame> {
    Ok(Frame::DirectoryRequest {
        version: have.peek()?.version,
        digest: have.digest()?,
    })
}

/// Waits until the node asks for a directory, and gives it this one.
async fn offer(line: &e2e::speaker::Line, offered: Option<SignedDirectory>) -> Result<()> {
    loop {
        let (frame, mut answer) = line.request().await?;
        if matches!(frame, Frame::DirectoryRequest { .. }) {
            answer.write_all(&Frame::Directory(offered).encode()).await?;
            answer.finish()?;
            return Ok(());
        }
    }
}
