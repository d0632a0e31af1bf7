//! What waits for people: drafts, reviews, erasures, deadlines, emergencies.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::whole;

/// A label `needs`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Needs {
    needs: &'static str,
}

/// A label `due`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Due {
    due: &'static str,
}

/// The dates that standing alarms rest on, by how near they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deadlines {
    /// Passed.
    pub overdue: usize,
    /// Within two days.
    pub two_days: usize,
    /// Within a week.
    pub week: usize,
    /// Later.
    pub later: usize,
}

/// Figures of what people have to do.
#[derive(Debug, Default)]
pub struct PeopleMetrics {
    drafts: Family<Needs, Gauge>,
    erasures: Family<Needs, Gauge>,
    deadlines: Family<Due, Gauge>,
    emergencies: Gauge,
    /// Messages that were sent without the approval they need, and that nobody has reviewed.
    pub reviews_outstanding: Gauge,
}

impl PeopleMetrics {
    /// So many drafts wait for a second officer, and so many for their author.
    pub fn set_drafts(&self, approval: usize, sending: usize) {
        for (needs, count) in [("approval", approval), ("sending", sending)] {
            self.drafts.get_or_create(&Needs { needs }).set(whole(count));
        }
    }

    /// So many orders to erase wait for a second officer, and so many notices to be carried out.
    pub fn set_erasures(&self, approval: usize, deletion: usize) {
        for (needs, count) in [("approval", approval), ("deletion", deletion)] {
            self.erasures.get_or_create(&Needs { needs }).set(whole(count));
        }
    }

    /// How near the dates of the alarms are that stand.
    pub fn set_deadlines(&self, deadlines: &Deadlines) {
        for (due, count) in [
            ("overdue", deadlines.overdue),
            ("two_days", deadlines.two_days),
            ("week", deadlines.week),
            ("later", deadlines.later),
        ] {
            self.deadlines.get_or_create(&Due { due }).set(whole(count));
        }
    }

    /// So many emergencies have no officer's answer in time.
    pub fn set_emergencies(&self, unanswered: usize) {
        self.emergencies.set(whole(unanswered));
    }

    pub(super) fn register(&self, r: &mut Registry) {
        r.register(
            "drafts",
            "Drafts that are kept, by what they need: a second officer's approval, or to be sent",
            self.drafts.clone(),
        );
        r.register(
            "erasures_due",
            "Erasures that wait, by what for: a second officer's approval, or to be carried out",
            self.erasures.clone(),
        );
        r.register(
            "alarm_deadlines",
            "The dates of law or policy that standing alarms rest on, by how near they are",
            self.deadlines.clone(),
        );
        r.register(
            "emergencies_unanswered",
            "Emergencies, of ours or of peers, whose acknowledgement by an officer is overdue",
            self.emergencies.clone(),
        );
        r.register(
            "reviews_outstanding",
            "Messages sent without the approval they need that nobody has reviewed",
            self.reviews_outstanding.clone(),
        );
    }
}
