//! What the statements are about, on the command line.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::given::file::numbers;
use crate::model::bias::Bias;
use crate::model::classes::{Classes, Target};
use crate::model::curve::Curve;
use crate::model::error::{Error, Result};
use crate::model::norm::{Grid, Input, Norm};
use crate::model::params::{self, Amount, Architecture, Params, Probability};
use crate::model::slope::Slope;
use crate::model::start::Start;
use crate::model::weights::{Ensemble, Entries};
use crate::num::whole_number;
use crate::stage;

/// What the statements are about.
#[derive(Args, Clone, Debug)]
pub struct Shape {
    /// Widths d0,d1,…,dL, as for --widths
    #[arg(value_name = "WIDTHS", conflicts_with_all = ["widths", "preset"])]
    pub list: Option<String>,
    /// Widths d0,d1,…,dL: 784,512,512 or 784,512x2; 1024x6 is depth 6 at width 1024
    #[arg(long, value_name = "LIST", conflicts_with = "preset", allow_hyphen_values = true)]
    pub widths: Option<String>,
    /// A named architecture.
    #[arg(long, value_name = "NAME", help = preset_help())]
    pub preset: Option<String>,
    /// Probability with which each bound may fail, as 0.1, 1e-9 or 1/20; at least 1e-1000; 0.1 by
    /// default
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    pub delta: Option<String>,
    /// Radius R/‖x‖ of the ball around the input; 1/√d by default
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub radius: Option<String>,
    /// Size t of the adversarial step, in units of the one that takes a linear function to 0; by
    /// default 2, and in the stage direct the best for its bound
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub step: Option<String>,
    /// The angle between the two inputs of the stage collapse.
    #[command(flatten)]
    pub between: Between,
    /// The activation.
    #[command(flatten)]
    pub activation: Activation,
    /// The biases.
    #[command(flatten)]
    pub biases: Biases,
    /// The norm of the step.
    #[command(flatten)]
    pub steepest: Steepest,
    /// Networks that were trained: how far every weight matrix may have moved from the initial one,
    /// in operator norm, as 0.001; adds the stage trained, about all such trainings at once
    #[arg(long, value_name = "ETA", allow_hyphen_values = true)]
    pub trained: Option<String>,
    /// The outputs.
    #[command(flatten)]
    pub outputs: Outputs,
    /// The weights.
    #[command(flatten)]
    pub weights: Weights,
    /// Move the narrowest hidden layer to be layer K: a control with the same widths
    #[arg(long, value_name = "K", allow_hyphen_values = true)]
    pub move_bottleneck: Option<String>,
    /// Stages to run.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help = stages_help())]
    pub stages: Vec<String>,
}

/// The activation: its slope at negative arguments.
#[derive(Args, Clone, Debug)]
pub struct Activation {
    /// Slope of the activation at negative arguments, from -1 to 1, as 0.1 or -1/2; 0, ReLU, by
    /// default
    #[arg(long, value_name = "A", conflicts_with = "activation", allow_hyphen_values = true)]
    pub slope: Option<String>,
    /// A named activation.
    #[arg(long, value_name = "NAME", help = activations_help())]
    pub activation: Option<String>,
}

impl Activation {
    /// One that has no slopes.
    pub fn curve(&self) -> Option<Curve> {
        self.activation.as_deref().and_then(Curve::named)
    }

    /// Its slope.
    ///
    /// # Errors
    /// Text that is no slope from −1 to 1, or the name of none.
    pub fn slope(&self) -> Result<Slope> {
        match (&self.slope, &self.activation) {
            (Some(text), _) => Slope::parse(text),
            (None, Some(name)) => Slope::named(name),
            (None, None) => Ok(Slope::relu()),
        }
    }
}

/// The biases.
#[derive(Args, Clone, Debug)]
pub struct Biases {
    /// Biases: their deviation in units of that of the pre-activations without them, as 0.5; none
    /// by default
    #[arg(long, value_name = "S", conflicts_with = "bias_std", allow_hyphen_values = true)]
    pub bias: Option<String>,
    /// Biases: their deviation itself, for inputs of norm sqrt(d) and weights of variance g^2/d
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub bias_std: Option<String>,
    /// The gain g of the weights, for --bias-std: sqrt(2) is He's initialisation; 1 by default
    #[arg(long, value_name = "G", requires = "bias_std", allow_hyphen_values = true)]
    pub gain: Option<String>,
}

