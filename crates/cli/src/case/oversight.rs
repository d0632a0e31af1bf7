//! What is said of a message's approval `[FOUR-EYES]`.

use control::types::CaseMessage;

/// Who approved it, and that it was sent alone, where it was.
pub(super) fn lines(message: &CaseMessage) -> Vec<String> {
    let mut lines = Vec::new();
    let name = |officer: &Option<String>, actor: &String| {
        officer
            .clone()
            .unwrap_or_else(|| format!("officer number {actor}"))
    };
    if let Some(alone) = &message.sent_alone {
        let by = name(&alone.officer, &alone.actor);
        lines.push(if alone.reviewed {
            format!("sent alone by {by} in an emergency, and reviewed since")
        } else {
            format!(
                "SENT ALONE by {by}, not reviewed yet: ohrid request approve {}",
                message.message
            )
        });
    }
    for approval in &message.approvals {
        lines.push(format!(
            "approved by {}",
            name(&approval.officer, &approval.actor)
        ));
    }
    lines
}
