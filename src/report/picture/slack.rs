//! Where the slack comes from: a stacked bar for every layer and one for the triangle inequality.

use maud::html;

use super::kit::{Ink, WIDTH};
use crate::judge::attribution::Attribution;
use crate::report::csv;
use crate::report::document::Figure;

/// Factors of ten lost.
pub fn attribution(attribution: &Attribution) -> Option<Figure> {
    let lemmas = attribution.lemmas.len();
    let mut bars: Vec<(String, Vec<(usize, f64)>)> = attribution
        .layers
        .iter()
        .map(|layer| {
            let parts = layer.parts.iter().copied().enumerate().collect();
            (format!("layer {}", layer.layer), parts)
        })
        .collect();
    bars.push(("triangle".into(), vec![(lemmas, attribution.triangle)]));
    let side = |parts: &[(usize, f64)], sign: f64| {
        parts.iter().map(|part| (sign * part.1).max(0.0)).sum::<f64>()
    };
    let most = |sign: f64| bars.iter().map(|(_, parts)| side(parts, sign)).fold(0.0, f64::max);
    let (gain, loss) = (most(-1.0), most(1.0).max(0.1));
    let (left, right, top) = (100.0, WIDTH - 30.0, 42.0);
    let at = |value: f64| left + (value + gain) / (gain + loss) * (right - left);
    let (row, floor) = (24.0, top + 24.0 * bars.len() as f64);
    let step = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]
        .into_iter()
        .find(|step| (gain + loss) / step <= 10.0)
        .unwrap_or(1000.0);
    let (first, last) = ((-gain / step).ceil() as i64, (loss / step).floor() as i64);
    let names = attribution.lemmas.iter().map(String::as_str).chain(["triangle"]);
    let height = floor + 50.0;
    let n = |value: f64| format!("{value:.1}");
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height:.0}"))
            width=(WIDTH) height=(format!("{height:.0}")) role="img"
            font-family="system-ui, sans-serif" font-size="14" fill=(Ink::Text.css()) {
            @for (i, name) in names.clone().enumerate() {
                @let x = 100.0 + 118.0 * i as f64;
                rect x=(n(x)) y="10" width="14" height="14" fill=(Ink::Nth(i).css()) {}
                text x=(n(x + 20.0)) y="22" { (name) }
            }
            @for tick in first..=last {
                @let x = at(tick as f64 * step);
                line x1=(n(x)) y1=(n(top)) x2=(n(x)) y2=(n(floor)) stroke=(Ink::Grid.css()) {}
                text x=(n(x)) y=(n(floor + 18.0)) text-anchor="middle" {
                    (crate::report::words::near(tick as f64 * step, 3))
                }
            }
            @for (i, (name, parts)) in bars.iter().enumerate() {
                @let y = top + row * i as f64;
                text x=(n(left - 8.0)) y=(n(y + 16.0)) text-anchor="end" { (name) }
                @for (lemma, from, to) in stacked(parts) {
                    rect x=(n(at(from))) y=(n(y + 4.0)) width=(n(at(to) - at(from))) height="16"
                        fill=(Ink::Nth(lemma).css()) {}
                }
            }
            text x=(n(f64::midpoint(left, right))) y=(n(floor + 40.0)) text-anchor="middle" {
                "factors of ten between bound and observation"
            }
        }
    };
    let rows = bars.iter().flat_map(|(bar, parts)| {
        let name = |lemma: usize| names.clone().nth(lemma).unwrap_or_default().to_owned();
        parts.iter().map(move |&(lemma, part)| vec![bar.clone(), name(lemma), part.to_string()])
    });
    let csv = csv::lines(csv::words(&["bar", "lemma", "factors_of_ten"]), rows);
    Some(Figure {
        name: "figure-slack".into(),
        title: "slack: factors of ten between what is proved and what was found, at the point of \
                largest gradient change, split over layers and lemmas"
            .into(),
        svg: svg.into_string(),
        csv,
    })
}

/// (lemma, from, to): gains, if any, to the left of 0.
fn stacked(parts: &[(usize, f64)]) -> Vec<(usize, f64, f64)> {
    let (mut gain, mut loss) = (0.0, 0.0);
    let mut out = Vec::new();
    for &(lemma, part) in parts {
        let start: &mut f64 = if part < 0.0 { &mut gain } else { &mut loss };
        let end = *start + part;
        out.push((lemma, start.min(end), start.max(end)));
        *start = end;
    }
    out
}
