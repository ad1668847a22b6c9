//! Networks and inputs from files that Python libraries wrote, and from files that are damaged.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use proptest::prelude::*;
use relubound::given::file::{self, Layout, Loaded, Reading};
use relubound::given::{Dtype, Elementwise, Given, Layer};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/given").join(name)
}

fn load(name: &str) -> Loaded {
    file::network(&data(name), &Reading::default()).unwrap()
}

/// The outputs in doubles, and a bound on the error of that, for the sum of the terms' sizes: every
/// term passes fewer than `operations` roundings.
fn outputs(network: &Given, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut x = Array1::from(x.to_vec());
    let mut sizes = x.mapv(f64::abs);
    let mut operations = 0;
    for step in &network.normalisation {
        operations += 1;
        (x, sizes) = match step {
            Elementwise::Add(c) => (x + c, sizes + c.mapv(f64::abs)),
            Elementwise::Subtract(c) => (x - c, sizes + c.mapv(f64::abs)),
            Elementwise::Multiply(c) => (x * c, sizes * c.mapv(f64::abs)),
            Elementwise::Divide(c) => (x / c, sizes / c.mapv(f64::abs)),
        };
    }
    for layer in &network.layers {
        operations += layer.weights.ncols() + 3;
        x = layer.weights.dot(&x);
        sizes = layer.weights.mapv(f64::abs).dot(&sizes);
        if let Some(bias) = &layer.bias {
            x += bias;
            sizes += &bias.mapv(f64::abs);
        }
        x.mapv_inplace(|t| if t > 0.0 { t } else { layer.slope * t });
    }
    let unit = f64::EPSILON * operations as f64;
    (x.to_vec(), sizes.mapv(|size| unit * size).to_vec())
}

/// Does the network compute what Python did? Each differs from the exact outputs by half the bound
/// at most, as their roundings are of half an ulp.
fn reproduces(network: &Given, logits: &str) -> bool {
    reproduces_at("digits-inputs.npy", network, logits)
}

fn reproduces_at(inputs: &str, network: &Given, logits: &str) -> bool {
    let points = file::points(&data(inputs), network.inputs()).unwrap();
    let logits = file::points(&data(logits), network.outputs()).unwrap();
    points.rows().into_iter().zip(logits.rows()).all(|(x, wanted)| {
        let (found, bounds) = outputs(network, &x.to_vec());
        let near = |((f, w), b): ((&f64, &f64), &f64)| (f - w).abs() <= *b;
        found.iter().zip(wanted.iter()).zip(&bounds).all(near)
    })
}

#[test]
fn three_formats_give_the_same_bits() {
    let (npz, safe, onnx) = (load("digits.npz"), load("digits.safetensors"), load("digits.onnx"));
    assert_eq!(npz.network.widths(), [64, 32, 16, 10]);
    assert_eq!(npz.network.dtype, Dtype::F32);
    for other in [&safe.network, &onnx.network] {
        for (one, two) in npz.network.layers.iter().zip(&other.layers) {
            assert_eq!((&one.weights, &one.bias), (&two.weights, &two.bias));
            assert_eq!(one.slope, two.slope);
        }
        assert_eq!((other.layers.len(), other.dtype), (3, Dtype::F32));
        assert!(other.normalisation.is_empty());
    }
    assert!(safe.notes.iter().any(|note| note.contains("out,in")), "{:?}", safe.notes);
    assert!(npz.notes.iter().any(|note| note.contains("in,out")), "{:?}", npz.notes);
    assert!(npz.notes[0].contains("64-32-16-10") && npz.notes[0].contains("float32"));
}

