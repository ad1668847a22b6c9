//! The rows of a stage, declared once: claims and outcomes are keyed to them.

use crate::model::claim::{Claim, key};
use crate::model::outcome::Outcome;
use crate::model::statement::Statement;

/// Rows that stand together in the ledger.
#[derive(Clone, Copy)]
pub enum Group {
    /// One row about the network as a whole.
    Network(&'static Statement),
    /// The same, where there are biases.
    Biased(&'static Statement),
    /// For every hidden layer a row of each, layer by layer.
    Layers(&'static [&'static Statement]),
    /// A row for each of some layers, which depend on the depth.
    Chosen(&'static Statement, fn(usize) -> Vec<usize>),
}

impl Group {
    /// What its rows state.
    pub fn statements(&self) -> Vec<&'static Statement> {
        match self {
            Group::Network(statement) | Group::Biased(statement) | Group::Chosen(statement, _) => {
                vec![statement]
            }
            Group::Layers(statements) => statements.to_vec(),
        }
    }

    /// Is it about the network as a whole?
    fn is_one(&self) -> bool {
        matches!(self, Group::Network(_) | Group::Biased(_))
    }

    /// The layers that it is about.
    fn layers(&self, depth: usize) -> Vec<usize> {
        match *self {
            Group::Network(_) | Group::Biased(_) => Vec::new(),
            Group::Layers(_) => (1..=depth).collect(),
            Group::Chosen(_, layers) => layers(depth),
        }
    }
}

/// The rows of one stage at one depth, in the order of the ledger.
#[derive(Clone)]
pub struct Rows {
    /// Rows that stand together, with the place of the first.
    groups: Vec<(usize, Group, Vec<usize>)>,
    len: usize,
}

impl Rows {
    /// Those whose hypotheses a network of this depth without biases can meet.
    pub fn new(groups: &[Group], depth: usize) -> Self {
        Rows::at(groups, depth, false)
    }

    /// The same with biases, if there are some.
    pub fn at(groups: &[Group], depth: usize, biased: bool) -> Self {
        let mut rows = Rows { groups: Vec::new(), len: 0 };
        for group in groups {
            if matches!(group, Group::Biased(_)) && !biased {
                continue;
            }
            let met = |statement: &&Statement| statement.hypotheses.least_depth <= depth;
            if group.statements().iter().all(met) {
                let layers = group.layers(depth);
                let more = group.statements().len() * layers.len().max(usize::from(group.is_one()));
                rows.groups.push((rows.len, *group, layers));
                rows.len += more;
            }
        }
        rows
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where the row of a statement is.
    pub fn place(&self, statement: &Statement, layer: Option<usize>) -> Option<usize> {
        let same = |other: &Statement| std::ptr::eq(other, statement);
        self.groups.iter().find_map(|(start, group, layers)| match (group, layer) {
            (Group::Network(own) | Group::Biased(own), None) => same(own).then_some(*start),
            (Group::Layers(all), Some(layer)) => {
                let at = all.iter().position(|own| same(own))?;
                (1..=layers.len()).contains(&layer).then(|| start + (layer - 1) * all.len() + at)
            }
            (Group::Chosen(own, _), Some(layer)) if same(own) => {
                layers.binary_search(&layer).ok().map(|at| start + at)
            }
            _ => None,
        })
    }

    /// What every row is about, in their order.
    fn all(&self) -> Vec<(&'static Statement, Option<usize>)> {
        let of = |(_, group, layers): &(usize, Group, Vec<usize>)| match group {
            Group::Network(statement) | Group::Biased(statement) => vec![(*statement, None)],
            Group::Layers(_) | Group::Chosen(..) => {
                let all = group.statements();
                let one =
                    |&layer: &usize| all.iter().map(|&s| (s, Some(layer))).collect::<Vec<_>>();
                layers.iter().flat_map(one).collect()
            }
        };
        self.groups.iter().flat_map(of).collect()
    }

    /// One claim for every row, in their order.
    ///
    /// # Panics
    /// A row of which nothing is said, or a claim without a row: errors of a stage.
    pub fn arranged(&self, claims: Vec<Claim>) -> Vec<Claim> {
        let mut places: Vec<Option<Claim>> = vec![None; self.len];
        for claim in claims {
            let place = self.place(claim.statement, claim.layer);
            let place = place.unwrap_or_else(|| panic!("{} has no row", claim.key()));
            places[place] = Some(claim);
        }
        let missing = places.iter().position(Option::is_none);
        assert!(
            missing.is_none(),
            "nothing is said of {:?}",
            missing.map(|at| self.all()[at]).map(|(statement, layer)| key(statement.label, layer))
        );
        places.into_iter().flatten().collect()
    }

    /// The same, with `blank` for rows of which nothing is said.
    pub fn completed(
        &self,
        claims: Vec<Claim>,
        blank: impl Fn(&'static Statement, Option<usize>) -> Claim,
    ) -> Vec<Claim> {
        let mut places: Vec<Claim> = self.all().into_iter().map(|(s, i)| blank(s, i)).collect();
        for claim in claims {
            if let Some(place) = self.place(claim.statement, claim.layer) {
                places[place] = claim;
            }
        }
        places
    }

    /// To be filled with what one trial shows.
    pub fn blank(&self) -> Seen<'_> {
        // What a stage forgets is a failure of its rows.
        Seen { rows: self, outcomes: vec![Outcome::Failed; self.len] }
    }
}

/// What one trial shows of every row.
pub struct Seen<'a> {
    rows: &'a Rows,
    outcomes: Vec<Outcome>,
}

impl Seen<'_> {
    /// Of a statement about the network as a whole; of none where it has no row.
    pub fn set(&mut self, statement: &'static Statement, outcome: Outcome) {
        self.put(statement, None, outcome);
    }

