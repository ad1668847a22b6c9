//! Uniform control of a random network over a ball (or a part of it) around its input: what the
//! stages `bottleneck`, `linearity`, `flip` and `trained` share. Proofs: `proofs/bottleneck.md`,
//! `proofs/linearity.md` and, where the weights may have moved, `proofs/trained.md`.
//!
//! Two ways to it: [`plain`], the paper's union bounds over subspaces, and [`comparison`], by
//! Gaussian comparison. Both are written once over [`Number`]: in `f64` to search, as enclosures
//! to certify.

pub mod comparison;
mod inverse;
pub mod leading;
pub mod offset;
pub mod plain;
mod quantiles;
mod signal;
pub mod trained;

pub use inverse::{Way, radius};
pub use offset::{distance_plan, offset, with_offset};
pub use signal::seen_radius;

use std::sync::Arc;

use crate::model::account::{Account, Behind, Book, Events, Shares};
use crate::model::bias::Bias;
use crate::model::claim::{Claim, Direction, Test, Variant};
use crate::model::params::Params;
use crate::model::slope::Slope;
use crate::model::statement::Statement;
use crate::num::magnitude::Magnitude;
use crate::num::search::argmin;
use crate::num::{Enclosure, Number, Upper};
use crate::theory::tail::sets;

/// The networks of one law.
#[derive(Clone, Copy, Debug)]
pub struct Networks<'a> {
    /// d₀, …, d_L.
    pub widths: &'a [u128],
    /// The slope of the activation.
    pub slope: &'a Slope,
    /// The biases.
    pub bias: &'a Bias,
}

impl<'a> Networks<'a> {
    /// Those of `params`.
    pub fn of(params: &'a Params) -> Self {
        let Params { architecture, slope, bias, .. } = params;
        Networks { widths: architecture.widths(), slope, bias }
    }

    /// L.
    pub fn depth(&self) -> usize {
        self.widths.len() - 1
    }
}

/// The set of displacements u that is controlled.
#[derive(Clone, Debug)]
pub struct Region<N> {
    /// R/‖x‖.
    pub radius: N,
    /// A number c with ⟨x, u⟩ ≥ −c‖x‖² on the set, if better than R/‖x‖.
    pub drop: Option<N>,
    /// Layers are followed only while the change that is looked for is at most this: searches need
    /// no more.
    pub limit: f64,
    /// η, where the weights may have moved from those drawn, by at most so much in operator norm in
    /// every layer: then the affine error is over ‖x‖‖∇f(x)‖.
    pub nearness: Option<N>,
}

impl<N> Region<N> {
    /// All displacements up to a radius R/‖x‖, through all layers.
    pub fn ball(radius: N) -> Self {
        Region { radius, drop: None, limit: f64::INFINITY, nearness: None }
    }
}

impl<N: Number> Region<N> {
    /// May weights have moved at all?
    pub fn is_moved(&self) -> bool {
        self.nearness.as_ref().is_some_and(|eta| eta.to_f64() != 0.0)
    }
}

/// What is proved about one hidden layer j. Numbers are upper bounds; infinite (or not a number)
/// where nothing is proved.
#[derive(Clone, Debug)]
pub struct Layer<N> {
    /// m_j ≥ |F_j(y)| for all y.
    pub flips: u128,
    /// κ_j(m_j): rows of flipped neurons times the change of h_{j−1}, over ‖ĥ_{j−1}‖/√d_{j−1}.
    pub rows: N,
    /// τ_j: the change of h_j over ‖ĥ_j(x)‖, what the next layer receives.
    pub drift: N,
    /// μ_j: the Gaussian width of the changes of h_j over ‖ĥ_j(x)‖. Not used by the plain way.
    pub width: N,
    /// σ_j ≥ ‖J_j(y)‖, the Lipschitz constant of h_j.
    pub lipschitz: N,
    /// The change of the next layer is at most this times that of h_{j−1}, where the way has such
    /// a constant.
    pub gain: Option<N>,
    /// log N_j, for the plain way.
    pub family: Option<N>,
    /// (1 − a)g_j: the jump times the norm of the backward coefficients of flipped neurons, in
    /// standard normals.
    pub weights: N,
    /// The norm of the flipped rows times J_{j−1}, in standard normals.
    pub heavy: N,
    /// √(d_j d_{j−1}) v_j, what the product of the last two is divided by.
    pub scale: N,
    /// e_j ≥ ‖T_j(y)‖/‖∇f(x)‖.
    pub term: N,
    /// This layer's part of the affine error over ‖u‖‖∇f(x)‖, where it was asked for; over
    /// ‖x‖‖∇f(x)‖ where weights may have moved.
    pub affine: Option<N>,
    /// The events behind these numbers.
    pub rests: Rests,
}

