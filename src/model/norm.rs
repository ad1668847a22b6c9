//! The norm in which the step is to be short, and the input where its shape matters.

use std::fmt;
use std::sync::Arc;

use rug::{Integer, Rational};

use crate::model::clean::compact;
use crate::model::error::{Error, Result};
use crate::num::{Number, fraction, nearest, whole_number};

/// Entries of a form or of an input, at most.
const MOST: usize = 1_000_000;

/// A norm on the input space. The adversarial step is the shortest that takes a linear function
/// with the gradient ∇f(x) from f(x) to (1 − t) f(x).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Norm {
    /// ‖u‖₂: along the gradient.
    #[default]
    L2,
    /// ‖u‖_∞: along the signs of the gradient.
    Linf,
    /// ‖u‖₁: one coordinate.
    L1,
    /// ‖u‖₂, with at most so many coordinates that are not 0: those of the largest entries of the
    /// gradient.
    Top(Portion),
    /// √⟨u, Mu⟩.
    Form(Form),
}

// Weights of forms are finite.
impl Eq for Norm {}

/// So many coordinates.
#[derive(Clone, PartialEq, Eq)]
pub enum Portion {
    /// A number of them.
    Count(u128),
    /// A share of the input dimension, from 0 to 1, rounded up; with the text that it was given by.
    Share(Rational, String),
}

impl Portion {
    /// k for inputs of dimension d, at least 1.
    pub fn of(&self, input: u128) -> u128 {
        match self {
            Portion::Count(count) => *count,
            Portion::Share(share, _) => {
                let exact = Rational::from(share * Integer::from(input));
                exact.ceil().into_numer_denom().0.to_u128().unwrap_or(input).max(1)
            }
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Some(percent) = text.strip_suffix('%') {
            let share = fraction(percent)? / Integer::from(100);
            return (share > 0 && share <= 1).then(|| Portion::Share(share, compact(text)));
        }
        whole_number(text).filter(|&count| count > 0).map(Portion::Count)
    }
}

impl fmt::Display for Portion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Portion::Count(count) => write!(f, "{count}"),
            Portion::Share(_, text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Portion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Height and width of inputs that are pictures, row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Grid {
    /// As `28x28`.
    ///
    /// # Errors
    /// Not two whole numbers from 1 to 1,000.
    pub fn parse(text: &str) -> Result<Self> {
        let side = |text: &str| {
            let side = whole_number(text).filter(|side| (1..=1000).contains(side))?;
            usize::try_from(side).ok()
        };
        let sides = text.split_once('x').and_then(|(h, w)| Some((side(h)?, side(w)?)));
        let grid = sides.map(|(height, width)| Grid { height, width });
        grid.ok_or_else(|| {
            Error::new("grid", text, "rows and columns of the input, each from 1 to 1000, as 28x28")
        })
    }

    /// The coordinates of a picture in the orthonormal basis of products of cosines (DCT-II).
    pub fn cosines(self, picture: &[f64]) -> Vec<f64> {
        self.transformed(picture, cosine)
    }

    /// The picture with these coordinates.
    pub fn picture(self, coordinates: &[f64]) -> Vec<f64> {
        self.transformed(coordinates, |side, n, k| cosine(side, k, n))
    }

    /// Σ_{ij} a(k, i) a(l, j) v_{ij}, row by row.
    fn transformed(self, values: &[f64], entry: impl Fn(usize, usize, usize) -> f64) -> Vec<f64> {
        let Grid { height, width } = self;
        let matrix = |side: usize| -> Vec<f64> {
            (0..side * side).map(|at| entry(side, at / side, at % side)).collect()
        };
        let (down, across) = (matrix(height), matrix(width));
        let mut rows = vec![0.0; height * width];
        for (row, from) in rows.chunks_mut(width).zip(values.chunks(width)) {
            for (l, out) in row.iter_mut().enumerate() {
                let line = &across[l * width..(l + 1) * width];
                *out = line.iter().zip(from).map(|(a, v)| a * v).sum();
            }
        }
        let mut all = vec![0.0; height * width];
        for (k, out) in all.chunks_mut(width).enumerate() {
            for (i, row) in rows.chunks(width).enumerate() {
                let weight = down[k * height + i];
                out.iter_mut().zip(row).for_each(|(out, v)| *out += weight * v);
            }
        }
        all
    }
}

/// Entry n of the orthonormal cosine of frequency k.
fn cosine(side: usize, k: usize, n: usize) -> f64 {
    let scale = if k == 0 { 1.0 } else { 2.0 };
    let angle = std::f64::consts::PI * (n as f64 + 0.5) * k as f64 / side as f64;
    (scale / side as f64).sqrt() * angle.cos()
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.height, self.width)
    }
}