#[test]
fn what_python_computes_is_reproduced() {
    let mut digits = load("digits.safetensors").network;
    assert!(reproduces(&digits, "digits-logits.npy"));
    let initial = load("digits-initial.npz").network;
    assert_eq!(initial.widths(), digits.widths());
    assert!(!reproduces(&initial, "digits-logits.npy"));
    // A weight that is off by a single ulp of single precision is seen.
    let weight = &mut digits.layers[1].weights[(3, 5)];
    *weight = f64::from(f32::from_bits((*weight as f32).to_bits() ^ 1));
    assert!(!reproduces(&digits, "digits-logits.npy"));
    let normalised = load("normalised.onnx");
    assert_eq!(normalised.network.normalisation.len(), 2);
    assert!(reproduces(&normalised.network, "normalised-logits.npy"));
    let picture = load("picture.onnx").network;
    assert_eq!((picture.dtype, picture.widths()), (Dtype::F64, vec![64, 256, 64, 3]));
    assert_eq!(picture.layers[0].slope, f64::from(0.1f32));
    assert!(reproduces(&picture, "picture-logits.npy"));
}

#[test]
fn files_of_pytorch_are_read() {
    let (plain, picture) = (load("torch.safetensors").network, load("torch.onnx").network);
    assert_eq!(plain.widths(), [64, 12, 12, 5]);
    assert!(reproduces_at("torch-inputs.npy", &plain, "torch-logits.npy"));
    assert_eq!((picture.widths(), picture.normalisation.len()), (vec![64, 64, 5], 2));
    assert_eq!(picture.layers[0].slope, 0.125);
    assert!(reproduces_at("torch-inputs.npy", &picture, "torch-picture-logits.npy"));
    assert!(!reproduces_at("torch-inputs.npy", &picture, "torch-logits.npy"));
    // One number a channel, of which the file has one.
    let reading = Reading { mean: vec![0.5], ..Reading::default() };
    assert!(file::network(&data("torch.onnx"), &reading).is_ok());
}

#[test]
fn inputs_and_labels_are_those_of_the_network() {
    let network = load("digits.onnx").network;
    let points = file::points(&data("digits-inputs.npy"), 64).unwrap();
    let labels = file::labels(&data("digits-labels.npy"), 10).unwrap();
    assert_eq!((points.dim(), labels.len()), ((100, 64), 100));
    let right = points.rows().into_iter().zip(&labels).filter(|(x, label)| {
        let (found, _) = outputs(&network, &x.to_vec());
        let largest = (0..10).max_by(|a, b| found[*a].total_cmp(&found[*b]));
        largest == Some(**label)
    });
    assert_eq!(right.count(), 91, "as scikit-learn says");
    let why = file::points(&data("digits-inputs.npy"), 63).unwrap_err().to_string();
    assert!(why.contains("shape (100, 64): inputs of 63 entries"), "{why}");
    assert!(file::labels(&data("digits-labels.npy"), 9).is_err());
    assert!(file::labels(&data("digits-inputs.npy"), 10).is_err());
}

#[test]
fn normalisation_is_declared_exactly() {
    let reading = Reading { mean: vec![0.5], std: vec![0.25; 64], ..Reading::default() };
    let loaded = file::network(&data("normalised.onnx"), &reading).unwrap();
    let kinds: Vec<usize> = loaded.network.normalisation.iter().map(length).collect();
    assert_eq!(kinds, [1, 64, 64, 1], "what is declared comes first");
    assert!(loaded.notes.iter().any(|note| note.contains("before what the file does")));
    // A number a channel, where the file has channels.
    let reading = Reading { mean: vec![0.5], std: vec![0.25, 0.5], ..Reading::default() };
    let why = file::network(&data("digits.onnx"), &reading).unwrap_err();
    assert_eq!(why.to_string(), "std of 2 numbers: 1 number or 64, one an entry");
    for bad in [0.0, -1.0, f64::NAN] {
        let reading = Reading { std: vec![bad], ..Reading::default() };
        assert_eq!(file::network(&data("digits.onnx"), &reading).unwrap_err().parameter(), "std");
    }
}

fn length(step: &Elementwise) -> usize {
    let (Elementwise::Add(c)
    | Elementwise::Subtract(c)
    | Elementwise::Multiply(c)
    | Elementwise::Divide(c)) = step;
    c.len()
}

