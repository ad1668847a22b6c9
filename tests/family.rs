//! Networks beside those of the theory: what is claimed of them, what is not, and what is measured
//! all the same. Statistical assertions err with probability at most 1e-9 each.

mod common;

use common::{MACHINE, judged, ledger, sample, spec, staged};
use relubound::judge::verdict::Verdict;
use relubound::model::weights::{Ensemble, Entries};
use relubound::network::Engine;
use relubound::run::{Engines, Experiment, Spec};

/// Networks of widths 20, 9, 7 whose weights have these laws.
fn with_weights(hidden: Entries, output: Entries, trials: u64) -> Spec {
    let mut spec = spec("20,9,7", "0.1", trials, 5);
    spec.params.ensemble = Ensemble { hidden, output };
    spec
}

/// Under an output row of any law with symmetric entries the ratio and the size of the step keep
/// their law, and nothing else is claimed but identities.
#[test]
fn output_weights_of_any_law_leave_the_ratio_alone() {
    for output in Entries::ALL.into_iter().filter(|&entries| entries != Entries::Gaussian) {
        let spec = with_weights(Entries::Gaussian, output, 3000);
        let (claims, records) = (spec.claims(), sample(&spec));
        for label in ["gradient.ratio", "flip.size"] {
            let verdict = judged(&claims, &records, label).verdict;
            assert_eq!(verdict, Some(Verdict::NotRejected), "{output:?} {label}");
        }
        let law = judged(&claims, &records, "gradient.law");
        assert_eq!(law.verdict, Some(Verdict::OutsideHypotheses), "{output:?}");
        assert!(law.distance.is_some_and(|d| d.observed > 0.0), "{output:?}");
    }
}

/// The twin: hidden weights that are not normal have another ratio, which the distance shows. Signs
/// in two hidden neurons: |f| is small far more often than by the law.
#[test]
fn hidden_weights_of_another_law_are_told_apart() {
    let mut spec =
        staged(&with_weights(Entries::Rademacher, Entries::Rademacher, 4000), &["gradient"]);
    spec.params.architecture = "20,2".parse().unwrap();
    let (claims, records) = (spec.claims(), sample(&spec));
    let law = judged(&claims, &records, "gradient.law");
    assert_eq!(law.verdict, Some(Verdict::OutsideHypotheses));
    assert!(law.distance.is_some_and(|d| d.observed > d.allowed), "{law:?}");
}

/// No table and no threshold shows what is proved of other networks, and flips are counted.
#[test]
fn nothing_is_proved_of_weights_that_are_not_normal() {
    for (hidden, output) in
        [(Entries::Uniform, Entries::Uniform), (Entries::Gaussian, Entries::Rademacher)]
    {
        let spec = with_weights(hidden, output, 60);
        let run = ledger(&spec, &spec.claims(), &sample(&spec));
        assert!(run.layers.is_empty() && run.radii.is_empty() && run.angles.is_empty());
        assert!(run.followed.is_none());
        for row in &run.rows {
            let claimed = row.unmet.is_none();
            assert_eq!(row.verdict == Some(Verdict::OutsideHypotheses), !claimed, "{}", row.key());
            assert!(claimed || row.bound.is_none(), "{}", row.key());
        }
        let flips = run.row("flip.threshold").unwrap();
        assert!(flips.counted.is_some_and(|n| n > 50) && flips.interval.is_some());
    }
}

#[test]
fn other_weights_are_stored() {
    let spec = with_weights(Entries::Uniform, Entries::Uniform, 5);
    let by = |engines: Engines| {
        Experiment::new(spec.resampled(|sampling| sampling.engines = engines), MACHINE)
    };
    for engine in [Engine::Conditioned, Engine::Law] {
        let message = by(Engines::All(engine)).err().unwrap().to_string();
        assert!(message.contains(engine.name()) && message.contains("stored"), "{message}");
    }
    let chosen = by(Engines::Cheapest).unwrap();
    let dense = |stage: &&dyn relubound::stage::Stage| {
        chosen.spec().sampling.as_ref().unwrap().engines.of(*stage) == Engine::Dense
    };
    assert!(chosen.spec().stages.iter().map(|stage| *stage as _).all(|stage| dense(&stage)));
}

#[test]
fn what_is_run_is_read_back_from_its_record() {
    for (hidden, output) in [
        (Entries::Gaussian, Entries::Gaussian),
        (Entries::Uniform, Entries::Uniform),
        (Entries::Uniform, Entries::Gaussian),
        (Entries::Gaussian, Entries::Rademacher),
    ] {
        let spec = with_weights(hidden, output, 5);
        let back = Spec::from_record(&spec.record()).unwrap();
        assert_eq!(back.params, spec.params);
    }
}
