//! The life of a directory by the commands that people use: signed by two of three members, each alone; told
//! from node to node along a chain; the secretariat's keys change; a Party is removed while messages flow;
//! and nothing of what a thief, a fork or an old copy can offer is taken `[DIRECTORY]`.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use e2e::network::{Network, Reach};
use e2e::programs::Ended;
use e2e::running::{PATIENCE, Running};
use serde_json::Value;

mod offers;
mod secretariat;

use secretariat::Secretariat;

/// A running node, and what it is asked.
struct Node<'n> {
    network: &'n Network,
    party: &'static str,
    running: Running,
}

impl<'n> Node<'n> {
    fn start(network: &'n Network, party: &'static str) -> Result<Self> {
        let running = network.start(party)?;
        Ok(Self {
            network,
            party,
            running,
        })
    }

    fn status(&self) -> Result<Value> {
        let status = self.network.officer(self.party, ["node", "status", "--json"])?;
        status.expect_code(0)?.json()
    }

    /// Waits until the status shows it.
    fn until(&self, what: &str, shows: impl Fn(&Value) -> bool) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.status()?;
            if shows(&status) {
                return Ok(status);
            }
            ensure!(
                Instant::now() < deadline,
                "{}: not {what}: {status:#}",
                self.party
            );
        }
    }

    fn has_version(&self, version: u64) -> Result<Value> {
        self.until(&format!("version {version}"), |status| {
            status["directory"]["version"] == version
        })
    }

    fn talks_to(&self, parties: &[&str]) -> Result<Value> {
        self.until(&format!("connected to {parties:?}"), |status| {
            connected(status).is_ok_and(|connected| connected == parties)
        })
    }

    /// SIGHUP: it reads its files again.
    fn hang_up(&self) -> Result<()> {
        let id = self.running.id().to_string();
        Ended::of(Command::new("kill").args(["-HUP", &id]))?.expect_code(0)?;
        Ok(())
    }

    /// The secretariat's latest directory is put into its folder, by the operator.
    fn install(&self, secretariat: &Secretariat) -> Result<()> {
        secretariat.install(self.party)?;
        self.hang_up()
    }
}

fn connected(status: &Value) -> Result<Vec<&str>> {
    let peers = status["peers"].as_array().context("peers")?;
    let connected = peers.iter().filter(|peer| peer["connected"] == true);
    connected
        .map(|peer| peer["party"].as_str().context("party"))
        .collect()
}

/// Two of three sign; XA - XB - XC, of which only XA is ever given a new version.
#[test]
fn a_directory_lives_and_goes_along_a_chain() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let network = Network::in_folder(folder.path());
    let parties = [
        ("XA", Reach::DialsOnly),
        ("XB", Reach::Dialled),
        ("XC", Reach::DialsOnly),
    ];
    let mut secretariat = Secretariat::found(&network, &parties)?;
    let a = Node::start(&network, "XA")?;
    let b = Node::start(&network, "XB")?;
    let c = Node::start(&network, "XC")?;
    b.talks_to(&["XA", "XC"])?;
    assert_eq!(a.status()?["directory"]["key_set"], 1);

    // The next version: two members sign apart, and one operator installs it.
    secretariat.publish(&["1", "3"])?;
    a.install(&secretariat)?;
    for node in [&a, &b, &c] {
        node.has_version(2)?;
    }
    let signed = std::fs::read(secretariat.directory())?;
    assert_eq!(
        std::fs::read(network.node_folder("XC").join("directory.cose"))?,
        signed
    );
    assert_eq!(
        std::fs::read(network.node_folder("XC").join("directories/2.cbor"))?,
        signed
    );

    // Member 1 is robbed: the others and a new member take over.
    secretariat.replace("1", "4", &["2", "3", "4"])?;
    secretariat.publish(&["3", "4"])?;
    a.install(&secretariat)?;
    for node in [&a, &b, &c] {
        assert_eq!(node.has_version(3)?["directory"]["key_set"], 2);
    }
    // After a restart, with the configuration of the beginning, XC knows what was withdrawn.
    assert_eq!(c.running.stop()?, 0);
    let config = std::fs::read_to_string(network.node_folder("XC").join("node.toml"))?;
    assert!(config.contains("\nthreshold = 2\n"), "{config}");
    let c = Node::start(&network, "XC")?;
    assert_eq!(c.status()?["directory"]["key_set"], 2);
    b.talks_to(&["XA", "XC"])?;

    removed_while_messages_flow(&mut secretariat, &a, &b, &c)
}

/// XC is removed: XB, which learns of it from XA, cuts it off; what flows between XA and XB goes on.
fn removed_while_messages_flow(
    secretariat: &mut Secretariat<'_>,
    a: &Node<'_>,
    b: &Node<'_>,
    c: &Node<'_>,
) -> Result<()> {
    let network = secretariat.network;
    let request = Network::example_request();
    let request = request.to_string_lossy();
    let send = |to: &str| {
        let arguments = ["request", "send", &request, "--to", to, "--wait", "delivered"];
        network.officer_command("XA", arguments)
    };
    secretariat.remove("XC")?;
    secretariat.publish(&["2", "4"])?;
    let flowing = (0..4).map(|_| Ok(send("XB/police")?.stdout(std::process::Stdio::null()).spawn()?));
    let flowing: Vec<_> = flowing.collect::<Result<_>>()?;
    a.install(secretariat)?;
    b.has_version(4)?;
    // At XB's side the connection ends for this reason, and XC, which dials again, is not let in.
    c.running.wait_for_line("not in the directory")?;
    c.talks_to(&[])?;
    b.running.wait_for_line("handshake refused")?;
    assert_eq!(connected(&b.status()?)?, ["XA"]);
    assert_eq!(c.status()?["directory"]["version"], 3, "nobody tells it more");
    for mut one in flowing {
        ensure!(one.wait()?.success(), "a message between those who stay failed");
    }
    // To those who are not in the directory nothing is sent.
    assert_ne!(Ended::of(&mut send("XC/police")?)?.code, 0);
    Ended::of(&mut send("XB/police")?)?.expect_code(0)?;
    Ok(())
}
