//! Enclosures against the same computation at four times the precision: both hold the exact number,
//! so that they meet.

use relubound::num::Enclosure;

use super::Numbers;

/// Steps of a computation.
const STEPS: usize = 24;

/// A number of bits, points, and operations on what is there.
pub fn enclosures(data: &[u8]) {
    let mut numbers = Numbers(data);
    let precision = 53 + u32::from(numbers.byte()) % 100;
    let mut stack: Vec<[Enclosure; 2]> = Vec::new();
    for _ in 0..STEPS {
        if numbers.is_empty() {
            break;
        }
        let operation = numbers.byte();
        let next = if stack.is_empty() || operation < 64 {
            point(&mut numbers, precision)
        } else {
            let (a, b) = (numbers.byte(), numbers.byte());
            let at = |i: u8| &stack[usize::from(i) % stack.len()];
            [0, 1].map(|i| apply(operation, &at(a)[i], &at(b)[i]))
        };
        sound(operation, &next);
        stack.push(next);
    }
}

/// Of a size in which exponentials of exponentials are not computed.
fn point(numbers: &mut Numbers, precision: u32) -> [Enclosure; 2] {
    let any = numbers.double();
    let value = if any.abs() <= 1e6 { any } else { (any.to_bits() % 4096) as f64 / 64.0 };
    [precision, 4 * precision].map(|bits| Enclosure::point(bits, value))
}

fn apply(operation: u8, a: &Enclosure, b: &Enclosure) -> Enclosure {
    match operation % 26 {
        0 => a + b,
        1 => a - b,
        2 => a * b,
        3 => a / b,
        4 => a.sqrt(),
        5 => a.exp(),
        6 => a.exp_m1(),
        7 => a.ln(),
        8 => a.ln_1p(),
        9 => a.erfc(),
        10 => a.erf(),
        // Of numbers in [0, 1].
        11 => small(a).sin().square().asin(),
        // Of angles in the first quarter.
        12 => (a.atan().square() / 2).sin_first_quarter(),
        13 => small(a).sin(),
        14 => small(a).cos(),
        15 => a.atan(),
        16 => small(a).ln_gamma(),
        17 => small(a).digamma(),
        18 => small(a).pow(&small(b)),
        19 => a.square(),
        20 => a.min(b),
        21 => a.max(b),
        22 => -a,
        23 => a.hull(b),
        24 => {
            let mut sum = a.clone();
            sum.add_product(-1.5, b);
            sum
        }
        _ => a.lo().hull(&a.hi()),
    }
}

/// Where functions are slow or say nothing for large arguments.
fn small(a: &Enclosure) -> Enclosure {
    let limit = Enclosure::integer(a.precision(), 1000);
    a.min(&limit).max(&-&limit)
}

fn sound(operation: u8, [short, long]: &[Enclosure; 2]) {
    for enclosure in [short, long] {
        let [low, high] = [enclosure.lo_f64(), enclosure.hi_f64()];
        assert!(low <= high, "{operation}: {enclosure:?}");
    }
    let apart = short.certainly_lt(long) || long.certainly_lt(short);
    assert!(!apart, "{operation} ({}): {short:?} and {long:?}", operation % 26);
}
