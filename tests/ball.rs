//! Uniform control over the ball: sound where the lemmas bite, monotone, and no worse than it has
//! been.

mod common;

use std::sync::LazyLock;

use common::{claim, judged, params, sample, searched};
use ndarray::{Array2, ArrayView2};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use relubound::judge::verdict::Verdict;
use relubound::model::account::Account;
use relubound::model::bias::Bias;
use relubound::model::claim::Test;
use relubound::model::outcome::Search;
use relubound::model::params::{Amount, Architecture, Params, Probability};
use relubound::model::slope::Slope;
use relubound::model::statement::Kind;
use relubound::network::search::{Setting, flipped_row, survey, terms};
use relubound::network::{Network, Scaled, backward, forward};
use relubound::num::magnitude::Magnitude;
use relubound::num::{Enclosure, Number};
use relubound::stage::flip::bound::threshold;
use relubound::stage::linearity;
use relubound::theory::ball::{self, Control, Networks, Region, Way, comparison, plain, upper};

/// Parameters of formulas are searched, not solved for: a bound may miss its best value, and so its
/// monotonicity, by this much.
const SEARCH: f64 = 1e-3;

/// Without biases.
fn networks<'a>(widths: &'a [u128], slope: &'a Slope) -> Networks<'a> {
    static NONE: LazyLock<Bias> = LazyLock::new(Bias::none);
    Networks { widths, slope, bias: &NONE }
}

fn with_radius(widths: &str, delta: &str, radius: &str) -> Params {
    Params { radius: Some(Amount::radius(radius).unwrap()), ..params(widths, delta) }
}

/// No lemma fails more often than its own share of δ, at small widths and moderate radii, where the
/// bounds are nearest to what happens. False-alarm rate 1e-9 a row.
#[test]
fn sound_where_it_bites() {
    for (widths, radius, trials) in [
        ("30,40", "0.2", 1500),
        ("9,50,7", "0.05", 1500),
        ("24x3", "0.02", 1000),
        ("60,5,30", "0.3", 800),
        ("2,3,2", "0.5", 2000),
        ("40,30", "0.001", 1500),
        ("1,1,1", "0.7", 500),
        ("100x2", "0.1", 150),
    ] {
        for delta in ["0.99", "0.1"] {
            let config = searched(widths, delta, radius, trials, 23);
            let claims = config.claims();
            let records = sample(&config);
            for claim in claims.iter().filter(|claim| claim.statement.kind == Kind::Supremum) {
                let judged = judged(&claims, &records, &claim.key());
                let verdict = judged.verdict;
                assert!(
                    !verdict.is_some_and(Verdict::is_failure),
                    "{} at {widths}, R = {radius}, δ = {delta}: {judged:?}",
                    claim.key()
                );
            }
        }
    }
}

/// The same at other slopes; at slope 1 nothing changes at all.
#[test]
fn sound_at_every_slope() {
    for (widths, radius, trials) in
        [("30,40", "0.2", 300), ("9,50,7", "0.05", 300), ("40x3", "0.02", 120)]
    {
        for slope in ["0.01", "0.3", "0.9", "-1/2", "-1", "1"] {
            let mut config = searched(widths, "0.9", radius, trials, 29);
            config.params.slope = Slope::parse(slope).unwrap();
            let claims = config.claims();
            let records = sample(&config);
            for claim in claims.iter().filter(|claim| claim.statement.kind == Kind::Supremum) {
                let seen = judged(&claims, &records, &claim.key());
                assert!(
                    seen.verdict.is_some_and(|verdict| !verdict.is_failure()),
                    "{} at {widths}, R = {radius}, slope {slope}: {seen:?}",
                    claim.key()
                );
                let change = claim.statement.label.starts_with("linearity.");
                if slope == "1" && change {
                    assert!(claim.bound().unwrap().is_zero(), "{}", claim.key());
                    assert!(seen.observed.unwrap().quantile.is_zero(), "{}", claim.key());
                }
            }
        }
    }
}