impl Biases {
    /// What they are.
    ///
    /// # Errors
    /// Text that is no size, or one out of range.
    pub fn bias(&self) -> Result<Bias> {
        match (&self.bias, &self.bias_std) {
            (Some(_), _) if self.gain.is_some() => {
                let permitted = "a gain goes with --bias-std: relative biases do not depend on it";
                Err(Error::new("gain", self.gain.as_deref().unwrap_or_default(), permitted))
            }
            (Some(size), _) => Bias::relative(size),
            (None, Some(deviation)) => Bias::deviation(deviation, self.gain.as_deref()),
            (None, None) => Ok(Bias::none()),
        }
    }
}

/// The named activations with their slopes.
fn activations_help() -> String {
    let list = Slope::NAMED.map(|(name, slope)| format!("{name} (slope {slope})"));
    let (list, curves) = (list.join(", "), Curve::names());
    format!(
        "A named activation: {list}; in check also {curves}, which are measured without a claim"
    )
}

/// The norm in which the step is short, and the input where its shape matters.
#[derive(Args, Clone, Debug)]
pub struct Steepest {
    /// The shortest step in a norm: l2 (along the gradient), linf, l1, top:K with a number or a
    /// share of coordinates (top:78, top:10%), form:FILE with a weight for each entry, or
    /// form:power:P with weights k^P by frequency; l2 by default
    #[arg(long, value_name = "NORM")]
    pub norm: Option<String>,
    /// Rows and columns of the input, as 28x28: for weights by frequency, and in check for pictures
    /// of inputs from files
    #[arg(long, value_name = "HxW", allow_hyphen_values = true)]
    pub grid: Option<String>,
    /// An input x in a file, .npy or text; its length matters to curved activations alone. By
    /// default a random one, and with --norm one whose entries are all of one size
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
}

impl Steepest {
    /// The norm, for inputs of this dimension.
    ///
    /// # Errors
    /// Text that is no norm, or a file that holds none.
    pub fn norm(&self, input: u128) -> Result<Norm> {
        let grid = self.grid.as_deref().map(Grid::parse).transpose()?;
        if let Some(text) = self.grid.as_deref().filter(|_| self.norm.is_none()) {
            return Err(Error::new("grid", text, "goes with --norm, or with --network"));
        }
        let text = self.norm.as_deref().unwrap_or("l2");
        let norm = Norm::parse(text, grid, |path| numbers("norm", Path::new(path)))?;
        norm.fits(input).map(|()| norm)
    }

    /// The input, of this dimension.
    ///
    /// # Errors
    /// A file that cannot be read, or holds something else.
    pub fn input(&self, dimension: u128) -> Result<Option<Input>> {
        let Some(path) = &self.input else { return Ok(None) };
        let name = path.display().to_string();
        let input = Input::new(&name, numbers("input", path)?)?;
        let fits = input.fits(dimension).map_err(|why| why.with_value(name));
        fits.map(|()| Some(input))
    }
}

/// How many outputs there are.
#[derive(Args, Clone, Debug)]
pub struct Outputs {
    /// Several outputs, of which the largest is the class: the step is to put another class above
    /// it
    #[arg(long, value_name = "K", allow_hyphen_values = true)]
    pub classes: Option<String>,
    /// Which class: the runner-up, or the nearest by the linear function; runner-up by default
    #[arg(long, value_name = "CLASS", requires = "classes")]
    pub target: Option<String>,
}

impl Outputs {
    /// Classes; none for one output.
    ///
    /// # Errors
    /// Not a number of classes, or no class.
    pub fn classes(&self) -> Result<Option<Classes>> {
        let target = self.target.as_deref().map_or(Ok(Target::default()), Target::parse)?;
        self.classes.as_deref().map(|count| Classes::parse(count, target)).transpose()
    }
}

/// How the weights are drawn.
#[derive(Args, Clone, Debug)]
pub struct Weights {
    /// The law of the weights.
    #[arg(long, value_name = "LAW", help = weights_help())]
    pub weights: Option<String>,
    /// The law of the output weights; that of the others by default
    #[arg(long, value_name = "LAW")]
    pub output_weights: Option<String>,
}

