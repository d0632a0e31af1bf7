//! `[FOUR-EYES]` Two officers, one message: on a real node, over its control socket.

use control::client::ClientError;
use control::types::{CaseDetail, NewOfficer, Priority, Problem, Role, TimelineItem};
use convention::message::Kind;
use protocol::entry::Entry;

use super::*;
use crate::durable::{without_sum, write_summed};
use crate::four_eyes::{BreakGlass, Policy};

const ANA: &str = "Ana Example";
const BORIS: &str = "Boris Example";
const OSKAR: &str = "Oskar Operator";

/// A node at which preservation requests need two officers.
async fn careful(network: &Network) -> Running {
    let mut config = network.config(0);
    config.four_eyes = Policy {
        kinds: [Kind::PreservationRequest].into(),
        break_glass: BreakGlass::Allowed,
    };
    start_with(config).await
}

fn new_officer(name: &str, roles: &[Role]) -> NewOfficer {
    NewOfficer {
        name: name.to_owned(),
        roles: roles.to_vec(),
        unix_user: None,
    }
}

/// Registers Ana, who writes, and Boris, who writes and approves.
async fn register(node: &Running) {
    let operator = node.client.clone().acting_as(OSKAR);
    let both = [Role::Officer, Role::Approver];
    for (number, new) in [new_officer(ANA, &both), new_officer(BORIS, &both)]
        .iter()
        .enumerate()
    {
        let number = u8::try_from(number).unwrap();
        operator.add_officer(new, &key(100 + number)).await.unwrap();
    }
}

fn as_officer(node: &Running, name: &str) -> Client {
    node.client.clone().acting_as(name)
}

fn problem(error: ClientError) -> (u16, Problem) {
    match error {
        ClientError::Refused { status, problem, .. } => (status, *problem),
        other => panic!("{other}"),
    }
}

/// Every entry of the node's ledger.
pub(super) async fn ledger(client: &Client) -> Vec<Entry> {
    let size = client.status().await.unwrap().ledger.size;
    let mut entries = Vec::new();
    for index in 0..size {
        entries.push(Entry::decode(&client.ledger_leaf(index).await.unwrap()).unwrap());
    }
    entries
}

fn items<'a>(case: &'a CaseDetail, what: &'a str) -> impl Iterator<Item = &'a TimelineItem> {
    case.timeline.iter().filter(move |item| item.what == what)
}

