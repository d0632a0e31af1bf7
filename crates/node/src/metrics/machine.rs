//! The machine below the node: its disk, its clock, the process itself.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicU64;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

/// The unit in which Linux tells of processor time, whatever the kernel ticks in (proc(5), `USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Room on a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// All of it.
    pub size_bytes: u64,
    /// What a process without privileges may still write.
    pub free_bytes: u64,
    /// All of its inodes; 0 where it has no fixed number.
    pub inodes: u64,
    /// Those that are free.
    pub free_inodes: u64,
}

impl Room {
    /// Of the file system that a path is on; `None` where that cannot be told.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let state = rustix::fs::statvfs(path).ok()?;
        Some(Self {
            size_bytes: state.f_blocks.saturating_mul(state.f_frsize),
            free_bytes: state.f_bavail.saturating_mul(state.f_frsize),
            inodes: state.f_files,
            free_inodes: state.f_favail,
        })
    }
}

/// Figures of the machine.
#[derive(Debug, Default)]
pub struct MachineMetrics {
    size_bytes: Gauge,
    free_bytes: Gauge,
    inodes: Gauge,
    free_inodes: Gauge,
    disk_full: Gauge,
    store_damaged: Gauge,
    commit_under_way: Gauge<f64, AtomicU64>,
    clock_skew: Gauge<f64, AtomicU64>,
    clock_compared: Gauge,
}

/// How the machine was found.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineState {
    /// The store's disk; absent where it could not be asked.
    pub room: Option<Room>,
    /// Nothing can be recorded for want of room.
    pub disk_full: bool,
    /// Something that was stored could not be read.
    pub store_damaged: bool,
    /// For how many seconds the commit in flight has been under way.
    pub commit_seconds: f64,
    /// By how many seconds our clock is ahead of the median of so many peers'.
    pub clock: Option<(f64, usize)>,
}

impl MachineMetrics {
    /// Shows how it was found.
    pub fn set(&self, state: &MachineState) {
        let figure = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        if let Some(room) = state.room {
            self.size_bytes.set(figure(room.size_bytes));
            self.free_bytes.set(figure(room.free_bytes));
            self.inodes.set(figure(room.inodes));
            self.free_inodes.set(figure(room.free_inodes));
        }
        self.disk_full.set(i64::from(state.disk_full));
        self.store_damaged.set(i64::from(state.store_damaged));
        self.commit_under_way.set(state.commit_seconds);
        let (skew, compared) = state.clock.unwrap_or_default();
        self.clock_skew.set(skew);
        self.clock_compared.set(super::whole(compared));
    }

    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "disk_size_bytes",
            "Size of the file system that the store is on",
            self.size_bytes.clone(),
        );
        r.register(
            "disk_free_bytes",
            "What the node may still write there",
            self.free_bytes.clone(),
        );
        r.register(
            "disk_inodes",
            "Inodes of that file system; 0 where it has no fixed number",
            self.inodes.clone(),
        );
        r.register(
            "disk_free_inodes",
            "Those that are free",
            self.free_inodes.clone(),
        );
        r.register(
            "disk_full",
            "1 while nothing can be recorded for want of room",
            self.disk_full.clone(),
        );
        r.register(
            "store_damaged",
            "1 since something that was stored could not be read: an alarm",
            self.store_damaged.clone(),
        );
        r.register(
            "commit_under_way_seconds",
            "For how long the commit in flight has been under way; 0 without one",
            self.commit_under_way.clone(),
        );
        r.register(
            "clock_skew_seconds",
            "How far our clock is ahead of the median of the peers' clocks, by their last hellos",
            self.clock_skew.clone(),
        );
        r.register(
            "clock_peers_compared",
            "Peers whose clocks ours was held against; of fewer than three the skew says little",
            self.clock_compared.clone(),
        );
    }
}

/// What every process shows, under the names that Prometheus gives to it.
#[derive(Debug)]
pub struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut show = |name, help, metric: &dyn EncodeMetric| {
            let to = encoder.encode_descriptor(name, help, None, metric.metric_type())?;
            metric.encode(to)
        };
        let Some(figures) = ProcessFigures::read() else {
            // Not Linux, or /proc is hidden: no line is better than a wrong one.
            return Ok(());
        };
        show(
            "process_cpu_seconds",
            "User and system time of the process",
            &ConstCounter::new(figures.cpu_seconds),
        )?;
        show(
            "process_resident_memory_bytes",
            "Resident memory",
            &ConstGauge::new(figures.resident_bytes),
        )?;
        show(
            "process_virtual_memory_bytes",
            "Virtual memory",
            &ConstGauge::new(figures.virtual_bytes),
        )?;
        show("process_threads", "Threads", &ConstGauge::new(figures.threads))?;
        show(
            "process_open_fds",
            "Open files",
            &ConstGauge::new(figures.open_files),
        )?;
        show(
            "process_max_fds",
            "Files that may be open",
            &ConstGauge::new(figures.files_max),
        )?;
        show(
            "process_start_time_seconds",
            "When the process was started; each restart shows as a change",
            &ConstGauge::new(figures.started_seconds),
        )
    }
}

/// What the kernel says of this process.
#[derive(Debug)]
struct ProcessFigures {
    cpu_seconds: f64,
    resident_bytes: i64,
    virtual_bytes: i64,
    threads: i64,
    open_files: i64,
    files_max: i64,
    started_seconds: f64,
}

impl ProcessFigures {
    fn read() -> Option<Self> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        // The second field is a name, which may hold anything; those behind it are numbers.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<i64>().ok();
        let ticks = |at: usize| Some(number(at)? as f64 / TICKS_PER_SECOND);
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let memory_bytes = |field: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(field))?;
            line.split_whitespace()
                .next()?
                .parse::<i64>()
                .ok()?
                .checked_mul(1024)
        };
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let booted = fs::read_to_string("/proc/stat").ok()?;
        let booted = booted.lines().find_map(|line| line.strip_prefix("btime "))?;
        Some(Self {
            cpu_seconds: ticks(11)? + ticks(12)?,
            threads: number(17)?,
            started_seconds: booted.trim().parse::<f64>().ok()? + ticks(19)?,
            virtual_bytes: memory_bytes("VmSize:")?,
            resident_bytes: memory_bytes("VmRSS:")?,
            // One of them is the folder that is read here.
            open_files: i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()? - 1,
            files_max: limit.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX)),
        })
    }
}

/// A registry of what every process shows: without our prefix.
#[must_use]
pub fn process_registry() -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Process));
    registry
}
