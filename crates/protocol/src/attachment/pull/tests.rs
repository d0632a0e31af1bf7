#![allow(clippy::unwrap_used, clippy::expect_used)]
//! `[TRANSFER]` in virtual time: loss, reordering, duplicates, liars, and resumption.

mod network;

use proptest::prelude::*;

use self::network::{Conduct, Network, file_of};
use super::*;

const NOW: UnixMillis = UnixMillis(1_795_305_600_000);

fn small() -> PullSettings {
    PullSettings {
        in_flight_max: 6,
        in_flight_per_source_max: 4,
        in_flight_per_source_first: 4,
        timeout: Duration::from_secs(30),
    }
}

fn pull_of(attachment: &Attachment) -> Pull {
    Pull::new(attachment, ChunkSet::none_of(attachment), small())
}

fn requests(pull: &mut Pull) -> Vec<(u64, u32)> {
    std::iter::from_fn(|| pull.poll_request(NOW))
        .map(|(source, request)| (source.0, request.index.0))
        .collect()
}

fn events(pull: &mut Pull) -> Vec<PullEvent> {
    std::iter::from_fn(|| pull.poll_event()).collect()
}

#[test]
fn chunks_are_asked_for_in_order_within_both_windows_from_all_sources() {
    let file = file_of(20);
    let mut pull = pull_of(&file.attachment);
    assert_eq!(requests(&mut pull), []);
    pull.handle_connected(SourceId(1));
    assert_eq!(requests(&mut pull), [(1, 0), (1, 1), (1, 2), (1, 3)]);
    pull.handle_connected(SourceId(2));
    assert_eq!(requests(&mut pull), [(2, 4), (2, 5)]);
    assert_eq!(pull.in_flight(), 6);
    assert_eq!(pull.handle_chunk(SourceId(1), &file.chunk(2), NOW), Arrival::New);
    assert_eq!(requests(&mut pull), [(2, 6)]);
}

#[test]
fn what_is_on_disk_is_not_asked_for() {
    let file = file_of(10);
    let mut have = ChunkSet::none_of(&file.attachment);
    for index in [0, 1, 3, 9] {
        have.insert(ChunkIndex(index));
    }
    let wide = PullSettings {
        in_flight_per_source_first: 8,
        ..PullSettings::default()
    };
    let mut pull = Pull::new(&file.attachment, have, wide);
    pull.handle_connected(SourceId(1));
    let asked: Vec<u32> = requests(&mut pull).into_iter().map(|(_, index)| index).collect();
    assert_eq!(asked, [2, 4, 5, 6, 7, 8]);

    let mut all = ChunkSet::none_of(&file.attachment);
    file.attachment
        .chunks()
        .for_each(|index| assert!(all.insert(index)));
    let mut pull = Pull::new(&file.attachment, all, small());
    pull.handle_connected(SourceId(1));
    assert!(requests(&mut pull).is_empty() && pull.is_complete() && pull.poll_timeout().is_none());
    assert_eq!(events(&mut pull), [PullEvent::Complete]);
    // A set of another file says nothing of this one.
    let foreign = Pull::new(&file.attachment, ChunkSet::none(3), small());
    assert_eq!(foreign.have().chunk_count(), 10);
}

#[test]
fn a_liar_is_named_and_never_asked_again_and_its_chunks_go_elsewhere() {
    let file = file_of(8);
    let mut pull = pull_of(&file.attachment);
    pull.handle_connected(SourceId(1));
    assert_eq!(requests(&mut pull).len(), 4);
    let wrong = file
        .attachment
        .check_chunk(ChunkIndex(1), vec![0; 3])
        .unwrap_err();
    pull.handle_wrong(SourceId(1), wrong);
    pull.handle_wrong(SourceId(1), wrong);
    let source = SourceId(1);
    assert_eq!(events(&mut pull), [PullEvent::Misbehaved { source, wrong }]);
    assert!(requests(&mut pull).is_empty() && pull.is_stalled());
    // Silence or excuses do not bring it back.
    pull.handle_busy(source, ChunkIndex(0), Duration::ZERO, NOW);
    pull.handle_timeout(NOW.plus(Duration::from_secs(1_000)));
    assert!(requests(&mut pull).is_empty());
    pull.handle_connected(SourceId(2));
    assert!(!pull.is_stalled());
    assert_eq!(requests(&mut pull), [(2, 0), (2, 1), (2, 2), (2, 3)]);
    // What it sent that is right is right.
    assert_eq!(pull.handle_chunk(source, &file.chunk(7), NOW), Arrival::New);
}

