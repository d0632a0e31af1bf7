//! A node's store with many cases in it, as if years had passed: real leaves, really sealed payloads.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use convention::message::{Context, Draft, Message};
use ledger::hash::leaf_hash;
use protocol::consignment::{Consignment, SignedConsignment, Verdict};
use protocol::digest::Salt;
use protocol::entry::{Entry, Side};
use protocol::envelope::{Header, Priority, SignedHeader};
use protocol::exchange::Commit;
use protocol::ids::{ActorId, CaseId, ContactPoint, MessageId};
use protocol::key::EnvelopeKey;
use protocol::payload::SealedPayload;
use protocol::time::UnixMillis;
use seal::{Binding, LockedKey, Password, UnlockedKey};
use serde_json::{Value, json};
use store::{Embedded, Progress, Store};

/// How long the cases are back that were opened first, and which kinds they are of.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// From the first case to the last; their distances are equal.
    pub span: Duration,
    /// The form of a drill.
    pub drill: Value,
    /// Each so manieth case of the last part of the calendar is a drill.
    pub drill_every: usize,
    /// How long that part is: as drills are erased by policy, there are no older ones.
    pub drills_since: Duration,
}

/// Where a node's folder has the key of its contact point.
pub const OPENPGP_KEY: &str = "keys/openpgp/police.key.asc";

/// What each case adds to the ledger: received, reported on, and the report delivered.
pub const LEAVES_PER_CASE: u64 = 3;

/// Leaves in one commit, as a rule: far below what one may hold.
const LEAVES_PER_COMMIT: u64 = 768;

/// Cases that were opened within the same millisecond.
const CASES_PER_MILLISECOND: usize = 1_000;
/// Cases that have one mail address in common.
const CASES_PER_ADDRESS: usize = 100;

/// Writes the store of `XA`, which XB has asked for something in many cases.
pub struct Writer {
    sender: UnlockedKey,
    recipient: UnlockedKey,
    envelope_of_sender: EnvelopeKey,
    envelope_of_recipient: EnvelopeKey,
    from: ContactPoint,
    to: ContactPoint,
    draft: Value,
    now_ms: u64,
    /// How often each message was read: a leaf each.
    readings: u64,
    /// Where the cases do not all belong to the last moments.
    calendar: Option<Calendar>,
}

/// One case: its leaves, and the payload that the first one speaks of.
struct Written {
    leaves: Vec<Vec<u8>>,
    payload: SealedPayload,
}

