#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::contract::example::Story;
use crate::index::{Row, rows_of};

/// An index with what the story's leaves say, and these rows beside, or instead.
fn values(story: &Story, rows: impl IntoIterator<Item = Row>) -> KeyValues {
    let values = KeyValues::in_memory();
    for (index, leaf) in (0..).zip(&story.leaves) {
        values.put(rows_of(index, leaf).unwrap());
    }
    values.put(rows.into_iter().map(|(key, value)| (key, Some(value))));
    values
}

fn ask<T>(story: &Story, values: &KeyValues, question: impl FnOnce(&Queries<'_>) -> T) -> T {
    question(&Queries {
        values,
        leaf: &|index| Ok(story.leaves[usize::try_from(index).unwrap()].clone()),
    })
}

/// An index that points to the record of another message is found out: nobody gets the one for the other.
#[test]
fn an_inbox_record_of_another_message_is_not_believed() {
    let mut story = Story::default();
    story.receive().receive().commit();
    let honest = values(&story, []);
    let keys: Vec<&InboxKey> = story.model.inbox.keys().collect();
    assert_eq!(keys.len(), 2);
    for key in &keys {
        let found = ask(&story, &honest, |index| index.inbox(key)).unwrap();
        assert_eq!(found.as_ref(), Some(&story.model.inbox[*key]));
    }
    for (key, other) in [(keys[0], keys[1]), (keys[1], keys[0])] {
        let row = honest.get(&inbox_key(b'I', other)).unwrap().unwrap();
        let lying = values(&story, [(inbox_key(b'I', key), row)]);
        let refused = ask(&story, &lying, |index| index.inbox(key));
        assert!(matches!(refused, Err(ReadError::Index(_))), "{refused:?}");
        assert!(lying.is_suspect() && !honest.is_suspect());
    }
}

/// The same for what is to be sent, asked for one by one or all at once.
#[test]
fn an_outbox_record_of_another_item_is_not_believed() {
    let mut story = Story::default();
    story.submit().submit().commit();
    let honest = values(&story, []);
    let records: Vec<OutboxRecord> = story.model.outbox.values().cloned().collect();
    assert_eq!(records.len(), 2);
    assert_eq!(ask(&story, &honest, |index| index.outbox()).unwrap(), records);
    for record in &records {
        let found = ask(&story, &honest, |index| index.outbox_item(&record.item));
        assert_eq!(found.unwrap().as_ref(), Some(record));
        let other = 1 - record.index;
        let row = (outbox_key(&record.item), other.to_be_bytes().to_vec());
        let lying = values(&story, [row]);
        let refused = ask(&story, &lying, |index| index.outbox_item(&record.item));
        assert!(matches!(refused, Err(ReadError::Index(_))), "{refused:?}");
        assert!(ask(&story, &lying, |index| index.outbox()).is_err());
        assert!(lying.is_suspect() && !honest.is_suspect());
    }
}
