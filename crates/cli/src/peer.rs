//! `ohrid peer`: the other Parties' nodes, and a test of the way to one that says whose a fault is.

use clap::Subcommand;

use crate::failure::Failure;
use crate::session::Session;

mod list;
mod test;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum PeerCommand {
    /// The other Parties' nodes: which are connected, since when, and what waits for them
    List,
    /// Test the way to one: directory, DNS, UDP, TLS, protocol, clock, echo, receipt; says whose a fault is
    Test(test::TestArguments),
}

pub(crate) async fn run(session: &Session, command: PeerCommand) -> Result<(), Failure> {
    match command {
        PeerCommand::List => list::run(session).await,
        PeerCommand::Test(arguments) => test::run(session, &arguments).await,
    }
}
