#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;

const TEXT: &str = "\
# A page

```console first with=two-nodes at=XA
$ one \\
> two
said
more
$ three
(exit status 4)
```

```toml
key = 1
```

1. In a list:
   ```console second after=first
   $ four
   ```
";

#[test]
fn blocks_have_names_commands_and_what_is_shown() {
    let document = Document::read("page.md", TEXT).unwrap();
    let [first, second] = document.blocks.as_slice() else {
        panic!("{:?}", document.blocks)
    };
    assert_eq!((first.name.as_str(), first.line), ("first", 3));
    assert_eq!(first.with.as_deref(), Some("two-nodes"));
    assert_eq!(first.at.as_deref(), Some("XA"));
    assert_eq!(first.steps[0].command, "one \\\ntwo");
    assert_eq!(first.steps[0].shown, "said\nmore\n");
    assert_eq!((first.steps[1].code, first.steps[1].line), (4, 8));
    assert_eq!(second.steps[0].command, "four");
    assert_eq!(document.sessions().unwrap(), [[first, second]]);
}

#[test]
fn what_would_not_be_run_is_refused() {
    for text in [
        "```bash\nohrid inbox\n```\n",
        "```console one\n$ ohrid inbox\n",
        "```console one\nohrid inbox\n```\n",
        "```console one two\n$ ohrid inbox\n```\n",
        "```console one of=two\n$ ohrid inbox\n```\n",
    ] {
        assert!(Document::read("page.md", text).is_err(), "{text}");
    }
    for text in [
        "```console one\n$ a\n```\n```console one\n$ a\n```\n",
        "```console one after=two\n$ a\n```\n",
        "```console a\n$ a\n```\n```console b after=a\n$ a\n```\n```console c after=a\n$ a\n```\n",
    ] {
        assert!(
            Document::read("page.md", text).unwrap().sessions().is_err(),
            "{text}"
        );
    }
}
