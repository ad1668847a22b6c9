//! All claims of a run held against its records.

use super::{Record, Spec};
use crate::judge::attribution::Attribution;
use crate::judge::ledger::{Dead, Ledger, SCHEMA, Status, Tool};
use crate::judge::row::{Fresh, Row};
use crate::judge::verdict::{self, Verdict};
use crate::model::claim::{Claim, Test};
use crate::model::outcome::Outcome;
use crate::network::Engine;
use crate::stage::Tables;
use crate::theory::distribution::contour::dead_probability;

/// Judges all claims on the records so far. α is shared equally over the rows that
/// chance could make look wrong; one that looks violated is inconclusive until [`confirm`] has
/// judged it on networks that these records do not show.
pub fn ledger(spec: &Spec, claims: &[Claim], tables: &Tables, records: &[Record]) -> Ledger {
    let architecture = &spec.params.architecture;
    let judged = claims.iter().filter(|claim| claim.is_judged()).count();
    let alpha = spec.alpha.share(judged as u32);
    let rows: Vec<Row> = claims
        .iter()
        .enumerate()
        .map(|(i, claim)| {
            let outcomes = records.iter().map(|record| record.outcomes[i]);
            let seen = outcomes.clone().any(|outcome| outcome != Outcome::NotSearched);
            let engine = if seen { spec.engine(claim) } else { None };
            let mut judgement = verdict::judge(claim, outcomes, &alpha, spec.rounding(engine));
            // Drawn from the law itself, so that this says nothing of networks.
            let drawn = engine == Some(Engine::Law) && matches!(claim.test, Test::Law { .. });
            if drawn && judgement.verdict == Some(Verdict::NotRejected) {
                (judgement.verdict, judgement.distance) = (Some(Verdict::Assumed), None);
            }
            let suspect = claim.is_judged() && judgement.verdict == Some(Verdict::Violated);
            let fresh = suspect.then(Fresh::default);
            if suspect {
                judgement.verdict = Some(Verdict::Inconclusive);
            }
            Row { fresh, engine, ..Row::new(claim, judgement, architecture.depth()) }
        })
        .collect();
    let drawn = records.iter().filter_map(|record| record.dead);
    Ledger {
        layers: tables.layers.clone(),
        radii: tables.radii.clone(),
        followed: tables.followed.clone(),
        shortest: tables.shortest.clone(),
        attribution: Attribution::new(&rows, architecture),
        thresholds: Vec::new(),
        angles: tables.angles.clone(),
        spheres: Vec::new(),
        tool: Tool::current(),
        schema: SCHEMA,
        config: spec.record(),
        status: status(spec, records.len() as u64, &rows),
        verdict: Verdict::worst(rows.iter().filter_map(|row| row.verdict)),
        trials: records.len() as u64,
        dead: Dead {
            // Every neuron is silent with probability ½, on its own, whatever the law of the
            // weights: it is symmetric.
            probability: if spec.params.slope.is_relu() && spec.params.curved().is_none() {
                dead_probability(architecture.hidden())
            } else {
                0.0
            },
            count: drawn.clone().filter(|&dead| dead).count() as u64,
            networks: drawn.count() as u64,
        },
        rows,
    }
}

/// Complete where all trials are done and every row that looked violated was judged again.
pub(super) fn status(spec: &Spec, trials: u64, rows: &[Row]) -> Status {
    let settled = rows.iter().all(|row| !row.is_suspect());
    match &spec.sampling {
        None => Status::Bounds,
        Some(sampling) if trials == sampling.trials && settled => Status::Complete,
        Some(_) => Status::Partial,
    }
}
