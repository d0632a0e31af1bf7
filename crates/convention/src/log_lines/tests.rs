#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::{LogOrigin, LogWarning, Proposals, ProposedSelector, propose};
use crate::limits::{LIST_ELEMENTS_MAX, LOG_BYTES_MAX};
use crate::time::{Zone, ZonedInstant};

fn origin(zone: Option<&str>) -> LogOrigin {
    LogOrigin {
        now: ZonedInstant::parse("2026-03-15T16:00:00Z").unwrap().instant(),
        zone: zone.map(|name| Zone::named(name).unwrap()),
    }
}

fn read(text: &str) -> Proposals {
    propose(text, &origin(None))
}

fn only(text: &str) -> ProposedSelector {
    let proposals = read(text);
    assert_eq!(proposals.selectors.len(), 1, "{text}");
    proposals.selectors[0].clone()
}

fn shown(selector: &ProposedSelector) -> (String, Option<u16>, String) {
    let from = selector
        .from
        .as_ref()
        .map_or_else(String::new, |from| from.instant().to_string());
    (selector.address.clone(), selector.port, from)
}

/// `[TIME-BOTH]` Each spelling of the same moment is the same moment in UTC.
#[test]
fn time_both_every_log_tells_its_time_in_utc() {
    let moment = "2026-03-12T07:02:01Z";
    for line in [
        r#"198.51.100.45 - - [12/Mar/2026:09:02:01 +0200] "GET / HTTP/1.1" 200 5 "-" "Chrome/120.0.0.0""#,
        r#"198.51.100.45 - - [12/Mar/2026:07:02:01 +0000] "GET /1.2.3.0/24 HTTP/1.1" 200"#,
        "<34>1 2026-03-12T09:02:01.003+02:00 mail sshd - - - Failed password from 198.51.100.45",
        "2026-03-12T07:02:01Z login from 198.51.100.45.",
        "2026-03-12 07:02:01,123 UTC login from 198.51.100.45",
        "Received: from x ([198.51.100.45]) by mail.example.org; Thu, 12 Mar 2026 09:02:01 +0200",
        "Received: from x ([198.51.100.45])\n\tby mail.example.org;\n Thu, 12 Mar 2026 09:02:01 +0200",
        "2026-03-12 08:02:01+01:00,198.51.100.45,login",
    ] {
        let found = only(line);
        assert_eq!(
            shown(&found),
            ("198.51.100.45".to_owned(), None, moment.to_owned()),
            "{line}"
        );
        assert_eq!(
            found.warnings.into_iter().collect::<Vec<_>>(),
            [LogWarning::NoPort],
            "{line}"
        );
    }
}

/// `[C29-2-C]` The source port is found in each of the places where logs have it.
#[test]
fn c29_2_c_the_port_is_found_beside_the_address() {
    for line in [
        "Mar 12 09:02:01 mail sshd[1]: Failed password for root from 198.51.100.45 port 51724 ssh2",
        "2026-03-12T07:02:01Z 198.51.100.45:51724 GET /",
        "2026-03-12 07:02:01,198.51.100.45,51724,login",
        "2026-03-12 07:02:01Z;198.51.100.45;51724",
    ] {
        assert_eq!(only(line).port, Some(51724), "{line}");
        assert!(!only(line).warnings.contains(&LogWarning::NoPort), "{line}");
    }
    assert_eq!(
        shown(&only("2026-03-12T07:02:01Z from [2001:db8::17]:51724")),
        (
            "2001:db8::17".to_owned(),
            Some(51724),
            "2026-03-12T07:02:01Z".to_owned()
        )
    );
    let column = only("2026-03-12 07:02:01Z,198.51.100.45,51724");
    assert_eq!(
        column.warnings.into_iter().collect::<Vec<_>>(),
        [LogWarning::PortFromColumn]
    );
    assert_eq!(only("2026-03-12 07:02:01Z,198.51.100.45,200,GET").port, None);
    assert_eq!(only("198.51.100.45,2026-03-12 07:02:01Z").port, None);
    assert_eq!(only("198.51.100.45:99999 2026-03-12 07:02:01Z").port, None);
    let header = "X-Originating-IP: [IPv6:2001:db8::17]";
    assert_eq!(only(header).address, "2001:db8::17");
}

