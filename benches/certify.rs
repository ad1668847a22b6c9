//! Certified radii and their time: `certify FILE BALL` reads a network and inputs as JSON
//! (`layers`: `weights`, `bias`; `inputs`), and prints a line an input, with the radius (ball `l2`
//! or `max`) and the seconds that it took; `benches/peers/certify.py` sets them beside another
//! library's. Without arguments, a small network of its own.

use std::time::Instant;

use ndarray::{Array1, Array2};
use relubound::given::certify::{Ball, Certifier};
use relubound::given::{Dtype, Given, Layer, Space};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().expect("a list of lists").iter().map(numbers).collect()
}

/// The network and the inputs of a file.
fn read(text: &str) -> (Given, Vec<Vec<f64>>) {
    let value: Value = serde_json::from_str(text).expect("JSON");
    let layers = value["layers"].as_array().expect("layers");
    let layers = layers.iter().enumerate().map(|(at, layer)| {
        let weights = rows(&layer["weights"]);
        let shape = (weights.len(), weights[0].len());
        Layer {
            weights: Array2::from_shape_vec(shape, weights.concat()).expect("a matrix"),
            bias: Some(Array1::from_vec(numbers(&layer["bias"]))),
            slope: if at + 1 == layers.len() { 1.0 } else { 0.0 },
            name: format!("layer {at}"),
        }
    });
    let network = Given { normalisation: Vec::new(), layers: layers.collect(), dtype: Dtype::F64 };
    (network, rows(&value["inputs"]))
}

const SMALL: &str = r#"{"layers": [{"weights": [[1, 0.5], [-0.5, 1]], "bias": [0.1, 0]},
    {"weights": [[1, -1], [-1, 1]], "bias": [0, 0]}], "inputs": [[1, 0.25]]}"#;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let text = match words.first() {
        Some(path) => std::fs::read_to_string(path).expect("a file"),
        None => SMALL.to_owned(),
    };
    let ball = if words.get(1).is_some_and(|ball| ball == "max") { Ball::Max } else { Ball::L2 };
    let (network, inputs) = read(&text);
    let outputs = network.outputs();
    let certifier = Certifier::new(network, Space::Before).expect("a network");
    for x in inputs {
        let found = certifier.outputs(&x);
        let own = (0..outputs).max_by(|a, b| found[*a].lo.total_cmp(&found[*b].lo)).expect("one");
        let rivals: Vec<usize> = (0..outputs).filter(|k| *k != own).collect();
        let start = Instant::now();
        let radius = certifier.radius(&x, own, &rivals, ball, f64::INFINITY, &|| false);
        println!("{radius:e} {:e}", start.elapsed().as_secs_f64());
    }
}
