//! `VERIFY.md` and `verify.py`: how to check a bundle with tools that everybody has.
//!
//! The commands name files of this very bundle, so that they can be run as they stand; a scenario does.

use ledger::note::Note;
use protocol::bundle::{Bundle, Message};

use crate::news::utc;

/// The program that checks a bundle.
pub(super) const PROGRAM: &str = include_str!("verify.py");

const GUIDE: &str = include_str!("verify.md");
const GUIDE_SEALED: &str = include_str!("verify-sealed.md");
const GUIDE_OPEN: &str = include_str!("verify-open.md");

/// What the guide says of the last log.
pub(super) struct Head {
    /// The log's verifier key, which has signed the checkpoint.
    pub(super) verifier_key: String,
}

impl Head {
    /// The key of the log that has signed a note: the one whose id stands in the first signature.
    pub(super) fn of(note: &str, keys: &[&ledger::note::VerifierKey]) -> Self {
        let note = Note::parse(note.as_bytes()).ok();
        let first = note.as_ref().and_then(|note| note.signatures().first());
        let key = first.and_then(|line| keys.iter().find(|key| key.key_id() == line.key_id));
        Self {
            verifier_key: key.map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// The text of `VERIFY.md`.
pub(super) fn guide(bundle: &Bundle, head: &Head) -> String {
    let keys = bundle.secretariat.keys.iter();
    let listed: Vec<String> = keys.clone().map(|key| format!("    {key}")).collect();
    let arguments: Vec<String> = keys.map(|key| format!("--secretariat {key}")).collect();
    let mut text = GUIDE.to_owned();
    let mut put = |name: &str, value: &str| text = text.replace(&format!("{{{{{name}}}}}"), value);
    put("sealed", &sealed(&bundle.messages));
    put("node", &bundle.made_by.node);
    put("party", bundle.made_by.party.as_str());
    put("reference", &bundle.case.reference);
    put("state", &utc(bundle.state_at_ms));
    put("secretariat", &listed.join("\n"));
    put("secretariat-arguments", &arguments.join(" "));
    put("vkey", &head.verifier_key);
    if let (Some(log), Some(leaf)) = (bundle.logs.last(), bundle.leaves.last()) {
        put("origin", &log.origin);
        put("checkpoint", log.checkpoint.as_str());
        put("index", &leaf.index.to_string());
        put("leaf", leaf.file.as_str());
        put("proof", leaf.proof.as_str());
    }
    text
}

/// How to check a sealed original, for the first that there is.
fn sealed(messages: &[Message]) -> String {
    for (number, message) in (1_u32..).zip(messages) {
        let (Some(sealed), Some(salt)) = (&message.sealed, &message.salt) else {
            continue;
        };
        let mut text = GUIDE_SEALED.to_owned();
        if let (Some(content), Some(key)) = (&message.content, &message.session_key) {
            text.push_str(GUIDE_OPEN);
            text = text.replace("{{content}}", content.as_str());
            text = text.replace("{{session-key}}", key.as_str());
        }
        return text
            .replace("{{number}}", &number.to_string())
            .replace("{{commitment}}", &message.commitment.to_string())
            .replace("{{sealed-file}}", sealed.as_str())
            .replace("{{salt}}", salt.as_str());
    }
    "There is no sealed original in this bundle.\n".to_owned()
}
