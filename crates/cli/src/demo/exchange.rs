//! The exchange itself: request, receipt, consignment, acknowledgement, report.

use control::types::{ConsignmentVerdict, InboxItem, RecipientStatus, Sent, Wait};
use tokio::time::{Instant, sleep};

use super::DemoReport;
use super::setup::Country;
use super::transcript::Transcript;
use crate::answer::answer;
use crate::exit::Exit;
use crate::failure::{Document, Failure};
use crate::limits::{DEMO_STEP_TIMEOUT, POLL_INTERVAL};
use crate::request::{Form, Route, advice_text, check_reached, parse_form, send};
use crate::session::Session;
use crate::{case, inbox, random, when};

/// To whom a request goes that names nobody.
const RECIPIENT: &str = "XB/police";

/// XA's request: checked, sealed, recorded, sent, receipted, opened. Returns the case.
pub(super) async fn request(
    session: &Session,
    xa: &Country,
    document: Document,
    transcript: &Transcript,
    report: &mut DemoReport,
) -> Result<String, Failure> {
    let form = parse_form(document)?;
    let sent = check_and_send(xa, &form, transcript).await?;
    report.message.clone_from(&sent.message);
    report.submitted_index = sent.leaf_indexes.first().copied().unwrap_or_default();

    transcript.step("XB's node gives a receipt, and XA verifies its proof");
    transcript.line(
        "XB wrote the message into its own ledger before it answered. Its receipt carries the proof: the \
         hashes from that leaf to the root of the tree, which XB has signed. XA has recomputed them.",
    );
    let recipient = reach(session, xa, &sent.message, Wait::Delivered).await?;
    let receipt = recipient.receipt.as_ref().filter(|receipt| receipt.verified);
    let receipt = receipt.ok_or_else(|| Failure::invalid("XA has no verified receipt"))?;
    report.received_index = receipt.index;
    transcript.values(&[
        ("Received", when::both(receipt.received_at, &when::local_zone())),
        ("Ledger", receipt.origin.clone()),
        (
            "Leaf",
            format!(
                "{}, in the tree of size {}: proof verified",
                receipt.index, receipt.tree_size
            ),
        ),
    ]);
    transcript.line("The proof (C2SP tlog-proof), for anybody to check:");
    transcript.line("");
    transcript.block(&xa.client.receipt(&sent.message, &recipient.to).await?.proof);

    transcript.step("XB's node opens it, and says that it can be read");
    let recipient = reach(session, xa, &sent.message, Wait::Consigned).await?;
    let verdict = recipient.consignment.map(|consignment| consignment.verdict);
    if verdict != Some(ConsignmentVerdict::Readable) {
        return Err(Failure::failed(format!(
            "XB cannot read the request: {verdict:?}"
        )));
    }
    transcript.line("So XA knows, without anybody's help, that the other side can read what it stored.");
    Ok(sent.case)
}

/// XB's acknowledgement and report.
pub(super) async fn answers(xb: &Country, case: &str, transcript: &Transcript) -> Result<(), Failure> {
    transcript.step("XB's officer sees it in the inbox, and acknowledges");
    let items = waiting_items(xb, case).await?;
    transcript.block(&inbox::text(&items, &when::local_zone()));
    transcript.line("");
    let sent = say(xb, &acknowledgement(case)).await?;
    transcript.line("A named person has taken charge: this is not the machine's receipt.");
    sent_values(&sent, transcript);

    transcript.step("XB reports that the data are preserved, for 90 days");
    let sent = say(xb, &preservation(case)).await?;
    transcript.line("At least 60 days (Article 29(7)); the domestic order has its own clock.");
    sent_values(&sent, transcript);
    Ok(())
}

/// Both views of the case.
pub(super) async fn cases(
    countries: &[Country],
    case: &str,
    transcript: &Transcript,
    report: &mut DemoReport,
) -> Result<(), Failure> {
    for country in countries {
        transcript.step(&format!("The case, as {} sees it", country.name));
        transcript.line("Computed from what was sent and received, never stored: so it always has a reason.");
        transcript.line("");
        let detail = country.client.case(case).await?;
        transcript.block(&case::detail_text(&detail, &when::local_zone()));
        report.states.push(detail.summary.state);
    }
    if report.states.iter().any(|state| state != "preserved") {
        return Err(Failure::failed(format!(
            "the case ended as {}",
            report.states.join(" and ")
        )));
    }
    Ok(())
}

