//! `cargo xtask`: the tasks of this repository, with no dependency, so that they start at once on a
//! machine that has nothing but a Rust toolchain.
//!
//! | command | what it does |
//! |---|---|
//! | `demo`  | installs what is missing, builds, and shows the whole exchange between two countries |
//! | `test`  | installs what is missing, and runs every test |
//! | `check` | format, clippy, cargo-deny, requirement names, generated files |
//! | `network` | many real nodes, and a network between them that breaks in every way |
//! | `drill` | a node under load is copied, lost, restored, and goes on: how long each step took |
//! | `simulate` | a small world of nodes over disks that fail, seed after seed |
//! | `bench` | builds for release and prints the table of ratios of performance |
//! | `load` | two real nodes and a busy day between them, for as long as one likes |
//! | `faults` | kills, failing, full and rotten disks, power cuts, wrong clocks: on the real programs |
//! | `fuzz`  | runs the fuzz targets of `fuzz/` |
//! | `man`   | manual pages and shell completions of the four programs |
//! | `mutants` | changes the code in thousands of places, and lists the changes that no test notices |
//! | `package` | the Debian package; with `--try`, two new Debians that install it and talk |
//! | `setup` | only installs what is missing |

mod check;
mod driving;
mod fuzz;
mod machine;
mod man;
mod mutants;
mod package;
mod requirements;
mod run;
mod simulate;

use std::process::ExitCode;

use run::{Failed, Task};

/// Where proptest takes its seed from.
const CHANCE: &str = "PROPTEST_RNG_SEED";

const HELP: &str = "\
usage: cargo xtask <command> [options]

  demo   [options of `ohrid demo`]     two countries on this machine: the whole exchange, shown and checked
  test   [options of `cargo test`]     every test
  network [--nodes N] [--seconds N] [--seed N]   N real nodes (30), a storm of so many seconds (30), healing:
         every message once in both ledgers; the seed that is printed brings the storm back
  drill [--messages N]                 a node under load is copied, lost, restored (10 messages), with times
  simulate [--seeds N] [--from SEED] [--seed SEED]   nodes over disks that fail (10000 seeds, as CI); one
         seed tells its story
         [--schedules N]   instead: threads in N orders, over what they share
  check  [NAME]                        format, clippy, cargo-deny, requirement names, generated files
  bench  [--quick] [--rounds N] [--only NAME] [--json FILE]   the table of ratios
         [--only attachments|emergency [--gib N]]   a large file; an emergency while one is pulled
         [--only verify [--entries N]]   instead: the check of an exported ledger (10000000 entries, 4 GB)
         [--only start [--entries N]]    instead: starts on a long ledger (1000000), sizes of the programs
         [--only rest]                   instead: memory of nodes that rest
         [--cases N]   instead: with so many cases in the store; 100000 takes minutes
         [--peers [N]] instead: at rest, with so many peers connected (100)
         [--only forwarding]             instead: the node without OpenPGP, beside the skeleton without it
         [--only years [--cases N]]      instead: a ledger of ten years with so many cases (365000)
         [--only busy [--peers N]]       instead: so many peers send to one node, one of them most of it (100)
         [--against FOLDER]              instead: this build's nodes and those of another, at the same time
  load   [--seconds N] [--in-flight N] [--seed N] [--profile NAME] [--json FILE]   a mix of messages
         between two nodes (60 seconds, 16 conversations): rates, latencies, processor, memory; at the end
         they must agree
  faults [--quick] [--only kill|eio|full|power|rot|clock] [--rounds N] [--seed N] [--lanes N] [--json FILE]
         real faults on the real programs: an hour and more, --quick minutes; root and loop devices
  fuzz   [TARGET...] [--seconds N] [--quick] [--at-once N] [--keep] [--coverage]   what nobody would send
  man    [--release] [--output DIR]    manual pages and completions, as they lie below /usr
  mutants [CRATE...] [--only PART] [--quick] [--again] [--alone]   what the tests do not notice
  package [--debug] [--try [--transcript FILE]]   the Debian package (--debug: of what is built already);
         --try, as root: two new Debians install it, exchange messages, and remove it
  setup                                install what is missing, and say what

