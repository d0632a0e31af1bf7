#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::read::{Named, name};

const DIGEST: &str = "5e0c1f2a5e0c1f2a5e0c1f2a5e0c1f2a5e0c1f2a5e0c1f2a5e0c1f2a5e0c1f2a";

fn origins() -> Vec<String> {
    [
        "node.xa.example/ledger/2026",
        "node.xa.example/ledger/2027",
        "log.xa.example",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[test]
fn a_ledger_is_served_below_the_path_of_its_origin() {
    let [first, second, bare] = <[String; 3]>::try_from(origins()).unwrap();
    let named = |path| name(path, &origins());
    assert_eq!(
        named("ledger/2026/checkpoint"),
        Some(Named::Checkpoint(first.clone()))
    );
    assert_eq!(named("ledger/2027/checkpoint"), Some(Named::Checkpoint(second)));
    assert_eq!(named("checkpoint"), Some(Named::Checkpoint(bare)));
    let tile = "tile/0/x001/x234/067.p/9".parse().unwrap();
    assert_eq!(
        named("ledger/2026/tile/0/x001/x234/067.p/9"),
        Some(Named::Tile(first, tile))
    );
    assert_eq!(
        named(&format!("{DIGEST}/checkpoint")),
        Some(Named::Cosigned(DIGEST.to_owned()))
    );
}

/// A path has one spelling: what a cache keeps under another would be another thing for ever.
#[test]
fn nothing_else_is_named() {
    for path in [
        "",
        "ledger",
        "ledger/2026",
        "ledger/2026/",
        "ledger/2026//checkpoint",
        "ledger/2026/checkpoint/",
        "ledger/2025/checkpoint",
        "ledger/20267checkpoint",
        "ledger/2026/tile/0/0",
        "ledger/2026/tile/0/000.p/0",
        "ledger/2026/tile/0/000.p/256",
        "ledger/2026/tile/0/%3000",
        "ledger/2026/tile/00/000",
        "ledger/2026/tile/8/000",
        "ledger/2026/tile/entries/../0/000",
        "../ledger/2026/checkpoint",
        "metrics",
        "v1/status",
    ] {
        assert_eq!(name(path, &origins()), None, "{path}");
    }
    let capitals = format!("{}/checkpoint", DIGEST.to_uppercase());
    assert_eq!(name(&capitals, &origins()), None);
    assert_eq!(name("checkpoint", &origins()[..2]), None);
}