impl Writer {
    /// Takes the keys of both Parties, and the request that each case begins with.
    pub fn new(sender: &Path, recipient: &Path, draft: Value) -> Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        Ok(Self {
            sender: openpgp_key(sender)?,
            recipient: openpgp_key(recipient)?,
            envelope_of_sender: envelope_key(sender)?,
            envelope_of_recipient: envelope_key(recipient)?,
            from: "XB/police".parse()?,
            to: "XA/police".parse()?,
            draft,
            now_ms: u64::try_from(now.as_millis())?,
            readings: 0,
            calendar: None,
        })
    }

    /// The same where the cases were opened over so long a time. The keys must be older than that.
    pub fn with_calendar(self, calendar: Calendar) -> Self {
        Self {
            calendar: Some(calendar),
            ..self
        }
    }

    /// The same where each message was read so often, each time by somebody else: a leaf each, with nothing
    /// to be sealed.
    pub fn with_readings(self, readings: u64) -> Self {
        Self { readings, ..self }
    }

    /// Writes so many cases into the store in `data`.
    pub fn write(&self, data: &Path, cases: usize) -> Result<()> {
        let (store, _) = Embedded::open(data, &store::Settings::default())?;
        let mut store: Box<dyn Store> = Box::new(store);
        let reader = store.reader();
        let mut edge = reader.edge();
        let leaves_per_case = LEAVES_PER_CASE + self.readings;
        let cases_per_commit = usize::try_from((LEAVES_PER_COMMIT / leaves_per_case).max(1))?;
        for first in (0..cases).step_by(cases_per_commit) {
            let count = cases_per_commit.min(cases - first);
            let commit_size = edge.size() + leaves_per_case * u64::try_from(count)?;
            let mut leaves = Vec::new();
            let mut payloads = Vec::new();
            let first_index = edge.size();
            for written in self.cases(first..first + count, cases, commit_size)? {
                written
                    .leaves
                    .iter()
                    .for_each(|leaf| edge.append(leaf_hash(leaf)));
                leaves.extend(written.leaves);
                payloads.push(written.payload);
            }
            store.commit(&Commit {
                first_index,
                leaves: leaves.into(),
                payloads: payloads.into(),
                size_after: edge.size(),
                root_after: edge.root(),
            })?;
            while store.maintain()? == Progress::More {}
        }
        drop(reader);
        Ok(store.close()?)
    }

    /// The cases with these numbers, made on all cores: sealing takes most of the time.
    fn cases(&self, numbers: Range<usize>, of: usize, commit_size: u64) -> Result<Vec<Written>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let numbers: Vec<usize> = numbers.collect();
        let made = |numbers: &[usize]| -> Result<Vec<Written>> {
            let cases = numbers.iter().map(|number| self.case(*number, of, commit_size));
            cases.collect()
        };
        std::thread::scope(|scope| {
            let shares = numbers.chunks(numbers.len().div_ceil(cores).max(1));
            let shares: Vec<_> = shares.map(|share| scope.spawn(move || made(share))).collect();
            let mut all = Vec::new();
            for share in shares {
                let share = share.join();
                all.extend(share.map_err(|_| anyhow::anyhow!("making a case panicked"))??);
            }
            Ok(all)
        })
    }

    /// When a case was opened.
    fn sent_at(&self, number: usize, of: usize) -> Result<UnixMillis> {
        let ago_ms = match &self.calendar {
            // The certificates are seconds old: all cases were opened in the last moments.
            None => u64::try_from((of - number) / CASES_PER_MILLISECOND)?,
            Some(calendar) => {
                let span_ms = calendar.span.as_millis();
                u64::try_from(span_ms * u128::try_from(of - number)? / u128::try_from(of)?)?
            }
        };
        Ok(UnixMillis(self.now_ms - ago_ms))
    }

    /// A request that was received, opened, and reported on.
    fn case(&self, number: usize, of: usize, commit_size: u64) -> Result<Written> {
        let sent_at = self.sent_at(number, of)?;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&u64::try_from(number)?.to_be_bytes());
        let id = MessageId::from_parts(sent_at.0, random);
        let body = self.message(id, sent_at, number)?.to_json();
        let binding = Binding {
            message: id,
            case: CaseId::opened_by(id),
            from: self.from.clone(),
            to: vec![self.to.clone()],
        };
        let recipients = [self.recipient.certificate().clone()];
        let at = UNIX_EPOCH + Duration::from_millis(sent_at.0);
        let payload = SealedPayload {
            salt: Salt::from_bytes([0x5a; 32]),
            bytes: seal::seal(&self.sender, &recipients, &binding, &body, at)?.into(),
        };
        let header = Header {
            message: id,
            case: CaseId::opened_by(id),
            in_reply_to: None,
            from: self.from.clone(),
            to: self.to.clone(),
            sent_at,
            expires_at: UnixMillis(sent_at.0 + 86_400_000),
            priority: Priority::Routine,
            payload: payload.commitment(),
            payload_length_bytes: u64::try_from(payload.bytes.len())?,
            attachments: None,
            sender_checkpoint: None,
        };
        let header = SignedHeader::sign(&header, &self.envelope_of_sender);
        let report = Consignment {
            message: id,
            from: self.from.party(),
            to: self.to.clone(),
            envelope: header.digest(),
            verdict: Verdict::Readable,
            opened_at: sent_at,
        };
        let report = SignedConsignment::sign(&report, &self.envelope_of_recipient);
        let mut entries = vec![
            Entry::Received {
                at: sent_at,
                header,
                commit_size,
            },
            Entry::Consigned {
                at: sent_at,
                side: Side::Issued,
                report: report.clone(),
                expires_at: UnixMillis(sent_at.0 + 86_400_000),
            },
            Entry::ReportDelivered {
                at: sent_at,
                report: report.digest(),
                message: id,
            },
        ];
        entries.extend((0..self.readings).map(|reader| reading(id, sent_at, reader)));
        Ok(Written {
            leaves: entries.iter().map(Entry::encode).collect(),
            payload,
        })
    }

    /// The request with an address of its own, and one that a hundred cases share.
    fn message(&self, id: MessageId, sent_at: UnixMillis, number: usize) -> Result<Message> {
        if let Some(calendar) = &self.calendar
            && number.is_multiple_of(calendar.drill_every)
            && self.now_ms - sent_at.0 < u64::try_from(calendar.drills_since.as_millis())?
        {
            return message(&calendar.drill, id, sent_at);
        }
        let mut draft = self.draft.clone();
        draft["data"]["selectors"] = json!([
            { "type": "ip", "value": format!("2001:db8::{:x}:{:x}", number >> 16, number & 0xffff),
              "range": { "from": before(sent_at, 49)?, "until": before(sent_at, 48)? } },
            { "type": "email", "value": format!("somebody{}@example.org", number / CASES_PER_ADDRESS) },
        ]);
        message(&draft, id, sent_at)
    }
}

