#![allow(clippy::unwrap_used, clippy::expect_used)]
//! Bundles whose sealed originals are really sealed, and are opened with their session keys.
