//! What it took: rates, latencies, processor and memory of each node.

use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::figures::{cpu_time, rss_mib, rss_peak_mib};
use e2e::pair::Pair;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::traffic::Told;

const PRIORITIES: [&str; 3] = ["routine", "urgent", "emergency"];
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 1.0];

/// The figures.
pub struct Report {
    /// Cases of which both nodes said the same at the end.
    pub cases: usize,
    nodes: [Node; 2],
    told: Option<Told>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    cpu: Duration,
    rss_before_mib: f64,
    rss_peak_mib: f64,
    rss_after_mib: f64,
}

impl Report {
    /// Notes what the nodes have cost before.
    pub fn begin(pair: &Pair) -> Result<Self> {
        pair.forget_rss_peaks()?;
        let mut nodes = [Node::default(); 2];
        for (node, process) in nodes.iter_mut().zip(pair.processes()) {
            node.cpu = cpu_time(process)?;
            node.rss_before_mib = rss_mib(process)?;
        }
        Ok(Self {
            cases: 0,
            nodes,
            told: None,
        })
    }

    /// Notes what they have cost since.
    pub fn end(&mut self, pair: &Pair, told: Told) -> Result<()> {
        for (node, process) in self.nodes.iter_mut().zip(pair.processes()) {
            node.cpu = cpu_time(process)?.saturating_sub(node.cpu);
            node.rss_peak_mib = rss_peak_mib(process)?;
            node.rss_after_mib = rss_mib(process)?;
        }
        self.told = Some(told);
        Ok(())
    }

    /// For a person.
    #[expect(clippy::print_stdout, reason = "the figures are the result")]
    pub fn print(&self) {
        let Some(told) = &self.told else { return };
        let seconds = told.elapsed.as_secs_f64();
        println!(
            "{} messages in {seconds:.1} s: {:.0}/s; {:.1} MiB of files",
            told.messages,
            told.messages as f64 / seconds,
            told.file_bytes as f64 / 1_048_576.0,
        );
        println!(
            "{} cases, and both nodes agree on each; both ledgers verify",
            self.cases
        );
        println!("\nfrom the call to the verified receipt, ms\n");
        println!(
            "{:<10} {:>8} {:>8} {:>8} {:>8} {:>8}",
            "", "count", "p50", "p90", "p99", "max"
        );
        for (name, latency) in PRIORITIES.iter().zip(&told.latency_us) {
            let at = QUANTILES.map(|quantile| milliseconds(latency, quantile));
            println!(
                "{name:<10} {:>8} {:>8.1} {:>8.1} {:>8.1} {:>8.1}",
                latency.len(),
                at[0],
                at[1],
                at[2],
                at[3]
            );
        }
        println!(
            "\n{:<6} {:>15} {:>12} {:>12} {:>12}",
            "node", "CPU a message", "RSS before", "peak", "after"
        );
        for (name, node) in ["XA", "XB"].iter().zip(&self.nodes) {
            println!(
                "{name:<6} {:>12.0} µs {:>8.0} MiB {:>8.0} MiB {:>8.0} MiB",
                node.cpu_us(told),
                node.rss_before_mib,
                node.rss_peak_mib,
                node.rss_after_mib
            );
        }
    }

    /// For a program.
    pub fn json(&self) -> Result<String> {
        let told = self.told.as_ref().context("nothing was driven")?;
        let latencies = PRIORITIES.iter().zip(&told.latency_us).map(|(name, latency)| {
            let [p50, p90, p99, max] = QUANTILES.map(|quantile| milliseconds(latency, quantile));
            json!({
                "priority": name,
                "count": latency.len(),
                "p50_ms": p50,
                "p90_ms": p90,
                "p99_ms": p99,
                "max_ms": max,
            })
        });
        let nodes = ["XA", "XB"].iter().zip(&self.nodes).map(|(name, node)| {
            json!({
                "node": name,
                "cpu_us_per_message": node.cpu_us(told),
                "rss_before_mib": node.rss_before_mib,
                "rss_peak_mib": node.rss_peak_mib,
                "rss_after_mib": node.rss_after_mib,
            })
        });
        Ok(serde_json::to_string_pretty(&json!({
            "version": 1,
            "seconds": told.elapsed.as_secs_f64(),
            "messages": told.messages,
            "file_bytes": told.file_bytes,
            "cases": self.cases,
            "latencies": latencies.collect::<Vec<Value>>(),
            "nodes": nodes.collect::<Vec<Value>>(),
        }))?)
    }
}

impl Node {
    fn cpu_us(&self, told: &Told) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / (told.messages.max(1) as f64)
    }
}

fn milliseconds(latency: &Histogram<u64>, quantile: f64) -> f64 {
    latency.value_at_quantile(quantile) as f64 / 1000.0
}

/// Talk, beside the results.
#[expect(clippy::print_stderr, reason = "a command line program talks to a person")]
pub fn complain(text: &str) {
    eprintln!("{text}");
}
