//! The facts, in the order of the files that use them.

use rug::Integer;
use rug::ops::Pow;

use super::{Certificate, End, Fact, Failure, Part, Settled};
use crate::num::{Enclosure, Taylor};

use End::{Fraction, OfPi};

const ZERO: End = Fraction(0, 1);

/// Widths up to which binomial sums are compared with the entropy bound in whole numbers.
const ENTROPY_WIDTHS: u32 = 256;

/// Every certificate.
pub const ALL: &[Certificate] = &[
    Certificate {
        name: "tools.hoeffding",
        claim: "log cosh x ≤ x²/2 for x ≥ 0",
        proof: "proofs/tools.md#rectified-moments",
        fact: Fact::Inequality(&[
            Part {
                what: "x²/2 − log cosh x",
                note: "x⁴/12 at 0",
                from: ZERO,
                to: Fraction(3, 1),
                zeros: [4, 0],
                excess: |x| x.power(2).over(2) - (x.exp() + (-x.clone()).exp()).over(2).ln(),
            },
            Part {
                what: "½ − x",
                note: "for arguments 1/x ≥ 3, where log cosh(1/x) ≤ 1/x",
                from: ZERO,
                to: Fraction(1, 3),
                zeros: [0, 0],
                excess: |x| x.whole(1).over(2) - x,
            },
        ]),
    },
    Certificate {
        name: "tools.power",
        claim: "x ≤ eˣ⁻¹ for x ≥ 0, so that tᵖ ≤ (p/(eλ))ᵖ exp(λt)",
        proof: "proofs/tools.md#rectified-moments",
        fact: Fact::Inequality(&[
            Part {
                what: "1 − x exp(1 − x)",
                note: "(1−x)²/2 at 1",
                from: ZERO,
                to: Fraction(1, 1),
                zeros: [0, 2],
                excess: below_power,
            },
            Part {
                what: "1 − x exp(1 − x)",
                note: "(x−1)²/2 at 1",
                from: Fraction(1, 1),
                to: Fraction(4, 1),
                zeros: [2, 0],
                excess: below_power,
            },
            Part {
                what: "(1 − x)² − 2x",
                note: "for arguments 1/x ≥ 4, where e^{1/x−1} ≥ (1/x − 1)²/2",
                from: ZERO,
                to: Fraction(1, 4),
                zeros: [0, 0],
                excess: |x| (x.whole(1) - x).power(2) - x.times(2),
            },
        ]),
    },
    Certificate {
        name: "tools.gamma",
        claim: "log Γ falls up to 1.4616, rises from 1.4617 on, and is at least −0.1215",
        proof: "proofs/tools.md#gamma",
        fact: Fact::Exact {
            range: "the slopes at 1.4616 and 1.4617, and the tangent at 1.4616",
            margin: "least of the three excesses",
            check: gamma,
        },
    },
    Certificate {
        name: "tools.entropy",
        claim: "C(n,0) + … + C(n,m) ≤ exp(n H(m/n)) for 1 ≤ m ≤ n/2, n ≤ 256",
        proof: "proofs/tools.md#patterns",
        fact: Fact::Exact {
            range: "in whole numbers",
            margin: "least quotient, less 1",
            check: entropy,
        },
    },
    Certificate {
        name: "tools.bernstein",
        claim: "eˣ − 1 − x ≤ x²/(2(1 − x/3)) for 0 ≤ x < 3",
        proof: "proofs/tools.md#bernstein",
        fact: Fact::Inequality(&[Part {
            what: "x²/2 − (1 − x/3)(eˣ − 1 − x)",
            note: "x⁴/72 at 0",
            from: ZERO,
            to: Fraction(3, 1),
            zeros: [4, 0],
            excess: |x| x.power(2).over(2) - (x.whole(1) - x.over(3)) * tail_of_exp(x),
        }]),
    },
    Certificate {
        name: "tools.gaussian",
        claim: "erfc x ≤ exp(−x²) for x ≥ 0, so that P(|Z| > √(2ℓ)) ≤ exp(−ℓ)",
        proof: "proofs/tools.md#gaussian",
        fact: Fact::Inequality(&[
            Part {
                what: "exp(−x²) − erfc x",
                note: "2x/√π at 0",
                from: ZERO,
                to: Fraction(1, 1),
                zeros: [1, 0],
                excess: |x| (-x.power(2)).exp() - x.erfc(),
            },
            Part {
                what: "√π − x",
                note: "for arguments 1/x ≥ 1, where erfc(1/x) ≤ x exp(−1/x²)/√π",
                from: ZERO,
                to: Fraction(1, 1),
                zeros: [0, 0],
                excess: |x| root_of(&x.pi()) - x,
            },
        ]),
    },
    Certificate {
        name: "bottleneck.radius",
        claim: "α − sin α cos α ≤ (2/3) tan α sin² α for 0 ≤ α < π/2, so that E[1_I q(ζ)] ≤ tan \
            α/(3π)",
        proof: "proofs/bottleneck.md#radius",
        fact: Fact::Inequality(&[Part {
            what: "2 sin³x − 3(x − sin x cos x) cos x",
            note: "2x⁵/5 at 0",
            from: ZERO,
            to: OfPi(1, 2),
            zeros: [5, 0],
            excess: |x| {
                let (sin, cos) = x.sin_cos();
                sin.power(3).times(2) - ((x - &sin * &cos) * cos).times(3)
            },
        }]),
    },
    Certificate {
        name: "linearity.exponential",
        claim: "eˣ − 1 − x ≤ x²(2 + eˣ)/6 for x ≥ 0",
        proof: "proofs/linearity.md#affine",
        fact: Fact::Inequality(&[
            Part {
                what: "x²(2 + eˣ)/6 − (eˣ − 1 − x)",
                note: "x⁴/24 at 0",
                from: ZERO,
                to: Fraction(4, 1),
                zeros: [4, 0],
                excess: |x| (x.power(2) * (x.exp() + x.whole(2))).over(6) - tail_of_exp(x),
            },
            Part {
                what: "1/6 − x²",
                note: "for arguments 1/x ≥ 4, where e^{1/x}/(6x²) alone is enough",
                from: ZERO,
                to: Fraction(1, 4),
                zeros: [0, 0],
                excess: |x| x.whole(1).over(6) - x.power(2),
            },
        ]),
    },
    Certificate {
        name: "collapse.rounding",
        claim: "sin θ − θ cos θ ≤ 1.07 θ for 0 ≤ θ ≤ π",
        proof: "proofs/collapse.md#steps",
        fact: Fact::Inequality(&[Part {
            what: "1.07 x − (sin x − x cos x)",
            note: "1.07x at 0",
            from: ZERO,
            to: OfPi(1, 1),
            zeros: [1, 0],
            excess: |x| x.times(107).over(100) - moved(x),
        }]),
    },
    Certificate {
        name: "collapse.concave",
        claim: "s φ′(s) ≤ φ(s) for 0 ≤ s ≤ 2: relative errors do not grow",
        proof: "proofs/collapse.md#envelope",
        fact: Fact::Inequality(&[Part {
            what: "φ − s(1 − x/π)",
            note: "s = 1 − cos x; it is (x − sin x)/π, x³/(6π) at 0",
            from: ZERO,
            to: OfPi(1, 1),
            zeros: [3, 0],
            excess: |x| phi(x) - versine(x) * phi_slope(x),
        }]),
    },
    Certificate {
        name: "collapse.phi",
        claim: "φ(s) ≤ s(1 − 2a√s) for 0 ≤ s ≤ 2, a = √2/(3π)",
        proof: "proofs/collapse.md#envelope",
        fact: Fact::Inequality(&[Part {
            what: "s(1 − 2a√s) − φ",
            note: "s = 1 − cos x; x⁵/(120π) at 0",
            from: ZERO,
            to: OfPi(1, 1),
            zeros: [5, 0],
            excess: |x| {
                let loss = root(x) * slope_of_envelope(x).times(2);
                versine(x) * (x.whole(1) - loss) - phi(x)
            },
        }]),
    },
    Certificate {
        name: "collapse.step-below",
        claim: "φ(s)^{−1/2} ≥ s^{−1/2} + a for 0 < s ≤ 2",
        proof: "proofs/collapse.md#envelope",
        fact: Fact::Inequality(&[Part {
            what: "s − (1 + a√s)² φ",
            note: "s = 1 − cos x; 3a²x⁴/4 at 0",
            from: ZERO,
            to: OfPi(1, 1),
            zeros: [4, 0],
            excess: |x| {
                let step = x.whole(1) + slope_of_envelope(x) * root(x);
                versine(x) - step.power(2) * phi(x)
            },
        }]),
    },
    Certificate {
        name: "collapse.step-above",
        claim: "φ(s)^{−1/2} ≤ s^{−1/2} + a + b√s + cs for 0 < s ≤ 2, b = 3a²/2, c = (√2 − 1 − √2a \
            − 3a²)/(2√2)",
        proof: "proofs/collapse.md#envelope",
        fact: Fact::Inequality(&[Part {
            what: "(1 + a√s + bs + cs√s)² φ − s",
            note: "s = 1 − cos x; √2(c − γ)x⁵/4 at 0, γ the third coefficient of (φ/s)^{−1/2}; at \
                π it is 0 by the choice of c, and so is its slope, as s has slope 0",
            from: ZERO,
            to: OfPi(1, 1),
            zeros: [5, 2],
            excess: step_above,
        }]),
    },
    Certificate {
        name: "collapse.moments",
        claim: "E q(α)ᵏ ≤ qᵏ⁻¹ E q(α) for k = 2, 3, 4: Bernstein's moments of (X − Y)²",
        proof: "proofs/collapse.md#pair",
        fact: Fact::Inequality(&[
            Part {
                what: MOMENTS[0],
                note: "πx⁴/8 at 0",
                from: ZERO,
                to: OfPi(1, 2),
                zeros: [4, 0],
                excess: |x| acute_moments(x, 2),
            },
            Part {
                what: MOMENTS[1],
                note: "3πx⁶/16 at 0",
                from: ZERO,
                to: OfPi(1, 2),
                zeros: [6, 0],
                excess: |x| acute_moments(x, 3),
            },
            Part {
                what: MOMENTS[2],
                note: "0.7118x⁸ at 0",
                from: ZERO,
                to: OfPi(1, 2),
                zeros: [8, 0],
                excess: |x| acute_moments(x, 4),
            },
            Part {
                what: MOMENTS[0],
                note: "",
                from: OfPi(1, 2),
                to: OfPi(1, 1),
                zeros: [0, 0],
                excess: |x| obtuse_moments(x, 2),
            },
            Part {
                what: MOMENTS[1],
                note: "",
                from: OfPi(1, 2),
                to: OfPi(1, 1),
                zeros: [0, 0],
                excess: |x| obtuse_moments(x, 3),
            },
            Part {
                what: MOMENTS[2],
                note: "",
                from: OfPi(1, 2),
                to: OfPi(1, 1),
                zeros: [0, 0],
                excess: |x| obtuse_moments(x, 4),
            },
        ]),
    },
    Certificate {
        name: "collapse.psi",
        claim: "q φ is nondecreasing in s, and so is ψ(s) = φ + √(8qφℓ/n) + 2qℓ/n",
        proof: "proofs/collapse.md#pair",
        fact: Fact::Inequality(&[
            Part {
                what: "(sin²x · φ)′",
                note: "for acute angles x, where q = sin²x; 2x³ at 0",
                from: ZERO,
                to: OfPi(1, 2),
                zeros: [3, 0],
                excess: |x| {
                    let (sin, cos) = x.sin_cos();
                    (&sin * cos * phi(x)).times(2) + sin.power(3) * phi_slope(x)
                },
            },
            Part {
                what: "1 − x/π",
                note: "for obtuse angles x, where q = 1 and φ′(s) = 1 − x/π; (π − x)/π",
                from: OfPi(1, 2),
                to: OfPi(1, 1),
                zeros: [0, 1],
                excess: phi_slope,
            },
        ]),
    },
    Certificate {
        name: "collapse.artanh",
        claim: "artanh(ρ)/ρ is nondecreasing on [0, 1): sinh 2x ≥ 2x at x = artanh ρ",
        proof: "proofs/collapse.md#norms",
        fact: Fact::Inequality(&[
            Part {
                what: "sinh(2x)/2 − x",
                note: "2x³/3 at 0",
                from: ZERO,
                to: Fraction(2, 1),
                zeros: [3, 0],
                excess: |x| (x.times(2).exp() - (-x.times(2)).exp()).over(4) - x,
            },
            Part {
                what: "1 − x",
                note: "for arguments 1/x ≥ 2, where sinh(2/x) ≥ 1/x + 1/x²",
                from: ZERO,
                to: Fraction(1, 2),
                zeros: [0, 0],
                excess: |x| x.whole(1) - x,
            },
        ]),
    },
    Certificate {
        name: "collapse.spread",
        claim: "sin²M ∫ sin²2m ≤ 1.6 ∫ sin²m over |m| < M for 0 ≤ M ≤ π/2: the spread of X² − Y²",
        proof: "proofs/collapse.md#general",
        fact: Fact::Inequality(&[Part {
            what: "32x − 16 sin 2x − sin²x (20x − 5 sin 4x)",
            note: "64x³/3 at 0",
            from: ZERO,
            to: OfPi(1, 2),
            zeros: [3, 0],
            excess: |x| {
                let sine = |times: u32| x.times(times).sin_cos().0;
                let moved = x.times(20) - sine(4).times(5);
                x.times(32) - sine(2).times(16) - sine(1).power(2) * moved
            },
        }]),
    },
    Certificate {
        name: "collapse.ratio",
        claim: "q ≤ r φ(s) for 0 < s ≤ 2, r = 2π(π − √(π² − 2))",
        proof: "proofs/collapse.md#powers",
        fact: Fact::Inequality(&[
            Part {
                what: "r φ − sin²x",
                note: "for acute angles x, where q = sin²x; (r − 2)x²/2 at 0",
                from: ZERO,
                to: OfPi(1, 2),
                zeros: [2, 0],
                excess: |x| ratio(x) * phi(x) - x.sin_cos().0.power(2),
            },
            Part {
                what: "r φ − 1",
                note: "for obtuse angles x, where q = 1",
                from: OfPi(1, 2),
                to: OfPi(1, 1),
                zeros: [0, 0],
                excess: |x| ratio(x) * phi(x) - x.whole(1),
            },
        ]),
    },
    Certificate {
        name: "collapse.fourth",
        claim: "E q(α)² ≤ ¾ φ(s)² for 0 < s ≤ 2",
        proof: "proofs/collapse.md#powers",
        fact: Fact::Inequality(&[Part {
            what: "(3π/2) φ² − 2πE q(α)²",
            note: "s = 1 − cos x; x⁵/10 at 0",
            from: ZERO,
            to: OfPi(1, 1),
            zeros: [5, 0],
            excess: |x| phi(x).power(2) * x.pi().times(3).over(2) - moment(x, 2),
        }]),
    },
    Certificate {
        name: "collapse.square",
        claim: "E(σ(cos α)² − σ(cos(α−θ))²)² ≤ ¾ s",
        proof: "proofs/collapse.md#sphere",
        fact: Fact::Inequality(&[Part {
            what: "(3π/2) s − 2πE(σ(cos α)² − σ(cos(α−x))²)²",
            note: "πx²/4 at 0",
            from: ZERO,
            to: OfPi(1, 1),
            zeros: [2, 0],
            excess: |x| {
                let (sin, cos) = x.sin_cos();
                let both = (x.pi() - x).over(2) + (&sin * cos).over(2);
                (x.pi() * versine(x)).times(3).over(2)
                    - sine_power(x, 2).times(2)
                    - sin.power(2) * both
            },
        }]),
    },
    Certificate {
        name: "collapse.iterate",
        claim: "1 − 2x ≤ (1 + x)^{−2} for 0 ≤ x ≤ ½",
        proof: "proofs/collapse.md#sphere",
        fact: Fact::Inequality(&[Part {
            what: "1 − (1 − 2x)(1 + x)²",
            note: "3x² at 0",
            from: ZERO,
            to: Fraction(1, 2),
            zeros: [2, 0],
            excess: |x| {
                let one = x.whole(1);
                &one - (&one - x.times(2)) * (&one + x).power(2)
            },
        }]),
    },
];

