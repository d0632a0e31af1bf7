//! `ohrid case export`: the bundle of a case, as one zip file or as a folder.
//!
//! The node makes it; here it is put on the disk, whole or not at all, and never over something else.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use control::client::BundleFile;
use control::types::ExportQuery;
use protocol::bundle::BundlePath;
use protocol::bundle::zip::{Crc32, LOCAL_HEADER_BYTES, LocalHeader};
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::failure::Failure;
use crate::files::{Secrecy, Staging, folder_of};
use crate::session::Session;
use crate::{table, terminal::Terminal};

/// Options of `ohrid case export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The case: its number, its id or a beginning of it, or the id or check words of one of its messages
    #[arg(value_name = "REF")]
    reference: String,
    /// Where it goes: a name that ends with .zip, or a folder that is not there yet; left out, a zip file
    /// here
    #[arg(long, value_name = "FILE.zip|FOLDER")]
    to: Option<PathBuf>,
    /// Leave something out: content, sealed, session-key or attachments, each also of one message
    /// (content:3), or selectors; several times, or separated by commas
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    redact: Vec<String>,
    /// Put attachments in as well, opened
    #[arg(long)]
    attachments: bool,
    /// Leave the keys out that open the sealed originals
    #[arg(long)]
    no_session_keys: bool,
}

/// What was put on the disk.
#[derive(Debug, Serialize)]
struct Exported {
    /// Where it is.
    path: PathBuf,
    /// How long the zip file is, or was.
    size_bytes: u64,
    /// How many files are in it.
    files: u64,
}

pub(super) async fn run(session: &Session, arguments: &ExportArguments) -> Result<(), Failure> {
    // Who takes a case away is recorded, as for whoever reads it.
    let client = session.client_for_writing(None).await?;
    let query = ExportQuery {
        redact: (!arguments.redact.is_empty()).then(|| arguments.redact.join(",")),
        attachments: arguments.attachments,
        session_keys: arguments.no_session_keys.then_some(false),
    };
    if let Some(target) = &arguments.to {
        free(target)?;
    }
    let making = session.terminal.waiting("making the bundle");
    let mut bundle = client.export_case(&arguments.reference, &query).await?;
    drop(making);
    let target = match (&arguments.to, bundle.name()) {
        (Some(target), _) => target.clone(),
        (None, Some(name)) => PathBuf::from(name),
        (None, None) => PathBuf::from("case.zip"),
    };
    free(&target)?;
    let (file, size_bytes) = receive(&mut bundle, &target, &session.terminal).await?;
    let files = if is_zip(&target) {
        let files = walk(&file, &target, &mut |_| Ok(Box::new(io::sink())))?;
        keep(file, &target)?;
        files
    } else {
        unpack(&file, &target)?
    };
    let exported = Exported {
        path: target,
        size_bytes,
        files,
    };
    session.terminal.result(&exported, |exported| {
        table::properties(&[
            ("Bundle", exported.path.display().to_string()),
            ("Files", exported.files.to_string()),
            ("Size", table::size(exported.size_bytes)),
        ])
    });
    let readable = "whoever has this bundle can read what is in it, sealed originals included: keep it \
                    as you keep the case";
    session.terminal.say(format_args!("{readable}"));
    session
        .terminal
        .next(format_args!("ohrid-verify bundle {}", exported.path.display()));
    Ok(())
}

