//! Lists and tables of numbers in files: arrays of NumPy, and text.

use std::path::Path;

use ndarray::Array2;

use crate::model::clean::short;
use crate::model::error::Result;

use super::bytes;
use super::npy::{self, MAGIC};
use super::refusal::{Read, refuse, sides};
use super::tensor::ENTRIES;

/// Numbers of a plain list at most.
const LIST: usize = 1_000_000;

/// The numbers of a file, row by row, exactly as doubles: an array of NumPy of floats or integers,
/// or text with commas, spaces or lines between numbers, where lines that begin with # are
/// comments.
///
/// # Errors
/// It cannot be read, holds something else, or more than a million numbers. `parameter` named it.
pub fn numbers(parameter: &str, path: &Path) -> Result<Vec<f64>> {
    let bytes = bytes::read(parameter, path)?;
    table(&bytes, LIST).map(|table| table.values).map_err(|why| why.of(parameter, path))
}

/// Inputs, one a row, exactly as doubles: an array of NumPy (k × d, one of d, or k × … with d
/// entries behind the first axis), or text with an input a line, or with one in all its lines.
///
/// # Errors
/// It cannot be read, its inputs have another number of entries, or a number is not finite.
pub fn points(path: &Path, dimension: usize) -> Result<Array2<f64>> {
    let bytes = bytes::read("inputs", path)?;
    table(&bytes, ENTRIES)
        .and_then(|table| table.rows(dimension))
        .map_err(|why| why.of("inputs", path))
}

/// How many entries the inputs of a file may have, for a network that leaves it open: those of a
/// row, or all where the file holds one input. None where it is no file of inputs.
pub fn dimensions(path: &Path) -> Vec<usize> {
    let Ok(bytes) = bytes::read("inputs", path) else { return Vec::new() };
    let Ok(Table { shape, values, .. }) = table(&bytes, ENTRIES) else { return Vec::new() };
    let row =
        shape.filter(|shape| shape.len() > 1).map(|shape| shape[1..].iter().product::<usize>());
    let mut all: Vec<usize> = row.into_iter().chain([values.len()]).filter(|d| *d > 0).collect();
    all.dedup();
    all
}

/// Classes, one an input: whole numbers from 0, less than the number of outputs (0 or 1 for a
/// single output).
///
/// # Errors
/// It cannot be read, or an entry is no class.
pub fn labels(path: &Path, outputs: usize) -> Result<Vec<usize>> {
    let bytes = bytes::read("labels", path)?;
    table(&bytes, ENTRIES)
        .and_then(|table| table.classes(outputs.max(2)))
        .map_err(|why| why.of("labels", path))
}

/// Numbers with a shape; text has one a line, and no shape if its lines differ.
#[derive(Debug)]
struct Table {
    shape: Option<Vec<usize>>,
    values: Vec<f64>,
    /// The first line that has another number of entries than those before: where it is, how many
    /// it has, and how many they have.
    ragged: Option<[usize; 3]>,
}

impl Table {
    fn rows(self, dimension: usize) -> Read<Array2<f64>> {
        let count = self.values.len();
        let by_rows = self.shape.as_ref().is_some_and(|shape| {
            let behind = shape.iter().skip(1).product::<usize>();
            behind == dimension && (shape.len() > 1 || dimension == 1)
        });
        let rows = if by_rows {
            count / dimension
        } else if count == dimension {
            1
        } else {
            let has = match (&self.shape, self.ragged) {
                _ if count == 0 => "holds no number".to_owned(),
                (Some(shape), _) => format!("has shape {}", sides(shape)),
                (None, Some([line, own, before])) => {
                    format!(
                        "has lines of different lengths ({own} in line {line}, {before} before)"
                    )
                }
                (None, None) => format!("has {count} numbers"),
            };
            return refuse(format!("{has}: inputs of {dimension} entries are allowed, one a row"));
        };
        if let Some(at) = self.values.iter().position(|value| !value.is_finite()) {
            let (row, entry, value) = (at / dimension, at % dimension, self.values[at]);
            let what = format!("has {value} at entry {entry} of input {row}");
            return refuse(format!("{what}, both from 0: finite numbers are allowed"));
        }
        Array2::from_shape_vec((rows, dimension), self.values).map_err(|why| why.to_string().into())
    }

    fn classes(self, classes: usize) -> Read<Vec<usize>> {
        let vector = self
            .shape
            .as_ref()
            .is_none_or(|shape| shape.iter().filter(|side| **side != 1).count() <= 1);
        if !vector {
            let shape = sides(&self.shape.unwrap_or_default());
            return refuse(format!("has shape {shape}: one class an input is allowed"));
        }
        let class = |(at, value): (usize, &f64)| {
            let known = *value >= 0.0 && value.fract() == 0.0 && *value < classes as f64;
            if known {
                return Ok(*value as usize);
            }
            let last = classes - 1;
            refuse(format!("has {value} at entry {at}: classes are whole numbers from 0 to {last}"))
        };
        self.values.iter().enumerate().map(class).collect()
    }
}

fn table(bytes: &[u8], most: usize) -> Read<Table> {
    if bytes.starts_with(MAGIC) {
        let array = npy::read(bytes, most)?;
        return Ok(Table { shape: Some(array.shape), values: array.values, ragged: None });
    }
    text(bytes, most)
}

/// What a word of a text is, where it is no finite number.
fn no_number(word: &str) -> &'static str {
    match word.parse::<f64>() {
        Ok(value) if value.is_infinite() && word.contains(|c: char| c.is_ascii_digit()) => {
            "which is beyond what a double can hold"
        }
        Ok(_) => "where finite numbers are allowed",
        Err(_) => "which is no number",
    }
}

