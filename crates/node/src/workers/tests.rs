#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};

use super::*;

fn cores() -> usize {
    thread::available_parallelism().unwrap().get()
}

/// Everything is done, in turn, by as many threads as there are cores.
#[tokio::test]
async fn all_work_is_done_by_few_threads() {
    let workers = Arc::new(Workers::new().unwrap());
    let threads = Arc::new(Mutex::new(BTreeSet::new()));
    let pieces = (0..100).map(|number| {
        let (workers, threads) = (Arc::clone(&workers), Arc::clone(&threads));
        tokio::spawn(async move {
            let work = move || {
                let thread = format!("{:?}", thread::current().id());
                threads
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(thread);
                number
            };
            workers.run(work).await.unwrap()
        })
    });
    let mut sum = 0;
    for piece in pieces.collect::<Vec<_>>() {
        sum += piece.await.unwrap();
    }
    assert_eq!(sum, 4950);
    assert!(threads.lock().unwrap().len() <= cores());
}

/// What panics is an error of its own; its place is another's.
#[tokio::test]
async fn a_panic_takes_no_place() {
    let workers = Workers::new().unwrap();
    for _ in 0..=cores() * PIECES_PER_THREAD {
        assert!(workers.run(|| panic!("on purpose")).await.unwrap_err().is_panic());
        workers.give(|| panic!("on purpose")).await;
    }
    assert_eq!(workers.run(|| 7).await.unwrap(), 7);
}

/// Whoever comes when all places are taken waits until one is free.
#[tokio::test]
async fn places_are_waited_for() {
    let workers = Arc::new(Workers::new().unwrap());
    let mut gates = Vec::new();
    for _ in 0..cores() * PIECES_PER_THREAD {
        let (gate, opened) = mpsc::channel::<()>();
        let wait = move || {
            // Until the gate is gone.
            let _ = opened.recv();
        };
        workers.give(wait).await;
        gates.push(gate);
    }
    let next = tokio::spawn({
        let workers = Arc::clone(&workers);
        async move { workers.run(|| 7).await.unwrap() }
    });
    tokio::task::yield_now().await;
    assert!(!next.is_finished());
    assert_eq!(workers.places.available_permits(), 0);
    gates.clear();
    assert_eq!(next.await.unwrap(), 7);
}