const MOMENTS: [&str; 3] =
    ["2π(q E q(α) − E q(α)²)", "2π(q² E q(α) − E q(α)³)", "2π(q³ E q(α) − E q(α)⁴)"];

/// 1 − x e^{1−x}.
fn below_power(x: &Taylor) -> Taylor {
    x.whole(1) - x * (x.whole(1) - x).exp()
}

/// eˣ − 1 − x.
fn tail_of_exp(x: &Taylor) -> Taylor {
    x.exp() - x.whole(1) - x
}

/// √c for a constant c.
fn root_of(constant: &Taylor) -> Taylor {
    constant.constant(&constant.coefficient(0).sqrt())
}

/// s = 1 − cos θ.
fn versine(theta: &Taylor) -> Taylor {
    theta.over(2).sin_cos().0.power(2).times(2)
}

/// √s = √2 sin(θ/2).
fn root(theta: &Taylor) -> Taylor {
    root_of(&theta.whole(2)) * theta.over(2).sin_cos().0
}

/// sin θ − θ cos θ.
fn moved(theta: &Taylor) -> Taylor {
    let (sin, cos) = theta.sin_cos();
    sin - theta * cos
}

/// φ(s) = s − (sin θ − θ cos θ)/π.
fn phi(theta: &Taylor) -> Taylor {
    versine(theta) - moved(theta) * theta.pi().recip()
}

