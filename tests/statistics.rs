//! Clopper–Pearson limits against reference values: 25 digits, computed from the continued
//! fraction of the incomplete beta function at 50 digits, n to 10⁹ and α to 1e-15.

use relubound::model::params::Probability;
use relubound::num::Enclosure;
use relubound::theory::distribution::beta::clopper_pearson;

#[test]
fn clopper_pearson_limits_are_rounded_outward_and_tight() {
    let mut checked = 0;
    for line in include_str!("data/clopper_pearson.csv").lines().skip(1) {
        let field: Vec<&str> = line.split(',').collect();
        let (k, n): (u64, u64) = (field[0].parse().unwrap(), field[1].parse().unwrap());
        let alpha = Probability::parse("alpha", field[2]).unwrap().enclosure(192);
        let (low, high) = clopper_pearson(k, n, &alpha);
        // The reference text read to nearest is within half a unit of the reference.
        let reference = |text: &str| text.parse::<f64>().unwrap();
        let (low_reference, high_reference) = (reference(field[3]), reference(field[4]));
        assert!(low <= low_reference && high >= high_reference, "{line}: {low} {high}");
        assert!(low >= low_reference * (1.0 - 1e-13), "{line}: {low}");
        assert!(high <= high_reference * (1.0 + 1e-13), "{line}: {high}");
        checked += 1;
    }
    assert!(checked >= 185);
}

/// With α = 0.2 the true probability lies between the limits in at least 80 % of all samples,
/// exactly computed.
#[test]
fn limits_cover() {
    let (n, alpha) = (30u64, Enclosure::point(192, 0.2));
    let limits: Vec<(f64, f64)> = (0..=n).map(|k| clopper_pearson(k, n, &alpha)).collect();
    for hundredths in 1..100 {
        let p = f64::from(hundredths) / 100.0;
        let mut term = (1.0 - p).powi(n as i32);
        let mut covered = 0.0;
        for (k, (low, high)) in limits.iter().enumerate() {
            if *low <= p && p <= *high {
                covered += term;
            }
            term *= (n as f64 - k as f64) / (k as f64 + 1.0) * p / (1.0 - p);
        }
        assert!(covered >= 0.8, "p = {p}: {covered}");
    }
}
