//! `[C29-2-C]` What identifies data: an address at a time, an account, a domain.
//!
//! An IP address belongs to somebody only for a time, so that one without a time range is refused. Carriers
//! share one address among many subscribers, so that one without a source port gets a hint.

use core::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::message::content::Examination;
use crate::reading::{Form, Need, Section, Stated, words};
use crate::related::is_shared;
use crate::rule::Rule;
use crate::text::{Line, Text};
use crate::time::{TimeRange, Zone, ZonedInstant};

words! {
    /// What kind of identifier a selector is.
    Rule::C29_2C;
    SelectorType {
        /// An IPv4 or IPv6 address, with its source port and a time range.
        Ip = "ip",
        /// A domain name.
        Domain = "domain",
        /// A URL.
        Url = "url",
        /// A mail address.
        Email = "email",
        /// A telephone number, in international form.
        Telephone = "telephone",
        /// An account or screen name at a service.
        Account = "account",
        /// A device or hardware identifier: IMEI, MAC address, serial number.
        Device = "device",
        /// Anything else, described in words.
        Other = "other",
    }
}

/// One thing that identifies data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Selector {
    /// What kind of identifier it is.
    #[serde(rename = "type")]
    pub selector_type: Stated<SelectorType>,
    /// The identifier itself.
    pub value: Line,
    /// For an IP address: the source port.
    #[schemars(range(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// For an account: the service at which it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<Line>,
    /// When the data arose. Required for an IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<TimeRange>,
    /// What else is known: alias, physical address, mode of payment, type of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
}

impl Form for Selector {
    fn read(section: &mut Section<'_>) -> Self {
        const TYPE: &str = "write one of: ip, domain, url, email, telephone, account, device, other";
        Selector {
            selector_type: section.required("type", Need::new(Rule::C29_2C, TYPE)),
            value: section.required("value", Need::new(Rule::C29_2C, "write the identifier itself")),
            port: section.optional("port"),
            service: section.optional("service"),
            range: section.optional_form("range"),
            description: section.optional("description"),
        }
    }
}

/// One selector under examination, and where it stands.
struct Place<'e, 'a> {
    path: &'e str,
    examination: &'e mut Examination<'a>,
}

impl Place<'_, '_> {
    fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }

    fn fault(&mut self, field: &str, what: &str, mend: &str) {
        let path = self.path(field);
        self.examination.fault(Rule::C29_2C, &path, what, mend);
    }

    fn advise(&mut self, rule: Rule, field: &str, what: &str, mend: &str) {
        let path = self.path(field);
        self.examination.advise(rule, &path, what, mend);
    }
}

/// Examines one selector, which stands at `path`.
pub(in crate::message) fn check(selector: &Selector, path: &str, examination: &mut Examination<'_>) {
    let mut place = Place { path, examination };
    if let Some(selector_type) = selector.selector_type.permitted() {
        if !selector.value.is_empty() {
            check_value(selector_type, selector, &mut place);
        }
        check_companions(selector_type, selector, &mut place);
    }
    if let Some(range) = &selector.range {
        check_range(range, &mut place);
    }
}

fn check_value(selector_type: SelectorType, selector: &Selector, place: &mut Place<'_, '_>) {
    let value = selector.value.as_str();
    match selector_type {
        SelectorType::Ip => check_address(value, place),
        SelectorType::Domain if !is_domain(value) => {
            place.fault(
                "value",
                "is not a domain name",
                "write it without scheme and path, as www.example.org",
            );
        }
        SelectorType::Url if !is_url(value) => {
            place.fault(
                "value",
                "is not a URL",
                "write it with its scheme, as https://www.example.org/path",
            );
        }
        SelectorType::Email if !is_mail_address(value) => {
            place.fault("value", "is not a mail address", "write it as name@example.org");
        }
        SelectorType::Telephone if !is_telephone(value) => {
            let mend = "write it in international form: +, country code, number";
            place.fault("value", "is not a telephone number in international form", mend);
        }
        _ => {}
    }
}

