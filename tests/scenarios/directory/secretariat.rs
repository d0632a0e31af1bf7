//! A secretariat of three members, two of whom must sign, as its members work: each on a machine of their
//! own.

use std::path::{Path, PathBuf};

use anyhow::Result;
use e2e::network::{Network, Reach};

/// Its folders, and what operators were told of it.
pub(super) struct Secretariat<'n> {
    pub(super) network: &'n Network,
    /// The members' keys that operators were told by telephone: those of the beginning.
    keys: Vec<String>,
}

impl<'n> Secretariat<'n> {
    /// Three members found a network of these Parties; the first directory is signed by two and installed by
    /// all.
    pub(super) fn found(network: &'n Network, parties: &[(&str, Reach)]) -> Result<Self> {
        let mut secretariat = Self {
            network,
            keys: Vec::new(),
        };
        let common = secretariat.common();
        network.ohrid([
            "directory",
            "init",
            "--network",
            "example",
            "--threshold",
            "2",
            "--keys",
            "3",
            "--dir",
            &common,
        ])?;
        for member in ["1", "2", "3"] {
            let key = std::fs::read_to_string(secretariat.member(member).join("secretariat.pub"))?;
            secretariat.keys.push(key.trim().to_owned());
        }
        for (party, reach) in parties {
            network.init_node(party, *reach)?;
            let join = text(&network.node_folder(party).join("join-request.cose"));
            network.ohrid(["directory", "add", &join, "--dir", &common])?;
        }
        secretariat.publish(&["1", "2"])?;
        for (party, _) in parties {
            secretariat.install(party)?;
        }
        Ok(secretariat)
    }

    /// The folder that the members have in common.
    pub(super) fn common(&self) -> String {
        text(&self.network.path("secretariat"))
    }

    /// The folder of a member; those who came later have theirs elsewhere.
    pub(super) fn member(&self, name: &str) -> PathBuf {
        let founder = self.network.path("secretariat/members").join(name);
        if founder.exists() {
            founder
        } else {
            self.network.path("newcomers").join(name)
        }
    }

    /// The latest signed directory.
    pub(super) fn directory(&self) -> PathBuf {
        self.network.path("secretariat/directory.cose")
    }

    /// The next version of the directory, signed by these members, each alone.
    pub(super) fn publish(&mut self, members: &[&str]) -> Result<()> {
        let common = self.common();
        self.network.ohrid(["directory", "sign", "--dir", &common])?;
        self.countersign("next.cose", members)
    }

    /// The next key set, with a new member in the place of an old one, signed by these members, each alone.
    pub(super) fn replace(&mut self, old: &str, new: &str, members: &[&str]) -> Result<()> {
        let newcomer = self.network.path("newcomers").join(new);
        std::fs::create_dir_all(self.network.path("newcomers"))?;
        self.network
            .ohrid(["directory", "key", "new", "--dir", &text(&newcomer)])?;
        let comes = text(&newcomer.join("secretariat.pub"));
        let goes = text(&self.member(old).join("secretariat.pub"));
        let common = self.common();
        self.network.ohrid([
            "directory",
            "rotate",
            "--add",
            &comes,
            "--remove",
            &goes,
            "--dir",
            &common,
        ])?;
        self.countersign("next-keys.cose", members)
    }

    /// The Party's request leaves the draft: it is not in the next version.
    pub(super) fn remove(&mut self, party: &str) -> Result<()> {
        let request = format!("secretariat/requests/{party}.cose");
        Ok(std::fs::remove_file(self.network.path(&request))?)
    }

    /// An operator checks the latest directory, and puts it into the node's folder.
    pub(super) fn install(&self, party: &str) -> Result<()> {
        let (folder, directory) = (text(&self.network.node_folder(party)), text(&self.directory()));
        let mut arguments = vec![
            "directory",
            "install",
            &directory,
            "--threshold",
            "2",
            "--dir",
            &folder,
        ];
        for key in &self.keys {
            arguments.extend(["--key", key]);
        }
        self.network.ohrid(arguments)?;
        Ok(())
    }

    /// Each of these members signs a copy, and the copies are put together.
    fn countersign(&self, name: &str, members: &[&str]) -> Result<()> {
        let common = self.common();
        let original = text(&self.network.path("secretariat").join(name));
        let mut copies = Vec::new();
        for member in members {
            let copy = text(&self.network.path(&format!("copy-{member}.cose")));
            let folder = text(&self.member(member));
            let _ = std::fs::remove_file(&copy);
            self.network.ohrid([
                "directory",
                "sign",
                &original,
                "--dir",
                &folder,
                "--output",
                &copy,
            ])?;
            copies.push(copy);
        }
        let mut arguments = vec!["directory", "merge", "--dir", &common];
        arguments.extend(copies.iter().map(String::as_str));
        self.network.ohrid(arguments)?;
        Ok(())
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