impl<N: Number> Layer<N> {
    /// Of which nothing is proved yet.
    fn unknown(like: &N) -> Self {
        let nothing = || like.like(f64::INFINITY);
        Layer {
            flips: u128::MAX,
            rows: nothing(),
            drift: nothing(),
            width: nothing(),
            lipschitz: nothing(),
            gain: None,
            family: None,
            weights: nothing(),
            heavy: nothing(),
            scale: nothing(),
            term: nothing(),
            affine: None,
            rests: Rests::default(),
        }
    }
}

impl<N: Number> Layer<N> {
    /// Of the layers up to `depth` that were not followed, nothing is proved: unless they are left
    /// out because too much is lost already.
    fn complete(mut layers: Vec<Self>, depth: usize, region: &Region<N>) -> Vec<Self> {
        if region.limit == f64::INFINITY {
            layers.resize_with(depth, || Layer::unknown(&region.radius));
        }
        layers
    }

    /// Near its part of the change: of the affine error, or of the gradient's; 0 where it is not
    /// known.
    fn change(&self, affine: bool) -> f64 {
        let part = if affine { self.affine.as_ref() } else { Some(&self.term) };
        part.map_or(0.0, N::to_f64)
    }
}

/// The events behind what is proved of a layer, those of the layers below included.
#[derive(Clone, Debug, Default)]
pub struct Rests {
    /// Behind the flipped rows.
    pub rows: Events,
    /// Behind the number of flips.
    pub flips: Events,
    /// Behind τ_j.
    pub drift: Events,
    /// Behind σ_j.
    pub lipschitz: Events,
    /// Behind e_j.
    pub term: Events,
    /// Behind the layer's part of the affine error.
    pub affine: Events,
}

/// What is known of a number: finite, so that it can be used.
fn known<N: Number>(x: &N) -> bool {
    x.to_f64().is_finite()
}

/// Excludes flip sets of one size: the number of flips is less than the size found, where
/// `rows(m)` = κ(m) bounds the flipped rows. Gives m_j. `proofs/bottleneck.md#flips`.
fn flips<N: Number>(
    n: u128,
    nats: &N,
    rows: impl Fn(u128) -> N,
    rough: impl Fn(f64) -> f64,
) -> u128 {
    let (width, ell) = (n as f64, nats.to_f64());
    let start = rough(1.0);
    if !start.is_finite() || start <= 0.0 {
        return n;
    }
    let solve = |q: f64, lambda: f64| {
        let deficit = sets::lightest_deficit(n, &ell, &q, &lambda);
        let next = |m: f64| (deficit + rough(m).powi(2)) / (q * q);
        let mut m = 1.0;
        // Fixed point with Aitken's acceleration.
        for _ in 0..40 {
            let first = next(m);
            let second = next(first);
            if second.is_nan() || second >= width {
                return f64::INFINITY;
            }
            let jump = m - (first - m).powi(2) / (second - 2.0 * first + m);
            let accelerated = if jump > second && jump < width { jump } else { second };
            if (accelerated - m).abs() <= 1e-12 * m {
                return accelerated;
            }
            m = accelerated;
        }
        m
    };
    // Leading order: m = n(6κ²/(πn))^{1/3} and q³ = 3.8κ²/n.
    let size = (0..4).fold(start, |kappa, _| {
        rough((width * (1.9 * kappa * kappa / width).cbrt()).clamp(1.0, width))
    });
    let centre = ((3.8 * size * size / width).ln() / 3.0).min(0.5);
    let q = argmin(centre - 0.8, centre + 0.8, 10, |q| solve(q, sets::tune_lightest(n, ell, q)));
    let lambda = sets::tune_lightest(n, ell, q);
    let found = solve(q, lambda);
    if !found.is_finite() {
        return n;
    }
    let (q, lambda) = (nats.like(q), nats.like(lambda));
    let deficit = sets::lightest_deficit(n, nats, &q, &lambda);
    // A little more than found, until the inequality is beyond doubt.
    let mut margin = 1e-9;
    while margin < 1.0 {
        // At least 1: in `f64` a tiny deficit may come out negative.
        let m = (found * (1.0 + margin)).floor().max(0.0) + 1.0;
        if m >= width {
            return n;
        }
        let m = m as u128;
        if rows(m).square().below(&(nats.whole(m) * q.square() - deficit.clone())) {
            return m - 1;
        }
        margin *= 4.0;
    }
    n
}

