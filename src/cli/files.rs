//! Flags about networks from files.

use std::path::PathBuf;

use clap::Args;

/// What is about a network from a file alone.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Networks from files")]
pub struct Flags {
    /// Judge the network in this file (ONNX, safetensors, .npz), trained or not, at every input of
    /// --inputs, instead of random ones
    #[arg(
        long,
        value_name = "FILE",
        requires = "inputs",
        conflicts_with_all = [
            "list", "widths", "preset", "delta", "theta0", "cos", "bias", "bias_std", "gain",
            "norm", "input", "classes", "target", "weights", "output_weights", "move_bottleneck",
            "stages", "trained", "config", "trials", "searches", "steps", "until_settled", "alpha",
            "engine", "precision", "force",
        ]
    )]
    pub network: Option<PathBuf>,
    /// The inputs, one a row: .npy or text
    #[arg(long, value_name = "FILE", requires = "network")]
    pub inputs: Option<PathBuf>,
    /// Their classes, counted from 0: .npy or text
    #[arg(long, value_name = "FILE", requires = "network")]
    pub labels: Option<PathBuf>,
    /// The network before training, in a file of the same kind: judged beside it
    #[arg(long, value_name = "FILE", requires = "network")]
    pub initial: Option<PathBuf>,
    /// How matrices lie in the file, where square ones leave it open: out,in (PyTorch) or in,out
    /// (scikit-learn, Keras, Flax)
    #[arg(long, value_name = "LAYOUT", requires = "network")]
    pub layout: Option<String>,
    /// What the network was trained to have subtracted from its inputs first: a number, one for
    /// each channel or entry (0.5,0.4,0.4), or a file of them
    #[arg(long, value_name = "LIST", requires = "network", allow_hyphen_values = true)]
    pub mean: Option<String>,
    /// What inputs are divided by next, in the same form
    #[arg(long, value_name = "LIST", requires = "network", allow_hyphen_values = true)]
    pub std: Option<String>,
    /// Measure perturbations before the normalisation, in the units of the inputs, or after it;
    /// before by default
    #[arg(long, value_name = "SPACE", requires = "network")]
    pub perturb: Option<String>,
    /// Which classes count as another: all, runner-up, or one of them, counted from 0; all by
    /// default
    #[arg(long, value_name = "CLASS", requires = "network", allow_hyphen_values = true)]
    pub against: Option<String>,
    /// Activation cells that are looked at to make a certified radius exact, which tiny networks
    /// allow; 0 for none
    #[arg(long, value_name = "N", requires = "network", allow_hyphen_values = true)]
    pub cells: Option<String>,
    /// End an input after so many seconds, with what is known by then: rows then depend on the
    /// machine; no limit by default
    #[arg(long, value_name = "SECONDS", requires = "network", allow_hyphen_values = true)]
    pub timeout_per_input: Option<String>,
    /// Random networks of the same shape and layer scales among which every input is placed; 100
    /// by default, 0 for none
    #[arg(long, value_name = "N", requires = "network", allow_hyphen_values = true)]
    pub reference: Option<String>,
}
