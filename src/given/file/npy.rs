//! Arrays of NumPy (`.npy`, format 1 to 3). The header is read strictly and nothing is kept for
//! what it promises before the bytes are there.

use std::io::Read as _;

use crate::given::Dtype;

use super::refusal::{Read, refuse, sides};
use super::tensor::{ENTRIES, Kind, entries};

/// How such files begin.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// Bytes of a header at most; NumPy's own are 118 for arrays of a few axes.
const HEADER: usize = 1 << 14;
/// Types that are read.
const KNOWN: &str = "floats of 2, 4 or 8 bytes and whole numbers of 1 to 8 are allowed";

/// What a header says.
struct Header {
    kind: Kind,
    big_endian: bool,
    fortran: bool,
    shape: Vec<usize>,
}

/// An array.
#[derive(Debug, PartialEq)]
pub(super) struct Array {
    pub kind: Kind,
    pub shape: Vec<usize>,
    /// Row by row, whatever the order in the file.
    pub values: Vec<f64>,
}

/// The array that a stream holds, of at most so many numbers.
pub(super) fn read(mut from: impl std::io::Read, most: usize) -> Read<Array> {
    let header = header(&mut from)?;
    let count = entries(&header.shape).filter(|count| *count <= most);
    let Some(count) = count else {
        let shape = sides(&header.shape);
        return refuse(format!(
            "has shape {shape}: one number to {} are allowed",
            most.min(ENTRIES)
        ));
    };
    let size = header.kind.size();
    let wanted = count * size;
    let mut bytes = Vec::new();
    let failed = |why: std::io::Error| format!("cannot be read: {}", why.kind());
    // One more tells whether something follows.
    from.take(wanted as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() != wanted {
        let what = if bytes.len() < wanted { "ends before" } else { "goes on behind" };
        return refuse(format!("{what} the {count} numbers that its header says"));
    }
    if header.big_endian {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    let mut values = header.kind.decode(&bytes)?;
    if header.fortran && header.shape.len() > 1 {
        values = by_rows(&values, &header.shape);
    }
    Ok(Array { kind: header.kind, shape: header.shape, values })
}

/// From columns first to rows first.
fn by_rows(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let mut place = vec![0; shape.len()];
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let at = place.iter().zip(shape).rev().fold(0, |at, (index, side)| at * side + index);
        out.push(values[at]);
        for (index, side) in place.iter_mut().zip(shape).rev() {
            *index += 1;
            if *index < *side {
                break;
            }
            *index = 0;
        }
    }
    out
}

fn header(from: &mut impl std::io::Read) -> Read<Header> {
    let none = "is no array of NumPy";
    let mut start = [0; 8];
    from.read_exact(&mut start).map_err(|_| none)?;
    if !start.starts_with(MAGIC) {
        return refuse(none);
    }
    let mut length = [0; 4];
    let digits = if start[6] == 1 { 2 } else { 4 };
    from.read_exact(&mut length[..digits]).map_err(|_| none)?;
    let length = u32::from_le_bytes(length) as usize;
    if !(1..=3).contains(&start[6]) || length > HEADER {
        return refuse("is an array of NumPy of an unknown version or with an endless header");
    }
    let mut text = vec![0; length];
    from.read_exact(&mut text).map_err(|_| "ends within the header of an array of NumPy")?;
    let text = str::from_utf8(&text).map_err(|_| none)?;
    dictionary(text)
}

/// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order.
fn dictionary(text: &str) -> Read<Header> {
    let bad = || "has a header that is none of an array of NumPy";
    let mut rest = text.trim().strip_prefix('{').ok_or_else(bad)?.trim_start();
    let (mut descr, mut fortran, mut shape) = (None, None, None);
    while !rest.starts_with('}') {
        let (key, value) = quoted(rest).ok_or_else(bad)?;
        let value = value.trim_start().strip_prefix(':').ok_or_else(bad)?.trim_start();
        let again = match key {
            "descr" => {
                let Some((text, after)) = quoted(value) else {
                    return refuse(format!("is a table, not an array of numbers: {KNOWN}"));
                };
                rest = after;
                descr.replace(text).is_some()
            }
            "fortran_order" => {
                let word = value.find(|c: char| !c.is_alphabetic()).unwrap_or(value.len());
                let (word, after) = value.split_at(word);
                rest = after;
                let truth = match word {
                    "True" => true,
                    "False" => false,
                    _ => return Err(bad().into()),
                };
                fortran.replace(truth).is_some()
            }
            "shape" => {
                let inner = value.strip_prefix('(').ok_or_else(bad)?;
                let (inner, after) = inner.split_once(')').ok_or_else(bad)?;
                rest = after;
                let sides = inner.trim().trim_end_matches(',');
                let sides = sides.split(',').map(str::trim).filter(|_| !sides.is_empty());
                let sides = sides.map(|side| side.trim_end_matches('L').parse().map_err(|_| bad()));
                shape.replace(sides.collect::<Result<Vec<usize>, _>>()?).is_some()
            }
            _ => true,
        };
        if again {
            return Err(bad().into());
        }
        rest = rest.trim_start();
        rest = rest.strip_prefix(',').map_or(rest, str::trim_start);
    }
    match (descr, fortran, shape, rest) {
        (Some(descr), Some(fortran), Some(shape), "}") => {
            let (kind, big_endian) = kind(descr)?;
            Ok(Header { kind, big_endian, fortran, shape })
        }
        _ => Err(bad().into()),
    }
}

/// A text between quotes, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    text[1..].split_once(quote)
}

