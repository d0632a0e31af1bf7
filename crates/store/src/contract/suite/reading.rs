//! Reading while somebody writes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

/// Readers on other threads see whole commits, in order, while the writer works.
pub(crate) fn readers_see_whole_commits(medium: &dyn Medium) {
    let mut story = Story::default();
    let mut store = medium.open();
    let commits: Vec<_> = (0..60).map(|_| story.day().fill(9).commit()).collect();
    let ends: Vec<u64> = std::iter::once(0)
        .chain(commits.iter().map(|commit| commit.size_after))
        .collect();
    let reader = store.reader();
    let total = story.size();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut before = 0;
                while before < total {
                    let edge = reader.edge();
                    assert!(edge.size() >= before && ends.contains(&edge.size()));
                    assert_eq!(edge, story.edge_at(edge.size()));
                    before = edge.size();
                    if let Some(last) = before.checked_sub(1) {
                        assert_eq!(
                            reader.leaf(last / 2).unwrap(),
                            story.leaves[usize::try_from(last / 2).unwrap()]
                        );
                        let proof = reader.inclusion_proof(last, before).unwrap();
                        let leaf = leaf_hash(&story.leaves[usize::try_from(last).unwrap()]);
                        proof.verify(before, &leaf, &edge.root()).unwrap();
                    }
                }
            });
        }
        for commit in &commits {
            store.commit(commit).unwrap();
            store.maintain().unwrap();
        }
    });
    check_all(&*reader, &story);
}
