//! What training takes: memory, and threads.

use super::Question;
use crate::model::error::{Error, Kind, Result};
use crate::network::{Engine, Precision, bytes_needed};
use crate::run::{Machine, shown};

/// Networks whose weights take more than this are not stored where answers do.
const STORED: u64 = 1 << 30;
/// Above this size one network is trained at a time, with all threads inside it.
const SHARED: u64 = 256 << 20;

/// How it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How networks are made.
    pub engine: Engine,
    /// Networks at once.
    pub workers: usize,
    /// Threads inside each.
    pub inner: usize,
    /// Bytes that one takes at most.
    pub bytes: u64,
}

impl Plan {
    /// For the threads and the memory that there are.
    ///
    /// # Errors
    /// One network does not fit.
    pub fn new(question: &Question, machine: Machine) -> Result<Self> {
        let of = |engine| bytes(question, engine).map(|bytes| (engine, bytes));
        let stored = of(Engine::Dense).filter(|(_, bytes)| *bytes <= STORED.min(machine.memory));
        let cheapest = || {
            let all = [of(Engine::Dense), of(Engine::Conditioned)];
            all.into_iter().flatten().min_by_key(|(_, bytes)| *bytes)
        };
        let chosen = match question.engine {
            Some(engine) => of(engine),
            None => stored.or_else(cheapest),
        };
        let refused = |bytes: Option<u64>| {
            let needed = bytes.map_or("more than 2^64 bytes".into(), shown);
            let free = shown(machine.memory);
            let what = format!("training one takes up to {needed}, and {free} of memory are free");
            Error::new("widths", &question.params.architecture, what)
                .of(Kind::Resources)
                .hint("fewer points, steps or fresh points take less")
        };
        let Some((engine, bytes)) = chosen else { return Err(refused(None)) };
        if bytes > machine.memory {
            return Err(refused(Some(bytes)));
        }
        let fitting = usize::try_from(machine.memory / bytes.max(1)).unwrap_or(usize::MAX);
        let trials = usize::try_from(question.trials).unwrap_or(usize::MAX);
        let workers = if bytes > SHARED { 1 } else { machine.threads.min(fitting).min(trials) };
        let workers = workers.max(1);
        Ok(Plan { engine, workers, inner: (machine.threads / workers).max(1), bytes })
    }
}

/// Bytes that training one network takes at most; `None` beyond 2⁶⁴.
fn bytes(question: &Question, engine: Engine) -> Option<u64> {
    let widths = question.params.architecture.widths();
    let (points, fresh) = (question.points as u128, question.fresh as u128);
    let looks = question.looked().len() as u128;
    let along = question.along().len() as u128;
    let watched = fresh + fresh.min(points);
    let each_step = u128::from(question.steps).checked_mul(question.batch as u128)?;
    // Vectors that are asked for forwards and backwards; at a look: all points, where the steps do
    // not ask for them anyway, and the adversarial steps.
    let whole = question.batch >= question.points;
    let all = if whole { points } else { looks * points };
    let stepped = looks * watched * along;
    let turned = looks * watched * (1 + along);
    // Passes at all points, layer by layer, with what is computed from them.
    let mut vectors: u128 = question.params.architecture.largest().checked_mul(6 * points)?;
    let outputs = widths.iter().skip(1).copied().chain([1]);
    for (layer, (&columns, rows)) in widths.iter().zip(outputs).enumerate() {
        let both = rows.checked_add(columns)?;
        let fixed = points + fresh + stepped;
        let (ahead, back) = if layer == 0 {
            (fixed, turned)
        } else {
            let more = all + looks * fresh + stepped;
            (each_step.checked_add(more)?, each_step.checked_add(turned)?)
        };
        // Terms of the update: in the first layer those of a point are one.
        let terms = if layer == 0 { points } else { each_step };
        let written = rows.saturating_mul(columns);
        vectors =
            vectors.checked_add(terms.checked_mul(both)?.min(written.saturating_add(both)))?;
        if engine == Engine::Conditioned {
            let asked = ahead.min(columns).checked_add(back.min(rows))?;
            vectors = vectors.checked_add(asked.checked_mul(both)?)?;
        }
        vectors = vectors.checked_add(both.checked_mul(points + 2 * watched)?)?;
    }
    let bytes = u64::try_from(vectors.checked_mul(8)?).ok()?;
    if engine == Engine::Dense {
        let architecture = &question.params.architecture;
        return bytes.checked_add(bytes_needed(architecture, 1, Precision::F64)?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::params::{Params, Probability};
    use crate::network::training::{Loss, Pace, Source};

    fn question(widths: &str, points: usize, steps: u64) -> Question {
        let delta = Probability::parse("delta", "0.1").unwrap();
        Question {
            params: Params::new(widths.parse().unwrap(), delta),
            source: Source::Sphere,
            points,
            fresh: 1,
            steps,
            batch: points,
            pace: Pace { rate: 0.5, exponent: 0.0 },
            loss: Loss::Squared,
            trials: 3,
            seed: 1,
            engine: None,
        }
    }

    #[test]
    fn the_cheaper_engine_is_taken_and_what_does_not_fit_is_refused() {
        let machine = Machine { threads: 2, memory: 24 << 30 };
        let plan = Plan::new(&question("1000x3", 32, 100), machine).unwrap();
        assert_eq!((plan.engine, plan.workers, plan.inner), (Engine::Dense, 2, 1));
        let plan = Plan::new(&question("100000x2", 16, 20), machine).unwrap();
        assert_eq!((plan.engine, plan.workers, plan.inner), (Engine::Conditioned, 1, 2));
        let why = Plan::new(&question("1e7x2", 16, 2000), machine).unwrap_err();
        assert!(why.kind() == Kind::Resources && why.to_string().contains("of memory are free"));
        assert!(Plan::new(&question("1e30x2", 16, 20), machine).is_err());
    }
}
