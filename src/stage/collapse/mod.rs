//! `collapse`: in deep networks all angles fall to 0, and f becomes a cone.

pub mod bound;
pub mod observe;
pub mod predict;
pub mod statements;
pub mod table;

use self::bound::Resting;
use super::rows::{Group, Seen};
use super::{Draw, Needs, Stage, Tables, Trial};
use crate::model::claim::{Claim, Direction, Test};
use crate::model::outcome::Outcome;
use crate::model::params::Params;
use crate::model::statement::Statement;
use crate::network::Engine;
use crate::num::is_round;
use crate::num::magnitude::Magnitude;

/// The stage. Observed: two inputs at a fixed angle, f over the whole sphere, and the nearest
/// change of its sign.
pub struct Collapse;

/// Depths at which the nearest change of sign is looked for: 1, 2, 5, 10, 20, … and the last.
pub fn cone_depths(depth: usize) -> Vec<usize> {
    let mut depths: Vec<usize> = (1..depth).filter(|&k| is_round(k)).collect();
    if depth > 0 {
        depths.push(depth);
    }
    depths
}

impl Stage for Collapse {
    fn name(&self) -> &'static str {
        "collapse"
    }

    fn title(&self) -> &'static str {
        "depth: all angles fall to 0"
    }

    fn rows(&self) -> &'static [Group] {
        statements::GROUPS
    }

    fn needs(&self) -> Needs {
        Needs::Pairs
    }

    fn unseen(&self, engine: Engine) -> Option<&'static str> {
        match engine {
            Engine::Pairs => Some(
                "one network's weights do not fit into memory: the sphere and the nearest change \
                 of sign are not searched",
            ),
            Engine::Conditioned => {
                Some("without weights the sphere and the nearest change of sign are not searched")
            }
            Engine::Dense | Engine::Law => None,
        }
    }

    fn is_searched(&self, statement: &Statement) -> bool {
        [&statements::SPHERE, &statements::BIAS, &statements::CONE].contains(&statement)
    }

    fn engine(&self, statement: &Statement, chosen: Engine) -> Engine {
        if self.is_searched(statement) { chosen } else { Engine::Pairs }
    }

    fn claims(&self, params: &Params) -> Vec<Claim> {
        let depth = params.architecture.depth();
        let upper = |statement, (value, behind): Resting, prediction: Option<Magnitude>| {
            let (direction, delta) = (Direction::Upper, params.delta.clone());
            let claim = Claim::new(statement, Test::Bound { direction, value, delta });
            claim.resting_on(behind).expecting(prediction)
        };
        // On a line there are no two inputs at another angle.
        let line = params.architecture.input() == 1 && !params.start.is_parallel();
        let of_pair = |claim: Claim| match claim.test {
            Test::Bound { direction, delta, .. } if line => {
                let test = Test::Outside { direction, value: None, against: None, delta };
                Claim { test, variants: Vec::new(), behind: None, ..claim }
            }
            _ => claim,
        };
        let mut claims = Vec::new();
        let predicted = predict::layers(params);
        if depth > 0 {
            let limit = predicted[depth - 1].limit;
            claims.push(Claim {
                expected: Magnitude::from_f64(limit),
                ..Claim::new(&statements::RECURRENCE, Test::Measure)
            });
            let limit = bound::envelope(params);
            claims.push(Claim::new(&statements::ENVELOPE, Test::Identity { limit }));
        }
        let angles = bound::angles(params);
        for (i, (bound, seen)) in angles.into_iter().zip(&predicted).enumerate() {
            let prediction = seen.quantile.and_then(Magnitude::from_f64);
            let claim = upper(&statements::PAIR, (bound.best, bound.behind), prediction);
            claims.push(of_pair(Claim { layer: Some(i + 1), variants: bound.variants, ..claim }));
        }
        for (i, (bound, seen)) in bound::norms(params).into_iter().zip(&predicted).enumerate() {
            // As far as the angle's is.
            let prediction = seen.quantile.and_then(|_| Magnitude::from_f64(seen.log_ratio));
            let claim = upper(&statements::NORMS, bound, prediction);
            claims.push(of_pair(Claim { layer: Some(i + 1), ..claim }));
        }
        let change = predict::output(params, &predicted).and_then(Magnitude::from_f64);
        claims.push(of_pair(upper(&statements::OUTPUT, bound::output(params), change)));
        claims.push(upper(&statements::SPHERE, bound::sphere(params), None));
        if !params.bias.is_none() {
            let (value, behind) = bound::shortest(params);
            let (direction, delta) = (Direction::Lower, params.delta.clone());
            let claim = Claim::new(&statements::BIAS, Test::Bound { direction, value, delta });
            claims.push(claim.resting_on(behind).expecting(predict::shortest(params)));
        }
        for k in cone_depths(depth) {
            claims.push(Claim {
                layer: Some(k),
                expected: predict::first_order(params, k),
                ..Claim::new(&statements::CONE, Test::Measure)
            });
        }
        claims
    }

    fn observe(&self, trial: &mut Trial<'_>, seen: &mut Seen<'_>) {
        seen.fill(Outcome::NotSearched);
        if let Some(draw) = &trial.draw {
            observe::pair(draw, seen);
        }
        seen.set(&statements::SPHERE, observe::sphere(trial));
        seen.set(&statements::BIAS, observe::first_order(trial));
        for k in cone_depths(trial.network.depth()) {
            seen.at(k, &statements::CONE, observe::cone(trial, k));
        }
    }

    fn without_network(&self, draw: &Draw<'_>, seen: &mut Seen<'_>) {
        seen.fill(Outcome::NotSearched);
        observe::pair(draw, seen);
    }

    fn tabulate(&self, params: &Params, _: &[Claim], tables: &mut Tables) {
        tables.angles = table::angles(params);
    }
}