Missing Debian packages are installed with apt-get, as root or with sudo; elsewhere the command prints
what to install.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match command.as_str() {
        "demo" => demo(&rest),
        "test" => test(&rest),
        "network" => network(&rest),
        "drill" => drill(&rest),
        "check" => check::check(rest.first().map_or("", String::as_str)),
        "simulate" => simulate::simulate(&rest),
        "bench" => driving::bench(&rest),
        "load" => driving::load(&rest),
        "faults" => driving::faults(&rest),
        "fuzz" => fuzz::fuzz(&rest),
        "man" => man::man(&rest),
        "mutants" => mutants::mutants(&rest),
        "package" => package::package(&rest),
        "setup" => machine::install_missing(&[machine::TO_BUILD, machine::TO_TEST]),
        "" | "help" | "--help" | "-h" => {
            run::say(HELP);
            Ok(())
        }
        other => {
            run::complain(&format!("unknown command \"{other}\"\n\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            run::complain(&format!("xtask: {failed}"));
            ExitCode::FAILURE
        }
    }
}

/// Builds the four programs and runs `ohrid demo`, which does the rest by itself.
fn demo(options: &[String]) -> Result<(), Failed> {
    machine::install_missing(&[machine::TO_BUILD])?;
    build_programs()?;
    let ohrid = run::target_directory().join("debug").join("ohrid");
    Task::new(&ohrid.to_string_lossy())
        .arg("demo")
        .args(options)
        .run()
}

/// Runs every test. The programs are built first: the scenarios in `tests/` run the real ones.
fn test(options: &[String]) -> Result<(), Failed> {
    machine::install_missing(&[machine::TO_BUILD, machine::TO_TEST])?;
    build_programs()?;
    // What is drawn by chance is the same each time, so that CI judges a change; `cargo test` looks for more.
    let seed = std::env::var(CHANCE).unwrap_or_else(|_| "1".to_owned());
    Task::new("cargo")
        .args(["test", "--workspace", "--locked"])
        .args(options)
        .environment(CHANCE, &seed)
        .run()
}

/// Runs the scenario of a network that breaks, in any size: the tests run a short form of it.
fn network(options: &[String]) -> Result<(), Failed> {
    let mut values = [
        ("--nodes", "OHRID_NETWORK_NODES", Some("30".to_owned())),
        ("--seconds", "OHRID_NETWORK_SECONDS", Some("30".to_owned())),
        ("--seed", "OHRID_NETWORK_SEED", None),
    ];
    for pair in options.chunks(2) {
        let known = values
            .iter_mut()
            .find(|(name, ..)| pair.first().is_some_and(|given| given == name));
        let (Some(known), Some(value)) = (known, pair.get(1)) else {
            return Err(Failed::because(
                "usage: cargo xtask network [--nodes N] [--seconds N] [--seed N]",
            ));
        };
        known.2 = Some(value.clone());
    }
    machine::install_missing(&[machine::TO_BUILD, machine::TO_TEST])?;
    build_programs()?;
    let test = "partitions::after_any_storm_every_message_is_once_in_both_ledgers_retry_idempotent";
    let mut task = Task::new("cargo");
    for (_, name, value) in &values {
        if let Some(value) = value {
            task = task.environment(name, value);
        }
    }
    task.args(["test", "--workspace", "--locked", "--test", "scenarios"])
        .args(["--", "--exact", "--nocapture", test])
        .run()
}

/// Runs the drill of a lost machine, which prints how long each step took.
fn drill(options: &[String]) -> Result<(), Failed> {
    let messages = match options {
        [] => "10",
        [name, messages] if name == "--messages" => messages.as_str(),
        _ => return Err(Failed::because("usage: cargo xtask drill [--messages N]")),
    };
    machine::install_missing(&[machine::TO_BUILD, machine::TO_TEST])?;
    build_programs()?;
    Task::new("cargo")
        .environment("OHRID_DRILL_MESSAGES", messages)
        .args(["test", "--workspace", "--locked", "--test", "scenarios"])
        .args([
            "--",
            "--exact",
            "--nocapture",
            "backup::drill::the_drill_of_a_lost_machine",
        ])
        .run()
}

fn build_programs() -> Result<(), Failed> {
    Task::new("cargo")
        .args(["build", "--workspace", "--bins", "--locked"])
        .run()
}
