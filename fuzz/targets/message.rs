//! What a peer sends: read it, weigh it, fold it into a case. Whatever the bytes are, nothing panics; what
//! was understood can be written and is understood in the same way again; and nothing that was read is lost
//! on the way into the case.
#![no_main]

use convention::case::{CaseFact, CaseView};
use convention::clock::Policy;
use convention::message::Message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(received) = Message::read(bytes) else {
        return;
    };
    let message = received.message.clone();
    let again = Message::read(&message.to_json()).expect("what we write can be read");
    assert_eq!(again.message, message);

    let _ = message.normalised_selectors();
    let received = received.weighed(None, None);
    let at = message.sent_at();
    let fact = CaseFact::received(received, at);
    let case = CaseView::fold([fact.clone(), fact]);
    assert_eq!(
        case.messages.len(),
        1,
        "one message is one message, however often it comes"
    );
    let _ = case.alarms(message.from().party(), &Policy::default(), at);
    let _ = serde_json::to_vec(&case).expect("a case can be shown");
});
