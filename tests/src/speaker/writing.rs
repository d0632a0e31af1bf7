//! What a speaker writes: envelopes, and receipts out of a small ledger of its own.

use anyhow::{Context, Result};
use ledger::hash::leaf_hash;
use ledger::note::NoteSigner;
use ledger::tree::{Batch, Edge};
use protocol::digest::Salt;
use protocol::entry::Entry;
use protocol::envelope::{Header, Priority, SignedHeader};
use protocol::frame::Frame;
use protocol::ids::{CaseId, ContactPoint, MessageId};
use protocol::key::EnvelopeKey;
use protocol::payload::SealedPayload;
use protocol::receipt::{SignedCheckpoint, SignedReceipt};
use protocol::time::UnixMillis;
use protocol::verifier::ledger_signer;

use super::{Line, Persona, now, send};

/// How long the envelopes of a speaker are good for.
const LIFETIME: std::time::Duration = std::time::Duration::from_secs(3_600);

impl Persona {
    /// The contact point that every Party of the test network has.
    ///
    /// # Errors
    /// Never for a Party that there is.
    pub fn office(&self) -> Result<ContactPoint> {
        Ok(ContactPoint::new(self.party, "police")?)
    }

    /// A header that is right in all it says, for a payload that need not be a sealed message: a node
    /// cannot tell before it opens it. A test changes what it wants to be wrong, and signs it.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn header(&self, to: &ContactPoint, payload: &SealedPayload) -> Result<Header> {
        let sent_at = now();
        let message = MessageId::from_parts(sent_at.0, random()?);
        Ok(Header {
            message,
            case: CaseId::opened_by(message),
            in_reply_to: None,
            from: self.office()?,
            to: to.clone(),
            sent_at,
            expires_at: sent_at.plus(LIFETIME),
            priority: Priority::Routine,
            payload: payload.commitment(),
            payload_length_bytes: payload.bytes.len() as u64,
            attachments: None,
            sender_checkpoint: None,
        })
    }

    /// The frame of an envelope with this header, signed by this persona.
    #[must_use]
    pub fn envelope(&self, header: &Header, payload: SealedPayload) -> Frame {
        Frame::Envelope {
            header: SignedHeader::sign(header, &self.envelope_key()),
            payload,
        }
    }

    /// A ledger of this Party's that has no leaf yet.
    ///
    /// # Errors
    /// When the directory names none.
    pub fn ledger(&self) -> Result<Ledger> {
        let record = self.directory.party(self.party).context("the Party's record")?;
        let key = record.ledger_keys.last().context("a ledger key")?;
        Ok(Ledger {
            edge: Edge::new(),
            signer: ledger_signer(key.value.name(), &self.ledger_seed)?,
            envelope_key: self.envelope_key(),
        })
    }
}

/// A payload of so many bytes that nobody can open.
///
/// # Errors
/// When the system has no random bytes.
pub fn rubbish(length_bytes: usize) -> Result<SealedPayload> {
    let mut bytes = vec![0; length_bytes];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
    Ok(SealedPayload {
        salt: Salt::from_bytes(random()?),
        bytes: bytes.into(),
    })
}

/// The ledger of a recipient that keeps nothing but its edge.
pub struct Ledger {
    edge: Edge,
    signer: NoteSigner,
    envelope_key: EnvelopeKey,
}

impl Ledger {
    /// Records an envelope, and issues the receipt for it.
    ///
    /// # Errors
    /// When the header is none.
    pub fn record(&mut self, header: &SignedHeader) -> Result<SignedReceipt> {
        let (received_at, batch) = self.append(header);
        let checkpoint = SignedCheckpoint::sign(batch.size_after(), batch.root_after(), &self.signer);
        self.issue(header, received_at, &batch, &checkpoint)
    }

    /// Records it, and issues a receipt in which all is signed, but the proof does not lead from the leaf to
    /// the checkpoint.
    ///
    /// # Errors
    /// When the header is none.
    pub fn record_falsely(&mut self, header: &SignedHeader) -> Result<SignedReceipt> {
        let (received_at, batch) = self.append(header);
        let other_root = leaf_hash(b"another leaf");
        let checkpoint = SignedCheckpoint::sign(batch.size_after(), other_root, &self.signer);
        self.issue(header, received_at, &batch, &checkpoint)
    }

    fn append(&mut self, header: &SignedHeader) -> (UnixMillis, Batch) {
        let at = now();
        let leaf = Entry::Received {
            at,
            header: header.clone(),
            commit_size: self.edge.size() + 1,
        };
        let batch = Batch::new(&self.edge, vec![leaf_hash(&leaf.encode())]);
        self.edge = batch.edge_after().clone();
        (at, batch)
    }

    fn issue(
        &self,
        header: &SignedHeader,
        received_at: UnixMillis,
        batch: &Batch,
        checkpoint: &SignedCheckpoint,
    ) -> Result<SignedReceipt> {
        let inclusion = batch.prove_inclusion(batch.first_index());
        let inclusion = inclusion.context("a proof of the leaf")?;
        let key = &self.envelope_key;
        Ok(SignedReceipt::issue(
            header,
            received_at,
            inclusion,
            checkpoint,
            key,
        )?)
    }
}

impl Line {
    /// Answers every request as a good peer would, until the connection ends.
    ///
    /// # Errors
    /// When what is recorded cannot be receipted.
    pub async fn answer_well(&self, ledger: &mut Ledger) -> Result<()> {
        while let Ok((sending, mut receiving)) = self.connection.accept_bi().await {
            // A request that the node has given up meanwhile is no reason to leave the others unanswered.
            let Ok(frame) = super::read_frame(&mut receiving).await else {
                continue;
            };
            let answer = match frame {
                Frame::Envelope { header, .. } => Frame::Receipt(ledger.record(&header)?),
                Frame::Consignment(report) => Frame::Recorded(report.digest()),
                Frame::Ping(number) => Frame::Pong(number),
                _ => Frame::Unsupported,
            };
            let _ = send(sending, &answer.encode()).await;
        }
        Ok(())
    }
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("random bytes: {error}"))?;
    Ok(bytes)
}
