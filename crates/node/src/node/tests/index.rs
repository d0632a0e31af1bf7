//! What is known of many cases at once: numbers, check words, relations, dates and alarms, at two nodes.

use control::events::EventKind;
use control::types::{CaseSummary, CasesQuery};

use super::*;

/// Until the other side has opened what we sent.
async fn consigned(a: &Running, message: &str) {
    let status = a.client.wait_for(message, Wait::Consigned, PATIENCE).await;
    assert!(status.unwrap().reached);
}

fn other_case() -> SendRequest {
    let mut request = request();
    // Another mailbox, and of the addresses one in another spelling.
    request.draft["data"]["selectors"] = serde_json::json!([
        { "type": "ip", "value": "::ffff:198.51.100.45", "range": {
            "from": "2026-03-09T07:41:00[Europe/Bucharest]",
            "until": "2026-03-09T08:10:00[Europe/Bucharest]" } },
        { "type": "email", "value": "somebody@example.org" },
    ]);
    request
}

/// `[CASE-NUMBER]` Both sides say the same number and the same check words, and find the case by them; a
/// repeated write has the number that it had.
#[tokio::test(flavor = "multi_thread")]
async fn both_sides_say_the_same_number_and_check_words() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let first = a.client.send(&request(), &key(1)).await.unwrap();
    let second = a.client.send(&other_case(), &key(2)).await.unwrap();
    let year = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year();
    assert!(
        first.reference.starts_with(&format!("XA-{year}-0001-")),
        "{first:?}"
    );
    assert!(
        second.reference.starts_with(&format!("XA-{year}-0002-")),
        "{second:?}"
    );
    assert_ne!(first.check_words, second.check_words);
    consigned(&a, &first.message).await;
    consigned(&a, &second.message).await;
    for node in [&a, &b] {
        for name in [
            &first.reference,
            &first.reference.to_lowercase(),
            &first.check_words,
        ] {
            let case = node.client.case(name).await.unwrap();
            assert_eq!(case.summary.case, first.case);
            assert_eq!(case.summary.reference, first.reference);
            assert_eq!(case.messages[0].check_words, first.check_words);
        }
        let misheard = first.reference.replace("0001", "0003");
        let refused = node.client.case(&misheard).await.unwrap_err();
        assert!(refused.to_string().contains("misheard"), "{refused}");
    }
    // An answer names the case as people do.
    let answer: SendRequest = serde_json::from_value(serde_json::json!({
        "case": first.reference.replace('-', " "), "draft": draft(ACKNOWLEDGEMENT),
    }))
    .unwrap();
    let answered = b.client.send(&answer, &key(3)).await.unwrap();
    assert_eq!(
        (&answered.case, &answered.reference),
        (&first.case, &first.reference)
    );
    a.stop().await;
    let a = start(&network, 0).await;
    let again = a.client.send(&request(), &key(1)).await.unwrap();
    assert_eq!(
        (&again.reference, &again.check_words),
        (&first.reference, &first.check_words)
    );
    let third = a.client.send(&request(), &key(4)).await.unwrap();
    assert!(
        third.reference.starts_with(&format!("XA-{year}-0003-")),
        "{third:?}"
    );
    a.stop().await;
    b.stop().await;
}

