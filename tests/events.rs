//! The events behind every bound: no more than δ, and those of its proof.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use relubound::judge::verdict::{self, Verdict};
use relubound::model::account::{Account, Behind, Entry, Events, kind};
use relubound::model::bias::Bias;
use relubound::model::claim::{Claim, Direction, Test};
use relubound::model::outcome::Outcome;
use relubound::model::params::{Amount, Architecture, Params, Probability};
use relubound::model::slope::Slope;
use relubound::num::Enclosure;
use relubound::num::magnitude::Magnitude;
use relubound::stage::proof::section;
use relubound::stage::{self, gradient, output};
use relubound::theory::ball::comparison::Want;
use relubound::theory::ball::{self, Networks, Region, plain};
use relubound::theory::{direct, pair};
use rug::Rational;

fn claims(params: &Params, stages: &[&str]) -> Vec<Claim> {
    let wanted = stage::ALL.iter().filter(|stage| stages.contains(&stage.name()));
    wanted.flat_map(|stage| stage.stated(params)).collect()
}

const ALL: &[&str] =
    &["output", "gradient", "bottleneck", "linearity", "flip", "direct", "collapse"];

/// Entry by entry, as listed.
fn spent(behind: &Behind) -> Rational {
    behind.list().iter().fold(Rational::new(), |sum, entry| sum + entry.sum())
}

fn holds_always(claim: &Claim) -> bool {
    matches!(&claim.test, Test::Bound { value, direction, .. }
        if value.is_zero() || *value == direction.nothing())
}

/// Why the events of a claim do not carry it, if so.
fn unpaid(claim: &Claim, delta: &Probability) -> Option<String> {
    let Test::Bound { delta: allowed, .. } = &claim.test else { return None };
    let Some(behind) = &claim.behind else { return Some("no events".into()) };
    if let Some(why) = behind.book.overdrawn() {
        return Some(why.into());
    }
    if behind.list().is_empty() {
        // What holds always needs none, and what says nothing.
        return (!holds_always(claim)).then(|| "no events".into());
    }
    let sum = spent(behind);
    let exceeded = sum > *allowed.value() || allowed.value() > delta.value();
    exceeded.then(|| format!("{} of {} of {}", sum.to_f64(), allowed.to_f64(), delta.to_f64()))
}

/// A generator of test cases, not of statistics.
struct Cases(u64);

impl Cases {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    fn params(&mut self) -> Params {
        let depth = self.between(0.0, 7.0) as usize;
        let largest = self.between(0.5, 20.0);
        let widths = (0..=depth).map(|_| 10f64.powf(self.between(0.0, largest)) as u128).collect();
        let delta = match self.between(0.0, 3.0) as u32 {
            0 => format!("{:.4}", self.between(0.01, 0.999)),
            _ => format!("1e-{}", self.between(1.0, 60.0) as u32),
        };
        let radius = format!("1e-{}", self.between(0.0, 14.0) as u32);
        Params {
            radius: Some(Amount::radius(&radius).unwrap()),
            ..Params::new(
                Architecture::new(widths).unwrap(),
                Probability::parse("delta", &delta).unwrap(),
            )
        }
    }
}

/// What every bound of a network rests on, without predictions and thresholds, which take longest.
fn everything(params: &Params) -> Vec<Behind> {
    let mut all = vec![
        stage::output::bound::upper(params).behind,
        stage::gradient::bound::lower(params).behind,
        stage::flip::bound::step(params).behind,
        stage::collapse::bound::output(params).1,
        stage::collapse::bound::sphere(params).1,
    ];
    for layer in stage::bottleneck::bound::layers(params) {
        all.extend([layer.rows.behind, layer.flips.behind, layer.lipschitz.behind]);
    }
    let linearity = stage::linearity::bound::linearity(params);
    all.extend(linearity.terms.into_iter().map(|term| term.behind));
    all.extend([linearity.gradient.behind, linearity.affine.behind]);
    let direct = stage::direct::bound::bound(params);
    all.extend(direct.layers.into_iter().flat_map(|layer| layer.behind));
    all.push(direct.behind);
    all.extend(stage::collapse::bound::angles(params).into_iter().map(|angle| angle.behind));
    all.extend(stage::collapse::bound::norms(params).into_iter().map(|norm| norm.1));
    all
}

