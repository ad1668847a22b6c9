//! The angle by its moments: E s_i^p is followed from layer to layer, so that the fluctuations of
//! layers add up in quadrature. `proofs/collapse.md#powers`.

use super::layer::next;
use super::{Angle, lightest};
use crate::model::account::kind::{ANGLE, FIRST_BELOW, SECOND_BELOW};
use crate::model::account::{Account, Behind, Events, Shares};
use crate::model::params::Probability;
use crate::model::slope::Slope;
use crate::num::{Enclosure, Number};
use crate::theory::tail::{BinomialCut, rectified_log_negative_moment};

/// One part of δ out of so many is for the norms, the others for the angle.
const PARTS: u32 = 8;
/// Moments that are tried: powers of this,
const GROWTH: f64 = 1.189_207_115_002_721;
/// up to so many,
const MOST: i32 = 48;
/// and up to the width over this.
const PER_NEURON: f64 = 12.0;
/// Up to this width few active neurons are counted exactly; above, they are cut off nearer to the
/// mean, because what is between is bounded by a chord.
const COUNTED: u128 = 2048;
/// So rare is what is cut off there, in nats beside the logarithm of the width and the moment.
const CUT: f64 = 6.0;

/// The p-th root of the factor by which a layer may enlarge E s^p over φ(s)^p, nearly.
fn rough_growth(width: u128, p: f64) -> f64 {
    let n = width as f64;
    let chord = if width <= COUNTED { 0.0 } else { n.ln() + p + CUT };
    ((5.0 * p + 2.5 + chord) / n).exp()
}

/// Bounds on s_1, …, s_L, each of which holds with probability at least 1 − δ, and what each rests
/// on; `None` where nothing is proved. For ReLU without biases.
pub fn angles(
    hidden: &[u128],
    s0: &Enclosure,
    delta: &Probability,
) -> Vec<(Option<Enclosure>, Behind)> {
    let depth = hidden.len() as u64;
    let powers: Vec<f64> = (0..=MOST).map(|j| GROWTH.powi(j)).collect();
    let plan = |layer: u64| {
        let norms = [FIRST_BELOW, SECOND_BELOW].map(|kind| (kind, 1..=depth));
        let angle = Shares::equal(&[(ANGLE, layer..=layer)]).portion(PARTS - 1, PARTS);
        angle.and(Shares::equal(&norms).portion(1, PARTS))
    };
    let open = |layer: u64| Account::open(s0, delta, &plan(layer), s0.precision());
    let best = choose(hidden, s0.to_f64(), delta, &powers);
    let mut paths: Vec<Option<Moments>> = powers.iter().map(|_| None).collect();
    let row = |(i, best): (usize, Option<usize>)| {
        let (mut account, mut events) = (open(i as u64 + 1), Events::default());
        let layers = 1..=i as u64 + 1;
        let norms = [FIRST_BELOW, SECOND_BELOW];
        let nats = norms.map(|kind| account.draw_all(kind, layers.clone(), None, &mut events));
        let nats = nats[0].max(&nats[1]);
        let angle = account.draw(ANGLE, i + 1, None, &mut events);
        let bound = best.and_then(|best| {
            let path = paths[best].get_or_insert_with(|| Moments::new(s0, powers[best]));
            let root = path.root(hidden, i, &nats)?;
            let bound = (root * (angle / &path.power).exp()).hi();
            bound.certainly_lt(&Enclosure::integer(s0.precision(), 1)).then_some(bound)
        });
        (bound, Behind { book: account.close(), events })
    };
    best.into_iter().enumerate().map(row).collect()
}

/// Of each layer the place of the moment that serves best, nearly; `None` where none does.
fn choose(hidden: &[u128], s0: f64, delta: &Probability, powers: &[f64]) -> Vec<Option<usize>> {
    let nats = delta.nats() + (f64::from(PARTS) / f64::from(PARTS - 1)).ln();
    let mut roots = vec![s0; powers.len()];
    let layer = |&width: &u128| {
        let mut best = (None, 1.0);
        for (j, (root, &p)) in roots.iter_mut().zip(powers).enumerate() {
            let grown = rough_growth(width, p) * Angle::new(*root).next();
            *root = if p * PER_NEURON < width as f64 { grown.min(1.0) } else { f64::NAN };
            let bound = *root * (nats / p).exp();
            if bound < best.1 {
                best = (Some(j), bound);
            }
        }
        best.0
    };
    hidden.iter().map(layer).collect()
}

/// E[s_i^p; no norm is small]^{1/p} for one p, as far as it has been asked for.
struct Moments {
    power: Enclosure,
    /// For i = 0, 1, …; `None` from where nothing is proved.
    roots: Vec<Option<Enclosure>>,
    /// The width of the last layer with its factor.
    last: Option<(u128, Option<Enclosure>)>,
}

impl Moments {
    fn new(s0: &Enclosure, p: f64) -> Self {
        let power = Enclosure::point(s0.precision(), p);
        Moments { power, roots: vec![Some(s0.hi())], last: None }
    }

    /// After layer i + 1, where a norm is small with the probability e^{−nats}.
    fn root(&mut self, hidden: &[u128], i: usize, nats: &Enclosure) -> Option<Enclosure> {
        let one = Enclosure::integer(nats.precision(), 1);
        while self.roots.len() <= i + 1 {
            let width = hidden[self.roots.len() - 1];
            let growth = match &self.last {
                Some((known, growth)) if *known == width => growth.clone(),
                _ => growth(width, &self.power, nats),
            };
            let before = self.roots[self.roots.len() - 1].clone();
            let after = before
                .zip(growth.as_ref())
                .map(|(s, growth)| (next(&Angle::new(s), &Slope::relu()) * growth).hi().min(&one));
            self.roots.push(after);
            self.last = Some((width, growth));
        }
        self.roots[i + 1].clone()
    }
}