/// In which orthonormal basis a form is diagonal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// That of the entries.
    Entries,
    /// Cosines on a grid: two-dimensional frequencies, row by row.
    Cosines(Grid),
}

/// A positive quadratic form, diagonal in a basis.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// As the user named it.
    text: String,
    /// m_1, …, m_d.
    pub weights: Arc<Vec<f64>>,
    /// Where it is diagonal.
    pub basis: Basis,
}

impl Form {
    /// The weights kᵖ of the frequencies k of a grid; that of constants, 0, weighs as much as 1.
    fn power(text: &str, grid: Option<Grid>) -> Result<Self> {
        let power = fraction(text).filter(|power| (-8..=8).contains(power));
        let power = power.ok_or_else(|| {
            let permitted = "a power from -8 to 8 of the frequency, as form:power:1";
            Error::new("norm", format!("form:power:{text}"), permitted)
        })?;
        let grid = grid.ok_or_else(|| {
            Error::new("norm", format!("form:power:{text}"), "weights by frequency need a grid")
                .hint("{grid} 28x28 says how the input is laid out")
        })?;
        let power = nearest(&power);
        let frequency = |i: usize, j: usize| ((i * i + j * j) as f64).sqrt().max(1.0);
        let rows = 0..grid.height;
        let weights =
            rows.flat_map(|i| (0..grid.width).map(move |j| frequency(i, j).powf(power))).collect();
        let text = format!("form:power:{}", compact(text));
        Ok(Form { text, weights: Arc::new(weights), basis: Basis::Cosines(grid) })
    }

    /// Weights of the entries.
    fn given(text: &str, weights: Vec<f64>) -> Result<Self> {
        let permitted = "weights of a form, each a number from 1e-100 to 1e100, at most a million";
        let fine = |weight: &f64| (1e-100..=1e100).contains(weight);
        if let Some(at) = weights.iter().position(|weight| !fine(weight)) {
            let value = format!("{text}: {} at entry {at}", weights[at]);
            return Err(Error::new("norm", value, permitted));
        }
        if weights.is_empty() || weights.len() > MOST {
            let value = format!("{text}: {} numbers", weights.len());
            return Err(Error::new("norm", value, permitted));
        }
        let text = text.to_owned();
        Ok(Form { text, weights: Arc::new(weights), basis: Basis::Entries })
    }
}

/// What is known of norms.
const KNOWN: &str = "l2, linf, l1, top:K with a number or a share of coordinates (top:78, \
                     top:10%), form:FILE with a weight for each entry, or form:power:P";

impl Norm {
    /// By its name; `read` reads the numbers of a file.
    ///
    /// # Errors
    /// Not a norm, or a file that cannot be read or holds something else than positive numbers.
    pub fn parse(
        text: &str,
        grid: Option<Grid>,
        read: impl FnOnce(&str) -> Result<Vec<f64>>,
    ) -> Result<Self> {
        let unknown = || Error::new("norm", text, KNOWN);
        match text {
            "l2" => Ok(Norm::L2),
            "linf" => Ok(Norm::Linf),
            "l1" => Ok(Norm::L1),
            _ => match text.split_once(':').ok_or_else(unknown)? {
                ("top", portion) => Portion::parse(portion).map(Norm::Top).ok_or_else(unknown),
                ("form", rest) => match rest.strip_prefix("power:") {
                    Some(power) => Form::power(power, grid).map(Norm::Form),
                    None if rest.is_empty() => Err(unknown()),
                    None => Form::given(text, read(rest)?).map(Norm::Form),
                },
                _ => Err(unknown()),
            },
        }
    }