#[test]
fn no_bound_spends_more_than_delta() {
    let mut cases = Cases(5);
    let networks: Vec<Params> = (0..300).map(|_| cases.params()).collect();
    networks.par_iter().for_each(|params| {
        for behind in everything(params) {
            let (sum, delta) = (spent(&behind), &params.delta);
            let widths = &params.architecture;
            assert_eq!(behind.book.overdrawn(), None, "{widths}, δ = {delta}");
            assert!(sum <= *delta.value(), "{} at {widths}, δ = {delta}", sum.to_f64());
        }
    });
}

/// Two events where one is paid for: the claim says nothing, and is a failure of the program.
#[test]
fn a_planted_second_event_is_an_error() {
    let delta = Probability::parse("delta", "0.1").unwrap();
    let claim = |sizes: &[u128]| {
        let like = Enclosure::integer(64, 0);
        let params = Params::new("5x3".parse().unwrap(), delta.clone());
        let plan = plain::plan(&Networks::of(&params), Want::Everything);
        let mut account = Account::open(&like, &delta, &plan, 64);
        let mut events = Events::default();
        for &size in sizes {
            account.draw(kind::NORM, 2, Some(size), &mut events);
        }
        let behind = Behind { book: account.close(), events };
        let test = Test::Bound {
            direction: Direction::Upper,
            value: Magnitude::ONE,
            delta: delta.clone(),
        };
        Claim::new(&relubound::stage::linearity::statements::TERM, test).resting_on(behind)
    };
    let judged = |claim: &Claim| {
        let outcomes = std::iter::once(Outcome::Value(Magnitude::ONE));
        verdict::judge(claim, outcomes, &delta, 0.0).verdict
    };
    // The norm of the flipped rows, in both places that use it, at one size more than there are
    // flips.
    let right = claim(&[8, 8]);
    assert_eq!((unpaid(&right, &delta), right.overdrawn()), (None, None));
    assert_eq!(judged(&right), Some(Verdict::NotViolated));
    // At two sizes.
    let wrong = claim(&[8, 7]);
    assert!(unpaid(&wrong, &delta).unwrap().contains("another size"));
    assert!(matches!(&wrong.test, Test::Bound { value, .. } if !value.is_finite()));
    assert_eq!(judged(&wrong), Some(Verdict::NumericalFailure));
}

#[test]
fn no_preset_spends_more_than_delta() {
    for (name, _) in relubound::model::params::PRESETS {
        let params = Params::new(
            relubound::model::params::preset(name).unwrap(),
            Probability::parse("delta", "0.1").unwrap(),
        );
        for behind in everything(&params) {
            assert_eq!(behind.book.overdrawn(), None, "{name}");
            assert!(spent(&behind) <= *params.delta.value(), "{name}");
        }
    }
}

/// Layers of a network of depth L, of the row about layer j.
fn layers(text: &str, depth: u64, j: u64) -> Option<[u64; 2]> {
    let text = text.replace('$', "");
    let last = |name: &str| match name {
        "j" => j,
        "L" => depth,
        "L+1" => depth + 1,
        _ => panic!("no layer {name}"),
    };
    match text.trim().split_once(' ') {
        None => Some([0, 0]).filter(|_| text.trim() == "once"),
        Some(("to", "K")) => Some([1, u64::MAX]),
        Some(("to", name)) => Some([1, last(name)]),
        Some(("at", name)) => Some([last(name); 2]),
        Some(("below", name)) => Some([1, last(name) - 1]),
        _ => panic!("no layers: {text}"),
    }
}

