//! Which files a ledger of a given size consists of (c2sp.org/tlog-tiles): nothing but arithmetic on the
//! size.

/// Hashes in a full tile, and entries in a full bundle.
const WIDTH: u64 = 256;

/// The paths below `tile/` for a tree of `size` leaves: every tile of every level, every entry bundle, the
/// partial one at the right edge included.
pub(super) fn paths(size: u64) -> Vec<String> {
    let mut paths = Vec::new();
    let mut level = 0;
    let mut hashes = size;
    while hashes > 0 {
        row(&level.to_string(), hashes, &mut paths);
        level += 1;
        hashes /= WIDTH;
    }
    row("entries", size, &mut paths);
    paths
}

/// The tree size that a checkpoint states: the second line of its text.
pub(super) fn size_of(checkpoint: &str) -> Option<u64> {
    let line = checkpoint.lines().nth(1)?;
    let size: u64 = line.parse().ok()?;
    // One spelling per number: no sign, no leading zero.
    (size.to_string() == line).then_some(size)
}

/// Whether a path that the node named leads nowhere but below `tile/`.
pub(super) fn is_below_tile(path: &str) -> bool {
    let is_part = |part: &str| {
        let mut letters = part.bytes();
        letters.next().is_some_and(|first| first.is_ascii_alphanumeric())
            && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'.')
    };
    path.split('/').all(is_part)
}

fn row(name: &str, hashes: u64, paths: &mut Vec<String>) {
    let full = hashes / WIDTH;
    let partial = hashes % WIDTH;
    paths.extend((0..full).map(|index| format!("{name}/{}", number(index))));
    if partial > 0 {
        paths.push(format!("{name}/{}.p/{partial}", number(full)));
    }
}

/// An index in groups of three digits, all but the last marked with `x`: 1234067 is `x001/x234/067`.
fn number(index: u64) -> String {
    let mut text = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    text
}