/// Both ways to the control of the ball of radius R, each with its own account.
pub struct Control {
    /// By union bounds.
    pub plain: Vec<Layer<Enclosure>>,
    /// By Gaussian comparison.
    pub comparison: Vec<Layer<Enclosure>>,
    books: [Arc<Book>; 2],
}

impl Control {
    /// For the radius and δ of `params`; `None` without hidden layers.
    pub fn new(params: &Params) -> Option<Self> {
        let (networks, precision) = (&Networks::of(params), params.precision());
        if networks.depth() == 0 {
            return None;
        }
        let everything = comparison::Want::Everything;
        let region = Region::ball(params.relative_radius(precision));
        let account = |plan: &Shares| Account::open(&region.radius, &params.delta, plan, precision);
        let mut accounts =
            [plain::plan(networks, everything), comparison::plan(networks, everything)]
                .map(|p| account(&p));
        Some(Control {
            plain: plain::control(networks, &region, &mut accounts[0], everything),
            comparison: comparison::control(networks, &region, &mut accounts[1], everything),
            books: accounts.map(Account::close),
        })
    }

    /// The better of two bounds on the same quantity, by the plain way and by comparison, with the
    /// events behind each.
    pub fn better(&self, values: [Magnitude; 2], events: [Events; 2]) -> Best {
        let [by_plain, by_comparison] = values;
        let way = usize::from(by_comparison <= by_plain);
        let [plain, comparison] = events;
        let events = if way == 1 { comparison } else { plain };
        let names = [("comparison", by_comparison), ("plain", by_plain)];
        Best {
            value: values[way],
            behind: Behind { book: Arc::clone(&self.books[way]), events },
            variants: Variant::ranked(Direction::Upper, &names),
        }
    }
}

/// A bound, what it rests on, and the ways to it.
pub struct Best {
    /// The smaller.
    pub value: Magnitude,
    /// The events with which it may fail.
    pub behind: Behind,
    /// Both, best first.
    pub variants: Vec<Variant>,
}

impl Best {
    /// The claim that it makes of layer `layer`, or of the whole network.
    pub fn claim(self, statement: &'static Statement, layer: Option<usize>) -> Claim {
        let Best { value, behind, variants } = self;
        let test = Test::Bound { direction: Direction::Upper, value, delta: behind.delta() };
        Claim { layer, variants, ..Claim::new(statement, test) }.resting_on(behind)
    }
}

/// The events behind one number of all layers.
pub fn joined(layers: &[Layer<Enclosure>], part: impl Fn(&Rests) -> &Events) -> Events {
    let mut all = Events::default();
    for layer in layers {
        all.join(part(&layer.rests));
    }
    all
}

/// The sum of one number over the layers, as printed.
pub fn sum(
    layers: &[Layer<Enclosure>],
    part: impl Fn(&Layer<Enclosure>) -> Option<&Enclosure>,
) -> Magnitude {
    let parts = layers.iter().map(|layer| part(layer).map_or(Upper::infinite(), Enclosure::upper));
    parts.fold(Upper::from(0u32), |sum, part| sum + part).to_magnitude()
}

/// An upper bound as printed; ∞ where nothing is proved.
pub fn upper(value: &Enclosure) -> Magnitude {
    value.upper().to_magnitude()
}

/// A whole number as a bound.
pub fn count(value: u128) -> Magnitude {
    upper(&Enclosure::integer(160, value))
}
