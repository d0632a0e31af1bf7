//! What an officer writes, as TOML and as JSON: judged without a panic, and what may be sent can be read by
//! its recipient, who finds nothing wrong with it.
#![no_main]

use convention::message::{Context, Draft, Message, MessageId};
use convention::time::Instant;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let id: MessageId = "019d3a5e-7c00-7000-8000-000000000001".parse().expect("an id");
    let context = Context {
        message_id: id,
        case: id.into(),
        sender: "XA/police".parse().expect("a contact point"),
        recipients: vec!["XB/police".parse().expect("a contact point")],
        officer: None,
        now: Instant::from_unix_ms(1_773_590_400_000).expect("a time"),
        case_view: None,
        own_profile: None,
        recipient_profile: None,
    };
    for judged in [
        Draft::judge_toml(text, &context),
        Draft::judge_json(text, &context),
    ] {
        if let Ok((message, _)) = judged {
            let received = Message::read(&message.to_json()).expect("what may be sent can be read");
            assert_eq!(received.message, message);
            assert_eq!(received.nonconformities, [], "what may be sent conforms");
        }
    }
});