#[test]
fn activations_are_declared_or_read() {
    let slope = |text: &str| Reading {
        slope: Some(relubound::model::slope::Slope::parse(text).unwrap()),
        ..Reading::default()
    };
    let loaded = file::network(&data("digits.npz"), &slope("0.1")).unwrap();
    assert_eq!(loaded.network.layers[0].slope, f64::from(0.1f32), "a float of the file's type");
    assert_eq!(loaded.network.layers[2].slope, 1.0);
    assert!(loaded.notes.iter().any(|note| note.contains("0.1 in float32")), "{:?}", loaded.notes);
    assert!(file::network(&data("digits.onnx"), &slope("0")).is_ok());
    assert!(file::network(&data("picture.onnx"), &slope("0.1")).is_ok());
    let why = file::network(&data("digits.onnx"), &slope("0.1")).unwrap_err();
    assert_eq!(why.parameter(), "slope");
    let layout = Reading { layout: Some(Layout::OutIn), ..Reading::default() };
    assert_eq!(file::network(&data("digits.onnx"), &layout).unwrap_err().parameter(), "layout");
}

/// A file of safetensors.
fn safetensors(tensors: &[(&str, &str, &[usize], Vec<u8>)]) -> Vec<u8> {
    let (mut header, mut body) = (Vec::new(), Vec::new());
    for (name, dtype, shape, bytes) in tensors {
        let (from, to) = (body.len(), body.len() + bytes.len());
        header.push(format!(
            "\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\
             \"data_offsets\":[{from},{to}]}}"
        ));
        body.extend(bytes);
    }
    let mut header = format!("{{{}}}", header.join(","));
    while header.len() % 8 > 0 {
        header.push(' ');
    }
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &body].concat()
}

fn matrix(name: &str, rows: usize, columns: usize) -> (&str, &str, Vec<usize>, Vec<u8>) {
    let values = (0..rows * columns).map(|value| value as f32);
    (name, "F32", vec![rows, columns], values.flat_map(f32::to_le_bytes).collect())
}

fn vector(name: &str, length: usize) -> (&str, &str, Vec<usize>, Vec<u8>) {
    let (name, dtype, _, bytes) = matrix(name, length, 1);
    (name, dtype, vec![length], bytes)
}

fn read(end: &str, bytes: &[u8], reading: &Reading) -> Result<Loaded, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("net{end}"));
    fs::write(&path, bytes).unwrap();
    file::network(&path, reading).map_err(|why| why.to_string())
}

fn safe(
    tensors: &[(&str, &str, Vec<usize>, Vec<u8>)],
    reading: &Reading,
) -> Result<Loaded, String> {
    let borrowed: Vec<_> =
        tensors.iter().map(|(n, d, s, b)| (*n, *d, s.as_slice(), b.clone())).collect();
    read(".safetensors", &safetensors(&borrowed), reading)
}

