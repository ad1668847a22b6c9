//! Lists of numbers in files: NumPy arrays, and text.

use std::path::Path;

use npyz::{DType, NpyFile, TypeChar};

use crate::model::error::{Error, Kind, Result};
use crate::run::store;

/// How NumPy files begin.
const MAGIC: &[u8] = b"\x93NUMPY";
/// Numbers at most: a file that says it has more is not read.
const MOST: u64 = 1_000_000;

/// The numbers of a file, row by row, exactly as doubles: an array of NumPy of floats or integers,
/// or text with commas, spaces or lines between numbers.
///
/// # Errors
/// It cannot be read, or holds something else.
pub fn read(parameter: &str, path: &Path) -> Result<Vec<f64>> {
    let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
    let bytes = store::read(parameter, path)?
        .ok_or_else(|| Error::io(parameter, path, "read", &missing()))?;
    let refused = |why: String| Error::new(parameter, path.display(), why).of(Kind::File);
    if bytes.starts_with(MAGIC) {
        array(&bytes).map_err(refused)
    } else {
        text(&bytes).map_err(refused)
    }
}

/// How many numbers the header of an array promises, without overflow; `None` where it says
/// nothing of the kind.
fn promised(bytes: &[u8]) -> Option<u64> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1 << 16)]);
    let (_, rest) = head.split_once("'shape'")?;
    let (shape, _) = rest.split_once('(')?.1.split_once(')')?;
    let sides = shape.split(',').map(str::trim).filter(|side| !side.is_empty());
    sides.map(|side| side.parse().unwrap_or(u64::MAX)).try_fold(1u64, u64::checked_mul)
}

fn array(bytes: &[u8]) -> std::result::Result<Vec<f64>, String> {
    // The library takes the header's word for it.
    let count = promised(bytes).ok_or("is no array of NumPy, or one beyond any memory")?;
    if count > MOST {
        return Err(format!("holds more than {MOST} numbers"));
    }
    let file = NpyFile::new(bytes).map_err(|why| format!("is no array of NumPy: {why}"))?;
    if file.order() != npyz::Order::C && file.shape().len() > 1 {
        return Err("is in Fortran order: store it with order='C'".into());
    }
    let dtype = file.dtype();
    let plain = match &dtype {
        DType::Plain(kind) => Some((kind.type_char(), kind.size_field())),
        _ => None,
    };
    let failed = |why: std::io::Error| format!("cannot be read: {why}");
    let values: Vec<f64> = match plain {
        Some((TypeChar::Float, 8)) => file.into_vec().map_err(failed)?,
        Some((TypeChar::Float, 4)) => {
            let values: Vec<f32> = file.into_vec().map_err(failed)?;
            values.into_iter().map(f64::from).collect()
        }
        Some((TypeChar::Uint, 1)) => {
            let values: Vec<u8> = file.into_vec().map_err(failed)?;
            values.into_iter().map(f64::from).collect()
        }
        Some((TypeChar::Int, 4)) => {
            let values: Vec<i32> = file.into_vec().map_err(failed)?;
            values.into_iter().map(f64::from).collect()
        }
        Some((TypeChar::Int, 8)) => {
            let values: Vec<i64> = file.into_vec().map_err(failed)?;
            values.into_iter().map(|value| value as f64).collect()
        }
        _ => {
            let known = "float64, float32, uint8, int32 or int64";
            return Err(format!("holds {}, which is none of {known}", dtype.descr()));
        }
    };
    if values.len() as u64 == count { Ok(values) } else { Err("ends too early".into()) }
}

fn text(bytes: &[u8]) -> std::result::Result<Vec<f64>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is neither text nor an array of NumPy")?;
    // Between two commas there has to be a number: what is missing would shift the others.
    let missing = |line: &str| {
        let fields: Vec<&str> = line.trim().split([',', ';']).map(str::trim).collect();
        fields.len() > 1 && fields[..fields.len() - 1].iter().any(|field| field.is_empty())
    };
    if let Some(line) = text.lines().position(missing) {
        return Err(format!("has no number between two commas in line {}", line + 1));
    }
    let words = text.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    let mut values = Vec::new();
    for (at, word) in words.filter(|word| !word.is_empty()).enumerate() {
        if at as u64 >= MOST {
            return Err(format!("holds more than {MOST} numbers"));
        }
        let value = word.parse().ok().filter(|value: &f64| value.is_finite());
        let short = crate::model::clean::short(word, 40);
        values
            .push(value.ok_or_else(|| format!("has '{short}' at entry {at}, which is no number"))?);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dtype: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let mut header =
            format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}");
        while (header.len() + 11) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0], &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn arrays_of_the_usual_types_are_read_exactly() {
        let doubles: Vec<u8> = [0.1f64, -2.5, 1e300].iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(array(&written("<f8", "(3,)", &doubles)).unwrap(), [0.1, -2.5, 1e300]);
        assert_eq!(array(&written("<f8", "(1, 3)", &doubles)).unwrap().len(), 3);
        let singles: Vec<u8> = [0.1f32, 3.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!(array(&written("<f4", "(2,)", &singles)).unwrap(), [f64::from(0.1f32), 3.0]);
        assert_eq!(array(&written("|u1", "(2,)", &[255, 7])).unwrap(), [255.0, 7.0]);
    }

    #[test]
    fn what_is_no_list_of_numbers_is_refused() {
        for (bytes, words) in [
            (written("<c16", "(1,)", &[0; 16]), "none of"),
            (written("<f8", "(9,)", &[0; 16]), "read"),
            (written("<f8", "(99999999999, 99999999999)", &[]), "beyond"),
            (written("<f8", "(1, 2000000)", &[]), "more than"),
            (b"\x93NUMPY\x01\x00".to_vec(), "no array"),
        ] {
            let why = array(&bytes).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
        assert_eq!(text(b"1, 2.5\n-3e2;4").unwrap(), [1.0, 2.5, -300.0, 4.0]);
        assert_eq!(text(b"1,2,\n3 , 4").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        for bad in [&b"1 two 3"[..], b"nan", b"1 inf", b"\xff\xfe", b"1,,2", b"1\n,2"] {
            assert!(text(bad).is_err());
        }
        assert!(text(b"").unwrap().is_empty());
    }
}