/// A type such as `<f8`, and whether its bytes are turned around.
fn kind(descr: &str) -> Read<(Kind, bool)> {
    let (big, rest) = match descr.split_at_checked(1) {
        Some((">", rest)) => (true, rest),
        Some(("<" | "|" | "=", rest)) => (false, rest),
        _ => (false, descr),
    };
    let kind = match rest {
        "f2" => Kind::Float(Dtype::F16),
        "f4" => Kind::Float(Dtype::F32),
        "f8" => Kind::Float(Dtype::F64),
        "i1" => Kind::Signed(1),
        "i2" => Kind::Signed(2),
        "i4" => Kind::Signed(4),
        "i8" => Kind::Signed(8),
        "u1" | "b1" => Kind::Unsigned(1),
        "u2" => Kind::Unsigned(2),
        "u4" => Kind::Unsigned(4),
        "u8" => Kind::Unsigned(8),
        _ => {
            let descr = crate::model::clean::short(descr, 20);
            return refuse(format!("holds numbers of type '{descr}': {KNOWN}"));
        }
    };
    Ok((kind, big))
}

/// An array as a file: rows first, little-endian, of `float32` or `float64`, exactly.
pub(super) fn written(dtype: Dtype, shape: &[usize], values: impl Iterator<Item = f64>) -> Vec<u8> {
    let wide = dtype == Dtype::F64;
    let shape: String = shape.iter().map(|side| format!("{side},")).collect();
    let descr = if wide { "<f8" } else { "<f4" };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}");
    while (text.len() + 11) % 64 != 0 {
        text.push(' ');
    }
    text.push('\n');
    let mut out = [MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat();
    for value in values {
        if wide {
            out.extend(value.to_le_bytes());
        } else {
            out.extend((value as f32).to_le_bytes());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [MAGIC, &[1, 0], &length, header.as_bytes(), data].concat()
    }

    fn plain(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = format!("'fortran_order': {order}");
        file(&format!("{{'descr': '{descr}', {order}, 'shape': {shape}, }}    \n"), data)
    }

    fn doubles(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn arrays_of_the_usual_types_are_read_exactly() {
        let read = |bytes: &[u8]| read(bytes, 100).unwrap();
        let three = doubles(&[0.1, -2.5, 1e300]);
        assert_eq!(read(&plain("<f8", "False", "(3,)", &three)).values, [0.1, -2.5, 1e300]);
        assert_eq!(read(&plain("<f8", "False", "(1, 3)", &three)).shape, [1, 3]);
        assert_eq!(read(&plain("<f8", "False", "()", &doubles(&[2.0]))).values, [2.0]);
        let turned: Vec<u8> = 0.1f32.to_be_bytes().into();
        assert_eq!(read(&plain(">f4", "False", "(1,)", &turned)).values, [f64::from(0.1f32)]);
        assert_eq!(read(&plain("|u1", "False", "(2L,)", &[255, 7])).values, [255.0, 7.0]);
        let columns = doubles(&[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        let array = read(&plain("<f8", "True", "(2, 3)", &columns));
        assert_eq!(array.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let cube = read(&plain("|i1", "True", "(2, 2, 2)", &[0, 4, 2, 6, 1, 5, 3, 7]));
        assert_eq!(cube.values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        let other = "{\"shape\":(1,),\"descr\":\"<f8\",\"fortran_order\":False}";
        assert_eq!(read(&file(other, &doubles(&[7.0]))).values, [7.0]);
    }

    #[test]
    fn what_is_written_is_read() {
        let values = [0.1, -2.5, 1e-310, 4.0];
        let bytes = written(Dtype::F64, &[2, 2], values.into_iter());
        let array = read(&bytes[..], 4).unwrap();
        assert_eq!((array.kind, &array.values[..]), (Kind::Float(Dtype::F64), &values[..]));
        assert_eq!((bytes.len() - 32) % 64, 0, "aligned as NumPy has it");
    }

    #[test]
    fn headers_that_lie_are_refused() {
        for (bytes, words) in [
            (plain("<c16", "False", "(1,)", &[0; 16]), "allowed"),
            (plain("|O", "False", "(1,)", &[0; 16]), "allowed"),
            (plain("<f8", "False", "(9,)", &[0; 16]), "ends before"),
            (plain("<f8", "False", "(1,)", &[0; 16]), "goes on"),
            (plain("<f8", "False", "(99999999999, 99999999999)", &[]), "allowed"),
            (plain("<f8", "False", "(0, 99999999999, 99999999999)", &[]), "allowed"),
            (plain("<f8", "False", "(0,)", &[]), "allowed"),
            (plain("<f8", "False", "(101,)", &[0; 808]), "100 are"),
            (plain("<f8", "False", "(-1,)", &[0; 8]), "header"),
            (plain("<f8", "Maybe", "(1,)", &[0; 8]), "header"),
            (file(&"(".repeat(16000), &[]), "header"),
            (
                file("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", &[]),
                "table",
            ),
            (file("{'shape': (1,), 'shape': (2,)}", &[]), "header"),
            (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "endless"),
            (b"\x93NUMPY\x09\x00\x08\x00\x00\x00".to_vec(), "version"),
            (b"\x93NUMPY\x01\x00".to_vec(), "no array"),
        ] {
            let why = read(&bytes[..], 100).unwrap_err();
            assert!(why.text().contains(words), "{}", why.text());
        }
    }
}
