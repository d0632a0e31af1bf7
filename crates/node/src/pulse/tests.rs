#![allow(clippy::unwrap_used, clippy::expect_used)]

use ledger::tree::Edge;

use super::*;

/// Far beyond what it takes to answer.
const WITHIN: Duration = Duration::from_secs(60);

/// For whoever never answers.
const IN_VAIN: Duration = Duration::from_millis(100);

fn pulse() -> (Pulse, mpsc::Receiver<Wake>, Arc<Health>) {
    let (wakes, woken) = mpsc::channel(4);
    let health = Arc::new(Health::new(&Edge::default()));
    (Pulse::new(wakes, Arc::clone(&health)), woken, health)
}

/// Answers as the core does.
async fn core(mut woken: mpsc::Receiver<Wake>) {
    while let Some(wake) = woken.recv().await {
        if let Wake::Command(Command::Pulse(answer)) = wake {
            answer.send(()).unwrap();
        }
    }
}

#[tokio::test]
async fn both_are_felt() {
    let (pulse, woken, health) = pulse();
    tokio::spawn(core(woken));
    tokio::spawn(async move {
        loop {
            health.beat();
            sleep(LOOK_EVERY).await;
        }
    });
    assert_eq!(pulse.feel(WITHIN).await, Ok(()));
    assert_eq!(pulse.feel(WITHIN).await, Ok(()));
}

#[tokio::test]
async fn a_writer_that_hangs_is_silent_although_the_core_answers() {
    let (pulse, woken, health) = pulse();
    tokio::spawn(core(woken));
    health.beat();
    assert_eq!(pulse.feel(IN_VAIN).await, Err(Silent::Writer));
}

#[tokio::test]
async fn a_core_that_hangs_is_silent_also_when_its_queue_is_full() {
    let (pulse, woken, health) = pulse();
    health.beat();
    for _ in 0..6 {
        assert_eq!(pulse.feel(IN_VAIN).await, Err(Silent::Core));
    }
    drop(woken);
    assert_eq!(pulse.feel(IN_VAIN).await, Err(Silent::Core));
}
