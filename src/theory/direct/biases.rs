//! What biases change on the way: the constant that every layer receives beside the layer below,
//! and the part of the output that is due to the biases above. `proofs/direct.md#biases`.

use crate::model::account::kind::LATER;
use crate::model::account::{Account, Events};
use crate::num::Number;
use crate::theory::activation::Activation;
use crate::theory::direct::curves::Curves;

/// Bounds on both; 1 and 0 without biases.
#[derive(Clone, Debug)]
pub struct Biases<N> {
    /// K_i is at least and at most this, i = 0, …, L − 1: by so much the squares of what a layer
    /// receives exceed those that the input alone would have brought.
    raised: Vec<[N; 2]>,
    /// β_{i+1}²/v_0 over products of S or of V up to layer i, at most.
    parts: Vec<N>,
    /// Q: κ|C_i/f| in all layers, at most.
    pub later: N,
}

impl<N: Number> Biases<N> {
    /// Without biases, at depth L.
    pub fn none(depth: usize, like: &N) -> Self {
        let one = || like.like(1.0);
        Biases {
            raised: (0..depth).map(|_| [one(), one()]).collect(),
            parts: vec![like.like(0.0); depth],
            later: like.like(0.0),
        }
    }

    /// Of the squared relative sizes 𝗌_1², …, 𝗌_{L+1}²; `gradient` is a lower bound on ‖G₀‖² and
    /// `last` one on S′_L/d_L.
    pub fn new(
        squares: &[N],
        activation: &Activation<N>,
        curves: &Curves<N>,
        [gradient, last]: [&N; 2],
        account: &mut Account<N>,
        rests: &mut Events,
    ) -> Self {
        let (one, two) = (gradient.like(1.0), gradient.like(2.0));
        let kept = (one.clone() + activation.a.square()) / two.clone();
        // log v_i/v_0, and β_{i+1}²/v_0 over a product of which the logarithm is given. Only
        // differences of logarithms: both leave the range of `f64` in deep networks.
        let mut signal = gradient.like(0.0);
        let mut signals = Vec::new();
        for square in squares {
            signals.push(signal.clone());
            signal = signal + kept.ln() + square.ln_1p();
        }
        let part = |i: usize, product: N| {
            let above = (signals[i].clone() - product).exp();
            if squares[i].to_f64() == 0.0 { above.like(0.0) } else { squares[i].clone() * above }
        };
        let depth = squares.len() - 1;
        let mut least = one.clone() + squares[0].clone();
        let (mut most, mut later) = (least.clone(), squares[0].clone());
        let mut raised = vec![[least.clone(), most.clone()]];
        let mut parts = vec![squares[0].clone()];
        for i in 1..depth {
            let below = part(i, curves.lower[i].clone());
            least = least + part(i, curves.ahead[i].clone());
            most = most + below.clone();
            later = later + below.clone();
            parts.push(below);
            raised.push([least.clone(), most.clone()]);
        }
        later = later + part(depth, curves.lower[depth - 1].clone() + last.ln());
        // A walk of normal steps is nowhere further than its end is with twice the probability.
        let nats = account.draw_once(LATER, rests) + two.ln();
        Biases { raised, parts, later: (two * nats * later / gradient.clone()).sqrt() }
    }

    /// K_i, at least.
    pub fn least(&self, i: usize) -> N {
        self.raised[i][0].clone()
    }

    /// K_i, at most.
    pub fn most(&self, i: usize) -> N {
        self.raised[i][1].clone()
    }

    /// K_i − K_{i−1}, at most.
    pub fn part(&self, i: usize) -> N {
        self.parts[i].clone()
    }
}
