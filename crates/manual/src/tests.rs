#![allow(clippy::unwrap_used, clippy::expect_used)]

use clap::Arg;

use super::*;

static MANUAL: Manual = Manual {
    section: "1",
    examples: "Show it, page by page.\n    tool case show 7 --words \"two words\" | less\n\n\
               Take it\nback.\n    tool case take-back 7\n",
    sections: &[Section {
        title: "EXIT STATUS",
        terms: &[("0", "It is done.")],
    }],
    see_also: &["tool(1)", "other(8)"],
};

fn tool() -> Command {
    let number = Arg::new("number")
        .value_parser(clap::value_parser!(u8))
        .required(true);
    let show = Command::new("show")
        .about("Shows it")
        .arg(number.clone())
        .arg(Arg::new("words").long("words"))
        .after_help("Nothing is changed.");
    let take_back = Command::new("take-back").about("Takes it back").arg(number);
    let case = Command::new("case").about("Cases").subcommands([show, take_back]);
    let hidden = Command::new("manual").hide(true);
    Command::new("tool")
        .version("1.0")
        .about("A tool")
        .subcommands([case, hidden])
}

#[test]
fn every_command_has_a_page_with_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    let written = write_to(folder.path(), tool(), &MANUAL).unwrap();
    let names: Vec<_> = written
        .iter()
        .map(|path| path.strip_prefix(folder.path()).unwrap())
        .collect();
    for name in [
        "share/man/man1/tool.1",
        "share/man/man1/tool-case.1",
        "share/man/man1/tool-case-show.1",
        "share/man/man1/tool-case-take-back.1",
        "share/bash-completion/completions/tool",
        "share/zsh/vendor-completions/_tool",
        "share/fish/vendor_completions.d/tool.fish",
    ] {
        assert!(names.contains(&Path::new(name)), "{name} of {names:?}");
    }
    assert_eq!(names.len(), 7);
    let page = fs::read_to_string(folder.path().join("share/man/man1/tool-case-take-back.1")).unwrap();
    for part in [
        ".SH EXAMPLES",
        "tool case take\\-back 7",
        ".SH \"EXIT STATUS\"",
        "tool\\-case(1), tool(1), other(8)",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("tool case show"), "{page}");
}

#[test]
fn the_help_page_ends_with_the_examples() {
    let mut command = with_examples(tool(), &MANUAL);
    let case = command.find_subcommand_mut("case").unwrap();
    let help = case
        .find_subcommand_mut("show")
        .unwrap()
        .render_help()
        .to_string();
    let end = "Nothing is changed.\n\nExamples:\n  tool case show 7 --words \"two words\" | less\n";
    assert!(help.contains(end), "{help}");
}

#[test]
fn faults_in_examples_are_found() {
    assert_eq!(faults(&tool(), &MANUAL), Vec::<String>::new());
    let examples = "    tool case show 8\n\nToo many.\n    tool case show many\n\n\
                    Not there.\n    tool case hide 7\n";
    let wrong = Manual { examples, ..MANUAL };
    let found = faults(&tool(), &wrong);
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(
        found[0].contains("`tool case take-back` has no example"),
        "{found:?}"
    );
}