    /// ‖u‖₂, where the step is the one along the gradient?
    pub fn is_l2(&self) -> bool {
        *self == Norm::L2
    }

    /// Is the step the one along the gradient, for inputs of this dimension?
    pub fn is_straight(&self, input: u128) -> bool {
        match self {
            Norm::L2 => true,
            Norm::Linf => input == 1,
            Norm::L1 | Norm::Top(_) => self.coordinates(input).is_some_and(|count| count >= input),
            Norm::Form(form) => form.weights.iter().all(|weight| *weight == form.weights[0]),
        }
    }

    /// As records keep it: absent for ℓ₂.
    pub fn record(&self) -> Option<String> {
        (!self.is_l2()).then(|| self.to_string())
    }

    /// Weights that were read from a file, and the grid of those that were not.
    pub fn given(&self) -> (Option<Vec<f64>>, Option<Grid>) {
        match self {
            Norm::Form(form) => match form.basis {
                Basis::Entries => (Some(form.weights.to_vec()), None),
                Basis::Cosines(grid) => (None, Some(grid)),
            },
            _ => (None, None),
        }
    }

    /// Coordinates that the step changes at most, where that is what counts.
    pub fn coordinates(&self, input: u128) -> Option<u128> {
        match self {
            Norm::L1 => Some(1),
            Norm::Top(portion) => Some(portion.of(input)),
            _ => None,
        }
    }

    /// Is it defined for inputs of one dimension alone?
    pub fn is_of_one_dimension(&self) -> bool {
        matches!(self, Norm::Form(_))
    }

    /// Is it a norm of inputs of this dimension?
    ///
    /// # Errors
    /// More coordinates, or a form of another dimension.
    pub fn fits(&self, input: u128) -> Result<()> {
        let refuse = |permitted: String| Err(Error::new("norm", self, permitted));
        match self {
            Norm::Top(portion) if portion.of(input) > input => {
                refuse(format!("at most {input} coordinates, the input dimension"))
            }
            Norm::Form(form) if form.weights.len() as u128 != input => {
                let count = form.weights.len();
                refuse(format!(
                    "{input} weights, one for each entry of the input: these are {count}"
                ))
            }
            _ => Ok(()),
        }
    }
}

/// As the user named it.
impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Norm::L2 => f.write_str("l2"),
            Norm::Linf => f.write_str("linf"),
            Norm::L1 => f.write_str("l1"),
            Norm::Top(portion) => write!(f, "top:{portion}"),
            Norm::Form(form) => f.write_str(&form.text),
        }
    }
}

/// An input x of the user's; its length does not matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Input(Arc<Vec<f64>>);

impl Eq for Input {}

impl Input {
    /// With these entries.
    ///
    /// # Errors
    /// None, too many, an entry that is no number or far from 1, or all of them 0.
    pub fn new(name: &str, values: Vec<f64>) -> Result<Self> {
        let permitted = "numbers from 1e-100 to 1e100 in size, or 0, not all 0, at most a million";
        let fine = |v: &f64| *v == 0.0 || (1e-100..=1e100).contains(&v.abs());
        if let Some(at) = values.iter().position(|value| !fine(value)) {
            let value = format!("{name}: {} at entry {at}", values[at]);
            return Err(Error::new("input", value, permitted));
        }
        if values.len() > MOST || values.iter().all(|value| *value == 0.0) {
            let value = format!("{name}: {} numbers", values.len());
            return Err(Error::new("input", value, permitted));
        }
        Ok(Input(Arc::new(values)))
    }

    /// Its entries.
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// Has it this dimension?
    ///
    /// # Errors
    /// Another one.
    pub fn fits(&self, input: u128) -> Result<()> {
        let count = self.0.len();
        let permitted = format!("{input} numbers, the input dimension: these are {count}");
        if count as u128 == input { Ok(()) } else { Err(Error::new("input", count, permitted)) }
    }

