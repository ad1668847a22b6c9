//! Feed-forward networks in ONNX: one path from the input to the outputs, of operators that are
//! affine, or activations. Every operator, attribute and array is used, or refused by its name.

mod attributes;
mod constants;
mod exact;
mod operators;
mod path;
mod proto;
mod window;

use crate::given::{Dtype, Elementwise, Layer};

use super::refusal::{Read, refuse};

/// A network, as the file has it.
#[derive(Debug)]
pub(super) struct Graph {
    pub normalisation: Vec<Elementwise>,
    pub layers: Vec<Layer>,
    pub dtype: Dtype,
    /// The shape of an input without the axis of the batch, where the file says it.
    pub shape: Vec<usize>,
    /// What was decided.
    pub notes: Vec<String>,
}

/// The network that the bytes of a file hold.
pub(super) fn read(bytes: &[u8], dimension: Option<usize>) -> Read<Graph> {
    let model = proto::decode(bytes)?;
    if !model.functions.is_empty() {
        return refuse("defines operators of its own: those of ONNX are allowed");
    }
    let Some(graph) = &model.graph else { return refuse("is no ONNX file: it has no graph") };
    path::walk(graph, dimension, operators::apply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::file::refusal::Refusal;
    use proptest::prelude::*;
    use prost::Message;
    use proto::{
        Array, Attribute, Graph as Messages, Model, Node, Side, TensorType, Type, ValueInfo,
    };

    fn array(name: &str, sides: &[i64], floats: &[f32]) -> Array {
        let (sides, floats) = (sides.to_vec(), floats.to_vec());
        Array { name: name.into(), kind: 1, sides, floats, ..Array::default() }
    }

    fn shape(name: &str, sides: &[i64]) -> Array {
        let longs = sides.to_vec();
        let sides = vec![longs.len() as i64];
        Array { name: name.into(), kind: 7, sides, longs, ..Array::default() }
    }

    fn node(operator: &str, inputs: &[&str], output: &str) -> Node {
        Node {
            operator: operator.into(),
            name: format!("{operator} of the test"),
            inputs: inputs.iter().map(|name| (*name).to_owned()).collect(),
            outputs: vec![output.into()],
            ..Node::default()
        }
    }

    fn with(mut node: Node, attribute: Attribute) -> Node {
        node.attributes.push(attribute);
        node
    }

    fn int(name: &str, int: i64) -> Attribute {
        Attribute { name: name.into(), int: Some(int), ..Attribute::default() }
    }

    fn ints(name: &str, ints: &[i64]) -> Attribute {
        Attribute { name: name.into(), ints: ints.to_vec(), ..Attribute::default() }
    }

    fn float(name: &str, float: f32) -> Attribute {
        Attribute { name: name.into(), float: Some(float), ..Attribute::default() }
    }

    fn value(name: &str, sides: &[i64]) -> ValueInfo {
        let side = |side: &i64| Side { value: Some(*side), name: None };
        let shape = proto::Shape { sides: sides.iter().map(side).collect() };
        let tensor = TensorType { kind: 1, shape: Some(shape) };
        ValueInfo { name: name.into(), kind: Some(Type { tensor: Some(tensor) }) }
    }

    fn file(inputs: &[i64], nodes: Vec<Node>, initializers: Vec<Array>) -> Vec<u8> {
        let last = nodes.last().and_then(|node| node.outputs.first()).cloned().unwrap_or_default();
        let graph = Messages {
            nodes,
            initializers,
            inputs: vec![value("x", inputs)],
            outputs: vec![value(&last, &[])],
            sparse: vec![],
        };
        let (ir_version, graph) = (8, Some(graph));
        Model { ir_version, graph, opsets: vec![], functions: vec![] }.encode_to_vec()
    }

    fn graph(inputs: &[i64], nodes: Vec<Node>, arrays: Vec<Array>) -> Read<Graph> {
        read(&file(inputs, nodes, arrays), None)
    }

    fn outputs(graph: &Graph, x: &[f64]) -> Vec<f64> {
        let mut x = ndarray::Array1::from(x.to_vec());
        for step in &graph.normalisation {
            x = match step {
                Elementwise::Add(c) => x + c,
                Elementwise::Subtract(c) => x - c,
                Elementwise::Multiply(c) => x * c,
                Elementwise::Divide(c) => x / c,
            };
        }
        for layer in &graph.layers {
            x = layer.weights.dot(&x);
            if let Some(bias) = &layer.bias {
                x += bias;
            }
            x.mapv_inplace(|t| if t > 0.0 { t } else { layer.slope * t });
        }
        x.to_vec()
    }

    /// Small whole numbers are computed exactly.
    const SIX: [f32; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    #[test]
    fn products_are_read_in_every_position() {
        let (wide, tall) = (array("w", &[2, 3], &SIX), array("w", &[3, 2], &SIX));
        let x = [1.0, -1.0, 2.0];
        let rows = vec![1.0 - 2.0 + 6.0, 4.0 - 5.0 + 12.0];
        let columns = vec![1.0 - 3.0 + 10.0, 2.0 - 4.0 + 12.0];
        let gemm = |inputs: &[&str], a: i64, b: i64| {
            with(with(node("Gemm", inputs, "y"), int("transA", a)), int("transB", b))
        };
        for (inputs, node, weights, wanted) in [
            (&[1, 3][..], gemm(&["x", "w"], 0, 1), &wide, &rows),
            (&[1, 3], gemm(&["x", "w"], 0, 0), &tall, &columns),
            (&[3, 1], gemm(&["x", "w"], 1, 0), &tall, &columns),
            (&[3, 1], gemm(&["w", "x"], 0, 0), &wide, &rows),
            (&[3, 1], gemm(&["w", "x"], 1, 0), &tall, &columns),
            (&[1, 3], gemm(&["w", "x"], 0, 1), &wide, &rows),
            (&[0, 3], node("MatMul", &["x", "w"], "y"), &tall, &columns),
            (&[3], node("MatMul", &["x", "w"], "y"), &tall, &columns),
            (&[3], node("MatMul", &["w", "x"], "y"), &wide, &rows),
            (&[1, 1, 3], node("MatMul", &["x", "w"], "y"), &tall, &columns),
            (&[1, 3, 1], node("MatMul", &["w", "x"], "y"), &wide, &rows),
        ] {
            let graph = graph(inputs, vec![node], vec![weights.clone()]).unwrap();
            assert_eq!(&outputs(&graph, &x), wanted);
            assert_eq!(graph.layers.len(), 1);
        }
    }

    #[test]
    fn factors_and_biases_of_gemm_are_merged_exactly() {
        let gemm = with(
            with(node("Gemm", &["x", "w", "c"], "y"), float("alpha", 0.1)),
            float("beta", 0.3),
        );
        let arrays = vec![array("w", &[1, 2], &[0.7, -0.3]), array("c", &[1], &[0.9])];
        let graph = graph(&[1, 1], vec![gemm], arrays).unwrap();
        let [layer] = &graph.layers[..] else { panic!("{} layers", graph.layers.len()) };
        let product = |a: f32, b: f32| f64::from(a) * f64::from(b);
        assert_eq!(layer.weights[(0, 0)], product(0.7, 0.1));
        assert_eq!(layer.bias.as_ref().unwrap().to_vec(), vec![product(0.9, 0.3); 2]);
    }

    #[test]
    fn what_stands_in_front_of_the_layers_is_kept() {
        let nodes = vec![
            node("Flatten", &["x"], "f"),
            node("Sub", &["m", "f"], "a"),
            node("Div", &["a", "s"], "b"),
            node("Mul", &["b", "t"], "c"),
            node("MatMul", &["c", "w"], "d"),
            node("Add", &["d", "e"], "z"),
            node("Sub", &["z", "e"], "y"),
            node("Neg", &["y"], "n"),
            node("Abs", &["n"], "r"),
            node("Softmax", &["r"], "p"),
        ];
        let arrays = vec![
            array("m", &[3], &[1.0, 2.0, 3.0]),
            array("s", &[1], &[4.0]),
            array("t", &[1, 3], &[8.0, 4.0, -4.0]),
            array("w", &[3, 2], &SIX),
            array("e", &[], &[0.5]),
        ];
        let graph = graph(&[1, 1, 3], nodes, arrays).unwrap();
        assert_eq!(graph.normalisation.len(), 4);
        assert_eq!(outputs(&graph, &[0.0, 0.0, 0.0]), [7.0, 6.0]);
        assert!(graph.notes.iter().any(|note| note.contains("Softmax")));
        let slopes: Vec<f64> = graph.layers.iter().map(|layer| layer.slope).collect();
        assert_eq!(slopes, [-1.0, 1.0]);
    }

    #[test]
    fn shapes_that_exporters_compute_are_followed() {
        let nodes = vec![
            node("Shape", &["x"], "s"),
            node("Gather", &["s", "zero"], "n"),
            with(node("Unsqueeze", &["n"], "u"), ints("axes", &[0])),
            node("Concat", &["u", "rest"], "t"),
            node("Reshape", &["x", "t"], "f"),
            with(node("Transpose", &["w"], "wt"), ints("perm", &[1, 0])),
            node("MatMul", &["f", "wt"], "y"),
        ];
        let zero = Array { sides: vec![], ..shape("zero", &[0]) };
        let arrays = vec![zero, shape("rest", &[-1]), array("w", &[2, 3], &SIX)];
        let graph = graph(&[0, 1, 3], nodes, arrays).unwrap();
        assert_eq!(outputs(&graph, &[1.0, 0.0, 0.0]), [1.0, 4.0]);
    }

    /// A convolution by its definition, of one channel each.
    fn convolved(x: &[f64], side: usize, kernel: &[f32], pad: usize, stride: usize) -> Vec<f64> {
        let count = (side + 2 * pad - 3) / stride + 1;
        let at = |row: usize, column: usize| {
            let inside = row.checked_sub(pad).zip(column.checked_sub(pad));
            inside.filter(|(r, c)| *r < side && *c < side).map_or(0.0, |(r, c)| x[r * side + c])
        };
        let mut out = Vec::new();
        for row in 0..count {
            for column in 0..count {
                let term = |i: usize| {
                    f64::from(kernel[i]) * at(row * stride + i / 3, column * stride + i % 3)
                };
                out.push((0..9).map(term).sum());
            }
        }
        out
    }

    #[test]
    fn convolutions_are_written_out() {
        let x: Vec<f64> = (0..25).map(|i| f64::from(i * i % 17) - 8.0).collect();
        let kernel = [1.0, -2.0, 3.0, 4.0, 0.0, -1.0, 2.0, 5.0, -3.0];
        for (pad, stride) in [(0, 1), (1, 1), (2, 2), (1, 3)] {
            let pads = ints("pads", &[pad, pad, pad, pad]);
            let conv = with(node("Conv", &["x", "w", "b"], "y"), pads);
            let conv = with(conv, ints("strides", &[stride, stride]));
            let arrays = vec![array("w", &[1, 1, 3, 3], &kernel), array("b", &[1], &[7.0])];
            let graph = graph(&[1, 1, 5, 5], vec![conv], arrays).unwrap();
            let wanted = convolved(&x, 5, &kernel, pad as usize, stride as usize);
            let wanted: Vec<f64> = wanted.iter().map(|y| y + 7.0).collect();
            assert_eq!(outputs(&graph, &x), wanted);
        }
        // Two groups of a channel each: the channels do not meet.
        let two = [&kernel[..], &[1.0; 9]].concat();
        let conv = with(node("Conv", &["x", "w"], "y"), int("group", 2));
        let graph =
            graph(&[1, 2, 5, 5], vec![conv], vec![array("w", &[2, 1, 3, 3], &two)]).unwrap();
        let both = [&x[..], &x[..]].concat();
        let wanted = [convolved(&x, 5, &kernel, 0, 1), convolved(&x, 5, &[1.0; 9], 0, 1)].concat();
        assert_eq!(outputs(&graph, &both), wanted);
    }

    #[test]
    fn averages_of_powers_of_two_are_exact() {
        let pool = |side: i64| {
            let pool = with(node("AveragePool", &["x"], "y"), ints("kernel_shape", &[side, side]));
            graph(&[1, 1, 4, 4], vec![with(pool, ints("strides", &[2, 2]))], vec![])
        };
        let x: Vec<f64> = (0..16).map(f64::from).collect();
        assert_eq!(outputs(&pool(2).unwrap(), &x), [2.5, 4.5, 10.5, 12.5]);
        assert!(pool(3).unwrap_err().text().contains("averages 9 entries"));
        let whole = node("GlobalAveragePool", &["x"], "y");
        let graph = graph(&[1, 2, 2, 4], vec![whole], vec![]).unwrap();
        assert_eq!(outputs(&graph, &x), [3.5, 11.5]);
    }

    fn why(inputs: &[i64], nodes: Vec<Node>, arrays: Vec<Array>) -> Refusal {
        graph(inputs, nodes, arrays).map(|_| ()).unwrap_err()
    }

    fn refused(cases: Vec<(Vec<Node>, Vec<Array>, &str)>) {
        for (nodes, arrays, words) in cases {
            let why = why(&[1, 3], nodes, arrays);
            assert!(why.text().contains(words), "{} is not {words}", why.text());
        }
    }

    fn w() -> Array {
        array("w", &[3, 3], &[1.0; 9])
    }

    fn product() -> Node {
        node("MatMul", &["x", "w"], "h")
    }

    #[test]
    fn operators_that_are_not_read_are_named() {
        let after = |operator: &str| vec![product(), node(operator, &["h"], "y")];
        let add = |other| vec![product(), node("Add", &["h", other], "y")];
        let late = vec![product(), node("Softmax", &["h"], "p"), node("Relu", &["p"], "y")];
        let steep = with(node("LeakyRelu", &["h"], "y"), float("alpha", 1.5));
        let odd = with(product(), int("odd", 1));
        refused(vec![
            (after("MaxPool"), vec![w()], "node MaxPool of the test (MaxPool) is no"),
            (after("BatchNormalization"), vec![w()], "root"),
            (after("Sigmoid"), vec![w()], "LeakyRelu"),
            (add("x"), vec![w()], "uses x again"),
            (add("h"), vec![w()], "both sides"),
            (late, vec![w()], "behind Softmax"),
            (vec![product(), steep], vec![w()], "slope 1.5"),
            (vec![odd], vec![w()], "attribute odd, which is not known"),
            (vec![node("Relu", &["x"], "x")], vec![], "makes x again"),
            (vec![node("Flatten", &["x"], "y")], vec![], "no layer"),
        ]);
    }

    #[test]
    fn arrays_that_do_not_fit_are_named() {
        let div = vec![node("Div", &["x", "z"], "h")];
        let zero = array("z", &[3], &[1.0, 0.0, 1.0]);
        let one = || vec![product()];
        let lying = array("w", &[i64::MAX, i64::MAX], &[1.0]);
        refused(vec![
            (one(), vec![], "uses w, which nothing"),
            (one(), vec![w(), array("u", &[1], &[1.0])], "tensor u is used by no operator"),
            (one(), vec![w(), w()], "two arrays of the name w"),
            (one(), vec![array("w", &[3, 3], &[f32::NAN; 9])], "tensor w has NaN at (0, 0)"),
            (one(), vec![array("w", &[3, 3], &[1.0; 8])], "of shape (3, 3) has 32 bytes"),
            (one(), vec![array("w", &[4, 3], &[1.0; 12])], "takes 4 entries, the data have 3"),
            (one(), vec![lying], "allowed"),
            (one(), vec![Array { location: 1, ..w() }], "in another file"),
            (one(), vec![Array { kind: 8, ..w() }], "type 8"),
            (div, vec![zero], "a 0"),
        ]);
        assert!(why(&[7, 3], one(), vec![w()]).text().contains("batch of 1"));
        let conv = |pad: i64| {
            let conv = with(node("Conv", &["x", "w"], "y"), ints("pads", &[0, pad, 0, 1]));
            why(&[1, 1, 1, 3000], vec![conv], vec![array("w", &[1, 1, 1, 3], &[1.0; 3])])
        };
        assert!(conv(1).text().contains("3000 × 3000 when written out"));
        assert!(conv(1 << 40).text().contains("as a side or a padding"));
        let many = [0x3a, 0x00].repeat(300_000);
        assert!(read(&many, None).unwrap_err().text().contains("more than 200000 parts"));
        for bytes in [&b""[..], b"\x08", b"\x08\x08", b"\x3a\xff\xff\xff\xff\x7f", b"hello"] {
            assert!(read(bytes, None).is_err());
        }
    }

    proptest! {
        /// Damaged files are read as something else, or refused; nothing breaks.
        #[test]
        fn damage_breaks_nothing(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9),
        ) {
            let conv = with(node("Conv", &["x", "k", "b"], "c"), ints("pads", &[1, 1, 1, 1]));
            let nodes = vec![
                conv,
                with(node("LeakyRelu", &["c"], "r"), float("alpha", 0.1)),
                with(node("AveragePool", &["r"], "p"), ints("kernel_shape", &[2, 2])),
                node("Reshape", &["p", "s"], "f"),
                with(node("Gemm", &["f", "w", "e"], "y"), int("transB", 1)),
            ];
            let arrays = vec![
                array("k", &[1, 1, 3, 3], &[1.0; 9]),
                array("b", &[1], &[1.0]),
                shape("s", &[0, -1]),
                array("w", &[2, 9], &[1.0; 18]),
                array("e", &[2], &[1.0; 2]),
            ];
            let mut bytes = file(&[1, 1, 4, 4], nodes, arrays);
            prop_assert!(read(&bytes, None).is_ok());
            for (at, byte) in edits {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Ok(graph) = read(&bytes, None) {
                for layer in &graph.layers {
                    prop_assert!(layer.weights.iter().all(|w| w.is_finite()));
                }
            }
            bytes.truncate(bytes.len() / 2);
            prop_assert!(read(&bytes, None).is_err());
        }
    }
}