/// Asks for the case until it shows what is recorded without anybody waiting for it.
async fn until(client: &Client, case: &str, shows: impl Fn(&CaseDetail) -> bool) -> CaseDetail {
    let looking = async {
        loop {
            let detail = client.case(case).await.unwrap();
            if shows(&detail) {
                break detail;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, looking).await.unwrap()
}

/// The whole of it: kept, refused to its author, approved by another, sent, and both in the ledger.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_needs_two_officers_goes_out_with_both_in_the_ledger() {
    let network = Network::of(&["XA", "XB"]);
    let (a, b) = (careful(&network).await, start(&network, 1).await);
    register(&a).await;
    let (ana, boris) = (as_officer(&a, ANA), as_officer(&a, BORIS));
    let report = serde_json::json!({ "draft": draft(REQUEST) });
    let report = ana.check(&serde_json::from_value(report).unwrap()).await.unwrap();
    assert!(report.needs_approval);

    let (status, told) = problem(ana.send(&request(), &key(1)).await.unwrap_err());
    assert_eq!((status, told.code.as_str()), (403, "needs_approval"));
    let waiting = told.draft.unwrap();
    let mend = told.mend.unwrap();
    assert!(
        mend.contains(BORIS) && mend.contains(&format!("ohrid request approve {waiting}")),
        "{mend}"
    );
    assert!(!mend.contains(ANA), "{mend}");
    let submitted = |entry: &Entry| matches!(entry, Entry::Submitted { .. });
    assert!(!ledger(&ana).await.iter().any(submitted));
    let drafts = boris.drafts().await.unwrap();
    assert_eq!((drafts[0].author.as_str(), drafts[0].needs_approval), (ANA, true));
    // Nobody has to approve what they cannot read.
    let shown = boris.draft(&waiting).await.unwrap();
    assert_eq!((&shown.about, &shown.request), (&drafts[0], &request()));
    // Not by its author, in no way.
    let own = ana.approve_draft(&waiting, &key(2)).await.unwrap_err();
    assert_eq!(problem(own).1.code, "not_allowed");
    let (_, again) = problem(ana.send_draft(&waiting, &key(2)).await.unwrap_err());
    assert_eq!(again.draft.as_deref(), Some(waiting.as_str()));

    let sent = boris.approve_draft(&waiting, &key(3)).await.unwrap();
    // Whoever lost the answer asks again, in any of the ways, and it stays one message.
    assert_eq!(boris.approve_draft(&waiting, &key(3)).await.unwrap(), sent);
    assert_eq!(ana.send(&request(), &key(1)).await.unwrap().message, sent.message);
    assert!(boris.drafts().await.unwrap().is_empty());
    let entries = ledger(&ana).await;
    let at = entries.iter().position(submitted).unwrap();
    assert_eq!(entries.iter().filter(|entry| submitted(entry)).count(), 1);
    let (Entry::Approved { actor, message, .. }, Entry::Submitted { actor: author, .. }) =
        (&entries[at - 1], &entries[at])
    else {
        panic!("{entries:?}");
    };
    assert_eq!(message.to_string(), sent.message);
    assert_ne!(actor, author);
    let reached = ana
        .wait_for(&sent.message, Wait::Delivered, PATIENCE)
        .await
        .unwrap();
    assert!(reached.reached);

    let case = boris.case(&sent.case).await.unwrap();
    let approval = &case.messages[0].approvals[0];
    assert_eq!(approval.officer.as_deref(), Some(BORIS));
    assert_eq!(approval.actor, actor.to_string());
    assert_eq!(
        items(&case, "approved").next().unwrap().officer.as_deref(),
        Some(BORIS)
    );
    assert_eq!(
        items(&case, "submitted").next().unwrap().officer.as_deref(),
        Some(ANA)
    );
    assert!(case.messages[0].sent_alone.is_none());
    a.stop().await;
    b.stop().await;
}

/// `[IDEMPOTENT]` A node that stops between sending a draft and removing it sends nothing twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_approved_draft_is_one_message_also_after_a_restart() {
    let network = Network::of(&["XA", "XB"]);
    let a = careful(&network).await;
    register(&a).await;
    let waiting = problem(as_officer(&a, ANA).send(&request(), &key(1)).await.unwrap_err());
    let waiting = waiting.1.draft.unwrap();
    let file = network.config(0).node.drafts.join(format!("{waiting}.json"));
    let kept = std::fs::read(&file).unwrap();
    let sent = as_officer(&a, BORIS)
        .approve_draft(&waiting, &key(2))
        .await
        .unwrap();
    a.stop().await;
    // As if the power had gone before the draft was removed.
    std::fs::write(&file, kept).unwrap();
    std::fs::remove_file(file.with_extension("sent")).unwrap();
    let a = careful(&network).await;
    let again = as_officer(&a, BORIS)
        .approve_draft(&waiting, &key(3))
        .await
        .unwrap();
    assert_eq!(
        (again.message, again.leaf_indexes),
        (sent.message, sent.leaf_indexes)
    );
    let approved = |entry: &Entry| matches!(entry, Entry::Approved { .. });
    assert_eq!(
        ledger(&a.client)
            .await
            .iter()
            .filter(|entry| approved(entry))
            .count(),
        1
    );
    a.stop().await;
}