/// What is proved of the first layer of 200,200 in the ball of radius 0.05 with p = ½ each.
fn first_layer_at_even_odds(slope: &Slope) -> ball::Layer<f64> {
    let mut account = Account::flat(2f64.ln());
    let want = comparison::Want::Everything;
    let region = Region::ball(0.05);
    comparison::control(&networks(&[200, 200], slope), &region, &mut account, want).remove(0)
}

/// Bounds on the first layer at even odds hold and are near; that of a smaller jump on the
/// gradient's change is exceeded.
#[test]
fn the_first_layer_at_slopes_at_even_odds() {
    for (slope, other) in [("0.5", "0.95"), ("-1/2", "0.9"), ("-1", "0.9")] {
        let mut config = searched("200,200", "0.1", "0.05", 100, 31);
        let parsed = |text: &str| Slope::parse(text).unwrap();
        config.params.slope = parsed(slope);
        let claims = config.claims();
        let records = sample(&config);
        let [layer, wrong] = [slope, other].map(|slope| first_layer_at_even_odds(&parsed(slope)));
        let observed =
            |label: &str| judged(&claims, &records, label).observed.unwrap().median.to_f64();
        for (label, bound, tightness) in [
            ("bottleneck.lipschitz[1]", layer.lipschitz, 1.5),
            ("linearity.term[1]", layer.term, 5.0),
        ] {
            let seen = observed(label);
            assert!(seen <= bound && bound <= tightness * seen, "{slope} {label}: {seen} {bound}");
        }
        assert!(wrong.term < observed("linearity.term[1]"), "{slope}: {}", wrong.term);
    }
}

/// In ever smaller slopes the bounds meet those of ReLU, but for what the one more event costs, and
/// a network that is nearly linear hardly changes.
#[test]
fn bounds_are_continuous_in_the_slope() {
    let error = |slope: &str, way: Way| {
        let (widths, slope) = ([100_000, 100_000, 100_000], Slope::parse(slope).unwrap());
        let mut account = Account::flat(100f64.ln());
        way.change(&networks(&widths, &slope), &Region::ball(1e-3), &mut account).0
    };
    for way in [Way::Plain, Way::Comparison, Way::Affine] {
        let relu = error("0", way);
        for slope in ["1e-6", "-1e-6"] {
            assert!((error(slope, way) / relu - 1.0).abs() < 1e-3, "{way:?} {slope}");
        }
        assert!(error("0.999", way) < 2e-3 * relu && error("1", way) == 0.0, "{way:?}");
        assert!(error("0.5", way) < relu && error("-1", way) > relu, "{way:?}");
    }
}

/// With p = ½ for each event, the statements on the first layer may fail that often; not much more
/// slack than that is left, and they do not.
#[test]
fn the_first_layer_at_even_odds() {
    let config = searched("200,200", "0.1", "0.05", 400, 31);
    let claims = config.claims();
    let records = sample(&config);
    let layer = first_layer_at_even_odds(&Slope::relu());
    let observed = |label: &str| judged(&claims, &records, label).observed.unwrap().median.to_f64();
    for (label, bound, tightness) in [
        ("bottleneck.rows[1]", layer.rows, 2.0),
        ("bottleneck.flips[1]", layer.flips as f64, 3.0),
        ("bottleneck.lipschitz[1]", layer.lipschitz, 1.5),
        ("linearity.term[1]", layer.term, 5.0),
    ] {
        let median = observed(label);
        assert!(median <= bound, "{label}: {median} {bound}");
        assert!(bound <= tightness * median, "{label} is loose: {median} {bound}");
    }
}

