#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::testing::{COURT_XC, Member, POLICE_XA, POLICE_XB, PROSECUTION_XD, binding, context, sealed_at};
use crate::{open, seal};

const BODY: &[u8] = b"{\"kind\":\"note\",\"text\":\"hello\"}";

/// `[SEAL]` Every profile writes to every other, and the sender can read its own copy.
#[test]
fn every_profile_writes_to_every_other_and_keeps_a_copy() {
    let cast: [&Member; 4] = [&POLICE_XA, &POLICE_XB, &COURT_XC, &PROSECUTION_XD];
    for sender in cast {
        for recipient in cast {
            let binding = binding(sender, &[recipient]);
            let sealed = seal(
                &sender.key,
                &[recipient.certificate()],
                &binding,
                BODY,
                sealed_at(),
            )
            .unwrap();
            let senders = [sender.certificate()];
            let opened = open(&sealed, &context(recipient, &senders, &binding)).unwrap();
            assert_eq!(opened.body.as_slice(), BODY);
            assert_eq!(&opened.signed_by, sender.key.fingerprint());
            assert_eq!(opened.signed_at, sealed_at());
            assert_eq!(opened.binding, binding);

            let own_list = [recipient.certificate()];
            let mut own = context(sender, &senders, &binding);
            own.co_recipients = &own_list;
            assert_eq!(open(&sealed, &own).unwrap().body.as_slice(), BODY);
        }
    }
}
