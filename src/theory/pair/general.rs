//! Layer by layer at any slope and with biases: of the two inputs a layer receives, and what it
//! makes of them, angle and norms at once. `proofs/collapse.md#general`.

use super::layer::{Layer, Way, angle_after, largest_next};
use super::{Angle, bent, lightest_at};
use crate::model::account::kind::{
    ANGLE, DIFFERENCE, FIRST_ABOVE, FIRST_BELOW, RATIO_ABOVE, RATIO_BELOW, SECOND_ABOVE,
    SECOND_BELOW,
};
use crate::model::account::{Account, Events, Kind};
use crate::model::slope::Slope;
use crate::num::Enclosure;
use crate::theory::tail::sets;

/// What all neurons have in common.
#[derive(Clone, Copy, Debug)]
pub struct Neurons<'a> {
    /// a.
    pub slope: &'a Slope,
    /// 𝗌_1², 𝗌_2², …; none without biases.
    pub squares: &'a [Enclosure],
}

impl Neurons<'_> {
    /// ReLU without biases?
    pub fn is_of_the_paper(&self) -> bool {
        self.slope.is_relu() && self.squares.is_empty()
    }

    /// The better way where one has to do.
    pub fn way(&self) -> Way {
        if self.slope.is_negative() { Way::Bernstein } else { Way::Chernoff }
    }

    /// The events of one layer.
    pub fn events(&self, way: Way) -> Vec<Kind> {
        let angle = match way {
            Way::Chernoff => ANGLE,
            Way::Bernstein => DIFFERENCE,
        };
        let mut events = vec![angle, FIRST_BELOW, SECOND_BELOW, RATIO_ABOVE, RATIO_BELOW];
        if !self.squares.is_empty() {
            events.extend([FIRST_ABOVE, SECOND_ABOVE]);
        }
        events
    }
}

/// After some layers; upper bounds.
struct State {
    /// s.
    s: Enclosure,
    /// |log ‖h(x)‖/‖h(y)‖|; `None` where nothing is proved.
    ratio: Option<Enclosure>,
    /// ‖h‖²/(d v) of both.
    size: Enclosure,
}

/// s_1, …, s_L and the ratios of the norms, each from those before.
pub fn follow(
    hidden: &[u128],
    neurons: Neurons<'_>,
    s0: &Enclosure,
    account: &mut Account<Enclosure>,
    way: Way,
) -> Vec<Layer> {
    let whole = |value: u32| Enclosure::integer(s0.precision(), value);
    let mut state = Some(State { s: s0.hi(), ratio: Some(whole(0)), size: whole(1) });
    let mut rests = Events::default();
    let kinds = neurons.events(way);
    let layer = |(i, &width): (usize, &u128)| {
        let nats = kinds.iter().map(|&kind| account.draw(kind, i + 1, None, &mut rests));
        let nats = nats.reduce(|a, b| a.max(&b));
        state = state.take().zip(nats).and_then(|(state, nats)| {
            let received = state.received(neurons.squares.get(i))?;
            received.next(width, neurons.slope, &nats, way)
        });
        let s = state.as_ref().map(|state| state.s.clone());
        let log_ratio = state.as_ref().and_then(|state| state.ratio.clone());
        Layer { s, log_ratio, rests: rests.clone() }
    };
    hidden.iter().enumerate().map(layer).collect()
}

impl State {
    /// What the next layer receives, of relative bias 𝗌 if there are some, in units of the mean.
    fn received(self, square: Option<&Enclosure>) -> Option<State> {
        let Some(square) = square else { return Some(self) };
        let ratio = self.ratio?;
        let share = &self.size / (&self.size + square);
        // ½ sinh²(N/2).
        let apart = ratio.exp_m1().square() / ratio.exp() / 8;
        let two = Enclosure::integer(self.s.precision(), 2);
        Some(State {
            s: (self.s * &share + apart).min(&two).hi(),
            ratio: Some((ratio * &share).hi()),
            size: ((self.size + square) / (square + 1)).hi(),
        })
    }

    /// After a layer that receives this.
    fn next(self, width: u128, slope: &Slope, nats: &Enclosure, way: Way) -> Option<State> {
        let s = angle_after(width, slope, nats, &self.s, way)?;
        let (one, n) =
            (Enclosure::integer(s.precision(), 1), Enclosure::integer(s.precision(), width));
        let a = slope.of(&s);
        let mean = (a.square() + 1) / 2;
        let angle = Angle::new(self.s);
        let per = nats / n;
        // |X² − Y²| is at most r² min(1, √q); by its mean square this is 16 times 1.6, or 4.
        let spread =
            Enclosure::integer(per.precision(), if slope.is_negative() { 320 } else { 128 });
        let largest = bent::largest_square(&angle, &a).sqrt().min(&one);
        let square = &mean * largest_next(&angle, slope) * &per * spread / 5;
        let far = square.sqrt() + largest * per * 2;
        let least = lightest_at(&a, width, nats).map(|least| least.lo() * 2);
        let rho = least.map(|least| (far / least).hi()).filter(|rho| rho.certainly_lt(&one));
        let apart = rho.map(|rho| ((rho.ln_1p() - (-&rho).ln_1p()) / 2).hi());
        let most = sets::rectified_upper(width, &a, nats);
        Some(State {
            s,
            ratio: self.ratio.zip(apart).map(|(ratio, apart)| (ratio + apart).hi()),
            size: (self.size * most / mean).hi(),
        })
    }
}
