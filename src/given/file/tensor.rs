//! An array with a name, and the numbers in it, exactly as doubles.

use half::{bf16, f16};
use ndarray::{Array1, Array2};

use crate::given::Dtype;

use super::refusal::{Read, Refusal, refuse, shown, sides};

/// Numbers of a file at most: 512 MiB as doubles.
pub(super) const ENTRIES: usize = 1 << 26;
/// Whole numbers beyond are not all doubles.
const WHOLE: u64 = 1 << 53;

/// A type of numbers in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Float(Dtype),
    /// Of so many bytes.
    Signed(usize),
    /// Of so many bytes.
    Unsigned(usize),
}

impl Kind {
    /// Bytes of a number.
    pub fn size(self) -> usize {
        match self {
            Kind::Float(Dtype::F16 | Dtype::BF16) => 2,
            Kind::Float(Dtype::F32) => 4,
            Kind::Float(Dtype::F64) => 8,
            Kind::Signed(size) | Kind::Unsigned(size) => size,
        }
    }

    pub fn name(self) -> String {
        match self {
            Kind::Float(dtype) => dtype.name().into(),
            Kind::Signed(size) => format!("int{}", 8 * size),
            Kind::Unsigned(size) => format!("uint{}", 8 * size),
        }
    }

    /// The numbers that little-endian bytes hold, which are a multiple of their size.
    pub fn decode(self, bytes: &[u8]) -> Read<Vec<f64>> {
        let each = bytes.chunks_exact(self.size());
        Ok(match self {
            Kind::Float(Dtype::F16) => {
                each.map(|b| f16::from_le_bytes(fixed(b)).to_f64()).collect()
            }
            Kind::Float(Dtype::BF16) => {
                each.map(|b| bf16::from_le_bytes(fixed(b)).to_f64()).collect()
            }
            Kind::Float(Dtype::F32) => {
                each.map(|b| f64::from(f32::from_le_bytes(fixed(b)))).collect()
            }
            Kind::Float(Dtype::F64) => each.map(|b| f64::from_le_bytes(fixed(b))).collect(),
            Kind::Signed(_) | Kind::Unsigned(_) => {
                each.enumerate().map(|(at, b)| self.whole(at, b)).collect::<Read<_>>()?
            }
        })
    }

    fn whole(self, at: usize, bytes: &[u8]) -> Read<f64> {
        let negative = matches!(self, Kind::Signed(_)) && bytes.last().is_some_and(|b| b & 128 > 0);
        let mut wide = [if negative { 255 } else { 0 }; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let (size, value) = match self {
            Kind::Signed(_) => {
                let value = i64::from_le_bytes(wide);
                (value.unsigned_abs(), value as f64)
            }
            _ => (u64::from_le_bytes(wide), u64::from_le_bytes(wide) as f64),
        };
        if size > WHOLE {
            return refuse(format!("has a whole number beyond 2^53 at entry {at}"));
        }
        Ok(value)
    }
}

/// The first bytes of a slice that has as many.
fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[..N]);
    out
}

/// Axes of an array at most.
pub(super) const AXES: usize = 32;

/// Number of entries of a shape; `None` beyond [`ENTRIES`] or [`AXES`], and where there are none.
pub(super) fn entries(shape: &[usize]) -> Option<usize> {
    if shape.len() > AXES {
        return None;
    }
    let count = shape.iter().try_fold(1usize, |count, side| count.checked_mul(*side))?;
    Some(count).filter(|count| (1..=ENTRIES).contains(count))
}

/// The index of the entry that stands at this place, row by row.
pub(super) fn place_of(mut at: usize, shape: &[usize]) -> Vec<usize> {
    let mut place = vec![0; shape.len()];
    for (index, side) in place.iter_mut().zip(shape).rev() {
        *index = at % side;
        at /= side;
    }
    place
}

/// An array with a name, of finite numbers, one at least.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub name: String,
    pub kind: Kind,
    pub shape: Vec<usize>,
    /// Row by row.
    pub values: Vec<f64>,
}

impl Tensor {
    /// # Errors
    /// Another number of values than the shape says, none, or one that is not finite.
    pub fn new(name: &str, kind: Kind, shape: Vec<usize>, values: Vec<f64>) -> Read<Self> {
        let tensor = Tensor { name: name.to_owned(), kind, shape, values };
        if tensor.shape.contains(&0) {
            return tensor.refuse("at least one number is needed");
        }
        if entries(&tensor.shape) != Some(tensor.values.len()) {
            return tensor.refuse(&format!("but {} numbers", tensor.values.len()));
        }
        match tensor.values.iter().position(|value| !value.is_finite()) {
            Some(at) => {
                let (place, value) = (sides(&place_of(at, &tensor.shape)), tensor.values[at]);
                let name = shown(&tensor.name);
                refuse(format!("tensor {name} has {value} at {place}: finite numbers are allowed"))
            }
            None => Ok(tensor),
        }
    }

