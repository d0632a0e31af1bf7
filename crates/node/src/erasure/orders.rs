//! `erasures/`, beside the store: orders to erase that wait for a second officer `[FOUR-EYES]`.
//!
//! One small private file each, named by the idempotency key that it was asked for under. It names a case, a
//! basis and an officer, and nothing of what the case says.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use control::headers::IdempotencyKey;
use control::types::ErasureOrder;
use serde::{Deserialize, Serialize};

use super::ErasureError;
use crate::durable::{make_private_folder, remove, unreadable, without_sum, write_summed};
use crate::limits::erasure::{ERASURE_ORDER_BYTES_MAX, ERASURE_ORDERS_MAX};
use crate::secret::read_public;

const ORDER: &str = "json";

/// An order as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedOrder {
    /// What people are shown.
    pub order: ErasureOrder,
    /// The number that stands in the ledger for whoever asked.
    pub actor: String,
}

/// The folder. All of it blocks.
#[derive(Debug, Clone)]
pub(super) struct Orders(PathBuf);

impl Orders {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Keeps an order, durably; the same one again is the same one.
    pub(super) fn keep(&self, asked: AskedOrder) -> Result<ErasureOrder, ErasureError> {
        make_private_folder(&self.0)?;
        let file = self.file_of(&asked.order.order)?;
        if let Some(before) = read(&file)? {
            let is_same = (&before.order.case, &before.order.basis, &before.actor)
                == (&asked.order.case, &asked.order.basis, &asked.actor);
            return match is_same {
                true => Ok(before.order),
                false => Err(ErasureError::KeyReused),
            };
        }
        if self.files()?.len() >= ERASURE_ORDERS_MAX {
            return Err(ErasureError::TooManyOrders);
        }
        write_summed(&file, &serde_json::to_vec(&asked).map_err(io::Error::from)?)?;
        Ok(asked.order)
    }

    /// The order of that name.
    pub(super) fn find(&self, name: &str) -> Result<AskedOrder, ErasureError> {
        let unknown = || ErasureError::UnknownOrder(name.to_owned());
        read(&self.file_of(name)?)?.ok_or_else(unknown)
    }

    /// All of them, the oldest first; one that cannot be read is an error, since nobody would miss it.
    pub(super) fn list(&self) -> Result<Vec<AskedOrder>, ErasureError> {
        let mut orders = Vec::new();
        for file in self.files()? {
            orders.extend(read(&file).map_err(|error| unreadable(&file, &error))?);
        }
        orders.sort_by_key(|asked: &AskedOrder| asked.order.asked_at);
        Ok(orders)
    }

    /// How many there are.
    pub(super) fn count(&self) -> io::Result<usize> {
        Ok(self.files()?.len())
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        match self.file_of(name) {
            Ok(file) => remove(&file),
            Err(_) => Ok(()),
        }
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let folder = match fs::read_dir(&self.0) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let paths = folder.filter_map(|file| Some(file.ok()?.path()));
        Ok(paths
            .filter(|path| path.extension().is_some_and(|found| found == ORDER))
            .collect())
    }

    /// Only keys name files.
    fn file_of(&self, name: &str) -> Result<PathBuf, ErasureError> {
        let key: IdempotencyKey = name
            .parse()
            .map_err(|_| ErasureError::UnknownOrder(name.to_owned()))?;
        Ok(self.0.join(format!("{}.{ORDER}", key.as_str())))
    }
}

fn read(file: &Path) -> io::Result<Option<AskedOrder>> {
    if !file.exists() {
        return Ok(None);
    }
    let bytes = read_public(file, ERASURE_ORDER_BYTES_MAX).map_err(io::Error::other)?;
    Ok(Some(serde_json::from_slice(without_sum(file, &bytes)?)?))
}
