//! Stopping, in two steps: first nobody new is let in, then what stands is closed.

use tokio::sync::watch;

/// How far stopping is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Running,
    /// Nothing new: finish the commit in flight and its answers.
    Draining,
    /// Close connections.
    Closing,
}

/// Whoever holds it can see that the node stops. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Phase>);

/// Whoever holds it can make the node stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stopper(watch::Sender<Phase>);

/// A pair of both.
#[must_use]
pub fn stop_pair() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(Phase::Running);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Asks for a graceful stop. Asking twice is asking once.
    pub fn stop(&self) {
        self.advance(Phase::Draining);
    }

    /// The last answers are out: connections may be closed.
    pub fn close_links(&self) {
        self.advance(Phase::Closing);
    }

    fn advance(&self, to: Phase) {
        self.0.send_if_modified(|phase| {
            let forward = *phase < to;
            if forward {
                *phase = to;
            }
            forward
        });
    }
}

impl Stop {
    /// Whether a stop was asked for.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() >= Phase::Draining
    }

    /// Waits until a stop is asked for.
    pub async fn stopping(&mut self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits until connections are to be closed.
    pub async fn stopping_links(&mut self) {
        self.reached(Phase::Closing).await;
    }

    async fn reached(&mut self, wanted: Phase) {
        // An error means that nobody is left who could say stop: the node ends.
        let _ = self.0.wait_for(|phase| *phase >= wanted).await;
    }
}

#[cfg(test)]
mod tests;