/// Without zone or year the line is worth less, and says so; with the zone of the log it is worth more.
#[test]
fn time_both_a_line_without_zone_is_warned_of() {
    let line = "Mar 12 09:02:01 mail sshd[1]: from 198.51.100.45 port 51724";
    let without = only(line);
    assert_eq!(without.from, None);
    let warnings: Vec<LogWarning> = without.warnings.into_iter().collect();
    assert_eq!(warnings, [LogWarning::NoZone, LogWarning::NoYear]);
    let with = propose(line, &origin(Some("Europe/Bucharest")))
        .selectors
        .remove(0);
    assert_eq!(with.from.unwrap().instant().to_string(), "2026-03-12T07:02:01Z");
    // What would lie ahead was last year; and 29 February was in a leap year.
    for (line, year) in [
        ("Dec 24 20:00:00 h x: 198.51.100.45", "2025"),
        ("Feb 29 20:00:00 h x: 198.51.100.45", "2024"),
    ] {
        let found = propose(line, &origin(Some("UTC"))).selectors.remove(0);
        assert!(
            found.from.unwrap().instant().to_string().starts_with(year),
            "{line}"
        );
    }
    let nginx =
        "2026/03/12 09:02:01 [error] 7#7: *1 open() failed, client: 198.51.100.45, server: example.org";
    assert!(only(nginx).warnings.contains(&LogWarning::NoZone));
    assert!(only("login 198.51.100.45").warnings.contains(&LogWarning::NoTime));
}

#[test]
fn what_is_doubtful_is_warned_of() {
    let ahead = only("2026-03-15T16:00:01Z 198.51.100.45:1024");
    assert_eq!(
        ahead.warnings.into_iter().collect::<Vec<_>>(),
        [LogWarning::FutureTime]
    );
    assert!(
        only("2026-03-12T07:02:01Z 10.0.0.7:1")
            .warnings
            .contains(&LogWarning::PrivateRange)
    );
    let carrier = only("2026-03-12T07:02:01Z 100.64.3.4:1");
    assert_eq!(
        carrier.warnings.into_iter().collect::<Vec<_>>(),
        [LogWarning::CarrierGradeNat]
    );
    for nothing in [
        "Chrome/120.0.0.0",
        "192.0.2.0/24",
        "v1.2.3.4",
        "09:02:01",
        "00:1a:2b:3c:4d:5e",
        "1.2.3",
        "a-1.2.3.4",
    ] {
        assert_eq!(read(nothing).selectors, [], "{nothing}");
        assert_eq!(read(nothing).lines_without_address, 1);
    }
}

/// Lines of one address are one selector, from the first time to the last; another port is another selector.
#[test]
fn lines_of_one_address_are_one_selector() {
    let text = "2026-03-12T07:05:00Z 198.51.100.45:1024 a\n\n2026-03-12T07:02:00Z 198.51.100.45:1024 b\n\
                2026-03-12T07:03:00Z ::ffff:198.51.100.45 c\nno address here\n";
    let proposals = read(text);
    assert_eq!((proposals.lines, proposals.lines_without_address), (4, 1));
    let [first, second] = &proposals.selectors[..] else {
        panic!("{proposals:?}")
    };
    assert_eq!((first.lines, first.first_line, second.first_line), (2, 1, 4));
    assert_eq!(
        first.to_toml(),
        "[[data.selectors]]\ntype = \"ip\"\nvalue = \"198.51.100.45\"\nport = 1024\n\
         range = { from = \"2026-03-12T07:02:00Z\", until = \"2026-03-12T07:05:00Z\" }\n"
    );
    assert!(second.to_toml().starts_with("# no source port"));
    // What is proposed can stand in a request.
    let request = crate::examples::file(crate::message::Kind::PreservationRequest);
    let with_it = request.replacen(
        "[[data.selectors]]",
        &format!("{}\n[[data.selectors]]", first.to_toml()),
        1,
    );
    let context = crate::examples::request_context();
    crate::message::Draft::judge_toml(&with_it, &context).unwrap();
}

#[test]
fn hostile_logs_are_bounded() {
    let crowd: String = (0..2_000)
        .map(|n| format!("10.0.{}.{} x\n", n / 250, n % 250))
        .collect();
    let proposals = read(&crowd);
    assert_eq!(proposals.selectors.len(), LIST_ELEMENTS_MAX);
    assert!(proposals.is_cut_short);
    let long = "é".repeat(LOG_BYTES_MAX);
    assert!(read(&long).is_cut_short);
    assert!(!format!("{:?}", read("198.51.100.45")).contains("198.51"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// No text makes it fail.
    #[test]
    fn any_text_is_read(
        text in "\\PC{0,60}|[0-9:./ TZ+MarJan,\\[\\]é-]{0,60}|[0-9]{2}:[0-9]{2}:[0-9]{2}é{0,3}"
    ) {
        let with_zone = propose(&text, &origin(Some("Europe/Lisbon")));
        prop_assert_eq!(with_zone.selectors.len(), read(&text).selectors.len());
    }
}
