//! `ohrid case erase`, `hold` and what belongs to them `[ERASE]`.

use clap::Args;
use control::types::{CaseOrder, ErasedMessage, Erasure, ErasureOrder, LegalHold};
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::session::Session;
use crate::table::{self, printable};
use crate::{random, when};

/// What stands below the help of orders.
const AFTER: &str = "\
The basis is recorded in the ledger for ever: a code such as court-order-4711, without words of the case and
without names. An erasure takes every message of the case with its attachments, and whatever this node has
derived from them; the ledger keeps what was recorded, and verifies as before. What the other side has, and
what was exported, is not erased: tell them.";

/// Options of an order that is about a case.
#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct OrderArguments {
    /// The case: its number, its id or a beginning of it, or the id or check words of one of its messages
    #[arg(value_name = "REF")]
    reference: String,
    /// On what basis: letters, digits and hyphens
    #[arg(long, value_name = "CODE")]
    basis: String,
}

/// Options of `ohrid case approve-erasure`.
#[derive(Debug, Args)]
pub(crate) struct ApproveArguments {
    /// The order, as `ohrid case erasures` shows it
    #[arg(value_name = "ORDER")]
    order: String,
}

impl OrderArguments {
    fn order(self) -> CaseOrder {
        CaseOrder {
            case: self.reference,
            basis: self.basis,
        }
    }
}

pub(super) async fn ask(session: &Session, arguments: OrderArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let order = arguments.order();
    let asked = client
        .ask_for_erasure(&order, &random::idempotency_key()?)
        .await?;
    session.terminal.result(&asked, |asked| {
        orders_text(std::slice::from_ref(asked), &when::local_zone())
    });
    session.terminal.say(format_args!(
        "Nothing is erased yet: another officer looks at the case, and approves."
    ));
    session.next(format_args!("ohrid case approve-erasure {}", asked.order));
    Ok(())
}

pub(super) async fn orders(session: &Session) -> Result<(), Failure> {
    let orders = session.client().await?.erasure_orders().await?;
    session
        .terminal
        .result(&orders, |orders| orders_text(orders, &when::local_zone()));
    if let Some(first) = orders.first() {
        session.next(format_args!("ohrid case show {}", first.case));
    }
    Ok(())
}

pub(super) async fn approve(session: &Session, arguments: &ApproveArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let key = random::idempotency_key()?;
    let erasure = client.approve_erasure(&arguments.order, &key).await?;
    session
        .terminal
        .result(&erasure, |erasure| erasure_text(erasure, &when::local_zone()));
    session.next(format_args!("ohrid case show {}", erasure.case));
    Ok(())
}

pub(super) async fn discard(session: &Session, arguments: &ApproveArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let key = random::idempotency_key()?;
    client.discard_erasure(&arguments.order, &key).await?;
    session.terminal.say(format_args!(
        "Order {} is gone; nothing was erased.",
        arguments.order
    ));
    session.next("ohrid case erasures");
    Ok(())
}

pub(super) async fn hold(session: &Session, arguments: OrderArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let held = client
        .hold(&arguments.order(), &random::idempotency_key()?)
        .await?;
    session.terminal.result(&held, |held| {
        holds_text(std::slice::from_ref(held), &when::local_zone())
    });
    session.next("ohrid case holds");
    Ok(())
}

pub(super) async fn release(session: &Session, arguments: OrderArguments) -> Result<(), Failure> {
    let client = session.client_for_writing(None).await?;
    let order = arguments.order();
    client.release_hold(&order, &random::idempotency_key()?).await?;
    session.terminal.say(format_args!(
        "The case {} is held no more.",
        printable(&order.case)
    ));
    session.next("ohrid retention run --dry-run");
    Ok(())
}

pub(super) async fn holds(session: &Session) -> Result<(), Failure> {
    let holds = session.client().await?.holds().await?;
    session
        .terminal
        .result(&holds, |holds| holds_text(holds, &when::local_zone()));
    Ok(())
}

/// That a message was erased, in one line.
pub(super) fn erased_line(erased: &ErasedMessage, zone: &TimeZone) -> String {
    let officer = erased.officer.as_deref().unwrap_or(&erased.actor);
    format!(
        "ERASED on the basis {}, by {officer}, {}, leaf {}",
        erased.basis,
        when::both(erased.at, zone),
        erased.leaf_index
    )
}

/// That a case is held, in one line.
pub(super) fn held_line(held: &LegalHold, zone: &TimeZone) -> String {
    let by = held
        .officer
        .as_deref()
        .map_or_else(String::new, |name| format!(" by {name},"));
    format!(
        "on the basis {},{by} {}: nothing of it is erased",
        printable(&held.basis),
        when::both(held.at, zone)
    )
}

fn orders_text(orders: &[ErasureOrder], zone: &TimeZone) -> String {
    if orders.is_empty() {
        return "No erasure waits.\n".to_owned();
    }
    let one = |order: &ErasureOrder| {
        let pairs = [
            ("Order", order.order.clone()),
            ("Case", printable(&order.reference)),
            ("Messages", order.messages.to_string()),
            ("Basis", printable(&order.basis)),
            (
                "Asked",
                format!(
                    "by {}, {}",
                    printable(&order.asked_by),
                    when::both(order.asked_at, zone)
                ),
            ),
        ];
        table::properties(&pairs)
    };
    orders.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn erasure_text(erasure: &Erasure, zone: &TimeZone) -> String {
    let leaves: Vec<String> = erasure.notices.iter().map(u64::to_string).collect();
    let state = match erasure.is_complete {
        true => "nothing of it is left on this node",
        false => "recorded; the node goes on with it, also after a restart",
    };
    table::properties(&[
        ("Case", printable(&erasure.case)),
        ("Messages", erasure.messages.to_string()),
        ("Basis", printable(&erasure.basis)),
        (
            "Recorded",
            format!("{}, leaf {}", when::both(erasure.at, zone), leaves.join(" ")),
        ),
        ("State", state.to_owned()),
    ])
}

fn holds_text(holds: &[LegalHold], zone: &TimeZone) -> String {
    if holds.is_empty() {
        return "No case is held.\n".to_owned();
    }
    let one = |held: &LegalHold| {
        table::properties(&[
            ("Case", printable(&held.case)),
            ("Held", held_line(held, zone)),
            ("Recorded", format!("leaf {} of our ledger", held.leaf_index)),
        ])
    };
    holds.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