impl Weights {
    /// Their laws.
    ///
    /// # Errors
    /// An unknown name.
    pub fn ensemble(&self) -> Result<Ensemble> {
        Ensemble::named(self.weights.as_deref(), self.output_weights.as_deref())
    }
}

/// The laws by name.
fn weights_help() -> String {
    let names = Entries::ALL.map(Entries::name).join(", ");
    format!(
        "The law of the weights, at the same variance: {names}; what is proved is about the first"
    )
}

/// The angle between two inputs.
#[derive(Args, Clone, Debug)]
pub struct Between {
    /// Angle between two inputs, from 0 to pi, as pi/3, 2/3pi or 1.5
    #[arg(long, value_name = "ANGLE", conflicts_with = "cos", allow_hyphen_values = true)]
    pub theta0: Option<String>,
    /// Its cosine, as 0, -1/3 or 0.25; 0 by default
    #[arg(long, value_name = "C", allow_hyphen_values = true)]
    pub cos: Option<String>,
}

impl Between {
    /// Where it starts.
    ///
    /// # Errors
    /// Text that is no angle, or no cosine.
    pub fn start(&self) -> Result<Start> {
        match (&self.theta0, &self.cos) {
            (Some(theta), _) => Start::theta(theta),
            (None, cos) => Start::cos(cos.as_deref().unwrap_or("0")),
        }
    }
}

/// The stages by name.
fn stages_help() -> String {
    let names: Vec<&str> = stage::ALL.iter().map(|stage| stage.name()).collect();
    format!(
        "Stages to run, separated by commas: {}; by default all, norm only with \
         --norm and trained only with --trained",
        names.join(", ")
    )
}

/// The presets with their widths.
fn preset_help() -> String {
    let list = params::PRESETS.map(|(name, widths)| format!("{name} ({widths})"));
    format!("A named architecture: {}; {} by default", list.join(", "), params::DEFAULT_WIDTHS)
}

impl Shape {
    /// The widths given, either way.
    fn widths(&self) -> Option<&str> {
        self.list.as_deref().or(self.widths.as_deref())
    }

    /// Is no network named, so that the usual one is meant?
    pub fn is_usual(&self) -> bool {
        self.widths().is_none() && self.preset.is_none()
    }

    /// Shape, δ, radius, step and angle.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn params(&self) -> Result<Params> {
        let architecture: Architecture = match (self.widths(), &self.preset) {
            (Some(widths), _) => widths.parse()?,
            (None, Some(preset)) => params::preset(preset)?,
            (None, None) if self.steepest.norm.as_deref().is_some_and(|norm| norm != "l2") => {
                params::DEFAULT_IN_NORM.parse()?
            }
            (None, None) => params::DEFAULT_WIDTHS.parse()?,
        };
        let architecture = match &self.move_bottleneck {
            None => architecture,
            Some(text) => {
                let layer = whole_number(text).and_then(|l| usize::try_from(l).ok());
                architecture
                    .with_bottleneck_at(layer.unwrap_or(0))
                    .map_err(|error| error.with_value(text))?
            }
        };
        let (input, curve, bias) =
            (architecture.input(), self.activation.curve(), self.biases.bias()?);
        if let Some((curve, gain)) = curve.zip(bias.gain()) {
            let permitted = format!("1 with {}: weights have variance 1/d", curve.name());
            return Err(Error::new("gain", gain, permitted));
        }
        Ok(Params {
            norm: self.steepest.norm(input)?,
            input: self.steepest.input(input)?,
            trained: self.trained.as_deref().map(Amount::nearness).transpose()?,
            radius: self.radius.as_deref().map(Amount::radius).transpose()?,
            step: self.step.as_deref().map(Amount::step).transpose()?,
            start: self.between.start()?.for_networks()?,
            slope: curve.map_or_else(|| self.activation.slope(), |_| Ok(Slope::relu()))?,
            curve,
            bias,
            ensemble: self.weights.ensemble()?,
            classes: self.outputs.classes()?,
            ..Params::new(
                architecture,
                Probability::parse("delta", self.delta.as_deref().unwrap_or("0.1"))?,
            )
        })
    }
}
