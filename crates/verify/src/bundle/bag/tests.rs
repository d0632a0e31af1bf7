use super::*;

const GOOD: &str = "Source-Organization: Party XA\nExternal-Identifier: 1\nExternal-Description: a case\n\
                    Bagging-Date: 2026-11-22\nPayload-Oxum: 5.1\nBag-Software-Agent: test\n";

#[test]
fn what_is_said_of_a_bag_has_one_form() {
    let values = info(GOOD.as_bytes());
    assert_eq!(
        values,
        Some(vec!["Party XA", "1", "a case", "2026-11-22", "5.1", "test"])
    );
    for (what, changed) in [
        ("a line missing", GOOD.replace("Payload-Oxum: 5.1\n", "")),
        ("a line more", format!("{GOOD}Contact-Name: nobody\n")),
        ("another order", GOOD.replace("Bagging-Date", "Payload-Oxum")),
        ("an empty value", GOOD.replace(": 5.1", ": ")),
        ("a folded line", GOOD.replace("a case", "a\n case")),
        ("another line end", GOOD.replace('\n', "\r\n")),
        ("no line end", GOOD.trim_end().to_owned()),
        ("a tab", GOOD.replace("a case", "a\tcase")),
        ("nothing", String::new()),
    ] {
        assert_eq!(info(changed.as_bytes()), None, "{what}");
    }
    assert_eq!(info(b"\xff\n"), None);
}
