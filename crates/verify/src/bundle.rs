//! The check of a bundle: one case, as a node has exported it (`docs/bundle.md`).
//!
//! The steps are those of the format's last section, in its order:
//!
//! 1. [`container`] and [`bag`]: the folder or the zip file has the one form of a bundle, every file has the
//!    sum that the manifests have of it, none is missing and none too many.
//! 2. `bundle.json` is read strictly (`protocol::bundle`), and every file has its place in it.
//! 3. [`trust`]: who signed the directories in it, and the node's signature over the whole.
//! 4. [`logs`] and [`leaves`]: checkpoints, proofs, and every signed statement, each by the key that its
//!    signer had at that time.
//! 5. [`messages`]: what the headers commit to, what the sealed originals say, what is attached.
//! 6. [`answers`]: receipts, with the leaf that the other node wrote; rejections.
//! 7. [`timeline`]: it has a line for every leaf, and says what that says.
//!
//! What is left out on purpose, and said to be, is no fault.

pub mod answers;
pub mod bag;
pub mod container;
pub mod leaves;
pub mod logs;
pub mod messages;
mod opening;
mod print;
pub mod timeline;
pub mod trust;

use std::path::Path;

use protocol::bundle::{Bundle, names};
use protocol::limits::BUNDLE_JSON_BYTES_MAX;

use crate::head;
use crate::report::{Report, Verdict};
use crate::trust::Sources;
use answers::Answers;
use container::{Container, ContainerError};
use messages::Messages;
use trust::Directories;

/// What came of the check of a bundle.
#[derive(Debug, Default)]
pub struct BundleReport {
    /// What was found, and how much was checked. An index is that of a leaf in its log.
    pub report: Report,
    /// What is what in the bundle, if that could be read.
    pub bundle: Option<Bundle>,
}

impl BundleReport {
    /// What it comes to.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.report.verdict()
    }
}

/// Checks the bundle in a folder or a zip file: everything in it, with what the auditor has brought.
///
/// Of the sources, the secretariat's keys, the threshold and the policy are used; the directories are those
/// in the bundle. Ends for every input, and keeps no more in memory than [`crate::limits`] and
/// [`protocol::limits`] allow.
#[must_use]
pub fn check_bundle(path: &Path, sources: &Sources) -> BundleReport {
    let mut checked = BundleReport::default();
    let report = &mut checked.report;
    let container = match Container::open(path) {
        Ok(container) => container,
        Err(error @ ContainerError::Unreadable { .. }) => {
            report.could_not_check(error);
            return checked;
        }
        Err(ContainerError::Form { place, what }) => {
            bag::find(report, place, what);
            return checked;
        }
    };
    bag::check_sums(&container, report);
    let contents = container.read(names::CONTENTS, BUNDLE_JSON_BYTES_MAX);
    let bundle = match contents {
        Ok(bytes) => Bundle::parse(&bytes).map_err(|error| bag::find(report, names::CONTENTS, error)),
        // That it is missing was said.
        Err(container::FileError::Missing) => return checked,
        Err(error) => {
            bag::tell(error, names::CONTENTS, report);
            return checked;
        }
    };
    let Ok(bundle) = bundle else { return checked };
    check_contents(path, &container, &bundle, sources, report);
    checked.bundle = Some(bundle);
    checked
}

fn check_contents(
    path: &Path,
    container: &Container,
    bundle: &Bundle,
    sources: &Sources,
    report: &mut Report,
) {
    bag::check_places(container, bundle, report);
    let directories = Directories::load(path, container, bundle, sources, report);
    bag::check_info(container, bundle, report);
    trust::check_seal(container, bundle, &directories, report);
    let policy = sources
        .policy
        .as_ref()
        .and_then(|file| head::read_policy(file, report));
    let heads = logs::check(container, bundle, &directories, policy.as_ref(), report);
    let entries = leaves::check(container, bundle, &heads, &directories, report);
    let entries = entries.as_slice();
    let messages = Messages {
        container,
        bundle,
        entries,
        directories: &directories,
    };
    messages.check(report);
    let answers = Answers {
        container,
        bundle,
        entries,
        directories: &directories,
    };
    answers.check(report);
    timeline::check(container, bundle, report);
}

#[cfg(test)]
mod contents;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
