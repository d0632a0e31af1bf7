//! Requests to send where it does not matter what is asked.

use anyhow::{Context, Result};
use control::types::SendRequest;

use crate::programs::checkout;

/// Long or optional parts of the example request that are left out, so that about 1 KiB of JSON is left.
const LEFT_OUT: &[(&str, &[&str])] = &[
    (
        "offence",
        &[
            "suspects",
            "victims",
            "damage",
            "seriousness",
            "related_investigations",
            "earlier_requests",
        ],
    ),
    ("data", &["log_files"]),
    ("follow_up", &["feedback"]),
    ("office", &["confirmed_by", "fax", "email", "telephone"]),
    ("authority", &["address", "telephone", "email", "official"]),
    ("custodian", &["contact", "location"]),
    ("officer", &["fax", "telephone", "email"]),
];

/// Required texts of the example request that are said in few words.
const SHORTENED: &[(&str, &str)] = &[
    ("offence", "facts"),
    ("offence", "penalty"),
    ("data", "relationship"),
    ("preservation", "necessity"),
];

/// The example request, shortened to about 1 KiB, to these contact points.
///
/// # Errors
/// When the example is not there, or is another one.
pub fn short_request(to: &[&str]) -> Result<SendRequest> {
    let file = checkout().join("config/examples/preservation-request.toml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let mut draft = serde_json::to_value(text.parse::<toml::Table>()?)?;
    for (section, fields) in LEFT_OUT {
        let section = draft[*section]
            .as_object_mut()
            .context("a section of the example")?;
        section.retain(|field, _| !fields.contains(&field.as_str()));
    }
    for (section, field) in SHORTENED {
        draft[*section][*field] = "Short, for the test.".into();
    }
    draft["data"]["selectors"]
        .as_array_mut()
        .context("the example's selectors")?
        .truncate(1);
    // The data are where the first recipient is; and who receives it is said beside the draft.
    let territory = to.first().and_then(|to| to.split('/').next());
    draft["data"]["territory"] = territory.into();
    draft.as_object_mut().context("the example")?.remove("to");
    Ok(serde_json::from_value(
        serde_json::json!({ "to": to, "draft": draft }),
    )?)
}

/// The same request about somebody else: an address that no other number has.
///
/// # Errors
/// When the request has no selectors.
pub fn with_selector(request: &SendRequest, number: u64) -> Result<SendRequest> {
    let mut other = request.clone();
    let selectors = other.draft["data"]["selectors"].as_array_mut();
    let first = selectors.and_then(|all| all.first_mut()).context("a selector")?;
    *first = serde_json::json!({ "type": "email", "value": format!("somebody-{number:x}@example.org") });
    Ok(other)
}