/// A draft is judged again when it is approved; what is discarded, or whose author may not write any more,
/// is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_judged_again_and_can_be_discarded() {
    let network = Network::of(&["XA", "XB"]);
    let a = careful(&network).await;
    register(&a).await;
    let first = problem(as_officer(&a, ANA).send(&request(), &key(1)).await.unwrap_err())
        .1
        .draft
        .unwrap();
    let file = network.config(0).node.drafts.join(format!("{first}.json"));
    let stored = std::fs::read(&file).unwrap();
    let text = without_sum(&file, &stored).unwrap();
    let mut kept: serde_json::Value = serde_json::from_slice(text).unwrap();
    kept["request"]["draft"]["preservation"]["necessity"] = "".into();
    a.stop().await;
    write_summed(&file, kept.to_string().as_bytes()).unwrap();
    let a = careful(&network).await;
    let (ana, boris) = (as_officer(&a, ANA), as_officer(&a, BORIS));
    let (status, told) = problem(boris.approve_draft(&first, &key(2)).await.unwrap_err());
    assert_eq!(status, 422, "{told:?}");
    assert_eq!(told.faults[0].rule, "C29-2-E");
    boris.discard_draft(&first, &key(3)).await.unwrap();
    assert_eq!(
        problem(boris.approve_draft(&first, &key(4)).await.unwrap_err()).0,
        404
    );
    assert_eq!(
        problem(boris.discard_draft(&first, &key(4)).await.unwrap_err()).0,
        404
    );

    let second = problem(ana.send(&request(), &key(5)).await.unwrap_err())
        .1
        .draft
        .unwrap();
    let operator = as_officer(&a, OSKAR);
    operator.remove_officer(ANA, &key(6)).await.unwrap();
    let (_, told) = problem(boris.approve_draft(&second, &key(7)).await.unwrap_err());
    assert_eq!(told.code, "not_allowed");
    assert!(told.message.contains(ANA), "{}", told.message);
    let none = |entry: &Entry| !matches!(entry, Entry::Submitted { .. } | Entry::Approved { .. });
    assert!(ledger(&boris).await.iter().all(none));
    a.stop().await;
}

/// Break-glass: sent at once, said to be sent alone, and marked until another officer has looked at it.
#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_goes_out_alone_and_waits_for_a_review() {
    let network = Network::of(&["XA", "XB"]);
    let a = careful(&network).await;
    register(&a).await;
    let ana = as_officer(&a, ANA);
    let mut alone = request();
    alone.break_glass = Some("a child is in danger".to_owned());
    let calm = problem(ana.send(&alone, &key(1)).await.unwrap_err());
    assert_eq!((calm.0, calm.1.code.as_str()), (403, "not_allowed"));
    alone.priority = Priority::Emergency;
    let sent = ana.send(&alone, &key(2)).await.unwrap();
    // The reason is content: it is in no leaf.
    for index in 0..ana.status().await.unwrap().ledger.size {
        let leaf = ana.ledger_leaf(index).await.unwrap();
        assert!(!leaf.windows(5).any(|part| part == b"child"));
    }
    a.stop().await;

    let a = careful(&network).await;
    let (ana, boris) = (as_officer(&a, ANA), as_officer(&a, BORIS));
    let reviews = boris.reviews().await.unwrap();
    assert_eq!(
        (reviews[0].message.as_str(), reviews[0].reason.as_str()),
        (sent.message.as_str(), "a child is in danger")
    );
    assert_eq!(boris.status().await.unwrap().officers.reviews_outstanding, 1);
    let shown = boris.case(&sent.case).await.unwrap();
    let said = shown.messages[0].sent_alone.as_ref().unwrap();
    assert_eq!((said.officer.as_deref(), said.reviewed), (Some(ANA), false));
    assert_eq!(
        items(&shown, "sent-alone").next().unwrap().officer.as_deref(),
        Some(ANA)
    );
    let own = problem(ana.approve_message(&sent.message, &key(3)).await.unwrap_err());
    assert_eq!(own.1.code, "not_allowed");

    let approval = boris.approve_message(&sent.message, &key(4)).await.unwrap();
    // The same again is the same leaf.
    assert_eq!(
        boris.approve_message(&sent.message, &key(5)).await.unwrap(),
        approval
    );
    let shown = boris.case(&sent.case).await.unwrap();
    assert!(shown.messages[0].sent_alone.as_ref().unwrap().reviewed);
    assert_eq!(shown.messages[0].approvals, [approval]);
    assert!(boris.reviews().await.unwrap().is_empty());
    let reasons = std::fs::read_dir(network.config(0).node.reviews).unwrap();
    assert_eq!(reasons.count(), 0, "the reason is gone");
    a.stop().await;
}

