use super::format_of_later;

#[test]
fn only_a_greater_number_of_the_same_name_is_later() {
    let later = |bytes: &[u8]| format_of_later(bytes, "ohrid-head/", 1);
    assert_eq!(later(b"ohrid-head/2\n7\n"), Some("ohrid-head/2".to_owned()));
    assert_eq!(later(b"ohrid-head/10"), Some("ohrid-head/10".to_owned()));
    for other in [
        &b"ohrid-head/1\n"[..],
        b"ohrid-head/0\n",
        b"ohrid-head/\n",
        b"ohrid-logs/2\n",
        b"",
    ] {
        assert_eq!(later(other), None);
    }
}