    /// The same from little-endian bytes.
    ///
    /// # Errors
    /// As above, and too many or too few bytes.
    pub fn decode(name: &str, kind: Kind, shape: Vec<usize>, bytes: &[u8]) -> Read<Self> {
        let count = entries(&shape);
        if count.and_then(|count| count.checked_mul(kind.size())) != Some(bytes.len()) {
            let (name, shape) = (shown(name), sides(&shape));
            return refuse(format!(
                "tensor {name} of shape {shape} has {} bytes of {}: one number to {ENTRIES} are \
                 allowed, and as many bytes as they take",
                bytes.len(),
                kind.name(),
            ));
        }
        let named = |why: Refusal| why.of_tensor(name);
        let values = kind.decode(bytes).map_err(named)?;
        Tensor::new(name, kind, shape, values)
    }

    /// `Err` that says which array it is about.
    pub fn refuse<T>(&self, why: &str) -> Read<T> {
        refuse(format!("tensor {} has shape {}: {why}", shown(&self.name), sides(&self.shape)))
    }

    /// The type, which has to be one of floats.
    pub fn dtype(&self) -> Read<Dtype> {
        match self.kind {
            Kind::Float(dtype) => Ok(dtype),
            other => refuse(format!(
                "tensor {} holds {}: float16, bfloat16, float32 and float64 are allowed",
                shown(&self.name),
                other.name()
            )),
        }
    }

    /// Rows and columns, where it is a matrix.
    pub fn matrix(&self) -> Option<(usize, usize)> {
        match self.shape[..] {
            [rows, columns] => Some((rows, columns)),
            _ => None,
        }
    }

    /// Its length, where it is a vector, if written as a row or a column.
    pub fn vector(&self) -> Option<usize> {
        let long = self.shape.iter().filter(|side| **side != 1).count();
        (long <= 1 && !self.shape.is_empty()).then_some(self.values.len())
    }

    /// The matrix, turned around if so asked.
    pub fn into_matrix(self, turned: bool) -> Read<Array2<f64>> {
        let Some(shape) = self.matrix() else { return self.refuse("a matrix is needed") };
        match Array2::from_shape_vec(shape, self.values) {
            Ok(matrix) if turned => Ok(matrix.t().as_standard_layout().into_owned()),
            Ok(matrix) => Ok(matrix),
            Err(why) => refuse(why.to_string()),
        }
    }

    /// All its numbers in a row.
    pub fn into_vector(self) -> Array1<f64> {
        Array1::from_vec(self.values)
    }
}

/// The wider of two types: one that holds the numbers of both.
pub(super) fn wider(one: Dtype, other: Dtype) -> Dtype {
    match (one, other) {
        (Dtype::F16, Dtype::BF16) | (Dtype::BF16, Dtype::F16) => Dtype::F32,
        _ => one.max(other),
    }
}

/// The nearest float of a type.
pub(super) fn rounded(value: f64, dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F16 => f16::from_f64(value).to_f64(),
        Dtype::BF16 => bf16::from_f64(value).to_f64(),
        Dtype::F32 => f64::from(value as f32),
        Dtype::F64 => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_exactly() {
        let read = |kind: Kind, bytes: &[u8]| kind.decode(bytes).unwrap();
        assert_eq!(
            read(Kind::Float(Dtype::F16), &[0x55, 0x35, 0x01, 0x00]),
            [1365.0 / 4096.0, 2f64.powi(-24)]
        );
        assert_eq!(read(Kind::Float(Dtype::BF16), &[0x80, 0x3f, 0xc0, 0xc0]), [1.0, -6.0]);
        assert_eq!(read(Kind::Float(Dtype::F32), &0.1f32.to_le_bytes()), [f64::from(0.1f32)]);
        assert_eq!(read(Kind::Float(Dtype::F64), &(-0.1f64).to_le_bytes()), [-0.1]);
        assert_eq!(read(Kind::Signed(2), &[0xff, 0xff, 0, 1]), [-1.0, 256.0]);
        assert_eq!(read(Kind::Unsigned(1), &[255, 7]), [255.0, 7.0]);
        assert_eq!(read(Kind::Signed(8), &(-(1i64 << 53)).to_le_bytes()), [-(2f64.powi(53))]);
        for wide in [1i64 << 60, i64::MIN, (1 << 53) + 1] {
            assert!(Kind::Signed(8).decode(&wide.to_le_bytes()).is_err());
        }
    }

    #[test]
    fn what_is_no_number_is_named_with_its_place() {
        let floats = Kind::Float(Dtype::F64);
        let bad = Tensor::new("w", floats, vec![2, 3], vec![0.0, 1.0, 2.0, 3.0, f64::NAN, 5.0]);
        let why = bad.unwrap_err();
        assert_eq!(why.text(), "tensor w has NaN at (1, 1): finite numbers are allowed");
        assert!(Tensor::new("w", floats, vec![2, 0], vec![]).unwrap_err().text().contains("one"));
        assert!(Tensor::new("w", floats, vec![2], vec![1.0]).is_err());
        let wide = Tensor::decode("w", floats, vec![usize::MAX, 2], &[]);
        assert!(wide.unwrap_err().text().contains("allowed"));
        assert_eq!(wider(Dtype::F16, Dtype::BF16), Dtype::F32);
        assert_eq!(wider(Dtype::F64, Dtype::F32), Dtype::F64);
    }
}