/// Who is not registered, or has another role, writes nothing, whichever way; reading stays open.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_the_role_is_stopped_at_the_gate() {
    let network = Network::of(&["XA", "XB"]);
    let a = careful(&network).await;
    assert!(!a.client.status().await.unwrap().officers.in_force);
    register(&a).await;
    let operator = as_officer(&a, OSKAR);
    let auditor = new_officer("Audra Auditor", &[Role::Auditor]);
    operator.add_officer(&auditor, &key(1)).await.unwrap();
    let elsewhere = NewOfficer {
        unix_user: Some("4711".to_owned()),
        ..new_officer("Elsa Elsewhere", &[Role::Officer, Role::Approver])
    };
    operator.add_officer(&elsewhere, &key(2)).await.unwrap();
    for stranger in ["Audra Auditor", "Elsa Elsewhere", "Ana Exampel", OSKAR] {
        let client = as_officer(&a, stranger);
        let key = &key(3);
        let refused = [
            client.send(&request(), key).await.map(drop),
            client.store_draft(&request(), key).await.map(drop),
            client.send_draft(key.as_str(), key).await.map(drop),
            client.approve_draft(key.as_str(), key).await.map(drop),
            client.discard_draft(key.as_str(), key).await.map(drop),
            client
                .approve_message("00000000-0000-7000-8000-000000000000", key)
                .await
                .map(drop),
        ];
        for refused in refused {
            let (status, told) = problem(refused.unwrap_err());
            assert_eq!((status, told.code.as_str()), (403, "not_allowed"), "{stranger}");
            assert!(told.mend.is_some(), "{stranger}");
        }
        assert!(client.cases(None, None).await.is_ok(), "{stranger} may read");
    }
    let (_, told) = problem(
        as_officer(&a, "Ana Exampel")
            .send(&request(), &key(4))
            .await
            .unwrap_err(),
    );
    assert!(told.mend.unwrap().contains("did you mean \"Ana Example\"?"));
    assert_eq!(a.client.status().await.unwrap().officers.registered, 4);
    a.stop().await;
}

/// An answer needs two officers as well, where the policy says so; and who has read what is in the ledger,
/// once for each officer.
#[tokio::test(flavor = "multi_thread")]
async fn answers_need_two_officers_and_reading_leaves_a_mark() {
    let network = Network::of(&["XA", "XB"]);
    let mut config = network.config(1);
    config.four_eyes.kinds = [Kind::Acknowledgement].into();
    let (a, b) = (start(&network, 0).await, start_with(config).await);
    register(&b).await;
    let sent = a.client.send(&request(), &key(1)).await.unwrap();
    let reached = a.client.wait_for(&sent.message, Wait::Consigned, PATIENCE);
    assert!(reached.await.unwrap().reached);

    let (ana, boris) = (as_officer(&b, ANA), as_officer(&b, BORIS));
    let auditor = new_officer("Audra Auditor", &[Role::Auditor]);
    as_officer(&b, OSKAR)
        .add_officer(&auditor, &key(2))
        .await
        .unwrap();
    let audra = as_officer(&b, "Audra Auditor");
    // An auditor is shown what happened, and not what was said: nothing is read, and nothing marked.
    let seen = audra.case(&sent.case).await.unwrap();
    assert!(seen.messages[0].body.is_none() && seen.view.is_null());
    assert!(!seen.timeline.is_empty());
    let marks = |case: &CaseDetail| items(case, "retrieved").count();
    let seen = until(&ana, &sent.case, |case| marks(case) == 1).await;
    assert!(seen.messages[0].body.is_some());
    assert_eq!(
        items(&seen, "retrieved").next().unwrap().officer.as_deref(),
        Some(ANA)
    );
    let seen = until(&boris, &sent.case, |case| marks(case) == 2).await;
    let readers: Vec<_> = items(&seen, "retrieved")
        .map(|item| item.officer.clone())
        .collect();
    assert_eq!(readers, [Some(ANA.to_owned()), Some(BORIS.to_owned())]);
    assert_eq!(marks(&ana.case(&sent.case).await.unwrap()), 2);

    let answer: SendRequest = serde_json::from_value(serde_json::json!({
        "case": sent.case, "draft": draft(ACKNOWLEDGEMENT),
    }))
    .unwrap();
    let (_, told) = problem(ana.send(&answer, &key(3)).await.unwrap_err());
    let waiting = told.draft.unwrap();
    let answered = boris.approve_draft(&waiting, &key(4)).await.unwrap();
    let case = boris.case(&sent.case).await.unwrap();
    let mut messages = case.messages.iter();
    let ours = messages.find(|message| message.message == answered.message);
    let ours = ours.unwrap();
    assert_eq!(ours.approvals[0].officer.as_deref(), Some(BORIS));
    let acknowledged = a.client.wait_for(&sent.message, Wait::Acknowledged, PATIENCE);
    assert!(acknowledged.await.unwrap().reached);
    a.stop().await;
    b.stop().await;
}
