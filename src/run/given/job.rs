//! A run over inputs, validated before anything is done.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::measure::{Examiner, Work};
use super::results::{Asked, Header, Network, Points, SCHEMA, Source};
use super::store::{About, Store};
use crate::given::{Elementwise, Given, Inputs, Question};
use crate::judge::ledger::Tool;
use crate::model::clean;
use crate::model::error::{Error, Result};
use crate::model::shard::Shard;
use crate::run::store as files;

impl Source {
    /// A file that `parameter` named.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(parameter: &str, path: &Path) -> Result<Self> {
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let bytes = files::read(parameter, path)?
            .ok_or_else(|| Error::io(parameter, path, "read", &missing()))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Ok(Source { file: clean::visible(&name).into_owned(), sha256: files::sum(&bytes) })
    }
}

impl Network {
    /// A network that was read from `source`, with what was decided on the way.
    pub fn of(source: Source, network: &Given, notes: &[String]) -> Self {
        let hidden = network.layers.len().saturating_sub(1);
        Network {
            source,
            read: digest(network),
            widths: network.widths(),
            slopes: network.layers[..hidden].iter().map(|layer| layer.slope).collect(),
            biases: network.layers.iter().any(|layer| layer.bias.is_some()),
            normalised: !network.normalisation.is_empty(),
            dtype: network.dtype.name().into(),
            notes: notes.iter().map(|note| clean::visible(note).into_owned()).collect(),
        }
    }
}

/// SHA-256 of all numbers of a network with their places.
fn digest(network: &Given) -> String {
    let mut bytes = Vec::new();
    let mut number = |value: f64| bytes.extend(value.to_le_bytes());
    for step in &network.normalisation {
        let (kind, values) = match step {
            Elementwise::Add(values) => (1.0, values),
            Elementwise::Subtract(values) => (2.0, values),
            Elementwise::Multiply(values) => (3.0, values),
            Elementwise::Divide(values) => (4.0, values),
        };
        [kind, values.len() as f64].into_iter().chain(values.iter().copied()).for_each(&mut number);
    }
    for layer in &network.layers {
        let (rows, columns) = layer.weights.dim();
        let biased = f64::from(u8::from(layer.bias.is_some()));
        [rows as f64, columns as f64, biased, layer.slope].into_iter().for_each(&mut number);
        layer.weights.iter().chain(layer.bias.iter().flatten()).copied().for_each(&mut number);
    }
    files::sum(&bytes)
}

/// Labels are as many as inputs, and classes.
fn labels_fit(labels: &[usize], file: &str, count: usize, outputs: usize) -> Result<()> {
    let wrong = |what: String| Err(Error::new("labels", file, what));
    if labels.len() != count {
        return wrong(format!("holds {} labels, and there are {count} inputs", labels.len()));
    }
    let classes = outputs.max(2);
    match labels.iter().position(|label| *label >= classes) {
        None => Ok(()),
        Some(at) => {
            let (label, last) = (labels[at], classes - 1);
            wrong(format!("label {label} of input {at} is none of the classes from 0 to {last}"))
        }
    }
}

/// A run over inputs.
pub struct Job {
    /// What it is.
    pub header: Header,
    /// Where the network is judged.
    pub inputs: Inputs,
    /// What is asked.
    pub question: Question,
}

/// Where inputs and labels were read.
pub struct Read {
    /// The inputs.
    pub inputs: Source,
    /// The labels.
    pub labels: Option<Source>,
}

impl Job {
    /// A run that judges all inputs of a file.
    ///
    /// # Errors
    /// Inputs that are none of the network's, labels that are not as many, an initial network of
    /// another shape.
    pub fn new(
        network: Network,
        initial: Option<Network>,
        read: Read,
        inputs: Inputs,
        question: Question,
    ) -> Result<Self> {
        let (count, dimension) = inputs.points.dim();
        let expected = network.widths.first().copied().unwrap_or(0);
        let file = &read.inputs.file;
        if count == 0 {
            return Err(Error::new("inputs", file, "holds no input"));
        }
        if dimension != expected {
            let what = format!("holds inputs of dimension {dimension}, the network's is {expected}");
            return Err(Error::new("inputs", file, what));
        }
        if let Some(at) = inputs.points.iter().position(|x| !x.is_finite()) {
            let (row, column) = (at / dimension, at % dimension);
            let what = format!("entry {column} of input {row} is not a finite number");
            return Err(Error::new("inputs", file, what));
        }
        if let Some((labels, source)) = inputs.labels.as_ref().zip(read.labels.as_ref()) {
            labels_fit(labels, &source.file, count, network.outputs())?;
        }
        if let Some(other) = initial.as_ref().filter(|other| other.widths != network.widths) {
            let shown = |widths: &[usize]| {
                widths.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
            };
            let (there, own) = (shown(&other.widths), shown(&network.widths));
            let what = format!("has widths {there}, and the network {own}: training changes none");
            return Err(Error::new("initial", &other.source.file, what));
        }
        let header = Header {
            tool: Tool::current(),
            schema: SCHEMA,
            network,
            initial,
            inputs: Points { source: read.inputs, count },
            labels: read.labels,
            question: Asked::of(&question),
            reference: 0,
            grid: None,
            shard: Shard::WHOLE,
        };
        Ok(Job { header, inputs, question })
    }

    /// Judges what is left, until all is judged or `stop` is set; first by the network, then by the
    /// one that it was before training. Rows are kept in `store`, and `judged` is called after each.
    ///
    /// # Errors
    /// Rows that cannot be written; a crash, which names its input; a system that gives no thread.
    /// The rows before are kept.
    pub fn run(
        &self,
        examiners: &[(About, &dyn Examiner)],
        store: &mut Store,
        threads: usize,
        stop: &AtomicBool,
        mut judged: impl FnMut(),
    ) -> Result<()> {
        for &(about, examiner) in examiners {
            let wanted: Vec<usize> = (0..self.header.inputs.count)
                .filter(|&input| self.header.shard.holds(input) && !store.holds(about, input))
                .collect();
            let work = Work {
                examiner,
                network: &self.header.network,
                inputs: &self.inputs,
                wanted: &wanted,
                seconds: self.question.seconds,
                threads,
            };
            let done = work.run(stop, |row| {
                store.append(about, row)?;
                judged();
                Ok(())
            });
            store.sync()?;
            done?;
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        store.finish()
    }
}
