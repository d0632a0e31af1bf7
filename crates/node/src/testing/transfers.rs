//! Where attachments are kept, in a folder of a test.

use std::path::Path;
use std::sync::Arc;

use store::{AttachmentSettings, Embedded, Settings};
use zeroize::Zeroizing;

use crate::attachments::manifests::USAGE_FOLDER;
use crate::attachments::{Kept, Manifests, Staging, Usage};

/// Opens, or opens again, what a folder keeps.
pub(crate) fn kept(folder: &Path, settings: AttachmentSettings) -> Kept {
    let store = folder.join("data");
    std::fs::create_dir_all(&store).unwrap();
    let (store, _) = Embedded::open(&store, &Settings::default()).unwrap();
    let manifests = folder.join("manifests");
    let files = Arc::new(store.attachments(settings).unwrap());
    let secrets = [Zeroizing::new([7; 32])];
    let staged = folder.join("staged");
    Kept {
        staging: Staging::open(Arc::clone(&files), &staged, &secrets, u64::MAX, |_| false).unwrap(),
        files,
        manifests: Arc::new(Manifests::open(&manifests, &[Zeroizing::new([7; 32])]).unwrap()),
        usage: Arc::new(Usage::open(&manifests.join(USAGE_FOLDER)).unwrap()),
    }
}