#[test]
fn layouts_follow_from_shapes_or_are_declared() {
    let any = Reading::default();
    let declared = |layout| Reading { layout: Some(layout), ..Reading::default() };
    let known = |dimension| Reading { dimension: Some(dimension), ..Reading::default() };
    let rows = [matrix("0.weight", 5, 3), matrix("2.weight", 2, 5)];
    assert_eq!(safe(&rows, &any).unwrap().network.widths(), [3, 5, 2]);
    let columns = [matrix("0.weight", 3, 5), matrix("2.weight", 5, 2)];
    assert_eq!(safe(&columns, &any).unwrap().network.widths(), [3, 5, 2]);
    assert!(safe(&rows, &declared(Layout::InOut)).unwrap_err().contains("does not fit"));
    // Square matrices leave it open, and so do those of a network that narrows and widens again.
    let square = [matrix("0.weight", 4, 4), matrix("2.weight", 4, 4)];
    let why = safe(&square, &any).unwrap_err();
    assert!(why.contains("both fit") && why.contains("layout"), "{why}");
    let narrow = [matrix("0.weight", 5, 3), matrix("2.weight", 3, 5)];
    assert!(safe(&narrow, &any).unwrap_err().contains("both fit"));
    assert_eq!(safe(&narrow, &known(3)).unwrap().network.widths(), [3, 5, 3]);
    assert_eq!(safe(&narrow, &known(5)).unwrap().network.widths(), [5, 3, 5]);
    assert!(safe(&narrow, &known(4)).unwrap_err().contains("4 entries"));
    let biased = [matrix("0.weight", 5, 3), vector("0.bias", 5), matrix("2.weight", 3, 5)];
    assert_eq!(safe(&biased, &any).unwrap().network.widths(), [3, 5, 3]);
    let one = safe(&square, &declared(Layout::OutIn)).unwrap().network;
    let two = safe(&square, &declared(Layout::InOut)).unwrap().network;
    assert_eq!(one.layers[0].weights, two.layers[0].weights.t());
    assert_ne!(one.layers[0].weights, two.layers[0].weights);
    // The names of Flax and scikit-learn say it where shapes do not.
    let flax = [matrix("Dense_0.kernel", 4, 4), matrix("Dense_1.kernel", 4, 4)];
    assert_eq!(safe(&flax, &any).unwrap().network.layers[0].weights, two.layers[0].weights);
}

#[test]
fn orders_follow_from_numbers_or_shapes() {
    let any = Reading::default();
    let names = |loaded: Loaded| {
        let layers = loaded.network.layers.into_iter();
        layers.map(|layer| layer.name).collect::<Vec<_>>()
    };
    let words = [
        matrix("a.weight", 2, 7),
        matrix("z.weight", 5, 3),
        matrix("h10.weight", 7, 5),
        matrix("h9.weight", 5, 5),
    ];
    let order = names(safe(&words, &any).unwrap());
    assert_eq!(order, ["z.weight", "h9.weight", "h10.weight", "a.weight"]);
    let twins = [
        matrix("a.weight", 5, 5),
        matrix("b.weight", 5, 5),
        matrix("c.weight", 2, 5),
        vector("c.bias", 2),
    ];
    let why = safe(&twins, &any).unwrap_err();
    assert!(why.contains("in which order") && why.contains("number them"), "{why}");
    let wrong = [
        matrix("1.weight", 5, 3),
        vector("1.bias", 5),
        matrix("0.weight", 2, 5),
        vector("0.bias", 2),
    ];
    let why = safe(&wrong, &any).unwrap_err();
    assert!(why.contains("1.weight (5, 3) behind 0.weight (2, 5)"), "{why}");
}

#[test]
fn types_are_read_and_others_refused() {
    let half = ("weight", "F16", vec![1, 2], vec![0x00, 0x3c, 0x01, 0x00]);
    let loaded = safe(std::slice::from_ref(&half), &known_layout()).unwrap().network;
    assert_eq!(loaded.layers[0].weights.row(0).to_vec(), [1.0, 2f64.powi(-24)]);
    assert_eq!(loaded.dtype, Dtype::F16);
    let brain = ("bias", "BF16", vec![1], vec![0xc0, 0xc0]);
    let mixed = safe(&[half.clone(), brain], &known_layout()).unwrap().network;
    assert_eq!(mixed.dtype, Dtype::F32, "which holds both");
    assert_eq!(mixed.layers[0].bias.as_ref().unwrap()[0], -6.0);
    let whole = ("weight", "I32", vec![1, 1], vec![1, 0, 0, 0]);
    let why = safe(&[whole], &known_layout()).unwrap_err();
    assert!(why.contains("tensor weight holds I32"), "{why}");
    let infinite = ("weight", "F32", vec![1, 2], vec![0, 0, 0, 0, 0, 0, 0x80, 0x7f]);
    let why = safe(&[infinite], &known_layout()).unwrap_err();
    assert!(why.contains("net.safetensors: tensor weight has inf at (0, 1)"), "{why}");
    let none = ("weight", "F32", vec![0, 2], vec![]);
    assert!(safe(&[none], &known_layout()).unwrap_err().contains("one number"));
    let count = ("fc.num_batches_tracked", "F32", vec![1], vec![0; 4]);
    let why = safe(&[half, count], &known_layout()).unwrap_err();
    assert!(why.contains("num_batches_tracked") && why.contains("layers.0.weight"), "{why}");
}