/// So many hours before a message was sent, as a form has it.
fn before(sent_at: UnixMillis, hours: u64) -> Result<String> {
    let at_ms = sent_at.0 - hours * 3_600_000;
    Ok(convention::time::Instant::from_unix_ms(i64::try_from(at_ms)?)?.to_string())
}

/// The leaf of the reader with this number.
fn reading(message: MessageId, at: UnixMillis, reader: u64) -> Entry {
    let mut actor = [0; 16];
    actor[8..].copy_from_slice(&reader.to_be_bytes());
    let actor = ActorId::from_bytes(actor);
    Entry::Retrieved { at, message, actor }
}

/// The request of a form from XB to XA.
pub fn message(draft: &Value, id: MessageId, sent_at: UnixMillis) -> Result<Message> {
    message_between((&"XB/police".parse()?, &"XA/police".parse()?), draft, id, sent_at)
}

/// The request of a form, from one contact point to another.
pub fn message_between(
    (from, to): (&ContactPoint, &ContactPoint),
    draft: &Value,
    id: MessageId,
    sent_at: UnixMillis,
) -> Result<Message> {
    let context = Context {
        message_id: convention::message::MessageId::from_bytes(*id.as_bytes())?,
        case: convention::message::CaseReference::from_bytes(*id.as_bytes())?,
        sender: from.to_string().parse()?,
        recipients: vec![to.to_string().parse()?],
        officer: None,
        now: convention::time::Instant::from_unix_ms(i64::try_from(sent_at.0)?)?,
        case_view: None,
        own_profile: None,
        recipient_profile: None,
    };
    let judged = Draft::judge_json(&draft.to_string(), &context);
    let (message, _) = judged.map_err(|errors| anyhow::anyhow!("the example: {errors}"))?;
    Ok(message)
}

/// The example request, turned round: from XB to XA.
pub fn request(form: &Path) -> Result<Value> {
    let mut draft = form_to_us(form)?;
    draft["data"]["territory"] = json!("XA");
    Ok(draft)
}

/// Any form, to XA.
pub fn form_to_us(form: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(form).with_context(|| format!("reading {}", form.display()))?;
    let draft = Draft::from_toml(&text).map_err(|errors| anyhow::anyhow!("the example: {errors}"))?;
    let mut draft: Value = serde_json::from_str(&draft.to_json())?;
    draft["to"] = json!(["XA/police"]);
    Ok(draft)
}

/// The OpenPGP key in a node's folder.
pub fn openpgp_key(folder: &Path) -> Result<UnlockedKey> {
    let key = std::fs::read(folder.join(OPENPGP_KEY))?;
    Ok(LockedKey::from_bytes(&key)?.unlock(&openpgp_password(folder)?)?)
}

/// The password of the OpenPGP keys in a node's folder.
pub fn openpgp_password(folder: &Path) -> Result<Password> {
    let password = std::fs::read_to_string(folder.join("keys/openpgp.password"))?;
    Ok(Password::from(password.trim_end_matches('\n').to_owned()))
}

fn envelope_key(folder: &Path) -> Result<EnvelopeKey> {
    Ok(EnvelopeKey::from_seed(&seed(&folder.join("keys/envelope.seed"))?))
}

/// The seed in a file.
pub fn seed(file: &Path) -> Result<[u8; 32]> {
    let text = std::fs::read_to_string(file)?;
    let text = text.trim_end();
    ensure!(text.len() == 64, "a seed is 64 hexadecimal digits");
    let mut seed = [0; 32];
    for (byte, at) in seed.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16)?;
    }
    Ok(seed)
}