type Listed = BTreeSet<(String, [u64; 2])>;

/// By way (nameless where there is but one), the events that a section lists.
fn proved(section: &str, depth: u64, j: u64) -> BTreeMap<String, Listed> {
    let mut paragraphs = section.split("\n\n");
    let list = paragraphs.find_map(|text| text.trim().strip_prefix("Events: ")).expect("events");
    let line = list.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches('.').replace(", and for $L\\ge2$ ", ", ");
    let mut ways = BTreeMap::new();
    for way in line.split("; ") {
        let (name, list) = match way.split_once(": ") {
            Some((name, list)) if !name.contains('`') => (name, list),
            _ => ("", way),
        };
        let mut listed = Listed::new();
        let mut waiting = Vec::new();
        for item in list.split(", ") {
            let mut parts = item.trim().splitn(3, '`').skip(1);
            waiting.push(parts.next().expect("a name").to_owned());
            let place = parts.next().unwrap_or_default();
            if place.is_empty() {
                continue;
            }
            let place = layers(place, depth, j).expect(place);
            let names = waiting.drain(..);
            if place[0] <= place[1] {
                listed.extend(names.map(|name| (name, place)));
            }
        }
        assert!(waiting.is_empty(), "{waiting:?} stand nowhere");
        ways.insert(name.to_owned(), listed);
    }
    ways
}

fn drawn(entries: &[Entry]) -> Listed {
    let mut by_kind: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for entry in entries {
        let (first, last) = (*entry.layers.start(), *entry.layers.end());
        let span = by_kind.entry(entry.kind.name).or_insert([first, last]);
        *span = [span[0].min(first), span[1].max(last)];
    }
    let of = |(name, span): (&str, [u64; 2])| {
        // As many levels of links as the search finds best.
        (name.to_owned(), if name == "links" { [1, u64::MAX] } else { span })
    };
    by_kind.into_iter().map(of).collect()
}

/// What one way to a bound of layer j rests on.
struct Way {
    label: &'static str,
    name: &'static str,
    layer: u64,
    events: Vec<Entry>,
}

/// The ways that are hardly ever the best.
fn others(params: &Params) -> Vec<Way> {
    let mut ways = Vec::new();
    let (networks, precision) = (&Networks::of(params), params.precision());
    let depth = networks.depth();
    let whole = |label, name, behind: Behind| Way {
        label,
        name,
        layer: depth as u64,
        events: behind.list(),
    };
    ways.push(whole("output.upper", "split", output::bound::split(params).1));
    ways.push(whole("gradient.lower", "split", gradient::bound::split(params).1));
    let by_layers = direct::by_layers(params, &direct::exact_step(params));
    ways.push(whole("direct.flip", "by layers", by_layers.behind));
    let start = params.start.one_minus_cos(precision);
    let hidden = params.architecture.hidden();
    let path = pair::Path::angles(
        hidden,
        pair::Neurons { slope: &params.slope, squares: &[] },
        &start,
        &params.delta,
        pair::Way::Bernstein,
    );
    let moments = pair::powers::angles(hidden, &start, &params.delta);
    let region = Region::ball(params.relative_radius(precision));
    let want = Want::Everything;
    let mut account =
        Account::open(&region.radius, &params.delta, &plain::plan(networks, want), precision);
    let layers = plain::control(networks, &region, &mut account, want);
    let book = account.close();
    for j in 1..=depth {
        let mut push = |label, name, events: Vec<Entry>| {
            ways.push(Way { label, name, layer: j as u64, events });
        };
        push("collapse.pair", "bernstein", path.behind(&path.layers[j - 1]).list());
        push("collapse.pair", "moments", moments[j - 1].1.list());
        let rests = &layers[j - 1].rests;
        push("bottleneck.rows", "plain", book.list(&rests.rows));
        push("bottleneck.flips", "plain", book.list(&rests.flips));
        push("bottleneck.lipschitz", "plain", book.list(&rests.lipschitz));
        push("linearity.term", "plain", book.list(&rests.term));
    }
    let gradient = book.list(&ball::joined(&layers, |rests| &rests.term));
    for label in ["linearity.gradient", "linearity.affine"] {
        let (layer, events) = (depth as u64, gradient.clone());
        ways.push(Way { label, name: "plain", layer, events });
    }
    ways
}

