use super::*;

#[test]
fn damage_is_said_with_its_file_and_the_first_leaf_that_it_touches() {
    let of = |index| ReadError::Damaged {
        file: "a/b".into(),
        index,
        what: "a hash",
    };
    assert_eq!(of(None).to_string(), "a/b is damaged: a hash");
    assert_eq!(of(Some(7)).to_string(), "a/b is damaged at leaf 7: a hash");
}
