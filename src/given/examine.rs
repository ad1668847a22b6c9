//! One input, looked at from both sides: what is found is confirmed before it counts, and held
//! against what is certified.

use super::certify::{Certifier, Gradient};
use super::entry::{Bracket, Entry, Failure, Findings, Outcome, Step};
use super::find::Finder;
use super::{Ball, Interval, Pair, Question};

/// What is known of an input of the file, numbered `input`. When `stop` says so it ends with what
/// is known by then, which then depends on the machine; otherwise it is the same every time.
pub fn examine(
    certifier: &Certifier,
    finder: &Finder,
    x: &[f64],
    label: Option<usize>,
    input: usize,
    question: &Question,
    stop: &dyn Fn() -> bool,
) -> Entry {
    let place = certifier.place(x);
    let outcome = match Case::new(certifier, finder, &place, input, question, stop) {
        Ok(case) => case.findings(),
        Err(failure) => Err(failure),
    };
    let outcome = match outcome {
        Ok(findings) => Outcome::Found(Box::new(findings)),
        Err(failure) => Outcome::Failed(failure),
    };
    Entry { input, label, outcome }
}

/// A certified radius is exact if a counterexample is no farther than by so much of it.
const REACHED: f64 = 1e-6;

/// Parts by which a point found is taken beyond the boundary, in turn, until it is confirmed:
/// from what rounding does to it up to a thousandth.
const BEYOND: [f64; 8] = [0.0, 1e-15, 1e-14, 1e-13, 1e-11, 1e-9, 1e-6, 1e-3];

/// An input whose class is known.
struct Case<'a> {
    certifier: &'a Certifier,
    finder: &'a Finder,
    question: &'a Question,
    stop: &'a dyn Fn() -> bool,
    /// Where it is, in the space that is asked about.
    x: &'a [f64],
    streams: (u64, u64),
    outputs: Vec<Interval>,
    own: usize,
    /// Classes that count as changed.
    rivals: Vec<usize>,
    /// The one that the margin is about.
    rival: usize,
    pair: Pair,
}

/// A point of another class, confirmed, and at most how far it is.
#[derive(Clone)]
struct Counterexample {
    point: Vec<f64>,
    distance: f64,
}

impl<'a> Case<'a> {
    fn new(
        certifier: &'a Certifier,
        finder: &'a Finder,
        x: &'a [f64],
        input: usize,
        question: &'a Question,
        stop: &'a dyn Fn() -> bool,
    ) -> Result<Self, Failure> {
        if stop() {
            return Err(Failure::Timeout);
        }
        let outputs = certifier.outputs(x);
        let own = class(certifier, x, &outputs)?;
        let second = if outputs.len() == 1 {
            1 - own
        } else {
            let others = (0..outputs.len()).filter(|&k| k != own);
            let larger = |&a: &usize, &b: &usize| middle(outputs[a]).total_cmp(&middle(outputs[b]));
            others.rev().max_by(larger).ok_or(Failure::Numerical)?
        };
        let rivals = finder.rivals(own, second, question);
        // Of one class alone the margin is about it.
        let rival = if let [only] = rivals[..] { only } else { second };
        let (streams, pair) = ((question.seed, input as u64), finder.pair(own, rival));
        Ok(Case {
            certifier,
            finder,
            question,
            stop,
            x,
            streams,
            outputs,
            own,
            rivals,
            rival,
            pair,
        })
    }

    fn findings(self) -> Result<Findings, Failure> {
        let Case { certifier, finder, x, pair, question, .. } = self;
        let gradient = certifier.gradient(x, pair);
        let norm = certifier.norm(x);
        let (step, on_ray) = self.step();
        if step.as_ref().is_some_and(|step| !step.decomposes()) {
            return Err(Failure::Numerical);
        }
        let (radius, counterexample, exact) = self.radius(Ball::L2, &on_ray)?;
        let nearest = counterexample.as_ref().map(|found| found.point.clone());
        let known: Vec<Vec<f64>> = on_ray.into_iter().chain(nearest).collect();
        let (radius_max, ..) = self.radius(Ball::Max, &known)?;
        let (lipschitz, epsilon) = self.changes(norm, &gradient)?;
        let pieces = step.as_ref().and_then(|_| finder.pieces(x, pair, question.step));
        Ok(Findings {
            class: self.own,
            rival: (self.outputs.len() > 1).then_some(self.rival),
            margin: certifier.margin(x, pair),
            gradient: gradient.norm,
            norm,
            kappa: gradient.kappa,
            step,
            radius,
            radius_max,
            exact,
            lipschitz,
            epsilon,
            pieces,
            timeout: (self.stop)(),
            reached: counterexample.as_ref().and_then(|found| {
                class(certifier, &found.point, &certifier.outputs(&found.point)).ok()
            }),
            counterexample: counterexample.map(|found| found.point),
            outputs: self.outputs,
        })
    }

