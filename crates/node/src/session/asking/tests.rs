#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

fn asker() -> (Asker, mpsc::Receiver<Question>) {
    Asker::new("XB".parse().unwrap(), LinkId(1), 2)
}

const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn an_answer_comes_back_and_busy_is_none() {
    let (asker, mut asked) = asker();
    let peer = tokio::spawn(async move {
        for answer in [
            Ok(Frame::Pong(7)),
            Ok(Frame::Busy { retry_after_ms: 250 }),
            Ok(Frame::Unsupported),
            Err(Unanswered::TooSlow),
        ] {
            let question = asked.recv().await.unwrap();
            assert_eq!(question.frame, Frame::Ping(7));
            question.answer.send(answer).unwrap();
        }
    });
    let ask = || asker.ask(Frame::Ping(7), Urgency::Routine, PATIENCE);
    assert_eq!(ask().await, Ok(Frame::Pong(7)));
    assert_eq!(ask().await, Err(Unanswered::Busy(Duration::from_millis(250))));
    assert_eq!(ask().await, Err(Unanswered::Unsupported));
    assert_eq!(ask().await, Err(Unanswered::TooSlow));
    peer.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_ends_answers_nothing_more() {
    let (asker, asked) = asker();
    let waiting = tokio::spawn({
        let asker = asker.clone();
        async move { asker.ask(Frame::Ping(7), Urgency::Routine, PATIENCE).await }
    });
    drop(asked);
    assert_eq!(waiting.await.unwrap(), Err(Unanswered::Gone));
    asker.closed().await;
}

#[tokio::test]
async fn whoever_gives_up_is_seen_to_have_done_so() {
    let (asker, mut asked) = asker();
    let waiting = tokio::spawn(async move { asker.ask(Frame::Ping(7), Urgency::Bulk, PATIENCE).await });
    let mut question = asked.recv().await.unwrap();
    waiting.abort();
    question.answer.closed().await;
}

#[test]
fn chunks_go_below_everything_and_answers_above() {
    let order = [
        Urgency::Bulk,
        Urgency::Routine,
        Urgency::Urgent,
        Urgency::Emergency,
        Urgency::Answer,
    ];
    assert!(order.is_sorted());
}