fn text(bytes: &[u8], most: usize) -> Read<Table> {
    let text = str::from_utf8(bytes).map_err(|_| "is neither text nor an array of NumPy")?;
    // Some programs begin a text with a mark of its encoding.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut values, mut width, mut lines, mut ragged) = (Vec::new(), None, 0, None);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // Between two commas there has to be a number: what is missing would shift the others.
        let fields: Vec<&str> = line.split([',', ';']).map(str::trim).collect();
        let (_, before) = fields.split_last().unwrap_or((&"", &[]));
        if before.iter().any(|field| field.is_empty()) {
            return refuse(format!("has no number between two commas in line {}", number + 1));
        }
        let start = values.len();
        for word in fields.iter().flat_map(|field| field.split_whitespace()) {
            let at = values.len();
            if at >= most {
                return refuse(format!("holds more than {most} numbers"));
            }
            let value = word.parse().ok().filter(|value: &f64| value.is_finite());
            let Some(value) = value else {
                let (what, word) = (no_number(word), short(word, 40));
                let head = lines == 0 && what == "which is no number";
                let hint =
                    if head { ": names of columns begin with #, or are left out" } else { "" };
                return refuse(format!("has '{word}' in line {}, {what}{hint}", number + 1));
            };
            values.push(value);
        }
        lines += 1;
        let own = values.len() - start;
        let before = *width.get_or_insert(own);
        if own != before {
            ragged = ragged.or(Some([number + 1, own, before]));
        }
    }
    let shape = width.filter(|_| ragged.is_none()).map(|width| vec![lines, width]);
    Ok(Table { shape, values, ragged })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_words_and_lines() {
        let read = |bytes: &[u8]| text(bytes, 10).map(|table| table.values);
        assert_eq!(read(b"1, 2.5\n-3e2;4").unwrap(), [1.0, 2.5, -300.0, 4.0]);
        assert_eq!(read(b"# x\n1,2,\n3 , 4").unwrap(), [1.0, 2.0, 3.0, 4.0]);
        for bad in [&b"1 two 3"[..], b"nan", b"1 inf", b"\xff\xfe", b"1,,2", b"1\n,2"] {
            assert!(read(bad).is_err());
        }
        assert_eq!(read(b"\xef\xbb\xbf1,2\n3,4").unwrap(), [1.0, 2.0, 3.0, 4.0], "a mark");
        for (bytes, words) in [
            (&b"a,b\n1,2"[..], "'a' in line 1, which is no number: names of columns"),
            (b"1,2\na,b", "'a' in line 2, which is no number"),
            (b"1\n1e400", "'1e400' in line 2, which is beyond what a double can hold"),
            (b"1 nan", "'nan' in line 1, where finite numbers are allowed"),
        ] {
            let why = read(bytes).unwrap_err();
            assert!(why.text().contains(words), "{}", why.text());
        }
        assert!(read(b"").unwrap().is_empty());
        assert!(read("1 ".repeat(11).as_bytes()).unwrap_err().text().contains("more than"));
    }

    fn shaped(shape: &[usize]) -> Table {
        let count = shape.iter().product::<usize>();
        let values = (0..count).map(|value| value as f64).collect();
        Table { shape: Some(shape.to_vec()), values, ragged: None }
    }

    #[test]
    fn inputs_lie_in_rows() {
        let rows = |table: Table, dimension| table.rows(dimension).map(|rows| rows.nrows());
        assert_eq!(rows(shaped(&[5, 6]), 6).unwrap(), 5);
        assert_eq!(rows(shaped(&[5, 2, 3]), 6).unwrap(), 5);
        assert_eq!(rows(shaped(&[2, 3]), 6).unwrap(), 1, "a picture");
        assert_eq!(rows(shaped(&[6]), 6).unwrap(), 1);
        assert_eq!(rows(shaped(&[6]), 1).unwrap(), 6);
        assert_eq!(rows(text(b"1 2\n3 4\n", 9).unwrap(), 2).unwrap(), 2);
        assert_eq!(rows(text(b"1 2\n3 4\n", 9).unwrap(), 4).unwrap(), 1);
        assert_eq!(rows(text(b"1 2 3\n4\n", 9).unwrap(), 4).unwrap(), 1);
        for (table, words) in [
            (shaped(&[6, 5]), "shape (6, 5): inputs of 6 entries"),
            (shaped(&[12]), "shape (12)"),
            (text(b"1 2 3\n4\n", 9).unwrap(), "different lengths (1 in line 2, 3 before)"),
            (text(b"", 9).unwrap(), "holds no number"),
        ] {
            let why = table.rows(6).unwrap_err();
            assert!(why.text().contains(words), "{}", why.text());
        }
        let mut bad = shaped(&[2, 6]);
        bad.values[8] = f64::NEG_INFINITY;
        assert!(bad.rows(6).unwrap_err().text().contains("-inf at entry 2 of input 1"));
    }

    #[test]
    fn labels_are_classes() {
        assert_eq!(text(b"0 2\n1", 9).unwrap().classes(3).unwrap(), [0, 2, 1]);
        assert_eq!(shaped(&[3, 1]).classes(3).unwrap(), [0, 1, 2]);
        for (bytes, classes) in [(&b"0 2"[..], 2), (b"-1", 2), (b"0.5", 2)] {
            let why = text(bytes, 9).unwrap().classes(classes).unwrap_err();
            assert!(why.text().contains("from 0 to 1"), "{}", why.text());
        }
        assert!(shaped(&[2, 2]).classes(9).unwrap_err().text().contains("one class an input"));
    }
}
