//! `ohrid demo --countries N`: a network on one machine, in one go.
//!
//! All nodes are connected to all others. Every country asks its neighbour, one asks several at once, one
//! asks in an emergency, one goes away and comes back; and at the end every ledger is exported and
//! verified, and must say what was sent and nothing else.

mod figures;

use std::path::Path;
use std::time::Duration;

use control::client::Client;
use control::types::{Priority, SendRequest, Wait};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::DemoReport;
use super::process::Programs;
use super::setup::{self, Country, Seat};
use super::transcript::Transcript;
use crate::exit::Exit;
use crate::failure::{Document, Failure};
use crate::limits::{DEMO_STEP_TIMEOUT, POLL_INTERVAL};
use crate::random;
use crate::request::{Form, Route, check_reached, parse_form, send};
use crate::session::Session;

pub(super) use figures::CountryReport;

/// One message, from a country to one or several.
struct Errand {
    from: usize,
    to: Vec<usize>,
    priority: Priority,
}

/// The steps, in order. The nodes that run at the end are handed back.
pub(super) async fn show(
    session: &Session,
    programs: &Programs,
    request: Document,
    dir: &Path,
    seats: &[Seat],
    transcript: &Transcript,
    report: &mut DemoReport,
) -> Result<Vec<Country>, Failure> {
    transcript.network_title(seats.len());
    figures::enough_memory(seats.len())?;
    let form = parse_form(request)?;
    setup::keys_and_directory(session, dir, seats, transcript).await?;
    transcript.step(&format!("{} nodes start", seats.len()));
    let mut countries = setup::start(session, dir, seats, programs, transcript).await?;
    everybody_meets(session, &countries, transcript).await?;
    neighbours(session, &countries, &form, transcript, report).await?;
    several(session, &countries, &form, transcript).await?;
    emergency(session, &countries, &form, transcript).await?;
    away_and_back(session, programs, dir, seats, &mut countries, &form, transcript).await?;
    figures::ledgers(session, programs, dir, &countries, transcript, report).await?;
    Ok(countries)
}

/// Waits until every node has a connection to every other.
async fn everybody_meets(
    session: &Session,
    countries: &[Country],
    transcript: &Transcript,
) -> Result<(), Failure> {
    transcript.step("Everybody connects to everybody");
    let begun = Instant::now();
    let waiting = session.terminal.counting("connecting", countries.len() as u64);
    for country in countries {
        connected(country, begun).await?;
        waiting.step();
    }
    drop(waiting);
    let pairs = countries.len() * countries.len().saturating_sub(1) / 2;
    transcript.line(format_args!(
        "{pairs} connections, one for each pair, stand after {}. Where two dialled each other at once, one \
         connection was kept.",
        shown(begun.elapsed())
    ));
    Ok(())
}