/// K^{1/p} with E[(‖σ(u) − σ(v)‖²/(S_x + S_y))^p; S_x, S_y > n s⁻] ≤ K φ^p at every angle.
fn growth(width: u128, p: &Enclosure, nats: &Enclosure) -> Option<Enclosure> {
    let whole = |value: u128| Enclosure::integer(p.precision(), value);
    let n = whole(width);
    // Of the difference: tᵖ ≤ (p/(eλ))ᵖ e^{λt}, with E e^{λd/φ} ≤ 1 + λ + 3λ²/(1 − 2rλ) for each
    // neuron. Near the best λ: some steps of its fixed point.
    let share = Number::to_f64(p) / width as f64;
    let lambda = (0..6).fold(share, |lambda, _| (share / (1.0 + 5.0 * lambda)).min(0.1));
    let lambda = Enclosure::point(p.precision(), lambda);
    let pi = Enclosure::pi(p.precision());
    let r = (&pi - (pi.square() - 2).sqrt()) * &pi * 2;
    let rest = whole(1) - r * &lambda * 2;
    if !rest.is_positive() {
        return None;
    }
    let log_mgf = (&lambda + lambda.square() * 3 / rest).ln_1p();
    let difference = p * ((p / (&lambda * &n)).ln() - 1) + &n * log_mgf;
    // Of the sum: E f(2S(n)), f(t) = t^{−p} from c = 2ns⁻ on and its tangent below.
    let least = lightest(width, nats)?.lo() * 2;
    let rare = if width <= COUNTED {
        width as f64 / 8.0
    } else {
        (width as f64).ln() + Number::to_f64(p) + CUT
    };
    let rare = Probability::parse("share", &format!("{:e}", (-rare.min(200.0)).exp())).ok()?;
    let cut = BinomialCut::new(width, &rare, p.precision());
    let moment = rectified_log_negative_moment(width, &Slope::relu(), p, cut.at);
    if !moment.is_finite() {
        return None;
    }
    // In units of n^{−p}.
    let usual = (moment - p * whole(2).ln()).exp();
    let unusual = (p + 1) * (-(p * least.ln())).exp() * cut.failure;
    let sum = (usual + unusual).ln();
    Some(((difference + sum) / p).exp().hi())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta() -> Probability {
        Probability::parse("delta", "0.1").unwrap()
    }

    fn theta(hidden: &[u128], s0: f64) -> f64 {
        let (last, behind) = angles(hidden, &Enclosure::point(512, s0), &delta()).pop().unwrap();
        assert_eq!(behind.book.overdrawn(), None);
        assert!(behind.delta().value() <= delta().value());
        crate::theory::angle::theta(&last.unwrap()).to_f64()
    }

    #[test]
    fn no_worse_than_they_have_been() {
        let versine = |theta: f64| 2.0 * (theta / 2.0).sin().powi(2);
        for (width, depth, s0, most) in [
            (1000, 40, 1.0, 0.37),
            (256, 30, versine(0.1), 0.31),
            (65536, 50, 1.0, 0.173),
            // Small angles keep their scale.
            (256, 50, versine(1e-6), 8e-6),
            (256, 50, versine(1e-60), 8e-60),
        ] {
            let found = theta(&vec![width; depth], s0);
            assert!(found < most && found > 0.6 * most, "{width}x{depth}: {found}");
        }
    }

    /// The factor is about e^{(5p + 5/2)/n}, from above; and at angle 0, where the sums are
    /// independent given the active neurons, it is above what happens, E (χ²_k/χ′²_k)^p.
    #[test]
    fn factors_are_near_what_they_are_meant_to_be() {
        let nats = Enclosure::point(256, 8.0);
        for (width, p) in [(200u128, 1.0), (200, 5.0), (1000, 4.0), (1000, 30.0), (2000, 10.0)] {
            let found = growth(width, &Enclosure::point(256, p), &nats).unwrap().to_f64();
            let ratio = found.ln() / rough_growth(width, p).ln();
            assert!(ratio > 0.9 && ratio < 1.3, "{width} {p}: {ratio}");
            let mut log_choose = 0.0;
            let mut sum = 0.0;
            for k in 1..=width {
                log_choose += ((width - k + 1) as f64 / k as f64).ln();
                let half = k as f64 / 2.0;
                if half > p {
                    let moment = libm::lgamma(half + p) + libm::lgamma(half - p);
                    let log = log_choose - width as f64 * 2f64.ln();
                    sum += (log + moment - 2.0 * libm::lgamma(half)).exp();
                }
            }
            let least = sum.powf(1.0 / p);
            assert!(found > least, "{width} {p}: {found} {least}");
        }
        // In wide layers, with its chord.
        for (width, p) in [(3000u128, 4.0), (65536, 24.0), (10u128.pow(9), 1000.0)] {
            let found = growth(width, &Enclosure::point(512, p), &nats).unwrap().to_f64();
            let ratio = found.ln() / rough_growth(width, p).ln();
            assert!(ratio > 0.4 && ratio < 1.2, "{width} {p}: {ratio}");
        }
        assert!(growth(10, &Enclosure::point(256, 1.0), &nats).is_none());
    }

    /// One and the same input stays one; where layers may be silent nothing is said.
    #[test]
    fn parallel_inputs_stay_so() {
        let found = angles(&[300, 40, 2, 300], &Enclosure::point(256, 0.0), &delta());
        assert!(found[0].0.as_ref().is_some_and(|s| s.to_f64() == 0.0));
        assert!(found[2].0.is_none() && found[3].0.is_none());
    }
}
