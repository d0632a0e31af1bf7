//! What people and programs write in one line: times, periods, names, numbers, ids, tags. Whatever the text
//! is, nothing panics; what was read is read again from what it prints; where there is one spelling, it is
//! the one; and what is wrong is said.
#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use control::headers::{IdempotencyKey, decode_officer, encode_officer};
use convention::check_words::CheckWords;
use convention::number::CaseNumber;
use convention::profile::Hours;
use convention::statistics::Period;
use convention::time::{Instant, Zone, ZonedInstant};
use libfuzzer_sys::fuzz_target;
use protocol::attachment::{AttachmentNumber, FileName, MediaType};
use protocol::ids::{ActorId, CaseId, Code, ContactPoint, MessageId, PartyCode};
use protocol::key::PublicKey;

fuzz_target!(|text: &str| {
    // One spelling.
    one_spelling::<PartyCode>(text);
    one_spelling::<ContactPoint>(text);
    one_spelling::<MessageId>(text);
    one_spelling::<CaseId>(text);
    one_spelling::<ActorId>(text);
    one_spelling::<Code>(text);
    one_spelling::<PublicKey>(text);
    one_spelling::<FileName>(text);
    one_spelling::<MediaType>(text);
    one_spelling::<AttachmentNumber>(text);
    one_spelling::<IdempotencyKey>(text);
    one_spelling::<CaseNumber>(text);
    one_spelling::<convention::party::PartyCode>(text);
    one_spelling::<convention::party::ContactPoint>(text);
    one_spelling::<convention::message::Kind>(text);
    // Several, with one meaning.
    one_meaning::<convention::rule::Rule>(text);
    one_meaning::<Instant>(text);
    one_meaning::<Hours>(text);
    one_meaning::<CheckWords>(text);
    one_meaning::<convention::text::Language>(text);
    one_meaning::<convention::message::MessageId>(text);
    times(text);
    if let Ok(number) = CaseNumber::heard(text) {
        assert_eq!(number.to_string().parse(), Ok(number));
    }
    if let Some(officer) = decode_officer(text) {
        assert!(!officer.is_empty() && !officer.chars().any(char::is_control));
        assert_eq!(decode_officer(&encode_officer(&officer)), Some(officer));
    }
});

fn one_meaning<T>(text: &str) -> Option<T>
where
    T: FromStr<Err: Display> + Display + PartialEq + Debug,
{
    match text.parse::<T>() {
        Ok(read) => {
            let printed = read.to_string();
            match printed.parse::<T>() {
                Ok(again) => assert_eq!(again, read, "{printed:?}"),
                Err(error) => panic!("{printed:?}: {error}"),
            }
            Some(read)
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

fn one_spelling<T>(text: &str)
where
    T: FromStr<Err: Display> + Display + PartialEq + Debug,
{
    if let Some(read) = one_meaning::<T>(text) {
        assert_eq!(read.to_string(), text);
    }
}

fn times(text: &str) {
    if let Ok(time) = ZonedInstant::parse(text) {
        let printed = time.to_string();
        assert_eq!(ZonedInstant::parse(&printed).as_ref(), Ok(&time), "{printed}");
        assert!(!time.local_and_utc().is_empty());
    }
    if let Ok(period) = Period::named(text, &Zone::utc()) {
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_digit() || b"-Qq".contains(&byte)),
            "{text:?}"
        );
        assert!(period.from < period.until && period.contains(period.from));
        assert!(!period.contains(period.until));
        assert_eq!(Period::named(&period.to_string(), &Zone::utc()), Ok(period));
    }
    if let Ok(at) = ohrid_verify::period::parse_instant(text) {
        // Another reader of the same, which knows the calendar better.
        let day = (text.len() == 10).then(|| format!("{text}T00:00:00Z"));
        let other: Instant = day.as_deref().unwrap_or(text).parse().expect("an instant");
        assert_eq!(Ok(at.0), u64::try_from(other.as_unix_ms()));
    }
}