#[test]
fn whoever_lacks_the_file_is_not_blamed() {
    let file = file_of(8);
    let mut pull = pull_of(&file.attachment);
    pull.handle_connected(SourceId(1));
    requests(&mut pull);
    pull.handle_absent(SourceId(1));
    assert_eq!(events(&mut pull), [PullEvent::Lacking { source: SourceId(1) }]);
    assert!(pull.is_stalled());
}

#[test]
fn a_silent_source_waits_longer_each_time_and_others_take_over() {
    let file = file_of(8);
    let mut pull = pull_of(&file.attachment);
    pull.handle_connected(SourceId(1));
    requests(&mut pull);
    let deadline = pull.poll_timeout().unwrap();
    assert_eq!(deadline, NOW.plus(small().timeout));
    pull.handle_timeout(UnixMillis(deadline.0 - 1));
    assert_eq!(pull.in_flight(), 4);
    pull.handle_timeout(deadline);
    assert_eq!((pull.in_flight(), pull.poll_request(deadline)), (0, None));
    let late = events(&mut pull);
    assert_eq!(late.len(), 4);
    let (source, index) = (SourceId(1), ChunkIndex(3));
    assert_eq!(late[3], PullEvent::Late { source, index });
    let mut now = pull.poll_timeout().unwrap();
    assert_eq!(now, deadline.plus(RETRY_DELAY_MIN));
    for doubled in [2, 4, 8] {
        pull.handle_timeout(now);
        assert_eq!(pull.poll_request(now).unwrap().1.index, ChunkIndex(0));
        pull.handle_unanswered(SourceId(1), ChunkIndex(0), now);
        let next = pull.poll_timeout().unwrap();
        assert_eq!(next.since(now), RETRY_DELAY_MIN * doubled);
        now = next;
    }
    pull.handle_timeout(now);
    pull.poll_request(now).unwrap();
    assert_eq!(pull.handle_chunk(SourceId(1), &file.chunk(0), NOW), Arrival::New);
    pull.poll_request(now).unwrap();
    pull.handle_unanswered(SourceId(1), ChunkIndex(1), now);
    assert_eq!(
        pull.poll_timeout().unwrap().since(now),
        RETRY_DELAY_MIN,
        "an answer makes good"
    );
}

/// On a slow line, many chunks at once would be late together, and asked for again together, for ever.
#[test]
fn the_window_grows_with_what_comes_soon_and_halves_with_silence() {
    let file = file_of(40);
    let settings = PullSettings {
        in_flight_max: 16,
        in_flight_per_source_max: 5,
        in_flight_per_source_first: 2,
        ..small()
    };
    let mut pull = Pull::new(&file.attachment, ChunkSet::none_of(&file.attachment), settings);
    pull.handle_connected(SourceId(1));
    assert_eq!(requests(&mut pull).len(), 2);
    let late = NOW.plus(small().timeout / 2);
    pull.handle_chunk(SourceId(1), &file.chunk(0), late);
    assert_eq!(requests(&mut pull).len(), 1, "slow: as many as before");
    for index in 1..7 {
        pull.handle_chunk(SourceId(1), &file.chunk(index), NOW.plus(Duration::from_secs(1)));
        requests(&mut pull);
    }
    assert_eq!(pull.in_flight(), 5);
    for window in [2, 1, 1] {
        let deadline = pull.poll_timeout().unwrap();
        pull.handle_timeout(deadline);
        let now = pull.poll_timeout().unwrap();
        pull.handle_timeout(now);
        let asked = std::iter::from_fn(|| pull.poll_request(now)).count();
        assert_eq!(asked, window);
    }
}

#[test]
fn a_peer_cannot_make_us_wait_for_ever() {
    let file = file_of(8);
    let mut pull = pull_of(&file.attachment);
    pull.handle_connected(SourceId(1));
    pull.poll_request(NOW).unwrap();
    pull.handle_busy(SourceId(1), ChunkIndex(0), Duration::from_secs(u64::MAX), NOW);
    assert_eq!(pull.poll_timeout(), Some(NOW.plus(RETRY_DELAY_MAX)));
}

