//! A pasted log: whatever the text is, proposals come out, and each is an address that stands in it.
#![no_main]

use convention::log_lines::{LogOrigin, propose};
use convention::time::{Instant, Zone};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let now = Instant::from_unix_ms(1_773_590_400_000).expect("a time");
    for zone in [None, Some(Zone::utc())] {
        let found = propose(text, &LogOrigin { now, zone });
        assert!(found.lines_without_address <= found.lines);
        for selector in &found.selectors {
            let address: std::net::IpAddr = selector.address.parse().expect("an address");
            assert_eq!(address.to_string(), selector.address);
            if let (Some(from), Some(until)) = (&selector.from, &selector.until) {
                assert!(from.instant() <= until.instant());
            }
        }
    }
});
