//! The trial: from an empty Debian to two nodes that exchange messages, stopped, removed and purged, as an
//! operator would do it, each command with the time that it took. What is printed is the transcript of
//! docs/operate.md.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::root::{Root, Service};
use crate::run::{Failed, say};

/// How long a step may take before the trial is given up.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// Lines of what our own programs say: all of them.
const ALL: usize = 60;

const UNIT: &str = "ohrid-node.service";

/// What the package's policy says stays after a purge, beside what apt and dpkg keep for themselves.
const STAYS: &[&str] = &["/etc/ohrid", "/var/lib/ohrid"];

/// What changes in any Debian when a package was there: lists, logs, caches, the register of users.
const KEPT_BY_DEBIAN: &[&str] = &[
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/cache",
    "/var/log",
    "/run",
    "/tmp",
    "/root",
    "/etc/passwd-",
    "/etc/group-",
    "/etc/shadow-",
    "/etc/gshadow-",
    "/etc/ld.so.cache",
    "/var/lib/systemd/deb-systemd-helper-",
];

/// What was done and said, and how long it took.
struct Transcript {
    began: Instant,
    text: String,
}

/// A country's machine.
struct Country {
    name: &'static str,
    root: Root,
    before: BTreeSet<String>,
}

impl Transcript {
    fn line(&mut self, text: &str) {
        say(text);
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn title(&mut self, text: &str) {
        let at = self.began.elapsed().as_secs();
        self.line(&format!("\n# {text} ({} min {:02} s)\n", at / 60, at % 60));
    }

    /// Runs a command as root of that country, and shows the last lines of what it said.
    fn run(&mut self, country: &Country, script: &str, lines: usize) -> Result<String, Failed> {
        let began = Instant::now();
        let output = country.root.shell(script).output();
        let output = output.map_err(|error| Failed::because(format!("{script}: {error}")))?;
        let took = began.elapsed();
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        self.line(&format!("root@{}# {script}", country.name));
        if !output.status.success() {
            return Err(Failed::because(format!("{script}: {}\n{said}", output.status)));
        }
        let shown: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        let cut = shown.len().saturating_sub(lines);
        if cut > 0 {
            self.line("    [...]");
        }
        for line in &shown[cut..] {
            self.line(line);
        }
        self.line(&format!(
            "    [{}.{:02} s]",
            took.as_secs(),
            took.subsec_millis() / 10
        ));
        Ok(said)
    }

    fn start(&mut self, country: &Country) -> Result<Service, Failed> {
        let began = Instant::now();
        let service = country.root.start(UNIT)?;
        let told = service.wait_for("READY=1")?;
        let took = began.elapsed().as_millis();
        let (name, line) = (country.name, &service.line);
        self.line(&format!(
            "root@{name}# systemctl start ohrid-node    (here: {line}, as the user ohrid)"
        ));
        for line in told.lines() {
            self.line(line);
        }
        let (id, rss) = (service.id(), resident_mib(service.id()));
        self.line(&format!(
            "    [ready after {took} ms; process {id}, {rss} MiB resident]"
        ));
        Ok(service)
    }
}

/// Runs the whole trial, and writes the transcript.
pub(super) fn trial(package: &Path, transcript: Option<&Path>) -> Result<(), Failed> {
    let (xa, xb) = (country("xa", package)?, country("xb", package)?);
    let mut transcript_of = Transcript {
        began: Instant::now(),
        text: String::new(),
    };
    let told = &mut transcript_of;
    install(told, &xa, &xb)?;
    join(told, &xa, &xb)?;
    exchange(told, &xa, &xb)?;
    for country in [&xa, &xb] {
        remove(told, country)?;
    }
    let took = told.began.elapsed().as_secs();
    told.line(&format!(
        "\n# Done, all of it, in {} min {:02} s",
        took / 60,
        took % 60
    ));
    if let Some(file) = transcript {
        fs::write(file, &told.text).map_err(|error| super::failed(file, &error))?;
    }
    Ok(())
}

fn country(name: &'static str, package: &Path) -> Result<Country, Failed> {
    let root = Root::fresh(name)?;
    let before = root.listed()?.into_iter().collect();
    let inside = root.path("/root/ohrid.deb");
    fs::copy(package, &inside).map_err(|error| super::failed(&inside, &error))?;
    Ok(Country { name, root, before })
}

fn install(told: &mut Transcript, xa: &Country, xb: &Country) -> Result<(), Failed> {
    told.title("An empty Debian in each of two countries: install");
    for country in [xa, xb] {
        told.run(country, "apt-get update -qq", 2)?;
        told.run(country, "apt-get install -y -qq /root/ohrid.deb 2>&1", 6)?;
        told.run(
            country,
            "test ! -e /etc/ohrid/node.toml && getent passwd ohrid",
            1,
        )?;
    }
    // What `man` and the three shells look for. That a purge takes them is seen at the end, as of every file.
    let manual = "ls /usr/share/man/man8/ohrid-node.8.gz /usr/share/man/man1/ohrid-request-send.1.gz \
                  /usr/share/bash-completion/completions/ohrid /usr/share/zsh/vendor-completions/_ohrid \
                  /usr/share/fish/vendor_completions.d/ohrid.fish";
    told.run(xa, manual, 5)?;
    told.run(xa, "dpkg --listfiles ohrid | grep --count /usr/share/man/man", 1)?;
    Ok(())
}

fn join(told: &mut Transcript, xa: &Country, xb: &Country) -> Result<(), Failed> {
    told.title("Keys, configuration and a join request");
    for (country, code, port) in [(xa, "XA", 44331), (xb, "XB", 44332)] {
        let name = country.name;
        let address = format!("127.0.0.1:{port}");
        let init = format!(
            "ohrid node init --system --party {code} --name node.{name}.example --listen {address} \
             --address {address}"
        );
        told.run(country, &init, ALL)?;
    }
    told.title("The secretariat of the network signs the directory, here on XA's machine");
    told.run(
        xa,
        "ohrid directory init --network example --dir /root/secretariat",
        ALL,
    )?;
    carry(
        told,
        xb,
        "/etc/ohrid/join-request.cose",
        xa,
        "/root/xb-join-request.cose",
    )?;
    let requests = "/etc/ohrid/join-request.cose /root/xb-join-request.cose";
    told.run(
        xa,
        &format!("ohrid directory add --dir /root/secretariat {requests}"),
        ALL,
    )?;
    told.run(
        xa,
        "ohrid directory sign --dir /root/secretariat --expires-in 30d",
        ALL,
    )?;
    let directory = "/root/secretariat/directory.cose";
    carry(told, xa, directory, xb, "/root/directory.cose")?;
    let key = xa.root.path("/root/secretariat/secretariat.pub");
    let key = fs::read_to_string(&key).map_err(|error| super::failed(&key, &error))?;
    for (country, file) in [(xa, directory), (xb, "/root/directory.cose")] {
        let key = key.trim();
        told.run(
            country,
            &format!("ohrid directory install --dir /etc/ohrid {file} --key {key}"),
            ALL,
        )?;
        let check = "runuser -u ohrid -- ohrid-node --config /etc/ohrid/node.toml config check";
        // The unit's folders are made when it starts: until then this could not look at them, and says so.
        let check = format!("install -d -o ohrid -g ohrid -m 0700 /var/lib/ohrid /run/ohrid && {check}");
        told.run(country, &check, ALL)?;
    }
    Ok(())
}

fn exchange(told: &mut Transcript, xa: &Country, xb: &Country) -> Result<(), Failed> {
    told.title("Both nodes start");
    let services = [told.start(xa)?, told.start(xb)?];
    told.title("A message, with its receipt");
    told.run(xa, "ohrid node status --wait 30s", ALL)?;
    told.run(xa, "ohrid drill XB/police --wait delivered", ALL)?;
    let request = "/usr/share/doc/ohrid/examples/messages/preservation-request.toml";
    told.run(
        xa,
        &format!("ohrid request send {request} --to XB/police --wait consigned"),
        ALL,
    )?;
    told.run(xb, "ohrid inbox", ALL)?;
    told.run(xb, "ohrid ledger export --output /root/export/xb", ALL)?;
    carry(
        told,
        xa,
        "/root/secretariat/secretariat.pub",
        xb,
        "/root/export/secretariat.pub",
    )?;
    told.run(xb, "ohrid-verify ledger /root/export/xb", ALL)?;
    told.title("Stop");
    for (service, country) in services.into_iter().zip([xa, xb]) {
        let began = Instant::now();
        service.stop()?;
        let took = began.elapsed().as_millis();
        let name = country.name;
        told.line(&format!(
            "root@{name}# systemctl stop ohrid-node    (here: SIGTERM)"
        ));
        told.line(&format!("    [drained and ended with 0 after {took} ms]"));
    }
    Ok(())
}

/// Remove, purge; then nothing may be left but what policy says stays.
fn remove(told: &mut Transcript, country: &Country) -> Result<(), Failed> {
    told.title(&format!("Remove and purge on {}", country.name));
    told.run(country, "apt-get remove -y -qq ohrid 2>&1", 2)?;
    told.run(
        country,
        "test -e /etc/default/ohrid-node && test ! -e /usr/bin/ohrid-node",
        1,
    )?;
    told.run(country, "apt-get purge -y -qq ohrid 2>&1", 4)?;
    told.run(country, "apt-get autoremove --purge -y -qq 2>&1", 1)?;
    let is_below = |path: &str, roots: &[&str]| roots.iter().any(|root| path.starts_with(root));
    let after = country.root.listed()?;
    let new = after.iter().filter(|path| !country.before.contains(*path));
    let (stays, left): (Vec<&String>, Vec<&String>) = new
        .filter(|path| !is_below(path, KEPT_BY_DEBIAN))
        .partition(|path| is_below(path, STAYS));
    if !left.is_empty() {
        return Err(Failed::because(format!("left behind after the purge: {left:?}")));
    }
    for needed in ["/etc/ohrid/keys/ledger.seed", "/var/lib/ohrid/data"] {
        if !stays.iter().any(|path| *path == needed) {
            return Err(Failed::because(format!("{needed} must stay, and is gone")));
        }
    }
    told.line(&format!(
        "What stays: {} files and folders below {}, and the user that owns them; nothing else.",
        stays.len(),
        STAYS.join(" and ")
    ));
    Ok(())
}

/// From one machine to the other, as by mail.
fn carry(told: &mut Transcript, from: &Country, file: &str, to: &Country, copy: &str) -> Result<(), Failed> {
    let (source, target) = (from.root.path(file), to.root.path(copy));
    fs::copy(&source, &target).map_err(|error| super::failed(&source, &error))?;
    told.line(&format!(
        "    ({file} of {} is sent to {}: {copy})",
        from.name, to.name
    ));
    Ok(())
}

/// The process's resident memory.
fn resident_mib(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
