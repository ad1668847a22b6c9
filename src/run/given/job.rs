//! A run over inputs, validated before anything is done.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::drawn::Drawn;
use super::measure::{Examiner, judging};
use super::pool::{self, Worker};
use super::results::{Asked, Header, Network, Points, SCHEMA, Source};
use super::row::Row;
use super::store::{New, Store};
use crate::given::expect::Sample;
use crate::given::file;
use crate::given::{Elementwise, Given, Inputs, Question};
use crate::judge::ledger::Tool;
use crate::model::clean;
use crate::model::error::{Error, Result};
use crate::model::shard::Shard;
use crate::run::named;
use crate::run::store::sum;

impl Source {
    /// A file that `parameter` named.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(parameter: &str, path: &Path) -> Result<Self> {
        let sha256 = file::digest(path).map_err(|why| why.named(parameter))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        Ok(Source { file: clean::visible(&name).into_owned(), sha256 })
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
            biases: network
                .layers
                .iter()
                .flat_map(|layer| &layer.bias)
                .flatten()
                .any(|&b| b != 0.0),
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
    sum(&bytes)
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
    /// A run that judges all inputs of a file, among no random networks.
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
            let what =
                format!("holds inputs of dimension {dimension}, the network's is {expected}");
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

    /// Does what is left, until all is done or `stop` is set: judges every input, asks the random
    /// networks, and judges every input by the network before training. What is found is kept in
    /// `store`; `done` is called after each line of it.
    ///
    /// # Errors
    /// What cannot be written; a crash, which names its place; a system that gives no thread. What
    /// was found before is kept.
    pub fn run(
        &self,
        who: &Who,
        store: &mut Store,
        threads: usize,
        stop: &AtomicBool,
        mut done: impl FnMut(),
    ) -> Result<()> {
        let own: Vec<usize> =
            (0..self.header.inputs.count).filter(|&k| self.header.shard.holds(k)).collect();
        let mut keep = |store: &mut Store, line| {
            store.append(line)?;
            done();
            Ok(())
        };
        let left: Vec<usize> =
            own.iter().copied().filter(|k| !store.found().judged.contains_key(k)).collect();
        let by_network = || self.judging(who.network);
        pool::each(&left, threads, stop, &by_network, |row| keep(store, New::Judged(row)))
            .and_then(|()| {
                let Some(random) = who.random else { return Ok(()) };
                let all = 0..self.header.reference;
                let left: Vec<usize> =
                    all.filter(|k| !store.found().random.contains_key(k)).collect();
                let worker = || drawing(random, &own);
                pool::each(&left, threads, stop, &worker, |row| keep(store, New::Random(row)))
            })
            .and_then(|()| {
                let Some(initial) = who.initial else { return Ok(()) };
                let left = own.iter().copied();
                let left: Vec<usize> =
                    left.filter(|k| !store.found().initial.contains_key(k)).collect();
                let worker = || self.judging(initial);
                pool::each(&left, threads, stop, &worker, |row| keep(store, New::Initial(row)))
            })
            // Also where something failed.
            .and(store.sync())?;
        store.finish()
    }

    fn judging<'a>(&'a self, examiner: &'a dyn Examiner) -> Worker<'a, Row> {
        judging(examiner, &self.header.network, &self.inputs, self.question.seconds)
    }
}

/// Who answers.
#[derive(Clone, Copy)]
pub struct Who<'a> {
    /// The network.
    pub network: &'a dyn Examiner,
    /// The network before training, where there is one.
    pub initial: Option<&'a dyn Examiner>,
    /// Random networks, where there are any.
    pub random: Option<&'a dyn Random>,
}

/// What random networks show.
pub trait Random: Sync {
    /// At these inputs, of one of them.
    fn samples(&self, network: usize, inputs: &[usize]) -> Vec<Sample>;
}

fn drawing<'a>(random: &'a dyn Random, own: &'a [usize]) -> Worker<'a, Drawn> {
    Box::new(move |network, _| {
        let place = || format!("(random network {network})");
        let samples = named("reference", &place, || Ok(random.samples(network, own)))?;
        Ok(Drawn { random: network, samples }.sound())
    })
}
