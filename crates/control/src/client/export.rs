//! The bundle of a case, as a stream.

use hyper::body::Bytes;
use hyper::{Method, header};

use super::{AttachmentContent, Client, ClientError};
use crate::limits::OPENING_TIMEOUT;
use crate::paths;
use crate::types::ExportQuery;

/// A zip file on its way. It is whole once [`BundleFile::next`] has given `None`.
#[derive(Debug)]
pub struct BundleFile {
    content: AttachmentContent,
    name: Option<String>,
}

impl Client {
    /// Has the bundle of a case made. The node makes all of it before it gives the first byte, and opens
    /// what is attached first, which takes some seconds for each gigabyte.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with 403 for whoever may not see the case, with 404 for an unknown case or
    /// message, with 413 for a bundle that would be too large.
    pub async fn export_case(&self, reference: &str, query: &ExportQuery) -> Result<BundleFile, ClientError> {
        let path = paths::case_export(reference, query);
        let answer = self
            .call(Method::GET, &path)
            .within(OPENING_TIMEOUT)
            .run()
            .await?;
        let name = answer.headers().get(header::CONTENT_DISPOSITION);
        let name = name.and_then(|value| file_name(value.to_str().ok()?));
        Ok(BundleFile {
            content: AttachmentContent::new(answer),
            name,
        })
    }
}

impl BundleFile {
    /// How long the file is, in bytes, as the node says.
    #[must_use]
    pub fn length_bytes(&self) -> Option<u64> {
        self.content.length_bytes()
    }

    /// What the node calls the file: a plain name, never a path.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The next bytes; `None` at the end of the whole file.
    ///
    /// # Errors
    /// When the connection breaks, or the node stops in the middle: what came so far is not the file.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        self.content.next().await
    }
}

fn file_name(disposition: &str) -> Option<String> {
    let name = disposition.split_once("filename=\"")?.1.strip_suffix('"')?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let is_name = !name.is_empty() && !name.starts_with('.') && name.chars().all(plain);
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
