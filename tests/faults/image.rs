//! A small disk of its own for a node: an ext4 file system in a file, which can be filled, and copied at any
//! instant. Mounted in a mount namespace of our own, so that nothing stays mounted whatever ends us.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use e2e::network::Network;

/// How large a node's disk is. Sparse: it takes what is written.
const IMAGE_MIB: u64 = 896;

/// How often a copy is made anew because the kernel still wrote.
const COPIES_MAX: usize = 20;

/// What is filled up with it.
const BALLAST: &str = "ballast";

/// A mounted image.
#[derive(Debug)]
pub struct Image {
    file: PathBuf,
    mount: PathBuf,
}

/// Makes sure that images can be made and mounted here.
pub fn check() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (file, mount) = (folder.path().join("image"), folder.path().join("mount"));
    fs::create_dir(&mount)?;
    let made = make(&file, 16).and_then(|()| Image::mount(&file, &mount));
    made.map(drop).context(
        "this machine has no loop devices, or this is not root: full and power cannot be shown here (they \
         are never skipped silently; without them, run --only kill, eio, rot and clock)",
    )
}

fn make(file: &Path, mib: u64) -> Result<()> {
    let image = fs::File::create(file)?;
    image.set_len(mib << 20)?;
    run(Command::new("mkfs.ext4")
        .args([
            "-q",
            "-F",
            "-m",
            "0",
            "-E",
            "lazy_itable_init=0,lazy_journal_init=0",
        ])
        .arg(file))
}

impl Image {
    /// Puts a node's folder on a disk of its own.
    pub fn under(network: &Network, party: &str) -> Result<Self> {
        let folder = network.node_folder(party);
        let file = network.path(&format!("{party}.img"));
        let aside = network.path(&format!("{party}.was"));
        make(&file, IMAGE_MIB)?;
        fs::rename(&folder, &aside)?;
        fs::create_dir(&folder)?;
        let image = Self::mount(&file, &folder)?;
        fs::remove_dir(folder.join("lost+found"))?;
        run(Command::new("cp").arg("-a").arg(aside.join(".")).arg(&folder))?;
        fs::remove_dir_all(&aside)?;
        run(Command::new("sync").arg("-f").arg(&folder))?;
        Ok(image)
    }

    fn mount(file: &Path, mount: &Path) -> Result<Self> {
        run(Command::new("mount").args(["-o", "loop"]).arg(file).arg(mount))?;
        Ok(Self {
            file: file.to_owned(),
            mount: mount.to_owned(),
        })
    }

    /// Copies what the disk holds at this moment, nobody having synced it: whoever writes to it is
    /// stopped, and what the kernel wrote meanwhile is no copy of one instant, so it is made again.
    pub fn copy(&self) -> Result<PathBuf> {
        let copy = self.file.with_extension("copy");
        for _ in 0..COPIES_MAX {
            let before = self.writes()?;
            run(Command::new("cp")
                .arg("--sparse=always")
                .args([&self.file, &copy]))?;
            if self.writes()? == before {
                return Ok(copy);
            }
        }
        bail!("the kernel does not come to rest on {}", self.file.display())
    }

    /// Takes the copy in the image's place. Nothing may run on it.
    pub fn replace(&mut self, copy: &Path) -> Result<()> {
        run(Command::new("umount").arg(&self.mount))?;
        fs::rename(copy, &self.file)?;
        run(Command::new("mount")
            .args(["-o", "loop"])
            .arg(&self.file)
            .arg(&self.mount))
    }

    /// Requests to write that the loop device has carried out (Documentation/block/stat.rst: the fifth).
    fn writes(&self) -> Result<String> {
        let mounts = fs::read_to_string("/proc/self/mounts")?;
        let mount = self.mount.to_string_lossy();
        let device = mounts.lines().rev().find_map(|line| {
            let mut words = line.split(' ');
            let (device, at) = (words.next()?, words.next()?);
            (at == mount).then(|| device.trim_start_matches("/dev/").to_owned())
        });
        let device = device.context("the image is not mounted")?;
        let stat = fs::read_to_string(format!("/sys/block/{device}/stat"))?;
        let words: Vec<&str> = stat.split_whitespace().collect();
        let (writes, in_flight) = (
            words.get(4).context("writes")?,
            words.get(8).context("in flight")?,
        );
        Ok(format!("{writes} {in_flight}"))
    }

    /// What can still be written, in bytes.
    pub fn free_bytes(&self) -> Result<u64> {
        let said = Command::new("stat")
            .args(["-f", "-c", "%a %S"])
            .arg(&self.mount)
            .output()?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let mut numbers = said.split_whitespace().map(str::parse::<u64>);
        let (blocks, size) = (
            numbers.next().context("blocks")??,
            numbers.next().context("size")??,
        );
        Ok(blocks * size)
    }

    /// Fills it until no more than this is free.
    pub fn fill(&self, left_bytes: u64) -> Result<()> {
        let ballast = self.mount.join(BALLAST);
        let has = fs::metadata(&ballast).map_or(0, |metadata| metadata.len());
        let more = self.free_bytes()?.saturating_sub(left_bytes);
        if more > 0 {
            // Too much for it is no failure: the rest is written by hand.
            let _ = Command::new("fallocate")
                .arg("-l")
                .arg((has + more).to_string())
                .arg(&ballast)
                .output()?;
        }
        let mut file = fs::OpenOptions::new().append(true).create(true).open(&ballast)?;
        for size in [1 << 20, 4096, 1] {
            let piece = vec![1; size];
            while self.free_bytes()? > left_bytes && file.write_all(&piece).is_ok() {}
        }
        Ok(())
    }

    /// Gives the room back.
    pub fn empty(&self) -> Result<()> {
        match fs::remove_file(self.mount.join(BALLAST)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // A process that was just killed may hold it for a moment; with the namespace it goes in any case.
        let mut umount = Command::new("umount");
        let _ = umount.arg("--lazy").arg(&self.mount).output();
        let _ = fs::remove_file(&self.file);
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command
        .output()
        .with_context(|| format!("starting {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
