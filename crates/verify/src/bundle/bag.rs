//! The bag around the bundle (BagIt 1.0, RFC 8493): every file is named in a manifest, with its SHA-512, and
//! nothing else is there.

use std::collections::BTreeMap;

use protocol::bundle::path::BundlePath;
use protocol::bundle::sums::{self, Sum};
use protocol::bundle::{Bundle, names};

use super::container::{Container, FileError};
use crate::limits::{BAG_INFO_BYTES_MAX, BUNDLE_MANIFEST_BYTES_MAX};
use crate::report::{Place, Report};

/// The labels of `bag-info.txt`, in their order.
const LABELS: [&str; 6] = [
    "Source-Organization",
    "External-Identifier",
    "External-Description",
    "Bagging-Date",
    "Payload-Oxum",
    "Bag-Software-Agent",
];

/// Begins every path of the payload.
const PAYLOAD: &str = "data/";

/// Holds every file against the manifests. What is named and missing, there and not named, or has another
/// sum, is told of each.
pub fn check_sums(container: &Container, report: &mut Report) {
    match container.read(names::BAG_DECLARATION, names::BAG_DECLARATION_TEXT.len()) {
        Ok(bytes) if bytes == names::BAG_DECLARATION_TEXT.as_bytes() => {}
        Ok(_) | Err(FileError::TooLong(_)) => find(report, names::BAG_DECLARATION, "not BagIt 1.0 in UTF-8"),
        Err(error) => tell(error, names::BAG_DECLARATION, report),
    }
    let is_payload = |path: &BundlePath| path.as_str().starts_with(PAYLOAD);
    let has_no_sum = [names::TAG_MANIFEST, names::SIGNATURE];
    if let Some(named) = manifest(names::MANIFEST, container, report) {
        compare(names::MANIFEST, &named, container, is_payload, report);
    }
    if let Some(named) = manifest(names::TAG_MANIFEST, container, report) {
        let is_tag = |path: &BundlePath| !is_payload(path) && !has_no_sum.contains(&path.as_str());
        compare(names::TAG_MANIFEST, &named, container, is_tag, report);
    }
    let is_known = |path: &BundlePath| is_payload(path) || names::TAG_FILES.contains(&path.as_str());
    for path in container.files().keys().filter(|path| !is_known(path)) {
        find(report, path.as_str(), "no file of this name belongs in a bundle");
    }
    for name in names::TAG_FILES.into_iter().chain(names::ALWAYS) {
        if container.held(name).is_none() {
            find(report, name, FileError::Missing);
        }
    }
    report.files_checked += container.files().len() as u64;
}

/// Every file of the payload has its place in `bundle.json`.
pub fn check_places(container: &Container, bundle: &Bundle, report: &mut Report) {
    let named = bundle.files();
    for path in &named {
        if !container.files().contains_key(*path) {
            find(report, path.as_str(), FileError::Missing);
        }
    }
    for path in container.files().keys() {
        let name = path.as_str();
        let has_place = !name.starts_with(PAYLOAD) || names::ALWAYS.contains(&name) || named.contains(path);
        if !has_place {
            find(report, name, "bundle.json has no place for this file");
        }
    }
    if let Some(top) = container.top()
        && top != bundle.folder_name()
    {
        find(
            report,
            top,
            "the folder in the zip file has another name than the case",
        );
    }
}

/// What is said of the bag is what is so.
pub fn check_info(container: &Container, bundle: &Bundle, report: &mut Report) {
    let bytes = match container.read(names::BAG_INFO, BAG_INFO_BYTES_MAX) {
        Ok(bytes) => bytes,
        // That it is missing was said.
        Err(FileError::Missing) => return,
        Err(error) => return tell(error, names::BAG_INFO, report),
    };
    let Some(values) = info(&bytes) else {
        return find(report, names::BAG_INFO, "not the six lines that a bundle has");
    };
    let payload = container
        .files()
        .iter()
        .filter(|(path, _)| path.as_str().starts_with(PAYLOAD));
    let (files, bytes) = payload.fold((0_u64, 0_u64), |(files, bytes), (_, held)| {
        (files + 1, bytes.saturating_add(held.length_bytes))
    });
    let day = crate::report::utc(bundle.state_at_ms.0);
    let expected = [
        // For people, as are the others of which nothing is expected: the node's signature vouches for them.
        None,
        Some(bundle.case.id.to_string()),
        None,
        day.split('T').next().map(str::to_owned),
        Some(format!("{bytes}.{files}")),
        None,
    ];
    for ((label, value), expected) in LABELS.into_iter().zip(values).zip(expected) {
        if let Some(expected) = expected
            && expected != value
        {
            let reason = format!("{label} is {value}, and should be {expected}");
            find(report, names::BAG_INFO, reason);
        }
    }
}

/// The values of `bag-info.txt`, if it is exactly the lines that it must be.
fn info(bytes: &[u8]) -> Option<Vec<&str>> {
    let text = str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let lines: Vec<&str> = text.split('\n').collect();
    if lines.len() != LABELS.len() {
        return None;
    }
    let value = |(line, label): (&&'_ str, &str)| -> Option<()> {
        let value = line.strip_prefix(label)?.strip_prefix(": ")?;
        (!value.is_empty() && !value.chars().any(char::is_control)).then_some(())
    };
    let all: Option<Vec<()>> = lines.iter().zip(LABELS).map(value).collect();
    all?;
    Some(
        lines
            .into_iter()
            .zip(LABELS)
            .map(|(line, label)| &line[label.len() + 2..])
            .collect(),
    )
}

fn manifest(name: &str, container: &Container, report: &mut Report) -> Option<BTreeMap<BundlePath, Sum>> {
    let bytes = match container.read(name, BUNDLE_MANIFEST_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(FileError::Missing) => return None,
        Err(error) => {
            tell(error, name, report);
            return None;
        }
    };
    match sums::parse(&bytes) {
        Ok(files) => Some(files.into_iter().collect()),
        Err(error) => {
            find(report, name, error);
            None
        }
    }
}

fn compare(
    manifest: &str,
    named: &BTreeMap<BundlePath, Sum>,
    container: &Container,
    is_its: impl Fn(&BundlePath) -> bool,
    report: &mut Report,
) {
    for (path, sum) in named {
        match container.files().get(path) {
            _ if !is_its(path) => find(
                report,
                manifest,
                format!("it names {path}, which is not its to name"),
            ),
            None => find(
                report,
                path.as_str(),
                "the file is missing, and the manifest names it",
            ),
            Some(held) if held.sum != *sum => {
                let reason = format!("the file does not have the sum that {manifest} has of it");
                find(report, path.as_str(), reason);
            }
            Some(_) => {}
        }
    }
    for path in container.files().keys().filter(|path| is_its(path)) {
        if !named.contains_key(path) {
            let reason = format!("{manifest} does not name this file");
            find(report, path.as_str(), reason);
        }
    }
}

/// Notes that something is wrong with a file.
pub(super) fn find(report: &mut Report, file: impl std::fmt::Display, reason: impl std::fmt::Display) {
    report.find(Place::Elsewhere, file, reason);
}

/// Notes that a file was not read: what the machine cannot read is no fault of the bundle.
pub(super) fn tell(error: FileError, name: &str, report: &mut Report) {
    match error {
        FileError::Unreadable(error) => report.could_not_check(format!("{name}: {error}")),
        error => find(report, name, error),
    }
}

#[cfg(test)]
mod tests;