/// φ′(s) = 1 − θ/π.
fn phi_slope(theta: &Taylor) -> Taylor {
    theta.whole(1) - theta * theta.pi().recip()
}

/// a = √2/(3π).
fn slope_of_envelope(theta: &Taylor) -> Taylor {
    root_of(&theta.whole(2)) * theta.pi().times(3).recip()
}

/// (1 + a√s + bs + cs√s)² φ − s.
fn step_above(theta: &Taylor) -> Taylor {
    let (one, root_two, a) = (theta.whole(1), root_of(&theta.whole(2)), slope_of_envelope(theta));
    let b = a.power(2).times(3).over(2);
    let c = (&root_two - &one - &root_two * &a - b.times(2)) * root_two.times(2).recip();
    let y = root(theta);
    let step = one + &y * (a + &y * (b + &y * c));
    step.power(2) * phi(theta) - versine(theta)
}

/// ∫₀ˣ sin²ᵏ.
fn sine_power(x: &Taylor, k: u32) -> Taylor {
    let (sin, cos) = x.sin_cos();
    (1..=k).fold(x.clone(), |below, k| {
        (below.times(2 * k - 1) - sin.power(2 * k - 1) * &cos).over(2 * k)
    })
}

/// 2πE q(α)ᵏ = 2∫₀^θ sin²ᵏ + (4 sin²(θ/2))ᵏ · 2∫₀^{(π−θ)/2} sin²ᵏ.
fn moment(theta: &Taylor, k: u32) -> Taylor {
    let both = sine_power(&(theta.pi() - theta).over(2), k);
    sine_power(theta, k).times(2) + versine(theta).times(2).power(k) * both.times(2)
}