fn known_layout() -> Reading {
    Reading { layout: Some(Layout::OutIn), ..Reading::default() }
}

#[test]
fn headers_that_lie_are_refused() {
    let any = Reading::default();
    let twice = [matrix("weight", 2, 2), matrix("weight", 2, 2)];
    assert!(safe(&twice, &any).unwrap_err().contains("two arrays of the name weight"));
    let huge = b"{\"weight\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\
        \"data_offsets\":[0,0]}}";
    let mut bytes = (huge.len() as u64).to_le_bytes().to_vec();
    bytes.extend(huge);
    assert!(read(".safetensors", &bytes, &any).unwrap_err().contains("safetensors"));
    for length in [u64::MAX, 1 << 40, 99] {
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        assert!(read(".safetensors", &bytes, &any).is_err());
    }
    let array = fs::read(data("digits-logits.npy")).unwrap();
    assert!(read(".npy", &array, &any).unwrap_err().contains("single array"));
    assert!(read(".pkl", b"\x80\x04abc", &any).unwrap_err().contains("pickle"));
    assert!(read(".h5", b"", &any).unwrap_err().contains("is empty"));
    assert!(read(".npz", &array, &any).unwrap_err().contains("is no .npz of NumPy"));
    let missing = file::network(Path::new("no/such.npz"), &any).unwrap_err().to_string();
    assert!(missing.starts_with("network no/such.npz: cannot read"), "{missing}");
    let folder = file::network(&data(""), &any).unwrap_err().to_string();
    assert!(folder.contains("is a directory where a file has to be"), "{folder}");
}

