//! The command line: text in, a [`Config`] and a renderer out.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::certificate::{self, Certificate};
use crate::error::{Error, Result};
use crate::explore::{Plan as StudyPlan, QUANTITIES, Shard, depths};
use crate::network::{self, Precision};
use crate::num::{is_round, whole_number};
use crate::params::{self, Amount, Architecture, Params, Probability};
use crate::proof::Named;
use crate::report::Format;
use crate::run::{self, Config, Engines, Sampling};
use crate::start::Start;
use crate::statement::ALL;
use crate::store::read_text;

/// Proved bounds beside what random ReLU networks do.
#[derive(Parser, Debug)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Sample networks and hold every statement against them
    #[command(after_help = EXIT_STATUS)]
    Check(Check),
    /// Print the same rows without sampling, for widths of any size
    Bounds(Bounds),
    /// Follow the angle between two inputs through the layers of an infinitely wide network
    Angle(Angle),
    /// Show how the width at which the step flips the sign grows with depth: proved, expected, observed
    #[command(after_help = GROWTH_EXIT_STATUS)]
    Growth(Growth),
    /// Measure the constants of the proof over a grid of depths and widths, cell by cell
    #[command(after_help = STUDY_EXIT_STATUS)]
    Explore(Explore),
    /// Join the parts of a study that was divided with explore --shard
    #[command(after_help = STUDY_EXIT_STATUS)]
    Merge(Merge),
    /// Render a stored run again
    #[command(after_help = REPORT_EXIT_STATUS)]
    Report(Report),
    /// The proofs: list them, show one, verify their numeric facts, draw which uses which
    #[command(subcommand)]
    Proofs(Proofs),
}

const EXIT_STATUS: &str = "\
Columns: bound, proved; predicted, without proof: the exact quantile at the same level, or a leading
order in wide layers (none where that is beyond the bound, or, for a step, where a layer is narrower than 32); observed, that quantile of the sampled networks (the median for a law, the maximum for an identity); slack,
the factor between bound and observation; beyond, the share of networks beyond the bound, with
confidence limits, or the Kolmogorov-Smirnov distance from a law, with the distance allowed.
'By moment, split' names the two ways to a bound: all layers at once, or δ shared over layers.

A row that looks violated at its share of --alpha is judged again on as many fresh networks, at
level --alpha. It is VIOLATED if they say so, too, and inconclusive otherwise: something true is called
VIOLATED in a share of at most alpha^2 of all runs, by default one in a million.

Exit status: 0 nothing is violated; 1 a row is violated or failed numerically; 2 bad input;
3 with --strict, a row is inconclusive; 130 interrupted.";

const STUDY_EXIT_STATUS: &str = "\
Every cell is judged as by 'relubound check --alpha 0.001'. Cells in which something is violated or
not a number are named first; something true is called violated in at most one cell in a million.

Exit status: 0 no cell failed; 1 some cell did, measured now or before; 2 bad input;
130 interrupted.";

const GROWTH_EXIT_STATUS: &str = "\
Exit status: 0 done; 1 in some network the step is not a number; 2 bad input; 130 interrupted.";

const REPORT_EXIT_STATUS: &str = "\
Exit status: 0 nothing in the stored run is violated, as far as it got; 1 a row is violated or
failed numerically; 2 bad input, or files that are damaged.";

/// What the statements are about.
#[derive(Args, Debug)]
pub struct Shape {
    /// Widths d0,d1,…,dL: 784,512,512 or 784,512x2; 1024x6 is depth 6 at width 1024
    #[arg(long, value_name = "LIST", conflicts_with = "preset", allow_hyphen_values = true)]
    pub widths: Option<String>,
    /// A named architecture.
    #[arg(long, value_name = "NAME", help = preset_help())]
    pub preset: Option<String>,
    /// Probability with which each bound may fail, as 0.1, 1e-9 or 1/20; at least 1e-1000
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true)]
    pub delta: String,
    /// Radius R/‖x‖ of the ball around the input; 1/√d by default
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub radius: Option<String>,
    /// Size t of the adversarial step, in units of the one that takes a linear function to 0; by default 2,
    /// and in the stage direct the best for its bound
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub step: Option<String>,
    /// The angle between the two inputs of the stage collapse.
    #[command(flatten)]
    pub between: Between,
    /// Move the narrowest hidden layer to be layer K: a control with the same widths
    #[arg(long, value_name = "K", allow_hyphen_values = true)]
    pub move_bottleneck: Option<String>,
    /// Stages to run.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help = stages_help())]
    pub stages: Vec<String>,
}

