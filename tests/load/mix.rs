//! What is drawn, after domain.md: most messages are requests for preservation, some long and some short; few
//! are urgent, fewer an emergency; some bring a file; most are acknowledged. One country sends most of it.

use anyhow::{Context, Result};
use control::types::{Priority, SendRequest};
use e2e::programs::checkout;
use e2e::proxy::Random;
use e2e::requests::{short_request, with_selector};
use serde_json::{Value, json};

/// The share of conversations that XA begins: a country that sends most of the traffic.
const BY_XA: f64 = 0.8;
/// The share that brings a file, and how large it may be.
const WITH_FILE: f64 = 0.05;
const FILE_BYTES_MIN: u64 = 4 << 10;
const FILE_BYTES_MAX: u64 = 1 << 20;
/// The share that an officer acknowledges.
const ACKNOWLEDGED: f64 = 0.6;
/// What a long account of the facts adds.
const LONG_FACTS_BYTES: usize = 16 << 10;

/// One conversation.
pub struct Conversation {
    /// Who asks, and who is asked.
    pub parties: [&'static str; 2],
    /// The request.
    pub request: SendRequest,
    /// How large its file is, where it has one.
    pub file_bytes: Option<u64>,
    /// Whether the other side acknowledges it.
    pub acknowledged: bool,
}

/// The drafts that conversations are made of.
pub struct Mix {
    short: [SendRequest; 2],
    whole: [SendRequest; 2],
    acknowledgement: Value,
}

impl Mix {
    /// Reads them from the examples.
    pub fn new() -> Result<Self> {
        let whole = |to: &str| -> Result<SendRequest> {
            let mut draft = example("preservation-request")?;
            draft["data"]["territory"] = to.into();
            Ok(serde_json::from_value(
                json!({ "to": [format!("{to}/police")], "draft": draft }),
            )?)
        };
        let mut acknowledgement = example("acknowledgement")?;
        // A date that has gone by.
        acknowledgement
            .as_object_mut()
            .context("the example")?
            .remove("expected");
        Ok(Self {
            short: [short_request(&["XB/police"])?, short_request(&["XA/police"])?],
            whole: [whole("XB")?, whole("XA")?],
            acknowledgement,
        })
    }

    /// Draws a conversation.
    pub fn draw(&self, random: &mut Random) -> Result<Conversation> {
        let from = usize::from(!random.chance(BY_XA));
        let mut request = match random.below(10) {
            0..=5 => self.short[from].clone(),
            6..=8 => self.whole[from].clone(),
            _ => {
                let mut long = self.whole[from].clone();
                long.draft["offence"]["facts"] =
                    "What happened, at length. ".repeat(LONG_FACTS_BYTES / 26).into();
                long
            }
        };
        request = with_selector(&request, random.draw())?;
        request.priority = match random.below(100) {
            0..=79 => Priority::Routine,
            80..=94 => Priority::Urgent,
            _ => Priority::Emergency,
        };
        let has_file = random.chance(WITH_FILE);
        let file_bytes = FILE_BYTES_MIN + random.below(FILE_BYTES_MAX - FILE_BYTES_MIN);
        Ok(Conversation {
            parties: if from == 0 { ["XA", "XB"] } else { ["XB", "XA"] },
            request,
            file_bytes: has_file.then_some(file_bytes),
            acknowledged: random.chance(ACKNOWLEDGED),
        })
    }

    /// The acknowledgement of a request.
    pub fn acknowledgement(&self, case: &str, request: &str) -> Result<SendRequest> {
        Ok(serde_json::from_value(json!({
            "case": case, "in_reply_to": request, "to": [], "draft": self.acknowledgement,
        }))?)
    }
}

/// An example of the repository, without its recipients.
fn example(name: &str) -> Result<Value> {
    let file = checkout().join(format!("config/examples/{name}.toml"));
    let text = std::fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let mut draft = serde_json::to_value(text.parse::<toml::Table>()?)?;
    draft.as_object_mut().context("the example")?.remove("to");
    Ok(draft)
}