/// Every way of every statement, at networks where all of its events are needed.
#[test]
fn proofs_list_the_events_that_are_drawn() {
    let networks = [
        ("784,512,600,512", "1e-3"),
        ("1e7x3", "1e-5"),
        ("1e4,3000,1e4", "1e-9"),
        ("9x3", "0.1"),
        ("100,90,20,90", "0.1"),
    ];
    let (mut seen, mut all) = (BTreeSet::new(), BTreeSet::new());
    for (widths, radius) in networks {
        let params = Params {
            radius: Some(Amount::radius(radius).unwrap()),
            step: Some(Amount::step("2.6").unwrap()),
            ..Params::new(widths.parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        };
        let depth = params.architecture.depth() as u64;
        let mut ways = others(&params);
        for claim in claims(&params, ALL) {
            let Test::Bound { value, direction, .. } = &claim.test else { continue };
            let label = claim.statement.label;
            let listed = proved(section(claim.statement.proof).unwrap(), depth, depth);
            all.extend(listed.keys().map(|way| (label, way.clone())));
            if *value != direction.nothing() {
                let best = claim.variants.first().map_or("", |variant| variant.name.as_str());
                let name = listed.keys().find(|way| *way == best).map_or("", |_| best);
                let events = claim.behind.as_ref().expect("events").list();
                let layer = claim.layer.map_or(depth, |layer| layer as u64);
                ways.push(Way { label, name: name.to_owned().leak(), layer, events });
            }
        }
        for way in ways {
            let text = section(stage::statement(way.label).unwrap().proof).unwrap();
            let listed = &proved(text, depth, way.layer)[way.name];
            let found = drawn(&way.events);
            // A bound that is capped needs fewer of them.
            let within = |(name, span): &(String, [u64; 2])| {
                listed
                    .iter()
                    .any(|(n, whole)| n == name && span[0] >= whole[0] && span[1] <= whole[1])
            };
            let Way { label, name, layer, .. } = way;
            assert!(found.iter().all(within), "{label}[{layer}] by {name}: {found:?} {listed:?}");
            if found == *listed {
                seen.insert((label, name.to_owned()));
            }
        }
    }
    let unseen: Vec<_> = all.difference(&seen).collect();
    assert!(unseen.is_empty(), "never all drawn: {unseen:?}");
    // A list that lacks an event, and one with an event too many, are seen.
    let text = &section("proofs/bottleneck.md#flips").unwrap().replace(",\n", ", ");
    let lists = |text: &str| proved(text, 3, 2)["comparison"].clone();
    assert_ne!(lists(&text.replace("`radius`, ", "")), lists(text));
    assert_ne!(lists(&text.replace("`rows`, ", "`rows`, `noise`, ")), lists(text));
}

/// The direct route and the ball at other slopes, on random architectures.
#[test]
fn no_bound_at_a_slope_spends_more_than_delta() {
    let mut cases = Cases(6);
    let networks: Vec<Params> = (0..60).map(|_| cases.params()).collect();
    networks.par_iter().enumerate().for_each(|(i, params)| {
        let slope = Slope::parse(["0.1", "-1/2", "-1", "1", "0.9", "1e-6"][i % 6]).unwrap();
        let params = Params { slope, ..params.clone() };
        let bound = stage::direct::bound::bound(&params);
        let layers = bound.layers.into_iter().flat_map(|layer| layer.behind);
        let balls = claims(&params, &["bottleneck", "linearity", "flip"]);
        let balls = balls.into_iter().filter_map(|claim| claim.behind);
        for behind in layers.chain([bound.behind]).chain(balls) {
            let (widths, slope) = (&params.architecture, &params.slope);
            assert_eq!(behind.book.overdrawn(), None, "{widths}, {slope}");
            assert!(spent(&behind) <= *params.delta.value(), "{widths}, {slope}");
        }
    });
}

/// At other slopes the direct route needs no cut, and what `proofs/direct.md#events` says beside.
#[test]
fn slopes_have_the_events_of_their_proof() {
    let mixed = &["inactive", "back-inactive", "tilt", "lean", "fresh-above"][..];
    let cases = [("0.3", &["pushing"][..], mixed), ("-1/2", &[], mixed), ("-1", &[], &[])];
    for (slope, in_all, below) in cases {
        let params = Params {
            slope: Slope::parse(slope).unwrap(),
            ..Params::new("1e7x3".parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        };
        let depth = params.architecture.depth() as u64;
        let text = section("proofs/direct.md#events").unwrap();
        let mut compared = 0;
        for claim in claims(&params, &["direct"]) {
            assert_eq!(unpaid(&claim, &params.delta), None, "{slope} {}", claim.key());
            let Some(layer) = claim.layer else { continue };
            let layer = layer as u64;
            let state = ["direct.along", "direct.state"].contains(&claim.statement.label);
            let last = if state { layer - 1 } else { layer };
            let mut expected =
                proved(section(claim.statement.proof).unwrap(), depth, layer).remove("").unwrap();
            expected.retain(|(name, _)| !name.ends_with("cut"));
            let mut add = |names: &[&str], last: u64| {
                for &name in names.iter().filter(|_| last > 0) {
                    assert!(text.contains(&format!("`{name}`")), "{name}");
                    expected.insert((name.to_owned(), [1, last]));
                }
            };
            add(in_all, last);
            add(below, layer - 1);
            assert_eq!(drawn(&claim.behind.unwrap().list()), expected, "{slope} {layer}");
            compared += 1;
        }
        assert_eq!(compared, 15, "{slope}");
    }
}

/// The other side of the threshold rests on the events of its proof, on all of them, and on no more
/// than one half.
#[test]
fn failures_have_the_events_of_their_proof() {
    for (width, depth, t) in [(300_000, 120, "1.25"), (3_000_000, 300, "1.5")] {
        let params = Params {
            step: Some(Amount::step(t).unwrap()),
            ..Params::new(
                Architecture::new(vec![width; depth + 1]).unwrap(),
                Probability::parse("delta", "0.1").unwrap(),
            )
        };
        let found = stage::direct::bound::failure(&params);
        let behind = found.behind.expect("proved");
        assert_eq!(behind.book.overdrawn(), None);
        let sum = spent(&behind);
        assert!(sum <= Rational::from((1, 2)) && sum > Rational::from((49, 100)), "{sum}");
        let depth = depth as u64;
        let listed = proved(section("proofs/direct.md#fails").unwrap(), depth, depth);
        assert_eq!(drawn(&behind.list()), listed[""], "{width}x{depth}");
        assert!(found.widest.is_some_and(|most| most >= width));
    }
}

/// With biases the direct route rests on two more, and on no more than δ.
#[test]
fn biases_have_the_events_of_their_proof() {
    let text = section("proofs/direct.md#events").unwrap();
    for widths in ["1e7x3", "1e7,1e7"] {
        let params = Params {
            bias: Bias::relative("0.5").unwrap(),
            ..Params::new(widths.parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        };
        let depth = params.architecture.depth() as u64;
        let mut compared = 0;
        for claim in claims(&params, &["direct"]) {
            assert_eq!(unpaid(&claim, &params.delta), None, "{}", claim.key());
            let Some(layer) = claim.layer else { continue };
            let listed = section(claim.statement.proof).unwrap();
            let mut expected = proved(listed, depth, layer as u64).remove("").unwrap();
            if depth == 1 {
                expected.retain(|(name, _)| !name.contains("products") && !name.contains("swing"));
            }
            for name in ["later", "products-above"].into_iter().take(depth.min(2) as usize) {
                assert!(text.contains(&format!("`{name}`")), "{name}");
                expected.insert((name.to_owned(), [0, 0]));
            }
            assert_eq!(drawn(&claim.behind.unwrap().list()), expected, "{widths} {layer}");
            compared += 1;
        }
        assert_eq!(compared, 5 * depth as usize);
    }
    for norm in ["linf", "top:20%"] {
        let params = Params {
            bias: Bias::relative("0.5").unwrap(),
            norm: relubound::model::norm::Norm::parse(norm, None, |_| unreachable!()).unwrap(),
            ..Params::new("1e7x3".parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        };
        for claim in claims(&params, &["norm"]) {
            assert_eq!(unpaid(&claim, &params.delta), None, "{norm} {}", claim.key());
            if claim.key() == "norm.length" {
                let found = drawn(&claim.behind.unwrap().list());
                let span = found.iter().find(|(name, _)| name == "back-below").map(|at| at.1);
                assert_eq!(span, Some([1, 3]), "{norm}");
            }
        }
    }
    let mut cases = Cases(8);
    let networks: Vec<Params> = (0..60).map(|_| cases.params()).collect();
    networks.par_iter().enumerate().for_each(|(i, params)| {
        let slope = Slope::parse(["0", "0.1", "-1/2", "-1", "1"][i % 5]).unwrap();
        let bias = match i % 3 {
            0 => Bias::relative("1e-6"),
            1 => Bias::relative("2"),
            _ => Bias::deviation("0.1", Some("1.4")),
        };
        let params = Params { slope, bias: bias.unwrap(), ..params.clone() };
        let bound = stage::direct::bound::bound(&params);
        let layers = bound.layers.into_iter().flat_map(|layer| layer.behind);
        for behind in layers.chain([bound.behind]) {
            let (widths, slope, bias) = (&params.architecture, &params.slope, &params.bias);
            assert_eq!(behind.book.overdrawn(), None, "{widths}, {slope}, {bias}");
            assert!(spent(&behind) <= *params.delta.value(), "{widths}, {slope}, {bias}");
        }
    });
}

/// Steps in other norms rest on the events that their proofs list, way by way, and on no more than
/// δ together.
#[test]
fn norms_have_the_events_of_their_proof() {
    let grid = relubound::model::norm::Grid::parse("40x100").ok();
    let peaked: Vec<f64> = (0..4000).map(|j| 1.0 / (1.0 + f64::from(j))).collect();
    let peaked = relubound::model::norm::Input::new("x", peaked).ok();
    let cases = [
        ("linf", "linf", None),
        ("top", "top:20%", None),
        ("peaked", "top:20%", peaked),
        ("form", "form:power:1/10", None),
    ];
    for (way, norm, input) in cases {
        let norm = relubound::model::norm::Norm::parse(norm, grid, |_| unreachable!()).unwrap();
        let params = Params {
            norm,
            input,
            step: Some(Amount::step("2.6").unwrap()),
            ..Params::new("4000x2".parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        };
        let mut compared = 0;
        for claim in claims(&params, &["norm"]) {
            let (Some(behind), label) = (&claim.behind, claim.statement.label) else { continue };
            assert_eq!(unpaid(&claim, &params.delta), None, "{way} {label}");
            if label == "norm.least" {
                continue;
            }
            let listed = proved(section(claim.statement.proof).unwrap(), 2, 2);
            // What is not about the input has no way of its own for peaked ones.
            let name = if listed.contains_key(way) { way } else { "top" };
            assert_eq!(drawn(&behind.list()), listed[name], "{way} {label}");
            compared += 1;
        }
        assert_eq!(compared, 3, "{way}");
    }
}

/// At other slopes the ball rests on what inactive neurons carry, wherever it rests on those that
/// may join, as `proofs/bottleneck.md#account` says, and on nothing else beside.
#[test]
fn balls_at_slopes_rest_on_inactive_neurons() {
    let at = |slope: &str| {
        let params = Params {
            slope: Slope::parse(slope).unwrap(),
            radius: Some(Amount::radius("1e-4").unwrap()),
            ..Params::new("1e6x3".parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        };
        let list = |claim: Claim| {
            assert_eq!(unpaid(&claim, &params.delta), None, "{slope} {}", claim.key());
            (claim.key(), drawn(&claim.behind.map(|b| b.list()).unwrap_or_default()))
        };
        let all = claims(&params, &["bottleneck", "linearity", "flip"]).into_iter().map(list);
        all.collect::<Vec<(String, Listed)>>()
    };
    let relu = at("0");
    for slope in ["0.3", "-1/2"] {
        let mut compared = 0;
        for ((key, events), (_, relu)) in at(slope).into_iter().zip(&relu) {
            let mut expected = relu.clone();
            if let Some((_, layers)) = relu.iter().find(|(name, _)| name == "joining") {
                expected.insert(("inactive-above".to_owned(), *layers));
                compared += 1;
            }
            assert_eq!(events, expected, "{slope} {key}");
        }
        assert!(compared > 6, "{compared}");
    }
}

/// With biases the ball rests on what the layers below receive, a step on what the gradient has
/// along x, as `proofs/bottleneck.md#account` and `proofs/flip.md#step` say, and on nothing else
/// beside.
#[test]
fn balls_with_biases_rest_on_what_layers_receive() {
    let at = |bias: &str, slope: &str| {
        let params = Params {
            slope: Slope::parse(slope).unwrap(),
            bias: Bias::relative(bias).unwrap(),
            radius: Some(Amount::radius("1e-4").unwrap()),
            step: Some(Amount::step("2.6").unwrap()),
            ..Params::new("1e7x3".parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        };
        let list = |claim: Claim| {
            assert_eq!(unpaid(&claim, &params.delta), None, "{bias} {}", claim.key());
            let events = drawn(&claim.behind.as_ref().map(Behind::list).unwrap_or_default());
            let best = claim.variants.first().map_or("", |variant| &variant.name).to_owned();
            (claim.key(), claim.layer.map_or(3, |layer| layer as u64), best, events)
        };
        let all = claims(&params, &["bottleneck", "linearity", "flip"]).into_iter().map(list);
        all.collect::<Vec<_>>()
    };
    for slope in ["0", "0.3"] {
        let without = at("0", slope);
        let mut compared = 0;
        for ((key, layer, best, events), (_, _, _, without)) in
            at("0.3", slope).iter().zip(&without)
        {
            let mut expected = without.clone();
            if !expected.is_empty() && *layer > 1 {
                assert_ne!(best, "plain", "{key}");
                expected.insert(("sum-above".to_owned(), [1, layer - 1]));
                compared += 1;
            }
            if expected.iter().any(|(name, _)| name == "ratio") {
                expected.insert(("radial".to_owned(), [0, 0]));
            }
            assert_eq!(*events, expected, "{slope} {key}");
        }
        assert!(compared > 8, "{compared}");
    }
}

/// No bound of the ball with biases spends more than δ, on random architectures.
#[test]
fn no_ball_with_biases_spends_more_than_delta() {
    let mut cases = Cases(7);
    let networks: Vec<Params> = (0..60).map(|_| cases.params()).collect();
    networks.par_iter().enumerate().for_each(|(i, params)| {
        let slope = Slope::parse(["0", "0.3", "-1/2", "1"][i % 4]).unwrap();
        let bias = Bias::relative(["0.3", "1", "1e-6", "30", "1e6"][i % 5]).unwrap();
        let params = Params { slope, bias, ..params.clone() };
        let mut all = vec![stage::flip::bound::step(&params).behind];
        for layer in stage::bottleneck::bound::layers(&params) {
            all.extend([layer.rows.behind, layer.flips.behind, layer.lipschitz.behind]);
        }
        let linearity = stage::linearity::bound::linearity(&params);
        all.extend(linearity.terms.into_iter().map(|term| term.behind));
        all.extend([linearity.gradient.behind, linearity.affine.behind]);
        for behind in all {
            let widths = &params.architecture;
            assert_eq!(behind.book.overdrawn(), None, "{widths}, {}", params.bias);
            assert!(spent(&behind) <= *params.delta.value(), "{widths}, {}", params.bias);
        }
    });
}

/// Bounds on trained networks rest on the events that their proofs list, at other slopes and with
/// biases on those beside, and on no more than δ together.
#[test]
fn trained_networks_have_the_events_of_their_proof() {
    for (slope, bias) in [("0", "0"), ("0.3", "0"), ("0", "0.3"), ("-1/2", "1")] {
        let params = Params {
            slope: Slope::parse(slope).unwrap(),
            bias: Bias::relative(bias).unwrap(),
            radius: Some(Amount::radius("1e-4").unwrap()),
            trained: Some(Amount::nearness("1e-6").unwrap()),
            ..Params::new("1e7x3".parse().unwrap(), Probability::parse("delta", "0.1").unwrap())
        };
        let biased = !params.bias.is_none();
        let mut compared = 0;
        for claim in claims(&params, &["trained"]) {
            let (Some(behind), label) = (&claim.behind, claim.statement.label) else { continue };
            assert_eq!(unpaid(&claim, &params.delta), None, "{slope} {bias} {label}");
            let mut expected =
                proved(section(claim.statement.proof).unwrap(), 3, 3).remove("").unwrap();
            let mut add = |name: &str, layers| expected.insert((name.to_owned(), layers));
            let last = if label == "trained.gradient" { 2 } else { 3 };
            if slope != "0" {
                add("inactive-above", [1, last]);
            }
            if biased {
                add("sum-above", [1, last]);
            }
            if biased && ["trained.flip", "trained.reach"].contains(&label) {
                add("radial", [0, 0]);
            }
            assert_eq!(drawn(&behind.list()), expected, "{slope} {bias} {label}");
            compared += 1;
        }
        assert_eq!(compared, 4, "{slope} {bias}");
    }
}

/// No bound on trained networks spends more than δ, on random architectures.
#[test]
fn no_bound_on_trained_networks_spends_more_than_delta() {
    let mut cases = Cases(9);
    let networks: Vec<Params> = (0..120).map(|_| cases.params()).collect();
    networks.par_iter().enumerate().for_each(|(i, params)| {
        let slope = Slope::parse(["0", "0.3", "-1/2", "1"][i % 4]).unwrap();
        let bias = Bias::relative(["0", "0.3", "1e-6", "30", "1"][i % 5]).unwrap();
        let trained = Amount::nearness(["0", "1e-12", "1e-5", "0.01", "1"][i % 5]).ok();
        let params = Params { slope, bias, trained, ..params.clone() };
        let [gradient, affine] = stage::trained::bound::near(&params);
        let flip = ball::trained::kept(&params, ball::trained::steps(&params));
        let reach = ball::trained::reach(&params).map(|reach| reach.behind);
        for behind in [gradient.1, affine.1, flip.behind].into_iter().chain(reach) {
            let widths = &params.architecture;
            assert_eq!(behind.book.overdrawn(), None, "{widths}, {:?}", params.trained);
            assert!(spent(&behind) <= *params.delta.value(), "{widths}, {:?}", params.trained);
        }
    });
}
