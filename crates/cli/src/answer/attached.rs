//! The description of files that are disclosed: name, size and SHA-256, as the message lists them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 * 1024;

/// One entry for each file, in the same order.
pub(super) fn described(files: &[String]) -> Result<Value, Failure> {
    let entries: Result<Vec<Value>, Failure> = files.iter().map(|file| describe(Path::new(file))).collect();
    entries.map(Value::from)
}

fn describe(path: &Path) -> Result<Value, Failure> {
    let failed = |error: io::Error| Failure::system("cannot read", path, &error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut hash, mut size_bytes) = (Sha256::new(), 0_u64);
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        size_bytes += read as u64;
        hash.update(buffer.get(..read).unwrap_or_default());
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(json!({ "name": name.unwrap_or_default(), "size_bytes": size_bytes, "sha256": digits }))
}