    /// √d max|x_k|/‖x‖, from 1 to √d: by how much the largest entry is above the root mean square.
    pub fn peak<N: Number>(&self, like: &N) -> N {
        let most = self.0.iter().map(|value| value.abs()).fold(0.0, f64::max);
        let sum = self.0.iter().fold(like.like(0.0), |sum, &v| sum + like.like(v).square());
        like.like(most) * (like.whole(self.0.len() as u128) / sum).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Enclosure;

    fn none(_: &str) -> Result<Vec<f64>> {
        Err(Error::new("norm", "", "no file"))
    }

    fn norm(text: &str) -> Norm {
        Norm::parse(text, None, none).unwrap()
    }

    #[test]
    fn names_are_read_back_and_others_refused() {
        for text in ["l2", "linf", "l1", "top:78", "top:10%", "top:1/3%"] {
            assert_eq!(norm(text).to_string(), text);
        }
        for bad in ["", "l3", "top", "top:0", "top:0%", "top:101%", "top:-1", "top:NaN", "form:"] {
            let message = Norm::parse(bad, None, none).unwrap_err().to_string();
            assert!(message.starts_with("norm") && message.contains("linf"), "{message}");
        }
        assert!(norm("l2").is_l2() && norm("l2").record().is_none());
    }

    #[test]
    fn portions_are_rounded_up_and_fit_their_input() {
        assert_eq!(norm("top:10%").coordinates(1024), Some(103));
        assert_eq!(norm("top:0.001%").coordinates(10), Some(1));
        assert_eq!(norm("top:100%").coordinates(7), Some(7));
        assert_eq!(norm("top:10%").coordinates(10u128.pow(36)), Some(10u128.pow(35)));
        assert!(norm("top:8").fits(7).is_err() && norm("top:7").fits(7).is_ok());
    }

    #[test]
    fn forms_have_positive_weights_of_the_right_number() {
        let read = |values: Vec<f64>| Norm::parse("form:m.csv", None, move |_| Ok(values));
        assert!(read(vec![1.0, 2.0]).unwrap().fits(2).is_ok());
        assert!(read(vec![1.0, 2.0]).unwrap().fits(3).is_err());
        for bad in [vec![], vec![1.0, 0.0], vec![f64::NAN], vec![1.0, f64::INFINITY], vec![-1.0]] {
            assert!(read(bad).is_err());
        }
        let grid = Grid::parse("2x3").unwrap();
        let form = Norm::parse("form:power:2", Some(grid), none).unwrap();
        let Norm::Form(form) = form else { panic!() };
        let rounded: Vec<f64> = form.weights.iter().map(|w| w.round()).collect();
        assert_eq!(rounded, [1.0, 1.0, 4.0, 1.0, 2.0, 5.0]);
        assert!(Norm::parse("form:power:2", None, none).is_err());
        for bad in ["", "28", "0x3", "3x", "1001x1", "axb"] {
            assert!(Grid::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cosines_are_an_orthonormal_basis() {
        let grid = Grid::parse("3x5").unwrap();
        let picture: Vec<f64> = (0..15).map(|i| f64::from(i * i % 7) - 2.5).collect();
        let coordinates = grid.cosines(&picture);
        let square = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>();
        assert!((square(&picture) - square(&coordinates)).abs() < 1e-12);
        let back = grid.picture(&coordinates);
        assert!(back.iter().zip(&picture).all(|(a, b)| (a - b).abs() < 1e-13));
        // A constant picture is its first coordinate.
        let flat = grid.cosines(&[1.0; 15]);
        assert!((flat[0] - 15f64.sqrt()).abs() < 1e-13);
        assert!(flat[1..].iter().all(|v| v.abs() < 1e-13));
    }

    #[test]
    fn inputs_are_numbers_of_which_some_are_not_zero() {
        let input = Input::new("x", vec![3.0, 0.0, -4.0]).unwrap();
        let exact = input.peak(&Enclosure::integer(100, 1)).to_f64();
        assert!((exact - 3f64.sqrt() * 0.8).abs() < 1e-15);
        assert!((input.peak(&1.0) - exact).abs() < 1e-15);
        assert!(input.fits(3).is_ok() && input.fits(4).is_err());
        for bad in [vec![], vec![0.0], vec![f64::NAN], vec![1.0, f64::INFINITY], vec![1e-200]] {
            assert!(Input::new("x", bad).is_err());
        }
    }
}
