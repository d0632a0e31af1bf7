//! Whether the files that come with a message are those that it lists.
//!
//! A disclosure lists what is disclosed, file by file, under the contact point's signature, so that it can be
//! checked `[C31]`; the manifest, to which the node commits, says what really travels. They must agree in
//! name, size and SHA-256, each way. A message of another kind lists nothing, and its manifest speaks alone.

use convention::message::{Body, Message};
use convention::rule::{Fault, Rule};
use protocol::attachment::Manifest;

/// What a message lists and does not come with, or the other way round; empty where they agree.
#[must_use]
pub fn disagreements(message: &Message, manifest: &Manifest) -> Vec<Fault> {
    let Body::Disclosure(disclosure) = message.body() else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for (place, listed) in disclosure.attachments.iter().enumerate() {
        let mut come = manifest.attachments().map(|(_, attachment)| attachment);
        let Some(attachment) = come.find(|one| one.name().as_str() == listed.name.as_str()) else {
            let what = "lists a file that does not come with the message";
            faults.push(fault(&format!("attachments[{place}].name"), what));
            continue;
        };
        if listed
            .size_bytes
            .is_some_and(|size| size.0 != attachment.plaintext_length_bytes())
        {
            let what = "is not the size of the file that comes with the message";
            faults.push(fault(&format!("attachments[{place}].size_bytes"), what));
        }
        if listed
            .sha256
            .is_some_and(|sha256| sha256.as_bytes() != attachment.plaintext().as_bytes())
        {
            let what = "is not the SHA-256 of the file that comes with the message";
            faults.push(fault(&format!("attachments[{place}].sha256"), what));
        }
    }
    let is_listed = |name: &str| disclosure.attachments.iter().any(|one| one.name.as_str() == name);
    for (label, attachment) in manifest.attachments() {
        if !is_listed(attachment.name().as_str()) {
            let what = format!("does not list the file that comes as number {}", label.number);
            faults.push(fault("attachments", &what));
        }
    }
    faults
}

fn fault(field: &str, what: &str) -> Fault {
    Fault {
        rule: Rule::C31,
        field: field.to_owned(),
        what: what.to_owned(),
        mend: "list exactly the files that are attached, with their names, sizes and SHA-256".to_owned(),
    }
}