fn is_zip(target: &Path) -> bool {
    target
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

/// Nothing may be in its place.
fn free(target: &Path) -> Result<(), Failure> {
    match fs::symlink_metadata(target) {
        Ok(_) => Err(Failure::failed(format!("{} is there already", target.display()))
            .mended_by("choose another place with --to")),
        Err(_) => Ok(()),
    }
}

/// The whole zip file, without a name.
async fn receive(
    bundle: &mut BundleFile,
    target: &Path,
    terminal: &Terminal,
) -> Result<(NamedTempFile, u64), Failure> {
    let folder = folder_of(target);
    let file = NamedTempFile::with_prefix_in(".ohrid-", folder);
    let mut file = file.map_err(|error| Failure::system("cannot write in", folder, &error))?;
    let announced = bundle.length_bytes();
    let bar = terminal.transferring("exporting", announced.unwrap_or_default());
    let mut size_bytes = 0;
    while let Some(bytes) = bundle.next().await? {
        let written = file.write_all(&bytes);
        written.map_err(|error| Failure::system("cannot write", target, &error))?;
        size_bytes += bytes.len() as u64;
        bar.is_at(size_bytes);
    }
    if announced.is_some_and(|announced| announced != size_bytes) {
        return Err(broken(target));
    }
    Ok((file, size_bytes))
}

/// Gives the zip file its name.
fn keep(file: NamedTempFile, target: &Path) -> Result<(), Failure> {
    let failed = |error: &io::Error| Failure::system("cannot write", target, error);
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    file.persist_noclobber(target)
        .map_err(|error| failed(&error.error))?;
    File::open(folder_of(target))
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed(&error))
}

/// Puts the files of the zip file into a folder, which appears when all of them are in it.
fn unpack(file: &NamedTempFile, target: &Path) -> Result<u64, Failure> {
    let staging = Staging::begin(target, Secrecy::Secret)?;
    let files = walk(file, target, &mut |path| {
        let place = staging.path().join(path.as_str());
        let made = match place.parent() {
            Some(folder) => fs::create_dir_all(folder),
            None => Ok(()),
        };
        let created = made.and_then(|()| File::create_new(&place));
        let created = created.map_err(|error| Failure::system("cannot write", &place, &error))?;
        Ok(Box::new(created))
    })?;
    staging.publish()?;
    Ok(files)
}

/// Where a file of the zip file goes.
type Place<'a> = dyn FnMut(&BundlePath) -> Result<Box<dyn Write>, Failure> + 'a;

/// Writes each file of the zip file to where `place` says, and gives how many there are. Paths lead nowhere
/// else: their type says so.
fn walk(file: &NamedTempFile, target: &Path, place: &mut Place<'_>) -> Result<u64, Failure> {
    let failed = |error: &io::Error| Failure::system("cannot read back", target, error);
    let file = file.reopen().map_err(|error| failed(&error))?;
    let mut zip = BufReader::new(file);
    let mut files = 0;
    loop {
        let mut header = [0; LOCAL_HEADER_BYTES];
        zip.read_exact(&mut header).map_err(|error| failed(&error))?;
        let header = LocalHeader::parse(&header).map_err(|_| broken(target))?;
        let Some(header) = header else { return Ok(files) };
        let mut name = vec![0; usize::from(header.name_length_bytes)];
        zip.read_exact(&mut name).map_err(|error| failed(&error))?;
        let path = String::from_utf8(name).ok();
        let path = path
            .as_deref()
            .and_then(|name| name.split_once('/')?.1.parse().ok());
        let path: BundlePath = path.ok_or_else(|| broken(target))?;
        let mut out = Summing {
            out: place(&path)?,
            crc: Crc32::new(),
        };
        let length = u64::from(header.length_bytes);
        let copied = io::copy(&mut (&mut zip).take(length), &mut out);
        let copied = copied.map_err(|error| Failure::system("cannot write", target, &error))?;
        if copied != length || out.crc.value() != header.crc {
            return Err(broken(target));
        }
        files += 1;
    }
}

/// Keeps the checksum of what is written.
struct Summing {
    out: Box<dyn Write>,
    crc: Crc32,
}

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.crc.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn broken(target: &Path) -> Failure {
    let what = format!(
        "what the node gave for {} is not a whole bundle",
        target.display()
    );
    Failure::invalid(what).mended_by("export it again; if it happens again, ask the operator")
}

#[cfg(test)]
mod tests;
