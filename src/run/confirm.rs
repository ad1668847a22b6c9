//! A second look at rows that look violated, on networks that the first look did not use.
//! `proofs/tools.md#fresh`.

use std::sync::atomic::AtomicBool;

use super::judging::status;
use super::sampling::sample;
use super::{Plan, Spec};
use crate::judge::ledger::Ledger;
use crate::judge::row::{Fresh, Row};
use crate::judge::verdict::{Judgement, Verdict, judge};
use crate::model::claim::{Claim, Test};
use crate::model::error::Result;
use crate::model::outcome::Outcome;
use crate::model::shard::Shard;
use crate::stage::Stage;

/// Keys of the rows that [`confirm`] would judge again: none before all trials are done.
pub fn suspects(spec: &Spec, ledger: &Ledger) -> Vec<String> {
    let done = spec.sampling.is_some() && spec.trials() == ledger.trials;
    let rows = ledger.rows.iter().filter(|row| done && row.is_suspect());
    rows.map(Row::key).collect()
}

/// `Experiment::confirm`.
///
/// # Errors
/// Widths that this machine cannot address; a system that gives no thread.
pub fn confirm(
    spec: &Spec,
    claims: &[Claim],
    ledger: &mut Ledger,
    plan: Plan,
    stop: &AtomicBool,
    mut drawn: impl FnMut(),
) -> Result<()> {
    if suspects(spec, ledger).is_empty() {
        return Ok(());
    }
    let asked = |name: &str| ledger.rows.iter().any(|row| row.is_suspect() && row.stage == name);
    let concerned = spec.stages.iter().copied().filter(|stage| asked(stage.name()));
    let concerned: Vec<&'static dyn Stage> = concerned.collect();
    let places: Vec<usize> = (0..claims.len())
        .filter(|&i| concerned.iter().any(|s| s.name() == claims[i].statement.stage()))
        .collect();
    let fewer = Spec { stages: concerned, ..spec.clone() };
    // One list of outcomes for each of these claims.
    let mut outcomes: Vec<Vec<Outcome>> = vec![Vec::new(); places.len()];
    sample(spec.trials(), Shard::WHOLE, &fewer, plan, stop, |record| {
        for (list, outcome) in outcomes.iter_mut().zip(record.outcomes) {
            list.push(outcome);
        }
        drawn();
        Ok(())
    })?;
    let all = outcomes.first().is_none_or(|list| list.len() as u64 == spec.trials());
    for (&place, outcomes) in places.iter().zip(outcomes) {
        let (claim, row) = (&claims[place], &mut ledger.rows[place]);
        let (networks, rounding) = (outcomes.len() as u64, spec.rounding(row.engine));
        let n = outcomes.iter().filter(|outcome| outcome.value().is_some()).count() as u64;
        let seen = judge(claim, outcomes.into_iter(), &spec.alpha, rounding);
        settle(row, claim, &seen, Fresh { networks, n, ..Fresh::default() }, all);
    }
    ledger.verdict = Verdict::worst(ledger.rows.iter().filter_map(|row| row.verdict));
    ledger.status = status(spec, ledger.trials, &ledger.rows);
    Ok(())
}

/// What becomes of a row by what fresh networks show, `all` of those that were asked for or fewer.
fn settle(row: &mut Row, claim: &Claim, seen: &Judgement, fresh: Fresh, all: bool) {
    // Of what may happen in no network at all, one is enough.
    let refuted = match seen.verdict {
        Some(Verdict::Violated) => matches!(claim.test, Test::Identity { .. }),
        verdict => verdict == Some(Verdict::NumericalFailure),
    };
    if !refuted && !row.is_suspect() {
        return;
    }
    if refuted || all && seen.verdict == Some(Verdict::Violated) {
        row.verdict = Verdict::worst(row.verdict.into_iter().chain(seen.verdict));
    }
    row.fresh = Some(Fresh {
        // Where nothing is observed there is nothing that agrees.
        verdict: (all || refuted).then_some(seen.verdict.unwrap_or(Verdict::Inconclusive)),
        exceedances: seen.exceedances,
        interval: seen.interval,
        distance: seen.distance,
        ..fresh
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::claim::Direction;
    use crate::model::params::Probability;
    use crate::num::magnitude::Magnitude;

    fn judged(claim: &Claim, values: &[Option<f64>]) -> Judgement {
        let number = |value: Option<f64>| value.and_then(Magnitude::from_f64);
        let alpha = Probability::parse("alpha", "1e-3").unwrap();
        judge(claim, values.iter().map(|&value| Outcome::of(number(value))), &alpha, 0.0)
    }

    /// Fresh networks may be the first to show what may happen in none, but a bound that they alone
    /// exceed was not tested on them.
    #[test]
    fn what_may_happen_in_no_network_is_seen_in_fresh_ones_too() {
        let limit = Magnitude::ONE;
        let identity =
            Claim::new(&crate::stage::model::statements::HOMOGENEITY, Test::Identity { limit });
        let delta = Probability::parse("delta", "0.1").unwrap();
        let test = Test::Bound { direction: Direction::Upper, value: limit, delta };
        let bound = Claim::new(&crate::stage::output::statements::UPPER, test);
        let after = |claim: &Claim, values: &[Option<f64>]| {
            let mut row = Row::new(claim, judged(claim, &[Some(0.5); 90]), 1);
            assert_eq!(row.verdict, Some(Verdict::Holds));
            settle(&mut row, claim, &judged(claim, values), Fresh::default(), false);
            (row.verdict.unwrap(), row.fresh.and_then(|fresh| fresh.verdict))
        };
        let (good, bad, none) = (Some(0.5), Some(2.0), None);
        let failed = |verdict| (verdict, Some(verdict));
        assert_eq!(after(&identity, &[good, bad]), failed(Verdict::Violated));
        assert_eq!(after(&identity, &[good, none]), failed(Verdict::NumericalFailure));
        assert_eq!(after(&bound, &[good, none]), failed(Verdict::NumericalFailure));
        assert_eq!(after(&identity, &[good, good]), (Verdict::Holds, None));
        assert_eq!(after(&bound, &[bad; 90]), (Verdict::Holds, None));
    }
}