/// The angle between two inputs.
#[derive(Args, Debug)]
pub struct Between {
    /// Angle between two inputs, from 0 to pi, as pi/3, 2/3pi or 1.5
    #[arg(long, value_name = "ANGLE", conflicts_with = "cos", allow_hyphen_values = true)]
    pub theta0: Option<String>,
    /// Its cosine, as 0, -1/3 or 0.25; 0 by default
    #[arg(long, value_name = "C", allow_hyphen_values = true)]
    pub cos: Option<String>,
}

impl Between {
    fn start(&self) -> Result<Start> {
        match (&self.theta0, &self.cos) {
            (Some(theta), _) => Start::theta(theta),
            (None, cos) => Start::cos(cos.as_deref().unwrap_or("0")),
        }
    }
}

/// `relubound check`.
#[derive(Args, Debug)]
pub struct Check {
    /// Shape of the network.
    #[command(flatten)]
    pub shape: Shape,
    /// Number of networks
    #[arg(long, value_name = "N", default_value = "20000", allow_hyphen_values = true)]
    pub trials: String,
    /// Networks in which suprema over the ball are searched and the step is taken: the first N
    #[arg(long, value_name = "N", default_value = "500", allow_hyphen_values = true)]
    pub searches: String,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true)]
    pub seed: String,
    /// Probability that any of the verdicts is wrong
    #[arg(long, value_name = "P", default_value = "0.001", allow_hyphen_values = true)]
    pub alpha: String,
    /// How networks are sampled
    #[arg(long, value_enum, default_value = "auto")]
    pub engine: Engine,
    /// Format of the weights, where they are stored
    #[arg(long, value_enum, default_value = "f64")]
    pub precision: Precision,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Also write run.json, trials.jsonl, ledger.csv, ledger.md and report.html there
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace a run that DIR holds already
    #[arg(long)]
    pub force: bool,
    /// Exit with status 3 if a row is inconclusive
    #[arg(long)]
    pub strict: bool,
    /// Say at the end, on standard error, how long it took and how much memory at most
    #[arg(long)]
    pub usage: bool,
}

/// `relubound bounds`.
#[derive(Args, Debug)]
pub struct Bounds {
    /// Shape of the network.
    #[command(flatten)]
    pub shape: Shape,
    /// Also print the least widths found at which some step is proved to flip the sign: for equal
    /// widths by depth up to that of the network, for this shape by δ
    #[arg(long)]
    pub threshold: bool,
    /// Depths for --threshold, at equal widths, as 1..10 or 1,2,5,10
    #[arg(long, value_name = "LIST", requires = "threshold", allow_hyphen_values = true)]
    pub depths: Option<String>,
    /// Also print, by input dimension d, depths and widths at which f is proved to change by at most
    /// Ω = 1/√d of its deviation over the whole sphere
    #[arg(long)]
    pub sphere: bool,
    /// Also list the events that each bound rests on, with their shares of δ
    #[arg(long)]
    pub events: bool,
    /// Ω for --sphere, from 1e-6 to 1e6; 1/√d by default
    #[arg(long, value_name = "X", requires = "sphere", allow_hyphen_values = true)]
    pub oscillation: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `relubound angle`.
#[derive(Args, Debug)]
pub struct Angle {
    /// Where to start.
    #[command(flatten)]
    pub between: Between,
    /// The last layer
    #[arg(long, value_name = "N", default_value = "1000", allow_hyphen_values = true)]
    pub depth: String,
    /// Significant digits, each of them right
    #[arg(long, value_name = "N", default_value = "20", allow_hyphen_values = true)]
    pub digits: String,
    /// Every layer in the table, not only 1, 2, 5, 10, 20, …
    #[arg(long)]
    pub all: bool,
    /// What to print; json and csv have every layer
    #[arg(long, value_enum, default_value = "text")]
    pub format: AngleFormat,
}

/// How angles are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AngleFormat {
    /// A table for people.
    Text,
    /// Enclosures, for scripts.
    Json,
    /// One line per layer.
    Csv,
}

impl Angle {
    /// Computes the table.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn table(&self) -> Result<crate::angle::Table> {
        let start = self.between.start()?;
        let depth = number("--depth", &self.depth, 1..=10_000_000)? as usize;
        let digits = number("--digits", &self.digits, 1..=100_000)? as usize;
        let every = self.all || self.format != AngleFormat::Text;
        crate::angle::table(&start, depth, digits, |layer| {
            every || layer == 0 || layer == depth || is_round(layer)
        })
    }
}

