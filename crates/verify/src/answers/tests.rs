#![allow(clippy::unwrap_used, clippy::expect_used)]

use protocol::ids::ActorId;

use super::*;
use crate::report::Verdict;
use crate::sample::{Network, Sample, at};

/// With room for two envelopes only, answers come too late, and are matched all the same.
#[test]
fn late_answers_are_matched_by_reading_again() {
    let network = Network::new();
    let (xa, xb) = (&network.xa, &network.xb);
    let headers: Vec<SignedHeader> = (1..=5).map(|number| xa.header(xb, number, None)).collect();
    let actor = ActorId::from_bytes([1; 16]);
    let mut entries: Vec<Entry> = headers
        .iter()
        .map(|header| Entry::Submitted {
            at: at(1),
            actor,
            header: header.clone(),
        })
        .collect();
    entries.extend(headers.iter().map(|header| Entry::Delivered {
        at: at(3),
        receipt: xb.receipt(header, at(2)),
    }));
    let never_sent = xa.header(xb, 6, None);
    entries.push(Entry::Delivered {
        at: at(3),
        receipt: xb.receipt(&never_sent, at(2)),
    });
    // A second answer to the first envelope is held against it as well.
    entries.push(Entry::Delivered {
        at: at(4),
        receipt: xb.receipt(&headers[0], at(2)),
    });

    let sample = Sample::new(&network, &entries);
    let export = Export::new(&sample.export());
    let directory_digest = network.signed_directory().digest().unwrap();
    let witnesses = Witnesses {
        directory: &network.directory,
        directory_digest,
        own: xa.party,
    };
    let mut report = Report::default();
    let threads = NonZeroUsize::new(2).unwrap();
    let mut answers = Answers::new(&export, 12, Some(&witnesses), threads);
    answers.capacity = 2;
    for (index, entry) in (0..).zip(&entries) {
        let site = Site {
            index,
            ledger_size: 12,
            position: index,
            file: "tile/entries/000.p/12",
        };
        if let Entry::Submitted { header, .. } = entry {
            let envelope = header.digest();
            answers.follow(Link::Sent { envelope, index }, &mut report);
        }
        if let Some(link) = witnesses.check_signatures(entry, &site, &mut report) {
            answers.follow(link, &mut report);
        }
    }
    assert_eq!(answers.pairs.len(), 2, "the last two were remembered");
    assert_eq!(answers.late_total, 5);
    answers.finish(&mut report);
    assert_eq!(report.receipts_proven, 6);
    assert_eq!((report.verdict(), report.findings_total()), (Verdict::Invalid, 1));
    assert_eq!(report.first_bad_index(), Some(10), "{report}");
}
