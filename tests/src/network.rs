//! A few countries in a folder, made by the commands that people use.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::programs::{Ended, checkout, folder, program};
use crate::running::{PATIENCE, Running};

/// A secretariat and some Parties, in one folder, with a signed directory installed.
pub struct Network {
    root: PathBuf,
    /// The profile of the OpenPGP certificates that are made.
    profile: &'static str,
}

/// How a Party's node is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The directory names its address.
    Dialled,
    /// The directory names none: it dials the others `[NAT]`.
    DialsOnly,
}

/// A Party of the network, and where its node is.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its code.
    pub party: String,
    /// The UDP address on which its node listens.
    pub listen: String,
    /// The address that the directory names; none for a node that only dials `[NAT]`.
    pub address: Option<String>,
}

impl Member {
    /// At a loopback address that is free.
    fn somewhere(party: &str, reach: Reach) -> Result<Self> {
        let listen = free_address()?;
        Ok(Self {
            party: party.to_owned(),
            address: (reach == Reach::Dialled).then(|| listen.clone()),
            listen,
        })
    }
}

impl Network {
    /// Makes keys, directory and the node folders of XA and XB below `root`.
    ///
    /// # Errors
    /// When one of the commands fails; with what it said.
    pub fn make(root: &Path) -> Result<Self> {
        Self::of(root, &[("XA", Reach::Dialled), ("XB", Reach::Dialled)])
    }

    /// The same for these Parties.
    ///
    /// # Errors
    /// When one of the commands fails; with what it said.
    pub fn of(root: &Path, parties: &[(&str, Reach)]) -> Result<Self> {
        let members = parties
            .iter()
            .map(|(party, reach)| Member::somewhere(party, *reach));
        let members = members.collect::<Result<Vec<_>>>()?;
        Self::of_members(root, &members)
    }

    /// The same for these Parties, each where it says that it is. Keys are made on all cores at once.
    ///
    /// # Errors
    /// When one of the commands fails; with what it said.
    pub fn of_members(root: &Path, members: &[Member]) -> Result<Self> {
        Self::in_folder(root).founded(members)
    }

    /// The same as [`Network::of`] with OpenPGP certificates of a profile: `default`, `compatible`, `pqc`.
    ///
    /// # Errors
    /// When one of the commands fails; with what it said.
    pub fn of_profile(root: &Path, parties: &[&str], profile: &'static str) -> Result<Self> {
        let members = parties
            .iter()
            .map(|party| Member::somewhere(party, Reach::Dialled));
        Self::of_members_with_profile(root, &members.collect::<Result<Vec<_>>>()?, profile)
    }

    /// The same for Parties that are each where it says.
    ///
    /// # Errors
    /// When one of the commands fails; with what it said.
    pub fn of_members_with_profile(root: &Path, members: &[Member], profile: &'static str) -> Result<Self> {
        let network = Self {
            profile,
            ..Self::in_folder(root)
        };
        network.founded(members)
    }

    /// Makes the secretariat and the Parties.
    fn founded(self, members: &[Member]) -> Result<Self> {
        let secretariat = self.path("secretariat");
        let secretariat = secretariat.to_string_lossy();
        self.ohrid(["directory", "init", "--network", "example", "--dir", &secretariat])?;
        for_all(members, |member| self.init(member))?;
        for member in members {
            let join = self.node_folder(&member.party).join("join-request.cose");
            self.ohrid(["directory", "add", "--dir", &secretariat, &join.to_string_lossy()])?;
        }
        self.ohrid(["directory", "sign", "--dir", &secretariat, "--expires-in", "30d"])?;
        for_all(members, |member| self.install_directory(&member.party))?;
        Ok(self)
    }

    /// The secretariat takes the change that a Party asks for, and signs the directory anew.
    ///
    /// # Errors
    /// When one of the commands fails; with what it said.
    pub fn sign_change(&self, party: &str) -> Result<()> {
        let secretariat = self.path("secretariat");
        let secretariat = secretariat.to_string_lossy();
        let request = self.node_folder(party).join("change-request.cose");
        let request = request.to_string_lossy();
        self.ohrid(["directory", "merge", "--dir", &secretariat, &request])?;
        self.ohrid(["directory", "sign", "--dir", &secretariat, "--expires-in", "30d"])?;
        Ok(())
    }