/// The searches come within a small factor of the flips bound; a change that loosens either shows.
#[test]
fn searches_are_near_the_flips_bound() {
    let mut lines = String::new();
    for (widths, radius) in [("300,300", "0.03"), ("300,1000", "0.02"), ("1000,300", "0.02")] {
        let config = searched(widths, "0.1", radius, 30, 7);
        let claims = config.claims();
        let records = sample(&config);
        let judged = judged(&claims, &records, "bottleneck.flips[1]");
        let search = judged.observed.as_ref().unwrap().search.clone().unwrap();
        let slack = judged.slack.unwrap().to_f64();
        let (bound, most) = (claim(&claims, "bottleneck.flips[1]"), judged.observed.unwrap());
        let Test::Bound { value, .. } = bound.test else { panic!("no bound") };
        let (bound, seen) = (value.to_f64(), most.quantile.to_f64());
        lines += &format!("{widths} R={radius}: {seen} of {bound} by {search}\n");
        assert!(slack < 2.3, "{widths}: {slack}");
    }
    insta::assert_snapshot!(lines);
}

/// Each search finds what the others do not: without it, something observed gets smaller.
#[test]
fn every_search_earns_its_keep() {
    // Each claim holds in some of these networks; what more searches find is never less.
    let mut better = [0; 4];
    for seed in 0..6 {
        let mut network =
            relubound::network::Dense::<f64>::new(&"60x3".parse().unwrap(), seed, 1).unwrap();
        network.draw(0);
        let x = Scaled::new(ndarray::Array1::from_iter((0..60).map(|i| f64::from(i).sin())), 0);
        let at = forward(&mut network, std::slice::from_ref(&x)).remove(0);
        let gradient = backward(&mut network, std::slice::from_ref(&at)).remove(0);
        let all = Setting::new(0.1, 2.0, 1, 0);
        let mut change = |setting: &Setting| {
            let found = survey(&mut network, &at, &gradient, setting);
            let change = found.visited.iter().filter_map(|v| v.gradient_change).max().unwrap();
            let flips =
                found.visited.iter().map(|v| at.flipped(&v.forward, 1).len()).max().unwrap();
            (change, flips)
        };
        let with_all = change(&all);
        let without = |search: Search| {
            let searches = all.searches.iter().copied().filter(|s| *s != search).collect();
            Setting { searches, ..all.clone() }
        };
        // The ascent finds larger changes of the gradient, the margin search more flips.
        let (ascent, margin) = (change(&without(Search::Ascent)), change(&without(Search::Margin)));
        better[0] += u32::from(ascent.0 < with_all.0);
        better[1] += u32::from(margin.1 < with_all.1);
        // Random directions alone find less of both; so do the gradient and the singular vectors.
        for search in [Search::Random, Search::Gradient, Search::Stretch] {
            let alone = change(&Setting { searches: vec![search], ..all.clone() });
            let nothing = change(&Setting { searches: vec![], ..all.clone() });
            assert!(nothing.0 < alone.0 && alone.0 <= with_all.0 && alone.1 <= with_all.1);
            better[2] += u32::from(alone.0 < with_all.0);
            better[3] += u32::from(alone.1 < with_all.1);
        }
    }
    assert!(better.iter().all(|&n| n >= 3), "{better:?}");
}

/// Each refinement is worth something: turned off, the bound is worse.
#[test]
fn every_refinement_buys_something() {
    for (widths, radius) in [("1e6x3", "1e-4"), ("1e12x2", "1e-6"), ("1e8,1e5,1e8", "1e-6")] {
        let params = with_radius(widths, "0.1", radius);
        let control = Control::new(&params).unwrap();
        for (refined, plain) in control.comparison.iter().zip(&control.plain).skip(1) {
            assert!(upper(&refined.rows) < upper(&plain.rows), "{widths}");
            assert!(refined.flips < plain.flips);
            assert!(upper(&refined.lipschitz) < upper(&plain.lipschitz));
            assert!(upper(&refined.term) < upper(&plain.term));
        }
        // Without the sup over a segment; and with the drop of the actual steps.
        let nats = 7.0;
        let radius = params.relative_radius(64).to_f64();
        let change = |way: Way, drop: Option<f64>| {
            let region = Region { drop, ..Region::ball(radius) };
            way.change(&Networks::of(&params), &region, &mut Account::flat(nats)).0
        };
        let direct = change(Way::Affine, None);
        assert!(direct < change(Way::Comparison, None));
        assert!(change(Way::Affine, Some(radius * radius / 2.0)) < direct);
    }
}

