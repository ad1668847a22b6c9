//! One trial, as stages see it.

use std::rc::Rc;

use crate::model::outcome::Outcome;
use crate::network::search::{self, Setting, Survey};
use crate::network::{Backward, Forward, Network, Scaled};
use crate::num::magnitude::Magnitude;

/// What identifies one trial.
#[derive(Clone, Copy, Debug)]
pub struct Draw<'a> {
    /// d₀, …, d_L.
    pub widths: &'a [usize],
    /// 1 − cos θ₀, for two inputs of equal norms.
    pub one_minus_cos: f64,
    /// The slope of the activation at negative arguments.
    pub slope: f64,
    /// 𝗌_1², …, 𝗌_{L+1}²; none without biases.
    pub squares: &'a [f64],
    /// The run's seed.
    pub seed: u64,
    /// Number of the trial.
    pub trial: u64,
}

/// One sampled network with its passes at the input.
pub struct Trial<'a> {
    /// For further passes.
    pub network: &'a mut dyn Network,
    /// At the input x.
    pub forward: &'a Forward,
    /// At the input x.
    pub backward: &'a Backward,
    /// What to search around x; `None` to leave suprema unobserved.
    pub setting: Option<&'a Setting>,
    /// For what is drawn beside the network; `None` to leave it unobserved.
    pub draw: Option<Draw<'a>>,
    survey: Option<Rc<Survey>>,
}

impl<'a> Trial<'a> {
    /// A network with its passes at one input.
    pub fn new(
        network: &'a mut dyn Network,
        forward: &'a Forward,
        backward: &'a Backward,
        setting: Option<&'a Setting>,
    ) -> Self {
        Trial { network, forward, backward, setting, draw: None, survey: None }
    }

    /// x.
    pub fn input(&self) -> &Scaled {
        &self.forward.input
    }

    /// ‖∇f(x)‖, as far as it is a number.
    pub fn gradient_norm(&self) -> Option<Magnitude> {
        self.backward.gradient().norm()
    }

    /// What the searches found around x, which is searched once.
    ///
    /// # Errors
    /// The outcome of everything that rests on it: not searched in this trial, not defined in a
    /// network that is constantly 0 near x or below what the arithmetic resolves, failed.
    pub fn survey(&mut self) -> Result<Rc<Survey>, Outcome> {
        let setting = self.setting.ok_or(Outcome::NotSearched)?;
        if self.gradient_norm().is_none() || self.forward.output().abs().is_none() {
            return Err(Outcome::Failed);
        }
        // Saturated neurons may leave no gradient, too.
        let flat = self.gradient_norm().is_some_and(Magnitude::is_zero);
        if self.forward.is_dead() || flat {
            return Err(Outcome::Undefined);
        }
        if self.survey.is_none() {
            let found = search::survey(self.network, self.forward, self.backward, setting);
            self.survey = Some(Rc::new(found));
        }
        let survey = self.survey.clone().ok_or(Outcome::Failed)?;
        if survey.blurred { Err(Outcome::Undefined) } else { Ok(survey) }
    }
}
