#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn key(last: char) -> IdempotencyKey {
    format!("00000000-0000-4000-8000-00000000000{last}")
        .parse()
        .unwrap()
}

#[test]
fn one_key_is_one_message() {
    let idempotency = Idempotency::new(UnixMillis(1));
    let first = idempotency.remember(&key('1'), [1; 32]).unwrap();
    let again = idempotency.remember(&key('1'), [1; 32]).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert!(matches!(
        idempotency.remember(&key('1'), [2; 32]),
        Err(SendError::KeyReused)
    ));
    let other = idempotency.remember(&key('2'), [1; 32]).unwrap();
    assert!(!Arc::ptr_eq(&first, &other));
}

#[test]
fn a_keys_message_is_known_by_its_id_whenever_it_was_sent() {
    let random = random_part(&key('1'));
    let sent = MessageId::from_parts(1_700_000_000_000, random);
    let asked = MessageId::from_parts(0, random);
    assert_eq!(random_part_of(sent), random_part_of(asked));
    assert_ne!(
        random_part_of(sent),
        random_part_of(MessageId::from_parts(0, random_part(&key('2'))))
    );
}

/// A thousand answers with their related cases would take megabytes; what the ledger tells is asked there.
#[test]
fn only_the_answers_given_last_are_kept_whole() {
    let idempotency = Idempotency::new(UnixMillis(1));
    let advice: Vec<Fault> =
        serde_json::from_str(r#"[{"rule":"R","field":"f","what":"w","mend":"m","source":"s"}]"#).unwrap();
    let mut places = Vec::new();
    for number in 0..IDEMPOTENCY_ANSWERS_MAX + 2 {
        let message = MessageId::from_parts(1_700_000_000_000 + number as u64, [7; 10]);
        let sent = Sent {
            message: message.to_string(),
            advice: advice.clone(),
            ..serde_json::from_str(EXAMPLE).unwrap()
        };
        let place: Remembered = Arc::new(tokio::sync::Mutex::new(Some(Answer::Whole(Box::new(sent)))));
        places.push((message, Arc::clone(&place)));
        // Somebody reads the first one just then.
        let _reading = (number > 0).then(|| places[0].1.try_lock().unwrap());
        idempotency.answered(place);
    }
    for (number, (sent, place)) in places.iter().enumerate() {
        match place.try_lock().unwrap().as_ref().unwrap() {
            Answer::Whole(_) => assert!(number != 1),
            Answer::Recorded {
                message,
                advice: kept,
                ..
            } => {
                let kept: Vec<Fault> = kept.iter().map(|piece| Fault::clone(piece)).collect();
                assert_eq!((number, message, kept), (1, sent, advice.clone()));
            }
        }
    }
}

fn fault(rule: &str, field: usize) -> Fault {
    Fault {
        rule: rule.to_owned(),
        field: field.to_string(),
        what: "w".repeat(200),
        mend: String::new(),
        source: String::new(),
    }
}

/// What is said of sixteen thousand drafts alike took 24 MiB; and what nobody has any more is not kept.
#[test]
fn advice_is_kept_once_and_no_longer_than_somebody_has_it() {
    let mut advice = Advice::default();
    let first = advice.kept(vec![fault("A", 1), fault("B", 1)]);
    let second = advice.kept(vec![fault("B", 1)]);
    assert_eq!(
        first.iter().map(|piece| Fault::clone(piece)).collect::<Vec<_>>(),
        [fault("A", 1), fault("B", 1)]
    );
    assert!(Arc::ptr_eq(&first[1], &second[0]));
    for field in 0..10 * ADVICE_LOOK_AT_MIN {
        drop(advice.kept(vec![fault("C", field)]));
    }
    assert!(
        advice.pieces.len() <= 2 * ADVICE_LOOK_AT_MIN,
        "{}",
        advice.pieces.len()
    );
    assert!(advice.pieces.contains(&fault("A", 1)) && advice.pieces.contains(&fault("B", 1)));
}

const EXAMPLE: &str = r#"{"message":"","case":"","reference":"","to":[],"leaf_indexes":[],
    "recorded_at":"2026-11-22T00:00:00Z","advice":[]}"#;
