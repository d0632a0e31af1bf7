//! The node's own keys and their days, and reading them again.

use axum::Json;
use axum::extract::State;
use control::types::{KeyKind, KeyStage, KeyTerm, Reloaded};

use super::Shared;
use super::gate::Write;
use crate::limits::KEY_ENDS_SOON;
use crate::news::timestamp;
use crate::rotation::terms::{self, Stage, Term};

pub(super) async fn list(State(parts): State<Shared>) -> Json<Vec<KeyTerm>> {
    Json(shown(&parts, |_| true))
}

pub(super) async fn reload(State(parts): State<Shared>, _write: Write) -> Json<Reloaded> {
    tracing::info!("reading again, because the control socket asked for it");
    Json(parts.reloading.reload().await)
}

/// Those of our keys that `wanted` picks.
pub(super) fn shown(parts: &Shared, wanted: impl Fn(&Term) -> bool) -> Vec<KeyTerm> {
    let now = parts.clock.now();
    let terms = parts.rotation.terms().into_iter().filter(|term| wanted(term));
    terms
        .map(|term| KeyTerm {
            ends_soon: term.ends_soon(now, KEY_ENDS_SOON),
            seconds_left: term.valid_until.map(|until| until.since(now).as_secs()),
            kind: kind(term.kind),
            office: term.office,
            id: term.id,
            stage: stage(term.stage),
            valid_from: term.valid_from.map(timestamp),
            valid_until: term.valid_until.map(timestamp),
            held: term.is_held,
            in_directory: term.is_named,
            succeeded: term.is_succeeded,
        })
        .collect()
}

fn kind(kind: terms::KeyKind) -> KeyKind {
    match kind {
        terms::KeyKind::Authority => KeyKind::Authority,
        terms::KeyKind::Tls => KeyKind::Tls,
        terms::KeyKind::Envelope => KeyKind::Envelope,
        terms::KeyKind::Ledger => KeyKind::Ledger,
        terms::KeyKind::Witness => KeyKind::Witness,
        terms::KeyKind::OpenPgp => KeyKind::Openpgp,
    }
}

fn stage(stage: Stage) -> KeyStage {
    match stage {
        Stage::Next => KeyStage::Next,
        Stage::InUse => KeyStage::InUse,
        Stage::Overlap => KeyStage::Overlap,
        Stage::Former => KeyStage::Former,
    }
}