/// `relubound growth`.
#[derive(Args, Debug)]
pub struct Growth {
    /// Depths, at equal widths, as 1..10 or 1,2,5,10
    #[arg(
        long,
        value_name = "LIST",
        default_value = "1..5,7,10,14,20,28,40,60,90,140,200",
        allow_hyphen_values = true
    )]
    pub depths: String,
    /// Probability with which the step may fail
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true)]
    pub delta: String,
    /// Networks sampled at each width; 0 for none
    #[arg(long, value_name = "N", default_value = "400", allow_hyphen_values = true)]
    pub trials: String,
    /// Networks deeper than this are not sampled
    #[arg(long, value_name = "L", default_value = "20", allow_hyphen_values = true)]
    pub deepest: String,
    /// Seed of all random numbers
    #[arg(long, value_name = "N", default_value = "1", allow_hyphen_values = true)]
    pub seed: String,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    pub format: GrowthFormat,
}

/// How widths by depth are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum GrowthFormat {
    /// A table for people.
    Text,
    /// Everything, for scripts.
    Json,
    /// One line per depth.
    Csv,
    /// The picture alone.
    Svg,
    /// One self-contained page.
    Html,
}

impl Growth {
    /// Validates everything.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn config(&self) -> Result<crate::growth::Config> {
        Ok(crate::growth::Config {
            depths: depths("--depths", &self.depths)?,
            delta: Probability::parse("--delta", &self.delta)?,
            trials: number("--trials", &self.trials, 0..=1_000_000_000)?,
            deepest: number("--deepest", &self.deepest, 0..=10_000)? as usize,
            seed: number("--seed", &self.seed, 0..=u64::MAX)?,
        })
    }
}

/// `relubound explore`.
#[derive(Args, Debug)]
pub struct Explore {
    /// A named study that the flags below change: depth (how the constants grow with depth, proved and observed) or
    /// width (the depth from which on the step fails, by input dimension)
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    pub preset: Option<String>,
    /// Read the study from a file in TOML, with entries named like the flags from depths to seed, which go before it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Depths, as 1..10 or 1,2,5,10; 1..8 by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub depths: Option<String>,
    /// Input dimensions d, as 64,256,1024; 64 by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub widths: Option<String>,
    /// Hidden widths: equal (to d; the default), factor:F (each F times the one before), bottleneck:W@K (d, but W in
    /// layer K), or power:P (d to the power P)
    #[arg(long, value_name = "RULE", allow_hyphen_values = true)]
    pub shape: Option<String>,
    /// Probabilities δ; 0.1 by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub delta: Option<String>,
    /// Radii R/‖x‖; 'usual', which is 1/√d, by default
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub radius: Option<String>,
    /// Sizes t of the step; 'usual' by default, which is 2, and for 'share' the best for its bound
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub step: Option<String>,
    /// What to measure.
    #[arg(long, value_name = "NAMES", help = quantities_help())]
    pub quantities: Option<String>,
    /// Networks sampled in each cell, 0 for bounds alone; 200 by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub trials: Option<String>,
    /// Networks in which suprema are searched and the step is taken: the first N; 50 by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub searches: Option<String>,
    /// Seed of all random numbers; 1 by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub seed: Option<String>,
    /// Threads; all processors by default. Results do not depend on it
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub threads: Option<String>,
    /// Directory of the study; one that was interrupted is continued
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Measure part I of N only, as 3/8; relubound merge joins the parts
    #[arg(long, value_name = "I/N", allow_hyphen_values = true)]
    pub shard: Option<String>,
    /// Only say how many cells there are, about how long they take, and how much memory
    #[arg(long)]
    pub dry_run: bool,
}

impl Explore {
    /// The study as it is written: flags, then the file, then what is usual.
    ///
    /// # Errors
    /// A file that cannot be read, or is no study.
    pub fn plan(&self) -> Result<StudyPlan> {
        let mut plan = match &self.config {
            None => self.preset.as_deref().map_or(Ok(StudyPlan::default()), StudyPlan::preset)?,
            Some(path) => {
                let text = read_text("--config", path)?;
                StudyPlan::from_toml(&text).map_err(|what| {
                    Error::new("--config", path.display(), format!("not a study: {what}"))
                })?
            }
        };
        let flags = [
            (&self.depths, &mut plan.depths),
            (&self.widths, &mut plan.widths),
            (&self.shape, &mut plan.shape),
            (&self.delta, &mut plan.delta),
            (&self.radius, &mut plan.radius),
            (&self.step, &mut plan.step),
            (&self.quantities, &mut plan.quantities),
            (&self.trials, &mut plan.trials),
            (&self.searches, &mut plan.searches),
            (&self.seed, &mut plan.seed),
        ];
        for (flag, entry) in flags {
            if let Some(value) = flag {
                entry.clone_from(value);
            }
        }
        Ok(plan)
    }

