//! Files and their message: sealed for exactly its recipients before it is sent, and sent with it
//! `[TRANSFER]`.
//!
//! Four eyes and conditions hold for files as they do for the message `[FOUR-EYES]` `[C26-2]`: sealing one
//! changes nothing but this node's disk, and a manifest is kept for peers to ask for only once nothing speaks
//! against the message any more.

use std::io::Read;
use std::sync::Arc;

use control::headers::IdempotencyKey;
use control::types::{CheckRequest, Fault, SendRequest, Sent, UploadQuery};
use protocol::attachment::{FileName, Manifest, MediaType};
use protocol::digest::{Commitment, Salt};
use protocol::ids::{ContactPoint, MessageId};
use protocol::time::UnixMillis;
use seal::Certificate;
use serde_json::Value;

use super::prepare::{self, Prepared};
use super::{Parts, SendError, Sending, blocking, fresh_random, recorded, sealing};
use crate::attachments::staging::{
    Claim, ForMessage, Route, Staged, StagingError, Upload, Wanted, WantedRoute,
};
use crate::attachments::{AttachmentName, disagreements};
use crate::officers::Acting;

/// What a file is taken for where nobody says.
const MEDIA_TYPE_DEFAULT: &str = "application/octet-stream";

/// A file that may be sealed now.
pub struct Attaching {
    parts: Arc<Parts>,
    upload: Upload,
    recipients: Vec<Certificate>,
    at: UnixMillis,
}

/// What comes of asking for a place for a file.
pub enum Begun {
    /// Seal it.
    New(Box<Attaching>),
    /// The same upload came before.
    Before(Box<Staged>),
}

impl Sending {
    /// Settles where a file goes, and keeps a place for it. Nothing is read yet.
    ///
    /// # Errors
    /// What speaks against it.
    pub async fn attach(
        &self,
        query: UploadQuery,
        officer: &Acting,
        key: &IdempotencyKey,
    ) -> Result<Begun, SendError> {
        let parts = Arc::clone(&self.parts);
        let (officer, key) = (officer.name.clone(), key.as_str().to_owned());
        blocking(move || begin(parts, &query, officer, key)).await
    }
}

impl Attaching {
    /// Seals all that `source` gives. Blocks.
    ///
    /// # Errors
    /// See [`Upload::seal`]; nothing is left of the file then.
    pub fn seal(self, source: impl Read + Send) -> Result<Staged, SendError> {
        let from = self.upload.route().from.clone();
        let accepted = self.parts.directory.current();
        let key = self.parts.keys.signing_key(&from, &accepted, self.at);
        let key = key.ok_or_else(|| no_key(&from))?;
        let sealing = crate::attachments::staging::Sealing {
            key: &key,
            recipients: &self.recipients,
            at: self.at,
        };
        Ok(self.upload.seal(&sealing, source)?)
    }
}

fn begin(parts: Arc<Parts>, query: &UploadQuery, officer: String, key: String) -> Result<Begun, SendError> {
    let name: FileName = query.name.parse().map_err(malformed)?;
    let media_type = query.media_type.as_deref().unwrap_or(MEDIA_TYPE_DEFAULT);
    let media_type: MediaType = media_type.parse().map_err(malformed)?;
    if let Some(before) = parts.attachments.staging.uploaded_before(&key) {
        let is_same = before.attachment.name() == &name
            && query
                .size_bytes
                .is_none_or(|size| size == before.attachment.plaintext_length_bytes());
        return match is_same {
            true => Ok(Begun::Before(Box::new(before))),
            false => Err(SendError::KeyReused),
        };
    }
    let at = parts.clock.now();
    let (message, route) = addressed(&parts, query, at)?;
    let recipients = sealing::usable(&parts.directory.current(), &route.to, at)?;
    let upload = parts.attachments.staging.begin(Wanted {
        message,
        route,
        name,
        media_type,
        expected_bytes: query.size_bytes.unwrap_or(0),
        officer,
        key,
    })?;
    Ok(Begun::New(Box::new(Attaching {
        parts,
        upload,
        recipients,
        at,
    })))
}

