//! A Debian in a folder: made by debootstrap once, copied for each trial, entered with chroot.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::run::{Failed, Task, complain, target_directory};

/// The release of Debian that is tried.
const SUITE: &str = "bookworm";

/// Programs in the root see nothing of our environment but this.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/root"),
    ("LANG", "C.UTF-8"),
    ("DEBIAN_FRONTEND", "noninteractive"),
    ("OHRID_OFFICER", "Officer 4711"),
    ("OHRID_OFFICER_ROLE", "duty officer"),
];

/// A root that nothing was installed in. It goes when it is dropped.
pub(super) struct Root {
    folder: PathBuf,
}

impl Root {
    /// A copy of the base, which is made if there is none.
    pub(super) fn fresh(name: &str) -> Result<Self, Failed> {
        let package = target_directory().join("package");
        let base = package.join(format!("base-{SUITE}"));
        if !base.join("etc/debian_version").exists() {
            let unfinished = package.join("base-unfinished");
            remove(&unfinished)?;
            complain(&format!("making a Debian {SUITE} in {}", base.display()));
            let made = Task::new("debootstrap")
                .args(["--variant=minbase", SUITE])
                .arg(&unfinished)
                .arg(mirror()?)
                .capture()?;
            if !made.1 {
                return Err(Failed::because(format!("debootstrap:\n{}", made.0)));
            }
            fs::rename(&unfinished, &base).map_err(|error| super::failed(&base, &error))?;
        }
        let folder = package.join(format!("root-{name}"));
        remove(&folder)?;
        let copied = Task::new("cp")
            .args(["-a", "--reflink=auto"])
            .arg(&base)
            .arg(&folder);
        let (said, good) = copied.capture()?;
        if !good {
            return Err(Failed::because(format!("the base could not be copied:\n{said}")));
        }
        let root = Self { folder };
        // Names are looked up as on this machine, to fetch what the package depends on.
        fs::copy("/etc/resolv.conf", root.path("etc/resolv.conf"))
            .map_err(|error| super::failed(Path::new("/etc/resolv.conf"), &error))?;
        Ok(root)
    }

    /// A path in it, as it is seen from outside.
    pub(super) fn path(&self, inside: &str) -> PathBuf {
        self.folder.join(inside.trim_start_matches('/'))
    }

    /// A shell in it.
    pub(super) fn shell(&self, script: &str) -> Command {
        let mut command = self.command(&[]);
        command.args(["/bin/sh", "-c", script]);
        command
    }

