//! An emergency that has no receipt is shown to people, who have telephones; and it goes on being tried.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use control::events::EventKind;
use control::headers::IdempotencyKey;
use control::types::{Priority, SendRequest, Wait};
use e2e::figures::metric;
use e2e::requests::short_request;
use e2e::running::PATIENCE;
use tokio::time::timeout;

use super::{ASK_EVERY, Countries};

/// In earnest it is a minute; an operator may want to hear sooner.
const SOONER: &str = "\n[policy]\nreceipt_within_ms = 1500\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_without_a_receipt_is_shown_to_people_and_still_delivered_retry() -> Result<()> {
    let countries = tokio::task::block_in_place(|| Countries::start(2, 2, SOONER))?;
    let clients = countries.clients().await?;
    let xa = clients.first().context("XA")?;
    countries.connected(&clients).await?;
    countries.proxy.change_all(|weather| weather.is_cut = true);

    let mut events = xa.events().await?;
    let request = SendRequest {
        priority: Priority::Emergency,
        ..short_request(&["XB/police"])?
    };
    let sent = xa.send(&request, &IdempotencyKey::from_random([7; 16])).await?;
    let told = async {
        loop {
            let event = events.next().await?.context("no more events")?;
            if event.event == EventKind::Alarm && event.message == sent.message {
                return anyhow::Ok(event);
            }
        }
    };
    let told = timeout(PATIENCE, told).await.context("no alarm")??;
    ensure!(told.to.as_deref() == Some("XB/police"), "{told:?}");

    let officer = |arguments: &[&str]| {
        let arguments = arguments.to_vec();
        tokio::task::block_in_place(|| countries.network.officer("XA", arguments)?.expect_code(0))
    };
    let alarms = officer(&["alarms"])?.stdout;
    ensure!(
        alarms.contains("no receipt") && alarms.contains("XB/police"),
        "{alarms}"
    );
    let case = officer(&["case", "show", &sent.case])?.stdout;
    ensure!(case.contains("no receipt"), "{case}");
    let figure = |name: &str| tokio::task::block_in_place(|| metric(&countries.network, "XA", name));
    ensure!(figure("ohrid_events_total{event=\"receipt_overdue\"}")? == 1.0);

    countries.proxy.change_all(|weather| weather.is_cut = false);
    let status = xa.wait_for(&sent.message, Wait::Delivered, PATIENCE).await?;
    ensure!(status.reached, "not delivered: {status:?}");
    let begun = Instant::now();
    while officer(&["alarms"])?.stdout.contains("no receipt") {
        ensure!(
            begun.elapsed() < PATIENCE,
            "the alarm stands although the receipt is here"
        );
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(())
}
