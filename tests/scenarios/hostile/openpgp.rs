//! Payloads that are no sealed message, or not the one that their envelope promises (threats 6, 17 and 18,
//! fault 16): by a peer who keeps the protocol in everything else, and signs what it sends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, ensure};
use e2e::speaker::{Line, Persona, send};
use protocol::consignment::Verdict;
use protocol::digest::Salt;
use protocol::envelope::Header;
use protocol::frame::Frame;
use protocol::ids::MessageId;
use protocol::payload::SealedPayload;
use seal::{Binding, Certificate, LockedKey, Password, UnlockedKey};

use super::{LEAVES_OF_RUBBISH, LOOK_EVERY, PATIENCE, Scene};

/// What the node says of each message, by the reports that it sends.
type Verdicts = Arc<Mutex<BTreeMap<MessageId, Verdict>>>;

/// Takes every report, and says so, for as long as the line stands.
fn collect(line: &Line) -> Verdicts {
    let verdicts = Verdicts::default();
    let (line, collected) = (line.clone(), Arc::clone(&verdicts));
    tokio::spawn(async move {
        while let Ok((frame, answer)) = line.request().await {
            let answered = match frame {
                Frame::Consignment(report) => {
                    if let Ok((said, _)) = report.peek() {
                        let mut collected = collected.lock().unwrap_or_else(PoisonError::into_inner);
                        collected.insert(said.message, said.verdict);
                    }
                    Frame::Recorded(report.digest())
                }
                Frame::Ping(number) => Frame::Pong(number),
                _ => Frame::Unsupported,
            };
            let _ = send(answer, &answered.encode()).await;
        }
    });
    verdicts
}

/// Seals as somebody of the network, with its real keys.
struct Sealer {
    persona: Persona,
    own: UnlockedKey,
    other: UnlockedKey,
    to: Certificate,
    to_other: Certificate,
}

/// Why a message cannot be read, the message, and the code that says so.
type Abuse = (&'static str, Header, Vec<u8>, &'static str);

impl Sealer {
    fn of(scene: &Scene) -> Result<Self> {
        let persona = scene.persona("XB")?;
        let certificate = |party: &str| -> Result<Certificate> {
            let office = format!("{party}/police").parse()?;
            let record = persona.directory.contact_point(&office).context("an office")?;
            let bytes = record.certificates.first().context("a certificate")?;
            Ok(Certificate::from_bytes(bytes)?)
        };
        Ok(Self {
            own: key(scene, "XB")?,
            other: key(scene, "XC")?,
            to: certificate("XA")?,
            to_other: certificate("XC")?,
            persona,
        })
    }

    /// A header for XA, and what a good peer would seal under it.
    fn message(&self) -> Result<(Header, Binding)> {
        let header = self.persona.header(&"XA/police".parse()?, &payload(Vec::new()))?;
        let binding = Binding {
            message: header.message,
            case: header.case,
            from: header.from.clone(),
            to: vec![header.to.clone()],
        };
        Ok((header, binding))
    }

    fn sealed(&self, binding: &Binding, at: SystemTime) -> Result<Vec<u8>> {
        Ok(seal::seal(
            &self.own,
            std::slice::from_ref(&self.to),
            binding,
            b"{}",
            at,
        )?)
    }

    fn abuses(&self) -> Result<Vec<Abuse>> {
        let mut abuses = Vec::new();
        let now = SystemTime::now();
        let mut add = |what, code, make: &dyn Fn(Vec<u8>) -> Vec<u8>| -> Result<()> {
            let (header, binding) = self.message()?;
            abuses.push((what, header, make(self.sealed(&binding, now)?), code));
            Ok(())
        };
        add("changed in the middle", "damaged", &|mut sealed| {
            // Behind the session keys, of which some are for others.
            let container = version_of_container(&sealed);
            let at = usize::midpoint(container, sealed.len());
            sealed[at] ^= 1;
            sealed
        })?;
        add("its last byte changed", "damaged", &|mut sealed| {
            sealed.last_mut().into_iter().for_each(|last| *last ^= 1);
            sealed
        })?;
        add("twice", "malformed", &|sealed| sealed.repeat(2))?;
        add("behind a marker", "malformed", &|sealed| {
            [b"\xca\x03PGP", &sealed[..]].concat()
        })?;
        add("SEIPDv1", "algorithm-refused", &|mut sealed| {
            let version = version_of_container(&sealed);
            sealed[version] = 1;
            sealed
        })?;
        add("a password beside the key", "password-encrypted", &|sealed| {
            let password = [&[0xc3, 13, 4, 9, 3, 8][..], &[7; 8], &[0x60]].concat();
            [password, sealed].concat()
        })?;
        add("too many session keys", "malformed", &|sealed| {
            let (_, end) = packet(&sealed, 0);
            [sealed[..end].repeat(18), sealed[end..].to_vec()].concat()
        })?;
        add("not encrypted", "not-encrypted", &|_| {
            b"\xcb\x08b\0\0\0\0\0{}".to_vec()
        })?;
        add("a bomb", "compressed", &|_| {
            [&[0xc8, 0xff, 0, 1, 0, 1, 1][..], &[0; 65_536]].concat()
        })?;
        add("a length of gigabytes", "algorithm-refused", &|_| {
            vec![0xc1, 0xff, 0x7f, 0xff, 0xff, 0xff, 6]
        })?;
        add("nothing", "malformed", &|_| vec![0])?;

        let (header, binding) = self.message()?;
        let to_other = seal::seal(
            &self.own,
            std::slice::from_ref(&self.to_other),
            &binding,
            b"{}",
            now,
        )?;
        abuses.push(("sealed to somebody else", header, to_other, "not-for-us"));
        let (header, binding) = self.message()?;
        let by_other = seal::seal(&self.other, std::slice::from_ref(&self.to), &binding, b"{}", now)?;
        abuses.push(("signed by somebody else", header, by_other, "signer-unknown"));
        let ((header, _), (_, other)) = (self.message()?, self.message()?);
        abuses.push(("of another message", header, self.sealed(&other, now)?, "binding"));
        let (header, binding) = self.message()?;
        let later = self.sealed(&binding, now + Duration::from_secs(2 * 3_600))?;
        abuses.push(("signed in two hours", header, later, "signature-time"));
        Ok(abuses)
    }
}