fn archive(entries: &[(&str, Vec<u8>)], method: zip::CompressionMethod) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn npy(shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

#[test]
fn archives_are_read_within_limits() {
    use zip::CompressionMethod::{Deflated, Stored};
    let any = Reading::default();
    let small = npy("(1, 2)", &[0; 8]);
    for method in [Stored, Deflated] {
        let bytes = archive(&[("coefs_0.npy", small.clone())], method);
        assert_eq!(read(".npz", &bytes, &any).unwrap().network.widths(), [1, 2]);
    }
    // Zeros without end, as the header says.
    let zeros = npy("(75000000,)", &vec![0; 10_000_000]);
    let bytes = archive(&[("coefs_0.npy", zeros.clone())], Deflated);
    assert!(bytes.len() < 20_000);
    let why = read(".npz", &bytes, &any).unwrap_err();
    assert!(why.contains("tensor coefs_0 has shape (75000000)"), "{why}");
    // The same behind a header that says less.
    let bytes = archive(&[("coefs_0.npy", [npy("(1, 2)", &[0; 8]), zeros].concat())], Deflated);
    assert!(read(".npz", &bytes, &any).unwrap_err().contains("goes on behind the 2 numbers"));
    let pickle = archive(&[("net/data.pkl", vec![0x80, 2])], Stored);
    assert!(read(".npz", &pickle, &any).unwrap_err().contains("safetensors"));
    let odd = archive(&[("coefs_0.npy", small.clone()), ("classes.npy", small.clone())], Stored);
    assert!(read(".npz", &odd, &any).unwrap_err().contains("tensor classes"));
    let both = archive(&[("coefs_0.npy", small.clone()), ("coefs_0", small)], Stored);
    assert!(read(".npz", &both, &any).unwrap_err().contains("two arrays of the name coefs_0"));
}

/// A network of these widths.
fn made(widths: &[usize], biased: bool, dtype: Dtype) -> Given {
    let value = |at: usize| {
        let value = (at as f64 + 1.0).sin();
        if dtype == Dtype::F64 { value } else { f64::from(value as f32) }
    };
    let count = widths.len() - 1;
    let layers = widths.windows(2).enumerate().map(|(at, pair)| Layer {
        weights: Array2::from_shape_fn((pair[1], pair[0]), |(i, j)| value(7 * at + 31 * i + j)),
        bias: biased.then(|| Array1::from_shape_fn(pair[1], |i| value(97 * i))),
        slope: if at + 1 == count { 1.0 } else { 0.0 },
        name: format!("coefs_{at}"),
    });
    Given { normalisation: vec![], layers: layers.collect(), dtype }
}

#[test]
fn what_is_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made.npz");
    for widths in [&[3, 5, 2][..], &[4, 4, 4], &[1, 1], &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]] {
        for dtype in [Dtype::F32, Dtype::F64] {
            for biased in [true, false] {
                let network = made(widths, biased, dtype);
                file::write_npz(&path, &network).unwrap();
                let read = file::network(&path, &Reading::default()).unwrap().network;
                assert_eq!(read, network);
            }
        }
    }
    let mut other = made(&[3, 5, 5, 2], true, Dtype::F64);
    other.layers[0].slope = 0.5;
    assert!(file::write_npz(&path, &other).is_err());
    fs::write(&path, b"abc").unwrap();
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(file::digest(&path).unwrap(), abc);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Damaged files are read as something else, or refused in one line; nothing breaks.
    #[test]
    fn damage_breaks_nothing(
        which in 0usize..5,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..6),
    ) {
        let small = [matrix("0.weight", 3, 2), vector("0.bias", 3), matrix("1.weight", 1, 3)];
        let borrowed: Vec<_> =
            small.iter().map(|(n, d, s, b)| (*n, *d, s.as_slice(), b.clone())).collect();
        let two = [
            ("coefs_0.npy", npy("(2, 3)", &[0; 24])),
            ("coefs_1.npy", npy("(3, 1)", &[0; 12])),
        ];
        let (end, mut bytes) = match which {
            0 => (".safetensors", safetensors(&borrowed)),
            1 => (".npz", archive(&two, zip::CompressionMethod::Stored)),
            2 => (".npz", archive(&two, zip::CompressionMethod::Deflated)),
            3 => (".onnx", fs::read(data("picture.onnx")).unwrap()),
            _ => (".npy", npy("(2, 3)", &[0; 24])),
        };
        for (at, byte, edit) in edits {
            let at = at.index(bytes.len());
            match edit {
                // Most of a file is weights; its headers are at both ends.
                0 => bytes[at] = byte,
                1 => {
                    let near = at % 200.min(bytes.len());
                    bytes[near] = byte;
                }
                _ => {
                    let far = bytes.len() - 1 - at % 200.min(bytes.len());
                    bytes[far] = byte;
                }
            }
        }
        if which == 4 {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("x.npy");
            fs::write(&path, &bytes).unwrap();
            match file::points(&path, 3) {
                Ok(points) => prop_assert!(points.iter().all(|value| value.is_finite())),
                Err(why) => prop_assert!(!why.to_string().contains('\n')),
            }
            return Ok(());
        }
        match read(end, &bytes, &Reading::default()) {
            Ok(loaded) => {
                let widths = loaded.network.widths();
                for (at, layer) in loaded.network.layers.iter().enumerate() {
                    prop_assert_eq!(layer.weights.dim(), (widths[at + 1], widths[at]));
                    prop_assert!(layer.weights.iter().all(|value| value.is_finite()));
                }
            }
            Err(why) => prop_assert!(!why.contains('\n') && why.starts_with("network ")),
        }
    }
}
