//! What the names of arrays say: which are weights, which biases, and in which order they come.

use std::cmp::Ordering;

use super::refusal::{Read, refuse, shown};
use super::tensor::Tensor;

/// Words for the weights of a layer.
const WEIGHTS: [&str; 7] = ["weight", "weights", "w", "kernel", "kernels", "coefs", "coef"];
/// Words for its biases.
const BIASES: [&str; 5] = ["bias", "biases", "b", "intercepts", "intercept"];
/// Words of scikit-learn and Flax for weights, with which a row is an input.
const BY_INPUTS: [&str; 3] = ["kernel", "kernels", "coefs"];
/// Roles that are known, for messages.
const ALLOWED: &str = "names such as layers.0.weight and layers.0.bias, coefs_0 and intercepts_0, \
                       Dense_0.kernel and Dense_0.bias, or arr_0, arr_1, … in order are allowed";

/// A part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Number(u64),
}

/// What stands in front of a layer's `weight` and `bias`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stem(Vec<Token>);

impl Stem {
    /// In front of another, by numbers that differ where names differ first; `None` where words
    /// do, which say nothing.
    pub fn before(&self, other: &Stem) -> Option<bool> {
        match self.0.iter().zip(&other.0).find(|(one, two)| one != two) {
            Some((Token::Number(one), Token::Number(two))) => Some(one < two),
            _ => None,
        }
    }

    /// The order that people would give: words by letters, numbers by size.
    pub fn natural(&self, other: &Stem) -> Ordering {
        let differ = self.0.iter().zip(&other.0).find(|(one, two)| one != two);
        match differ {
            Some((Token::Number(one), Token::Number(two))) => one.cmp(two),
            Some((Token::Word(one), Token::Word(two))) => one.cmp(two),
            Some((Token::Number(_), Token::Word(_))) => Ordering::Less,
            Some((Token::Word(_), Token::Number(_))) => Ordering::Greater,
            None => self.0.len().cmp(&other.0.len()),
        }
    }
}

/// An affine layer of a file: a matrix, and a vector.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub stem: Stem,
    pub weights: Tensor,
    pub bias: Option<Tensor>,
}

impl Part {
    /// Rows and columns of the matrix.
    pub fn sides(&self) -> (usize, usize) {
        self.weights.matrix().unwrap_or_default()
    }

    /// Does its name say that a row of the matrix is an input?
    pub fn by_inputs(&self) -> bool {
        role(&self.weights.name).is_some_and(|(_, _, word)| BY_INPUTS.contains(&word.as_str()))
    }
}

/// Words and numbers of a name.
fn tokens(name: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    for word in name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut rest = word;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
            let (token, after) = rest.split_at(end);
            rest = after;
            tokens.push(match token.parse() {
                Ok(number) if digits => Token::Number(number),
                _ => Token::Word(token.to_lowercase()),
            });
        }
    }
    tokens
}

/// Is a name that of weights (true) or biases, of which layer, and by which word? Behind the word
/// there may be numbers alone.
fn role(name: &str) -> Option<(bool, Stem, String)> {
    let mut tokens = tokens(name);
    let at = tokens.iter().rposition(|token| matches!(token, Token::Word(_)))?;
    let Token::Word(word) = tokens.remove(at) else { return None };
    let weights = WEIGHTS.contains(&word.as_str());
    (weights || BIASES.contains(&word.as_str())).then_some((weights, Stem(tokens), word))
}

/// All arrays as layers, by natural order of their names. None is left out.
pub(super) fn parts(tensors: Vec<Tensor>) -> Read<Vec<Part>> {
    if tensors.is_empty() {
        return refuse("holds no arrays");
    }
    let numbered = |tensor: &Tensor| match &tokens(&tensor.name)[..] {
        [Token::Word(word), Token::Number(number)] if word == "arr" => Some(*number),
        _ => None,
    };
    if tensors.iter().all(|tensor| numbered(tensor).is_some()) {
        return in_order(tensors, numbered);
    }
    let (mut parts, mut biases): (Vec<Part>, Vec<(Stem, Tensor)>) = (Vec::new(), Vec::new());
    for tensor in tensors {
        let Some((weights, stem, _)) = role(&tensor.name) else {
            return tensor.refuse(&format!("its name is that of no weights or biases: {ALLOWED}"));
        };
        tensor.dtype()?;
        if weights {
            push(&mut parts, stem, tensor)?;
        } else {
            biases.push((stem, tensor));
        }
    }
    for (stem, bias) in biases {
        let Some(part) = parts.iter_mut().find(|part| part.stem == stem) else {
            return bias.refuse("it is a bias, and there are no weights that its name belongs to");
        };
        attach(part, bias)?;
    }
    parts.sort_by(|one, other| one.stem.natural(&other.stem));
    Ok(parts)
}