/// Radii at which ε = ½ (δ = 0.1, very wide layers) and least widths, against an independent
/// prototype of the plain way; the other ways are to be better still.
#[test]
fn no_worse_than_the_prototype() {
    for (depth, prototype) in [(1, 1.1e-4), (2, 1.7e-6), (3, 4e-8), (5, 2.6e-11)] {
        let params = params(&format!("1e30x{depth}"), "0.1");
        let radius = |way| ball::radius(&params, 0.5, way).unwrap().to_f64();
        let (by_plain, by_comparison, direct) =
            (radius(Way::Plain), radius(Way::Comparison), radius(Way::Affine));
        // Two digits of the prototype are known.
        assert!(by_plain >= 0.94 * prototype, "L = {depth}: {by_plain} {prototype}");
        assert!(by_plain < by_comparison && by_comparison < direct);
    }
    let width = |depth: usize, way| {
        let shape = Architecture::new(vec![1 << 20; depth + 1]).unwrap();
        let delta = Probability::parse("delta", "0.1").unwrap();
        threshold(&Params::new(shape, delta), way).unwrap().architecture.input() as f64
    };
    for (depth, prototype, direct) in
        [(1, 6e8, 1.7e3), (2, 2e12, 3.4e4), (3, 4e15, 2.3e5), (5, 9e21, 3.0e6)]
    {
        assert!(width(depth, Way::Plain) <= prototype);
        assert!(width(depth, Way::Affine) <= direct);
    }
}

/// The rows as printed, with the better of all ways: monotone in R, from no flips at all to R >
/// ‖x‖.
#[test]
fn printed_bounds_are_monotone_in_the_radius() {
    let radii =
        ["0", "1e-100", "1e-30", "1e-12", "1e-8", "1e-6", "1e-4", "1e-3", "0.01", "0.1", "1", "30"];
    for widths in ["512x2", "40,7,40", "1e9x3", "1e20,1e12,1e20"] {
        let at = |radius: &&str| linearity::bound::linearity(&with_radius(widths, "0.1", radius));
        let bounds: Vec<_> = radii.iter().map(at).collect();
        let slack = Magnitude::from_f64(1.0 + SEARCH).unwrap();
        for (pair, radius) in bounds.windows(2).zip(&radii) {
            assert!(pair[0].gradient.value <= pair[1].gradient.value * slack, "{widths} {radius}");
            assert!(pair[0].affine.value <= pair[1].affine.value * slack, "{widths} {radius}");
        }
        assert!(bounds[0].gradient.value.is_zero() && bounds[0].affine.value.is_zero());
    }
}

/// Where a layer may be silent with more than its share of δ, nothing is claimed of it or of what
/// lies above it: two lower bounds that say nothing do not make one that does.
#[test]
fn nothing_is_claimed_where_networks_may_be_dead() {
    for (widths, delta, from) in
        [("2x2", "0.1", 1), ("1x5", "0.1", 1), ("64x5", "1e-40", 1), ("200,200,2,2,200", "0.1", 3)]
    {
        let bound = linearity::bound::linearity(&with_radius(widths, delta, "0.01"));
        for (i, term) in bound.terms.iter().enumerate() {
            assert!(i + 1 < from || !term.value.is_finite(), "{widths}, layer {}", i + 1);
        }
        assert!(!bound.gradient.value.is_finite() && !bound.affine.value.is_finite());
    }
    // Flat at x, not flat at −x: the first layer of such a network refutes any finite bound.
    let config = searched("2x2", "0.1", "2", 400, 1);
    let records = sample(&config);
    assert!(records.iter().filter(|r| r.dead == Some(true)).count() > 40);
}