/// Where a file goes: as its message would, or as the earlier files of its message do.
fn addressed(
    parts: &Parts,
    query: &UploadQuery,
    now: UnixMillis,
) -> Result<(ForMessage, WantedRoute), SendError> {
    let message = match &query.message {
        Some(text) => ForMessage::Known(text.parse().map_err(malformed)?),
        None => ForMessage::New(MessageId::from_parts(now.0, fresh_random()?)),
    };
    if let (ForMessage::Known(message), None, None, None) = (message, &query.from, &query.to, &query.case) {
        let known = parts
            .attachments
            .staging
            .route_of(message)
            .ok_or(StagingError::UnknownMessage(message))?;
        let route = WantedRoute {
            case: Some(known.case),
            from: known.from,
            to: known.to,
        };
        return Ok((ForMessage::Known(message), route));
    }
    let named = query.to.iter().flat_map(|to| to.split(',')).map(str::trim);
    let request = CheckRequest {
        from: query.from.clone(),
        to: named.filter(|to| !to.is_empty()).map(str::to_owned).collect(),
        case: query.case.clone(),
        in_reply_to: None,
        draft: Value::Null,
        attachments: Vec::new(),
    };
    let case = prepare::case(parts, &request)?;
    let from = prepare::sender(parts, &request, case.as_deref())?;
    let mut to = prepare::recipients(&request.to)?;
    if let (true, Some(case)) = (to.is_empty(), &case) {
        to = case.other_side(from.party());
    }
    if to.is_empty() {
        let what = "say whom the file is for: the contact points (to), or the case of the answer (case)";
        return Err(SendError::Malformed(what.to_owned()));
    }
    let case = match (case, message) {
        (Some(case), _) => Some(case.id),
        // What opens a case belongs to the one that its message opens.
        (None, ForMessage::Known(message)) => Some(protocol::ids::CaseId::opened_by(message)),
        (None, ForMessage::New(_)) => None,
    };
    Ok((message, WantedRoute { case, from, to }))
}

/// The files that a message is to be sent with, if any.
pub(super) fn claim(parts: &Parts, names: &[String], now: UnixMillis) -> Result<Option<Claim>, SendError> {
    let names: Result<Vec<AttachmentName>, _> = names.iter().map(|name| name.parse()).collect();
    Ok(parts.attachments.staging.claim(&names.map_err(malformed)?, now)?)
}

/// Whether a message fits the files that are to go with it: sealed for exactly its recipients, in its case,
/// and those that it lists `[C31]`.
pub(super) fn check(claim: Option<&Claim>, prepared: &mut Prepared) -> Result<(), SendError> {
    let Some(claim) = claim else {
        prepared.advice.extend(unattached(prepared));
        return Ok(());
    };
    let route = Route {
        case: prepared.case,
        from: prepared.from.clone(),
        to: prepared.to.clone(),
    };
    if !claim.route().is_same(&route) {
        return Err(StagingError::OtherRoute {
            sealed_for: claim.route().to_string(),
            wanted: route.to_string(),
        }
        .into());
    }
    let manifest = manifest(claim)?;
    let faults = disagreements(&prepared.message, &manifest);
    match faults.is_empty() {
        true => Ok(()),
        false => Err(SendError::Faults(faults.iter().map(prepare::fault).collect())),
    }
}

/// Files that are listed and do not travel are worth a word: data may go by courier, or were forgotten.
fn unattached(prepared: &Prepared) -> Option<Fault> {
    use convention::message::Body;
    use convention::rule::Rule;
    let Body::Disclosure(_) = prepared.message.body() else {
        return None;
    };
    Some(Fault {
        rule: Rule::C31.name().to_owned(),
        field: "attachments".to_owned(),
        what: "the files are listed and not attached".to_owned(),
        mend: "attach them, or hand them over by another way".to_owned(),
        source: Rule::C31.source().to_owned(),
    })
}

/// Keeps the manifest, durably, and says what the header commits to. From here on the message goes out, or
/// the machine has failed. Blocks.
pub(super) fn commit(
    parts: &Parts,
    claim: Option<&Claim>,
    key: &IdempotencyKey,
) -> Result<Option<Commitment>, SendError> {
    let Some(claim) = claim else { return Ok(None) };
    let bytes = manifest(claim)?.encode();
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(|error| SendError::Machine(error.to_string()))?;
    let salt = Salt::from_bytes(salt);
    let commitment = Manifest::commitment(&salt, &bytes);
    claim.note_sending(key.as_str())?;
    parts
        .attachments
        .manifests
        .put(&commitment, &salt, &bytes)
        .map_err(|error| SendError::Machine(error.to_string()))?;
    Ok(Some(commitment))
}

/// `[IDEMPOTENT]` What became of a request with attachments in an earlier process: their message has the id
/// that stands in them. Blocks.
pub(super) fn recorded_earlier(
    parts: &Parts,
    key: &IdempotencyKey,
    request: &SendRequest,
) -> Result<Option<Sent>, SendError> {
    let Some(first) = request.attachments.first() else {
        return Ok(None);
    };
    let name: AttachmentName = first.parse().map_err(malformed)?;
    let staging = &parts.attachments.staging;
    if let Some(message) = staging.sent_under(key.as_str())?
        && let Some(sent) = recorded(parts, message)?
    {
        return Ok(Some(sent));
    }
    match recorded(parts, name.message)? {
        Some(_) => Err(StagingError::Sent(name.message).into()),
        None => Ok(None),
    }
}

fn manifest(claim: &Claim) -> Result<Manifest, SendError> {
    claim.manifest().map_err(malformed)
}

fn malformed(error: impl std::fmt::Display) -> SendError {
    SendError::Malformed(error.to_string())
}

fn no_key(from: &ContactPoint) -> SendError {
    SendError::Malformed(format!(
        "{from} has no OpenPGP key here that the directory names now"
    ))
}
