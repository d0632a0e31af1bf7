//! The fuzz targets, in the order in which they run. What each one reads and holds is in `fuzz/README.md`.

/// A file of `fuzz/targets`.
pub struct Target {
    pub name: &'static str,
    /// Folders with something to begin with, beside `fuzz/corpus/NAME`.
    pub seeds: &'static [&'static str],
    /// The feature that it is built with: its C takes minutes the first time.
    pub feature: Option<&'static str>,
}

const GOLDEN: &[&str] = &["crates/protocol/golden"];

pub const TARGETS: &[Target] = &[
    of("message", &[]),
    of("draft", &["config/examples"]),
    of("log_lines", &[]),
    of("words", &[]),
    of("control", &[]),
    of("wire", &[]),
    of("statements", GOLDEN),
    of("entry", GOLDEN),
    of("directory", GOLDEN),
    of("attachment", GOLDEN),
    of("peer", &[]),
    of("ledger_texts", &[]),
    of("witness", &[]),
    of("proof", &[]),
    of("tile", &[]),
    of("time_stamp", GOLDEN),
    of("certificate_facts", &[]),
    of("bundle", &[]),
    of("journal", &[]),
    of("store_files", &[]),
    of("recovery", &[]),
    with("openpgp", "openpgp_message", &[]),
    with("openpgp", "openpgp_attachment", &[]),
    with("openpgp", "openpgp_certificate", &[]),
    with("node", "stream", &["fuzz/corpus/wire"]),
    with("node", "node_config", &["config", "config/examples"]),
    with("node", "node_files", &[]),
];

/// The modules with parsers in them, of which `--coverage` counts the lines.
pub const DECODERS: &[&str] = &[
    "ledger/src/checkpoint",
    "ledger/src/cosignature",
    "ledger/src/encoding",
    "ledger/src/fork",
    "ledger/src/note",
    "ledger/src/policy",
    "ledger/src/proof",
    "ledger/src/tile",
    "ledger/src/tlog_proof",
    "ledger/src/witness",
    "protocol/src/attachment/manifest",
    "protocol/src/attachment/name",
    "protocol/src/attachment/request",
    "protocol/src/bundle",
    "protocol/src/cbor",
    "protocol/src/completion",
    "protocol/src/consignment",
    "protocol/src/cose",
    "protocol/src/directory/codec",
    "protocol/src/entry",
    "protocol/src/envelope",
    "protocol/src/frame",
    "protocol/src/hello",
    "protocol/src/ids",
    "protocol/src/index",
    "protocol/src/receipt",
    "protocol/src/rejection",
    "protocol/src/time_stamp",
    "protocol/src/x509",
    "store/src/journal/batch",
    "store/src/journal/scan",
    "store/src/journal/segment",
    "store/src/head",
    "control/src/events",
    "control/src/headers",
    "convention/src/log_lines",
    "convention/src/message",
    "convention/src/number",
    "convention/src/time",
];

const fn of(name: &'static str, seeds: &'static [&'static str]) -> Target {
    Target {
        name,
        seeds,
        feature: None,
    }
}

const fn with(feature: &'static str, name: &'static str, seeds: &'static [&'static str]) -> Target {
    Target {
        name,
        seeds,
        feature: Some(feature),
    }
}