/// Where the content of the packet at `at` begins, and where the packet ends.
fn packet(sealed: &[u8], at: usize) -> (usize, usize) {
    let octet = |index: usize| usize::from(sealed[at + index]);
    let (content, length) = match octet(1) {
        short @ 0..192 => (2, short),
        long @ 192..224 => (3, (long - 192) * 256 + octet(2) + 192),
        255 => (6, (2..6).fold(0, |length, index| length * 256 + octet(index))),
        partial => (2, 1 << (partial - 224)),
    };
    (at + content, at + content + length)
}

/// Where the encrypted container says its version: behind the session keys.
fn version_of_container(sealed: &[u8]) -> usize {
    let mut at = 0;
    while sealed[at] == 0xc1 {
        at = packet(sealed, at).1;
    }
    assert_eq!(sealed[at], 0xd2, "the container follows the session keys");
    packet(sealed, at).0
}

fn payload(bytes: Vec<u8>) -> SealedPayload {
    SealedPayload {
        salt: Salt::from_bytes([7; 32]),
        bytes: bytes.into(),
    }
}

/// The OpenPGP key that `party` has on its own machine.
fn key(scene: &Scene, party: &str) -> Result<UnlockedKey> {
    let folder = scene.network.node_folder(party).join("keys");
    let password = std::fs::read_to_string(folder.join("openpgp.password"))?;
    let password = Password::from(password.trim_end_matches('\n').to_owned());
    let locked = LockedKey::from_bytes(&std::fs::read(folder.join("openpgp/police.key.asc"))?)?;
    Ok(locked.unlock(&password)?)
}

/// Each is recorded, since nobody can tell before it is opened, and becomes a report that it cannot be read
/// and why: three leaves, and nothing else. The good peer is served, and memory is as it was.
pub(super) async fn openpgp_abuse_becomes_unreadable_and_nothing_else(scene: &mut Scene) -> Result<()> {
    let (before, resident) = (scene.size()?, scene.resident_bytes()?);
    let (speaker, sealer) = (scene.speaker("XB")?, Sealer::of(scene)?);
    let line = speaker.connect(scene.address).await?;
    let verdicts = collect(&line);
    let abuses = sealer.abuses()?;
    for (what, header, bytes, _) in &abuses {
        let payload = payload(bytes.clone());
        let mut header = header.clone();
        (header.payload, header.payload_length_bytes) = (payload.commitment(), bytes.len() as u64);
        let answer = line.ask(&sealer.persona.envelope(&header, payload)).await?;
        ensure!(matches!(answer, Frame::Receipt(_)), "{what}: {:?}", answer.kind());
    }
    scene
        .has_grown_to(before + abuses.len() as u64 * LEAVES_OF_RUBBISH)
        .await?;
    let mut otherwise = Vec::new();
    for (what, header, _, code) in &abuses {
        let verdict = said_of(&verdicts, header.message)
            .await
            .with_context(|| (*what).to_owned())?;
        let is_so = matches!(&verdict, Verdict::Unreadable { code: said } if said.as_str() == *code);
        if !is_so {
            otherwise.push(format!("{what}: {verdict:?} instead of {code}"));
        }
    }
    ensure!(otherwise.is_empty(), "{otherwise:#?}");
    let grown = scene.resident_bytes()?.saturating_sub(resident);
    ensure!(grown < 64 << 20, "{} MiB", grown >> 20);
    Ok(())
}

/// Waits for the report on this message.
async fn said_of(verdicts: &Verdicts, message: MessageId) -> Result<Verdict> {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let said = verdicts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&message)
            .cloned();
        if let Some(verdict) = said {
            return Ok(verdict);
        }
        ensure!(std::time::Instant::now() < deadline, "no report");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