    /// The part asked for.
    ///
    /// # Errors
    /// Text that is none.
    pub fn shard(&self) -> Result<Shard> {
        self.shard.as_deref().map_or(Ok(Shard::WHOLE), Shard::parse)
    }

    /// Threads to use.
    ///
    /// # Errors
    /// A number that is none or out of range.
    pub fn threads(&self) -> Result<usize> {
        threads(self.threads.as_deref())
    }
}

/// `relubound merge`.
#[derive(Args, Debug)]
pub struct Merge {
    /// Directories of all the parts
    #[arg(value_name = "DIR", required = true)]
    pub parts: Vec<PathBuf>,
    /// Directory of the whole study
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// `relubound report`.
#[derive(Args, Debug)]
pub struct Report {
    /// Directory that `check --out` wrote
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Print in this format and leave the files as they are; without it, print the table and
    /// write ledger.csv, ledger.md and report.html again
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// `relubound proofs`.
#[derive(Subcommand, Debug)]
pub enum Proofs {
    /// List every statement: how far it is established, and where its proof is
    List {
        /// What to print
        #[arg(long, value_enum, default_value = "text")]
        format: TextFormat,
    },
    /// Print a proof with what it uses, the code that evaluates it and the test that breaks it
    Show {
        /// Label of a statement, such as output.upper; a certificate, such as collapse.phi; or a section, such as
        /// direct.md#recursion
        #[arg(value_name = "LABEL")]
        name: String,
        /// What to print
        #[arg(long, value_enum, default_value = "text")]
        format: PageFormat,
    },
    /// Verify the numeric facts that the proofs use, each over its whole range
    #[command(
        after_help = "Exit status: 0 all are verified; 1 one is refuted or cannot be settled; 2 bad input."
    )]
    Verify {
        /// Certificates, or labels for those that their proofs use; all by default
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// What to print
        #[arg(long, value_enum, default_value = "text")]
        format: TextFormat,
    },
    /// Print which proof uses which, as an SVG picture
    Graph,
}

impl Proofs {
    /// The certificates with these names, all for none.
    ///
    /// # Errors
    /// A name that is no certificate's.
    pub fn certificates(names: &[String]) -> Result<Vec<&'static Certificate>> {
        if names.is_empty() {
            return Ok(certificate::ALL.iter().collect());
        }
        let mut chosen: Vec<&'static Certificate> = Vec::new();
        for name in names {
            let wanted: Vec<&str> = match Named::find(name) {
                Some(Named::Certificate(certificate)) => vec![certificate.name],
                Some(Named::Statement(statement)) => statement.certificates.to_vec(),
                _ => Vec::new(),
            };
            if wanted.is_empty() {
                let permitted = "a certificate, or a label whose proof uses one; relubound proofs verify shows all";
                return Err(Error::new("NAME", name, permitted));
            }
            let all = certificate::ALL.iter().filter(|c| wanted.contains(&c.name));
            chosen.extend(all);
        }
        let mut seen = std::collections::HashSet::new();
        chosen.retain(|certificate| seen.insert(certificate.name));
        Ok(chosen)
    }

    /// The statement or certificate of this name.
    ///
    /// # Errors
    /// A name that is none's.
    pub fn named(name: &str) -> Result<Named> {
        Named::find(name).ok_or_else(|| {
            let stage = name.split('.').next().unwrap_or_default();
            let near = ALL.iter().filter(|s| s.stage() == stage).map(|s| s.label);
            let near: Vec<&str> = near.collect();
            let permitted = match near[..] {
                [] => "a label as relubound proofs list shows them, or the name of a certificate"
                    .into(),
                _ => format!("labels of this stage are {}", near.join(", ")),
            };
            Error::new("LABEL", name, permitted)
        })
    }
}

/// For people or for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TextFormat {
    /// A table for people.
    Text,
    /// Everything, for scripts.
    Json,
}

/// How a proof is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PageFormat {
    /// The text as it is written, in Markdown with TeX formulas.
    Text,
    /// Everything, for scripts.
    Json,
    /// One self-contained page with formulas, and the proofs that this one refers to.
    Html,
}

/// How networks are sampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// For each stage the cheapest that serves it: weights are stored where a stage searches them and they fit
    Auto,
    /// Stored weights
    Dense,
    /// No weights: passes alone, for networks larger than memory
    Conditioned,
    /// The exact law at one input: any widths, for output and gradient
    Law,
}

