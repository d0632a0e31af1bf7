//! `ohrid node reload`: a running node reads its directory and keys again.

use control::types::Reloaded;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::random;
use crate::session::Session;
use crate::table;

pub(super) async fn run(session: &Session) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let reloaded = client.reload(&random::idempotency_key()?).await?;
    session.terminal.result(&reloaded, text);
    match reloaded.problem {
        None => Ok(()),
        Some(problem) => {
            let what = format!("not all could be used, and what was in use stays: {problem}");
            Err(Failure::new(Exit::Failed, "not_all_reloaded", what).mended_by("ohrid key list"))
        }
    }
}

fn text(reloaded: &Reloaded) -> String {
    table::properties(&[
        ("Directory", format!("version {}", reloaded.directory_version)),
        ("TLS key", reloaded.tls_pin.clone()),
        ("Envelope key", reloaded.envelope_key.clone()),
        ("Ledger key", reloaded.ledger_key.clone()),
    ])
}