    /// x + s·u, in floats.
    fn at(&self, u: &[f64], s: f64) -> Vec<f64> {
        self.x.iter().zip(u).map(|(x, u)| x + s * u).collect()
    }

    fn changed(&self, y: &[f64]) -> Option<bool> {
        let finite = y.iter().all(|y| y.is_finite());
        finite.then(|| self.certifier.class(y, self.own, &self.rivals)).flatten()
    }

    /// Is the class another at x + s·u, or a little beyond? The least s tried at which it is, and
    /// the point.
    fn confirmed(&self, u: &[f64], s: f64) -> Option<(f64, Vec<f64>)> {
        BEYOND.iter().find_map(|beyond| {
            let s = s * (1.0 + beyond);
            let y = self.at(u, s);
            (self.changed(&y) == Some(true)).then_some((s, y))
        })
    }

    /// The gradient step, and points of another class on its ray.
    fn step(&self) -> (Option<Step>, Vec<Vec<f64>>) {
        let (finder, certifier) = (self.finder, self.certifier);
        let (x, pair, t) = (self.x, self.pair, self.question.step);
        let whole = finder.step(x, pair, t);
        let Some((u, unit)) = whole.zip(finder.step(x, pair, 1.0)) else {
            return (None, Vec::new());
        };
        let y = self.at(&u, 1.0);
        let least = finder.least(x, pair, self.own, &self.rivals);
        let least = least.and_then(|t| self.confirmed(&unit, t));
        let changes = self.changed(&y);
        let step = Step {
            length: certifier.distance(x, &y, Ball::L2),
            changes,
            changes_float32: certifier.float32(&y, self.own, &self.rivals),
            margin: certifier.margin(&y, pair),
            least: least.as_ref().map(|(t, _)| *t),
            decomposition: certifier.decomposition(x, &y, pair),
        };
        let end = (changes == Some(true)).then_some(y);
        (Some(step), least.map(|(_, y)| y).into_iter().chain(end).collect())
    }

    /// A counterexample in a ball's norm, from a point that may be one.
    fn counterexample(&self, y: &[f64], ball: Ball) -> Option<Counterexample> {
        let u: Vec<f64> = y.iter().zip(self.x).map(|(y, x)| y - x).collect();
        // The point itself first: x + (y − x) may be another.
        let itself = (self.changed(y) == Some(true)).then(|| y.to_vec());
        let point = itself.or_else(|| self.confirmed(&u, 1.0).map(|(_, y)| y))?;
        let distance = self.certifier.distance(self.x, &point, ball).hi;
        (distance > 0.0 && distance.is_finite()).then_some(Counterexample { point, distance })
    }

    /// The bracket of the radius, the counterexample at its upper end, and whether the lower one
    /// is exact.
    fn radius(
        &self,
        ball: Ball,
        known: &[Vec<f64>],
    ) -> Result<(Bracket, Option<Counterexample>, bool), Failure> {
        let (x, own, rivals, stop) = (self.x, self.own, &self.rivals, self.stop);
        let found = self.finder.radius(x, own, rivals, ball, self.streams, stop);
        let all = found.iter().chain(known).filter_map(|y| self.counterexample(y, ball));
        let nearer = |a: &Counterexample, b: &Counterexample| a.distance.total_cmp(&b.distance);
        let mut best = all.min_by(nearer);
        let reach = best.as_ref().map_or(f64::INFINITY, |found| found.distance);
        let mut certified = self.certifier.radius(x, own, rivals, ball, reach, stop);
        let mut exact = false;
        if self.question.cells > 0 {
            let (cells, limits) = (self.question.cells, [certified, reach]);
            let looked = self.certifier.exact_radius(x, own, rivals, ball, cells, limits, stop);
            let nearest = looked.nearest.and_then(|y| self.counterexample(&y, ball));
            best = best.into_iter().chain(nearest).min_by(nearer);
            certified = if looked.radius > certified { looked.radius } else { certified };
            // At the boundary of all cells two classes may be equal, and none beyond be another.
            let reached = |best: &Counterexample| best.distance <= certified * (1.0 + REACHED);
            exact = looked.exact && best.as_ref().is_some_and(reached);
        }
        let found = best.as_ref().map(|found| found.distance);
        let bracket = Bracket { certified: Some(certified), found };
        consistent(certified, found)?;
        Ok((bracket, best, exact))
    }

