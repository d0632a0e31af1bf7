//! Reading what was sealed: from a header and its payload to a message, or a code that says why not.
//!
//! Serves for what was received and for our own copies of what we sent. Blocks (disk, OpenPGP), so it
//! is called from threads that may.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use convention::message::{Message, MessageError, ReceivedMessage};
use protocol::digest::Commitment;
use protocol::envelope::Header;
use protocol::ids::{CaseId, ContactPoint, MessageId, PartyCode};
use protocol::time::UnixMillis;
use seal::{Binding, Certificate, OpenContext, OpenError, SessionKey, UnlockedKey, Window};
use zeroize::Zeroizing;

use crate::directory::CurrentDirectory;
use crate::keys::Keystore;
use crate::payloads::Payloads;

mod cache;

use cache::{Cache, Name};

/// Opens and reads messages, and keeps the last ones.
pub struct Messages {
    own: PartyCode,
    keys: Arc<Keystore>,
    directory: Arc<CurrentDirectory>,
    payloads: Payloads,
    cache: Mutex<Cache>,
}

/// What reading showed: the message, or the code of what is wrong with it.
pub type Reading = Result<Arc<ReceivedMessage>, &'static str>;

/// What was sealed.
pub struct Original {
    /// The bytes that were signed and encrypted, behind the lines that bind them; wiped on drop.
    pub body: Zeroizing<Vec<u8>>,
    /// What opens this one message.
    pub session_key: SessionKey,
}

impl Messages {
    /// Reads with these keys, for this Party.
    #[must_use]
    pub fn new(
        own: PartyCode,
        keys: Arc<Keystore>,
        directory: Arc<CurrentDirectory>,
        payloads: Payloads,
    ) -> Self {
        Self {
            own,
            keys,
            directory,
            payloads,
            cache: Mutex::default(),
        }
    }

    /// Reads the message of a header that our ledger holds, ours or a peer's, recorded at that time. The
    /// sender's declarations are weighed already; what the case makes of it is the case's to say.
    ///
    /// # Errors
    /// The code of what is wrong with it, as consignment reports have it.
    pub fn read(&self, header: &Header, recorded_at: UnixMillis) -> Reading {
        let name = Name::of(header);
        let place = self.lock().place(&name);
        place
            .get_or_init(|| self.read_anew(&name, header, recorded_at))
            .clone()
    }

    /// Takes note of what we have just sealed, so that our own copy need not be opened for showing it: it
    /// is read from the very bytes that were sealed, as it would be from the copy.
    pub fn note_sealed(&self, binding: &Binding, payload: Commitment, body: &[u8]) {
        let mut cache = self.lock();
        for to in &binding.to {
            let name = Name::sealed(binding, to, payload);
            // Only what has a place is kept: see `Cache::keep_body`.
            cache.place(&name);
            cache.keep_body(&name, body);
        }
    }

    /// Keeps nothing in memory of what these payloads say `[ERASE]`.
    pub fn forget(&self, payloads: &BTreeSet<Commitment>) {
        self.lock().forget(payloads);
    }

    fn read_anew(&self, name: &Name, header: &Header, recorded_at: UnixMillis) -> Reading {
        let kept = self.lock().body(name);
        let body = match kept {
            Some(body) => body,
            None => {
                let original = self.original(header, recorded_at)?;
                self.lock().keep_body(name, &original.body);
                original.body
            }
        };
        let received = Message::read(&body).map_err(|error| code(&error))?;
        if !agrees(&received.message, header) {
            return Err("other-message");
        }
        let accepted = self.directory.current();
        let profile = accepted.profile(&header.from);
        Ok(Arc::new(received.weighed(profile, None)))
    }

