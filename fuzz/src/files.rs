//! Files of others: networks, inputs, labels.

use std::fs;
use std::path::PathBuf;

use relubound::given::Given;
use relubound::given::file::{self, Reading};

use super::one_line;

/// A file with these bytes, in a directory of this thread.
fn written(name: &str, data: &[u8]) -> PathBuf {
    thread_local! {
        static PLACE: tempfile::TempDir = tempfile::tempdir().unwrap();
    }
    let path = PLACE.with(|place| place.path().join(name));
    fs::write(&path, data).unwrap();
    path
}

/// One byte for the format, then the file: what is read is a network, which is the same when it is
/// written and read again.
pub fn networks(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let name = ["net.safetensors", "net.npz", "net.onnx", "net"][usize::from(kind % 4)];
    let path = written(name, data);
    let network = match file::network(&path, &Reading::default()) {
        Err(why) => return one_line(&why),
        Ok(loaded) => loaded.network,
    };
    sound(&network);
    let copy = written("copy.npz", b"");
    if file::write_npz(&copy, &network).is_ok() {
        // The layout that a square matrix leaves open is said.
        let layout = Some(file::Layout::InOut);
        let slope = network.layers[0].slope;
        let slope = relubound::model::slope::Slope::parse(&format!("{slope}")).ok();
        let read = file::network(&copy, &Reading { layout, slope, ..Reading::default() });
        let read = read.unwrap_or_else(|why| panic!("a copy is refused: {why}"));
        let weights = |network: &Given| -> Vec<_> {
            let layers = network.layers.iter();
            layers.map(|layer| (layer.weights.clone(), layer.bias.clone())).collect()
        };
        assert_eq!(weights(&read.network), weights(&network));
    }
}

/// Layers that fit each other, of finite numbers.
fn sound(network: &Given) {
    assert!(!network.layers.is_empty());
    for layer in &network.layers {
        assert!(layer.weights.iter().all(|weight| weight.is_finite()));
        assert!(layer.slope.is_finite());
        let rows = layer.weights.nrows();
        let bias = layer.bias.as_ref();
        let fits = bias.is_none_or(|b| b.len() == rows && b.iter().all(|b| b.is_finite()));
        assert!(fits, "a bias that fits no layer");
    }
    for pair in network.layers.windows(2) {
        assert_eq!(pair[0].weights.nrows(), pair[1].weights.ncols());
    }
}

/// One byte for the number of entries or classes, then a file of numbers: .npy or text.
pub fn numbers(data: &[u8]) {
    let Some((count, data)) = data.split_first() else { return };
    let (count, path) = (1 + usize::from(count % 16), written("numbers", data));
    match file::points(&path, count) {
        Err(why) => one_line(&why),
        Ok(points) => {
            assert_eq!(points.ncols(), count);
            assert!(points.iter().all(|entry| entry.is_finite()));
        }
    }
    match file::labels(&path, count) {
        Err(why) => one_line(&why),
        Ok(labels) => assert!(labels.iter().all(|label| *label < count.max(2))),
    }
    if let Err(why) = file::numbers("bias", &path) {
        one_line(&why);
    }
}
