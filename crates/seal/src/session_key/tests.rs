#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::testing::{BODY, COURT_XC, POLICE_XA, POLICE_XB, STRANGER_XE, binding, context, sealed_at};
use crate::{Certificate, OpenError, Opened, Outsider, open_with_session_key, reveal, seal};

fn sealed() -> Vec<u8> {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    seal(
        &POLICE_XA.key,
        &[POLICE_XB.certificate()],
        &binding,
        BODY,
        sealed_at(),
    )
    .unwrap()
}

fn revealed(sealed: &[u8]) -> SessionKey {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    let senders = [POLICE_XA.certificate()];
    let (opened, key) = reveal(sealed, &context(&POLICE_XB, &senders, &binding)).unwrap();
    assert_eq!(opened.body.as_slice(), BODY);
    key
}

fn open_outside(
    sealed: &[u8],
    key: &SessionKey,
    senders: &[Certificate],
    recipients: &[Certificate],
) -> Result<Opened, OpenError> {
    let binding = binding(&POLICE_XA, &[&POLICE_XB]);
    let inside = context(&POLICE_XB, senders, &binding);
    let outsider = Outsider {
        senders,
        recipients,
        co_recipients: &[],
        binding: &binding,
        received_at: inside.received_at,
        window: inside.window,
    };
    open_with_session_key(sealed, key, &outsider)
}

#[test]
fn whoever_has_the_session_key_opens_this_message_and_no_other() {
    let (first, second) = (sealed(), sealed());
    let key = revealed(&first);
    let (senders, recipients) = ([POLICE_XA.certificate()], [POLICE_XB.certificate()]);
    let opened = open_outside(&first, &key, &senders, &recipients).unwrap();
    assert_eq!(opened.body.as_slice(), BODY);
    assert_eq!(&opened.signed_by, POLICE_XA.key.fingerprint());
    let other = open_outside(&second, &key, &senders, &recipients);
    assert_eq!(other.unwrap_err(), OpenError::Damaged);
}

#[test]
fn an_outsider_believes_no_more_than_a_recipient() {
    let sealed = sealed();
    let key = revealed(&sealed);
    let (xa, xb) = (POLICE_XA.certificate(), POLICE_XB.certificate());
    let stranger = open_outside(
        &sealed,
        &key,
        &[STRANGER_XE.certificate()],
        std::slice::from_ref(&xb),
    );
    assert_eq!(stranger.unwrap_err(), OpenError::SignerUnknown);
    for recipients in [vec![], vec![COURT_XC.certificate()]] {
        let elsewhere = open_outside(&sealed, &key, std::slice::from_ref(&xa), &recipients);
        assert_eq!(elsewhere.unwrap_err(), OpenError::IntendedRecipient);
    }
    let mut damaged = sealed.clone();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let damaged = open_outside(&damaged, &key, &[xa], &[xb]);
    assert_eq!(damaged.unwrap_err(), OpenError::Damaged);
}

#[test]
fn a_session_key_has_one_text() {
    let text = revealed(&sealed()).to_text().to_string();
    assert!(text.starts_with("9:") && text.len() == 66, "an AES-256 key");
    assert_eq!(*text.parse::<SessionKey>().unwrap().to_text(), text);
    let hostile = [
        String::new(),
        text[2..].to_owned(),
        text.to_lowercase(),
        format!("0{text}"),
        format!("+{text}"),
        format!("{text}\n"),
        format!("{text}00"),
        text[..65].to_owned(),
        text.replacen("9:", "8:", 1) + "00",
        text.replacen("9:", "255:", 1),
    ];
    for text in hostile {
        assert!(text.parse::<SessionKey>().is_err(), "{text:?}");
    }
    assert_eq!(
        format!("{:?}", text.parse::<SessionKey>().unwrap()),
        "SessionKey(..)"
    );
}