    /// What was sealed under a header that our ledger holds, byte for byte, and what opens it. Kept nowhere.
    ///
    /// # Errors
    /// The code of what is wrong with it, as consignment reports have it.
    pub fn original(&self, header: &Header, recorded_at: UnixMillis) -> Result<Original, &'static str> {
        let accepted = self.directory.current();
        let office = if header.from.party() == self.own {
            &header.from
        } else {
            &header.to
        };
        let payload = self.payloads.load_blocking(&header.payload).ok_or("no-payload")?;
        let now = (accepted.certificates(&header.from), accepted.all_certificates());
        let known = self.keys.generation();
        let open = || self.open(office, header, recorded_at, now, &payload.bytes);
        let opened = match open() {
            // Sealed to a key that was made since the files were read, alone or beside an older one.
            Err(code) if is_about_our_keys(code) && self.has_more_keys_than(known) => open(),
            opened => opened,
        };
        match opened {
            // Whose certificate has left the directory could say then what it cannot say now.
            Err(code) if code != OpenError::NotForUs.code() => {
                let senders = self.directory.certificates_at(&header.from, recorded_at);
                let everybody = self.directory.all_certificates_at(recorded_at);
                let then = (senders.as_slice(), everybody.as_slice());
                self.open(office, header, recorded_at, then, &payload.bytes)
                    .map_err(|_| code)
            }
            opened => opened,
        }
    }

    /// Opens with whichever of the office's keys it was sealed to: the newest is not the first to be tried,
    /// since what was sealed before it came is the more.
    fn open(
        &self,
        office: &ContactPoint,
        header: &Header,
        recorded_at: UnixMillis,
        (senders, everybody): (&[Certificate], &[Certificate]),
        ciphertext: &[u8],
    ) -> Result<Original, &'static str> {
        // It may be sealed to keys of ours that our directory does not name yet.
        let mut others = everybody.to_vec();
        others.extend(self.keys.own_certificates());
        let mut failed = "no-key";
        for key in self.keys.openpgp_keys(office) {
            match open(header, recorded_at, &key, (senders, &others), ciphertext) {
                Err(code) if code == OpenError::NotForUs.code() => failed = code,
                opened => return opened,
            }
        }
        Err(failed)
    }

    /// Reads the key files again, and says whether there are more keys than there were, whoever read them.
    fn has_more_keys_than(&self, known: u64) -> bool {
        self.keys.refresh().is_ok() && self.keys.generation() != known
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether another key of ours could make it readable.
fn is_about_our_keys(code: &str) -> bool {
    [OpenError::NotForUs, OpenError::IntendedRecipient]
        .iter()
        .any(|error| error.code() == code)
}

/// A time as OpenPGP has it.
#[must_use]
pub fn system_time(at: UnixMillis) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(at.0)
}

/// A message's id, as the convention has it.
#[must_use]
pub fn convention_id(id: MessageId) -> Option<convention::message::MessageId> {
    convention::message::MessageId::from_bytes(*id.as_bytes()).ok()
}

/// A case's id, as the convention has it.
#[must_use]
pub fn convention_case(id: CaseId) -> Option<convention::message::CaseReference> {
    convention::message::CaseReference::from_bytes(*id.first_message().as_bytes()).ok()
}

/// A contact point, as the convention has it. Both have the same form.
#[must_use]
pub fn convention_office(office: &ContactPoint) -> Option<convention::party::ContactPoint> {
    office.to_string().parse().ok()
}

/// A time, as the convention has it; `None` after the year 9999.
#[must_use]
pub fn convention_instant(at: UnixMillis) -> Option<convention::time::Instant> {
    convention::time::Instant::from_unix_ms(i64::try_from(at.0).ok()?).ok()
}

fn open(
    header: &Header,
    recorded_at: UnixMillis,
    key: &UnlockedKey,
    (senders, everybody): (&[Certificate], &[Certificate]),
    ciphertext: &[u8],
) -> Result<Original, &'static str> {
    let binding = Binding {
        message: header.message,
        case: header.case,
        from: header.from.clone(),
        to: vec![header.to.clone()],
    };
    let received_at = system_time(recorded_at);
    let context = OpenContext {
        recipient: key,
        senders,
        co_recipients: everybody,
        binding: &binding,
        received_at,
        window: Window::between(system_time(header.sent_at), received_at),
    };
    let (opened, session_key) = seal::reveal(ciphertext, &context).map_err(|error| error.code())?;
    Ok(Original {
        body: opened.body,
        session_key,
    })
}

/// Whether the text inside says the same as the header outside. (Sender, recipients, message and case
/// are held against the header by `seal` as well, before anything is released.)
fn agrees(message: &Message, header: &Header) -> bool {
    let reply = message.in_reply_to().map(|reply| *reply.as_bytes());
    let sent_at_ms = u64::try_from(message.sent_at().as_unix_ms()).ok();
    message.id().as_bytes() == header.message.as_bytes()
        && message.case().as_bytes() == header.case.first_message().as_bytes()
        && reply == header.in_reply_to.map(|reply| *reply.as_bytes())
        && message.from().to_string() == header.from.to_string()
        && message
            .to()
            .iter()
            .any(|to| to.to_string() == header.to.to_string())
        && sent_at_ms == Some(header.sent_at.0)
}

fn code(error: &MessageError) -> &'static str {
    match error {
        MessageError::TooLong(_) => "message-too-long",
        MessageError::NotJson(_) => "message-not-json",
        MessageError::Shape(_) => "message-shape",
        MessageError::UnknownVersion(_) => "message-version",
        MessageError::UnknownKind(_) => "message-kind",
    }
}