/// A linear function's step always flips, and its gradient never changes.
#[test]
fn the_linear_case_is_exact() {
    let config = searched("100", "0.1", "0.3", 50, 1);
    let claims = config.claims();
    let records = sample(&config);
    let affine = judged(&claims, &records, "linearity.affine").observed.unwrap();
    assert!(affine.max.is_zero());
    let step = claims.iter().find(|c| c.key() == "flip.step").unwrap();
    assert!(matches!(&step.test, Test::Bound { value, .. } if value.to_f64() == 0.999));
    let achieved = judged(&claims, &records, "flip.step").observed.unwrap();
    assert!(
        (achieved.min.to_f64() - 1.0).abs() < 1e-12 && (achieved.max.to_f64() - 1.0).abs() < 1e-12
    );
}

/// The same formulas in `f64` and in enclosures.
#[test]
fn searches_and_certificates_agree() {
    for (widths, radius) in [(vec![50u128, 70, 30], 0.01), (vec![10u128.pow(9); 5], 1e-5)] {
        let rough = Region::ball(radius);
        let exact = Region::ball(Enclosure::point(256, radius));
        let at_six = || Account::flat(6.0);
        let exactly_six = || Account::flat(Enclosure::point(256, 6.0));
        let want = comparison::Want::Everything;
        let relu = Slope::relu();
        let networks = &networks(&widths, &relu);
        let pairs = comparison::control(networks, &rough, &mut at_six(), want)
            .into_iter()
            .zip(comparison::control(networks, &exact, &mut exactly_six(), want));
        for (j, (a, b)) in pairs.enumerate() {
            assert_eq!(a.flips, b.flips);
            // Of the last layer nothing is wanted that only another would need.
            let last = j + 2 == widths.len();
            assert_eq!(a.width.is_finite(), !last);
            let width = if last { (1.0, b.drift.like(1.0)) } else { (a.width, b.width) };
            // The search takes leading orders where differences would cancel.
            assert!((a.weights / b.weights.to_f64() - 1.0).abs() < 1e-4);
            for (x, y) in [(a.rows, b.rows), (a.drift, b.drift), width, (a.term, b.term)] {
                assert!((x / y.to_f64() - 1.0).abs() < 1e-4, "{x} {y:?}");
            }
        }
        let pairs = plain::control(networks, &rough, &mut at_six(), want)
            .into_iter()
            .zip(plain::control(networks, &exact, &mut exactly_six(), want));
        for (a, b) in pairs {
            assert_eq!(a.flips, b.flips);
            assert!((a.term / b.term.to_f64() - 1.0).abs() < 1e-8);
        }
    }
}

fn epsilon(widths: &[u128], radius: f64, nats: f64, way: Way) -> f64 {
    let relu = Slope::relu();
    way.change(&networks(widths, &relu), &Region::ball(radius), &mut Account::flat(nats)).0
}