/// Arrays without names of their own: a matrix begins a layer, and a vector behind it is its bias.
fn in_order(mut tensors: Vec<Tensor>, number: impl Fn(&Tensor) -> Option<u64>) -> Read<Vec<Part>> {
    tensors.sort_by_key(&number);
    let mut parts: Vec<Part> = Vec::new();
    for tensor in tensors {
        tensor.dtype()?;
        let number = number(&tensor).unwrap_or_default();
        match parts.last_mut().filter(|_| tensor.shape.len() == 1) {
            Some(part) => attach(part, tensor)?,
            None => push(&mut parts, Stem(vec![Token::Number(number)]), tensor)?,
        }
    }
    Ok(parts)
}

fn push(parts: &mut Vec<Part>, stem: Stem, weights: Tensor) -> Read<()> {
    if weights.matrix().is_none() {
        return weights.refuse(if weights.shape.len() > 2 {
            "a matrix is allowed; convolutions are read from ONNX, which says how they are applied"
        } else {
            "a matrix is allowed; layers that scale or normalise are not"
        });
    }
    if let Some(part) = parts.iter().find(|part| part.stem == stem) {
        let other = shown(&part.weights.name);
        return weights.refuse(&format!("it is of the same layer as {other}"));
    }
    parts.push(Part { stem, weights, bias: None });
    Ok(())
}

fn attach(part: &mut Part, bias: Tensor) -> Read<()> {
    if let Some(other) = &part.bias {
        return bias.refuse(&format!("it is of the same layer as {}", shown(&other.name)));
    }
    let (rows, columns) = part.sides();
    if !bias.vector().is_some_and(|length| length == rows || length == columns) {
        let (weights, shape) = (shown(&part.weights.name), (rows, columns));
        return bias.refuse(&format!("a vector is needed that fits {weights} {shape:?}"));
    }
    part.bias = Some(bias);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::Dtype;
    use crate::given::file::tensor::Kind;

    fn tensor(name: &str, shape: &[usize]) -> Tensor {
        let values = vec![1.0; shape.iter().product()];
        Tensor::new(name, Kind::Float(Dtype::F32), shape.to_vec(), values).unwrap()
    }

    fn order(names: &[&str]) -> Vec<String> {
        let tensors = names.iter().map(|name| tensor(name, &[3, 3])).collect();
        parts(tensors).unwrap().into_iter().map(|part| part.weights.name).collect()
    }

    #[test]
    fn numbers_count_as_numbers() {
        assert_eq!(
            order(&["layer10.weight", "layer2.weight"]),
            ["layer2.weight", "layer10.weight"]
        );
        assert_eq!(order(&["10.weight", "9.weight"]), ["9.weight", "10.weight"]);
        assert_eq!(order(&["W11", "W2", "W1"]), ["W1", "W2", "W11"]);
        assert_eq!(order(&["arr_10", "arr_9"]), ["arr_9", "arr_10"]);
        assert_eq!(order(&["a.1.weight", "a.weight"]), ["a.weight", "a.1.weight"]);
    }

    #[test]
    fn roles_are_read_from_names() {
        for (weights, bias) in [
            ("layers.0.weight", "layers.0.bias"),
            ("fc1.weight", "fc1.bias"),
            ("0.weight", "0.bias"),
            ("coefs_0", "intercepts_0"),
            ("params/Dense_0/kernel", "params/Dense_0/bias"),
            ("W1", "b1"),
            ("weight", "bias"),
            ("model.fc_1.weight", "model.fc_1.bias"),
            ("arr_0", "arr_1"),
        ] {
            let found = parts(vec![tensor(weights, &[4, 3]), tensor(bias, &[4])]).unwrap();
            assert_eq!(found[0].bias.as_ref().unwrap().name, bias);
            assert_eq!(found.len(), 1);
        }
    }

    #[test]
    fn nothing_is_left_out() {
        for (tensors, words) in [
            (vec![], "no arrays"),
            (vec![tensor("fc1.running_mean", &[3])], "running_mean"),
            (vec![tensor("fc1.weight_v", &[3, 3])], "weight_v has shape (3, 3): its name"),
            (vec![tensor("classes", &[3])], "classes"),
            (vec![tensor("fc1.weight", &[3])], "scale"),
            (vec![tensor("fc1.weight", &[3, 3, 3, 3])], "ONNX"),
            (vec![tensor("fc1.bias", &[3])], "no weights"),
            (vec![tensor("fc1.weight", &[3, 4]), tensor("fc1.bias", &[5])], "fits fc1.weight"),
            (vec![tensor("fc1.weight", &[3, 4]), tensor("fc_1.weight", &[3, 4])], "same layer"),
            (vec![tensor("arr_0", &[3])], "scale"),
            (
                vec![tensor("arr_0", &[3, 3]), tensor("arr_1", &[3]), tensor("arr_2", &[3])],
                "same layer",
            ),
        ] {
            let why = parts(tensors).unwrap_err();
            assert!(why.text().contains(words), "{}", why.text());
        }
    }
}
