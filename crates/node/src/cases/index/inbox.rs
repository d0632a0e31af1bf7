//! The inbox: what was received, and what of it waits for an officer.

use std::collections::BTreeSet;

use control::types::InboxItem;

use super::keys;
use super::row::InboxRow;
use super::*;
use crate::cases::{Cases, lines};

impl Cases {
    /// At most `limit` received messages, the latest first. Those that wait for an officer are among them,
    /// however old they are, as long as they are not more than `limit` themselves.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn inbox(&self, limit: usize) -> Result<Vec<InboxItem>, IndexError> {
        self.caught_up()?;
        // Behind the letter of the table both have the same key.
        let mut wanted: BTreeSet<Vec<u8>> = BTreeSet::new();
        for table in [keys::WAITING, keys::INBOX] {
            for (key, _) in self.index.scan(table, b"", limit)? {
                if wanted.len() < limit {
                    wanted.insert(key[table.len()..].to_vec());
                }
            }
        }
        let mut items = Vec::new();
        for key in wanted {
            let key = [keys::INBOX, &key].concat();
            let Some(row) = self.index.get::<InboxRow>(&key)? else {
                continue;
            };
            items.extend(self.item(&key, row)?);
        }
        Ok(items)
    }

    fn item(&self, key: &[u8], row: InboxRow) -> Result<Option<InboxItem>, IndexError> {
        let Some((id, sender, message)) = keys::in_inbox(key) else {
            return Ok(None);
        };
        let (item, selectors) = match row.item {
            Some(item) => (Some(item), row.selectors.into_iter().collect()),
            None => {
                let mut found = (None, BTreeSet::new());
                for case in self.with_id(id)? {
                    let mut lines = lines::inbox_items(&case, self.own).into_iter();
                    let line = lines.find(|(key, _)| *key == (sender, message));
                    if let Some((key, item)) = line {
                        found = (Some(item), case.selectors_of(key));
                    }
                }
                found
            }
        };
        let Some(item) = item else { return Ok(None) };
        Ok(Some(InboxItem {
            related: self.related_to(&selectors, Some(id))?,
            ..item
        }))
    }
}
