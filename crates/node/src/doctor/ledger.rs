//! The ledger: quickly, what a start reads; deeply, every entry, and every payload that must be there.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use protocol::digest::Commitment;
use protocol::entry::Entry;
use store::copying::{self, JournalCopy};
use store::{Embedded, Kept, Reader, Store};

use super::{Check, Depth, Look, failed, ok, skipped, warning};

pub(super) async fn look(
    look: &mut Look<'_>,
    is_running: bool,
    depth: Depth,
    progress: impl FnMut(u64, u64) + Send + 'static,
) {
    let data = look.config.node.data.clone();
    let place = look.place();
    if !data.join("head").exists() {
        let what = format!(
            "{}: there is no store yet; the first start makes it",
            data.display()
        );
        return look.add(skipped("ledger", what));
    }
    look.add(quick(&data, &place));
    look.add(index(&data, &place));
    let check = match (depth, is_running) {
        (Depth::Quick, _) => skipped("ledger_deep", "every entry is read with --deep"),
        (Depth::Deep, true) => Check {
            mend: Some(format!(
                "ohrid node stop {place}, then again; or ohrid ledger export, ohrid-verify ledger"
            )),
            ..skipped("ledger_deep", "the node has the store open")
        },
        (Depth::Deep, false) => deep(data, place, progress).await,
    };
    look.add(check);
}

/// Head and journal, as a start reads them.
fn quick(data: &Path, place: &str) -> Check {
    const NAME: &str = "ledger";
    let read = copying::released(data).and_then(|head| Ok((head, JournalCopy::open(data)?)));
    let restore =
        format!("ohrid node restore --from DIR --to NEWDIR --key FILE --password-file FILE ({place})");
    match read {
        Err(error) => failed(NAME, error.to_string(), restore),
        Ok((head, journal)) if journal.size() < head.size => {
            let what = format!(
                "{} entries are there, and {} were signed",
                journal.size(),
                head.size
            );
            failed(NAME, what, restore)
        }
        Ok((_, journal)) => {
            let segments = journal.segments().len();
            ok(
                NAME,
                format!(
                    "{} entries; {segments} journal segments are whole",
                    journal.size()
                ),
            )
        }
    }
}

/// Whether an index was found wrong, which the next start mends, or set aside.
fn index(data: &Path, place: &str) -> Check {
    const NAME: &str = "index";
    let suspect = ["index-suspect", "cases-suspect"]
        .iter()
        .any(|name| data.join(name).exists());
    if suspect {
        let mend = format!("ohrid node stop {place}, then start it: it is made anew");
        return warning(NAME, "it was found to be wrong while it was used", mend);
    }
    let aside = data.join("set-aside");
    let count = fs::read_dir(&aside).into_iter().flatten().count();
    if count > 0 {
        let what = format!(
            "{count} indexes that could not be used are kept in {}",
            aside.display()
        );
        return warning(
            NAME,
            what,
            format!("rm -r {}, once nobody wants to know why", aside.display()),
        );
    }
    ok(NAME, "nothing was found wrong with it")
}

async fn deep(
    data: std::path::PathBuf,
    place: String,
    progress: impl FnMut(u64, u64) + Send + 'static,
) -> Check {
    const NAME: &str = "ledger_deep";
    let restore =
        format!("ohrid node restore --from DIR --to NEWDIR --key FILE --password-file FILE ({place})");
    let read = tokio::task::spawn_blocking(move || read_all(&data, progress)).await;
    match read {
        Ok(Ok((entries, payloads))) => ok(
            NAME,
            format!("{entries} entries are in the tree, {payloads} payloads are what was committed to"),
        ),
        Ok(Err(what)) => failed(NAME, what, restore),
        Err(_) => failed(NAME, "reading panicked", restore),
    }
}

/// Reads every entry of the logs at hand, each held against the tree, and every payload that no notice
/// names. Gives how many there were.
fn read_all(data: &Path, mut progress: impl FnMut(u64, u64)) -> Result<(u64, u64), String> {
    let (store, _) = Embedded::open(data, &store::Settings::default()).map_err(|error| error.to_string())?;
    let reader = store.reader();
    let size = reader.size();
    let (mut entries, mut payloads) = (0, 0);
    let mut wrong = None;
    for log in reader.logs().into_iter().filter(|log| log.kept == Kept::Here) {
        let range = log.first..log.end();
        let read = reader.leaves(range, &mut |index, leaf| {
            entries += 1;
            progress(entries, size);
            match payload_of(leaf).map(|payload| is_there(&*reader, index, &payload)) {
                None => ControlFlow::Continue(()),
                Some(Ok(())) => {
                    payloads += 1;
                    ControlFlow::Continue(())
                }
                Some(Err(what)) => {
                    wrong = Some(what);
                    ControlFlow::Break(())
                }
            }
        });
        read.map_err(|error| error.to_string())?;
    }
    drop(reader);
    Box::new(store).close().map_err(|error| error.to_string())?;
    wrong.map_or(Ok((entries, payloads)), Err)
}

fn payload_of(leaf: &[u8]) -> Option<Commitment> {
    match Entry::decode(leaf) {
        Ok(Entry::Submitted { header, .. } | Entry::Received { header, .. }) => {
            header.peek().ok().map(|(header, _)| header.payload)
        }
        _ => None,
    }
}

fn is_there(reader: &dyn Reader, index: u64, payload: &Commitment) -> Result<(), String> {
    let failed = |error: store::ReadError| format!("the payload of entry {index}: {error}");
    if reader.payload(payload).map_err(failed)?.is_some()
        || reader.erased_by(index).map_err(failed)?.is_some()
    {
        return Ok(());
    }
    Err(format!(
        "the payload of entry {index} is missing, and no notice says that it was erased"
    ))
}