/// `[RELATED]` Shown on checking, on sending, in the case and on receipt; each side knows its own cases only;
/// and all of it again from an index that was lost.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_address_is_shown_on_both_sides_also_after_the_index_was_lost() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (start(&network, 0).await, start(&network, 1).await);
    let first = a.client.send(&request(), &key(1)).await.unwrap();
    assert!(first.related.is_empty());
    // One after the other: otherwise either could be the latest on the other side.
    consigned(&a, &first.message).await;
    let check = a.client.check(&other_case().into()).await.unwrap();
    let second = a.client.send(&other_case(), &key(2)).await.unwrap();
    consigned(&a, &second.message).await;
    assert_eq!(second.related.len(), 1);
    assert_eq!(second.related[0].case, first.case);
    assert_eq!(second.related[0].reference, first.reference);
    assert_eq!(second.related[0].selectors, ["ip 198.51.100.45"]);
    assert_eq!(check.related[0].case, first.case);
    let inbox = |items: Vec<control::types::InboxItem>| -> Vec<(String, Vec<String>)> {
        let related =
            |item: &control::types::InboxItem| item.related.iter().map(|one| one.case.clone()).collect();
        items
            .iter()
            .map(|item| (item.case.clone(), related(item)))
            .collect()
    };
    let expected = [
        (second.case.clone(), vec![first.case.clone()]),
        (first.case.clone(), vec![second.case.clone()]),
    ];
    assert_eq!(inbox(b.client.inbox().await.unwrap()), expected);
    let shown: Vec<CaseSummary> = b.client.cases(None, None).await.unwrap();
    b.stop().await;

    std::fs::remove_dir_all(network.config(1).node.data.join("cases")).unwrap();
    let b = start(&network, 1).await;
    assert_eq!(inbox(b.client.inbox().await.unwrap()), expected);
    assert_eq!(
        b.client.case(&first.reference).await.unwrap().related[0].case,
        second.case
    );
    let again = b.client.cases(None, None).await.unwrap();
    let steady = |list: &[CaseSummary]| -> Vec<CaseSummary> {
        // What depends on the time; and the other side may take our report on a message only after the first
        // look, which is the last thing that happens in the case.
        let without = |case: &CaseSummary| CaseSummary {
            alarms: Vec::new(),
            updated_at: case.opened_at,
            ..case.clone()
        };
        list.iter().map(without).collect()
    };
    assert_eq!(steady(&again), steady(&shown));
    b.stop().await;

    // The operator's command makes it anew as well, and finds every case.
    let config = network.config(1);
    let made = tokio::task::spawn_blocking(move || {
        store::Embedded::rebuild_index(&config.node.data).unwrap();
        rebuild_case_index(&config).unwrap()
    });
    assert_eq!(made.await.unwrap(), 2);
    let b = start(&network, 1).await;
    assert_eq!(inbox(b.client.inbox().await.unwrap()), expected);
    a.stop().await;
    b.stop().await;
}

/// Nobody is there, and our policy is impatient: the alarm is told, listed and counted; the case is due; and
/// it is gone once the other side has the message. `[TIME-BOTH]`
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_does_not_come_raises_an_alarm_until_it_comes() {
    let network = Network::of(&["XA", "XB"]);
    let mut config = network.config(0);
    config.policy.receipt_within_ms = 1;
    let a = start_with(config).await;
    let mut events = a.client.events().await.unwrap();
    let sent = a.client.send(&request(), &key(1)).await.unwrap();
    let told = async {
        loop {
            let event = events.next().await.unwrap().unwrap();
            if event.event == EventKind::Alarm {
                return event;
            }
        }
    };
    let event = timeout(PATIENCE, told).await.unwrap();
    assert_eq!(
        (&event.message, event.case.as_ref()),
        (&sent.message, Some(&sent.case))
    );
    let alarms = a.client.alarms().await.unwrap();
    assert_eq!(alarms.len(), 1);
    assert_eq!(
        (&alarms[0].reference, alarms[0].kind.as_str()),
        (&sent.reference, "receipt-overdue")
    );
    assert!(alarms[0].deadline.local.ends_with("UTC"), "{alarms:?}");
    let due = CasesQuery {
        due_within_ms: Some(0),
        state: Some("submitted".to_owned()),
        ..CasesQuery::default()
    };
    let listed = a.client.cases_by(&due).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].alarms, alarms);
    assert_eq!(listed[0].next_deadline.as_ref(), Some(&alarms[0].deadline));
    let wrong = CasesQuery {
        state: Some("lost".to_owned()),
        ..CasesQuery::default()
    };
    let refused = a.client.cases_by(&wrong).await.unwrap_err();
    assert!(refused.to_string().contains("preserved"), "{refused}");

    let b = start(&network, 1).await;
    consigned(&a, &sent.message).await;
    assert!(a.client.alarms().await.unwrap().is_empty());
    assert!(a.client.cases_by(&due).await.unwrap().is_empty());
    a.stop().await;
    b.stop().await;
}
