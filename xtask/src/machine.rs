//! What the machine must have, and installing it where we can.

use std::path::Path;
use std::process::Command;

use crate::run::{Failed, Task, complain};

/// A thing that the build or the tests need, how to tell that it is there, and Debian's package.
pub struct Need {
    what: &'static str,
    package: &'static str,
    found: fn() -> bool,
}

/// To build: OpenSSL is built from source for sequoia (perl, a C compiler), and its bindings are
/// generated with libclang.
pub const TO_BUILD: &[Need] = &[
    Need {
        what: "a C compiler",
        package: "build-essential",
        found: || on_path("cc") && on_path("make"),
    },
    Need {
        what: "perl",
        package: "perl",
        found: || on_path("perl"),
    },
    Need {
        what: "libclang",
        package: "libclang-dev",
        found: has_libclang,
    },
    Need {
        what: "openssl (to check a checkpoint)",
        package: "openssl",
        found: || on_path("openssl"),
    },
];

/// To fuzz: libFuzzer is C++.
pub const TO_FUZZ: &[Need] = &[Need {
    what: "a C++ compiler",
    package: "g++",
    found: || on_path("c++"),
}];

/// The one package here that is a service as well.
const PROMETHEUS: &str = "prometheus";

/// To test, beside what it takes to build.
pub const TO_TEST: &[Need] = &[
    Need {
        what: "strace (order of fsync and answer)",
        package: "strace",
        found: || on_path("strace"),
    },
    Need {
        what: "python3 (independent verifier)",
        package: "python3",
        found: || on_path("python3"),
    },
    Need {
        what: "prometheus (scrapes a node in a test)",
        package: PROMETHEUS,
        found: || on_path("prometheus") && on_path("promtool"),
    },
    Need {
        what: "systemd-analyze (checks the units)",
        package: "systemd",
        found: || on_path("systemd-analyze"),
    },
];

/// To make the Debian package, and to try it.
pub const TO_PACKAGE: &[Need] = &[
    Need {
        what: "dpkg-shlibdeps",
        package: "dpkg-dev",
        found: || on_path("dpkg-shlibdeps"),
    },
    Need {
        what: "lintian (Debian's rules)",
        package: "lintian",
        found: || on_path("lintian"),
    },
    Need {
        what: "debootstrap (a Debian that is new)",
        package: "debootstrap",
        found: || on_path("debootstrap"),
    },
    Need {
        what: "python3 (the list of what is linked)",
        package: "python3",
        found: || on_path("python3"),
    },
];

/// To inject faults, beside what it takes to test.
pub const TO_FAIL: &[Need] = &[
    Need {
        what: "mkfs.ext4 (small disks that fill up)",
        package: "e2fsprogs",
        found: || on_path("mkfs.ext4") || Path::new("/usr/sbin/mkfs.ext4").is_file(),
    },
    Need {
        what: "libfaketime (clocks that leap)",
        package: "libfaketime",
        found: has_libfaketime,
    },
];

/// Installs with apt-get what is missing, and says what. Elsewhere: says what to install, and fails.
pub fn install_missing(needs: &[&[Need]]) -> Result<(), Failed> {
    let missing: Vec<&Need> = needs
        .iter()
        .copied()
        .flatten()
        .filter(|need| !(need.found)())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    complain("This machine lacks:");
    for need in &missing {
        complain(&format!("  {:<36} Debian package {}", need.what, need.package));
    }
    if !on_path("apt-get") {
        return Err(Failed::because(format!(
            "no apt-get here: install the equivalents of {} and run the command again",
            packages.join(", ")
        )));
    }
    apt_get(&["update", "-qq"])?;
    let _unserved = Unserved::begin();
    apt_get(
        &[
            &["install", "-y", "-qq", "--no-install-recommends"],
            packages.as_slice(),
        ]
        .concat(),
    )?;
    if packages.contains(&PROMETHEUS) && on_path("systemctl") {
        // Nor at the next start of the machine: it would take a port that nobody gave it.
        let _ = as_root("systemctl")
            .args(["--quiet", "disable", PROMETHEUS])
            .run();
    }
    match missing.iter().find(|need| !(need.found)()) {
        None => Ok(()),
        Some(need) => Err(Failed::because(format!(
            "{} is still missing after the package {} was installed",
            need.what, need.package
        ))),
    }
}

/// While this lives, no service of a package that is installed is started: the tests run programs by
/// themselves. Debian asks `policy-rc.d` (invoke-rc.d(8)); where one is there already, it is left as it is.
struct Unserved {
    is_ours: bool,
}

const POLICY: &str = "/usr/sbin/policy-rc.d";

impl Unserved {
    fn begin() -> Self {
        let script = format!("printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}");
        // A service that starts after all is a nuisance, and no reason to stop.
        let is_ours = !Path::new(POLICY).exists() && as_root("sh").args(["-c", &script]).run().is_ok();
        Self { is_ours }
    }
}

impl Drop for Unserved {
    fn drop(&mut self) {
        if self.is_ours {
            let _ = as_root("rm").arg(POLICY).run();
        }
    }
}

fn as_root(program: &str) -> Task {
    if is_root() {
        Task::new(program)
    } else {
        Task::new("sudo").arg(program)
    }
}

fn apt_get(arguments: &[&str]) -> Result<(), Failed> {
    as_root("apt-get")
        .args(arguments)
        .environment("DEBIAN_FRONTEND", "noninteractive")
        .run()
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output();
    user.is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

/// Whether `program` is in one of the folders of `PATH`.
pub fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// libclang is a library, not a program: looked for where Debian's packages put it, or where
/// `LIBCLANG_PATH` says.
fn has_libclang() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let llvm = |version: u32| Path::new("/usr/lib").join(format!("llvm-{version}")).join("lib");
    (11..40).map(llvm).any(|folder| holds_libclang(&folder))
        || [
            "/usr/lib",
            "/usr/lib64",
            "/usr/local/lib",
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/aarch64-linux-gnu",
        ]
        .iter()
        .any(|folder| holds_libclang(Path::new(folder)))
}

/// A library to be loaded before others: it lies where Debian's package puts it.
fn has_libfaketime() -> bool {
    ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .iter()
        .any(|machine| Path::new(&format!("/usr/lib/{machine}/faketime/libfaketimeMT.so.1")).is_file())
}

/// bindgen opens `libclang.so` or `libclang-<version>.so` and the like.
fn holds_libclang(folder: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(folder) else {
        return false;
    };
    files.flatten().any(|file| {
        let name = file.file_name().to_string_lossy().into_owned();
        name.starts_with("libclang") && !name.starts_with("libclang-cpp") && name.contains(".so")
    })
}