/// Whoever said for how long is not asked sooner because a second stream broke.
#[test]
fn a_pause_is_never_made_shorter() {
    let file = file_of(8);
    let mut pull = pull_of(&file.attachment);
    pull.handle_connected(SourceId(1));
    assert_eq!(requests(&mut pull).len(), 4);
    let busy_for = RETRY_DELAY_MIN * 10;
    pull.handle_busy(SourceId(1), ChunkIndex(0), busy_for, NOW);
    pull.handle_unanswered(SourceId(1), ChunkIndex(1), NOW);
    pull.handle_timeout(NOW.plus(RETRY_DELAY_MIN * 4));
    let asked = pull.poll_request(NOW.plus(RETRY_DELAY_MIN * 4));
    assert_eq!(asked, None, "it is still paused");
    pull.handle_timeout(NOW.plus(busy_for));
    assert!(pull.poll_request(NOW.plus(busy_for)).is_some());
}

#[test]
fn a_late_chunk_is_taken_and_its_double_dropped() {
    let file = file_of(2);
    let mut pull = pull_of(&file.attachment);
    pull.handle_connected(SourceId(1));
    assert_eq!(requests(&mut pull).len(), 2);
    let deadline = pull.poll_timeout().unwrap();
    pull.handle_timeout(deadline);
    pull.handle_connected(SourceId(2));
    assert_eq!(requests(&mut pull), [(2, 0), (2, 1)]);
    assert_eq!(pull.handle_chunk(SourceId(1), &file.chunk(0), NOW), Arrival::New);
    assert_eq!(
        pull.handle_chunk(SourceId(2), &file.chunk(0), NOW),
        Arrival::Again
    );
    assert_eq!(pull.handle_chunk(SourceId(2), &file.chunk(1), NOW), Arrival::New);
    assert_eq!(
        pull.handle_chunk(SourceId(3), &file.chunk(1), NOW),
        Arrival::Again
    );
    assert_eq!(
        pull.handle_chunk(SourceId(2), &file_of(3).chunk(2), NOW),
        Arrival::Foreign
    );
    assert_eq!((pull.in_flight(), pull.poll_timeout()), (0, None));
    assert_eq!(events(&mut pull).last(), Some(&PullEvent::Complete));
}

#[test]
fn a_lost_connection_gives_its_chunks_back_and_a_flood_of_sources_is_bounded() {
    let file = file_of(8);
    let mut pull = pull_of(&file.attachment);
    pull.handle_connected(SourceId(1));
    requests(&mut pull);
    pull.handle_disconnected(SourceId(1));
    assert_eq!((pull.in_flight(), pull.poll_timeout()), (0, None));
    for source in 2..100 {
        pull.handle_connected(SourceId(source));
    }
    assert_eq!(pull.sources.len(), PULL_SOURCES_MAX);
    assert_eq!(
        requests(&mut pull),
        [(2, 0), (3, 1), (4, 2), (5, 3), (6, 4), (7, 5)]
    );
}

#[test]
fn a_pull_over_a_bad_network_ends_with_the_file_and_the_liars_named() {
    for seed in 0..16 {
        let mut network = Network::new(seed, 40);
        network.connect(1, Conduct::Lossy);
        network.connect(2, Conduct::Slow);
        network.connect(3, Conduct::Liar);
        network.connect(4, Conduct::Lacking);
        network.run(&mut Pull::new(&network.attachment(), network.nothing(), small()));
        network.assert_whole();
        assert!(
            network.misbehaved.iter().all(|source| *source == SourceId(3)),
            "seed {seed}"
        );
        assert!(network.misbehaved.len() <= 1, "seed {seed}: it was asked again");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// After kill -9 of the recipient with any set of chunks, only the others travel.
    #[test]
    fn a_pull_resumes_from_any_subset(seed in any::<u64>(), had in prop::collection::vec(any::<bool>(), 30)) {
        let mut network = Network::new(seed, 30);
        let mut have = network.nothing();
        for (index, had) in (0..).zip(&had) {
            if *had {
                have.insert(ChunkIndex(index));
                network.written.insert(index);
            }
        }
        network.connect(1, Conduct::Lossy);
        let missing = 30 - have.present();
        network.run(&mut Pull::new(&network.attachment(), have, small()));
        network.assert_whole();
        prop_assert_eq!(network.writes, missing);
    }
}