    /// chroot, with `options` of its own, ready for a program.
    fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command
            .args(options)
            .arg(&self.folder)
            .current_dir("/")
            .env_clear();
        command.envs(ENVIRONMENT.iter().copied()).stdin(Stdio::null());
        command
    }

    /// Every file and folder in it.
    pub(super) fn listed(&self) -> Result<Vec<String>, Failed> {
        let (list, good) = Task::new("find")
            .arg(&self.folder)
            .args([
                "-xdev", "(", "-path", "*/proc/*", "-o", "-path", "*/sys/*", ")", "-prune",
            ])
            .args(["-o", "-printf", "/%P\n"])
            .capture()?;
        let mut list: Vec<String> = list.lines().map(str::to_owned).collect();
        list.sort();
        match good {
            true => Ok(list),
            false => Err(Failed::because("the root cannot be listed")),
        }
    }

    /// Starts a service as its installed unit says: folders, credentials, user, command line. What systemd
    /// would do beside that, the sandbox, is checked by other means.
    pub(super) fn start(&self, unit: &str) -> Result<Service, Failed> {
        let file = self.path(&format!("/lib/systemd/system/{unit}"));
        let text = fs::read_to_string(&file).map_err(|error| super::failed(&file, &error))?;
        let values = |key: &str| -> Vec<String> {
            let lines = text
                .lines()
                .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            lines.map(str::to_owned).collect()
        };
        let one = |key: &str| values(key).pop().unwrap_or_default();
        let (user, group) = (one("User"), one("Group"));
        let credentials = format!("/run/credentials/{unit}");
        let mut script = format!(
            "set -e; install -d -o {user} -g {group} -m {} /var/lib/{}\n\
             install -d -o {user} -g {group} -m {} /run/{}\n\
             install -d -m 0755 /run/credentials; install -d -o {user} -g {group} -m 0500 {credentials}\n",
            one("StateDirectoryMode"),
            one("StateDirectory"),
            one("RuntimeDirectoryMode"),
            one("RuntimeDirectory"),
        );
        for credential in values("LoadCredential") {
            let (name, from) = credential.split_once(':').unwrap_or((&credential, ""));
            script.push_str(&format!(
                "install -o {user} -g {group} -m 0400 {from} {credentials}/{name}\n"
            ));
        }
        let prepared = self.shell(&script).status();
        if !prepared.is_ok_and(|status| status.success()) {
            return Err(Failed::because(format!("{unit}: its folders could not be made")));
        }
        let socket = self.path("/run/notify");
        remove_file(&socket);
        let told = UnixDatagram::bind(&socket).map_err(|error| super::failed(&socket, &error))?;
        Task::new("chmod").arg("666").arg(&socket).capture()?;
        let line = one("ExecStart");
        let log = self.path(&format!("/var/log/{unit}.log"));
        let to_log = fs::File::create(&log).map_err(|error| super::failed(&log, &error))?;
        let child = self
            .command(&[&format!("--userspec={user}:{group}")])
            .args(line.split_whitespace())
            .envs(
                values("Environment")
                    .iter()
                    .filter_map(|line| line.split_once('=')),
            )
            .env("NOTIFY_SOCKET", "/run/notify")
            .env("WATCHDOG_USEC", "30000000")
            .env("CREDENTIALS_DIRECTORY", &credentials)
            .stdout(Stdio::null())
            .stderr(to_log)
            .spawn()
            .map_err(|error| Failed::because(format!("{line}: {error}")))?;
        Ok(Service {
            line,
            child,
            told,
            log,
        })
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // What is left is a copy in the folder of what was built.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A service that runs. It is ended when it is dropped.
pub(super) struct Service {
    /// The unit's command line.
    pub(super) line: String,
    child: Child,
    told: UnixDatagram,
    log: PathBuf,
}

impl Service {
    /// Waits until it tells `what`, and gives the datagram.
    pub(super) fn wait_for(&self, what: &str) -> Result<String, Failed> {
        let wait = self.told.set_read_timeout(Some(super::trial::PATIENCE));
        wait.map_err(|error| Failed::because(error.to_string()))?;
        let mut bytes = [0; 4096];
        loop {
            let length = self.told.recv(&mut bytes).map_err(|error| {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                Failed::because(format!("{}: waited for {what}: {error}\n{log}", self.line))
            })?;
            let told = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if told.contains(what) {
                return Ok(told);
            }
        }
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, as `systemctl stop`; its exit must be clean.
    pub(super) fn stop(mut self) -> Result<(), Failed> {
        Task::new("kill")
            .arg("-TERM")
            .arg(self.child.id().to_string())
            .capture()?;
        self.wait_for("STOPPING=1")?;
        let status = self
            .child
            .wait()
            .map_err(|error| Failed::because(error.to_string()))?;
        match status.success() {
            true => Ok(()),
            false => Err(Failed::because(format!("{} ended with {status}", self.line))),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The mirror that this machine's own packages come from.
fn mirror() -> Result<String, Failed> {
    let (lists, _) = Task::new("sh")
        .arg("-c")
        .arg("cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true")
        .capture()?;
    let words = lists.lines().filter(|line| !line.trim_start().starts_with('#'));
    let url = words
        .flat_map(str::split_whitespace)
        .find(|word| word.starts_with("http"));
    url.map(str::to_owned)
        .ok_or_else(|| Failed::because("this machine's apt sources name no mirror to make a Debian from"))
}

fn remove(folder: &Path) -> Result<(), Failed> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(super::failed(folder, &error)),
        _ => Ok(()),
    }
}

fn remove_file(file: &Path) {
    // Not there is as good; what cannot be removed is found out by who binds it.
    let _ = fs::remove_file(file);
}
