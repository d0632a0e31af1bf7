//! Sealing a message that may be sent: nothing is sealed before every rule and the policy have said yes.

use control::types::Review;
use convention::message::Message;
use protocol::digest::Salt;
use protocol::exchange::Oversight;
use protocol::ids::ContactPoint;
use protocol::payload::SealedPayload;
use protocol::time::UnixMillis;
use seal::limits::RECIPIENTS_MAX;
use seal::{Binding, Certificate};

use super::prepare::{self, Prepared};
use super::{Parts, SendError, Signers};
use crate::directory::Accepted;
use crate::four_eyes::Question;
use crate::limits::BREAK_GLASS_REASON_BYTES_MAX;
use crate::messages::system_time;
use crate::news::timestamp;

/// `[FOUR-EYES]` What the policy asks for, before anything is sealed.
pub(super) fn oversight(
    parts: &Parts,
    prepared: &mut Prepared,
    signers: &Signers,
    request: &super::Wish,
) -> Result<Oversight, SendError> {
    if request
        .break_glass
        .as_ref()
        .is_some_and(|reason| reason.len() > BREAK_GLASS_REASON_BYTES_MAX)
    {
        let what = format!("the reason for break-glass is over {BREAK_GLASS_REASON_BYTES_MAX} bytes");
        return Err(SendError::Malformed(what));
    }
    let oversight = parts.four_eyes.oversight(&Question {
        kind: prepared.message.kind(),
        priority: request.priority,
        approved_by: signers.approved_by,
        break_glass: request.break_glass.as_deref(),
    })?;
    if oversight == Oversight::NotNeeded && request.break_glass.is_some() {
        prepared.advice.push(control::types::Fault {
            rule: "FOUR-EYES".to_owned(),
            field: "break_glass".to_owned(),
            what: "a message of this kind needs no second officer here".to_owned(),
            mend: "it is sent as usual, and not marked for review".to_owned(),
            source: "policy of the node".to_owned(),
        });
    }
    Ok(oversight)
}

/// `[FOUR-EYES]` Keeps why a message could not wait, before it is recorded.
pub(super) fn open_review(
    parts: &Parts,
    prepared: &Prepared,
    signers: &Signers,
    reason: &str,
    now: UnixMillis,
) -> Result<(), SendError> {
    let review = Review {
        message: prepared.id.to_string(),
        case: prepared.case.to_string(),
        kind: prepared.message.kind().as_str().to_owned(),
        to: prepared.to.iter().map(ToString::to_string).collect(),
        officer: signers.author.name.clone(),
        reason: reason.trim().to_owned(),
        sent_at: timestamp(now),
    };
    let kept = parts.reviews.open(prepared.id, review);
    kept.map_err(|error| SendError::Machine(format!("the reason for break-glass cannot be kept: {error}")))
}

/// `[SEAL]` Signed by our contact point, readable by the recipients and by ourselves.
pub(super) fn seal(parts: &Parts, prepared: &Prepared, now: UnixMillis) -> Result<SealedPayload, SendError> {
    let accepted = parts.directory.current();
    let key = parts
        .keys
        .signing_key(&prepared.from, &accepted, now)
        .ok_or_else(|| {
            let from = &prepared.from;
            SendError::Malformed(format!(
                "{from} has no OpenPGP key here that the directory names now"
            ))
        })?;
    let recipients = usable(&accepted, &prepared.to, now)?;
    let binding = Binding {
        message: prepared.id,
        case: prepared.case,
        from: prepared.from.clone(),
        to: prepared.to.clone(),
    };
    let body = zeroize::Zeroizing::new(Message::to_json(&prepared.message));
    let sealed = seal::seal(&key, &recipients, &binding, &body, system_time(now))?;
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(|error| SendError::Machine(error.to_string()))?;
    let payload = SealedPayload {
        salt: Salt::from_bytes(salt),
        bytes: sealed.into(),
    };
    parts.messages.note_sealed(&binding, payload.commitment(), &body);
    Ok(payload)
}

/// Each recipient's certificates that can be sealed to now; each recipient must have one.
///
/// While a contact point changes its certificate it has two, and the message is sealed to both: whichever
/// of its keys a recipient's machine holds opens it. Where that would be more than a message may have, the
/// last one of each is taken, which the directory would not name if its Party did not hold it.
pub(super) fn usable(
    accepted: &Accepted,
    to: &[ContactPoint],
    now: UnixMillis,
) -> Result<Vec<Certificate>, SendError> {
    let mut usable = Vec::new();
    let mut last = Vec::new();
    for office in to {
        let before = usable.len();
        let all = accepted.certificates(office).iter();
        usable.extend(
            all.filter(|one| one.check_usable(system_time(now)).is_ok())
                .cloned(),
        );
        last.extend(usable[before..].last().cloned());
        if usable.len() == before {
            return Err(prepare::recipient_fault(
                &format!("{office} has no OpenPGP certificate that is valid now"),
                "ask its Party to renew it in the directory",
            ));
        }
    }
    if usable.len() > RECIPIENTS_MAX {
        return Ok(last);
    }
    Ok(usable)
}