proptest! {
    // The same draws in every run: how far searches may miss their best is not bounded.
    #![proptest_config(ProptestConfig {
        cases: 64,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    #[test]
    fn monotone_in_radius_and_delta(
        exponents in prop::collection::vec(3f64..9.0, 2..6),
        log_radius in -14f64..-3.0,
        nats in 3f64..30.0,
        factor in 1.05f64..10.0,
    ) {
        let widths: Vec<u128> = exponents.iter().map(|e| 10f64.powf(*e) as u128).collect();
        let radius = log_radius.exp();
        for way in [Way::Plain, Way::Comparison] {
            let here = epsilon(&widths, radius, nats, way);
            let wider = epsilon(&widths, radius * factor, nats, way);
            let surer = epsilon(&widths, radius, nats * factor, way);
            let no_less = |b: f64| b.is_nan() || b >= here * (1.0 - SEARCH);
            let fine = here.is_nan() || (no_less(wider) && no_less(surer));
            prop_assert!(fine, "{way:?} {here} {wider} {surer}");
        }
    }

    #[test]
    fn monotone_in_width_at_fixed_ratios(
        ratios in prop::collection::vec(1u128..20, 2..6),
        log_radius in -14f64..-5.0,
        scale in 300u128..3000,
        factor in 2u128..50,
    ) {
        let narrow: Vec<u128> = ratios.iter().map(|r| r * scale).collect();
        let wide: Vec<u128> = narrow.iter().map(|d| d * factor).collect();
        for way in [Way::Plain, Way::Comparison, Way::Affine] {
            let of = |widths| epsilon(widths, log_radius.exp(), 8.0, way);
            let (a, b) = (of(&narrow), of(&wide));
            prop_assert!(!a.is_finite() || b <= a * (1.0 + SEARCH), "{way:?} {a} {b}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// ∇f(x) − ∇f(y) = Σ T_j(y), f(y) − ⟨∇f(x), y⟩ = Σ b_j(D_j(y) − D_j(x))z_j(y) and f(x) =
    /// ⟨∇f(x), x⟩, exactly: networks of small integers, in which floating point does not round.
    #[test]
    fn decomposition_is_exact_on_integers(
        seeds in prop::collection::vec(-3i8..=3, 60),
        near in prop::collection::vec(-5i8..=5, 3),
        far in prop::collection::vec(-9i8..=9, 3),
    ) {
        let mut numbers = seeds.iter().cycle().map(|&v| f64::from(v));
        let mut next = || numbers.next().unwrap();
        let mut matrix = |rows, cols| Array2::from_shape_simple_fn((rows, cols), &mut next);
        let mut network = Integers(vec![matrix(4, 3), matrix(3, 4), matrix(5, 3), matrix(1, 5)]);
        let point = |v: &[i8]| Scaled::new(v.iter().map(|&v| f64::from(v)).collect(), 0);
        let (x, y) = (point(&near), point(&far));
        let passes = forward(&mut network, &[x.clone(), y.clone()]);
        let backs = backward(&mut network, &passes);
        let exact = |s: relubound::network::Scalar| s.mantissa * 2f64.powi(s.exponent as i32);
        prop_assert_eq!(exact(passes[0].output()), exact(backs[0].gradient().dot(&x)));
        let mut affine = exact(passes[1].output()) - exact(backs[0].gradient().dot(&y));
        let mut difference = backs[0].gradient().minus(backs[1].gradient());
        for layer in 1..=3 {
            let row = flipped_row(&passes[0], &backs[0], &passes[1], layer);
            affine += exact(row.dot(&passes[1].pre[layer - 1]));
            let rows = [(layer, row, &passes[1])];
            let pulled = relubound::network::pull_back(&mut network, &rows).remove(0);
            let size = terms(&mut network, &passes[0], &backs[0], &[(layer, &passes[1])])[0];
            prop_assert_eq!(size, pulled.norm());
            difference = difference.minus(&pulled);
        }
        prop_assert_eq!(affine, 0.0);
        prop_assert_eq!(difference.norm(), Some(Magnitude::ZERO));
    }
}

/// A network of small integers: sums and products are exact.
struct Integers(Vec<Array2<f64>>);

impl Network for Integers {
    fn widths(&self) -> &[usize] {
        &[3, 4, 3, 5]
    }
    fn draw(&mut self, _: u64) {}
    fn apply(&mut self, layer: usize, points: ArrayView2<'_, f64>) -> Array2<f64> {
        points.dot(&self.0[layer - 1].t())
    }
    fn apply_transposed(&mut self, layer: usize, rows: ArrayView2<'_, f64>) -> Array2<f64> {
        rows.dot(&self.0[layer - 1])
    }
    fn rounding(&self, _: usize) -> f64 {
        0.0
    }
    fn slope(&self, _: usize) -> f64 {
        0.0
    }
    fn roundoff(&self) -> f64 {
        0.0
    }
}

/// R = 0, R beyond ‖x‖, widths of 1, dead networks: a clear outcome for every row, and no NaN.
#[test]
fn extremes_have_clear_outcomes() {
    for (widths, radius) in [
        ("5,4", "0"),
        ("5,4", "7"),
        ("1,1,1", "0.3"),
        ("6,1,6", "0.1"),
        ("4,2x8", "0.2"),
        ("3", "0.1"),
    ] {
        let config = searched(widths, "0.1", radius, 200, 5);
        let claims = config.claims();
        let records = sample(&config);
        for claim in &claims {
            let judged = judged(&claims, &records, &claim.key());
            assert!(
                !judged.verdict.is_some_and(Verdict::is_failure),
                "{} at {widths}, R = {radius}: {judged:?}",
                claim.key()
            );
            if let Test::Bound { value, .. } = &claim.test {
                assert!(!value.to_f64().is_nan());
            }
        }
        let ledger = common::ledger(&config, &claims, &records);
        assert!(!serde_json::to_string(&ledger).unwrap().contains("NaN"));
    }
}

fn biased(mut config: relubound::run::Spec, slope: &str, bias: &str) -> relubound::run::Spec {
    config.params.slope = Slope::parse(slope).unwrap();
    config.params.bias = Bias::relative(bias).unwrap();
    config
}

/// No lemma fails more often than its own share of δ with biases either, at small widths and
/// moderate radii; false-alarm rate 1e-9 a row. At slope 1 nothing changes at all.
#[test]
fn sound_with_biases() {
    let stages = ["bottleneck", "linearity"];
    for (widths, radius, trials) in
        [("30,40", "0.2", 200), ("9,50,7", "0.1", 200), ("40x3", "0.05", 80)]
    {
        for (slope, bias) in ["0", "0.3", "-1/2"]
            .iter()
            .flat_map(|slope| ["0.3", "1", "3"].map(|bias| (*slope, bias)))
            .chain([("1", "1")])
        {
            let config = searched(widths, "0.9", radius, trials, 37);
            let config = common::staged(&biased(config, slope, bias), &stages);
            let claims = config.claims();
            let records = sample(&config);
            for claim in claims.iter().filter(|claim| claim.statement.kind == Kind::Supremum) {
                let seen = judged(&claims, &records, &claim.key());
                assert!(
                    seen.verdict.is_some_and(|verdict| !verdict.is_failure()),
                    "{} at {widths}, R = {radius}, slope {slope}, biases {bias}: {seen:?}",
                    claim.key()
                );
                if slope == "1" && claim.statement.label.starts_with("linearity.") {
                    assert!(claim.bound().unwrap().is_zero(), "{}", claim.key());
                    assert!(seen.observed.unwrap().quantile.is_zero(), "{}", claim.key());
                }
            }
        }
    }
}

/// With p = ½ for each event, what is proved of two layers with biases holds and is near; what is
/// proved of much larger biases, which let fewer neurons flip, is exceeded.
#[test]
fn biased_layers_at_even_odds() {
    let at_even_odds = |bias: &str| {
        let (relu, bias) = (Slope::relu(), Bias::relative(bias).unwrap());
        let networks = Networks { widths: &[200; 3], slope: &relu, bias: &bias };
        let mut account = Account::flat(2f64.ln());
        let want = comparison::Want::Everything;
        comparison::control(&networks, &Region::ball(0.1), &mut account, want)
    };
    for bias in ["0.5", "1", "2"] {
        let config = biased(searched("200x2", "0.1", "0.1", 60, 41), "0", bias);
        let config = common::staged(&config, &["bottleneck", "linearity"]);
        let claims = config.claims();
        let records = sample(&config);
        let (right, wrong) = (at_even_odds(bias), at_even_odds("60"));
        for (j, (layer, wrong)) in right.iter().zip(&wrong).enumerate() {
            let seen = |label: &str| {
                let label = format!("{label}[{}]", j + 1);
                judged(&claims, &records, &label).observed.unwrap().median.to_f64()
            };
            let looser = [1.0, 8.0][j];
            for (label, bound, wrong, tightness) in [
                ("bottleneck.rows", layer.rows, Some(wrong.rows), 2.5 * looser),
                ("bottleneck.flips", layer.flips as f64, Some(wrong.flips as f64), 3.0 * looser),
                ("bottleneck.lipschitz", layer.lipschitz, None, 1.5 * looser),
                ("linearity.term", layer.term, None, 5.0 * looser),
            ] {
                let seen = seen(label);
                assert!(seen <= bound, "{bias} {label}: {seen} {bound}");
                assert!(bound <= tightness * seen, "{bias} {label} is loose: {seen} {bound}");
                assert!(wrong.is_none_or(|wrong| wrong < seen), "{bias} {label}: {seen} {wrong:?}");
            }
        }
    }
}

/// Tiny biases give the bounds without, but for what the further events cost; large ones let few
/// neurons flip, in every layer fewer, and the network is nearly affine.
#[test]
fn bounds_are_continuous_in_the_biases() {
    let widths = [100_000; 4];
    let relu = Slope::relu();
    let at = |bias: &str, want: comparison::Want| {
        let bias = Bias::relative(bias).unwrap();
        let networks = Networks { widths: &widths, slope: &relu, bias: &bias };
        let mut account = Account::flat(100f64.ln());
        comparison::control(&networks, &Region::ball(1e-3), &mut account, want)
    };
    let (without, tiny) =
        (at("0", comparison::Want::Everything), at("1e-6", comparison::Want::Everything));
    for (a, b) in without.iter().zip(&tiny) {
        for (a, b) in [(a.rows, b.rows), (a.term, b.term), (a.drift, b.drift)] {
            assert!((b / a - 1.0).abs() < 1e-3, "{a} {b}");
        }
    }
    let large = at("3", comparison::Want::Everything);
    for (j, (a, b)) in (1..).zip(without.iter().zip(&large)) {
        // Leading orders, R√d₀/‖x‖ and d_j(6κ²/(πd_j))^{1/3} with κ smaller by this.
        let smaller = 10f64.powf(0.5 * f64::from(j));
        let (rows, flips) = (a.rows / b.rows, a.flips as f64 / b.flips as f64);
        assert!(rows > 0.95 * smaller && rows < 2.0 * smaller, "{j}: {rows} {smaller}");
        let cube = smaller.powf(2.0 / 3.0);
        assert!(flips > 0.9 * cube && flips < 2.0 * cube, "{j}: {flips} {cube}");
        assert!(b.term < a.term);
    }
    for way in [Way::Plain, Way::Comparison, Way::Affine] {
        let error = |bias: &str| {
            let bias = Bias::relative(bias).unwrap();
            let networks = Networks { widths: &widths, slope: &relu, bias: &bias };
            way.change(&networks, &Region::ball(1e-3), &mut Account::flat(100f64.ln())).0
        };
        let errors = ["0", "1e-6", "0.3", "1", "10", "1e4"].map(error);
        assert!((errors[1] / errors[0] - 1.0).abs() < 1e-3, "{way:?} {errors:?}");
        assert!(errors[1..].windows(2).all(|pair| pair[1] < pair[0]), "{way:?} {errors:?}");
        // The affine form falls to about √(ℓ/d_j), where hardly a neuron flips.
        assert!(errors[5] < 0.25 * errors[0], "{way:?} {errors:?}");
    }
}

/// Steps are proved to flip with biases, at larger widths than without, and sound there.
#[test]
fn steps_flip_with_biases() {
    let threshold_at = |bias: &str| {
        let mut params = params("1048576x1", "0.1");
        params.bias = Bias::relative(bias).unwrap();
        threshold(&params, Way::Affine).unwrap().architecture.input() as f64
    };
    let found = ["0", "1e-6", "0.1", "0.3"].map(threshold_at);
    assert!(found.windows(2).all(|pair| pair[0] < 1.02 * pair[1]), "{found:?}");
    assert!(found[1] < 1.2 * found[0] && found[3] > found[0], "{found:?}");
    let mut config = biased(searched("3000,3000", "0.1", "0.1", 40, 5), "0", "0.2");
    config.params.step = Some(Amount::step("4").unwrap());
    let config = common::staged(&config, &["flip"]);
    let (claims, records) = (config.claims(), sample(&config));
    for label in ["flip.step", "flip.least"] {
        let claim = claim(&claims, label);
        assert!(matches!(claim.test, Test::Bound { .. }), "{label}");
        let seen = judged(&claims, &records, label);
        assert!(!seen.verdict.unwrap().is_failure(), "{label}: {seen:?}");
    }
}
