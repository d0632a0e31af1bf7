#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{Binding, BindingError, BindingField};
use crate::limits::RECIPIENTS_MAX;
use crate::testing::{COURT_XC, POLICE_XA, POLICE_XB, binding};

const HEADER: &str = "Ohrid-Message: 01939c5e-7b1a-7cc3-8f00-0102030405aa\n\
                      Ohrid-Case: 01939c5e-7b1a-7cc3-8f00-0102030405ab\n\
                      Ohrid-From: XA/police\n\
                      Ohrid-To: XB/police\n\
                      Ohrid-To: XC/court\n\
                      \n";

#[test]
fn the_header_is_written_and_read_in_one_form() {
    let binding = binding(&POLICE_XA, &[&POLICE_XB, &COURT_XC]);
    assert_eq!(binding.to_header().unwrap(), HEADER);
    let text = format!("{HEADER}\nbody\n");
    let (read, body_start) = Binding::split(text.as_bytes()).unwrap();
    assert_eq!(read, binding);
    assert_eq!(&text[body_start..], "\nbody\n");
}

#[test]
fn any_other_form_is_refused() {
    let to_line = "Ohrid-To: XB/police\n";
    let many: String = (0..=RECIPIENTS_MAX)
        .map(|n| format!("Ohrid-To: XB/office-{n}\n"))
        .collect();
    for text in [
        HEADER.replace("Message: ", "Message:"),
        HEADER.replace("Message: ", "Message:  "),
        HEADER.replace("Ohrid-From", "ohrid-from"),
        HEADER.replace('\n', "\r\n"),
        HEADER.replace("XA/police", "XA/Police"),
        HEADER.replace("05aa", "05AA"),
        HEADER.replace("XB/police\n", "XB/police \n"),
        HEADER.replace(to_line, &to_line.repeat(2)),
        HEADER.replace(to_line, &many),
        HEADER.replace(to_line, "").replace("Ohrid-To: XC/court\n", ""),
        HEADER.replace(to_line, "Subject: XB/police\n"),
        HEADER.replacen("Ohrid-Case", "Ohrid-Message", 1),
        HEADER.trim_end().to_owned() + "\n",
        HEADER.trim_end().to_owned() + "\n{}",
        format!("\n{HEADER}"),
        format!("\u{feff}{HEADER}"),
        format!("X-Other: 1\n{HEADER}"),
        "Ohrid-Message: ".to_owned() + &"x".repeat(100_000),
        String::new(),
    ] {
        assert_eq!(Binding::split(text.as_bytes()), None, "{text:.300}");
    }
    for end in 0..HEADER.len() {
        assert_eq!(Binding::split(&HEADER.as_bytes()[..end]), None);
    }
}

#[test]
fn a_binding_that_cannot_be_read_back_is_not_written() {
    let mut binding = binding(&POLICE_XA, &[]);
    assert_eq!(binding.to_header(), Err(BindingError::NoRecipient));
    binding.to = vec!["XB/police".parse().unwrap(); 2];
    assert!(matches!(
        binding.to_header(),
        Err(BindingError::RecipientTwice(_))
    ));
    let office = |n: usize| format!("XB/{n:032}").parse().unwrap();
    binding.to = (0..=RECIPIENTS_MAX).map(office).collect();
    assert_eq!(binding.to_header(), Err(BindingError::TooManyRecipients));
    // The longest that may be written is read back.
    binding.to.pop();
    let header = binding.to_header().unwrap();
    assert_eq!(Binding::split(header.as_bytes()), Some((binding, header.len())));
}

#[test]
fn an_envelope_names_one_of_the_recipients() {
    let inner = binding(&POLICE_XA, &[&POLICE_XB, &COURT_XC]);
    for recipient in [&POLICE_XB, &COURT_XC] {
        assert_eq!(binding(&POLICE_XA, &[recipient]).differs_from(&inner), None);
    }
    let other = binding(&POLICE_XA, &[&POLICE_XA]);
    assert_eq!(other.differs_from(&inner), Some(BindingField::To));
    let nobody = binding(&POLICE_XA, &[]);
    assert_eq!(nobody.differs_from(&inner), Some(BindingField::To));
}

#[test]
fn a_field_is_called_what_people_call_it() {
    let names = [
        (BindingField::Message, "message"),
        (BindingField::Case, "case"),
        (BindingField::From, "sender"),
        (BindingField::To, "recipient"),
    ];
    for (field, name) in names {
        assert_eq!(field.to_string(), name);
    }
}
