//! The segments that there are, in their order.

use super::*;

/// The segments' files in order, without a gap in their numbers.
pub(super) fn open_segments(directory: &Path) -> Result<Vec<Segment>, OpenError> {
    let mut segments: Vec<Segment> = Vec::new();
    for name in disk::list(directory)? {
        let path = directory.join(&name);
        let Some(sequence) = segment::parse_file_name(&name) else {
            tracing::warn!(file = %path.display(), "a file that is no journal segment was left alone");
            continue;
        };
        if segments
            .last()
            .is_some_and(|before| before.sequence + 1 != sequence)
        {
            return Err(damaged(
                &path,
                None,
                "the journal segment before this one is missing",
            ));
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(disk::error("open", &path))?;
        let capacity_bytes = file.metadata().map_err(disk::error("stat", &path))?.len();
        segments.push(Segment {
            sequence,
            path,
            file,
            capacity_bytes,
        });
    }
    Ok(segments)
}