    /// A Party's node gets the directory that was signed last. One that runs reads it when it is told to.
    ///
    /// # Errors
    /// When the command fails; with what it said.
    pub fn install_directory(&self, party: &str) -> Result<()> {
        let key = std::fs::read_to_string(self.path("secretariat/secretariat.pub"))?;
        let (folder, directory) = (self.node_folder(party), self.path("secretariat/directory.cose"));
        let (folder, directory) = (folder.to_string_lossy(), directory.to_string_lossy());
        let line = [
            "directory",
            "install",
            "--dir",
            &folder,
            &directory,
            "--key",
            key.trim(),
        ];
        self.ohrid(line).map(drop)
    }

    /// A folder in which a test makes its own network.
    #[must_use]
    pub fn in_folder(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            profile: "default",
        }
    }

    /// Makes a Party's node folder, which waits for a directory.
    ///
    /// # Errors
    /// When the command fails; with what it said.
    pub fn init_node(&self, party: &str, reach: Reach) -> Result<()> {
        self.init(&Member::somewhere(party, reach)?)
    }

    /// One node's folder, with its keys and its join request.
    fn init(&self, member: &Member) -> Result<()> {
        let name = node_name(&member.party);
        let folder = self.node_folder(&member.party);
        let folder = folder.to_string_lossy();
        let mut arguments = vec!["node", "init", "--party", &member.party, "--name", &name];
        arguments.extend(["--dir", &folder, "--listen", &member.listen]);
        arguments.extend(["--contact-point", "police", "--profile", self.profile]);
        arguments.extend(match &member.address {
            Some(address) => vec!["--address", address.as_str()],
            None => vec!["--unreachable"],
        });
        self.ohrid(arguments)?;
        // Other nodes of a test answer at once, or not at all.
        let config = self.node_folder(&member.party).join("node.toml");
        let text = std::fs::read_to_string(&config)?;
        let quick = text.replace("start_wait_seconds = 5", "start_wait_seconds = 1");
        ensure!(
            quick != text,
            "the configuration says how long witnesses are waited for"
        );
        Ok(std::fs::write(&config, quick)?)
    }

    /// A path below the network's folder.
    #[must_use]
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// The node folder of a Party.
    #[must_use]
    pub fn node_folder(&self, party: &str) -> PathBuf {
        self.root.join(party.to_lowercase())
    }

    /// The UDP address on which a Party's node listens, as its configuration says.
    ///
    /// # Errors
    /// When there is no such configuration.
    pub fn listen_address(&self, party: &str) -> Result<SocketAddr> {
        let config = std::fs::read_to_string(self.node_folder(party).join("node.toml"))?;
        let config: toml::Table = config.parse()?;
        let address = config["listen"]["address"].as_str();
        address.context("listen.address")?.parse().context("an address")
    }

    /// Starts a Party's node and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start(&self, party: &str) -> Result<Running> {
        self.start_under(party, Command::new(folder()?.join("ohrid-node")))
    }

    /// The same under another program, such as strace: `command` is completed with the node's arguments.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_under(&self, party: &str, command: Command) -> Result<Running> {
        let running = self.spawn_under(party, command)?;
        running.wait_for_line("ready")?;
        Ok(running)
    }

    /// The same without waiting: for a node that is meant to end before it is ready.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn_under(&self, party: &str, mut command: Command) -> Result<Running> {
        command
            .arg("--config")
            .arg(self.node_folder(party).join("node.toml"));
        Running::start(&mut command)
    }

    /// Waits until the node of `party` has a connection to every other one.
    ///
    /// # Errors
    /// When that takes longer than [`PATIENCE`].
    pub fn wait_until_connected(&self, party: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = self.officer(party, ["node", "status", "--json"])?;
            let status = status.expect_code(0)?.json()?;
            let peers = status["peers"].as_array().context("peers")?;
            if !peers.is_empty() && peers.iter().all(|peer| peer["connected"] == true) {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "no connection: {status:#}");
        }
    }

    /// Runs `ohrid`, and expects it to succeed.
    ///
    /// # Errors
    /// When it ends with anything but 0; with what it said.
    pub fn ohrid<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Result<Ended> {
        Ended::of(program("ohrid")?.arg("--no-input").args(arguments))?.expect_code(0)
    }

    /// Runs `ohrid` as an officer of `party`, whatever comes of it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn officer<'a>(&self, party: &str, arguments: impl IntoIterator<Item = &'a str>) -> Result<Ended> {
        Ended::of(&mut self.officer_command(party, arguments)?)
    }

    /// The command that an officer of `party` would give.
    ///
    /// # Errors
    /// When `ohrid` is not built.
    pub fn officer_command<'a>(
        &self,
        party: &str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Result<Command> {
        let mut command = program("ohrid")?;
        command
            .arg("--no-input")
            .arg("--dir")
            .arg(self.node_folder(party))
            .args(arguments);
        command
            .env("OHRID_OFFICER", format!("duty officer {party}"))
            .env("OHRID_OFFICER_ROLE", "duty officer");
        Ok(command)
    }

    /// Puts the secretariat's key beside the exports below `export/`: an auditor has it from elsewhere.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub fn publish_trust_anchor(&self) -> Result<()> {
        let export = self.path("export");
        std::fs::create_dir_all(&export)?;
        // Another thread's verifier may be reading it: it is there whole, or not yet.
        let whole = tempfile::NamedTempFile::new_in(&export)?;
        std::fs::copy(self.path("secretariat/secretariat.pub"), whole.path())?;
        whole.persist(export.join("secretariat.pub"))?;
        Ok(())
    }

    /// Exports a running node's ledger, has it verified by the independent verifier, and counts its entries
    /// by kind.
    ///
    /// # Errors
    /// When it does not export, or does not verify.
    pub fn verified_entries(&self, party: &str) -> Result<serde_json::Value> {
        self.publish_trust_anchor()?;
        let export = self.path(&format!("export/{}", party.to_lowercase()));
        // Each export is whole; a later one takes the earlier one's place.
        std::fs::remove_dir_all(&export).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        self.officer(party, ["ledger", "export", "--output", &export.to_string_lossy()])?
            .expect_code(0)
            .context("exporting")?;
        let verified = Ended::of(program("ohrid-verify")?.arg("ledger").arg(&export).arg("--json"))?;
        Ok(verified.expect_code(0).context("verifying")?.json()?["entries"].clone())
    }

    /// The example request that is in the repository.
    #[must_use]
    pub fn example_request() -> PathBuf {
        checkout().join("config/examples/preservation-request.toml")
    }
}

