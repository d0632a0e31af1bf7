//! Deleting what the notices in the ledger say.
//!
//! Every part of it can be done again: after a crash it starts with the first notice behind the mark, and
//! finds what is left. Files of people's own words are overwritten before they are removed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use control::types::{SendRequest, Sent};
use protocol::digest::Commitment;
use protocol::entry::Entry;
use protocol::ids::{CaseId, MessageId, PartyCode};
use store::{AttachmentError, Reader};

use super::{CaseIds, Erasing, ErasureError, Parts, blocking};
use crate::cases::Case;
use crate::drafts::Drafts;
use crate::durable::{make_private_folder, without_sum, write_summed};
use crate::secret::read_public;

/// Where it is noted which notices are carried out, in the folder of orders.
const MARK_FILE: &str = "carried-out";

/// What notices doom.
#[derive(Debug, Default)]
struct Doomed {
    payloads: BTreeSet<Commitment>,
    /// The manifests, and of whom we have them, where they are not ours.
    manifests: BTreeMap<Commitment, Option<PartyCode>>,
    messages: BTreeSet<MessageId>,
    cases: CaseIds,
    /// The leaf behind the last notice.
    until: u64,
}

impl Erasing {
    /// How many orders wait for a second officer, and how many notices are not carried out yet: for the
    /// metrics. Reads no order. Blocks.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn waiting(&self) -> Result<(usize, usize), ErasureError> {
        let parts = &self.parts;
        let undone = parts.reader.erasures(mark(parts)?)?.len();
        Ok((self.orders.count()?, undone))
    }

    /// Carries out every notice that is not carried out yet.
    pub(super) async fn work_off(&self) -> Result<(), ErasureError> {
        loop {
            let parts = Arc::clone(&self.parts);
            let doomed = blocking(move || Doomed::since(&*parts.reader, mark(&parts)?)).await?;
            if doomed.until == 0 {
                return Ok(());
            }
            let doomed = Arc::new(doomed);
            self.delete(&doomed).await?;
            let (parts, until) = (Arc::clone(&self.parts), doomed.until);
            blocking(move || set_mark(&parts, until)).await?;
            self.done.send_replace(until);
            let (messages, files) = (doomed.messages.len(), doomed.manifests.len());
            tracing::info!(messages, files, until, "erased; nothing of it is left here");
        }
    }

    async fn delete(&self, doomed: &Arc<Doomed>) -> Result<(), ErasureError> {
        let forget = || {
            self.parts.cases.forget_folds();
            self.parts.messages.forget(&doomed.payloads);
        };
        forget();
        let mut under_way = false;
        for manifest in doomed.manifests.keys() {
            under_way |= self.parts.transfers.forget(manifest);
        }
        if under_way {
            return Err(ErasureError::Machine(
                "attachments that are to be erased are being fetched".to_owned(),
            ));
        }
        let (parts, gone) = (Arc::clone(&self.parts), Arc::clone(doomed));
        blocking(move || delete_files(&parts, &gone)).await?;
        let erased = self.parts.eraser.erase(doomed.payloads.clone()).await;
        erased.map_err(|error| ErasureError::Machine(error.to_string()))?;
        let (parts, gone) = (Arc::clone(&self.parts), Arc::clone(doomed));
        blocking(move || {
            let renewed = parts.cases.renew_index(&gone.cases);
            renewed.map_err(|error| ErasureError::Machine(error.to_string()))
        })
        .await?;
        // What somebody was reading when the notice came.
        forget();
        Ok(())
    }
}

impl Doomed {
    fn since(reader: &dyn Reader, mark: u64) -> Result<Self, ErasureError> {
        let mut doomed = Self::default();
        for notice in reader.erasures(mark)? {
            if let Entry::ErasureNotice { entries, .. } = entry(reader, notice)? {
                for index in entries {
                    doomed.add(entry(reader, index)?)?;
                }
            }
            doomed.until = notice + 1;
        }
        Ok(doomed)
    }

    fn add(&mut self, entry: Entry) -> Result<(), ErasureError> {
        let (header, is_ours) = match &entry {
            Entry::Submitted { header, .. } => (header, true),
            Entry::Received { header, .. } => (header, false),
            _ => return Ok(()),
        };
        let (header, _) = header
            .peek()
            .map_err(|error| ErasureError::Machine(error.to_string()))?;
        self.payloads.insert(header.payload);
        self.messages.insert(header.message);
        self.cases.insert(header.case);
        if let Some(manifest) = header.attachments {
            let from = (!is_ours).then(|| header.from.party());
            self.manifests.insert(manifest, from);
        }
        Ok(())
    }
}

