use super::*;
use crate::entry::tests::all;

/// The first bytes of a leaf name its kind, and no other.
#[test]
fn a_leaf_begins_as_its_own_kind_does_and_as_no_other() {
    for entry in all() {
        let leaf = entry.encode();
        let kinds: Vec<u64> = (0..64).filter(|kind| is_of_kind(&leaf, *kind)).collect();
        assert_eq!(kinds.len(), 1, "{entry:?}: {kinds:?}");
        assert!(!is_of_kind(&leaf[..3], kinds[0]), "cut short");
    }
    assert!(!is_of_kind(&[], LOG_BEGUN));
}
