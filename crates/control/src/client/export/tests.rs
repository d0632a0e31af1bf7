use super::file_name;

#[test]
fn a_name_is_never_a_path() {
    let named = |name: &str| file_name(&format!("attachment; filename=\"{name}\""));
    assert_eq!(
        named("XA-2026-0412-7K.zip").as_deref(),
        Some("XA-2026-0412-7K.zip")
    );
    for name in ["", "../x.zip", "/etc/x", ".zip", "a b", "a\"b"] {
        assert_eq!(named(name), None, "{name}");
    }
    assert_eq!(file_name("inline"), None);
}
