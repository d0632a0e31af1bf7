//! `ohrid attachment add`: files for a message that is sent later.

use control::types::StagedAttachment;

use super::{AddArguments, Attaching};
use crate::failure::Failure;
use crate::random;
use crate::session::Session;
use crate::{table, when};

pub(super) async fn run(session: &Session, arguments: &AddArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let mut attaching = Attaching {
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        case: arguments.case.clone(),
        message: arguments.message.clone(),
        media_type: arguments.media_type.clone(),
    };
    let mut staged = Vec::new();
    for path in &arguments.files {
        let key = random::idempotency_key()?;
        match attaching.upload(&client, &session.terminal, path, &key).await {
            Ok(one) => staged.push(one),
            Err(mut failure) => {
                if let Some(one) = staged.last() {
                    let StagedAttachment { message, .. } = one;
                    let mend = format!(
                        "{} of {} files are sealed; go on: ohrid attachment add --message {message} FILE",
                        staged.len(),
                        arguments.files.len()
                    );
                    failure.mend.get_or_insert(mend);
                }
                return Err(failure);
            }
        }
    }
    session.terminal.result(&staged, |staged| text(staged));
    let names: Vec<String> = staged
        .iter()
        .map(|one| format!("--attached {}", one.attachment))
        .collect();
    let case = staged.first().and_then(|one| one.case.clone());
    match case {
        Some(case) => session.next(format_args!("ohrid answer disclose {case} {}", names.join(" "))),
        None => session.next(format_args!("ohrid request send FILE {}", names.join(" "))),
    }
    Ok(())
}

fn text(staged: &[StagedAttachment]) -> String {
    let zone = when::local_zone();
    let one = |one: &StagedAttachment| {
        table::properties(&[
            ("Attachment", one.attachment.clone()),
            ("File", table::printable(&one.name)),
            ("Size", table::size(one.size_bytes)),
            ("SHA-256", one.sha256.clone()),
            ("Sealed for", one.to.join(" ")),
            ("To be sent until", when::both(one.usable_until, &zone)),
        ])
    };
    staged.iter().map(one).collect::<Vec<_>>().join("\n")
}
