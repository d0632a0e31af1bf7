//! How long sealing and opening take: `cargo run --release -p seal --example measure`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for developers")]

use std::time::{Duration, Instant, SystemTime};

use seal::{Binding, LockedKey, OpenContext, Password, Profile, UnlockedKey, Window, open, seal};

fn main() {
    for profile in [Profile::Default, Profile::Compatible, Profile::PostQuantum] {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let (sender, recipient) = (key(profile, now), key(profile, now));
        for length_bytes in [1024, 64 * 1024, 1024 * 1024] {
            measure(profile, &sender, &recipient, length_bytes, now);
        }
    }
}

fn key(profile: Profile, now: SystemTime) -> UnlockedKey {
    let password = Password::from("measuring".to_owned());
    let key = LockedKey::generate(profile, "Measure", now, &password).unwrap();
    key.unlock(&password).unwrap()
}

fn measure(
    profile: Profile,
    sender: &UnlockedKey,
    recipient: &UnlockedKey,
    length_bytes: usize,
    now: SystemTime,
) {
    let message = "01939c5e-7b1a-7cc3-8f00-0102030405aa".parse().unwrap();
    let binding = Binding {
        message,
        case: protocol::ids::CaseId::opened_by(message),
        from: "XA/police".parse().unwrap(),
        to: vec!["XB/police".parse().unwrap()],
    };
    let recipients = [recipient.certificate().clone()];
    let senders = [sender.certificate().clone()];
    let context = OpenContext {
        recipient,
        senders: &senders,
        co_recipients: &[],
        binding: &binding,
        received_at: now,
        window: Window::between(now, now),
    };
    let body = vec![b'x'; length_bytes];
    let rounds = (64 * 1024 * 1024 / length_bytes).clamp(20, 500);
    let start = Instant::now();
    let mut sealed = Vec::new();
    for _ in 0..rounds {
        sealed = seal(sender, &recipients, &binding, &body, now).unwrap();
    }
    let sealing = start.elapsed();
    let start = Instant::now();
    for _ in 0..rounds {
        open(&sealed, &context).unwrap();
    }
    let opening = start.elapsed();
    let each = |total: Duration| total.as_secs_f64() * 1e6 / rounds as f64;
    println!(
        "{profile:>10} {length_bytes:>8} bytes: seal {:>8.0} µs, open {:>8.0} µs, sealed {} bytes",
        each(sealing),
        each(opening),
        sealed.len()
    );
}
