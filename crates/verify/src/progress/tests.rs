use super::*;

fn shown(done: u64, all: u64, millis: u64) -> String {
    let elapsed = Duration::from_millis(millis);
    Progress { done, all, elapsed }.to_string()
}

#[test]
fn the_line_says_how_far_how_fast_and_how_long() {
    assert_eq!(
        shown(400, 1_000, 2_000),
        "[########            ]  40 %, 400 of 1000 entries, 200/s, 3 s left"
    );
    assert_eq!(
        shown(1_000, 1_000_000, 1_000),
        "[                    ]   0 %, 1000 of 1000000 entries, 1000/s, 17 min left"
    );
}

/// Also where nothing is done, where there is nothing, and where a forged checkpoint claims everything.
#[test]
fn no_number_is_too_small_or_too_great_for_it() {
    assert_eq!(
        shown(0, 10, 0),
        "[                    ]   0 %, 0 of 10 entries, 0/s"
    );
    assert_eq!(
        shown(0, 0, 5),
        "[                    ]   0 %, 0 of 0 entries, 0/s"
    );
    assert!(shown(u64::MAX, u64::MAX, 0).starts_with("[####################] 100 %"));
    assert!(
        shown(5, 1, 5).contains("500 %"),
        "and no bar longer than its place"
    );
}
