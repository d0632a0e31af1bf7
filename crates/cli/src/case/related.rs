//! `[RELATED]` Other cases of ours with the same address, account or name, for people.

use control::types::RelatedCase;

use crate::table::{self, printable};

/// One block for each case; nothing where there is none.
pub(crate) fn text(related: &[RelatedCase], room: usize) -> String {
    let mut text = String::new();
    for one in related {
        let line = format!(
            "also in case {} with {} ({}): {}",
            one.reference,
            one.peer,
            one.state,
            one.selectors.join(", ")
        );
        for (number, part) in table::wrap(&printable(&line), room).iter().enumerate() {
            text.push_str(if number == 0 { "  - " } else { "    " });
            text.push_str(part);
            text.push('\n');
        }
    }
    text
}

/// The same under its heading.
pub(crate) fn section(related: &[RelatedCase], room: usize) -> String {
    match related.is_empty() {
        true => String::new(),
        false => format!("The same appears elsewhere\n{}", text(related, room)),
    }
}