    /// Of a statement about one layer.
    pub fn at(&mut self, layer: usize, statement: &'static Statement, outcome: Outcome) {
        self.put(statement, Some(layer), outcome);
    }

    fn put(&mut self, statement: &'static Statement, layer: Option<usize>, outcome: Outcome) {
        if let Some(place) = self.rows.place(statement, layer) {
            self.outcomes[place] = outcome;
        }
    }

    /// The same of every row.
    pub fn fill(&mut self, outcome: Outcome) {
        self.outcomes.fill(outcome);
    }

    /// One outcome for every row, in their order.
    pub fn outcomes(self) -> Vec<Outcome> {
        self.outcomes
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::model::claim::Test;
    use crate::num::magnitude::Magnitude;
    use crate::stage::bottleneck::statements::{FLIPS, ROWS};
    use crate::stage::slack::statements::TOTAL;

    const GROUPS: &[Group] = &[Group::Network(&TOTAL), Group::Layers(&[&ROWS, &FLIPS])];

    #[test]
    fn claims_and_outcomes_find_their_rows_in_any_order() {
        let rows = Rows::new(GROUPS, 2);
        let claim = |statement, layer| Claim { layer, ..Claim::new(statement, Test::Measure) };
        let claims = vec![
            claim(&FLIPS, Some(2)),
            claim(&ROWS, Some(1)),
            claim(&TOTAL, None),
            claim(&ROWS, Some(2)),
            claim(&FLIPS, Some(1)),
        ];
        let keys: Vec<String> = rows.arranged(claims.clone()).iter().map(Claim::key).collect();
        let layers = ["bottleneck.rows[1]", "bottleneck.flips[1]"];
        assert_eq!(keys[..3], ["slack.total", layers[0], layers[1]]);
        let refused =
            |claims: Vec<Claim>| catch_unwind(AssertUnwindSafe(|| rows.arranged(claims))).is_err();
        assert!(refused(claims[1..].to_vec()));
        assert!(refused(vec![claim(&TOTAL, Some(1))]));
        let mut seen = rows.blank();
        let one = Outcome::Value(Magnitude::ONE);
        seen.at(2, &ROWS, one);
        let failed = Outcome::Failed;
        assert_eq!(seen.outcomes(), [failed, failed, failed, one, failed]);
    }

    /// What is about layers, or about some, is not there without them.
    #[test]
    fn rows_that_no_network_of_a_depth_can_meet_are_not_there() {
        assert!(Rows::new(GROUPS, 0).is_empty());
        assert_eq!(Rows::new(GROUPS, 3).len(), 7);
    }
}
