//! Witnesses that are asked over HTTP (c2sp.org/tlog-witness): those of a policy file that are no Party's
//! node.

use ::ledger::limits::{MAX_NOTE_BYTES, MAX_WITNESS_ANSWER_BYTES};
use ::ledger::note::Note;
use ::ledger::witness::{Answer, monitoring_path};
use hyper::Method;

use super::path::Unreached;
use crate::outbound::{HttpAnswer, HttpUrl, NoAnswer, Question};

/// `POST <submission prefix>/add-checkpoint`.
///
/// # Errors
/// [`Unreached`].
pub(super) async fn add_checkpoint(url: &str, body: String) -> Result<Answer, Unreached> {
    let question = Question {
        method: Method::POST,
        below: "/add-checkpoint".to_owned(),
        content_type: Some("text/plain; charset=utf-8"),
        body: body.into_bytes(),
        answer_bytes_max: MAX_WITNESS_ANSWER_BYTES,
    };
    let answer = ask(url, question).await?;
    let kind = answer.content_type.as_deref().unwrap_or_default();
    Answer::parse(answer.status, Some(kind), &answer.body).map_err(|error| {
        tracing::debug!(url, %error, "no answer of the witness protocol");
        Unreached::NoWitness
    })
}

/// `GET <monitoring prefix>/<SHA-256 of the origin>/checkpoint`. A policy names no monitoring prefix: the
/// submission prefix is asked, which is the same for the witnesses that we know of.
///
/// # Errors
/// [`Unreached`].
pub(super) async fn head(url: &str, origin: &str) -> Result<Option<Note>, Unreached> {
    let question = Question {
        method: Method::GET,
        below: format!("/{}", monitoring_path(origin)),
        content_type: None,
        body: Vec::new(),
        answer_bytes_max: MAX_NOTE_BYTES,
    };
    let answer = ask(url, question).await?;
    match answer.status {
        200 => Note::parse(&answer.body)
            .map(Some)
            .map_err(|_| Unreached::NoWitness),
        404 => Ok(None),
        _ => Err(Unreached::NoWitness),
    }
}

async fn ask(url: &str, question: Question) -> Result<HttpAnswer, Unreached> {
    let address: HttpUrl = url.parse().map_err(|error| {
        tracing::error!(url, %error, "the policy names a witness at no address of HTTP");
        Unreached::NoWitness
    })?;
    address.ask(question).await.map_err(|error| {
        tracing::debug!(url, %error, "a witness gives no answer");
        match error {
            NoAnswer::Unreachable(_) | NoAnswer::Tls(_) | NoAnswer::NoAuthorities => Unreached::NotConnected,
            NoAnswer::TimedOut => Unreached::NoAnswer,
            NoAnswer::Broken(_) | NoAnswer::TooLong | NoAnswer::Impossible(_) => Unreached::NoWitness,
        }
    })
}
