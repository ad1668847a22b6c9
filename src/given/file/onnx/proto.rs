//! The messages of ONNX, as far as they are read, and their decoding within limits. What is not
//! declared here is skipped; what would change the meaning of a network is declared, to be
//! refused.

use prost::Message;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::given::file::refusal::{Read, refuse};

/// Messages and texts in a file at most: a message of two bytes takes hundreds in memory.
const PARTS: usize = 200_000;

/// A file.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Model {
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub opsets: Vec<Opset>,
    /// Operators that the file defines itself.
    #[prost(bytes = "vec", repeated, tag = "25")]
    pub functions: Vec<Vec<u8>>,
}

/// A version of a set of operators.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Opset {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// The network.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<Node>,
    #[prost(message, repeated, tag = "5")]
    pub initializers: Vec<Array>,
    #[prost(message, repeated, tag = "11")]
    pub inputs: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub outputs: Vec<ValueInfo>,
    #[prost(bytes = "vec", repeated, tag = "15")]
    pub sparse: Vec<Vec<u8>>,
}

/// An operator at work.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub outputs: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub operator: String,
    #[prost(message, repeated, tag = "5")]
    pub attributes: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub domain: String,
}

/// A constant of an operator.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, optional, tag = "2")]
    pub float: Option<f32>,
    #[prost(int64, optional, tag = "3")]
    pub int: Option<i64>,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub text: Option<Vec<u8>>,
    #[prost(message, optional, tag = "5")]
    pub array: Option<Array>,
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
}

/// A tensor.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Array {
    #[prost(int64, repeated, tag = "1")]
    pub sides: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub kind: i32,
    #[prost(float, repeated, tag = "4")]
    pub floats: Vec<f32>,
    #[prost(int32, repeated, tag = "5")]
    pub ints: Vec<i32>,
    #[prost(int64, repeated, tag = "7")]
    pub longs: Vec<i64>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "vec", tag = "9")]
    pub raw: Vec<u8>,
    #[prost(double, repeated, tag = "10")]
    pub doubles: Vec<f64>,
    /// 1: the numbers are in another file.
    #[prost(int32, tag = "14")]
    pub location: i32,
}

/// An input or output.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub kind: Option<Type>,
}

/// Its type.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Type {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

/// Of an array.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorType {
    #[prost(int32, tag = "1")]
    pub kind: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

/// Its shape.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub sides: Vec<Side>,
}

/// A side of a shape; one without a value is free.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Side {
    #[prost(int64, optional, tag = "1")]
    pub value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub name: Option<String>,
}

/// Fields of a message that are messages or texts, with what is in them.
struct Fields(&'static [(u32, Fields)]);

const NOTHING: Fields = Fields(&[]);
const ARRAY: Fields = Fields(&[(8, NOTHING)]);
const ATTRIBUTE: Fields = Fields(&[(1, NOTHING), (5, ARRAY)]);
const NODE: Fields =
    Fields(&[(1, NOTHING), (2, NOTHING), (3, NOTHING), (4, NOTHING), (5, ATTRIBUTE), (7, NOTHING)]);
const SHAPE: Fields = Fields(&[(1, Fields(&[(2, NOTHING)]))]);
const VALUE: Fields = Fields(&[(1, NOTHING), (2, Fields(&[(1, Fields(&[(2, SHAPE)]))]))]);
const GRAPH: Fields = Fields(&[(1, NODE), (5, ARRAY), (11, VALUE), (12, VALUE), (15, NOTHING)]);
const MODEL: Fields = Fields(&[(7, GRAPH), (8, Fields(&[(1, NOTHING)])), (25, NOTHING)]);

/// How many of them there are; `None` if the bytes are no message.
fn count(mut bytes: &[u8], fields: &Fields) -> Option<usize> {
    let mut found = 0;
    while !bytes.is_empty() {
        let (tag, wire) = decode_key(&mut bytes).ok()?;
        let inner = fields.0.iter().find(|(known, _)| *known == tag);
        match inner.filter(|_| wire == WireType::LengthDelimited) {
            Some((_, inner)) => {
                let length = usize::try_from(decode_varint(&mut bytes).ok()?).ok()?;
                let (content, rest) = bytes.split_at_checked(length)?;
                found += 1 + count(content, inner)?;
                bytes = rest;
            }
            None => skip_field(wire, tag, &mut bytes, DecodeContext::default()).ok()?,
        }
    }
    Some(found)
}

/// The model that the bytes of a file hold.
pub(super) fn decode(bytes: &[u8]) -> Read<Model> {
    let Some(parts) = count(bytes, &MODEL) else {
        return refuse("cannot be read as ONNX: it is damaged, or something else");
    };
    if parts > PARTS {
        return refuse(format!("holds more than {PARTS} parts"));
    }
    Ok(Model::decode(bytes).map_err(|why| format!("cannot be read as ONNX: {why}"))?)
}