async fn check_and_send(xa: &Country, form: &Form, transcript: &Transcript) -> Result<Sent, Failure> {
    let to = match form.draft.recipients().is_empty() {
        true => vec![RECIPIENT.to_owned()],
        false => Vec::new(),
    };
    let route = Route {
        to,
        ..Route::default()
    };
    transcript.step("XA's officer checks the request");
    transcript.line(format_args!(
        "{} holds what Article 29(2) asks for. Were something missing, every fault would be listed here, \
         each with its rule, and nothing would be sent.",
        form.document.name
    ));
    let checked = xa
        .client
        .check(&form.check_request(&route))
        .await
        .map_err(|error| form.blame(error))?;
    transcript.line("It keeps every rule.");
    transcript.block(&advice_text(&checked.advice));

    transcript.step("XA seals it, records it, and sends it");
    transcript.line(
        "Signed by XA's police, and encrypted so that XB's police and XA's own can read it and nobody \
         else; then written into XA's ledger and onto the disk; only then does a packet leave.",
    );
    let sent = send(
        &xa.client,
        &form.send_request(&route),
        &random::idempotency_key()?,
    )
    .await
    .map_err(|failure| form.blame(failure))?;
    sent_values(&sent, transcript);
    Ok(sent)
}

fn sent_values(sent: &Sent, transcript: &Transcript) {
    let leaves: Vec<String> = sent.leaf_indexes.iter().map(ToString::to_string).collect();
    transcript.values(&[
        ("Message", sent.message.clone()),
        ("To", sent.to.join(" ")),
        (
            "Recorded",
            format!("leaf {} of the sender's ledger", leaves.join(", ")),
        ),
        ("At", when::both(sent.recorded_at, &when::local_zone())),
    ]);
}

/// What the officer types after `ohrid answer`.
fn acknowledgement(case: &str) -> [&str; 10] {
    [
        "acknowledge",
        case,
        "--role",
        "24/7 contact point",
        "--reference",
        "XB-PRES-2026-0042",
        "--next-steps",
        "The prosecutor on duty is asked for an order to both providers; we report when it is served.",
        "--expected",
        "+1d",
    ]
}

/// The same for the report.
fn preservation(case: &str) -> [&str; 24] {
    [
        "preserve",
        case,
        "--role",
        "24/7 contact point",
        "--reference",
        "XB-PRES-2026-0042",
        "--scope",
        "The image of the virtual server, its connection records, the web server's logs, and the mailbox.",
        "--category",
        "subscriber",
        "--category",
        "traffic",
        "--category",
        "content",
        "--custodian",
        "Example Hosting Ltd; Example Mail Ltd",
        "--until",
        "+90d",
        "--order-reference",
        "PO 42/2026",
        "--order-authority",
        "Prosecutor on duty, capital of XB",
        "--order-until",
        "+90d",
    ]
}

/// Sends an answer, and waits until the other side has opened it: then both see the case alike.
async fn say(country: &Country, line: &[&str]) -> Result<Sent, Failure> {
    let sent = answer(&country.client, line, &country.officer).await?;
    let status = country
        .client
        .wait_for(&sent.message, Wait::Consigned, DEMO_STEP_TIMEOUT)
        .await?;
    check_reached(&status, Wait::Consigned)?;
    Ok(sent)
}

async fn reach(
    session: &Session,
    country: &Country,
    message: &str,
    wait: Wait,
) -> Result<RecipientStatus, Failure> {
    let status = {
        let _waiting = session
            .terminal
            .waiting(&format!("waiting until it is {}", wait.as_str()));
        country.client.wait_for(message, wait, DEMO_STEP_TIMEOUT).await?
    };
    check_reached(&status, wait)?;
    let recipient = status.to.into_iter().next();
    recipient.ok_or_else(|| Failure::failed("the node names no recipient of the message"))
}

/// The inbox, once the request is in it: opening takes a moment longer than recording.
async fn waiting_items(country: &Country, case: &str) -> Result<Vec<InboxItem>, Failure> {
    let end = Instant::now() + DEMO_STEP_TIMEOUT;
    loop {
        let items = country.client.inbox().await?;
        if items.iter().any(|item| item.case == case && item.needs_action) {
            return Ok(items);
        }
        if Instant::now() >= end {
            let what = format!("the request does not show in the inbox of {}", country.name);
            return Err(Failure::new(Exit::Temporary, "not_reached", what));
        }
        sleep(POLL_INTERVAL).await;
    }
}