/// The name of a Party's node in the test network.
#[must_use]
pub fn node_name(party: &str) -> String {
    format!("node.{}.example", party.to_lowercase())
}

/// Codes for `count` fictitious Parties: those that ISO 3166-1 leaves to its users, without two of them that
/// stand for somebody in practice (XI, Northern Ireland, and XK, Kosovo).
///
/// # Errors
/// When there are not so many.
pub fn fictitious(count: usize) -> Result<Vec<String>> {
    let codes = |first: char, letters: std::ops::RangeInclusive<char>| {
        letters
            .filter(move |second| first != 'X' || !['I', 'K'].contains(second))
            .map(move |second| format!("{first}{second}"))
    };
    let codes: Vec<String> = codes('X', 'A'..='Z')
        .chain(codes('Q', 'M'..='Z'))
        .take(count)
        .collect();
    ensure!(
        codes.len() == count,
        "there are {} fictitious Parties",
        codes.len()
    );
    Ok(codes)
}

/// Does something for each, on as many threads as there are cores. The first failure is what comes of it.
///
/// # Errors
/// Whatever `work` fails with.
pub fn for_all<T: Sync>(items: &[T], work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|_| bail!("a worker panicked")))
    })
}

/// A loopback address with a UDP port that is free at this moment.
///
/// # Errors
/// When there is none.
pub fn free_address() -> Result<String> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free UDP port")?;
    Ok(socket.local_addr().context("its address")?.to_string())
}
