//! The radius at which the gradient change that searches find reaches one half.

use std::sync::atomic::AtomicBool;

use crate::error::Result;
use crate::magnitude::Magnitude;
use crate::params::Amount;
use crate::run::{self, Config, Plan, Sampling};

/// The change at the radius.
const HALF: f64 = 0.5;
/// Networks searched at each radius; their median counts.
pub const NETWORKS: u64 = 9;
/// Radii between which it is looked for, as powers of ten.
const EXPONENTS: [f64; 2] = [-4.0, 0.0];
/// Halvings of that interval.
const HALVINGS: u32 = 9;

/// The least R/‖x‖ found, to about one percent, at which the median over a few networks of the largest change found
/// is one half or more, and how many networks those are: so is the median of the true one there, because searches see a
/// supremum from below. `None` where no network is searched, or the change does not pass one half between 10⁻⁴ and 1.
pub fn observed(
    config: &Config,
    sampling: Sampling,
    plan: Plan,
    stop: &AtomicBool,
) -> Result<Option<(Magnitude, u64)>> {
    let networks = NETWORKS.min(sampling.searches);
    if networks == 0 || config.params.architecture.depth() == 0 {
        return Ok(None);
    }
    let change = |exponent: f64| -> Result<Option<(f64, u64)>> {
        let mut config = config.clone();
        config.params.radius = Some(Amount::radius(&format!("{:e}", 10f64.powf(exponent)))?);
        config.stages = run::stages(&["linearity".to_owned()])?;
        let sampling = Sampling { trials: networks, searches: networks, ..sampling };
        let claims = config.claims();
        let mut records = Vec::new();
        run::sample(&config, sampling, plan, stop, |record| {
            records.push(record);
            Ok(())
        })?;
        let place = claims.iter().position(|c| c.statement.label == "linearity.gradient");
        let found = records.iter().filter_map(|record| record.outcomes[place?].value());
        let mut found: Vec<f64> = found.map(Magnitude::to_f64).collect();
        found.sort_by(f64::total_cmp);
        // The lower of the two middle ones.
        let middle = found.get(found.len().saturating_sub(1) / 2).copied();
        Ok(middle.map(|change| (change, found.len() as u64)))
    };
    let [mut low, mut high] = EXPONENTS;
    let (Some((least, _)), Some((most, mut alive))) = (change(low)?, change(high)?) else {
        return Ok(None);
    };
    if least >= HALF || most < HALF {
        return Ok(None);
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        match change(middle)? {
            Some((value, _)) if value < HALF => low = middle,
            Some((_, n)) => (high, alive) = (middle, n),
            // Interrupted, or no network in which it is defined.
            None => return Ok(None),
        }
    }
    Ok(Magnitude::from_f64(10f64.powf(high)).map(|radius| (radius, alive)))
}