/// The number of threads asked for; all processors for none.
fn threads(text: Option<&str>) -> Result<usize> {
    match text {
        Some(text) => Ok(number("--threads", text, 1..=4096)? as usize),
        None => Ok(crate::memory::processors()),
    }
}

/// The quantities of a study by name.
fn quantities_help() -> String {
    let names: Vec<&str> = QUANTITIES.iter().map(|quantity| quantity.name).collect();
    format!("What to measure, separated by commas: {}; all by default", names.join(", "))
}

/// The stages by name.
fn stages_help() -> String {
    let names: Vec<&str> = crate::stage::ALL.iter().map(|stage| stage.name()).collect();
    format!("Stages to run, separated by commas: {}; all by default", names.join(", "))
}

/// The presets with their widths.
fn preset_help() -> String {
    let list = params::PRESETS.map(|(name, widths)| format!("{name} ({widths})"));
    format!("A named architecture: {}; {} by default", list.join(", "), params::DEFAULT_WIDTHS)
}

/// Reads the whole number that `flag` was given, such as `500` or `1e6`.
fn number(flag: &str, text: &str, range: std::ops::RangeInclusive<u64>) -> Result<u64> {
    let value = whole_number(text).and_then(|n| u64::try_from(n).ok());
    value.filter(|n| range.contains(n)).ok_or_else(|| {
        let (low, high) = range.into_inner();
        let example = if high >= 1_000_000 { "such as 500 or 1e6" } else { "such as 50" };
        Error::new(flag, text, format!("a whole number from {low} to {high}, {example}"))
    })
}

impl Shape {
    fn params(&self) -> Result<Params> {
        let architecture: Architecture = match (&self.widths, &self.preset) {
            (Some(widths), _) => widths.parse()?,
            (None, Some(preset)) => params::preset(preset)?,
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
        Ok(Params {
            radius: self.radius.as_deref().map(Amount::radius).transpose()?,
            step: self.step.as_deref().map(Amount::step).transpose()?,
            start: self.between.start()?.for_networks()?,
            ..Params::new(architecture, Probability::parse("--delta", &self.delta)?)
        })
    }
}

impl Check {
    /// Validates everything before anything is done.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn config(&self) -> Result<(Config, Sampling)> {
        if self.force && self.out.is_none() {
            return Err(Error::new("--force", "", "needs --out, whose run it replaces"));
        }
        let sampling = Sampling {
            trials: number("--trials", &self.trials, 1..=1_000_000_000_000)?,
            seed: number("--seed", &self.seed, 0..=u64::MAX)?,
            precision: self.precision,
            searches: number("--searches", &self.searches, 0..=1_000_000_000_000)?,
            engines: Engines::all(network::Engine::Dense),
        };
        let sampling = Sampling { searches: sampling.searches.min(sampling.trials), ..sampling };
        let config = Config {
            params: self.shape.params()?,
            alpha: Probability::parse("--alpha", &self.alpha)?,
            stages: run::stages(&self.shape.stages)?,
            sampling: Some(sampling),
        };
        Ok((config, sampling))
    }

    /// The engine asked for.
    pub fn engine(&self) -> Option<network::Engine> {
        match self.engine {
            Engine::Auto => None,
            Engine::Dense => Some(network::Engine::Dense),
            Engine::Conditioned => Some(network::Engine::Conditioned),
            Engine::Law => Some(network::Engine::Law),
        }
    }

    /// Threads to use.
    ///
    /// # Errors
    /// A number that is none or out of range.
    pub fn threads(&self) -> Result<usize> {
        threads(self.threads.as_deref())
    }
}

impl Bounds {
    /// The depths asked for; none for the usual ones.
    ///
    /// # Errors
    /// Text that is no list of depths.
    pub fn depths(&self) -> Result<Vec<usize>> {
        self.depths.as_deref().map_or(Ok(Vec::new()), |list| depths("--depths", list))
    }

    /// Ω, if one is given.
    ///
    /// # Errors
    /// A number that is none or out of range.
    pub fn oscillation(&self) -> Result<Option<Amount>> {
        self.oscillation.as_deref().map(Amount::oscillation).transpose()
    }

    /// Validates everything.
    ///
    /// # Errors
    /// The first flag whose value cannot be used.
    pub fn config(&self) -> Result<Config> {
        Ok(Config {
            params: self.shape.params()?,
            alpha: Probability::parse("--alpha", "0.001")?,
            stages: run::stages(&self.shape.stages)?,
            sampling: None,
        })
    }
}
