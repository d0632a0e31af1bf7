//! The one spelling of each type of identifier.

use core::net::{IpAddr, Ipv6Addr};

/// An address that means one network: IPv4 in IPv6 as IPv4, IPv6 as RFC 5952 writes it; nothing for a private
/// one.
pub(super) fn public_address(text: &str) -> Option<String> {
    let address = match bare_address(text)? {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    };
    (!is_shared(address)).then(|| address.to_string())
}

fn bare_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    text.parse().ok()
}

/// Whether many networks use the address at the same time.
pub(crate) fn is_shared(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            // 100.64.0.0/10 is what carriers use inside (RFC 6598).
            let is_carrier = v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64;
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || is_carrier
        }
        IpAddr::V6(v6) => is_shared_v6(v6),
    }
}

fn is_shared_v6(v6: Ipv6Addr) -> bool {
    v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local()
}

/// A domain name in small letters and without its last dot, in the form that the DNS has (UTS 46): `xn--...`.
pub(super) fn domain(text: &str) -> Option<String> {
    let name = idna::domain_to_ascii(text.trim()).ok()?;
    let name = name.strip_suffix('.').unwrap_or(&name);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_graphic());
    let has_labels = name.contains('.') && name.split('.').all(is_label);
    let is_name = has_labels && name.parse::<IpAddr>().is_err();
    is_name.then(|| name.to_owned())
}

/// A URL, and its host: scheme and host in small letters, without user, default port, and fragment.
pub(super) fn url(text: &str) -> Option<(String, String)> {
    let (scheme, rest) = text.trim().split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (place, path) = rest.split_at(end);
    let place = place.rsplit('@').next().unwrap_or_default();
    let (host, port) = host_and_port(place)?;
    let default_port = match scheme.as_str() {
        "http" => "80",
        "https" => "443",
        "ftp" => "21",
        _ => "",
    };
    let port = match port {
        "" => String::new(),
        port if port == default_port => String::new(),
        port => format!(":{port}"),
    };
    let path = match path {
        "" => "/".to_owned(),
        query if query.starts_with('?') => format!("/{query}"),
        path => path.to_owned(),
    };
    Some((format!("{scheme}://{host}{port}{path}"), host))
}

fn host_and_port(place: &str) -> Option<(String, &str)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':').unwrap_or_default())
        }
        None => place.split_once(':').unwrap_or((place, "")),
    };
    let host = match bare_address(host) {
        Some(address) => address.to_string(),
        None => domain(host)?,
    };
    Some((host, port))
}

/// A mail address in small letters. The part before the @ may by the standard tell capitals apart; no
/// provider that matters does.
pub(super) fn mail_address(text: &str) -> Option<String> {
    let (name, host) = text.trim().rsplit_once('@')?;
    let is_around = |character: char| character == '"' || character.is_whitespace();
    let name = name.trim_matches(is_around).to_lowercase();
    if name.is_empty() {
        return None;
    }
    domain(host).map(|host| format!("{name}@{host}"))
}

/// A telephone number as ITU-T E.164 has it: a plus sign and 7 to 15 digits. `00` for the plus sign is taken;
/// a zero in brackets, which is dialled at home only, is left out.
pub(super) fn telephone(text: &str) -> Option<String> {
    let text = text.trim().replace("(0)", "");
    let rest = text.strip_prefix('+').or_else(|| text.strip_prefix("00"))?;
    let is_separator = |character: char| matches!(character, ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}');
    let digits: String = rest
        .chars()
        .filter(|character| !is_separator(*character))
        .collect();
    let is_number = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

/// Service and name in small letters; an account without its service is nobody's.
pub(super) fn account(name: &str, service: &str) -> Option<String> {
    let one_line = |text: &str| {
        text.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase()
    };
    let (name, service) = (one_line(name.trim().trim_start_matches('@')), one_line(service));
    (!name.is_empty() && !service.is_empty()).then(|| format!("{service} / {name}"))
}

/// Letters and digits only, in small letters; fewer than six mean no one device.
pub(super) fn device(text: &str) -> Option<String> {
    let bare: String = text
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|character| character.is_alphanumeric())
        .collect();
    (bare.chars().count() >= 6).then_some(bare)
}