fn check_address(value: &str, place: &mut Place<'_, '_>) {
    match value.parse::<IpAddr>() {
        Ok(address) if is_shared(address) => {
            let what = "is a private address, which many networks use at the same time";
            place.advise(
                Rule::C29_2C,
                "value",
                what,
                "give the public address, if you have it",
            );
        }
        Ok(_) => {}
        Err(_) if value.contains('/') => {
            place.fault(
                "value",
                "is a network, not one address",
                "write one selector for each address",
            );
        }
        Err(_) => {
            let mend = "write it as 192.0.2.17 or 2001:db8::17, and the port in port";
            place.fault("value", "is not an IP address", mend);
        }
    }
}

/// The fields that a type of selector needs, or has no use for.
fn check_companions(selector_type: SelectorType, selector: &Selector, place: &mut Place<'_, '_>) {
    if selector_type == SelectorType::Ip {
        if selector.range.is_none() {
            let mend =
                "add range = { from = ..., until = ... }: an address belongs to somebody only for a time";
            place.fault("range", "an IP address without a time range", mend);
        }
        if selector.port.is_none() {
            let mend =
                "carriers share one address among many subscribers; give the source port, if you have it";
            place.advise(Rule::C29_2C, "port", "an IP address without a source port", mend);
        }
    } else if selector.port.is_some() {
        place.fault("port", "only an IP address has a port", "leave it out");
    }
    match (selector_type, &selector.service) {
        (SelectorType::Account, None) => {
            place.fault(
                "service",
                "an account without its service",
                "name the service at which the account is",
            );
        }
        (SelectorType::Account, Some(_)) | (_, None) => {}
        (_, Some(_)) => place.fault(
            "service",
            "only an account has a service",
            "put it into description",
        ),
    }
    if selector_type == SelectorType::Other && selector.description.is_none() {
        place.fault(
            "description",
            "an identifier of another kind",
            "describe what kind of identifier it is",
        );
    }
}

fn check_range(range: &TimeRange, place: &mut Place<'_, '_>) {
    if let (Some(from), Some(until)) = (&range.from, &range.until)
        && until.instant() < from.instant()
    {
        place.fault(
            "range.until",
            "the time range ends before it starts",
            "give the later time as the end",
        );
    }
    for (field, time) in [("range.from", &range.from), ("range.until", &range.until)] {
        let Some(time) = time else { continue };
        check_time(field, time, place);
    }
}

/// Stored data are of the past; and a place tells more than UTC alone `[TIME-BOTH]`.
fn check_time(field: &str, time: &ZonedInstant, place: &mut Place<'_, '_>) {
    if place
        .examination
        .around
        .now
        .is_some_and(|now| time.instant() > now)
    {
        let mend = "only stored data can be preserved; check the year and the zone";
        place.fault(field, "is in the future", mend);
    }
    let is_without_place = *time.zone() == Zone::utc() || !time.zone().as_str().contains('/');
    if is_without_place {
        let what = "does not say at which place it was";
        let mend = "add the place in brackets, such as [Europe/Bucharest], if you know it";
        place.advise(Rule::TimeBoth, field, what, mend);
    }
}

/// A name of two or more labels, of letters of any script, digits and hyphens (also underscores, which
/// exist).
fn is_domain(value: &str) -> bool {
    let name = value.strip_suffix('.').unwrap_or(value);
    let fits = |label: &str| {
        let permitted = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
        !label.is_empty() && label.len() <= 63 && label.chars().all(permitted)
    };
    // A dotted number is an address, whatever else it might be.
    let is_address = name.parse::<IpAddr>().is_ok();
    name.len() <= 253 && name.contains('.') && !is_address && name.split('.').all(fits)
}

fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else {
        return false;
    };
    let permitted = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !scheme.is_empty()
        && scheme.bytes().all(permitted)
        && !host.is_empty()
        && !value.contains(char::is_whitespace)
}

fn is_mail_address(value: &str) -> bool {
    let Some((name, domain)) = value.rsplit_once('@') else {
        return false;
    };
    !name.is_empty() && !name.contains(char::is_whitespace) && is_domain(domain)
}

/// ITU-T E.164: a plus sign and 7 to 15 digits; separators that people write are ignored.
fn is_telephone(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('+') else {
        return false;
    };
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let permitted = |character: char| {
        character.is_ascii_digit() || matches!(character, ' ' | '-' | '(' | ')' | '.' | '/')
    };
    (7..=15).contains(&digits) && rest.chars().all(permitted)
}