fn entry(reader: &dyn Reader, index: u64) -> Result<Entry, ErasureError> {
    let leaf = reader.leaf(index)?;
    Entry::decode(&leaf).map_err(|error| ErasureError::Machine(format!("leaf {index}: {error}")))
}

/// Everything beside the store's payloads and the case index. Blocks.
fn delete_files(parts: &Parts, doomed: &Doomed) -> Result<(), ErasureError> {
    for (manifest, from) in &doomed.manifests {
        delete_attachments(parts, manifest, *from)?;
    }
    for message in &doomed.messages {
        parts.reviews.erase(*message)?;
        let erased = parts.attachments.staging.erase(*message);
        erased.map_err(|error| ErasureError::Machine(error.to_string()))?;
    }
    let is_doomed = |case: &str| {
        let id = case.split('@').next().unwrap_or_default();
        id.parse::<CaseId>().is_ok_and(|id| doomed.cases.contains(&id))
    };
    // Such a note says what the message has in common with other cases: the identifiers themselves.
    Drafts::new(&parts.node.drafts).erase_sent(|sent: &Sent| {
        is_doomed(&sent.case) || sent.related.iter().any(|related| is_doomed(&related.case))
    })?;
    Ok(())
}

/// The files first: without the manifest nobody knows which they are.
fn delete_attachments(
    parts: &Parts,
    manifest: &Commitment,
    from: Option<PartyCode>,
) -> Result<(), ErasureError> {
    let failed = |error: &dyn std::fmt::Display| ErasureError::Machine(error.to_string());
    let kept = &parts.attachments;
    let found = kept
        .manifests
        .manifest(manifest)
        .map_err(|error| failed(&error))?;
    for (_, attachment) in found.iter().flat_map(|manifest| manifest.attachments()) {
        let named = kept.manifests.with_attachment(attachment.id());
        let named = named.map_err(|error| failed(&error))?;
        // Another message has the very same sealed file: it stays for that one.
        if named.iter().any(|other| other != manifest) {
            continue;
        }
        kept.files.erase(attachment.id()).map_err(|error| match error {
            AttachmentError::InUse => ErasureError::Machine("an attachment is being fetched".to_owned()),
            error => failed(&error),
        })?;
    }
    if let Some(from) = from {
        kept.usage.give_back(from, manifest)?;
    }
    kept.manifests.remove(manifest).map_err(|error| failed(&error))
}

/// Throws away the drafts of a case that is to be erased, with the files that were sealed for them: they may
/// quote it. Before the notice, since afterwards nobody knows any more what numbers and words the case had.
/// Blocks.
pub(super) fn discard_drafts(parts: &Parts, case: &Case) -> Result<(), ErasureError> {
    let drafts = Drafts::new(&parts.node.drafts);
    let is_of_case = |request: &SendRequest| {
        let named = request.case.as_deref().map(|text| parts.cases.find(text));
        let reply = request.in_reply_to.as_deref().map(str::parse::<MessageId>);
        matches!(named, Some(Ok(found)) if (found.id, found.opener) == (case.id, case.opener))
            || matches!(reply, Some(Ok(message)) if case.key_of(message).is_some())
    };
    for kept in drafts.of_case(is_of_case)? {
        for name in kept
            .request
            .attachments
            .iter()
            .filter_map(|name| name.parse().ok())
        {
            let discarded = parts.attachments.staging.discard(name);
            discarded.map_err(|error| ErasureError::Machine(error.to_string()))?;
        }
        if let Ok(name) = kept.about.draft.parse() {
            drafts.discard(&name)?;
        }
    }
    Ok(())
}

/// All notices before this leaf are carried out.
fn mark(parts: &Parts) -> Result<u64, ErasureError> {
    let file = parts.node.erasures.join(MARK_FILE);
    if !file.exists() {
        return Ok(0);
    }
    let text = read_public(&file, 128).map_err(|error| ErasureError::Machine(error.to_string()))?;
    // One that cannot be read costs the work of doing it all again.
    let text = without_sum(&file, &text).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    Ok(text.trim().parse().unwrap_or(0))
}

fn set_mark(parts: &Parts, until: u64) -> Result<(), ErasureError> {
    make_private_folder(&parts.node.erasures)?;
    let file = parts.node.erasures.join(MARK_FILE);
    Ok(write_summed(&file, until.to_string().as_bytes())?)
}