async fn connected(country: &Country, begun: Instant) -> Result<(), Failure> {
    loop {
        let status = country.client.status().await?;
        let missing = status.peers.iter().find(|peer| !peer.connected);
        let Some(missing) = missing else {
            return Ok(());
        };
        if begun.elapsed() > DEMO_STEP_TIMEOUT {
            let what = format!("{} has no connection to {}", country.name, missing.party);
            return Err(Failure::new(Exit::Temporary, "not_reached", what));
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// Each asks the next one, all at the same time.
async fn neighbours(
    session: &Session,
    countries: &[Country],
    form: &Form,
    transcript: &Transcript,
    report: &mut DemoReport,
) -> Result<(), Failure> {
    transcript.step("Every country asks its neighbour to preserve data, all at once");
    let errands = (0..countries.len()).map(|from| Errand {
        from,
        to: vec![(from + 1) % countries.len()],
        priority: Priority::Routine,
    });
    let took = run_errands(session, countries, form, errands.collect(), report).await?;
    transcript.line(format_args!(
        "{} requests, each checked, sealed for its recipient, recorded, sent, receipted with a proof that \
         the sender verified, and opened on the other side. The last was opened {} after all were handed in.",
        countries.len(),
        shown(took)
    ));
    Ok(())
}

/// One asks all others at the same time.
async fn several(
    session: &Session,
    countries: &[Country],
    form: &Form,
    transcript: &Transcript,
) -> Result<(), Failure> {
    let [first, others @ ..] = countries else {
        return Ok(());
    };
    transcript.step(&format!("{} asks several at once", first.name));
    let to: Vec<usize> = (1..countries.len()).take(RECIPIENTS).collect();
    let names: Vec<String> = others
        .iter()
        .take(RECIPIENTS)
        .map(|country| country.name.clone())
        .collect();
    let errand = Errand {
        from: 0,
        to,
        priority: Priority::Urgent,
    };
    let mut report = DemoReport::default();
    let took = run_errands(session, countries, form, vec![errand], &mut report).await?;
    transcript.line(format_args!(
        "One urgent request to {}: sealed once, readable by each of them, with a receipt from each. All had \
         opened it after {}.",
        setup::in_words(&names),
        shown(took)
    ));
    Ok(())
}

/// How many one message goes to, at most.
const RECIPIENTS: usize = 8;

/// Life is at risk.
async fn emergency(
    session: &Session,
    countries: &[Country],
    form: &Form,
    transcript: &Transcript,
) -> Result<(), Failure> {
    let (Some(from), Some(to)) = (countries.get(1), countries.last()) else {
        return Ok(());
    };
    transcript.step(&format!("An emergency, from {} to {}", from.name, to.name));
    let errand = Errand {
        from: 1,
        to: vec![countries.len() - 1],
        priority: Priority::Emergency,
    };
    let mut report = DemoReport::default();
    let took = run_errands(session, countries, form, vec![errand], &mut report).await?;
    transcript.line(format_args!(
        "It goes before everything else, and people would be told if no receipt came within a minute. Its \
         receipt was there, and it was opened, after {}.",
        shown(took)
    ));
    Ok(())
}

/// A node stops; what is sent to it meanwhile arrives when it is back.
async fn away_and_back(
    session: &Session,
    programs: &Programs,
    dir: &Path,
    seats: &[Seat],
    countries: &mut Vec<Country>,
    form: &Form,
    transcript: &Transcript,
) -> Result<(), Failure> {
    let Some(last) = countries.len().checked_sub(1) else {
        return Ok(());
    };
    let (Some(seat), Some(country)) = (seats.get(last), countries.pop()) else {
        return Ok(());
    };
    let name = country.name.clone();
    transcript.step(&format!("The node of {name} goes away, and comes back"));
    country.node.stop().await?;
    let mut sent = Vec::new();
    for from in countries.iter() {
        let request = request(form, &[name.as_str()], Priority::Routine);
        sent.push(
            send(&from.client, &request, &random::idempotency_key()?)
                .await?
                .message,
        );
    }
    transcript.line(format_args!(
        "It has stopped. {} requests to it were accepted meanwhile: each is in its sender's ledger and on \
         its disk, and is sent again until {name} has it.",
        sent.len()
    ));
    let node = programs.start(&dir.join(&seat.folder))?;
    let waiting = session.terminal.counting("delivering", sent.len() as u64);
    let back = setup::ready(node, seat).await?;
    let begun = Instant::now();
    countries.push(back);
    for (country, message) in countries.iter().zip(&sent) {
        let status = country
            .client
            .wait_for(message, Wait::Consigned, DEMO_STEP_TIMEOUT)
            .await?;
        check_reached(&status, Wait::Consigned)?;
        waiting.step();
    }
    drop(waiting);
    transcript.line(format_args!(
        "It is back, and had received and opened all of them {} after its start.",
        shown(begun.elapsed())
    ));
    Ok(())
}

/// Sends all at once; how long until the last was opened. The first one is noted.
async fn run_errands(
    session: &Session,
    countries: &[Country],
    form: &Form,
    errands: Vec<Errand>,
    report: &mut DemoReport,
) -> Result<Duration, Failure> {
    let begun = Instant::now();
    let waiting = session.terminal.counting("delivering", errands.len() as u64);
    let mut running = JoinSet::new();
    for (number, errand) in errands.into_iter().enumerate() {
        let to: Vec<&str> = errand
            .to
            .iter()
            .filter_map(|to| countries.get(*to))
            .map(|country| country.name.as_str())
            .collect();
        let Some(from) = countries.get(errand.from) else {
            continue;
        };
        let request = request(form, &to, errand.priority);
        let client = from.client.clone();
        running.spawn(async move { (number, run_errand(&client, &request).await) });
    }
    while let Some(ended) = running.join_next().await {
        let (number, outcome) =
            ended.map_err(|error| Failure::failed(format!("sending a request: {error}")))?;
        let (message, submitted, received) = outcome.map_err(|failure| form.blame(failure))?;
        if number == 0 {
            (report.message, report.submitted_index, report.received_index) = (message, submitted, received);
        }
        waiting.step();
    }
    Ok(begun.elapsed())
}

/// The message's id, and its leaves in the sender's and the first recipient's ledger.
async fn run_errand(client: &Client, request: &SendRequest) -> Result<(String, u64, u64), Failure> {
    let sent = send(client, request, &random::idempotency_key()?).await?;
    let status = client
        .wait_for(&sent.message, Wait::Consigned, DEMO_STEP_TIMEOUT)
        .await?;
    check_reached(&status, Wait::Consigned)?;
    let receipt = status.to.first().and_then(|to| to.receipt.as_ref());
    let received = receipt.map(|receipt| receipt.index).unwrap_or_default();
    Ok((
        sent.message,
        sent.leaf_indexes.first().copied().unwrap_or_default(),
        received,
    ))
}

/// The form as a request to these: the data are where the first of them is.
fn request(form: &Form, to: &[&str], priority: Priority) -> SendRequest {
    let route = Route {
        to: to.iter().map(|party| format!("{party}/police")).collect(),
        ..Route::default()
    };
    let mut request = SendRequest {
        priority,
        ..form.send_request(&route)
    };
    if let Some(draft) = request.draft.as_object_mut() {
        draft.remove("to");
        if let (Some(Value::Object(data)), Some(territory)) = (draft.get_mut("data"), to.first()) {
            data.insert("territory".to_owned(), (*territory).into());
        }
    }
    request
}

fn shown(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}