    /// The brackets of the largest gradient, and of its largest change.
    fn changes(
        &self,
        norm: Interval,
        gradient: &Gradient,
    ) -> Result<(Bracket, Option<Bracket>), Failure> {
        let (certifier, x, pair) = (self.certifier, self.x, self.pair);
        let radius = self.question.radius;
        // What is certified holds in a ball that is not smaller, what is found lies in one that is
        // not larger.
        let (outer, inner) = ((radius * norm.hi).next_up(), (radius * norm.lo).next_down());
        let certified = certifier.lipschitz(x, pair, outer);
        let change = self.finder.gradient_change(x, pair, radius, self.streams);
        let at = |y: &[f64]| {
            let inside = certifier.distance(x, y, Ball::L2).hi <= inner;
            if inside { certifier.gradient(y, pair).norm.lo } else { 0.0 }
        };
        let steepest = change.as_ref().map_or(0.0, |change| at(&change.steepest));
        let steepest = steepest.max(gradient.norm.lo).max(0.0);
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        let lipschitz = Bracket { certified: finite(certified.0), found: finite(steepest) };
        let relative = change.and_then(|change| change.relative);
        let epsilon = (gradient.norm.lo > 0.0).then(|| Bracket {
            certified: finite(certified.1),
            // In floats, and so taken down by more than they round.
            found: relative.map(|change| change * (1.0 - ROUNDED)).and_then(finite),
        });
        for bracket in [Some(lipschitz), epsilon].into_iter().flatten() {
            // A supremum: what is found is below.
            if bracket.certified.zip(bracket.found).is_some_and(|(above, found)| found > above) {
                return Err(Failure::Numerical);
            }
        }
        if certified.0.is_nan() || certified.1.is_nan() {
            return Err(Failure::Numerical);
        }
        Ok((lipschitz, epsilon))
    }
}

/// By which a change of the gradient that was found in floats is taken down.
const ROUNDED: f64 = 1e-9;

/// What is certified of a radius must not reach what was found: in the ball there is no point of
/// another class, and there is one at most so far.
fn consistent(certified: f64, found: Option<f64>) -> Result<(), Failure> {
    let contradicted = found.is_some_and(|found| certified >= found);
    let usable = certified >= 0.0 && !contradicted;
    if usable { Ok(()) } else { Err(Failure::Numerical) }
}

/// For an order only.
fn middle(interval: Interval) -> f64 {
    f64::midpoint(interval.lo.max(f64::MIN), interval.hi.min(f64::MAX))
}

/// The class at x: of the output that is above all others, beyond doubt.
fn class(certifier: &Certifier, x: &[f64], outputs: &[Interval]) -> Result<usize, Failure> {
    let above = |a: usize, b: usize| certifier.class(x, b, &[a]).ok_or(Failure::Numerical);
    if outputs.len() == 1 {
        return match outputs[0].sign() {
            Some(positive) => Ok(usize::from(positive)),
            None if above(1, 0)? => Ok(1),
            None if above(0, 1)? => Ok(0),
            None => Err(Failure::Tied),
        };
    }
    let larger = |&a: &usize, &b: &usize| middle(outputs[a]).total_cmp(&middle(outputs[b]));
    let mut own = (0..outputs.len()).max_by(larger).ok_or(Failure::Numerical)?;
    // Where enclosures overlap, the largest is found by comparing.
    for k in (0..outputs.len()).filter(|&k| outputs[k].hi >= outputs[own].lo).collect::<Vec<_>>() {
        if k != own && above(k, own)? {
            own = k;
        }
    }
    for k in (0..outputs.len()).filter(|&k| k != own) {
        if outputs[k].hi >= outputs[own].lo && !above(own, k)? {
            return Err(Failure::Tied);
        }
    }
    Ok(own)
}
