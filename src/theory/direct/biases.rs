//! What biases change on the way: the constant that every layer receives beside the layer below,
//! and the part of the output that is due to the biases. `proofs/direct.md#biases`.

use crate::num::Number;
use crate::theory::activation::Activation;
use crate::theory::direct::curves::Curves;

/// Bounds on both.
#[derive(Clone, Debug)]
pub struct Biases<N> {
    /// K_i is at least and at most this, i = 0, …, L − 1: by so much the squares of what a layer
    /// receives exceed those that the input alone would have brought.
    raised: Vec<[N; 2]>,
    /// β_{i+1}²/v_0 over products of S or of V up to layer i, at most.
    parts: Vec<N>,
    /// B: the variance of what the biases add to the output, in units of that of ⟨∇f(x), x⟩, at
    /// most; none without biases.
    pub variance: Option<N>,
}

impl<N: Number> Biases<N> {
    /// Without biases, at depth L: K is 1, exactly.
    pub fn none(depth: usize, like: &N) -> Self {
        let one = || like.like(1.0);
        Biases {
            raised: (0..depth).map(|_| [one(), one()]).collect(),
            parts: vec![like.like(0.0); depth],
            variance: None,
        }
    }

    /// Of the squared relative sizes 𝗌_1², …, 𝗌_{L+1}²; `last` is a lower bound on S′_L/d_L.
    pub fn new(squares: &[N], activation: &Activation<N>, curves: &Curves<N>, last: &N) -> Self {
        let (one, kept) = (last.like(1.0), activation.slope.kept(last));
        // log v_i/v_0, and β_{i+1}²/v_0 over a product of which the logarithm is given. Only
        // differences of logarithms: both leave the range of `f64` in deep networks.
        let mut signal = last.like(0.0);
        let mut signals = Vec::new();
        for square in squares {
            signals.push(signal.clone());
            signal = signal + kept.ln() + square.ln_1p();
        }
        // Of those that there are, later ones may be below the range of `f64`: the first is not.
        let none = squares[0].to_f64() == 0.0;
        let part = |i: usize, product: N| {
            let above = (signals[i].clone() - product).exp();
            if none { last.like(0.0) } else { squares[i].clone() * above }
        };
        let depth = squares.len() - 1;
        let mut least = one + squares[0].clone();
        let (mut most, mut variance) = (least.clone(), squares[0].clone());
        let mut raised = vec![[least.clone(), most.clone()]];
        let mut parts = vec![squares[0].clone()];
        for i in 1..depth {
            let below = part(i, curves.lower[i].clone());
            least = least + part(i, curves.ahead[i].clone());
            most = most + below.clone();
            variance = variance + below.clone();
            raised.push([least.clone(), most.clone()]);
            parts.push(below);
        }
        let variance = variance + part(depth, curves.lower[depth - 1].clone() + last.ln());
        Biases { raised, parts, variance: Some(variance) }
    }

    /// What |f|/(‖∇f‖‖x‖) does not exceed where it would not exceed r without biases.
    pub fn quantile(&self, r: N) -> N {
        quantile(r, self.variance.as_ref())
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

/// √(r² + B r²/(1 − r²)): a quantile of |f|/(‖∇f‖‖x‖) in a network in which biases have the
/// variance B, if r is one without them; r itself for none. `proofs/direct.md#biases`.
pub fn quantile<N: Number>(r: N, variance: Option<&N>) -> N {
    let Some(variance) = variance else { return r };
    let (one, square) = (r.like(1.0), r.square());
    let rest = one.clone() - square.clone();
    if !r.like(0.0).below(&rest) {
        return r.like(f64::INFINITY);
    }
    r * (one + variance.clone() / rest).sqrt()
}
