//! What the design asks for, as ratios: what must be reached, what is aimed at, and the limit that no design
//! of ours passes.

/// What a ratio is to be.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    /// What is accepted.
    pub must: f64,
    /// What we are here for.
    pub aim: Option<f64>,
    /// What cannot be passed.
    pub limit: Option<f64>,
    is_less_better: bool,
}

impl Goal {
    /// Of a rate: the more the better.
    pub const fn at_least(must: f64, aim: f64, limit: f64) -> Self {
        Self {
            must,
            aim: Some(aim),
            limit: Some(limit),
            is_less_better: false,
        }
    }

    /// Of a cost: the less the better.
    pub const fn at_most(must: f64, aim: f64) -> Self {
        Self {
            must,
            aim: Some(aim),
            limit: None,
            is_less_better: true,
        }
    }

    /// The same, where it is known how little it can be.
    pub const fn down_to(self, limit: f64) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// What was reached.
    pub fn verdict(self, ratio: f64) -> &'static str {
        let reaches = |goal: f64| match self.is_less_better {
            true => ratio <= goal,
            false => ratio >= goal,
        };
        match (reaches(self.must), self.aim.is_some_and(reaches)) {
            (_, true) => "aim",
            (true, false) => "must",
            (false, false) => "MISSED",
        }
    }

    /// For the table.
    pub fn columns(self) -> [String; 3] {
        [Some(self.must), self.aim, self.limit]
            .map(|goal| goal.map_or_else(String::new, |goal| format!("{goal}")))
    }
}