/// For acute θ, q = sin²θ.
fn acute_moments(theta: &Taylor, k: u32) -> Taylor {
    let q = theta.sin_cos().0.power(2);
    q.power(k - 1) * moment(theta, 1) - moment(theta, k)
}

/// For obtuse θ, q = 1.
fn obtuse_moments(theta: &Taylor, k: u32) -> Taylor {
    moment(theta, 1) - moment(theta, k)
}

/// r = 2π(π − √(π² − 2)).
fn ratio(theta: &Taylor) -> Taylor {
    let pi = theta.pi();
    let inner = root_of(&(pi.power(2) - theta.whole(2)));
    pi.times(2) * (pi - inner)
}

/// log Γ is convex, so its slope changes its sign once, and it lies above its tangents.
fn gamma() -> Result<Settled, Failure> {
    let (low, high) = (Fraction(14616, 10000).enclosure(), Fraction(14617, 10000).enclosure());
    let slope = low.digamma();
    let tangent = low.ln_gamma() + &slope * (&high - &low) + Fraction(1215, 10000).enclosure();
    let excesses = [-&slope, high.digamma(), tangent];
    let margin = excesses.iter().map(Enclosure::lo_f64).fold(f64::INFINITY, f64::min);
    if margin > 0.0 {
        Ok(Settled { margin, pieces: excesses.len() })
    } else {
        Err(Failure::Unsettled { from: low.lo_f64(), to: high.hi_f64() })
    }
}

/// mᵐ (n−m)ⁿ⁻ᵐ Σ_{i≤m} C(n,i) ≤ nⁿ; the margin is the least of the quotients minus 1.
fn entropy() -> Result<Settled, Failure> {
    let (mut margin, mut cases) = (f64::INFINITY, 0);
    for n in 2..=ENTROPY_WIDTHS {
        let whole = Integer::from(n).pow(n);
        let mut patterns = Integer::from(1);
        for m in 1..=n / 2 {
            patterns += Integer::from(n).binomial(m);
            let claimed = Integer::from(m).pow(m) * Integer::from(n - m).pow(n - m) * &patterns;
            if claimed > whole {
                return Err(Failure::Refuted { at: f64::from(n) });
            }
            let quotient = Enclosure::integer(64, whole.clone()) / Enclosure::integer(64, claimed);
            margin = margin.min((quotient - 1).lo_f64());
            cases += 1;
        }
    }
    Ok(Settled { margin, pieces: cases })
}
