#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn office(text: &str) -> ContactPoint {
    text.parse().unwrap()
}

#[test]
fn the_answer_comes_with_the_last_recipient_in_the_order_of_the_submission() {
    let mut waiting = Waiting::default();
    let message = MessageId::from_parts(NOW.0, [1; 10]);
    let (answer, mut answered) = oneshot::channel();
    waiting.add(message, vec![office("XC/court"), office("XB/police")], answer);
    waiting.recorded(message, office("XB/police"), 8, NOW);
    assert!(answered.try_recv().is_err());
    waiting.recorded(MessageId::from_parts(NOW.0, [2; 10]), office("XC/court"), 9, NOW);
    assert!(answered.try_recv().is_err());
    waiting.recorded(message, office("XC/court"), 7, NOW);
    let submitted = answered.try_recv().unwrap().unwrap();
    assert_eq!(
        submitted.leaves,
        [(office("XC/court"), 7), (office("XB/police"), 8)]
    );
}

#[test]
fn a_stop_tells_everybody() {
    let mut waiting = Waiting::default();
    let (answer, mut answered) = oneshot::channel();
    waiting.add(
        MessageId::from_parts(NOW.0, [1; 10]),
        vec![office("XB/police")],
        answer,
    );
    waiting.refuse_all(&Refused::Stopping);
    assert_eq!(answered.try_recv().unwrap().unwrap_err(), Refused::Stopping);
}

/// A fact is durable when its own leaf is, and not another.
#[test]
fn a_fact_is_known_by_its_leaf() {
    let mut waiting = Waiting::default();
    assert!(!waiting.awaits_facts());
    let (answer, mut told) = oneshot::channel();
    waiting.add_fact(b"one".to_vec(), UnixMillis(7), answer);
    waiting.fact_recorded(b"another", 3);
    assert!(waiting.awaits_facts() && told.try_recv().is_err());
    waiting.fact_recorded(b"one", 4);
    let recorded = Recorded {
        index: 4,
        at: UnixMillis(7),
    };
    assert_eq!(told.try_recv().unwrap(), Ok(recorded));
    assert!(!waiting.awaits_facts());
    let (answer, mut told) = oneshot::channel();
    waiting.add_fact(b"two".to_vec(), UnixMillis(8), answer);
    waiting.refuse_all(&Refused::Stopping);
    assert_eq!(told.try_recv().unwrap(), Err(Refused::Stopping));
}
